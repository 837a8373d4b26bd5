"""Which units are no sentence: source lines, bylines, agency mentions, dates of publication."""

from __future__ import annotations

import re

# No credit is longer; a longer unit is not even looked at.
_LONGEST = 160

_AGENCY = (
    r"(?:[Ll]['’])?(?:AFP|Reuters|AP|Associated Press|Belga|ATS|Keystone-ATS|EFE|DPA|dpa|APA|ANSA|"
    r"PA|Tass|TASS|Sputnik|RIA Novosti|Xinhua|Bloomberg|(?:les )?[Aa]gences?)"
)
_AGENCIES = rf"{_AGENCY}(?:(?:\s*[,/&]\s*|\s+et\s+(?:avec\s+)?){_AGENCY})*"
_NAME_PART = r"(?:[A-ZÀ-ÞŒ][\w\u0300-\u036f'’.-]*)"
_PARTICLE = r"(?:(?:de|du|des|la|le|van|von|den|der|ben|el|al|di|da)\s+|d['’])"
_NAME = rf"{_PARTICLE}*{_NAME_PART}(?:\s+{_PARTICLE}*{_NAME_PART}){{0,4}}"
_NAMES = rf"{_NAME}(?:(?:\s*[,/&]\s*|\s+et\s+|\s+avec\s+){_NAME})*"
_PLACE = (
    r"(?:\s*,\s*(?:à|au|aux|en|envoyée?s? spéciale?s?|envoyés spéciaux|correspondante?s?|journaliste)"
    r"\b[^.!?]{0,60})"
)
_SUBJECT = r"(?:\s+(?:photos?|images?|vidéos?|d['’]illustration|illustration))"

_CREDIT = re.compile(
    "|".join(
        (
            r"(?:\.{3}|…)[.…\s]*[^\W_][^.…!?]{1,60}",
            r"(?i:sources?)\s*:\s*\S.{0,118}",
            rf"(?i:par)\s+{_NAMES}(?:\s+(?i:avec)\s+{_AGENCIES})?{_PLACE}?(?:\s+[-–—|•]\s.{{0,60}})?",
            r"(?i:propos\s+recueillis)\b.{0,100}",
            rf"[(\[]?\s*(?i:avec|par)\s+{_AGENCIES}\s*[)\]]?",
            rf"[(\[]\s*{_AGENCIES}\s*[)\]]",
            r"(?:©|\([cC]\)|(?i:copyright)\b).{1,100}",
            r"(?i:publié|publiée|mis|mise|modifié|modifiée|posté|postée)(?:\s+(?:en ligne|à jour))?"
            r"\s+(?:le|il y a|à)\s.{0,80}\d.{0,60}",
            r"(?i:crédits?|photos?|images?|illustrations?|vidéos?)"
            rf"{_SUBJECT}?\s*(?:[:©]|\([cC]\)).{{1,100}}",
            r"(?i:traduit|traduction|adapté)\b(?:\s+(?:de|du)\s*(?:l['’])?\s*\w+)?(?:\s+(?:et\s+\w+\s+)?par\b|\s*:)"
            r".{2,80}",
            r"[a-z]{2,5}(?:-[a-z]{2,4})*(?:/[a-z]{2,5}(?:-[a-z]{2,4})*)+",
        )
    )
)


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
    return _CREDIT.fullmatch(unit.rstrip(". ") if unit[-1] == "." else unit) is not None
