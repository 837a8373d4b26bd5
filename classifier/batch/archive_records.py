"""What the archive page shows: sentences, articles, and signals and headlines over all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from classifier.batch.archive_values import Values
from classifier.statistics import Interval


@dataclass(frozen=True)
class Outlet:
    """An outlet that others relay: in how many articles, in how many sentences."""

    name: str
    articles: int
    sentences: int


@dataclass(frozen=True)
class Passage:
    """A sentence on the page, with where it comes from.

    Attributes:
        groups: column → value, as far as the page shows columns.
        labels: label → (probability, cues as (start, end, device)); positives only.
        depth: hands that the sentence names; None where it relays nothing.
        roles: why it is shown with its article: ``match``, ``restriction``, names of signals.
        marks: (start, end) of the words that show those signals.
    """

    key: str
    id: str
    index: int
    title: str
    publisher: str
    published: str
    groups: Mapping[str, str]
    text: str
    labels: Mapping[str, tuple[float, tuple[tuple[int, int, str], ...]]]
    depth: int | None
    roles: tuple[str, ...] = ()
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class DeepArticle:
    """An article through many hands.

    Attributes:
        hands: names along the longest way from the article; empty where only a count is known.
        passages: the sentences that show it.
    """

    key: str
    id: str
    title: str
    publisher: str
    published: str
    depth: int
    hands: tuple[str, ...]
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class HeldArticle:
    """An article whose sentences are on the page.

    Attributes:
        value, percentile: of the signal it is shown for; NaN where there is none.
    """

    key: str
    id: str
    title: str
    publisher: str
    published: str
    passages: tuple[Passage, ...]
    value: float = math.nan
    percentile: float = math.nan


@dataclass(frozen=True)
class SignalGroup:
    """A signal over the articles of one publisher, or over all.

    Attributes:
        articles: those that have the signal.
        median: of its values.
        far: share of the articles with a percentile that lie beyond
            :data:`~classifier.batch.archive_signals.FAR`, and how many.
    """

    name: str
    articles: int
    median: float
    far: Interval
    far_articles: int


@dataclass(frozen=True)
class SignalSpread:
    """A signal over the archive.

    Attributes:
        values, reference: how often each value came, here and in ordinary press; the second is None
            where the articles were not ranked by the reference that this version has.
        reference_median, reference_far: of ordinary press; NaN without a reference.
        reasons: why articles have no value → how many; ``unranked``: why they have no percentile.
        groups: by publisher, those with most articles first.
    """

    name: str
    whole: SignalGroup
    values: Values
    reference: Values | None
    reference_median: float
    reference_far: float
    reasons: Mapping[str, int]
    unranked: Mapping[str, int]
    groups: tuple[SignalGroup, ...]
    highest: tuple[HeldArticle, ...]
    lowest: tuple[HeldArticle, ...]


@dataclass(frozen=True)
class HeadlineCount:
    """What is reported of the titles or of the standfirsts.

    Attributes:
        compared: how many were set beside their body.
        carried: those whose claim some sentence of the body carries.
        limited: those near which the body states limits or denials.
        found: class that is reported → how many; experimental ones are left out.
        faithful, limits: shares of the compared ones.
    """

    field: str
    compared: int
    carried: int
    limited: int
    found: Mapping[str, int]
    faithful: Interval
    limits: Interval


@dataclass(frozen=True)
class Signals:
    """All of it.

    Attributes:
        articles, headed: how many articles have signals, or headlines.
        without: how many have neither column, as output of earlier versions.
        examples: ``faithful`` and ``limited`` → articles drawn by chance.
        passages: the sentences of all articles named above, each once.
    """

    articles: int
    headed: int
    without: int
    spreads: tuple[SignalSpread, ...]
    headlines: tuple[HeadlineCount, ...]
    examples: Mapping[str, tuple[HeldArticle, ...]]
    passages: tuple[Passage, ...]
