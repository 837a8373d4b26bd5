"""Does an article's way of writing resemble that of known pseudo-news? A score, and its limits.

The model is a logistic regression over framing and style: shares of labels and devices, sentence
length, punctuation, function words, verb forms, judging terms. Names, numbers, dates, outlets and
topic words are no features, and layout is not looked at. It says nothing of truth, and was trained
on four sites of one campaign: what it is worth stands in ``experiments/results/resemblance.json``.

Its weights derive from data under CC BY-NC 4.0. They live in a directory of their own, with that
licence, outside the package, and are used only when asked for.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, pstdev

import msgspec

from classifier.article.headline import load_patterns
from classifier.article.signals import find_terms
from classifier.corpus.sources import working_folder
from classifier.errors import ModelError
from classifier.records import Resemblance, SentenceScore
from classifier.schema import load_schema
from classifier.text.normalise import normalise

LEAST_WORDS = 80
"""A shorter text is refused: rates over fewer words are noise."""

FILE = "resemblance.json"
PLACES = (Path("experiments/resemblance/model"),)

_WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(r'"[^"]*"|«[^»]*»')
_FUNCTION_WORDS: Mapping[str, tuple[str, ...]] = {
    "i": ("je", "j", "me", "m", "moi", "mon", "ma", "mes"),
    "we": ("nous", "notre", "nos"),
    "you": ("vous", "votre", "vos"),
    "one": ("on",),
    "they": ("ils", "elles", "leur", "leurs", "eux"),
    "he_she": ("il", "elle", "lui", "son", "sa", "ses"),
    "this": ("ce", "cet", "cette", "ces", "cela", "ça"),
    "who": ("qui",),
    "that": ("que", "qu"),
    "whose": ("dont", "où", "lequel", "laquelle", "lesquels", "lesquelles"),
    "and": ("et",),
    "or": ("ou",),
    "but": ("mais",),
    "so": ("donc", "car", "ainsi", "alors"),
    "yet": ("cependant", "toutefois", "pourtant", "néanmoins", "or"),
    "also": ("aussi", "également", "outre", "ailleurs"),
    "even": ("même", "encore", "déjà", "toujours"),
    "more": ("plus", "davantage"),
    "less": ("moins",),
    "very": ("très", "trop", "si", "tellement", "tant"),
    "all": ("tout", "tous", "toute", "toutes"),
    "not": ("ne", "n", "pas"),
    "never": ("jamais", "rien", "aucun", "aucune", "personne"),
    "without": ("sans",),
    "against": ("contre",),
    "for": ("pour", "afin"),
    "with": ("avec",),
    "as": ("comme",),
    "is": ("est", "sont"),
    "was": ("était", "étaient", "été", "fut"),
    "has": ("a", "ont", "avait", "avaient"),
    "must": ("doit", "doivent", "faut", "devrait", "devraient"),
    "can": ("peut", "peuvent", "pourrait", "pourraient"),
    "in": ("dans", "en"),
    "at": ("à", "au", "aux"),
    "of": ("de", "d", "du", "des"),
    "the": ("le", "la", "les", "l"),
    "some": ("un", "une"),
}
_KINDS = {word: kind for kind, words in _FUNCTION_WORDS.items() for word in words}
_ENDINGS: Mapping[str, re.Pattern[str]] = {
    "imperfect": re.compile(r"\w{3,}(?<!r)ai(?:t|ent)$"),
    "conditional": re.compile(r"\w{2,}rai(?:t|ent)$"),
    "future": re.compile(r"\w{3,}(?:era|ira|dra|ront)$"),
    "adverb": re.compile(r"\w{3,}ment$"),
    "gerund": re.compile(r"\w{3,}ant$"),
    "abstract": re.compile(r"\w{3,}(?:tions?|ismes?|ités?)$"),
}
# No dashes: one of the two corpora has had them all replaced, which is layout.
_MARKS = {"question": "?", "exclamation": "!", "semicolon": ";", "colon": ":"}
_GROUPS = ("superlative", "judging", "assertive", "scare")


class ResemblanceModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fitted weights.

    Attributes:
        features: names, in the order of the weights.
        means, scales: of each feature on the training articles.
        slope, offset: Platt calibration, from sites left out in training.
        farthest: root mean square of the standardised features (cut at ±5) beyond which no
            number is given: 99 % of the training articles are nearer.
        scorer: SHA-256 of the sentence model that the framing features came from.
    """

    features: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    slope: float
    offset: float
    farthest: float
    scorer: str
    licence: str
    trained: str
    limits: tuple[str, ...]


def measure_style(sentences: Sequence[SentenceScore]) -> dict[str, float]:
    """Return framing and style features of a body; no name, number or topic word is looked at."""
    body = [
        one for one in sentences if one.sentence.field == "text" and one.sentence.kind == "sentence"
    ]
    texts = [normalise(one.sentence.text) for one in body]
    words = [[word.casefold() for word in _WORD.findall(text.text)] for text in texts]
    flat = list(itertools.chain.from_iterable(words))
    total, units = max(len(flat), 1), max(len(body), 1)
    lengths = [len(one) for one in words] or [0]
    kinds = Counter(_KINDS[word] for word in flat if word in _KINDS)
    features = {f"word:{kind}": 100 * kinds[kind] / total for kind in _FUNCTION_WORDS}
    content = [word for word in flat if word not in _KINDS]
    for name, ending in _ENDINGS.items():
        features[f"ending:{name}"] = 100 * sum(map(bool, map(ending.search, content))) / total
    features |= {
        "length:mean": fmean(lengths),
        "length:spread": pstdev(lengths),
        "length:short": sum(length < 8 for length in lengths) / units,
        "length:long": sum(length > 35 for length in lengths) / units,
        "letters": fmean(map(len, content)) if content else 0.0,
        "variety": len(set(flat[:LEAST_WORDS])) / LEAST_WORDS,
    }
    joined = " ".join(text.text for text in texts)
    features |= {f"mark:{key}": joined.count(mark) / units for key, mark in _MARKS.items()}
    features["mark:comma"] = 100 * joined.count(",") / total
    features["mark:bracket"] = joined.count("(") / units
    features["mark:ellipsis"] = (joined.count("…") + joined.count("...")) / units
    features["quoted"] = sum(map(len, _QUOTED.findall(joined))) / max(len(joined), 1)
    terms = Counter(group for text in texts for group, *_ in find_terms(text))
    features |= {f"terms:{group}": 100 * terms[group] / total for group in _GROUPS}
    speech = load_patterns()["speech"]
    features["speech"] = sum(bool(speech.search(text.text)) for text in texts) / units
    return features | _framing(body, units)


def _framing(body: Sequence[SentenceScore], units: int) -> dict[str, float]:
    features: dict[str, float] = {}
    for label in load_schema().labels:
        positive = [
            one.labels[label.name]
            for one in body
            if label.name in one.labels and one.labels[label.name].positive
        ]
        features[f"label:{label.name}"] = len(positive) / units
        if label.name != "threat_rhetoric":
            for device in label.device_names:
                shown = sum(any(cue.device == device for cue in one.cues) for one in positive)
                features[f"device:{label.name}.{device}"] = shown / units
    return features


def count_words(sentences: Sequence[SentenceScore]) -> int:
    """Return the number of words of the body."""
    return sum(
        len(_WORD.findall(one.sentence.text))
        for one in sentences
        if one.sentence.field == "text" and one.sentence.kind == "sentence"
    )


class ResemblanceScorer:
    """A loaded model."""

    def __init__(self, model: ResemblanceModel, sha256: str) -> None:
        self.model = model
        self.sha256 = sha256

    @classmethod
    def load(cls, directory: Path | None = None) -> ResemblanceScorer:
        """Load a model directory; without one, the working folder's or the repository's.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        places = [directory] if directory else [working_folder() / "resemblance", *PLACES]
        for place in places:
            path = place / FILE
            if path.is_file():
                raw = path.read_bytes()
                try:
                    model = msgspec.json.decode(raw, type=ResemblanceModel)
                except msgspec.DecodeError as error:
                    raise ModelError(str(path), str(error), "a resemblance model") from None
                sizes = {len(model.features), len(model.means), len(model.scales)}
                if sizes != {len(model.weights)} or not all(scale > 0 for scale in model.scales):
                    raise ModelError(str(path), "weights and features that differ", "one a feature")
                return cls(model, hashlib.sha256(raw).hexdigest())
        raise ModelError(
            " or ".join(str(place / FILE) for place in places),
            "no file",
            "a resemblance model (CC BY-NC 4.0, not part of the package)",
            "Take experiments/resemblance/model from the repository, or build one with "
            "python -m experiments.resemblance.train.",
        )

    def score(self, sentences: Sequence[SentenceScore], language: str, scorer: str) -> Resemblance:
        """Score an article; refuse what is too short or not French, abstain outside training.

        Args:
            scorer: SHA-256 of the sentence model that gave the labels.
        """
        words = count_words(sentences)
        limits = list(self.model.limits)
        if scorer != self.model.scorer:
            limits.append("other_model")

        def without(reason: str, distance: float = math.nan) -> Resemblance:
            return Resemblance(math.nan, reason, words, distance, tuple(limits), self.sha256)

        if language != "fr":
            return without("not_french")
        if words < LEAST_WORDS:
            return without("too_short")
        shaped = self.standardise(measure_style(sentences))
        distance = distance_of(shaped) / self.model.farthest
        if distance > 1:
            return without("outside_training", distance)
        raw = math.fsum(w * x for w, x in zip(self.model.weights, shaped, strict=True))
        logit = self.model.slope * (raw + self.model.intercept) + self.model.offset
        probability = 1 / (1 + math.exp(-max(min(logit, 500), -500)))
        return Resemblance(probability, "", words, distance, tuple(limits), self.sha256)

    def standardise(self, features: Mapping[str, float]) -> list[float]:
        """Return the features in the model's order, in standard deviations, cut at ±5."""
        return [
            max(-5.0, min(5.0, (features[name] - mean) / scale))
            for name, mean, scale in zip(
                self.model.features, self.model.means, self.model.scales, strict=True
            )
        ]


def distance_of(shaped: Sequence[float]) -> float:
    """Return the root mean square of standardised features."""
    return math.sqrt(math.fsum(value * value for value in shaped) / max(len(shaped), 1))
