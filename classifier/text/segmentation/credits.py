"""Which units are no sentence: source lines, bylines, agency mentions, dates of publication.

Conservative: the whole unit must be the credit. *Par Jean Vimont* is one, *Par Jean Vimont, qui
revient de Kiev, on apprend tout* is a sentence.
"""

from __future__ import annotations

import re

# No credit is longer; a longer unit is not even looked at.
_LONGEST = 160

_AGENCY = (
    r"(?:[Ll]['’])?(?:AFP|Reuters|REUTERS|AP|Associated Press|Belga|BELGA|ATS|Keystone-ATS|EFE|DPA|"
    r"dpa|APA|ANSA|TASS|Tass|Sputnik|RIA Novosti|Ria Novosti|Xinhua|Bloomberg|"
    r"(?:les )?[Aa]gences?(?: de presse)?)"
)
_AGENCIES = rf"{_AGENCY}(?:(?:\s*[,/&+-]\s*|\s+et\s+(?:avec\s+)?){_AGENCY})*"
_CAPITALISED = r"[^\W\d_a-zß-öø-ÿœ][\w\u0300-\u036f'’.-]*"
_PARTICLE = r"(?:(?:de|du|des|la|le|van|von|den|der|ben|el|al|di|da)\s+|d['’])"
_NAME = rf"{_PARTICLE}*{_CAPITALISED}(?:\s+{_PARTICLE}*{_CAPITALISED}){{0,4}}"
_DESK = r"(?:la\s+)?[Rr]édaction(?:\s+(?:de|du|des)\s+\S+(?:\s\S+){0,3})?"
_WHO = rf"(?:{_NAME}|{_DESK})(?:(?:\s*[,/&]\s*|\s+et\s+|\s+avec\s+)(?:{_NAME}|{_DESK}))*"
_ROLE = (
    r"(?:envoyée?s?\s+spéciale?s?|envoyés\s+spéciaux|correspondante?s?|journalistes?|"
    r"(?:notre|nos)\s+\w+|à|au|aux|en)"
)
_PLACE = rf"(?:\s*[,(]\s*{_ROLE}\b[^.!?]{{0,60}})"
_DAY = (
    r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\s+)?"
    r"(?:\d{1,2}(?:er)?\s+\w{3,9}\.?(?:\s+\d{4})?|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d\d-\d\d|"
    r"aujourd['’]hui|hier|il\s+y\s+a\s+\d+\s+\w+)"
)
_HOUR = r"(?:\s*[,|–—-]?\s*(?:(?:à|a)\s+)?\d{1,2}\s?[hH:]\s?(?:\d{2})?(?:\s?min)?)"
_DATE = rf"(?:le\s+)?{_DAY}{_HOUR}?"
_EDITED = r"(?:publiée?|mise?\s+(?:à\s+jour|en\s+ligne)|modifiée?|postée?|actualisée?)"
_WORDS = r"\S+(?:\s+\S+)"

_CREDIT = re.compile(
    "|".join(
        (
            # ………Tass
            rf"(?:\.{{4,}}|…[.…]+)[.…\s]*{_NAME}",
            rf"(?:\.{{3}}|…)\s*{_AGENCIES}",
            # Source : Tass
            rf"(?i:sources?)\s*:\s*{_WORDS}{{0,9}}",
            # Par Jean Vimont avec AFP, à Kiev - 12 mars 2021
            rf"(?i:par)\s+{_WHO}{_PLACE}?(?:\s*[,|–—-]?\s*(?i:{_EDITED}\s+)?{_DATE})?",
            r"(?i:de\s+(?:notre|nos)\s+(?:envoyé|correspondant))[^.!?]{2,100}",
            rf"(?i:propos\s+recueillis)\b[^.!?]{{0,60}}\bpar\s+{_WHO}{_PLACE}?",
            # (avec AFP), Avec AFP, (Reuters)
            rf"[(\[]?\s*(?:[Aa]vec|[Pp]ar)\s+{_AGENCIES}\s*[)\]]?",
            rf"[(\[]\s*{_AGENCIES}\s*[)\]]",
            rf"(?:©|\([cC]\)|(?i:copyright)\b)\s*{_WORDS}{{0,11}}",
            # Publié le 12 mars 2021 à 10h32 par Jean Vimont, mis à jour hier
            rf"(?i:{_EDITED})\s+{_DATE}(?:\s+par\s+{_WHO})?"
            rf"(?:\s*[,;|(•–—-]?\s*(?i:{_EDITED})\s*:?\s+{_DATE}\)?)?",
            # Crédit photo : Jean Vimont
            rf"(?i:crédits?(?:\s+(?:photos?|images?|vidéos?))?)\s*[:©]\s*{_WORDS}{{0,11}}",
            rf"(?i:photos?|images?|illustrations?)(?:\s+d['’]illustration)?\s*[:©]\s*{_NAME}"
            rf"(?:\s*[/(,-]\s*{_NAME}\)?)?",
            rf"(?i:traduite?s?|traduction)\b(?:\s+(?:de|du)\s*(?:l['’])?\s*\w+(?:\s\(\w+\))?)?"
            rf"(?:\s+et\s+\w+)?(?:\s+par|\s*:)\s+{_WHO}",
        )
    )
)
# Every character with which a credit can begin, in any case that the pattern takes for one.
_FIRST = frozenset("sSſpPdDaAcCmMiIİıtT.…([©")
# The initials of an agency's hands, at the very end of a text: bur-abc/de/fgh
_INITIALS = re.compile(r"[a-z]{2,5}(?:-[a-z]{2,4})*(?:/[a-z]{2,5}(?:-[a-z]{2,4})*)+")


def is_credit(unit: str, publisher: str = "") -> bool:
    """Is this unit a credit line rather than a sentence?

    Args:
        unit: one unit, without white space at its ends.
        publisher: who published the copy; a unit that says just this is a credit. Empty: unknown.
    """
    if len(unit) > _LONGEST:
        return False
    if publisher and unit.casefold() == publisher.strip().casefold():
        return True
    if unit[0] not in _FIRST and not unit[0].isspace():
        return False
    return _CREDIT.fullmatch(unit[:-1] if unit[-1] == "." else unit) is not None


def is_initials(unit: str) -> bool:
    """Is this unit nothing but the initials that an agency puts at the end of a text?"""
    return len(unit) <= _LONGEST and _INITIALS.fullmatch(unit) is not None
