"""Names of news outlets and agencies: where they stand in a text, which outlet they denote.

The data is ``resources/outlets.json``: facts from public knowledge, one outlet a line. A name
that is also a word, a first name or a place (*Le Monde*, *Marianne*, *La Provence*) is reported
as ambiguous unless its surroundings say that an outlet is meant. Three degrees:

- an alias outside ``ambiguous`` is certain as it stands, so *le Monde*, with its article and its
  capital, is certain when only the bare *Monde* is listed as ambiguous;
- an alias listed there is certain after a credit (*selon Marianne*, *le magazine Marianne*, *paru
  dans Marianne*, a credit line) or, when it begins with an article, with that article in capitals
  in mid-sentence (*lu dans La Provence*);
- in lower case it is no mention at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

import msgspec

from classifier.article.tokens import places_of
from classifier.errors import DataError
from classifier.schema import resource_bytes
from classifier.text.normalise import NormalText, normalise

OutletKind = (
    Literal["agency", "daily", "weekly", "monthly", "magazine"]
    | Literal["radio", "television", "site", "channel", "group"]
)


class Outlet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One outlet: its name in French usage, the forms it takes in text, where it is from.

    Attributes:
        name: unique; homonyms carry their place in parentheses: ``Le Temps (Tunisie)``.
        aliases: forms as they stand in French text, and web domains.
        country: ISO 3166 alpha-2, of the newsroom's seat.
        ambiguous: those of the aliases that need context to count.
    """

    name: str
    aliases: tuple[str, ...]
    country: str
    kind: OutletKind
    ambiguous: tuple[str, ...] = ()


class OutletFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The resource: entries by country and name, shared aliases, and what is no outlet.

    Attributes:
        shared: an alias that several outlets bear, and their names, likeliest first.
        decoys: phrases that hold an alias and mean something else: *Coupe du Monde*.
    """

    shared: dict[str, tuple[str, ...]]
    decoys: tuple[str, ...]
    entries: tuple[Outlet, ...]


class OutletMention(msgspec.Struct, frozen=True):
    """An outlet's name in a text: ``text[start:end]``.

    Attributes:
        entry: the outlet, the likeliest one where several share the name.
        ambiguous: whether nothing around the name says that an outlet is meant.
        candidates: every outlet that bears the name, ``entry`` first.
    """

    start: int
    end: int
    entry: Outlet
    ambiguous: bool
    candidates: tuple[Outlet, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """One alias as it is looked for; ``offset`` is where its key word begins.

    ``fragile``: ambiguous, or certain only thanks to its article; such a name is no part of a
    hyphenated word, and in full capitals (*LE MONDE ENTIER*) it proves nothing.
    """

    shape: str
    text: str
    article: int
    offset: int
    ambiguous: bool
    fragile: bool
    acronym: bool
    outlets: tuple[Outlet, ...]


_WORD = re.compile(r"\w+")
_BETWEEN = re.compile(r"[\W_]+")
_DOTTED = re.compile(r"\w\.\w")
_DOMAIN = re.compile(r"(?<![\w@.-])\w[\w-]*(?:\.\w[\w-]*)+(?![\w@])")
_IS_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+")
_ARTICLE = re.compile(r"(?:l'|(?:les?|la|the|el|los|il|der|die|das|de|het|al) )", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.)?")
_ACRONYM = 4
_FREQUENT = re.compile(
    "Les?|L|Une?|D[eu]s?|Aux?|En|Et|On|Il|Elle|Nous|Si|Ce|Sur|Plus|Tout|[CDJLMNA]|Ici|Je|Pour|La|Deux"
    "|Minutes|Heures|Millions|Jours|The|Of|France|Paris|Monde"
)

# What stands before a name when an outlet is meant: a word for a medium, a frame, a relay, a verb
# of saying with its addressee. The last group of each is the article or contraction in between.
_THE = r"(?:l'|(?:le|la|les|the) )?"
_LINK = r"(?:l'|d'|(?:le|la|les|du|des|de la|de l'|de|au|aux|à la|à l'|à|the) ?)?"
_MEDIUM = (
    r"journal|quotidien|(?:bi)?hebdo(?:madaire)?|(?:bi)?mensuel|magazine|revue|agence|cha[iî]ne"
    r"|radio|station|canal|groupe|tablo[iï]d|m[ée]dia|portail|site(?: internet| web)?|titre"
    r"|confr[èe]re|colonne|journaliste|correspondante?|reporter|r[ée]daction|lecteur|interview"
    r"|entretien|tribune|micro|antenne|plateau|r[ée]v[ée]lation|information|enqu[êe]te|[ée]dition"
    r"|[ée]dito(?:rial)?|article|sondage|la une|photographe|abonn[ée]e?"
)
_RELAYED = (
    r"(?:cit|publi|diffus|relay|r[ée]v[ée]l|rapport|consult|interrog|contact|command|d[ée]voil"
    r"|invit|annonc)[ée]e?s? (?:par|dans|sur|à|au|de|du)"
    r"|(?:paru|lu|vu|repris|obtenu|recueilli|joint|appris)e?s? (?:par|dans|sur|de)"
)
_TOLD = (
    r"(?:d[ée]clar|confi|expliqu|affirm|indiqu|assur|racont|pr[ée]cis|r[ée]pond|annonc|dit|disent"
    r"|r[ée]v[éèe]l|accord|t[ée]moign|livr|l[âa]ch|estim|soulign|ajout|reconn)\w*"
)
_BEFORE = re.compile(
    rf"(?:\b(?:{_MEDIUM})s?(?: [a-zà-ÿ][\w'-]*){{0,3}} {_LINK}|© ?"
    rf"|\b(?:selon|d'apr[èe]s|via|citant|sources? ?:|cr[ée]dits?(?: photos?)? ?:) ?{_THE}"
    rf"|\b(?:{_RELAYED}) {_THE}"
    rf"|\b{_TOLD}(?: [\w'-]+){{0,3}}? (?:à|au|aux|dans|chez|sur) {_THE})$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r",? (?:(?:l'|les? |la )?(?:a|ont|avait) )?(?:titr|relat|relai|relay|rapport|écri[tv]|publi"
    r"|dévoil|croit savoir|croyait savoir|consacre|dans son édition|dans ses colonnes|daté"
    r"|du (?:\d|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche))"
)
_ARTICLED = re.compile(r"(?:\b[Ll](?:a|e|es) |\b[Ll]'|\b(?:du|au) )$")
_LONGER = re.compile(r" (?:[A-ZÀ-Þ]|des |de l[a']|d'[A-ZÀ-Þ])")
_GIVEN_TO = re.compile(r"\b(?:à|au|aux|dans|chez) (?:l[ae]s? |l')?$", re.IGNORECASE)
_IN = re.compile(r"\b[Dd]ans $")
_CREDIT = re.compile(r"[–|\-…] ?$")
_PRONOUNS = frozenset({"Elle", "Lui"})


_Hit = tuple[int, int, _Form | Outlet]


# Each letter in lower case, without its accent, never in another length.
_FOLD = {ord("-"): " "} | {
    code: unicodedata.normalize("NFD", chr(code))[0].lower()
    for code in (*range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x400, 0x460))
}


def _key(name: str) -> str:
    """Return the letters and digits of a name, folded: what makes two spellings one."""
    return _BETWEEN.sub("", normalise(name).text.translate(_FOLD))


class Gazetteer:
    """Finds outlets in texts, and tells whether two names denote one outlet."""

    def __init__(self, data: OutletFile) -> None:
        self.entries = data.entries
        by_name = {entry.name: entry for entry in data.entries}
        if len(by_name) != len(data.entries):
            raise DataError("outlets.json", "two entries of one name", "unique names")
        bearers: defaultdict[str, list[Outlet]] = defaultdict(list)
        forms: defaultdict[str, list[tuple[Outlet, bool]]] = defaultdict(list)
        domains: dict[str, Outlet] = {}
        for entry in data.entries:
            flagged = set(entry.ambiguous)
            for alias in entry.aliases:
                if _IS_DOMAIN.fullmatch(alias):
                    domains.setdefault(alias, entry)
                else:
                    forms[normalise(alias).text].append((entry, alias in flagged))
            for key in dict.fromkeys(map(_key, (entry.name, *entry.aliases))):
                bearers[key].append(entry)
        self._domains = domains
        self._bearers = {key: tuple(found) for key, found in bearers.items()}
        for alias, names in data.shared.items():
            if strange := set(names) - by_name.keys():
                raise DataError("outlets.json, shared", f"{strange}", "names of entries")
            self._bearers[_key(alias)] = tuple(by_name[name] for name in names)
        self._index = self._build(forms, data.decoys)
        self._keys = frozenset(self._index)

    def _build(
        self, forms: Mapping[str, list[tuple[Outlet, bool]]], decoys: Iterable[str]
    ) -> dict[str, tuple[_Form, ...]]:
        """Return the forms by the rarest of their words, in each case it may take."""
        words = {text: _WORD.findall(text) for text in [*forms, *decoys]}
        rarity = Counter(word for found in words.values() for word in found)
        doubtful = {
            text.translate(_FOLD) for text, held in forms.items() if any(flag for _, flag in held)
        }
        index: defaultdict[str, list[_Form]] = defaultdict(list)
        for text, held in [*forms.items(), *((text, []) for text in decoys)]:
            article = match.end() if (match := _ARTICLE.match(text)) else 0
            key = min(
                (word for word in _WORD.finditer(text) if word.start() >= article),
                key=lambda word: (_common(word[0]), rarity[word[0]], -len(word[0])),
            )
            shape, ambiguous = text.translate(_FOLD), bool(held) and all(flag for _, flag in held)
            form = _Form(
                shape=shape,
                text=text,
                article=article,
                offset=key.start(),
                ambiguous=ambiguous,
                fragile=ambiguous or (article > 0 and shape[article:] in doubtful),
                acronym=text.isupper() and len(text) <= _ACRONYM,
                outlets=self._bearers[_key(text)] if held else (),
            )
            for variant in _variants(key[0]):
                index[variant].append(form)
        return {
            word: tuple(sorted(found, key=lambda form: -len(form.shape)))
            for word, found in index.items()
        }

    def find(self, text: str) -> list[OutletMention]:
        """Return the outlets named in ``text``, in order, none inside another."""
        return self.find_normal(normalise(text))

    def find_normal(self, normal: NormalText) -> list[OutletMention]:
        """Return the outlets named in a normalised text, with offsets into the original."""
        shaped = normal.text
        known = self._keys & normal.words
        dotted = "." in shaped and _DOTTED.search(shaped) is not None
        if not known and not dotted:
            return []
        found: list[_Hit] = list(self._domain_hits(shaped)) if dotted else []
        found += self._form_hits(shaped, known)
        mentions: list[OutletMention] = []
        for start, end, form in _longest(found):
            outlets = (form,) if isinstance(form, Outlet) else form.outlets
            ambiguous = not isinstance(form, Outlet) and _uncertain(shaped, start, end, form)
            if outlets and not (ambiguous and _worthless(shaped, start, end)):
                first, last = normal.original_span(start, end)
                mentions.append(OutletMention(first, last, outlets[0], ambiguous, outlets))
        return mentions

    def _form_hits(self, shaped: str, known: Set[str]) -> list[tuple[int, int, _Form]]:
        """Return every form that stands in ``shaped``, overlapping ones too."""
        found = []
        for place, word in sorted((at, key) for key in known for at in places_of(shaped, key)):
            for form in self._index[word]:
                start = place - form.offset
                surface = shaped[start : start + len(form.shape)] if start >= 0 else ""
                folds = surface == form.text or surface.translate(_FOLD) == form.shape
                if folds and _stands(shaped, start, start + len(surface), form):
                    found.append((start, start + len(surface), form))
        return found

    def _domain_hits(self, shaped: str) -> Iterator[tuple[int, int, Outlet]]:
        """Yield the web domains that stand in ``shaped``, without ``www.`` and subdomains."""
        for match in _DOMAIN.finditer(shaped):
            host, start = match[0].lower(), match.start()
            if len(host) != len(match[0]):
                continue
            while host:
                if host in self._domains:
                    yield start, match.end(), self._domains[host]
                    break
                _, dot, rest = host.partition(".")
                start += len(host) - len(rest)
                host = rest if dot else ""

    def outlets(self, name: str) -> tuple[Outlet, ...]:
        """Return the outlets that a name, an address or a domain may denote."""
        host = _host(name)
        while "." in host:
            if host in self._domains:
                return (self._domains[host],)
            host = host.partition(".")[2]
        return next((self._bearers[key] for key in _keys(name)[:2] if key in self._bearers), ())

    def same_outlet(self, a: str, b: str) -> bool:
        """Return whether two names, addresses or domains may denote one outlet.

        Outlets that are not in the gazetteer are compared by their letters, without article and
        without the end of the domain: *Notre Pays* and ``notrepays.today`` are one.
        """
        known_a, known_b = self.outlets(a), self.outlets(b)
        if known_a and known_b:
            return any(entry is other for entry in known_a for other in known_b)
        return not set(_keys(a)).isdisjoint(_keys(b))


@cache
def load_gazetteer() -> Gazetteer:
    """Return the project's gazetteer; read once."""
    return Gazetteer(msgspec.json.decode(resource_bytes("outlets.json"), type=OutletFile))


def _common(word: str) -> int:
    """Return how likely a word is to stand in any sentence: what is looked up, costs."""
    if _FREQUENT.fullmatch(word.capitalize()):
        return 3
    return 2 if word[0].isdigit() else int(not word[0].isupper())


def _variants(word: str) -> set[str]:
    """Return the shapes in which a key word may stand."""
    found = {word}
    if not word.isascii():
        decomposed = unicodedata.normalize("NFD", word)
        found.add("".join(char for char in decomposed if not unicodedata.combining(char)))
        found.add(decomposed[0] + word[1:])
    for form in tuple(found):
        found |= {form.upper(), form.capitalize(), form[0].upper() + form[1:]}
    return found


def _stands(shaped: str, start: int, end: int, form: _Form) -> bool:
    """Return whether a form stands at a place as a word of its own, in a case it may take."""
    before = shaped[start - 1] if start else " "
    after = shaped[end] if end < len(shaped) else " "
    if before.isalnum() or before == "_" or after.isalnum() or after == "_":
        return False
    if not form.outlets:
        return True
    body = start + form.article
    if form.fragile:
        if after == "-" and end + 1 < len(shaped) and shaped[end + 1].isalnum():
            return False
        joined = before == "-" and start > 1 and shaped[start - 2].isalnum()
        if joined and not (form.article and shaped[start].isupper()):
            return False
    surface, written = shaped[body:end], form.text[form.article :]
    if surface == written:
        return True
    pairs = list(zip(surface, written, strict=True))
    # An accent may be missing, never added: *Lettre à* is no *Lettre A*.
    if form.acronym or any(ord(a) > 0x7F and a.lower() != b.lower() for a, b in pairs):
        return False
    if all(a.isupper() == b.isupper() for a, b in pairs):
        return True
    if form.ambiguous or surface.isupper():
        return len(surface) > _ACRONYM and surface.isupper()
    # *Midi libre* is *Midi Libre*; but *Réseau international*, where a sentence opens, is no name.
    capital = next((a.isupper() or not b.isupper() for a, b in pairs if b.isalpha()), True)
    return capital and not _opens(shaped[:start])


def _opens(before: str) -> bool:
    """Return whether a sentence begins after ``before``, so that a capital proves nothing."""
    before = before.rstrip(" ")
    return not before or before[-1] in '.!?:…«"([–'


def _uncertain(shaped: str, start: int, end: int, form: _Form) -> bool:
    """Return whether nothing around a name says that it is an outlet's."""
    if not form.fragile:
        return False
    surface = shaped[start + form.article : end]
    shouted = surface.isupper() and not form.text[form.article :].isupper()
    if not form.ambiguous and not shouted:
        return False
    before, after = shaped[max(0, start - 80) : start], shaped[end : end + 40]
    if form.acronym and _ARTICLED.search(before):
        return True
    if form.ambiguous and _LONGER.match(after) and not _GIVEN_TO.search(before):
        return True
    if _BEFORE.search(before) or (_AFTER.match(after) and surface not in _PRONOUNS):
        return False
    rest = after.strip(" .")
    if not rest and (not before.strip() or _CREDIT.search(before)):
        return False
    if form.article and before.endswith("(") and after.startswith(")"):
        return False
    if shouted or not form.article:
        return shouted or not _IN.search(before)
    return not shaped[start].isupper() or _opens(before)


def _worthless(shaped: str, start: int, end: int) -> bool:
    """Return whether the capital of an uncertain name proves nothing, so that it is a mere word."""
    surface = shaped[start:end]
    plain = surface.isalpha() and not surface[1:].isupper()
    return surface.islower() or (plain and _opens(shaped[:start]))


def _longest(found: list[_Hit]) -> list[_Hit]:
    """Return disjoint hits in order; the longer of two that overlap stays."""
    if len(found) < 2:
        return found
    kept: list[_Hit] = []
    for hit in sorted(found, key=lambda hit: (hit[0] - hit[1], hit[0])):
        if all(hit[1] <= other[0] or other[1] <= hit[0] for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit[0])


@lru_cache(maxsize=4096)
def _host(name: str) -> str:
    """Return the host of an address, ``""`` for what is none."""
    host = re.split(r"[/:?#]", _SCHEME.sub("", name.strip().lower(), count=1), maxsplit=1)[0]
    return host if _DOMAIN.fullmatch(host) else ""


@lru_cache(maxsize=4096)
def _keys(name: str) -> tuple[str, ...]:
    """Return what a name is compared by: as it stands, without article, without its domain."""
    name, host = normalise(name).text.strip(), _host(name)
    bare = _ARTICLE.sub("", name, count=1) if _ARTICLE.match(name) else name
    found = map(_key, (name, bare, host, host.rpartition(".")[0]))
    return tuple(key for key in found if key)
