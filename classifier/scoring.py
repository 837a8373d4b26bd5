"""One article → :class:`ArticleScore`. Command line, batch, API and harness all call this."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.article.chain import SOURCED, ChainFinder
from classifier.article.headline import read_headlines
from classifier.article.reference import rank_signals
from classifier.article.resemblance import ResemblanceScorer
from classifier.article.signals import RELAYED, measure_signals
from classifier.corpus.dataset import Document
from classifier.errors import UsageError
from classifier.models.base import Model
from classifier.models.cues import CueLexicon, load_lexicon
from classifier.models.depth import count_hands
from classifier.models.families import load_model
from classifier.models.features import UnitView, view_document
from classifier.models.linear import LinearModel
from classifier.models.reading import Reader, Reading
from classifier.records import (
    Article,
    ArticleScore,
    Chain,
    Cue,
    LabelScore,
    ModelInfo,
    Sentence,
    SentenceScore,
)
from classifier.schema import load_schema
from classifier.text.language import detect
from classifier.text.segmentation import segment

WEIGHTS = "weights"
"""Device of a cue that no lexicon pattern gave: the words that weigh most in the decision."""

_NOTHING = LabelScore(0.0, False)
_OWN = re.compile(
    r"\bnotre (?:journal|quotidien|rédaction|site|magazine|antenne|radio|chaîne|hebdomadaire)\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:le|la|les|l'|the) ?", re.IGNORECASE)
# A credited outlet's name may follow its cue: *au micro de | RTL*.
_CREDIT_REACH = 40


@dataclass
class Scorer:
    """A loaded model, ready to score articles.

    Attributes:
        thresholds: label → probability from which it is positive.
        resemblance: the score for resemblance to pseudo-news; None unless asked for.
    """

    model: Model
    info: ModelInfo
    thresholds: Mapping[str, float] = field(default_factory=dict)
    resemblance: ResemblanceScorer | None = None

    @classmethod
    def load(
        cls, directory: Path | str | None = None, thresholds: Mapping[str, float] | None = None
    ) -> Scorer:
        """Load a model directory, or the model that travels in the package.

        Args:
            thresholds: overrides the model's own, label by label, each in [0, 1].

        Raises:
            ModelError: the directory is missing, damaged, or of another schema.
            UsageError: a threshold of an unknown label or outside [0, 1].
        """
        model, files = load_model(Path(directory) if directory is not None else None)
        chosen = dict(files.info.thresholds)
        for label, value in (thresholds or {}).items():
            if label not in chosen:
                raise UsageError("threshold", f"label {label!r}", f"one of {', '.join(chosen)}")
            if not 0 <= value <= 1:
                raise UsageError(f"threshold of {label}", str(value), "a number from 0 to 1")
            chosen[label] = float(value)
        info = ModelInfo(files.info.name, files.info.version, files.info.sha256, chosen)
        return cls(model, info, chosen)

    @property
    def lexicon(self) -> CueLexicon:
        """The lexicon that gives the evidence."""
        return getattr(self.model, "lexicon", None) or load_lexicon()

    def score(self, article: Article) -> ArticleScore:
        """Score one article; the same article always gives the same numbers, bit for bit."""
        return self.score_document(Document(article, segment(article)))

    def score_document(self, document: Document) -> ArticleScore:
        """Score the given units of an article, as its gold or another segmenter has them."""
        article, sentences = document.article, document.sentences
        views = view_document(document, self.lexicon)
        if isinstance(self.model, LinearModel):
            reading = Reading(self.model.probabilities(views))
        elif isinstance(self.model, Reader):
            reading = self.model.read(document)
        else:
            reading = Reading(self.model.predict_proba([document]))
        names = load_schema().names
        limits = [self.thresholds[name] for name in names]
        rows = reading.probabilities.tolist()
        scored = tuple(
            [
                SentenceScore(sentence, dict.fromkeys(names, _NOTHING))
                if sentence.kind == "credit"
                else self._score_sentence(article, sentence, view, reading, number, row, limits)
                for number, (sentence, view, row) in enumerate(
                    zip(sentences, views, rows, strict=True)
                )
            ]
        )
        language = detect(" ".join((article.title, article.heading, article.text[:2000])))
        headlines = read_headlines(scored)
        chain = _find_chain(article, scored, views)
        resemblance = None
        if self.resemblance is not None:
            resemblance = self.resemblance.score(scored, language, self.info.sha256)
        return ArticleScore(
            article.id,
            article.title,
            language,
            scored,
            summarise(scored),
            self.info,
            tuple(_warnings(scored, language, reading.truncated)),
            article,
            headlines=headlines,
            signals=rank_signals(measure_signals(scored, headlines, chain), self.info),
            resemblance=resemblance,
            chain=chain,
        )

    def score_many(self, articles: Iterable[Article]) -> Iterator[ArticleScore]:
        """Score articles one after the other."""
        return map(self.score, articles)

    def _score_sentence(
        self,
        article: Article,
        sentence: Sentence,
        view: UnitView,
        reading: Reading,
        number: int,
        probabilities: Sequence[float],
        limits: Sequence[float],
    ) -> SentenceScore:
        # A model's own evidence goes before the lexicon's.
        found = {**view.found, **reading.cues[number]} if reading.cues else view.found
        labels = {}
        for column, name in enumerate(load_schema().names):
            cues = found.get(name, ())
            probability = probabilities[column]
            positive = probability >= limits[column]
            if not positive:
                labels[name] = LabelScore(probability, False, cues)
                continue
            if not cues:
                cues = self._decisive_words(view, reading, number, column)
            if name != RELAYED:
                labels[name] = LabelScore(probability, True, cues)
                continue
            kept = cues
            if article.publisher:
                kept = tuple(
                    cue for cue in cues if not _credits_own(article.publisher, sentence.text, cue)
                )
            if kept:
                depth = count_hands(kept, found.get("attribution_hedging", ()), sentence.text)
                labels[name] = LabelScore(probability, True, kept, depth)
            else:
                withdrawn = f"own_publisher:{article.publisher}"
                labels[name] = LabelScore(probability, False, cues, None, withdrawn)
        return SentenceScore(sentence, labels)

    def _decisive_words(
        self, view: UnitView, reading: Reading, number: int, column: int
    ) -> tuple[Cue, ...]:
        spans: Sequence[tuple[int, int]] = ()
        if isinstance(self.model, LinearModel):
            spans = self.model.weightiest_words(view, column)
        elif reading.explain is not None:
            spans = reading.explain(number, column)
        if spans:
            return tuple(Cue(start, end, WEIGHTS) for start, end in spans)
        return (Cue(0, max(view.normal.length, 1), WEIGHTS),)


def _find_chain(
    article: Article, scored: Sequence[SentenceScore], views: Sequence[UnitView]
) -> Chain:
    """Return the chain of hands behind the sentences that are hedged or relayed."""
    covered, cues, marked = {}, {}, set()
    for one, view in zip(scored, views, strict=True):
        sourced = [one.labels[name].positive for name in SOURCED]
        if True in sourced:
            marked.add(one.sentence.index)
        if one.labels[RELAYED].positive:
            cues[one.sentence.index] = one.labels[RELAYED].cues
        covered[one.sentence.index] = view.covered
    finder = ChainFinder(
        article,
        [one.sentence for one in scored],
        covered,
        cues,
        normals=[view.normal for view in views],
    )
    return finder.chain(marked)


def _credits_own(publisher: str, text: str, cue: Cue) -> bool:
    """Say whether a cue credits the article's own publisher."""
    if cue.device not in ("outlet", "via_outlet", WEIGHTS):
        return False
    name = _ARTICLE.sub("", publisher.replace("’", "'").strip()).casefold()
    if cue.device == WEIGHTS and name:
        # No pattern shows who is credited: the publisher, where its name stands in the sentence.
        flat = text.replace("’", "'")
        named = re.finditer(rf"(?<!\w){re.escape(name)}(?![\w-])", flat.casefold())
        if any(not flat[one.start()].islower() for one in named):
            return True
    reach = text[cue.start : cue.end + _CREDIT_REACH]
    credited = re.split(r"[,;.»]", reach[cue.end - cue.start :], maxsplit=1)[0]
    words = (text[cue.start : cue.end] + credited).replace("’", "'")
    own = bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words.casefold()) is not None
    return own or _OWN.search(words) is not None


def _warnings(
    scored: Iterable[SentenceScore], language: str, truncated: Sequence[int]
) -> Iterator[str]:
    """Yield codes, with what was found after a colon; the page and the table phrase them."""
    if language != "fr":
        yield f"not_french:{language}"
    if not any(one.sentence.kind != "credit" for one in scored):
        yield "no_sentence"
    if truncated:
        yield f"truncated:{','.join(map(str, truncated))}"


def summarise(scored: Iterable[SentenceScore]) -> dict[str, Any]:
    """Return the counts and shares of an article.

    Shares are of the units that can carry a label; None where there is none. ``without_mild``
    counts a sentence only if it shows a device that is not mild (hedging without ``frame``).
    """
    every = list(scored)
    carrying = [one for one in every if one.sentence.kind != "credit"]
    total = len(carrying)

    def counted(number: int) -> dict[str, Any]:
        return {"positive": number, "share": number / total if total else None}

    labels, without_mild, devices = {}, {}, {}
    depths = [0]
    for label in load_schema().labels:
        name = label.name
        positive = [one.labels[name] for one in carrying if one.labels[name].positive]
        labels[name] = counted(len(positive))
        shown = [{cue.device for cue in one.cues} for one in positive]
        mild = [device.name for device in label.devices if device.mild]
        if mild:
            without_mild[name] = counted(sum(not kinds.issubset(mild) for kinds in shown))
        order = (*label.device_names, WEIGHTS) if shown else ()
        times = {kind: sum([kind in kinds for kinds in shown]) for kind in order}
        devices[name] = {kind: number for kind, number in times.items() if number}
        depths += [one.depth for one in positive if one.depth is not None]
    return {
        "sentences": total,
        "credits": len(every) - total,
        "labels": labels,
        "without_mild": without_mild,
        "devices": devices,
        "max_depth": max(depths) or None,
    }
