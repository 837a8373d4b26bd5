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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import msgspec

from classifier.errors import DataError
from classifier.schema import resource_bytes
from classifier.text.normalise import normalise

OutletKind = Literal[
    "agency",
    "daily",
    "weekly",
    "monthly",
    "magazine",
    "radio",
    "television",
    "site",
    "channel",
    "group",
]


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


@dataclass(frozen=True, slots=True)
class OutletMention:
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
_SCHEME = re.compile(r"(?:https?://)?(?:www\.)?")
_ACRONYM = 4
_FREQUENT = frozenset(
    "Le La Les L Un Une De Des Du Au Aux En Et On Il Elle Nous Si Ce Sur Plus Tout C D J M N A "
    "Si Ici Je Pour Deux Minutes Heures Millions Jours The Of France Paris Monde".split()
)

_ADJECTIVES = r"(?: [a-zà-ÿ][\w'-]*){0,3}"
_LINK = r"(?:l'|d'|(?:le|la|les|du|des|de la|de l'|de|au|aux|à la|à l'|à|the) ?)?"
_BEFORE = re.compile(
    rf"""(?:
      \b(?:journal|quotidien|(?:bi)?hebdo(?:madaire)?|(?:bi)?mensuel|magazine|revue|agence|cha[iî]ne
        |radio|station|tablo[iï]d|m[ée]dia|portail|site(?:\ internet|\ web)?|titre|confr[èe]res?
        |colonnes|journalistes?|correspondante?s?|reporters?|r[ée]daction|lecteurs|interview
        |entretien|tribune|micro|antenne|plateau|r[ée]v[ée]lations?|informations?|enqu[êe]te
        |[ée]dition|[ée]dito(?:rial)?|article|sondage|la\ une|photographe|abonn[ée]e?s?)s?
        {_ADJECTIVES.replace(" ", chr(92) + " ")}\ {_LINK.replace(" ", chr(92) + " ")}
      | \b(?:selon|d'apr[èe]s|via|citant|sources?\ ?:|cr[ée]dits?(?:\ photos?)?\ ?:)\ ?
        (?:l'|(?:le|la|les|the)\ )?
      | ©\ ?
      | \b(?:cit|publi|diffus|relay|r[ée]v[ée]l|rapport|consult|interrog|contact|command|dévoil
        |invit|annonc)[ée]e?s?\ (?:par|dans|sur|à|au|de|du)\ (?:l'|(?:le|la|les|the)\ )?
      | \b(?:paru|lu|vu|repris|obtenu|recueilli|joint|appris)e?s?\ (?:par|dans|sur|de)\ 
        (?:l'|(?:le|la|les|the)\ )?
      | \b(?:d[ée]clar|confi|expliqu|affirm|indiqu|assur|racont|pr[ée]cis|r[ée]pond|annonc|dit|disent
        |r[ée]v[éèe]l|accord|t[ée]moign|livr|l[âa]ch|estim|soulign|ajout|reconn)\w*
        (?:\ [\w'-]+){{0,3}}?\ (?:à|au|aux|dans|chez|sur)\ (?:l'|(?:la|the)\ )?
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
_AFTER = re.compile(
    r"(?:\.fr|\.com)?,? (?:(?:l'|les? |la )?(?:a|ont|avait) )?(?:titr|relat|relai|relay|rapport|écri[tv]"
    r"|publi|dévoil|croit savoir|croyait savoir|consacre|dans son édition|dans ses colonnes|daté"
    r"|du (?:\d|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche))"
)
_IN = re.compile(r"\b[Dd]ans $")
_ARTICLED = re.compile(r"(?:\b[Ll](?:a|e|es) |\b[Ll]'|\b(?:du|au) )$")
_LONGER = re.compile(r" (?:[A-ZÀ-Þ]|des |de l[a']|d'[A-ZÀ-Þ])")
_GIVEN_TO = re.compile(r"\b(?:à|au|aux|dans|chez) (?:l[ae]s? |l')?$", re.IGNORECASE)
_PRONOUNS = frozenset({"Elle", "Lui"})
_CREDIT = re.compile(r"[–|\-…] ?$")
_OPENING = re.compile(r"(?:^|[.!?:…«\"(\[–]) *$")


def _fold_table() -> dict[int, str]:
    """Return what each letter folds to: lower case, no accent, never another length."""
    table = {ord("-"): " "}
    for code in [*range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x400, 0x460)]:
        base = unicodedata.normalize("NFD", chr(code))[0].lower()
        table[code] = base if len(base) == 1 else chr(code)
    return table


_FOLD = _fold_table()


def _fold(text: str) -> str:
    return text.translate(_FOLD)


def _key(name: str) -> str:
    """Return the letters and digits of a name, folded: what makes two spellings one."""
    return _BETWEEN.sub("", _fold(normalise(name).text))


class Gazetteer:
    """Finds outlets in texts, and tells whether two names denote one outlet."""

    def __init__(self, data: OutletFile) -> None:
        self.entries = data.entries
        by_name = {entry.name: entry for entry in data.entries}
        if len(by_name) != len(data.entries):
            raise DataError("outlets.json", "two entries of one name", "unique names")
        ranks = _ranks(data.shared, by_name)
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
        self._bearers: dict[str, tuple[Outlet, ...]] = {
            key: tuple(sorted(found, key=lambda entry: ranks.get((key, entry.name), 0)))
            for key, found in bearers.items()
        }
        self._index = self._build(forms, data.decoys)

    def _build(
        self, forms: Mapping[str, list[tuple[Outlet, bool]]], decoys: Iterable[str]
    ) -> dict[str, tuple[_Form, ...]]:
        """Return the forms by the rarest of their words, in each case it may take."""
        words = {text: _WORD.findall(text) for text in [*forms, *decoys]}
        rarity = Counter(word for found in words.values() for word in found)
        doubtful = {_fold(text) for text, held in forms.items() if any(flag for _, flag in held)}
        index: defaultdict[str, list[_Form]] = defaultdict(list)
        for text, held in [*forms.items(), *((text, []) for text in decoys)]:
            article = match.end() if (match := _ARTICLE.match(text)) else 0
            key = min(
                (word for word in _WORD.finditer(text) if word.start() >= article),
                key=lambda word: (_common(word[0]), rarity[word[0]], -len(word[0])),
            )
            shape, ambiguous = _fold(text), bool(held) and all(flag for _, flag in held)
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
        normal = normalise(text)
        shaped = normal.text
        index = self._index
        known = not index.keys().isdisjoint(_WORD.findall(shaped))
        dotted = "." in shaped and _DOTTED.search(shaped) is not None
        if not known and not dotted:
            return []
        found = list(self._domain_hits(shaped)) if dotted else []
        if known:
            found.extend(self._form_hits(shaped))
        mentions: list[OutletMention] = []
        for start, end, form in _longest(found):
            if isinstance(form, Outlet):
                outlets, ambiguous = (form,), False
            else:
                outlets, ambiguous = form.outlets, _uncertain(shaped, start, end, form)
            if outlets and not (ambiguous and _worthless(shaped, start, end)):
                first, last = normal.original_span(start, end)
                mentions.append(OutletMention(first, last, outlets[0], ambiguous, outlets))
        return mentions

    def _form_hits(self, shaped: str) -> Iterator[tuple[int, int, _Form]]:
        """Yield every form that stands in ``shaped``, overlapping ones too."""
        folded = ""
        index = self._index
        for word in _WORD.finditer(shaped):
            forms = index.get(word[0])
            if forms is None:
                continue
            folded = folded or _fold(shaped)
            place = word.start()
            for form in forms:
                start = place - form.offset
                if (
                    start >= 0
                    and folded.startswith(form.shape, start)
                    and _stands(shaped, start, start + len(form.shape), form)
                ):
                    yield start, start + len(form.shape), form

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
        bare = _bare(name)
        return self._bearers.get(_key(name.strip())) or self._bearers.get(_key(bare)) or ()

    def same_outlet(self, a: str, b: str) -> bool:
        """Return whether two names, addresses or domains may denote one outlet.

        Outlets that are not in the gazetteer are compared by their letters, without article and
        without the end of the domain: *Notre Pays* and ``notrepays.today`` are one.
        """
        known_a, known_b = self.outlets(a), self.outlets(b)
        if known_a and known_b:
            return any(entry is other for entry in known_a for other in known_b)
        return not _keys(a).isdisjoint(_keys(b))


@cache
def load_gazetteer() -> Gazetteer:
    """Return the project's gazetteer; read once."""
    try:
        data = msgspec.json.decode(resource_bytes("outlets.json"), type=OutletFile)
    except msgspec.DecodeError as error:
        raise DataError("outlets.json", str(error), "shared, decoys, entries") from None
    return Gazetteer(data)


def _ranks(
    shared: Mapping[str, tuple[str, ...]], by_name: Mapping[str, Outlet]
) -> dict[tuple[str, str], int]:
    """Return the place of each outlet among those that share an alias."""
    ranks = {}
    for alias, names in shared.items():
        for place, name in enumerate(names):
            if name not in by_name:
                raise DataError(f"outlets.json, shared, {alias}", repr(name), "an entry's name")
            ranks[_key(alias), name] = place
    return ranks


def _common(word: str) -> int:
    """Return how likely a word is to stand in any sentence: what is looked up, costs."""
    if word.capitalize() in _FREQUENT:
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
    if form.acronym or any(
        # An accent may be missing, never added: *Lettre à* is no *Lettre A*.
        ord(one) > 0x7F and one.lower() != other.lower()
        for one, other in zip(surface, written, strict=True)
    ):
        return False
    if form.ambiguous:
        return _same_case(surface, written) or (len(surface) > _ACRONYM and surface.isupper())
    if _first_letter(written).isupper() and not _first_letter(surface).isupper():
        return False
    # *Midi libre* is *Midi Libre*; but *Réseau international*, where a sentence opens, is no name.
    return _same_case(surface, written) or _OPENING.search(shaped[:start]) is None


def _same_case(surface: str, written: str) -> bool:
    return all(a.isupper() == b.isupper() for a, b in zip(surface, written, strict=True))


def _first_letter(text: str) -> str:
    return next((char for char in text if char.isalpha()), text[0])


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
    if before.endswith("(") and after.startswith(")") and form.article:
        return False
    if shouted:
        return True
    if _IN.search(before) and (not form.article or shaped[start].isupper()):
        return False
    return not (form.article and shaped[start].isupper() and not _OPENING.search(before))


def _worthless(shaped: str, start: int, end: int) -> bool:
    """Return whether the capital of an uncertain name proves nothing, so that it is a mere word."""
    surface = shaped[start:end]
    if surface.islower():
        return True
    plain = surface.isalpha() and not surface[1:].isupper()
    return plain and _OPENING.search(shaped[:start]) is not None


def _longest(
    found: list[tuple[int, int, _Form | Outlet]],
) -> list[tuple[int, int, _Form | Outlet]]:
    """Return disjoint hits in order; the longer of two that overlap stays."""
    if len(found) < 2:
        return found
    kept: list[tuple[int, int, _Form | Outlet]] = []
    for hit in sorted(found, key=lambda hit: (hit[0] - hit[1], hit[0])):
        if all(hit[1] <= other[0] or other[1] <= hit[0] for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit[0])


def _bare(name: str) -> str:
    name = normalise(name).text.strip()
    match = _ARTICLE.match(name)
    return name[match.end() :] if match else name


def _host(name: str) -> str:
    """Return the host of an address, ``""`` for what is none."""
    name = name.strip().lower()
    match = _SCHEME.match(name)
    host = (name[match.end() :] if match else name).partition("/")[0].partition(":")[0]
    return host if _DOMAIN.fullmatch(host) else ""


def _keys(name: str) -> set[str]:
    """Return the shapes by which an unknown outlet is compared with another name."""
    host = _host(name)
    found = {_key(name), _key(_bare(name)), _key(host.rpartition(".")[0]), _key(host)}
    return found - {""}
