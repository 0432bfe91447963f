"""From raw leads to typed ones that may be learnt from: outcome, split, schema, audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import config, frame, infer, names, rows, split, structure
from leadlight.data.expressions import check, parse_feature
from leadlight.data.rows import Counts
from leadlight.data.schema import Column, Schema
from leadlight.data.split import Fold
from leadlight.data.structure import Structure
from leadlight.data.target import nearest
from leadlight.errors import ColumnError, ConfigError, QuestionError, TrainingError
from leadlight.model.encode import Encoder
from leadlight.training.audit import audit
from leadlight.training.audit.audit import Audit, AuditInput
from leadlight.training.options import Options

FEWEST: Final = 20
ENOUGH: Final = 30
"""Of so many, 20 are nearly always left when a fifth is put aside for the test."""
TEST_SHARE: Final = 0.2


@dataclass(frozen=True)
class Prepared:
    """Decided leads in canonical order, parted for learning and testing, and all that was noticed.

    `tested_by` says where the test leads come from: they are the newest ones (time), drawn (random), or those
    of a file; `by_time`, that folds look ahead in time.
    """

    structure: Structure
    raw: pl.DataFrame
    outcome: np.ndarray
    moment: np.ndarray | None
    test: np.ndarray
    left_out: np.ndarray
    groups: np.ndarray
    draws: np.ndarray
    by_time: bool
    tested_by: str
    audit: Audit
    open: pl.DataFrame
    counts: Counts

    @property
    def schema(self) -> Schema:
        return self.audit.schema

    @property
    def learning(self) -> np.ndarray:
        """The rows of the training part."""
        return np.flatnonzero(~self.test & ~self.left_out)

    @property
    def testing(self) -> np.ndarray:
        return np.flatnonzero(self.test)

    def folds(self, among: np.ndarray, count: int, *, by_time: bool) -> list[Fold]:
        """Folds over some of the rows, numbered within them."""
        groups = self.groups[among]
        repeats = split.is_mostly_repeated(self.groups)
        if by_time and self.moment is not None:
            ahead = split.forward(groups, self.moment[among], count, keep_repeats=repeats)
            if len(ahead) > 1:
                return ahead
        own = np.arange(len(among)) if repeats else groups
        return split.stratified(own, self.outcome[among], self.draws[among], count)


def prepare(raw: pl.DataFrame, options: Options, held_out: pl.DataFrame | None = None) -> Prepared:
    """Everything that comes before the first model is learnt."""
    found = structure.settle(
        raw,
        options.target,
        (options.positive, options.negative, options.open),
        options.id,
        options.time,
        _declared_format(options),
    )
    _ask_of_consent(raw, options)
    known = rows.prepare(raw, found.target, found.id, found.moment(raw))
    given = None
    if held_out is not None:
        structure.check_names(held_out, raw.columns)
        known, given = _joined(known, rows.prepare(held_out, found.target, found.id, found.moment(held_out)))
    _check_outcome(known.outcome, found.target.column)
    columns = _candidate_columns(known.frame, found, options)
    moment = found.moment(known.frame)
    groups, draws = _groups(known.frame, columns, options.seed)
    by_time = moment is not None and options.test != "random"
    test = given if given is not None else _test_part(known.frame, groups, draws, moment, options)
    learning = np.flatnonzero(~test)
    _check_outcome(known.outcome[learning], found.target.column, aside=True)
    schema = infer_schema(known.frame[learning.tolist()], found, options)
    audited = _audit(known.frame, learning, schema, known.outcome, groups, moment, options)
    _check_inputs(audited.schema)
    used = [column.name for column in audited.schema.needed if column.role != "time"]
    groups, draws = _groups(known.frame, used, options.seed)
    tested_by = "file" if given is not None else "time" if by_time else "random"
    wanted, (test, left_out) = test, _without_straddling(groups, test, movable=tested_by == "random")
    _check_test(test, wanted, options)
    learning = np.flatnonzero(~test & ~left_out)
    return Prepared(
        structure=found,
        raw=known.frame,
        outcome=known.outcome,
        moment=moment,
        test=test,
        left_out=left_out,
        groups=groups,
        draws=draws,
        by_time=by_time and _looks_ahead(groups[learning], moment, learning, options.folds),
        tested_by=tested_by,
        audit=audited,
        open=known.open,
        counts=rows.with_repeats(known.counts, len(groups) - len(np.unique(groups))),
    )


def unsettled_consent(raw: pl.DataFrame, options: Options) -> list[str]:
    """The columns of which nobody has said whether a yes there forbids to contact a lead, though it may."""
    settled = {options.target, options.id, options.time, *options.objection, *options.permission}
    settled |= {*options.keep, *options.drop, *(name for name, told in options.columns.items() if told.role)}
    asked = [name for name in raw.columns if name not in settled and names.target_rank(name) is None]
    return [name for name in asked if infer.could_be_consent(name, raw[name])]


def _ask_of_consent(raw: pl.DataFrame, options: Options) -> None:
    structure.check_names(raw, (*options.objection, *options.permission))
    unsettled = unsettled_consent(raw, options)
    if unsettled:
        raise QuestionError(
            f"Does a yes in {unsettled[0]!r} mean that the lead must not be contacted?",
            code="which_consent",
            hint="If so, name the column as objection; as permission if a yes allows it; to keep if neither.",
        )


def _declared_format(options: Options) -> str | None:
    """How the dates of the time column are written, where leadlight.toml says so."""
    told = options.columns.get(options.time or "")
    return None if told is None else told.date_format


def _joined(known: rows.Rows, held: rows.Rows) -> tuple[rows.Rows, np.ndarray]:
    """The leads to learn from and those of a file that was kept for the test, as one, and which is which."""
    both = pl.concat(
        [
            pl.DataFrame([frame.texts(part[name]) for name in known.frame.columns])
            for part in (known.frame, held.frame)
        ]
    )
    test = np.arange(both.height) >= known.frame.height
    return replace(known, frame=both, outcome=np.concatenate([known.outcome, held.outcome])), test


def _looks_ahead(groups: np.ndarray, moment: np.ndarray | None, among: np.ndarray, folds: int) -> bool:
    """Whether there are stretches of time to look ahead into: leads may have come in a few batches."""
    if moment is None:
        return False
    repeats = split.is_mostly_repeated(groups)
    return len(split.forward(groups, moment[among], folds, keep_repeats=repeats)) > 1


def _check_test(test: np.ndarray, wanted: np.ndarray, options: Options) -> None:
    """Without a lead to be tested on nothing is published."""
    if test.any():
        return
    if isinstance(options.test, float):
        why, hint = f"{options.test:g} of {len(test):,} leads is none", "Hold out more, such as --test 0.2."
    elif wanted.any():
        why = f"each of the {int(wanted.sum()):,} for the test equals one that is learnt from"
        hint = "Test on other leads than those that are learnt from."
    else:
        why, hint = "none of those for the test is decided", "Test on leads that were won or lost."
    raise TrainingError(f"No lead is left to test on: {why}.", code="no_test", hint=hint)


def _check_outcome(outcome: np.ndarray, column: str, *, aside: bool = False) -> None:
    """Too few of one kind make every figure a matter of luck: nothing is published from that."""
    won, lost = int(outcome.sum()), int(len(outcome) - outcome.sum())
    if not won or not lost:
        raise TrainingError(
            f"All decided leads have the same outcome in {column!r}: there is nothing to tell apart.",
            code="single_class",
            hint="Add the leads that ended the other way, or name the values with --positive and --negative.",
        )
    if min(won, lost) < FEWEST:
        left = "that are left to learn from beside the test" if aside else "that are decided"
        raise TrainingError(
            f"Of {len(outcome):,} leads {left}, {won:,} were won and {lost:,} lost: too few to learn from.",
            code="too_few",
            hint=f"Wait until {ENOUGH} leads were won and {ENOUGH} lost; some hundreds of each are better.",
        )


def _candidate_columns(raw: pl.DataFrame, found: Structure, options: Options) -> list[str]:
    """The columns that make rows equal or not, before anyone has looked at the outcome.

    Those that are named as filled by sales will probably be left out: rows that differ only there
    stay together.
    """
    structure.check_names(raw, (*options.drop, *options.keep, *options.only))
    taken = {found.target.column, found.id, found.time, *options.drop}
    wanted = [
        name for name in raw.columns if name not in taken and (not options.only or name in options.only)
    ]
    likely = [name for name in wanted if not names.suggests_after(name)] or wanted
    return [name for name in likely if not _tells_rows_apart(name, raw[name])]


def _tells_rows_apart(name: str, series: pl.Series) -> bool:
    kind = infer.kind_of(series)
    if infer.role_of(name, series, kind) == "personal":
        return True
    return series.n_unique() > 0.9 * len(series) and infer.is_opaque(series, kind)


def _groups(raw: pl.DataFrame, columns: Sequence[str], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are equal, and what each draws; where most are, each draws for itself."""
    groups = rows.groups(raw, columns)
    return groups, rows.draws(raw, columns, seed, "split", apart=split.is_mostly_repeated(groups))


def _test_part(
    raw: pl.DataFrame, groups: np.ndarray, draws: np.ndarray, moment: np.ndarray | None, options: Options
) -> np.ndarray:
    """The newest fifth where there is a time, else a random fifth; the outcome is not looked at."""
    share = options.test if isinstance(options.test, float) else TEST_SHARE
    if options.test == "time" and moment is None:
        raise ColumnError(
            "There is no time column to split by.", code="no_time", hint="Name the arrival date with --time."
        )
    if moment is not None and options.test != "random":
        return split.newest(moment, share)
    own = np.arange(raw.height) if split.is_mostly_repeated(groups) else groups
    return split.hold_out(own, draws, share)


def _without_straddling(
    groups: np.ndarray, test: np.ndarray, *, movable: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Test rows that equal a training row in the used columns learn with it, or else step aside."""
    nobody = np.zeros(len(test), dtype=bool)
    if split.is_mostly_repeated(groups if movable else groups[~test]):
        return test, nobody
    equal = split.straddling(groups, test)
    return test & ~equal, nobody if movable else equal


def infer_schema(raw: pl.DataFrame, found: Structure, options: Options) -> Schema:
    """Guess the columns from these rows alone, then let the user's word win."""
    columns = [_settled(column, found, options) for column in infer.columns(raw)]
    kinds = {column.name: column.kind for column in columns}
    declared = []
    for name, text in options.features.items():
        expression = parse_feature(f'"{name.replace(chr(34), chr(34) * 2)}" = {text}')[1]
        kind = check(expression, kinds)
        column = Column(name, kind=kind, group="engagement", expression=str(expression))
        declared.append(config.with_points(column, options.columns.get(name)))
    schema = Schema((*columns, *declared))
    _check_points(schema, options)
    return schema


def _check_points(schema: Schema, options: Options) -> None:
    """Points that nobody would get are refused, unless their column was taken out on purpose."""
    for name, told in options.columns.items():
        if told.points and name not in schema:
            raise ConfigError(
                f"There is no column {name!r} that its points could go by.",
                code="points",
                where=told.points_at or None,
                hint=nearest(name, [column.name for column in schema.columns]),
            )
        dropped = name in options.drop or (options.only and name not in options.only)
        if told.points and not schema[name].is_input and not dropped:
            raise ConfigError(
                f"{name!r} has points and is taken for {schema[name].role!r}, which nothing is learnt from.",
                code="points",
                where=told.points_at or None,
                hint='Give it role = "feature" in leadlight.toml, or take its points out.',
            )


_KIND_OF: Final = {"number": "number", "level": "category", "date": "date", "truth": "flag"}


def _settled(column: Column, found: Structure, options: Options) -> Column:
    column = _with_leave(config.applied(column, options.columns.get(column.name)), options)
    if column.name == found.target.column:
        return replace(column, role="target", used=False)
    if column.name == found.id:
        return replace(column, role="id", kind="text", aliases={}, labels={}, used=False)
    if column.name == found.time:
        kind = found.kind
        return replace(column, role="time", kind=kind.kind, date_format=kind.date_format, used=False)
    if column.role in ("target", "id", "time"):
        column = replace(column, role="feature")
    dropped = column.name in options.drop or (options.only and column.name not in options.only)
    if dropped:
        return replace(column, used=False)
    asked = column.name in options.keep or column.name in options.only
    if asked and column.role in ("sensitive", "after", "ignore", "value"):
        return replace(column, role="feature")
    if asked and column.role not in ("feature", "consent"):
        raise ConfigError(
            f"{column.name!r} cannot be kept: it is taken for {column.role!r}, which nothing is learnt from.",
            code="keep",
            hint='If it is not, give it role = "feature" in leadlight.toml: leadlight inspect --write',
        )
    return column


def _with_leave(column: Column, options: Options) -> Column:
    """What a yes does, where somebody said it."""
    if column.name in options.objection:
        return replace(column, role="consent", yes="forbids")
    return replace(column, role="consent", yes="allows") if column.name in options.permission else column


def _audit(
    raw: pl.DataFrame,
    learning: np.ndarray,
    schema: Schema,
    outcome: np.ndarray,
    groups: np.ndarray,
    moment: np.ndarray | None,
    options: Options,
) -> Audit:
    """Look for leaks and the like in the training part alone."""
    part = raw[learning.tolist()]
    typed = schema.apply(part)
    encoder = Encoder.fit(typed, schema)
    codes = encoder.apply(typed)
    columns = tuple(feature.column for feature in encoder.features)
    own = np.arange(len(learning)) if split.is_mostly_repeated(groups) else groups[learning]
    return audit.audit(
        AuditInput(
            raw=part,
            typed=typed,
            schema=schema,
            codes=codes,
            columns=columns,
            sizes=encoder.sizes,
            outcome=outcome[learning],
            groups=own,
            moment=None if moment is None else moment[learning],
            keep=frozenset(options.keep),
            configured=frozenset(name for name, told in options.columns.items() if told.role),
        )
    )


def _check_inputs(schema: Schema) -> None:
    if not schema.inputs:
        raise TrainingError(
            "No column is left to learn from: each is empty, constant, an id, a leak or was dropped.",
            code="no_inputs",
            hint="See why with: leadlight inspect LEADS; keep a column with --keep NAME.",
        )
