"""Columns filled once sales worked the lead or the outcome was known: they are drawn from the outcome.

status_words       sales' words: some nearly only for won, some with about 1 % won, some between, some blank
status_codes       the same as bare codes in a number column
filled_for_won     a field filled only when won (a reason, a product); now and then one forgotten
filled_for_lost    the other way round: a lost reason
wiped_for_lost     an ordinary field that is emptied when the lead is lost
contract_number    a text of its own for each lead, hardly any but won ones
date_after         a date some time after the lead (invoice, kick-off), mostly for won ones
date_closed        a closing date for all, weeks after the lead for won, months for lost ones; only the days
                   since the lead arrived tell, so it comes with a time column
growing_counts     counts that grow after the sale (invoices, calls of the onboarding), for others mostly zero
amount             a money amount that is zero unless won
days_to_close      days until closed; lost ones are closed by the system on one fixed day, or drag on
rating             a sales person's ordered grade, filled late, mostly missing for leads that were not worked
late_score         another scorer's number, filled late, mostly missing for leads that were not worked
stage_copy         a pipeline's stages, each belonging to one outcome, a few in the wrong place
noisy_copy         the outcome in other words, up to 13 % wrong
copy_with_missing  the outcome in other words, up to half missing at random
handover           who is in charge: won leads go to other teams than the rest
flag_after         a box ticked once won (welcome pack sent), up to a quarter forgotten

`noise` runs from 0 (as strong as the kind gets) to 1 (weak); `plant` finds the noise for a wanted strength.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tests.worlds.honest import moment
from tests.worlds.measure import single_auc
from tests.worlds.words import levels, several, status

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Maker = Callable[[np.random.Generator, Flags, Array, float], tuple[str, pl.Series]]


def status_words(rng: np.random.Generator, won: Flags, arrival: Array, noise: float) -> tuple[str, pl.Series]:
    for_won = int(np.clip(won.sum() // 60, 1, rng.integers(1, 5)))
    for_lost, between = int(rng.integers(2, 7)), int(rng.integers(1, 4))
    bought, refused, mixed = status(rng, for_won, for_lost, between)
    slip = rng.random(len(won)) < 0.01
    known = rng.random(len(won)) > noise * rng.uniform(0.6, 1.0)
    blank = rng.random(len(won)) < rng.uniform(0.1, 0.6)
    parts = [_any(rng, words, len(won)) for words in (bought, refused, mixed)]
    settled = np.where(won ^ slip, parts[0], parts[1])
    words = np.where(known, settled, parts[2])
    return "category", pl.Series(words.astype(str)).set(pl.Series(~known & blank), None)


def status_codes(rng: np.random.Generator, won: Flags, arrival: Array, noise: float) -> tuple[str, pl.Series]:
    _, words = status_words(rng, won, arrival, noise)
    numbers = rng.permutation(np.arange(1, 60))
    known = words.drop_nulls().unique().sort().to_list()
    codes = {word: int(numbers[place]) for place, word in enumerate(known)}
    return "number", words.replace_strict(codes, default=None, return_dtype=pl.Int64)


def filled_for_won(
    rng: np.random.Generator, won: Flags, arrival: Array, noise: float
) -> tuple[str, pl.Series]:
    return "category", _only(rng, won, noise)


def filled_for_lost(
    rng: np.random.Generator, won: Flags, arrival: Array, noise: float
) -> tuple[str, pl.Series]:
    return "category", _only(rng, ~won, noise)


def _only(rng: np.random.Generator, these: Flags, noise: float) -> pl.Series:
    words = levels(rng, int(rng.integers(1, 7)))
    filled = rng.random(len(these)) < np.where(these, 1.0 - 0.35 * noise, 0.05 * noise * rng.random())
    return pl.Series(_any(rng, words, len(these)).astype(str)).set(pl.Series(~filled), None)


def wiped_for_lost(
    rng: np.random.Generator, won: Flags, arrival: Array, noise: float
) -> tuple[str, pl.Series]:
    words = _any(rng, levels(rng, int(rng.integers(3, 12))), len(won)).astype(str)
    gone = rng.random(len(won)) < np.where(won, 0.02 + 0.06 * noise, 1.0 - 0.35 * noise)
    return "category", pl.Series(words).set(pl.Series(gone), None)


def contract_number(
    rng: np.random.Generator, won: Flags, arrival: Array, noise: float
) -> tuple[str, pl.Series]:
    numbers = 10_000 + rng.permutation(len(won))
    prefix = str(rng.choice(["", "C-", "K", "2024/"]))
    has = rng.random(len(won)) < np.where(won, 1.0 - 0.35 * noise, 0.02 * noise)
    texts = pl.Series([f"{prefix}{number}" for number in numbers]).set(pl.Series(~has), None)
    return "text", texts


def date_after(rng: np.random.Generator, won: Flags, arrival: Array, noise: float) -> tuple[str, pl.Series]:
    lag = rng.gamma(2.0, rng.uniform(5, 40), len(won))
    has = rng.random(len(won)) < np.where(won, 1.0 - 0.3 * noise, 0.08 * noise)
    return "date", moment(np.where(has, arrival + lag, np.nan))


def date_closed(rng: np.random.Generator, won: Flags, arrival: Array, noise: float) -> tuple[str, pl.Series]:
    quick = np.exp(rng.normal(np.log(25.0), 0.3 + 0.5 * noise, len(won)))
    slow = np.exp(rng.normal(np.log(110.0), 0.1 + 0.8 * noise, len(won)))
    return "date", moment(arrival + np.where(won, quick, slow))


def growing_counts(
    rng: np.random.Generator, won: Flags, arrival: Array, noise: float
) -> tuple[str, pl.Series]:
    grown = 1 + rng.poisson(rng.uniform(0.5, 5.0), len(won))
    stray = rng.poisson(1.2, len(won)) * (rng.random(len(won)) < 0.6 * noise)
    late = rng.random(len(won)) < 0.4 * noise
    return "number", pl.Series(np.where(won & ~late, grown + stray, stray).astype(np.int64))


def amount(rng: np.random.Generator, won: Flags, arrival: Array, noise: float) -> tuple[str, pl.Series]:
    money = np.round(np.exp(rng.normal(7.0, 0.8, len(won))), 2)
    has = rng.random(len(won)) < np.where(won, 1.0 - 0.3 * noise, 0.08 * noise)
    return "number", pl.Series(np.where(has, money, 0.0))


def days_to_close(
    rng: np.random.Generator, won: Flags, arrival: Array, noise: float
) -> tuple[str, pl.Series]:
    limit = int(rng.choice([30, 60, 90, 180]))
    worked = np.exp(rng.normal(np.log(limit * 0.4), 0.5, len(won)))
    dragged = np.exp(rng.normal(np.log(limit * (1.2 - 0.7 * noise)), 0.4 + 0.2 * noise, len(won)))
    closed = np.where(rng.random(len(won)) < 0.85 - 0.6 * noise, limit, dragged)
    return "number", pl.Series(np.round(np.where(won, worked, closed)).astype(np.int64))


def rating(rng: np.random.Generator, won: Flags, arrival: Array, noise: float) -> tuple[str, pl.Series]:
    latent, worked = _judged(rng, won, noise)
    grades = ("Very high|High|Might be|Not sure|Low|Worst", "A|B|C|D|E|F", "1|2|3|4|5|6")
    words = several(grades[rng.integers(0, 3)])
    number = int(rng.integers(4, 7))
    cuts = np.quantile(-latent, np.linspace(0, 1, number + 1)[1:-1])
    place = np.searchsorted(cuts, -latent)
    return "category", pl.Series(words).gather(place).set(pl.Series(~worked), None)


def late_score(rng: np.random.Generator, won: Flags, arrival: Array, noise: float) -> tuple[str, pl.Series]:
    latent, worked = _judged(rng, won, noise)
    values = np.round(50.0 + 15.0 * latent, int(rng.integers(0, 3)))
    return "number", pl.Series(values).set(pl.Series(~worked), None)


def _judged(rng: np.random.Generator, won: Flags, noise: float) -> tuple[Array, Flags]:
    latent = rng.normal(0.0, 1.0, len(won)) + (4.5 - 3.5 * noise) * won
    worked = rng.random(len(won)) < np.where(won, 0.97, rng.uniform(0.35, 0.75))
    return latent, worked


def stage_copy(rng: np.random.Generator, won: Flags, arrival: Array, noise: float) -> tuple[str, pl.Series]:
    bought, refused, mixed = status(rng, 1 + int(won.sum() > 150), int(rng.integers(2, 5)), 1)
    parts = [_any(rng, words, len(won)) for words in (bought, refused, [*bought, *refused, *mixed])]
    wrong = rng.random(len(won)) < 0.3 * noise
    return "category", pl.Series(np.where(wrong, parts[2], np.where(won, parts[0], parts[1])).astype(str))


def noisy_copy(rng: np.random.Generator, won: Flags, arrival: Array, noise: float) -> tuple[str, pl.Series]:
    wrong = rng.random(len(won)) < 0.14 * noise
    return "flag", _said(rng, won ^ wrong)


def copy_with_missing(
    rng: np.random.Generator, won: Flags, arrival: Array, noise: float
) -> tuple[str, pl.Series]:
    lost = rng.random(len(won)) < 0.5 * noise
    return "flag", _said(rng, won).set(pl.Series(lost), None)


def handover(rng: np.random.Generator, won: Flags, arrival: Array, noise: float) -> tuple[str, pl.Series]:
    names = levels(rng, int(rng.integers(5, 13)))
    teams = max(1, min(3, int(won.sum()) // 50))
    moved = won & (rng.random(len(won)) > 0.3 * noise)
    return "category", pl.Series(
        np.where(moved, _any(rng, names[:teams], len(won)), _any(rng, names[teams:], len(won))).astype(str)
    )


def flag_after(rng: np.random.Generator, won: Flags, arrival: Array, noise: float) -> tuple[str, pl.Series]:
    ticked = rng.random(len(won)) < np.where(won, 1.0 - 0.3 * noise, 0.02 * noise)
    return "flag", _said(rng, ticked)


def _said(rng: np.random.Generator, yes: Flags) -> pl.Series:
    pairs = (("No", "Yes"), ("0", "1"), ("false", "true"), ("B", "A"), ("open", "done"))
    return pl.Series(pairs[rng.integers(0, len(pairs))]).gather(yes.astype(np.int64))


def _any(rng: np.random.Generator, words: list[str], rows: int) -> NDArray[np.object_]:
    weights = rng.dirichlet(np.full(len(words), 4.0))
    return np.array(words, dtype=object)[rng.choice(len(words), rows, p=weights)]


LEAKS: Mapping[str, Maker] = {
    maker.__name__: maker
    for maker in (
        status_words,
        status_codes,
        filled_for_won,
        filled_for_lost,
        wiped_for_lost,
        contract_number,
        date_after,
        date_closed,
        growing_counts,
        amount,
        days_to_close,
        rating,
        late_score,
        stage_copy,
        noisy_copy,
        copy_with_missing,
        handover,
        flag_after,
    )
}


def strength(kind: str, column: pl.Series, won: Flags, arrival: Array) -> float:
    """The single-column AUC of a leak; a closing date is read as days since the lead arrived."""
    return single_auc(column, won, arrival if kind == "date_closed" else None)


def plant(seed: int, kind: str, won: Flags, arrival: Array, wanted: float) -> tuple[str, pl.Series]:
    """The leak whose single-column AUC is nearest to `wanted`, and never under 0.87."""
    low, high, best = 0.0, 1.0, LEAKS[kind](np.random.default_rng(seed), won, arrival, 0.0)
    for _ in range(9):
        noise = (low + high) / 2.0
        made = LEAKS[kind](np.random.default_rng(seed), won, arrival, noise)
        reached = strength(kind, made[1], won, arrival)
        if reached >= max(wanted - 0.002, 0.87):
            low, best = noise, made
        else:
            high = noise
    return best
