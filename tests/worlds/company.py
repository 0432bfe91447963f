"""One made-up company: its ordinary columns, and on demand a strong honest column and a leak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tests.worlds.honest import HONEST, Column, moment
from tests.worlds.leaks import LEAKS, plant
from tests.worlds.measure import auc, expected_auc
from tests.worlds.weak import clutter, weak
from tests.worlds.words import Names

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

TARGETS = (
    "Converted",
    "Outcome",
    "y",
    "Won",
    "target",
    "Result",
    "Bought",
    "is_customer",
    "Deal Won",
    "label",
)
SPELLINGS = (
    ("0", "1"),
    ("no", "yes"),
    ("Lost", "Won"),
    ("false", "true"),
    ("No", "Yes"),
    ("Not converted", "Converted"),
)
BLANKS: tuple[str | None, ...] = (None, None, None, "", "N/A", "Select", "-", "unknown")


@dataclass(frozen=True)
class World:
    """A company's leads, and what is true of its columns.

    `kinds` names the kind of each planted column; `positive` is the target's word for won; `time` and
    `identity` are columns or None; `style` is how columns are named ("ambiguous" ones may sound late).
    """

    frame: pl.DataFrame
    target: str
    leak_columns: tuple[str, ...]
    honest_strong_columns: tuple[str, ...]
    kinds: Mapping[str, str] = field(default_factory=dict)
    positive: str = "1"
    time: str | None = None
    identity: str | None = None
    style: str = ""


def world(seed: int, *, leak: bool, honest_auc: float | None = None) -> World:
    """A company by seed, of 600 to 6,000 leads, 5 to 40 columns, 5 to 60 % won.

    `leak` plants one leak (in one of five companies two) whose single-column AUC lies between 0.87 and 1.
    `honest_auc` gives one strong column known at arrival with about that single-column AUC (at most 0.85 is
    meant). In every second world the frame is all text, as from a CSV, else typed.
    """
    rng = np.random.default_rng([seed, int(leak), 7])
    rows = int(np.exp(rng.uniform(np.log(600), np.log(6_000))))
    kinds = _leak_kinds(rng, seed) if leak else []
    timed = "date_closed" in kinds or rng.random() < 0.6
    arrival = _arrival(rng, rows)
    columns = _ordinary(rng, arrival)
    strong = [] if honest_auc is None else _strong(rng, seed, arrival)
    won = _outcome(rng, arrival, columns, strong[0][1] if strong else None, honest_auc)
    leaks = [(kind, *_planted(rng, kind, won, arrival)) for kind in kinds]
    return _assembled(rng, arrival, won, columns, strong, leaks, timed)


def _leak_kinds(rng: np.random.Generator, seed: int) -> list[str]:
    kinds = [list(LEAKS)[seed % len(LEAKS)]]
    if rng.random() < 0.2:
        kinds.append(str(rng.choice([kind for kind in LEAKS if kind != kinds[0]])))
    return kinds


def _planted(rng: np.random.Generator, kind: str, won: Flags, arrival: Array) -> tuple[str, pl.Series]:
    return plant(int(rng.integers(1 << 31)), kind, won, arrival, rng.uniform(0.87, 1.0))


def _strong(rng: np.random.Generator, seed: int, arrival: Array) -> list[tuple[str, Column]]:
    """The strong column, and beside a number now and then the same in four bands, as exports have it."""
    kind = list(HONEST)[seed % len(HONEST)]
    column = HONEST[kind](rng, arrival)
    if column.form != "number" or rng.random() > 0.25:
        return [(kind, column)]
    bands = (column.values.rank("min") * 4 / len(arrival)).ceil().cast(pl.Int64).cast(pl.String)
    return [(kind, column), (kind, Column("category", "Band " + bands, column.shape))]


def _arrival(rng: np.random.Generator, rows: int) -> Array:
    """Days since the company's first day, sorted; some companies grow, some shrink."""
    span = rng.uniform(120, 900)
    return np.sort(rng.uniform(0, 1, rows) ** rng.uniform(0.6, 1.4)) * span


def _ordinary(rng: np.random.Generator, arrival: Array) -> list[Column]:
    number = int(np.exp(rng.uniform(np.log(4), np.log(28))))
    return [weak(rng, arrival) for _ in range(number)]


def _outcome(
    rng: np.random.Generator,
    arrival: Array,
    columns: list[Column],
    strong: Column | None,
    wanted: float | None,
) -> Flags:
    """Draw who buys from what is known at arrival, until chance has not moved the wanted AUC."""
    rows = len(arrival)
    base = max(rng.uniform(0.05, 0.6), 40.0 / rows)
    rest = np.sum([column.shape for column in columns], axis=0)
    rest *= rng.uniform(0.3, 0.9) / max(float(rest.std()), 1e-9)
    if rng.random() < 0.4:
        rest = rest + rng.uniform(-1.2, 1.2) * arrival / arrival[-1]
    if strong is None or wanted is None:
        return rng.random(rows) < _chances(rest, base)
    chance = _tuned(rest, strong, base, wanted)
    aim = min(wanted, expected_auc(chance, strong.shape))
    draws = [rng.random(rows) < chance for _ in range(40)]
    return min(draws, key=lambda won: abs(auc(won, strong.shape) - aim))


def _chances(margin: Array, base: float) -> Array:
    """Chances with this mean: Newton's method for the intercept."""
    intercept = float(np.log(base / (1.0 - base)) - margin.mean())
    for _ in range(15):
        chance = 1.0 / (1.0 + np.exp(-(margin + intercept)))
        step = (chance.mean() - base) / max(float((chance * (1.0 - chance)).mean()), 1e-4)
        intercept -= float(np.clip(step, -1.0, 1.0))
    return 1.0 / (1.0 + np.exp(-(margin + intercept)))


def _tuned(rest: Array, strong: Column, base: float, wanted: float) -> Array:
    """The factor before the strong column's shape that gives the wanted AUC, within what its kind allows."""
    low, high = 0.0, 12.0
    ends = [strong.shape == end for end in (strong.shape.min(), strong.shape.max())]
    bottom, top = (end if end.mean() > 0.005 else None for end in ends)
    for _ in range(16):
        factor = (low + high) / 2.0
        chance = _chances(rest + factor * strong.shape, base)
        cold = bottom is not None and chance[bottom].mean() < 0.05 * base
        hot = top is not None and chance[top].mean() > 0.94
        if cold or hot or expected_auc(chance, strong.shape) > wanted:
            high = factor
        else:
            low = factor
    return _chances(rest + low * strong.shape, base)


def _assembled(
    rng: np.random.Generator,
    arrival: Array,
    won: Flags,
    columns: list[Column],
    strong: list[tuple[str, Column]],
    leaks: list[tuple[str, str, pl.Series]],
    timed: bool,
) -> World:
    names = Names(rng)
    target = str(rng.choice(TARGETS))
    kinds: dict[str, str] = {}
    features = [column.values.alias(names(column.form)) for column in columns]
    for kind, column in strong:
        features.append(column.values.alias(names(column.form)))
        kinds[features[-1].name] = kind
    for kind, form, values in leaks:
        features.append(values.alias(names(form)))
        kinds[features[-1].name] = kind
    features += clutter(rng, arrival, names)
    outcome, positive = _spelt(rng, won, target)
    body = [outcome, *features]
    body = [body[place] for place in rng.permutation(len(body))]
    frame = pl.DataFrame(_front(rng, arrival, timed) + body)
    frame = _as_text(rng, frame, target) if rng.random() < 0.5 else frame
    if rng.random() < 0.5:
        frame = frame[rng.permutation(len(won))]
    return World(
        frame=frame,
        target=target,
        leak_columns=tuple(name for name, kind in kinds.items() if kind in LEAKS),
        honest_strong_columns=tuple(name for name, kind in kinds.items() if kind in HONEST),
        kinds=kinds,
        positive=positive,
        time="Created" if timed else None,
        identity="Lead ID" if "Lead ID" in frame.columns else None,
        style=names.style,
    )


def _front(rng: np.random.Generator, arrival: Array, timed: bool) -> list[pl.Series]:
    columns = []
    if rng.random() < 0.7:
        numbers = rng.permutation(len(arrival)) + 100_000
        columns.append(pl.Series("Lead ID", [f"A{number}" for number in numbers]))
    if timed:
        columns.append(moment(arrival, whole=bool(rng.random() < 0.4)).alias("Created"))
    return columns


def _spelt(rng: np.random.Generator, won: Flags, target: str) -> tuple[pl.Series, str]:
    lost_word, won_word = SPELLINGS[rng.integers(0, len(SPELLINGS))]
    words = pl.Series(target, [lost_word, won_word]).gather(won.astype(np.int64))
    if won_word == "1" and rng.random() < 0.5:
        return words.cast(pl.Int64), "1"
    if won_word == "true" and rng.random() < 0.5:
        return words == "true", "true"
    return words, won_word


def _as_text(rng: np.random.Generator, frame: pl.DataFrame, target: str) -> pl.DataFrame:
    """The frame as a CSV reader gives it: everything text, missing values in the company's own way."""
    blank = BLANKS[rng.integers(0, len(BLANKS))]
    pattern = str(rng.choice(["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y"], p=[0.6, 0.3, 0.1]))
    texts = []
    for column in frame.get_columns():
        dated = column.dtype.is_temporal()
        text = column.cast(pl.Datetime("ms")).dt.strftime(pattern) if dated else column.cast(pl.String)
        texts.append(text if blank is None or column.name in (target, "Created") else text.fill_null(blank))
    return pl.DataFrame(texts)
