"""Points that were set by hand: what they say of the levels of a column, or of the ranges of a number."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from leadlight.data import cells
from leadlight.errors import ConfigError

MISSING: Final = "missing"
OTHER: Final = "other"
WORDS: Final = (MISSING, OTHER)
"""What stands for no value and for all that is not named; a level that is called so is one of the others."""
MOST: Final = 1000
DOUBLE: Final = 20.0
"""So many points double the odds, unless told otherwise."""
FARTHEST: Final = 20.0
"""In doublings of the odds: a million times as likely, which nobody can know."""
KINDS: Final = ("number", "category", "flag")

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_FROM = rf"(?:over (?P<over>{_NUMBER})|(?P<least>{_NUMBER}))"
_UP_TO = rf"(?:under (?P<under>{_NUMBER})|(?P<most>{_NUMBER}))"
_FORMS: Final = (
    re.compile(rf"(?P<only>{_NUMBER})"),
    re.compile(rf"(?P<least>{_NUMBER}) or more"),
    re.compile(rf"over (?P<over>{_NUMBER})"),
    re.compile(rf"up to (?P<most>{_NUMBER})"),
    re.compile(rf"under (?P<under>{_NUMBER})"),
    re.compile(f"{_FROM} to {_UP_TO}"),
)
_HOW: Final = 'Write it as "3 to 9", "10 or more", "over 9", "up to 2", "under 3", "3 to under 9" or "5".'


@dataclass(frozen=True)
class Range:
    """The numbers over `low` up to `high`, as bins of numbers are; `words` is how it was written."""

    words: str
    low: float
    high: float
    points: float


def by_range(points: Mapping[str, float]) -> tuple[Range, ...]:
    """The ranges of a number from the least to the greatest; a number is in one at most."""
    found = sorted(
        (_range(words, value) for words, value in points.items() if _word(words) not in WORDS),
        key=lambda each: (each.low, each.high),
    )
    for one, other in pairwise(found):
        if other.low < one.high:
            raise ConfigError(
                f"{one.words!r} and {other.words!r} overlap.",
                hint='Let a number be in one range only: "3 to 9" and "over 9 to 12", for example.',
            )
    _words_once(points)
    return tuple(found)


def by_level(
    points: Mapping[str, float],
    spellings: Mapping[str, str] | None = None,
    placeholders: Collection[str] = cells.PLACEHOLDERS,
) -> dict[str, float]:
    """Points by level in its plain form; spellings of one level are that level."""
    found: dict[str, float] = {}
    for words, value in points.items():
        plain = cells.clean(words)
        if plain in placeholders:
            raise ConfigError(
                f"{words!r} counts as no value.",
                hint=f'Give the points to "{MISSING}", or take the word out of the column\'s placeholders.',
            )
        level = plain if plain in WORDS else (spellings or {}).get(plain, plain)
        if level in found:
            raise ConfigError(f"{words!r} is a level that has points already.", hint="Keep one of them.")
        found[level] = value
    return found


def settled(
    points: Mapping[str, float], kind: str, spellings: Mapping[str, str], placeholders: Collection[str]
) -> dict[str, float]:
    """Points in the words of the column; refused where they do not fit its kind."""
    if kind not in KINDS:
        raise ConfigError(
            f"Points go with numbers and levels, not with a column of kind {kind!r}.",
            hint="Declare a number or a yes-or-no under [features], and give that one points.",
        )
    if kind == "number":
        by_range(points)
        return dict(points)
    found = by_level(points, spellings, placeholders)
    strange = [
        words for words, level in zip(points, found, strict=True) if level not in (*WORDS, "yes", "no")
    ]
    if kind == "flag" and strange:
        raise ConfigError(
            f"The column is taken for yes or no, and {strange[0]!r} is neither.",
            hint='If it is a number or has other words, say so: kind = "number" or kind = "category".',
        )
    return found


def of_words(points: Mapping[str, float], word: str) -> float:
    """The points of `missing` or `other`; none where nothing is said."""
    return next((value for words, value in points.items() if _word(words) == word), 0.0)


def of_bins(points: Mapping[str, float], edges: Sequence[float]) -> list[float]:
    """The points of each bin between edges; the bounds of all ranges are among the edges."""
    found = by_range(points)
    rest = of_words(points, OTHER)
    highs = [*edges, math.inf]
    lows = [-math.inf, *edges]
    return [
        next((each.points for each in found if each.low <= low and high <= each.high), rest)
        for low, high in zip(lows, highs, strict=True)
    ]


def bounds(points: Mapping[str, float]) -> set[float]:
    """Where a bin has to end, so that the ranges hold exactly."""
    return {bound for each in by_range(points) for bound in (each.low, each.high) if math.isfinite(bound)}


def _word(words: str) -> str:
    return cells.clean(words)


def _words_once(points: Mapping[str, float]) -> None:
    said = [_word(words) for words in points if _word(words) in WORDS]
    if len(set(said)) < len(said):
        raise ConfigError(f"{said[0]!r} has points twice.", hint="Keep one of them.")


def _range(words: str, points: float) -> Range:
    plain = " ".join(cells.clean(words).split())
    match = next((found for form in _FORMS if (found := form.fullmatch(plain))), None)
    if match is None:
        raise ConfigError(f"{words!r} is no range of numbers.", hint=_HOW)
    low, high = _ends({name: float(text) for name, text in match.groupdict().items() if text is not None})
    if not (math.isfinite(low) or math.isfinite(high)) or not low < high:
        raise ConfigError(f"{words!r} holds no number.", hint="The smaller end comes first.")
    return Range(words, low, high, points)


def _ends(said: Mapping[str, float]) -> tuple[float, float]:
    """Over the one up to the other; a bound that belongs to its range lies a hair above the one below."""
    if "only" in said:
        return _below(said["only"]), said["only"]
    low = said.get("over", _below(said["least"]) if "least" in said else -math.inf)
    high = said.get("most", _below(said["under"]) if "under" in said else math.inf)
    return low, high


def _below(number: float) -> float:
    return math.nextafter(number, -math.inf)
