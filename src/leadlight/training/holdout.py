"""The test part: whole groups of equal rows, drawn or the newest, with no row that equals one learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import frame, infer, names, persons, rows, split, structure
from leadlight.data.rows import PreparedRows
from leadlight.data.schema import Schema
from leadlight.data.structure import Structure
from leadlight.errors import ColumnError, TrainingError
from leadlight.training.audit.leaks import DOUBTFUL
from leadlight.training.options import Options

TEST_SHARE: Final = 0.2


def check_left(test: np.ndarray, wanted: np.ndarray, options: Options) -> None:
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


def joined(known: PreparedRows, held: PreparedRows) -> tuple[PreparedRows, np.ndarray]:
    """The leads to learn from and those of a file that was kept for the test, as one, and which is which."""
    parts = [
        pl.DataFrame([frame.texts(part[name]) for name in known.frame.columns])
        for part in (known.frame, held.frame, known.open)
    ]
    both = pl.concat(parts[:2])
    test = np.arange(both.height) >= known.frame.height
    outcome = np.concatenate([known.outcome, held.outcome])
    return replace(known, frame=both, open=parts[2], outcome=outcome), test


def still_given(given: np.ndarray | None, waiting: int, places: np.ndarray) -> np.ndarray | None:
    """Which of the leads at these places, among decided and then open ones, are of a file for the test."""
    return None if given is None else np.concatenate([given, np.zeros(waiting, dtype=bool)])[places]


def candidate_columns(raw: pl.DataFrame, found: Structure, options: Options) -> list[str]:
    """The columns that make rows equal or not, before anyone has looked at the outcome.

    Those that are named as filled by sales will probably be left out: rows that differ only there
    stay together.
    """
    structure.check_names(raw, (*named_drops(raw, options), *options.keep, *options.only))
    taken = {found.target.column, found.id, found.time, *options.drop}
    wanted = [
        name for name in raw.columns if name not in taken and (not options.only or name in options.only)
    ]
    likely = [name for name in wanted if not names.suggests_after(name)] or wanted
    return [name for name in likely if not _tells_rows_apart(name, raw[name])]


def named_drops(raw: pl.DataFrame, options: Options) -> list[str]:
    """The columns to drop by name; the word for all doubtful ones is none, unless a column is called so."""
    return [name for name in options.drop if name != DOUBTFUL or name in raw.columns]


def _tells_rows_apart(name: str, series: pl.Series) -> bool:
    kind = infer.kind_of(series)
    if infer.role_of(name, series, kind) == "personal":
        return True
    return series.n_unique() > 0.9 * len(series) and infer.is_opaque(series, kind)


def used_columns(schema: Schema) -> list[str]:
    """The columns that make rows equal or not."""
    return [column.name for column in schema.needed if column.role != "time"]


def groups_and_draws(raw: pl.DataFrame, columns: Sequence[str], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are equal, and what each draws; where most are, each draws for itself."""
    groups = rows.groups(raw, columns)
    return groups, rows.draws(raw, columns, seed, "split", apart=split.is_mostly_repeated(groups))


def test_part(
    blocks: np.ndarray, draws: np.ndarray, moment: np.ndarray | None, options: Options
) -> np.ndarray:
    """The newest fifth where there is a time, else a random fifth; the outcome is not looked at."""
    share = options.test if isinstance(options.test, float) else TEST_SHARE
    if options.test == "time" and moment is None:
        raise ColumnError(
            "There is no time column to split by.", code="no_time", hint="Name the arrival date with --time."
        )
    if moment is not None and options.test != "random":
        return split.newest(moment, share)
    return split.hold_out(blocks, draws, share)


def without_straddling(
    groups: np.ndarray, people: np.ndarray, test: np.ndarray, *, movable: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Test rows that equal a training row, or are of its person, learn with it, or else step aside.

    Where most of a test that cannot move are of people who came before, these stay: the next leads will be
    theirs as well.
    """
    profile = split.is_mostly_repeated(groups if movable else groups[~test])
    own = np.arange(len(test)) if profile else groups
    equal = split.straddling(own, test)
    both = split.straddling(persons.tied(own, people), test)
    if movable or 2 * both.sum() <= test.sum() + equal.sum():
        equal = both
    return test & ~equal, np.zeros_like(equal) if movable else equal
