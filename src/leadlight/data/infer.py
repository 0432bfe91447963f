"""Guess what each column is: first how its cells are read (kind), then what it is for (role)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import cells, consent_words, frame, names, permission
from leadlight.data.schema import FLAG_SPELLINGS, Column

MOSTLY = 0.95
SUPPORT = 20
LEADING_ZEROS = 0.01
FEW = 3
HANDFUL = 6
SURELY_REPEATED = 7.0
LONG = 100_000


@dataclass(frozen=True)
class Kind:
    """How the cells of a column are read."""

    kind: str
    decimal: str = "."
    thousands: str = ""
    date_format: str = "iso"


def kind_of(series: pl.Series, placeholders: Sequence[str] = cells.PLACEHOLDERS) -> Kind:
    """Guess the kind from the values; what is uncertain stays a category."""
    if series.dtype.is_numeric():
        return Kind("flag" if _is_flag(frame.levels(series, placeholders, {})) else "number")
    if series.dtype.is_temporal() and series.dtype in (pl.Date, pl.Datetime):
        return Kind("date")
    words = frame.levels(series, placeholders, {})
    came = series.str.ends_with(cells.NUMBER) & words.is_not_null() if frame.has_numbers(series) else None
    written = (words if came is None else words.filter(~came)).drop_nulls()
    words = words.drop_nulls()
    if words.is_empty() or _is_flag(words):
        return Kind("flag" if len(words) else "category")
    read = _number_kind(written, len(words)) or _date_kind(words)
    return read or Kind("text" if _is_text(words) else "category")


def _is_flag(words: pl.Series) -> bool:
    distinct = set(words.drop_nulls().unique().to_list())
    return bool(distinct) and (
        distinct <= set(cells.TRUE_WORDS) | set(cells.FALSE_WORDS)
        and len(distinct) <= 6
        and not distinct <= {"t", "f"}
    )


_MARKS: Final = (
    (".", ""),
    (".", ","),
    (",", ""),
    (",", "."),
    (",", " "),
    (".", " "),
    (".", "'"),
    (",", "'"),
)
"""The marks of numbers; of several that read the same the first is taken. A blank stands for each blank."""
_LIKE_NUMBERS: Final = "^[-+0-9.,e '\u2019\u00a0\u202f\u2009]+$"


def _number_kind(words: pl.Series, known: int) -> Kind | None:
    """The marks that read most rows, where all that do read the same; else the first that read nearly all.

    Of the known rows those that are not among the words came as numbers, which every mark leaves as they are.
    """
    if _matches(words, r"^0[0-9]") > LEADING_ZEROS:
        return None
    if not frame.numbers(words).null_count():
        return Kind("number")
    counts = words.alias("word").value_counts(name="rows").filter(pl.col("word").str.contains(_LIKE_NUMBERS))
    distinct, rows, came = counts["word"], counts["rows"], known - len(words)
    if (came + rows.sum()) / known < MOSTLY:
        return None
    read = {marks: frame.numbers(distinct, *marks) for marks in _MARKS}
    share = {marks: (came + rows.filter(read[marks].is_not_null()).sum()) / known for marks in _MARKS}
    best = [marks for marks in _MARKS if share[marks] == max(share.values())]
    enough = [marks for marks in _MARKS if share[marks] >= MOSTLY]
    if enough and all(read[marks].equals(read[best[0]]) for marks in best):
        return Kind("number", *best[0])
    return Kind("number", *enough[0]) if enough and _is_certain(words, *enough[0]) else None


def _is_certain(words: pl.Series, decimal: str, thousands: str) -> bool:
    """One mark followed by exactly three digits everywhere, as in 1,234, could be read in two ways."""
    if decimal == "." and not thousands:
        return True
    marked = words.filter(words.str.contains(r"[.,]"))
    ambiguous = marked.str.contains(r"^[+-]?[0-9]{1,3}[.,][0-9]{3}$")
    return bool(len(marked)) and not bool(ambiguous.all())


_ORDERS: Final = ("iso", "dmy", "mdy")


def _date_kind(words: pl.Series) -> Kind | None:
    fitting = [order for order in _ORDERS if _share(frame.dates(words, order).is_not_null()) >= MOSTLY]
    if "iso" in fitting or len(fitting) == 1:
        return Kind("date", date_format=fitting[0])
    return None if fitting else _mixed_date_kind(words)


def _mixed_date_kind(words: pl.Series) -> Kind | None:
    """Dates of several forms; what strokes leave open is read as the others with strokes are."""
    if _matches(words, r"[0-9].*[0-9]{2}") < MOSTLY:
        return None
    day, month = (frame.dates(words, f"mixed {order}") for order in ("dmy", "mdy"))
    if _share(day.is_not_null() | month.is_not_null()) < MOSTLY:
        return None
    alone = frame.dates(words, "mixed")
    strokes = words.filter(words.str.contains(r"^[0-9]{1,2}[-/][0-9]{1,2}[-/]"))
    first = _share(strokes.str.contains(r"^(1[3-9]|[23][0-9])[-/]")) if len(strokes) else 0.0
    second = _share(strokes.str.contains(r"^[0-9]{1,2}[-/](1[3-9]|[23][0-9])[-/]")) if len(strokes) else 0.0
    if bool(first) != bool(second):
        return Kind("date", date_format="mixed dmy" if first else "mixed mdy")
    return Kind("date", date_format="mixed") if _share(alone.is_not_null()) >= 0.5 else None


def _share(truths: pl.Series) -> float:
    share = truths.mean()
    return float(share) if isinstance(share, float) else 0.0


def _is_text(words: pl.Series) -> bool:
    """Free text: most values stand alone and no level has support worth speaking of."""
    counts = [count for _, count in frame.counted(words)]
    supported = sum(count for count in counts if count >= SUPPORT) / len(words)
    return len(counts) > 0.5 * len(words) and supported < 0.1


def spellings(series: pl.Series, placeholders: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Levels that differ only in case, blanks or accents: spelling -> level, level -> how to show it."""
    plain: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for text, count in _spelt(series):
        plain[cells.clean(text)] += count
        if count >= SUPPORT:
            shown.setdefault(cells.clean(text), text)
    learnt = {key: count for key, count in plain.items() if count >= SUPPORT and key not in placeholders}
    aliases = _aliases(learnt)
    levels = sorted(set(learnt) - set(aliases))
    return aliases, {level: shown[level] for level in levels if shown.get(level, level) != level}


def _flag_labels(series: pl.Series) -> dict[str, str]:
    """How yes and no are spelt most often."""
    shown: dict[str, str] = {}
    for text, count in _spelt(series):
        level = FLAG_SPELLINGS.get(cells.clean(text))
        if level is not None and count >= SUPPORT:
            shown.setdefault(level, text)
    return {level: text for level, text in sorted(shown.items()) if text != level}


def _spelt(series: pl.Series) -> list[tuple[str, int]]:
    """The spellings of a column with their counts, the most frequent first."""
    return frame.counted(frame.map_distinct(frame.as_text(series), cells.trim, pl.String))


def _aliases(learnt: Mapping[str, int]) -> dict[str, str]:
    leader: dict[str, str] = {}
    aliases = {}
    for key in sorted(learnt, key=lambda key: (-learnt[key], key)):
        chief = leader.setdefault(names.fold(key), key)
        if chief != key:
            aliases[key] = chief
    return aliases


def merged(series: pl.Series) -> dict[str, int]:
    """How many rows each further spelling of a level had (for the finding); rare levels are not named."""
    chiefs: dict[str, str] = {}
    others: Counter[str] = Counter()
    for text, count in _spelt(series):
        if count >= SUPPORT:
            chiefs.setdefault(names.fold(text), text)
        if chiefs.get(names.fold(text), text) != text:
            others[chiefs[names.fold(text)]] += count
    return dict(others)


_EMAIL = r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$"
_PHONE = r"^\+?[0-9][0-9 ()/.\-]{6,18}[0-9]$"
_DIALLED = r"^\+?[0-9]{7,}(\.0)?$"
_OPAQUE = r"^[a-z0-9_\-:.#/]+$"


def role_of(column: str, series: pl.Series, kind: Kind) -> str:
    """Guess the role of one column from its name and values, apart from id, target and time."""
    words = frame.levels(series, cells.PLACEHOLDERS, {}).drop_nulls()
    if not words.is_empty() and _matches(words, _EMAIL) >= 0.8:
        return "personal"
    if is_answered_consent(column, words):
        return "consent"
    by_name = names.role(column)
    if by_name == "personal":
        return (
            "personal"
            if kind.kind in ("text", "category", "number")
            and _tells_people(words, series, is_number=kind.kind == "number")
            else "feature"
        )
    if by_name in ("contacted_at", "time"):
        return "contacted_at" if by_name == "contacted_at" and kind.kind == "date" else "feature"
    if by_name == "consent":
        return "consent" if _tells_consent(column, words, kind) else "feature"
    if by_name == "value":
        return "value" if kind.kind == "number" else "feature"
    if by_name == "owner":
        return "owner" if kind.kind in ("category", "text") else "feature"
    in_groups = kind.kind in ("text", "category") or kind.thousands == " "
    if by_name is None and in_groups and _is_phone(words, series):
        return "personal"
    return by_name or "feature"


def is_consent(column: str, series: pl.Series) -> bool:
    """Whether a column that no model knows says who may be contacted; what would allow has to answer that."""
    if role_of(column, series, kind_of(series)) != "consent":
        return False
    return not permission.yes_allows(column) or permission.is_spoken(
        frame.levels(series, cells.PLACEHOLDERS, {})
    )


def is_answered_consent(column: str, words: pl.Series) -> bool:
    """Whether the name speaks of leave to approach somebody, and each value is a yes or a no to that."""
    text = names.words(column)
    spoken = consent_words.refuses(text) or consent_words.permits(text)
    return spoken and permission.is_answered(words)


def could_be_consent(column: str, series: pl.Series) -> bool:
    """Whether it may say who must not be approached, which its name leaves open."""
    if not consent_words.could_refuse(names.words(column)):
        return False
    answered = permission.is_answered(frame.levels(series, cells.PLACEHOLDERS, {}))
    return answered and not is_consent(column, series)


def _tells_consent(column: str, words: pl.Series, kind: Kind) -> bool:
    """What forbids does so in all words but notes that differ by lead; what allows has a handful of them."""
    distinct = words.n_unique()
    if kind.kind in ("flag", "number"):
        return kind.kind == "flag" or distinct <= FEW
    if permission.yes_allows(column):
        return kind.kind != "date" and distinct <= HANDFUL
    return kind.kind != "text" or distinct <= SUPPORT


def _matches(words: pl.Series, pattern: str) -> float:
    return _share(words.str.contains(pattern))


def _is_phone(words: pl.Series, series: pl.Series) -> bool:
    return len(words) >= SUPPORT and _matches(words, _PHONE) >= 0.9 and _is_spread(words, series)


def _tells_people(words: pl.Series, series: pl.Series, *, is_number: bool) -> bool:
    """Names are shared by many people in a long file; "Phone given: yes/no" has few values in any.

    A number tells people where it may be dialled.
    """
    if is_number and _matches(words, _DIALLED) < 0.8:
        return False
    return words.n_unique() > max(20, math.sqrt(len(words))) or len(series) < SUPPORT


def _is_spread(words: pl.Series, series: pl.Series) -> bool:
    """What nobody's name says has to take about as many values as there are people."""
    return words.n_unique() > max(20, 0.3 * len(words)) or len(series) < SUPPORT


def is_unique(series: pl.Series) -> bool:
    """Whether each row has its own value, however it is typed."""
    if series.n_unique() < len(series):
        return False
    texts = frame.as_text(series).str.strip_chars(cells.BLANKS)
    return texts.n_unique() == len(series) and not (texts.is_null() | (texts == "")).any()


def is_opaque(series: pl.Series, kind: Kind) -> bool:
    """Whether the values look made to tell rows apart: whole numbers or words without blanks."""
    if kind.kind == "date":
        return False
    words = frame.levels(series, ("",), {}).drop_nulls()
    if kind.kind == "number":
        return bool(words.str.contains(r"^[+-]?[0-9]+$").all())
    return _matches(words, _OPAQUE) >= 0.98


def columns(raw: pl.DataFrame) -> tuple[Column, ...]:
    """Guess every column of a raw frame by itself; id, target and time are settled by the caller."""
    return tuple(_column(name, raw[name]) for name in raw.columns)


def _column(name: str, series: pl.Series) -> Column:
    kind = kind_of(series)
    role = role_of(name, series, kind)
    aliases: dict[str, str] = {}
    labels: dict[str, str] = {}
    if kind.kind == "category" and role not in ("personal", "owner"):
        aliases, labels = spellings(series, cells.PLACEHOLDERS)
    if kind.kind == "flag":
        labels = _flag_labels(series)
    return Column(
        name=name,
        role=role,
        kind=kind.kind,
        aliases=aliases,
        labels=labels,
        decimal=kind.decimal,
        thousands=kind.thousands,
        date_format=kind.date_format,
        group=names.group(name, kind.kind),
    )


def is_run(numbers: pl.Series) -> bool:
    """Different whole numbers, so close together that chance would repeat some, or all long and alike."""
    values = numbers.to_numpy()
    if not len(values) or (values != np.floor(values)).any():
        return False
    low, high = float(values.min()), float(values.max())
    repeats_by_chance = len(values) ** 2 / (2.0 * max(high - low, 1.0))
    return repeats_by_chance >= SURELY_REPEATED or LONG <= low <= high < 10.0 * low
