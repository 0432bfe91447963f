"""What a job title says: how senior somebody is, and what the work is about."""

from __future__ import annotations

import re
from typing import Final

from leadlight.data.enrichment.job_words import FUNCTION, SENIORITY
from leadlight.data.names import words

LONGEST: Final = 120
_SENIOR_PRINCIPAL: Final = "principal engineer | principal consultant | principal developer | staff engineer"
NO_SENIORITY: Final = "staff"


def _pattern(phrases: str) -> re.Pattern[str]:
    """Whole words; a star stands for the rest of a word, or for a word."""
    told = (re.escape(" ".join(each.split())) for each in phrases.split("|"))
    alternatives = "|".join(told).replace(r"\*", "[a-z0-9]*").replace(r"\ ", " ")
    return re.compile(f" (?:{alternatives}) ")


_LEVELS: Final = {level: _pattern(phrases) for level, phrases in SENIORITY.items()}
_FUNCTIONS: Final = {name: _pattern(phrases) for name, phrases in FUNCTION.items()}
_PRINCIPAL: Final = _pattern(_SENIOR_PRINCIPAL)


def seniority_of(title: str) -> str | None:
    """How senior: of several levels the one that comes first in our list; staff where a job says no level."""
    text = words(title[:LONGEST])
    if not any(letter.isalpha() for letter in text):
        return None
    if _PRINCIPAL.search(text):
        return "senior"
    found = next((level for level, pattern in _LEVELS.items() if pattern.search(text)), None)
    return found or (NO_SENIORITY if function_of(title) else None)


def function_of(title: str) -> str | None:
    """What the work is about; where a title names several, the one that stands first in it."""
    text = words(title[:LONGEST])
    found = [
        (match.start(), order, name)
        for order, (name, pattern) in enumerate(_FUNCTIONS.items())
        if (match := pattern.search(text))
    ]
    general = [each for each in found if each[2] == "management"]
    special = [each for each in found if each[2] != "management"]
    return min(special or general)[2] if found else None
