"""Strong columns that are really known when the lead arrives: the outcome is drawn from them.

number_smooth      a number whose effect only rises or only falls: budget, distance, years in business
number_hump        a number that is best in the middle: company age, staff
category_graded    5 to 30 levels with rates spread from low to high, shares uneven
category_few       5 to 30 levels of which one to three are strong but impure; the others are alike
category_ordered   3 to 5 ordered grades given by the form or the shop system at arrival
counts             engagement before the lead was made: many zeros, a heavy tail
missingness        an answer not told (a telephone number, a budget): those who do not tell buy less
never_visited      minutes, missing for all who never came to the site; the more minutes the better
date_recency       a date before the lead, such as the last visit or the start of a contract elsewhere
date_wished        a date after the lead that the lead itself named: the wished start; the sooner the better
flag               a box ticked in the form, such as asked for a demo
message            a free text in the form: the longer the keener, none the coolest

Each maker gives the column and its shape: the part of the log-odds, up to a factor, that the column carries.
No level is purer than life: the best at most 94 % true rate, the worst at least a twentieth of the base (few
leads may still show none). So some columns stay under the wanted AUC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tests.worlds.words import levels, several

Array = NDArray[np.float64]
EPOCH = np.datetime64(datetime(2023, 1, 1), "ms")


@dataclass(frozen=True)
class Column:
    """A column without a name yet: what it looks like and what it does to the log-odds."""

    form: str
    values: pl.Series
    shape: Array


Maker = Callable[[np.random.Generator, Array], Column]


def moment(days: Array, *, whole: bool = True) -> pl.Series:
    """Days since the company's first day as a date, or as a date with a time; NaN is missing."""
    known = np.where(np.isnan(days), 0.0, days)
    stamps = pl.Series(EPOCH + (known * 86_400_000.0).astype("timedelta64[ms]"))
    stamps = stamps.zip_with(pl.Series(~np.isnan(days)), pl.Series([None], dtype=pl.Datetime("ms")))
    return stamps.cast(pl.Date) if whole else stamps


def standard(values: Array) -> Array:
    """Mean 0, spread 1."""
    return (values - values.mean()) / max(float(values.std()), 1e-9)


def shares(rng: np.random.Generator, number: int) -> Array:
    """Uneven shares of so many levels, none tiny."""
    weights = rng.dirichlet(np.full(number, 1.5)) + 0.15 / number
    return weights / weights.sum()


def number_smooth(rng: np.random.Generator, arrival: Array) -> Column:
    latent = rng.normal(0.0, 1.0, len(arrival))
    form = rng.integers(0, 4)
    values = (
        np.round(50 + 15 * latent, 2),
        np.round(np.exp(6 + 1.2 * latent), 0),
        np.round(rng.uniform(0, 1, len(arrival)) * 100, 1),
        np.round(np.clip(5 + 2 * latent, 0, 10), 0),
    )[form]
    effect = latent if form in (0, 1) else values
    return Column("number", pl.Series(values), standard(effect) * rng.choice((-1.0, 1.0)))


def number_hump(rng: np.random.Generator, arrival: Array) -> Column:
    latent = rng.normal(0.0, 1.0, len(arrival))
    values = np.round(np.exp(3 + 0.9 * latent), 1)
    return Column("number", pl.Series(values), standard(-(np.abs(latent - rng.normal(0, 0.4)) ** 1.5)))


def category_graded(rng: np.random.Generator, arrival: Array) -> Column:
    number = int(rng.integers(5, 31))
    codes = rng.choice(number, len(arrival), p=shares(rng, number))
    effects = rng.permutation(np.linspace(-1.0, 1.0, number)) + rng.normal(0.0, 0.1, number)
    return Column("category", _named(rng, codes, number), effects[codes])


def category_few(rng: np.random.Generator, arrival: Array) -> Column:
    number, strong = int(rng.integers(5, 31)), int(rng.integers(1, 4))
    weights = shares(rng, number)
    weights[:strong] += 0.3 / strong
    codes = rng.choice(number, len(arrival), p=weights / weights.sum())
    effects = np.concatenate([rng.uniform(1.5, 2.5, strong), rng.normal(0, 0.2, number - strong)])
    return Column("category", _named(rng, codes, number), effects[codes])


def category_ordered(rng: np.random.Generator, arrival: Array) -> Column:
    number = int(rng.integers(3, 6))
    codes = rng.choice(number, len(arrival), p=shares(rng, number))
    words = [several(grades) for grades in ("High|Medium|Low|Very low|None", "A|B|C|D|E", "1|2|3|4|5")]
    names = words[rng.integers(0, 3)]
    return Column("category", pl.Series(names).gather(codes), -codes.astype(float))


def counts(rng: np.random.Generator, arrival: Array) -> Column:
    active = rng.random(len(arrival)) > rng.uniform(0.2, 0.6)
    tail = np.floor(np.exp(rng.normal(0.8, 1.0, len(arrival)))) + 1
    values = np.where(active, tail, 0.0)
    return Column("number", pl.Series(values.astype(np.int64)), np.log1p(np.minimum(values, 30.0)))


def missingness(rng: np.random.Generator, arrival: Array) -> Column:
    told = rng.random(len(arrival)) < rng.uniform(0.3, 0.75)
    number = int(rng.integers(3, 9))
    codes = rng.integers(0, number, len(arrival))
    effects = rng.normal(0.0, 0.35, number)
    values = _named(rng, codes, number).set(pl.Series(~told), None)
    return Column("category", values, np.where(told, 1.8 + effects[codes], 0.0))


def never_visited(rng: np.random.Generator, arrival: Array) -> Column:
    came = rng.random(len(arrival)) > rng.uniform(0.1, 0.45)
    latent = rng.normal(0.0, 1.0, len(arrival))
    minutes = pl.Series(np.round(np.exp(1.5 + latent), 2)).set(pl.Series(~came), None)
    return Column("number", minutes, np.where(came, latent, -1.0))


def date_recency(rng: np.random.Generator, arrival: Array) -> Column:
    gap = np.exp(rng.normal(4.5, 1.3, len(arrival)))
    known = rng.random(len(arrival)) > rng.uniform(0.0, 0.2)
    when = np.where(known, arrival - gap, np.nan)
    return Column("date", moment(when), np.where(known, -standard(np.log(gap)), 0.0))


def date_wished(rng: np.random.Generator, arrival: Array) -> Column:
    gap = np.exp(rng.normal(4.0, 0.9, len(arrival)))
    known = rng.random(len(arrival)) > rng.uniform(0.0, 0.35)
    when = np.where(known, arrival + gap, np.nan)
    return Column("date", moment(when), np.where(known, -standard(np.log(gap)), -1.0))


def flag(rng: np.random.Generator, arrival: Array) -> Column:
    ticked = rng.random(len(arrival)) < rng.uniform(0.2, 0.6)
    words = (("No", "Yes"), ("0", "1"), ("false", "true"))[rng.integers(0, 3)]
    return Column("flag", pl.Series(words).gather(ticked.astype(np.int64)), ticked.astype(float))


def message(rng: np.random.Generator, arrival: Array) -> Column:
    latent = rng.normal(0.0, 1.0, len(arrival))
    wrote = latent > rng.uniform(-0.8, 0.5)
    stock = several("please|tell|us|more|about|your|offer|for|our|team|and|what|it|would|cost|next|year")
    stock = [str(word) for word in rng.permutation(stock * 4)]
    lengths = np.clip(np.exp(1.2 + 0.9 * latent), 1, 60).astype(np.int64)
    begins = rng.integers(0, len(stock) - 60, len(arrival))
    told = zip(begins, lengths, wrote, strict=True)
    texts = [" ".join(stock[begin : begin + length]) if wrote else None for begin, length, wrote in told]
    return Column("text", pl.Series(texts, dtype=pl.String), np.where(wrote, np.log(lengths), -1.0))


def _named(rng: np.random.Generator, codes: NDArray[np.int64], number: int) -> pl.Series:
    return pl.Series(levels(rng, number)).gather(codes)


HONEST: Mapping[str, Maker] = {
    maker.__name__: maker
    for maker in (
        number_smooth,
        number_hump,
        category_graded,
        category_few,
        category_ordered,
        counts,
        missingness,
        never_visited,
        date_recency,
        date_wished,
        flag,
        message,
    )
}
