"""Sets of leads for the public benchmark: files with a small description each, and made-up worlds."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.contest import FOLDS, Contest, Fold, stratified
from leadlight.data.sample import generate

KEYS: Final = frozenset({"file", "target", "positive", "time", "leaks", "aside", "splits"})
SPLITS: Final = ("stratified", "grouped", "forward")


@dataclass(frozen=True)
class LeadSet:
    """Leads of one company: the outcome as 0 and 1, what is known only later taken out, ids set aside."""

    name: str
    frame: pl.DataFrame
    target: str
    splits: Sequence[str]
    aside: Sequence[str] = ()
    time: str | None = None

    def contest(self, split: str) -> Contest:
        outcome = self.frame[self.target].to_numpy()
        if split == "forward":
            return Contest(self.frame, self.target, forward(self.frame, self.time), self.aside)
        folds = (
            grouped(self.frame.drop(self.target, *self.aside)) if split == "grouped" else stratified(outcome)
        )
        return Contest(self.frame, self.target, folds, self.aside)


def sets(descriptions: Path, data: Path) -> Iterator[LeadSet]:
    """The described sets whose file is there, then the made-up worlds."""
    for path in sorted(descriptions.glob("*.toml")):
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        unknown = sorted(set(told) - KEYS)
        if unknown:
            raise SystemExit(f"{path.name}: unknown key {unknown[0]!r}; there are {', '.join(sorted(KEYS))}")
        if (data / told["file"]).is_file():
            yield described(path.stem, told, data)
        else:
            print(f"{path.stem}: {told['file']} is not in the folder of --data; left out")
    yield from (LeadSet(name, *make(), aside=["Lead ID"], time="Created") for name, make in WORLDS.items())


def described(name: str, told: Mapping[str, Any], data: Path) -> LeadSet:
    raw = pl.read_csv(data / told["file"], infer_schema_length=None)
    target = told["target"]
    won = (raw[target].cast(pl.String) == str(told["positive"])).cast(pl.Int64)
    frame = raw.drop(told.get("leaks", [])).with_columns(won.alias(target))
    splits = told.get("splits", ["stratified"])
    return LeadSet(name, frame, target, splits, told.get("aside", []), told.get("time"))


def grouped(frame: pl.DataFrame) -> tuple[Fold, ...]:
    """Leads that are equal in every column lie in one fold together."""
    lot = frame.hash_rows(seed=0).to_numpy() % np.uint64(FOLDS)
    return tuple((np.flatnonzero(lot != k), np.flatnonzero(lot == k)) for k in range(FOLDS))


def forward(frame: pl.DataFrame, time: str | None) -> tuple[Fold, ...]:
    """The newest fifth is foretold from what was before it."""
    order = np.arange(frame.height) if time is None else frame[time].cast(pl.String).arg_sort().to_numpy()
    cut = frame.height * 4 // 5
    return ((order[:cut], order[cut:]),)


def steady() -> tuple[pl.DataFrame, str, Sequence[str]]:
    """The generated sample, along time and drawn at random."""
    return generate(8_000, seed=11).leads, "Converted", ("stratified", "forward")


def clocks() -> tuple[pl.DataFrame, str, Sequence[str]]:
    """The sample with a rate of interest, a price index and a version that all leads of a day share."""
    leads = generate(8_000, seed=12).leads
    dice = np.random.Generator(np.random.PCG64(12))
    days = leads["Created"].cast(pl.String).str.slice(0, 10).str.to_date()
    day = (days - days.min()).dt.total_days().to_numpy()
    rate = np.cumsum(dice.normal(size=int(day.max()) + 1))[day]
    clocked = leads.with_columns(
        Rate=pl.Series(np.round(rate / 5, 2)),
        Index=pl.Series(np.round(100 + 0.1 * day + dice.normal(size=len(day)), 1)),
        Version=pl.Series(day // 30),
    )
    return clocked, "Converted", ("forward",)


def drift() -> tuple[pl.DataFrame, str, Sequence[str]]:
    """What a source is worth turns over in two years, and the rate of winning rises."""
    dice = np.random.Generator(np.random.PCG64(13))
    rows = 8_000
    age = np.sort(dice.random(rows))
    visits, source = dice.poisson(3.0, rows), dice.choice(["web", "fair", "partner", "mail"], rows)
    size, industry = dice.lognormal(4.0, 1.2, rows).round(), dice.choice(list("ABCDEFGH"), rows)
    margin = -2.2 + 0.35 * visits + 0.4 * age + 0.25 * np.log(size) * (industry < "D")
    margin += np.where(source == "web", 1.2 - 2.0 * age, 0.0) + np.where(source == "partner", 0.8, 0.0)
    created = np.datetime64("2024-01-01") + (age * 730).astype(int)
    leads = pl.DataFrame(
        {
            "Lead ID": [f"D{number:05d}" for number in range(rows)],
            "Created": pl.Series(created).cast(pl.String),
            "Visits": visits,
            "Source": source,
            "Employees": size,
            "Industry": industry,
            "Converted": (dice.random(rows) < 1.0 / (1.0 + np.exp(-margin))).astype(np.int64),
        }
    )
    return leads, "Converted", ("stratified", "forward")


WORLDS: Final[Mapping[str, Callable[[], tuple[pl.DataFrame, str, Sequence[str]]]]] = {
    "sample": steady,
    "clocks": clocks,
    "drift": drift,
}
