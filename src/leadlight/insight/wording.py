"""Numbers in words, one way in every report and card."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from leadlight.model.answer import displayed

LONGEST: Final = 60
TOO_FEW: Final = "too few"
SEEN: Final = 0.00005
"""Differences of figures below it are none."""
FIGURES: Final = {
    "auc": "AUC",
    "gini": "Gini",
    "brier": "Brier score",
    "ece": "calibration error",
    "f1": "F1",
    "f1_negative": "F1 of the lost",
}


def percent(share: float | None) -> str:
    """38 %; a decimal where shares are near none or all."""
    if share is None or not math.isfinite(share):
        return "none"
    digits = 0 if 0.0995 <= share <= 0.9905 or share in (0.0, 1.0) else 1
    return f"{displayed(share) if digits else 100 * share:.{digits}f} %"


def span(low: float | None, high: float | None) -> str:
    """(36 % to 40 %), or nothing."""
    return "" if low is None or high is None else f"({percent(low)} to {percent(high)})"


def with_span(share: float | None, low: float | None, high: float | None) -> str:
    """38 % (36 % to 40 %)."""
    return f"{percent(share)} {span(low, high)}".strip()


def decimal(value: float | None, digits: int = 3) -> str:
    """0.926."""
    return "none" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def with_decimals(value: float | None, low: float | None, high: float | None, digits: int = 3) -> str:
    """0.926 (0.915 to 0.937)."""
    if low is None or high is None:
        return decimal(value, digits)
    return f"{decimal(value, digits)} ({decimal(low, digits)} to {decimal(high, digits)})"


def points(value: float, low: float, high: float) -> str:
    """+3.1 (+0.9 to +5.3): percentage points."""
    told, least, most = (f"{100 * each:+.1f}".replace("-0.0", "+0.0") for each in (value, low, high))
    return f"{told} ({least} to {most})"


def hours(value: float | None) -> str:
    """40 min, 5.5 h, 3.2 days; where it is not known how long, never yet."""
    if value is None:
        return "not yet"
    if value < 1.0:
        return f"{60 * value:.0f} min"
    return f"{value:.1f} h".replace(".0 ", " ") if value < 48.0 else f"{value / 24:.1f} days"


def whole(count: float) -> str:
    """9,240."""
    return f"{count:,.0f}"


def counted(count: int, noun: str, nouns: str | None = None) -> str:
    """1 lead, 2,000 leads, 2 addresses."""
    many = nouns or noun + ("es" if noun.endswith("s") else "s")
    return f"{count:,} {noun if count == 1 else many}"


def measure(value: float, digits: int = 3) -> str:
    """A number as one would write it by hand: so many digits that count, no power of ten within reason."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "none"
    if abs(value) >= 1e12 or abs(value) < 1e-4:
        return f"{value:.{digits}g}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: float | None) -> str:
    """12,300; 1.25M."""
    if value is None or not math.isfinite(value):
        return "not known"
    if abs(value) < 10 and value != round(value):
        return f"{value:,.2f}"
    return f"{value / 1e6:,.2f}M" if abs(value) >= 1e6 else f"{value:,.0f}"


def money_with_span(value: float | None, low: float | None, high: float | None) -> str:
    """12,300 (10,100 to 14,500)."""
    if low is None or high is None:
        return money(value)
    return f"{money(value)} ({money(low)} to {money(high)})"


def telling(values: Sequence[float], told: Callable[[float, int], str], digits: range) -> int:
    """The fewest digits with which no two values look the same."""
    enough = (count for count in digits if len({told(value, count) for value in values}) == len(values))
    return next(enough, digits.stop)


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def some(words: Sequence[str], most: int = 4) -> str:
    """a, b, c and 5 more."""
    if len(words) <= most:
        return listed(words)
    return f"{', '.join(words[:most])} and {len(words) - most} more"


def figure(name: str) -> str:
    """A figure of an evaluation as people call it."""
    return FIGURES.get(name, name.replace("_", " "))


def signed_figure(value: float) -> str:
    """A difference of figures with four decimals, and no sign where they are all 0."""
    return f"{value:+.4f}" if not abs(value) < SEEN else "0.0000"


def quoted(name: str) -> str:
    """A column or a value as it is named in a sentence."""
    return f"“{short(name)}”"


def short(name: str, most: int = LONGEST) -> str:
    """Cut where it would fill the page."""
    return name if len(name) <= most else name[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
