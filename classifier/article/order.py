"""Who passes on whom in a sentence, from the places in which its hands stand."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from classifier.article.phrases import Reader
from classifier.article.tokens import Phrase

NEWSROOMS = ("outlet", "agency")


class Place(msgspec.Struct, frozen=True):
    """A phrase and how it stands in its sentence.

    Attributes:
        role: ``frame`` (selon …), ``subject`` of a verb of saying, ``cited`` (citant …), ``agent``
            (publié par …), ``told`` (à l'agence …), ``noted`` (les informations de …), ``bare``: a
            pronoun, a hand only where the sentence has no other form of it.
        verb: the token of its verb, -1 without one.
        group: places of one group stand side by side: *Le Soir et La Dépêche*.
    """

    phrase: Phrase
    role: str
    verb: int = -1
    group: int = 0


_DENIES = frozenset({"dément", "démentent", "nie", "nient", "conteste", "contestent", "confirme"})


def order_places(reader: Reader, places: Sequence[Place]) -> list[tuple[Place, tuple[int, ...]]]:
    """Return the hands with, for each, the numbers (from 1) of those that pass it on.

    A hand that cites passes on what it cites; a newsroom the speakers of its sentence; a source
    those whom the newsroom has through it; a speaker those whom the speaker repeats.
    """
    if len(places) < 2:
        return [(one, ()) for one in places]
    kept = [one for one in places if one.role != "bare"]
    bare = [one for one in places if one.role == "bare"][:1]
    if bare and _speaks(bare[0], kept):
        kept = sorted([*kept, *bare], key=lambda one: one.phrase.start)
    by: list[tuple[int, ...]] = [()] * len(kept)
    group = [[n + 1 for n, other in enumerate(kept) if other.group == one.group] for one in kept]
    rooms = [n for n, one in enumerate(kept) if one.phrase.type in NEWSROOMS]
    for n, one in enumerate(kept):
        if one.role == "cited":
            source = _citer(kept, n, rooms, reader)
            if source is not None:
                by[n] = tuple(group[source])
        elif one.role == "agent":
            near = _published(kept, n, reader)
            if reader.low(one.verb).startswith("confirm"):
                continue
            if near is not None and not by[near] and kept[near].role != "agent":
                by[near] = tuple(group[n])
    _nest(kept, rooms, by, group)
    tops = [n for n in rooms if not by[n]]
    for n, one in enumerate(kept):
        confirms = one.role == "agent" and reader.low(one.verb).startswith("confirm")
        if not by[n] and one.role != "cited" and n not in tops and not confirms:
            carriers = _carrier(kept, n, tops, by, reader)
            by[n] = tuple(group[carriers]) if carriers is not None else ()
    return [(one, tuple(m for m in by[n] if m != n + 1)) for n, one in enumerate(kept)]


def _nest(
    kept: Sequence[Place], rooms: Sequence[int], by: list[tuple[int, ...]], group: list[list[int]]
) -> None:
    """Put one newsroom under another: *X rapporte, d'après Y, que …*; *d'après Y, X rapporte …*."""
    free = [n for n in rooms if not by[n]]
    subjects = [n for n in free if kept[n].role == "subject"]
    frames = [n for n in free if kept[n].role == "frame"]
    if len({kept[n].group for n in subjects}) != 1 or len({kept[n].group for n in frames}) != 1:
        return
    subject, frame = kept[subjects[0]], kept[frames[0]]
    if subject.phrase.after <= subject.verb < frame.phrase.first:
        over, under = subjects, frames
    elif frame.phrase.after < subject.phrase.first <= subject.verb and frame.phrase.first < 4:
        over, under = frames, subjects
    else:
        return
    for n in under:
        by[n] = tuple(group[over[0]])


def _speaks(pronoun: Place, kept: Sequence[Place]) -> bool:
    """Say whether a pronoun is a hand of its own beside the others of its sentence.

    It is where no other speaks (*a-t-elle dit à Radio Cimes*), and where others pass on what it
    says: *« Il affirme que … », selon une autre source*.
    """
    if all(one.phrase.type in NEWSROOMS for one in kept):
        return not kept or any(one.role in ("told", "agent", "frame", "noted") for one in kept)
    others = [one for one in kept if one.phrase.type not in NEWSROOMS]
    return all(one.role == "frame" and one.phrase.type != "document" for one in others)


_FRAMING = frozenset({"selon", "d'", "après", "avis", "l'", "de", "du", "croire", "à", "en", ","})
_WHO = frozenset(
    {"qui", "lequel", "laquelle", "lesquels", "lesquelles", "dont", "auquel", "lui-même"}
    | {"elle-même", "eux-mêmes", "elles-mêmes"}
)


def is_quoted(at: int, reader: Reader) -> bool:
    """Say whether token ``at`` stands between quotation marks that close after it."""
    if not reader.quotes:
        return False
    before, after = reader.lows[:at], reader.lows[at:]
    opened = before.count("«") - before.count("»")
    closes = "»" in after and (opened > 0 or "«" not in reader.lows)
    straight = before.count('"') % 2 == 1 or reader.lows.count('"') == 1
    return closes or (straight and '"' in after)


def _quotes(speaker: Place, frame: Place, reader: Reader) -> bool:
    """Say whether a frame opens what the speaker says: *X rapporte que, d'après Y, …*."""
    at = frame.phrase.first - 1
    while at > speaker.verb and reader.low(at) in _FRAMING:
        at -= 1
    return at > speaker.verb and reader.low(at) in ("que", "qu'")


def _citer(kept: Sequence[Place], n: int, rooms: Sequence[int], reader: Reader) -> int | None:
    """Return who cites the hand ``n``.

    That is the subject of the citing verb, the hand that a relative clause resumes (*un avocat,
    qui le tient de …*), else the newsroom last named before, else the hand last named.
    """
    before = [m for m in range(n) if kept[m].group != kept[n].group]
    for m in before:
        if kept[m].role == "subject" and kept[m].verb == kept[n].verb:
            return m
    if before:
        gap = range(kept[before[-1]].phrase.after, kept[n].verb)
        if len(gap) < 6 and any(reader.low(at) in _WHO for at in gap):
            return before[-1]
    near = [m for m in before if m in rooms and kept[m].role != "told"]
    if near or before:
        return (near or before)[-1]
    after = [m for m in range(n + 1, len(kept)) if kept[m].group != kept[n].group]
    return after[0] if after else None


def _published(kept: Sequence[Place], n: int, reader: Reader) -> int | None:
    """Return the hand that the newsroom ``n`` has asked or published."""
    before = [m for m in range(n) if kept[m].group != kept[n].group]
    if before:
        gap = range(kept[before[-1]].phrase.after, kept[n].verb)
        if any(reader.low(at).endswith("ant") for at in gap):
            return None
        if len(gap) <= 6:
            return before[-1]
    after = [m for m in range(n + 1, len(kept)) if kept[m].role == "subject"]
    found = after or before[-1:]
    return found[0] if found else None


def _carrier(
    kept: Sequence[Place],
    n: int,
    tops: Sequence[int],
    by: Sequence[tuple[int, ...]],
    reader: Reader,
) -> int | None:
    """Return who passes on the speaker ``n`` that nothing else places; None for the article."""
    mine = kept[n]
    cited = [m for m in range(n) if kept[m].role == "cited" and kept[m].group != mine.group]
    if cited and mine.role == "subject" and mine.verb > kept[cited[-1]].phrase.after:
        return cited[-1]
    if reader.low(mine.verb) in _DENIES and mine.role == "subject":
        return None
    if is_quoted(mine.phrase.first, reader):
        for m, other in enumerate(kept):
            if (
                m > n
                and other.role == "subject"
                and mine.verb < other.verb < other.phrase.first
                and not is_quoted(other.phrase.first, reader)
            ):
                return m
    carriers = [m for m in tops if kept[m].role in ("frame", "subject")]
    if carriers:
        return carriers[0]
    if mine.role == "frame" and mine.phrase.type == "document":
        for m, other in enumerate(kept):
            if other.role == "subject" and m > n and other.verb < other.phrase.first:
                return m
    told = [
        m
        for m in tops
        if kept[m].role == "told" or (kept[m].role == "agent" and mine.role == "frame" and m < n)
    ]
    if told:
        at = mine.verb if mine.verb >= 0 else mine.phrase.first
        return min(told, key=lambda m: abs(kept[m].phrase.first - at))
    for m, other in enumerate(kept):
        if m == n or other.group == mine.group or by[m] or other.phrase.type in NEWSROOMS:
            continue
        if (
            mine.role in ("subject", "bare")
            and other.role == "frame"
            and other.phrase.type != "document"
            and not _quotes(mine, other, reader)
        ):
            return m
        if mine.role == "frame" and other.role == "subject" and _quotes(other, mine, reader):
            return m
        if (
            m < n
            and other.role == "subject"
            and other.phrase.after <= other.verb < mine.phrase.first
            and any(reader.low(k) in ("que", "qu'") for k in range(other.verb, mine.phrase.first))
        ):
            return m
    return None
