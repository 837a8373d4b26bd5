"""Outlets that no list holds, known by how they cite and are cited.

*rapporte Le Soir, citant Interfil*, *une source citée par Brumenord*, *selon Nordposten, qui cite
un diplomate*: a person of one bare name would have a first name or a civil title somewhere in the
article. The evidence is thin: on training documents 12 of 12 such names that pass something on are
outlets, but they are four names; in 1,558 articles of OrangeSum from before the test's that cite,
the rule fires once, rightly. A finite *cite* shows nothing there (*la presse cite Netflix*), and
whom a person cites is no newsroom.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from classifier.article.order import NEWSROOMS
from classifier.article.people import CAPITALS
from classifier.article.tokens import places_of
from classifier.article.vocabulary import vocabulary
from classifier.records import Hand

_EVEN = r" (?:aussi |également |notamment )?$"
_CITING = re.compile(rf"\b(?:qui cit(?:e|ent|ait|aient)|citant|reprenant|relayant){_EVEN}")
_LEANING = re.compile(
    r"\b(?:qui s'appuie(?:nt)?|s'appuyant|qui se (?:fond|bas)e(?:nt)?|se (?:fond|bas)ant) sur"
    + _EVEN
)
"""Who leans on something cites; what it leans on may as well be an association."""
_CITED_BY = re.compile(r"\bcitée?s? par $")
_HINTS = ("cit", "reprenant", "relayant", "appu", " se fond", " se bas")
"""One of these stands in every sentence in which one of the two does."""
_CAPITAL_BEFORE = re.compile(rf"(?<!\w)(?:({CAPITALS})|(?:MM?|Dr|Pr)\.) $")
_MEDIA = frozenset(
    {"actu", "actualités", "info", "infos", "information", "informations", "news", "nouvelles"}
    | {"presse", "press", "radio", "télé", "tv", "times", "post", "herald", "tribune", "gazette"}
    | {"courrier", "écho", "dépêche", "hebdo", "magazine", "journal", "matin", "soir", "zeitung"}
    | {"daily", "weekly", "chronicle", "observer", "review", "quotidien", "web", "média", "médias"}
)
"""Words of newsrooms' names that people's names do not have."""
_TITLED = re.compile(r"(?:Les? |La |L')[A-ZÀ-Þ]")


def find_unlisted(hands: Sequence[Hand], text: str, article: str) -> tuple[Hand, ...]:
    """Return the hands of a sentence, those of them outlets that cite or are cited like one.

    Args:
        hands: as they stand in ``text``.
        text: the sentence as it stands.
        article: the whole article, normalised: a name that it gives in full is a person's.
    """
    if not any(hint in text for hint in _HINTS):
        return tuple(hands)
    text = text.replace("’", "'")
    kept = list(hands)
    for n, hand in enumerate(hands, start=1):
        cited = [one for one in hands if n in one.by and _is_cited(text[: one.start])]
        if cited and (
            _is_bare(hand, text, article)
            or _sounds_like_one(hand)
            or (_is_titled(hand, text) and any(one.type != "document" for one in cited))
        ):
            kept[n - 1] = replace(hand, type="outlet")
    for n, hand in enumerate(hands):
        before = text[: hand.start]
        by_room = any(kept[m - 1].type in NEWSROOMS for m in hand.by)
        shown = (by_room and _CITING.search(before)) or _CITED_BY.search(before)
        if shown and (_is_bare(hand, text, article) or _sounds_like_one(hand)):
            kept[n] = replace(hand, type="outlet")
    return tuple(kept)


def _is_cited(before: str) -> bool:
    return bool(_CITING.search(before) or _LEANING.search(before))


def _is_bare(hand: Hand, text: str, article: str) -> bool:
    """Say whether a hand is one capitalised word that nobody of the article has for a surname."""
    name = hand.name
    if hand.type != "person" or not name or " " in name or text[hand.start : hand.end] != name:
        return False
    for at in places_of(article, name):
        before = _CAPITAL_BEFORE.search(article[max(0, at - 40) : at])
        if before and (before[1] or "").lower() not in vocabulary().stop:
            return False
    return True


def _sounds_like_one(hand: Hand) -> bool:
    """Say whether a word of the name is a newsroom's: *Vesle Actualités*."""
    if hand.type not in ("person", "institution") or not hand.name[:1].isupper():
        return False
    return not _MEDIA.isdisjoint(hand.name.lower().split())


def _is_titled(hand: Hand, text: str) -> bool:
    """Say whether a name begins with an article in capitals: *rapporte Les Feuillets du Nord*."""
    if hand.type != "institution" or not _TITLED.match(text, hand.start):
        return False
    return text[: hand.start].rstrip().rpartition(" ")[2].islower()
