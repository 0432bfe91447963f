"""From raw leads to typed ones that may be learnt from: outcome, split, schema, audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import config, infer, persons, rows, split, structure
from leadlight.data.event_features import EventFeatures
from leadlight.data.expressions import check, parse_feature
from leadlight.data.rows import RowCounts
from leadlight.data.schema import Column, Schema
from leadlight.data.split import Fold
from leadlight.data.structure import Structure
from leadlight.data.target import nearest
from leadlight.errors import ConfigError, TrainingError
from leadlight.model.encode import Encoder
from leadlight.training import as_of, holdout, unsettled
from leadlight.training.as_of import LeadLogs, WatchedRows
from leadlight.training.audit import audit
from leadlight.training.audit.audit import Audit, AuditInput
from leadlight.training.audit.leaks import DOUBTFUL
from leadlight.training.file_order import file_order
from leadlight.training.maturity import Maturity
from leadlight.training.options import Options

FEWEST: Final = 20
ENOUGH: Final = 30
"""Of so many, 20 are nearly always left when a fifth is put aside for the test."""
MOST_OF_IT: Final = 0.95


@dataclass(frozen=True)
class Prepared:
    """Decided leads in canonical order, parted for learning and testing, and all that was noticed.

    `tested_by` says where the test leads come from: they are the newest ones (time), drawn (random), or those
    of a file; `by_time`, that folds look ahead in time. `groups` are equal in the columns that are used;
    `blocks` were drawn together, before it was known which these are. Leads of one person share a number in
    `persons`, and are on one side of every split.
    """

    structure: Structure
    raw: pl.DataFrame
    outcome: np.ndarray
    moment: np.ndarray | None
    test: np.ndarray
    left_out: np.ndarray
    groups: np.ndarray
    blocks: np.ndarray
    persons: np.ndarray
    draws: np.ndarray
    by_time: bool
    tested_by: str
    audit: Audit
    open: pl.DataFrame
    counts: RowCounts
    events: EventFeatures | None = None
    watched: WatchedRows | None = None
    maturity: Maturity | None = None

    @property
    def schema(self) -> Schema:
        return self.audit.schema

    @property
    def told_events(self) -> dict[str, Any] | None:
        """What became of the events, and what was learnt of them before any model."""
        if self.watched is None or self.events is None:
            return None
        return self.watched.to_json(self.events)

    @property
    def told_maturity(self) -> dict[str, Any] | None:
        """After how many days leads were learnt from, where no events say it along with all else."""
        return None if self.maturity is None or self.watched else self.maturity.to_json()

    @property
    def learning(self) -> np.ndarray:
        """The rows of the training part."""
        return np.flatnonzero(~self.test & ~self.left_out)

    @property
    def testing(self) -> np.ndarray:
        return np.flatnonzero(self.test)

    def folds(self, among: np.ndarray, count: int, *, by_time: bool) -> list[Fold]:
        """Folds over some of the rows, numbered within them."""
        repeats = split.is_mostly_repeated(self.groups)
        own = np.arange(len(among)) if repeats else self.groups[among]
        own = persons.tied(own, self.persons[among])
        if by_time and self.moment is not None:
            ahead = split.forward(own, self.moment[among], count)
            if len(ahead) > 1:
                return ahead
        return split.stratified(own, self.outcome[among], self.draws[among], count)


def prepare(
    raw: pl.DataFrame,
    options: Options,
    held_out: pl.DataFrame | None = None,
    logs: LeadLogs | None = None,
) -> Prepared:
    """Everything that comes before the first model is learnt."""
    options = options if logs is None else replace(options, late=logs.late)
    whole, raw = raw, structure.with_order(rows.without_totals(raw), options.time)
    found = structure.settle(
        raw,
        options.target,
        (options.positive, options.negative, options.open),
        options.id,
        options.time,
        _declared_format(options),
    )
    unsettled.ask_of_consent(raw, options)
    known = rows.prepare(raw, found.target, found.id, found.moment(raw))
    given = None
    if held_out is not None:
        held_out = structure.with_order(held_out, options.time, raw.height)
        structure.check_names(held_out, raw.columns)
        known, given = holdout.joined(
            known, rows.prepare(held_out, found.target, found.id, found.moment(held_out))
        )
    watched, chosen = as_of.old_enough(known, found, logs)
    if chosen is not None:
        known, given = chosen.rows, holdout.still_given(given, known.open.height, chosen.places)
    _check_outcome(known.outcome, found.target.column)
    columns = holdout.candidate_columns(known.frame, found, options)
    moment = found.moment(known.frame)
    by_time = moment is not None and options.test != "random"
    tested_by = "file" if given is not None else "time" if by_time else "random"
    people, features = persons.of_leads(known.frame), None
    if watched is not None:
        given, features = _event_features(watched, found, options, columns, people, given)
        known = as_of.with_features(watched, str(found.id), features)
        options = replace(options, columns=as_of.told_columns(features, options.columns))
    parted = _parted(known, found, options, columns, people, given, tested_by)
    if parted.has_shrunk:
        parted = _parted(known, found, options, parted.used, people, given, tested_by)
    holdout.check_left(parted.test, parted.wanted, options)
    test, left_out, groups, audited = parted.test, parted.left_out, parted.groups, parted.audit
    totals, drawn = whole.height - raw.height, unsettled.chance_test(raw, found, options, given is not None)
    along = file_order(raw, found) if drawn else ()
    audited = replace(audited, findings=(*unsettled.totals(totals), *drawn, *along, *audited.findings))
    learning = np.flatnonzero(~test & ~left_out)
    return Prepared(
        structure=found,
        raw=known.frame,
        outcome=known.outcome,
        moment=moment,
        test=test,
        left_out=left_out,
        groups=groups,
        blocks=parted.blocks,
        persons=people,
        draws=parted.draws,
        by_time=by_time
        and _looks_ahead(persons.tied(groups[learning], people[learning]), moment, learning, options.folds),
        tested_by=tested_by,
        audit=audited,
        open=known.open,
        counts=rows.with_totals(
            rows.with_repeats(known.counts, len(groups) - len(np.unique(groups))), totals
        ),
        events=features,
        watched=watched,
        maturity=None if chosen is None else chosen.maturity,
    )


def _event_features(
    watched: WatchedRows,
    found: Structure,
    options: Options,
    columns: Sequence[str],
    people: np.ndarray,
    given: np.ndarray | None,
) -> tuple[np.ndarray, EventFeatures]:
    """Which leads are for the test, and the columns of events as learnt from the others alone."""
    raw, outcome = watched.rows.frame, watched.rows.outcome
    moment = found.moment(raw)
    groups, draws = holdout.groups_and_draws(raw, columns, options.seed)
    blocks = persons.tied(split.blocks(groups), people)
    wanted = given if given is not None else holdout.test_part(blocks, draws, moment, options)
    learning = np.flatnonzero(~wanted)
    _check_outcome(outcome[learning], found.target.column, aside=True)
    schema = infer_schema(raw[learning.tolist()], found, options)
    looked_at = None
    if schema.inputs:
        looked_at = _audit(raw, learning, schema, outcome, groups, people, moment, options)
    if looked_at is not None and not looked_at.schema.inputs:
        looked_at = None
    return wanted, as_of.fit_features(watched, str(found.id), learning, looked_at)


@dataclass(frozen=True)
class _Parted:
    """The test that was wanted and what is left of it, and the audit of all other rows."""

    wanted: np.ndarray
    test: np.ndarray
    left_out: np.ndarray
    groups: np.ndarray
    blocks: np.ndarray
    draws: np.ndarray
    audit: Audit
    tested_by: str

    @property
    def used(self) -> list[str]:
        return holdout.used_columns(self.audit.schema)

    @property
    def has_shrunk(self) -> bool:
        """Whether many equal a lead that is learnt from, now that it is known which columns are used."""
        return self.tested_by == "random" and self.test.sum() < MOST_OF_IT * self.wanted.sum()


def _parted(
    known: rows.PreparedRows,
    found: Structure,
    options: Options,
    columns: Sequence[str],
    people: np.ndarray,
    given: np.ndarray | None,
    tested_by: str,
) -> _Parted:
    """Hold out whole groups of rows that are equal in these columns, and look at the columns of the rest."""
    moment = found.moment(known.frame)
    groups, draws = holdout.groups_and_draws(known.frame, columns, options.seed)
    blocks = persons.tied(split.blocks(groups), people)
    wanted = given if given is not None else holdout.test_part(blocks, draws, moment, options)
    learning = np.flatnonzero(~wanted)
    _check_outcome(known.outcome[learning], found.target.column, aside=True)
    schema = infer_schema(known.frame[learning.tolist()], found, options)
    audited = _audit(known.frame, learning, schema, known.outcome, groups, people, moment, options)
    _check_inputs(audited)
    groups, draws = holdout.groups_and_draws(known.frame, holdout.used_columns(audited.schema), options.seed)
    movable = tested_by == "random"
    test, left_out = holdout.without_straddling(groups, people, wanted, movable=movable)
    return _Parted(wanted, test, left_out, groups, blocks, draws, audited, tested_by)


def _declared_format(options: Options) -> str | None:
    """How the dates of the time column are written, where leadlight.toml says so."""
    told = options.columns.get(options.time or "")
    return None if told is None else told.date_format


def _looks_ahead(groups: np.ndarray, moment: np.ndarray | None, among: np.ndarray, folds: int) -> bool:
    """Whether there are stretches of time to look ahead into: leads may have come in a few batches."""
    if moment is None:
        return False
    return len(split.forward(split.blocks(groups), moment[among], folds)) > 1


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
    people: np.ndarray,
    moment: np.ndarray | None,
    options: Options,
) -> Audit:
    """Look for leaks and the like in the training part alone."""
    part = raw[learning.tolist()]
    typed = schema.apply(part)
    encoder = Encoder.fit(typed, schema)
    codes = encoder.apply(typed)
    columns = tuple(feature.column for feature in encoder.features)
    own = split.blocks(groups)[learning]
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
            persons=people[learning],
            moment=None if moment is None else moment[learning],
            keep=frozenset(options.keep),
            drops_doubtful=DOUBTFUL in options.drop and DOUBTFUL not in raw.columns,
            looks_ahead=moment is not None and options.test != "random",
            late=options.late,
            configured=frozenset(name for name, told in options.columns.items() if told.role),
        )
    )


def _check_inputs(audited: Audit) -> None:
    if not audited.schema.inputs:
        leaks = "".join(f" {each.message}" for each in audited.findings if each.code == "leak")
        raise TrainingError(
            f"No column is left to learn from: each is empty, constant, an id, a leak or was dropped.{leaks}",
            code="no_inputs",
            hint="See why with: leadlight inspect LEADS; keep a column with --keep NAME.",
        )
