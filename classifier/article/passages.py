"""The sentences of a body, read once for all its headlines: words, forms, whose word each is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from classifier.article.similarity import Index, stem, weigh_words
from classifier.article.wording import LIMITS, has_form
from classifier.records import SentenceScore
from classifier.text.normalise import NormalText, normalise

HEDGED, RELAYED = "attribution_hedging", "relay_sourcing"

_QUOTED = re.compile(r'"[^"]*"|«[^»]*»')
_MARK = re.compile(r'["«»]')
_RESUMED = re.compile(r"\b(?:[Ll]'|(?:[Ll]es?|[Ll]a|[Cc]et?|[Cc]ette|[Cc]es) )([^\W\d_]{4,})")
_BEGINNING = 160
_LONGEST_QUOTATION = 5
_OPENING = 40


class Passage:
    """A sentence of the body; what costs time is read off it when first asked for.

    Attributes:
        hedged, relayed: probabilities of its labels.
        index: of the sentence in the article.
        place: among the body's sentences, from 0.
        text: normalised.
        inside: whether a quotation that began before goes on in it.
    """

    __slots__ = (
        "_attributed",
        "_framed",
        "_known",
        "_resumed",
        "_small",
        "_weights",
        "hedged",
        "index",
        "inside",
        "place",
        "relayed",
        "text",
    )

    def __init__(self, place: int, one: SentenceScore, text: str, inside: bool) -> None:
        self.place, self.index = place, one.sentence.index
        self.text, self.inside = text, inside
        labels = one.labels
        self.hedged = labels[HEDGED].probability if HEDGED in labels else 0.0
        self.relayed = labels[RELAYED].probability if RELAYED in labels else 0.0
        self._known: dict[str, bool] = {}
        self._small = ""
        self._resumed: frozenset[str] | None = None
        self._weights: Mapping[str, float] | None = None
        self._attributed: float | None = None
        self._framed: bool | None = None

    @property
    def weights(self) -> Mapping[str, float]:
        """Its content words: stem → weight."""
        if self._weights is None:
            self._weights = weigh_words(self.text)[0]
        return self._weights

    @property
    def small(self) -> str:
        """The text in small letters."""
        if not self._small:
            self._small = self.text.lower()
        return self._small

    def has(self, form: str) -> bool:
        """Say whether a form of words of ``resources/headline.toml`` stands in the sentence."""
        known = self._known.get(form)
        if known is None:
            known = self._known[form] = has_form(self.small, form)
        return known

    @property
    def denies(self) -> bool:
        """Whether it denies something; nearly none does, nor limits anything."""
        return self.has(LIMITS) and self.has("denial")

    @property
    def attributed(self) -> float:
        """How clearly, 0 to 1, the sentence is somebody's word."""
        if self._attributed is None:
            self._attributed = max(self.hedged, self.relayed)
            if self._attributed < 0.8:
                self._attributed = max(self._attributed, self._spoken())
        return self._attributed

    @property
    def framed(self) -> bool:
        """Whether a source bears on the whole sentence: at its beginning, its end, or with *que*.

        In *a inventé un attentat, émanant selon lui de médias, …* it bears on a part alone.
        """
        if self._framed is None:
            small = self.small
            self._framed = self.has("said") and (
                has_form(small[:_OPENING], "said")
                or has_form(small[len(small) // 2 :], "said")
                or has_form(small, "said_that")
            )
        return self._framed

    def _spoken(self) -> float:
        text = self.text
        if self.inside or text[:1] in '"«' or text[-1:] in '"»':
            return 0.8
        if self.framed or self.has("oneself"):
            return 0.8
        if '"' not in text and "»" not in text:
            return 0.0
        quoted = sum(map(len, _QUOTED.findall(text))) / len(text)
        return 0.7 if quoted > 0.3 else 0.0

    @property
    def resumed(self) -> frozenset[str]:
        """Stems of the nouns after an article at its beginning: *l'accident*, *cette mesure*."""
        if self._resumed is None:
            self._resumed = frozenset(map(stem, _RESUMED.findall(self.text[:_BEGINNING])))
        return self._resumed


class Body:
    """The sentences of a body; what not every article needs is read when first asked for.

    Attributes:
        index: where stems stand among the passages.
    """

    __slots__ = ("_limiting", "index", "passages")

    def __init__(self, sentences: Iterable[SentenceScore]) -> None:
        passages: list[Passage] = []
        texts: list[NormalText] = []
        inside, lasting = False, 0
        for one in sentences:
            if one.sentence.field != "text" or one.sentence.kind != "sentence":
                continue
            normal = normalise(one.sentence.text)
            text = normal.text
            going_on = inside
            lasting = lasting + 1 if inside else 0
            if lasting > _LONGEST_QUOTATION:  # a stray mark makes no quotation of all that follows
                going_on = inside = False
            if '"' in text or "«" in text or "»" in text:
                for mark in _MARK.findall(text):
                    inside = not inside if mark == '"' else mark == "«"
            going_on = going_on and text[:1] not in '"«'
            passages.append(Passage(len(passages), one, text, going_on))
            texts.append(normal)
        self.passages = tuple(passages)
        self.index = Index(texts)
        self._limiting: list[Passage] | None = None

    @property
    def numbers(self) -> frozenset[float]:
        """Every number of the body."""
        return frozenset().union(*self.index.numbers)

    @property
    def limiting(self) -> list[Passage]:
        """The passages with words that limit or withdraw something."""
        if self._limiting is None:
            self._limiting = [one for one in self.passages if one.has(LIMITS)]
        return self._limiting
