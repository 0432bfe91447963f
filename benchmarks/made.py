"""Two kinds of made-up leads with the true probability of each: effects that add up, and effects that meet.

The columns are the same. In `linear` every number counts along a straight line and every word by itself:
what a logistic regression can know in full. In `meeting` most of what there is to know lies in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

TARGET: Final = "Converted"
IDENTITY: Final = "Lead ID"
NUMBERS: Final = ("Pages", "Minutes", "Visits", "Mails Opened", "Employees", "Distance")
WORDS: Final = {"Channel": 8, "Industry": 12, "Region": 20, "Plan": 4, "Device": 3}
FLAGS: Final = ("Asked for Demo", "Newsletter", "Returning")
MISSING: Final = 0.08

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Made:
    """Leads with their outcome, and what the chance of each was."""

    frame: pl.DataFrame
    truth: Floats


@dataclass(frozen=True)
class Columns:
    """Numbers about 0 with a spread of 1, level numbers, flags as 0 and 1."""

    numbers: Mapping[str, Floats]
    words: Mapping[str, Codes]
    flags: Mapping[str, Codes]


def linear(rows: int, seed: int) -> Made:
    return _made(rows, seed, _added)


def meeting(rows: int, seed: int) -> Made:
    return _made(rows, seed, _met)


MADE: Final[Mapping[str, Callable[[int, int], Made]]] = {"linear": linear, "interactions": meeting}


def _made(rows: int, seed: int, margin: Callable[[Columns], Floats]) -> Made:
    dice = np.random.Generator(np.random.PCG64(seed))
    columns = _columns(dice, rows)
    truth = 1.0 / (1.0 + np.exp(-margin(columns)))
    won = (dice.random(rows) < truth).astype(np.int64)
    return Made(_written(dice, columns).with_columns(pl.Series(TARGET, won)), truth)


def _columns(dice: np.random.Generator, rows: int) -> Columns:
    """Numbers that lean on one another a little; levels from usual to rare."""
    common = dice.normal(size=rows)
    return Columns(
        {name: 0.5 * common + np.sqrt(0.75) * dice.normal(size=rows) for name in NUMBERS},
        {name: np.minimum(dice.geometric(2.5 / size, rows), size) - 1 for name, size in WORDS.items()},
        {name: dice.integers(0, 2, rows) for name in FLAGS},
    )


def _added(columns: Columns) -> Floats:
    """The last number, the last word and the last flag say nothing."""
    margin: Floats = np.full(len(columns.flags["Newsletter"]), -1.4)
    for name, slope in zip(NUMBERS, (0.7, 0.5, -0.4, 0.3, 0.2, 0.0), strict=True):
        margin += slope * columns.numbers[name]
    for name, size in list(WORDS.items())[:-1]:
        margin += _effects(name, size, 0.7)[columns.words[name]]
    margin += 0.8 * columns.flags["Asked for Demo"] - 0.4 * columns.flags["Newsletter"]
    return margin


def _met(columns: Columns) -> Floats:
    """Products, a number that counts one way in one channel and the other way in the next, pairs of words."""
    pages, minutes, visits, mails, employees, _ = (columns.numbers[name] for name in NUMBERS)
    channel, industry = columns.words["Channel"], columns.words["Industry"]
    demo, newsletter = columns.flags["Asked for Demo"], columns.flags["Newsletter"]
    margin: Floats = -1.1 + 0.3 * pages + 0.8 * pages * minutes - 0.5 * visits * mails
    margin += _effects("slopes", WORDS["Channel"], 0.9)[channel] * employees
    pair = channel * WORDS["Industry"] + industry
    margin += _effects("pairs", WORDS["Channel"] * WORDS["Industry"], 0.8)[pair]
    margin += 1.2 * ((demo != newsletter) - 0.5) + 0.9 * ((visits > 0.5) & (demo == 1))
    return margin


def _effects(name: str, size: int, spread: float) -> Floats:
    """Fixed by the name alone, whatever the rows and the seed: all leads are of one world."""
    dice = np.random.Generator(np.random.PCG64(list(name.encode())))
    return spread * dice.normal(size=size)


def _written(dice: np.random.Generator, columns: Columns) -> pl.DataFrame:
    """As in an export: two digits, names of levels, Yes and No; nothing is missing that counts."""
    numbers = [pl.Series(name, np.round(100 + 20 * each, 1)) for name, each in columns.numbers.items()]
    words = [
        pl.Series(name, [f"{name} {chr(65 + level)}" for level in range(WORDS[name])]).gather(pl.Series(each))
        for name, each in columns.words.items()
    ]
    flags = [
        pl.Series(name, ["No", "Yes"]).gather(pl.Series(each)).alias(name)
        for name, each in columns.flags.items()
    ]
    gone = pl.Series(dice.random(len(numbers[-1])) < MISSING)
    identity = (f"L-{number:07d}" for number in range(len(gone)))
    frame = pl.DataFrame([pl.Series(IDENTITY, identity), *numbers, *words, *flags])
    return frame.with_columns(pl.when(~gone).then(pl.col("Distance")).alias("Distance"))
