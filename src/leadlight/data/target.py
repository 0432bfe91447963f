"""Which column is the outcome, which of its values count as won, lost and still open."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from leadlight.data import cells, consent_words, frame, names, stages
from leadlight.errors import BundleError, ColumnError, QuestionError

MOST_VALUES = 30


@dataclass(frozen=True)
class Target:
    """The outcome column and the plain forms of its values."""

    column: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    open: tuple[str, ...] = ()

    @property
    def has_meanings(self) -> bool:
        """Whether any value of it is known to mean won or lost."""
        return bool(self.positive or self.negative)

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that it may hold; nothing where won or lost has no word yet, and any may be meant."""
        return (*self.positive, *self.negative, *self.open) if self.positive and self.negative else ()

    def knows(self, word: str) -> bool:
        """Whether an outcome that is said can be read; a placeholder means that it is open."""
        plain = cells.clean(word)
        return not self.words or plain in self.words or (plain != "" and plain in cells.PLACEHOLDERS)

    @property
    def meanings(self) -> str:
        """Which of its values mean what, in one line."""
        parts = (("won", self.positive), ("lost", self.negative), ("open", self.open))
        return "; ".join(f"{word}: {', '.join(values)}" for word, values in parts if values)

    def apply(self, raw: pl.DataFrame) -> pl.Series:
        """1 for won, 0 for lost, missing for open (blank or an open value)."""
        if not self.column:
            return pl.Series([None], dtype=pl.Int8).new_from_index(0, raw.height)
        if self.column not in raw.columns:
            raise ColumnError(
                f"There is no column {self.column!r}.",
                code="no_target",
                hint=nearest(self.column, raw.columns),
            )
        values = levels(raw[self.column])
        outcome = {**dict.fromkeys(self.positive, 1), **dict.fromkeys(self.negative, 0)}
        self._check(values, outcome)
        return values.replace_strict(
            list(outcome), list(outcome.values()), default=None, return_dtype=pl.Int8
        ).alias(self.column)

    def told(self, raw: pl.DataFrame) -> pl.Series:
        """1 for won, 0 for lost, missing for all else; words without a meaning are not refused."""
        if self.column not in raw.columns:
            return pl.Series([None], dtype=pl.Float64).new_from_index(0, raw.height)
        meanings = {**dict.fromkeys(self.positive, 1.0), **dict.fromkeys(self.negative, 0.0)}
        return levels(raw[self.column]).replace_strict(meanings, default=None, return_dtype=pl.Float64)

    def _check(self, values: pl.Series, outcome: Mapping[str, int]) -> None:
        strange = set(values.drop_nulls().unique().to_list()) - set(outcome) - set(self.open)
        if strange:
            raise QuestionError(
                f"{len(strange)} value(s) of {self.column!r} are neither won, lost nor open.",
                code="target_value",
                hint="Name them with --positive, --negative or --open.",
            )

    def to_json(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "positive": list(self.positive),
            "negative": list(self.negative),
            "open": list(self.open),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Target:
        words = [data["positive"], data["negative"], data["open"]]
        if not all(isinstance(each, list) and all(isinstance(word, str) for word in each) for each in words):
            raise BundleError("The outcome of the bundle is not made of words.", code="target")
        return Target(str(data["column"]), *map(tuple, words))


UNKNOWN: Final = Target("", (), ())
"""Of leads without a column that says how they ended."""


def nearest(name: str, known: Iterable[str], what: str = "columns") -> str:
    """A next step that names the column, or the value, which was probably meant."""
    from difflib import get_close_matches

    known = list(known)
    by_fold = {names.fold(column): column for column in known if column != name}
    close = get_close_matches(names.fold(name), by_fold, n=1)
    return f"Did you mean {by_fold[close[0]]!r}?" if close else f"The {what} are: {', '.join(known[:40])}"


def levels(series: pl.Series) -> pl.Series:
    """The plain forms of an outcome column; blank and placeholders are missing."""
    return frame.levels(series, cells.PLACEHOLDERS, {})


def find(raw: pl.DataFrame) -> str:
    """The one column whose name and values look like an outcome; a question where that is unclear."""
    ranked = {
        name: rank
        for name in raw.columns
        if (rank := names.target_rank(name)) is not None
        and 1 <= levels(raw[name]).drop_nulls().n_unique() <= MOST_VALUES
    }
    best = [name for name, rank in ranked.items() if rank == min(ranked.values())]
    if len(best) == 1:
        return best[0]
    candidates = best or [name for name in raw.columns if could_tell(name, raw[name])]
    raise QuestionError(
        "Which column says whether a lead was won?",
        code="which_target",
        hint="Name it with --target"
        + (": " + ", ".join(shlex.quote(name) for name in candidates[:12]) if candidates else "."),
    )


def could_tell(name: str, series: pl.Series) -> bool:
    """Whether a column that is not named like an outcome may be one: two values, and no word of consent."""
    text = names.words(name)
    if consent_words.refuses(text) or consent_words.permits(text) or names.role(name) is not None:
        return False
    return levels(series).drop_nulls().n_unique() == 2


def expected(
    raw: pl.DataFrame,
    column: str | None,
    positive: Sequence[str],
    negative: Sequence[str],
    open_: Sequence[str],
) -> Target:
    """The outcome of leads of which few or none were decided: what does not occur yet may still be named."""
    column = column or _foreseen(raw)
    if column is None:
        return UNKNOWN
    if column not in raw.columns:
        raise ColumnError(
            f"There is no column {column!r}.", code="no_target", hint=nearest(column, raw.columns)
        )
    present = set(levels(raw[column]).drop_nulls().unique().to_list())
    named = [tuple(cells.clean(value) for value in part) for part in (positive, negative, open_)]
    seen = [tuple(value for value in part if value in present) for part in named]
    try:
        found = resolve(raw, column, *seen)
    except QuestionError as question:
        if question.code != "single_class":
            raise
        found = Target(column, (), (), tuple(sorted(present)))
    won, lost, pending = (
        tuple(dict.fromkeys([*own, *given]))
        for own, given in zip((found.positive, found.negative, found.open), named, strict=True)
    )
    return Target(column, won, lost, tuple(value for value in pending if value not in (*won, *lost)))


def _foreseen(raw: pl.DataFrame) -> str | None:
    """The column that is named like an outcome, blank as it may be; none where no column is."""
    ranks = {name: rank for name in raw.columns if (rank := names.target_rank(name)) is not None}
    if not ranks:
        return None
    if any(levels(raw[name]).drop_nulls().len() for name in ranks):
        return find(raw)
    return min(ranks, key=ranks.__getitem__)


def describe(series: pl.Series) -> str:
    """Binary, or multiclass with k values."""
    count = levels(series).drop_nulls().n_unique()
    return "binary" if count == 2 else "one value only" if count < 2 else f"multiclass with {count} values"


def resolve(
    raw: pl.DataFrame,
    column: str,
    positive: Sequence[str] = (),
    negative: Sequence[str] = (),
    open_: Sequence[str] = (),
) -> Target:
    """Settle which values are won, lost and open; a question where the values leave it unclear."""
    if column not in raw.columns:
        raise ColumnError(
            f"There is no column {column!r}.", code="no_target", hint=nearest(column, raw.columns)
        )
    values = levels(raw[column]).drop_nulls()
    present = sorted(values.unique().to_list())
    given = [tuple(sorted(cells.clean(value) for value in part)) for part in (positive, negative, open_)]
    given[2] = _without(given[2], cells.PLACEHOLDERS)
    _check_given(column, present, given)
    if not any(given):
        return _guess(column, values, present)
    won, lost, pending = given
    rest = _without(present, won + lost + pending)
    if not won:
        won = _won_among(column, values, rest)
        rest = _without(rest, won)
    if lost:
        return Target(column, won, lost, tuple(sorted(pending + rest)))
    lost_by_name = [value for value in rest if stages.is_lost(value)]
    if any(stages.is_under_way(value) for value in rest) or 0 < len(lost_by_name) < len(rest):
        raise _question(column, values, won, pending)
    return Target(column, won, rest, pending)


def _without(values: Sequence[str], taken: Sequence[str]) -> tuple[str, ...]:
    return tuple(value for value in values if value not in taken)


def _check_given(column: str, present: Sequence[str], given: Sequence[Sequence[str]]) -> None:
    for value in (value for part in given for value in part):
        if value in cells.PLACEHOLDERS:
            raise QuestionError(
                f"{value!r} counts as blank, and leads without an outcome are open.", code="target_value"
            )
        if value not in present:
            raise QuestionError(
                f"{value!r} does not occur in {column!r}.",
                code="target_value",
                hint=nearest(value, present[:MOST_VALUES], "values"),
            )
    flat = [value for part in given for value in part]
    if len(flat) != len(set(flat)):
        raise QuestionError("A value can be won, lost or open, but only one of them.", code="target_value")


def _won_among(column: str, values: pl.Series, rest: Sequence[str]) -> tuple[str, ...]:
    won = tuple(value for value in rest if stages.is_won(value))
    if not won and len(rest) == 1 and not stages.is_under_way(rest[0]):
        return tuple(rest)
    if rest and not won:
        raise _question(column, values)
    return won


def _guess(column: str, values: pl.Series, present: Sequence[str]) -> Target:
    """Known words alone, or one known word and one that does not look open."""
    won = tuple(value for value in present if stages.is_won(value))
    lost = tuple(value for value in present if stages.is_lost(value))
    other = _without(present, won + lost)
    if (won or lost) and not other and len(present) == 1:
        return Target(column, won, lost)
    if won and lost and not other:
        return Target(column, won, lost)
    if len(present) == 2 and len(other) == 1 and not stages.is_under_way(other[0]):
        return Target(column, won or other, lost or other)
    raise _question(column, values)


def _question(
    column: str, values: pl.Series, won: Sequence[str] = (), pending: Sequence[str] = ()
) -> QuestionError:
    present = sorted(values.unique().to_list())
    if len(present) < 2:
        held = "one value only" if present else "no value"
        return QuestionError(
            f"{column!r} holds {held}: there is nothing to tell apart.",
            code="single_class",
            hint="Choose another column with --target, or add the leads that were lost.",
        )
    if len(present) > MOST_VALUES:
        return QuestionError(
            f"{column!r} holds {len(present)} different values: that is not an outcome.",
            code="target_many_values",
            hint="Choose another column with --target, or name the values with --positive and --negative.",
        )
    return QuestionError(
        f"{column!r} is {describe(values)}: which of them are won, lost and still open?",
        code="which_values",
        hint="For example: " + " ".join(suggestion(present, won, pending)),
    )


def suggestion(present: Sequence[str], won: Sequence[str] = (), pending: Sequence[str] = ()) -> list[str]:
    """Flags that say how the values would probably be sorted; what no word tells counts as open."""
    rest = _without(present, [*won, *pending])
    likely = tuple(won) or tuple(value for value in rest if stages.is_won(value))
    lost = [value for value in _without(rest, likely) if stages.sounds_lost(value)]
    unsaid = _without(rest, [*likely, *lost])
    decided = [value for value in unsaid if not stages.is_under_way(value)]
    if not likely and decided and (not lost or len(decided) == 1):
        likely, decided = tuple(decided[:1]), decided[1:]
    if not lost and len(decided) == 1:
        lost = decided
    unsaid = _without(unsaid, [*likely, *lost])
    waiting = [value for value in present if value in pending or value in unsaid]
    flags = {"--positive": likely, "--negative": lost, "--open": waiting}
    return [f"{flag} {shlex.quote(value)}" for flag, values in flags.items() for value in values]
