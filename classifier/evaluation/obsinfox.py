"""OBSINFOX: do our shares of hedged and relayed sentences follow eight readers' votes?

OBSINFOX (Icard et al., LREC-COLING 2024, github.com/obs-info/obsinfox, CC BY-NC 4.0) has votes of
eight annotators on 100 articles, and no text: the user supplies it. Votes are on whole articles
(*Reported information*: the information is reported by another and not endorsed; *Sources cited*:
a source is cited for at least one fact), so only ranks are compared. It is a plausibility check,
no score: neither vote asks what our labels ask.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.errors import DataError, Fault, FaultsError
from classifier.records import Article
from classifier.scoring import Scorer
from classifier.statistics import FloatArray

VOTES = ("Reported information", "Sources Cited")
_KEYS = ("URL", "Title", "Annotator")
PERMUTATIONS = 10_000


@dataclass(frozen=True, slots=True)
class RankAgreement:
    """Spearman's ρ of a label's share of sentences and the share of readers who voted yes.

    Attributes:
        rho: 1 same order, 0 none, -1 opposite; NaN where one side is constant.
        p_value: two-sided, by permutation of the articles.
    """

    vote: str
    label: str
    articles: int
    rho: float
    p_value: float


def read_votes(path: Path) -> dict[str, dict[str, float]]:
    """Return URL → vote → share of annotators who said yes.

    Raises:
        DataError: unreadable, or without the columns of OBSINFOX.
        FaultsError: every vote that is neither 0 nor 1.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except OSError as error:
        raise DataError(str(path), error.strerror or "unreadable", "obsinfox.csv") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(str(path), str(error), "obsinfox.csv, in UTF-8") from None
    names = {name.strip().casefold(): name for name in (rows[0] if rows else {})}
    absent = [name for name in (*_KEYS, *VOTES) if name.casefold() not in names]
    if absent:
        raise DataError(str(path), f"no column {', '.join(absent)}", "the columns of obsinfox.csv")
    votes: dict[str, dict[str, list[int]]] = {}
    faults: list[Fault] = []
    for number, row in enumerate(rows, start=1):
        of_article = votes.setdefault(address(row[names["url"]] or ""), {})
        for vote in VOTES:
            said = (row[names[vote.casefold()]] or "").strip()
            if said in ("0", "1"):
                of_article.setdefault(vote, []).append(int(said))
            elif said:
                faults.append(Fault(f"{path}: vote {number}", f"{vote} {said!r}", "0, 1 or none"))
    if faults:
        raise FaultsError(faults)
    return {
        url: {vote: sum(said) / len(said) for vote, said in of_article.items()}
        for url, of_article in votes.items()
    }


def address(url: str) -> str:
    """Return an address without what may differ between copies: scheme, www, end slash."""
    bare = url.strip().split("#")[0].removeprefix("https://").removeprefix("http://")
    return bare.removeprefix("www.").rstrip("/").casefold()


def compare_votes(
    scorer: Scorer, votes: Mapping[str, Mapping[str, float]], articles: Iterable[Article]
) -> tuple[RankAgreement, ...]:
    """Compare a model's shares with the votes on the articles whose text is given.

    Args:
        articles: with their ``url``.

    Raises:
        DataError: fewer than three of them have votes.
    """
    shares, wanted = [], []
    labels = ("attribution_hedging", "relay_sourcing")
    for article in articles:
        found = votes.get(address(article.url or str(article.metadata.get("url", ""))))
        if found is None or any(vote not in found for vote in VOTES):
            continue
        summary = scorer.score(article).summary["labels"]
        shares.append([summary[label]["share"] or 0.0 for label in labels])
        wanted.append([found[vote] for vote in VOTES])
    if len(shares) < 3:
        raise DataError("articles", f"{len(shares)} with votes", "three or more, with their url")
    table, given = np.array(shares), np.array(wanted)
    out = []
    for v, vote in enumerate(VOTES):
        for k, label in enumerate(labels):
            rho, p_value = rank_correlation(table[:, k], given[:, v])
            out.append(RankAgreement(vote, label, len(shares), rho, p_value))
    return tuple(out)


def rank_correlation(
    first: npt.ArrayLike, second: npt.ArrayLike, *, seed: int = 0
) -> tuple[float, float]:
    """Return Spearman's ρ (ties share the mean rank) and its permutation p-value.

    NaN for both where one side is constant.
    """
    a, b = _centred_ranks(first), _centred_ranks(second)
    scale = math.sqrt(float(a @ a) * float(b @ b))
    if not scale:
        return math.nan, math.nan
    rho = float(a @ b) / scale
    rng = np.random.default_rng(seed)
    drawn = np.array([float(a @ rng.permutation(b)) for _ in range(PERMUTATIONS)]) / scale
    extreme = int((np.abs(drawn) >= abs(rho) - 1e-12).sum())
    return rho, (1 + extreme) / (1 + PERMUTATIONS)


def _centred_ranks(values: npt.ArrayLike) -> FloatArray:
    given = np.asarray(values, dtype=np.float64)
    _, index, count = np.unique(given, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks = (last - (count - 1) / 2)[index]
    return np.asarray(ranks - ranks.mean())
