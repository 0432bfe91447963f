"""Made-up leads of a software and training seller, with the true probability of each.

The probability is a function of the columns as they are written in the export (a blank has an effect of its
own), and the outcome is one draw from it. So no model can know more than `Sample.truth` does, save by the
column that `leak=True` adds. Personal columns, owner and deal value say nothing beyond the other columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data.answers import ANSWERS, DEPARTMENT, LATER_SHARES, Answers, Level
from leadlight.errors import ConfigError

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DAYS = 730
REPEATED = 0.02
VARIANTS = 0.06
OPEN = 0.4
CONTRAST = 1.35
OFFLINE = (6, 7, 9)
DEAL_VALUES = np.array([900.0, 2_400.0, 6_000.0, 14_000.0, 30_000.0, 60_000.0, 4_000.0])

GIVEN = "Alma Bruno Carla Dario Elin Farid Greta Hana Jonas Kaya León Mira Nadja Otto Pia Sofía Tarek Zoë"
FAMILY_START = "Ash Birch Cedar Elder Fern Hazel Linden Maple Oak Rowan Thorn Willow"
FAMILY_END = "bank brook dale field ford gate hill mark stone wood"
ACCENTS = {"é": "e", "í": "i", "ó": "o", "ë": "e"}
OWNERS = ("Team North", "Team South", "Team East", "Team West", "Inbound desk")


@dataclass(frozen=True)
class Sample:
    """An export of leads, and what is true of each of them."""

    leads: pl.DataFrame
    truth: pl.DataFrame


def generate(
    rows: int = 10_000,
    seed: int = 0,
    *,
    start: date = date(2024, 1, 1),
    positives: float = 0.3,
    stages: bool = False,
    leak: bool = False,
) -> Sample:
    """Make leads that arrive within two years from `start`, of which a share of `positives` buys.

    `stages` gives a column Stage (New, Working, Qualified, Won, Lost; four in ten leads still open) in the
    place of Converted. `leak` adds a column that sales fill in once they know how it ended.
    The features are the same with and without either.
    """
    check_sample(rows, seed, positives)
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = draw_leads(rng, rows, start)
    probability = centred_probability(drawn.margin, positives)[drawn.first]
    ending = _ending(rng, drawn.elapsed, probability, stages=stages, leak=leak)
    leads = drawn.written.hstack(ending)
    return Sample(leads, pl.DataFrame([leads["Lead ID"], pl.Series("Probability", probability)]))


@dataclass(frozen=True)
class DrawnLeads:
    """Leads as they arrive, before anything is known of how they end.

    `first` says which lead's answers each row has: a form that is sent twice has those of the one before.
    `seconds`, `elapsed` (the share of the two years), `margin` (the log-odds but for the intercept) and
    `codes` (the answers as level numbers) are those of the rows before that.
    """

    seconds: Codes
    elapsed: Floats
    codes: dict[str, Codes]
    margin: Floats
    first: Codes
    written: pl.DataFrame


def draw_leads(
    rng: np.random.Generator, rows: int, start: date, tilt: Callable[[dict[str, Codes]], None] | None = None
) -> DrawnLeads:
    """Let leads arrive; `tilt` may change some of their answers, before all else that hangs on them."""
    seconds = _arrivals(rng, rows, start)
    elapsed = seconds / (DAYS * 86_400.0)
    codes = _answers(rng, elapsed)
    if tilt is not None:
        tilt(codes)
    numbers = _visits(rng, codes)
    flags = _flags(rng, codes, numbers)
    margin = _margin(codes, numbers, flags, elapsed)
    written = _written(rng, codes, numbers, flags).hstack(_people(rng, codes))
    first = _first_sent(rng, rows)
    arrived = pl.DataFrame([_identity(rows), _written_moments(seconds[first], start).alias("Created")])
    return DrawnLeads(seconds, elapsed, codes, margin, first, arrived.hstack(written[first]))


def check_sample(rows: int, seed: int, positives: float) -> None:
    if rows < 1:
        raise ConfigError(f"A sample needs at least one row, not {rows}.", code="sample_rows")
    if seed < 0:
        raise ConfigError(f"The seed of a sample must not be negative, but it is {seed}.", code="sample_seed")
    if not 0.0 < positives < 1.0:
        message = f"The share of leads that buy must lie between 0 and 1, but it is {positives}."
        raise ConfigError(message, code="sample_positives", hint="Give a share such as 0.3.")


def _arrivals(rng: np.random.Generator, rows: int, start: date) -> Codes:
    """Seconds since the start: growing trade, quiet weekends and summers, busy office hours; sorted."""
    day, hour = np.arange(DAYS), np.arange(24)
    weekend = (day + start.weekday()) % 7 >= 5
    season = 1.0 + 0.15 * np.cos(2.0 * np.pi * (day + start.timetuple().tm_yday - 60) / 182.5)
    growth = 1.0 + 0.5 * day / DAYS
    office = np.exp(-(((hour - 10.5) / 2.5) ** 2)) + 0.8 * np.exp(-(((hour - 15.5) / 3.0) ** 2))
    days = _pick(rng, np.where(weekend, 0.3, 1.0) * season * growth, rows)
    hours = _pick(rng, 0.08 + office, rows)
    return np.sort(days * 86_400 + hours * 3_600 + rng.integers(0, 3_600, rows))


def _written_moments(seconds: Codes, start: date) -> pl.Series:
    """Seconds since the start, as an export writes them."""
    return moments(seconds, start).dt.strftime("%Y-%m-%d %H:%M:%S")


def moments(seconds: NDArray[Any], start: date) -> pl.Series:
    """Seconds since the start as moments."""
    arrived = np.datetime64(datetime.combine(start, time()), "s") + seconds.astype("timedelta64[s]")
    return pl.Series(arrived.astype("datetime64[ms]"))


def _identity(rows: int) -> pl.Series:
    width = max(6, len(str(rows)))
    numbers = pl.int_range(1, rows + 1, eager=True).cast(pl.String).str.zfill(width)
    return ("L-" + numbers).alias("Lead ID")


def _first_sent(rng: np.random.Generator, rows: int) -> Codes:
    """Some forms are sent twice: such a row repeats the one before it under an id of its own."""
    repeated = rng.random(rows) < REPEATED
    repeated[0] = False
    return np.maximum.accumulate(np.where(repeated, 0, np.arange(rows)))


def _pick(rng: np.random.Generator, weights: Floats, rows: int) -> Codes:
    bounds = np.cumsum(weights / weights.sum())[:-1]
    return np.searchsorted(bounds, rng.random(rows), side="right").astype(np.int64)


def _shares(levels: Sequence[Level]) -> Floats:
    return np.array([level.share for level in levels])


def _answers(rng: np.random.Generator, elapsed: Floats) -> dict[str, Codes]:
    """The answers of each lead as level numbers; -1 where nobody answered, which is not at random."""
    rows = len(elapsed)
    codes = {name: _pick(rng, _shares(answers.levels), rows) for name, answers in ANSWERS.items()}
    codes["Department"] = _pick(rng, _shares(DEPARTMENT.levels), rows)
    later = _pick(rng, np.array(LATER_SHARES), rows)
    codes["Lead Source"] = np.where(rng.random(rows) < elapsed, later, codes["Lead Source"])
    codes["Title"] = codes["Seniority"].copy()
    offline = np.isin(codes["Lead Source"], OFFLINE)
    untold = {
        "Lead Source": np.full(rows, 0.004),
        "Campaign": np.where(offline | (codes["Lead Source"] == 5), 0.9, 0.35),
        "Country": np.full(rows, 0.05),
        "Seniority": np.array([0.08, 0.10, 0.16, 0.28, 0.40])[codes["Seniority"]],
        "Industry": np.where(offline, 0.3, 0.18),
        "Company Size": np.array([0.40, 0.22, 0.15, 0.12, 0.10, 0.10])[codes["Company Size"]],
        "Title": np.full(rows, 0.25),
    }
    for name, chance in untold.items():
        codes[name][rng.random(rows) < chance] = -1
    return codes


def _visits(rng: np.random.Generator, codes: dict[str, Codes]) -> dict[str, Floats]:
    """Visits, pages and minutes hang together; offline leads rarely came, and blockers hide all three."""
    rows = len(codes["Seniority"])
    interest = rng.normal(0.0, 1.0, rows) + 0.25 * (codes["Title"] == 0) - 0.2 * (codes["Lead Source"] == 3)
    came = rng.random(rows) > np.where(np.isin(codes["Lead Source"], OFFLINE), 0.7, 0.12)
    visits = np.where(came, 1 + rng.poisson(np.exp(0.4 + 0.6 * interest)), 0)
    pages = np.where(came, visits + rng.poisson(visits * 1.6), 0)
    minutes = np.where(came, pages * np.exp(rng.normal(0.1, 0.8, rows)) * 0.9, 0.0)
    hidden = rng.random(rows) < 0.06
    codes["Last Page"][~came | hidden] = -1
    numbers = {"Visits": visits, "Pages Viewed": pages, "Minutes on Site": np.round(minutes, 1)}
    return {name: np.where(hidden, np.nan, values) for name, values in numbers.items()}


def _flags(rng: np.random.Generator, codes: dict[str, Codes], numbers: dict[str, Floats]) -> dict[str, Flags]:
    rows = len(codes["Seniority"])
    busy = np.nan_to_num(numbers["Visits"]) >= 3
    return {
        "Asked for Demo": rng.random(rows) < np.where(busy, 0.22, 0.10),
        "Newsletter": rng.random(rows) < 0.35,
        "Do Not Email": rng.random(rows) < 0.08,
        "Do Not Call": rng.random(rows) < 0.03,
        "Magazine Advert": rng.random(rows) < 0.001,
    }


def _effect(answers: Answers, codes: Codes) -> Floats:
    effects: Floats = np.array([*(level.effect for level in answers.levels), answers.blank_effect])
    return effects[codes]


def _margin(
    codes: dict[str, Codes], numbers: dict[str, Floats], flags: dict[str, Flags], elapsed: Floats
) -> Floats:
    """The log-odds of each lead but for the intercept."""
    margin = np.zeros(len(elapsed))
    for name, answers in ANSWERS.items():
        margin += _effect(answers, codes[name])
    hidden = np.isnan(numbers["Visits"])
    visits = np.log1p(np.nan_to_num(numbers["Visits"]))
    attention = 1.0 - np.exp(-np.nan_to_num(numbers["Minutes on Site"]) / 8.0)
    margin += np.where(hidden, 0.9, 0.3 * visits + 1.3 * attention + 0.5 * (visits - 1.2) * (attention - 0.5))
    margin += 1.1 * flags["Asked for Demo"] + 0.2 * flags["Newsletter"] - 0.7 * flags["Do Not Email"]
    margin -= 0.3 * flags["Do Not Call"]
    source, seniority = codes["Lead Source"], codes["Seniority"]
    margin += 0.7 * ((source == 5) & np.isin(seniority, (0, 1)))
    margin += 0.5 * ((source == 4) & (seniority == 3)) - 0.6 * ((source == 2) & (seniority == 4))
    margin += elapsed * (0.2 - 0.5 * (source == 4) + 0.4 * (source == 2))
    return CONTRAST * margin


def centred_probability(margin: Floats, positives: float) -> Floats:
    """Chances whose mean is the wanted share of positives: Newton's method for the intercept."""
    intercept = float(np.log(positives / (1.0 - positives)) - margin.mean())
    for _ in range(20):
        chance = sigmoid(margin + intercept)
        step = (chance.mean() - positives) / max(float(np.mean(chance * (1.0 - chance))), 1e-6)
        intercept -= float(np.clip(step, -1.0, 1.0))
    return sigmoid(margin + intercept)


def sigmoid(margin: Floats) -> Floats:
    chance: Floats = 1.0 / (1.0 + np.exp(-margin))
    return chance


def _chosen(words: Sequence[str | None], codes: Codes) -> pl.Series:
    return pl.Series(list(words), dtype=pl.String).gather(pl.Series(codes))


def _spelt(rng: np.random.Generator, answers: Answers, codes: Codes) -> pl.Series:
    """The answers as typed: now and then another spelling, and a placeholder or nothing for no answer."""
    words: list[str | None] = [level.name for level in answers.levels]
    written = codes.copy()
    odd = rng.random(len(codes)) < VARIANTS
    spin = rng.integers(0, 1 << 30, len(codes))
    for number, level in enumerate(answers.levels):
        if level.spellings:
            here = odd & (codes == number)
            written[here] = len(words) + spin[here] % len(level.spellings)
            words += level.spellings
    blank = codes < 0
    written[blank] = len(words) + spin[blank] % len(answers.blanks)
    return _chosen([*words, *answers.blanks], written)


def _written(
    rng: np.random.Generator, codes: dict[str, Codes], numbers: dict[str, Floats], flags: dict[str, Flags]
) -> pl.DataFrame:
    columns = [_spelt(rng, answers, codes[name]).alias(name) for name, answers in ANSWERS.items()]
    columns.append(_job_title(codes))
    for name, values in numbers.items():
        series = pl.Series(name, values).fill_nan(None)
        columns.append(series if name == "Minutes on Site" else series.cast(pl.Int64))
    columns += [_chosen(("No", "Yes"), values.astype(np.int64)).alias(name) for name, values in flags.items()]
    columns.append(pl.Series("Privacy Notice", ["Accepted"]).new_from_index(0, len(codes["Seniority"])))
    return pl.DataFrame(columns)


def _job_title(codes: dict[str, Codes]) -> pl.Series:
    forms = ("Chief {} officer", "Director of {}", "{} manager", "{} specialist", "Student")
    departments = [level.name.lower() for level in DEPARTMENT.levels]
    titles = [form.format(department).capitalize() for form in forms for department in departments]
    blank = codes["Title"] < 0
    numbers = np.where(blank, len(titles), codes["Title"] * len(departments) + codes["Department"])
    return _chosen([*titles, None], numbers).alias("Job Title")


def _people(rng: np.random.Generator, codes: dict[str, Codes]) -> pl.DataFrame:
    """Made-up names, addresses under example.com and example.org, numbers from ranges kept for fiction."""
    rows = len(codes["Seniority"])
    families = [start + end for start in FAMILY_START.split() for end in FAMILY_END.split()]
    names = GIVEN.split()
    given = _chosen(names, rng.integers(0, len(names), rows))
    family = _chosen(families, rng.integers(0, len(families), rows))
    domain = _chosen(("@example.com", "@example.org", "@mail.example.org"), rng.integers(0, 3, rows))
    mailbox = (given + "." + family).str.to_lowercase()
    mailbox = mailbox.str.replace_many(list(ACCENTS), list(ACCENTS.values()))
    number = pl.int_range(0, rows, eager=True).cast(pl.String)
    value = np.exp(rng.normal(0.0, 0.35, rows)) * DEAL_VALUES[codes["Company Size"]]
    return pl.DataFrame(
        [
            (given + " " + family).alias("Name"),
            (mailbox + number + domain).alias("E-mail"),
            _phones(rng, rows),
            _chosen(OWNERS, rng.integers(0, len(OWNERS), rows)).alias("Owner"),
            pl.Series("Expected Value", np.round(value / 50.0) * 50.0),
        ]
    )


def _phones(rng: np.random.Generator, rows: int) -> pl.Series:
    american = pl.Series(200 + rng.integers(0, 790, rows)).cast(pl.String) + " 555 01"
    american = "+1 " + american + pl.Series(rng.integers(0, 100, rows)).cast(pl.String).str.zfill(2)
    british = "+44 7700 900" + pl.Series(rng.integers(0, 1_000, rows)).cast(pl.String).str.zfill(3)
    told = pl.DataFrame({"american": american, "british": british, "draw": rng.random(rows)})
    phone = pl.when(pl.col("draw") < 0.5).then("american").when(pl.col("draw") < 0.8).then("british")
    return told.select(phone.alias("Phone")).to_series()


def _ending(
    rng: np.random.Generator, elapsed: Floats, probability: Floats, *, stages: bool, leak: bool
) -> list[pl.Series]:
    """The outcome, one draw from the true probability, and what else is noted at the end."""
    won = rng.random(len(probability)) < probability
    waiting = _open(rng, elapsed) if stages else np.zeros(len(won), dtype=np.bool_)
    columns = [pl.Series("Converted", won.astype(np.int64))]
    if stages:
        columns = [_stage(rng, won, waiting, probability)]
    if leak:
        columns.append(call_results(rng, won, waiting))
    return columns


def _open(rng: np.random.Generator, elapsed: Floats) -> Flags:
    """The younger a lead the likelier it is still open; that says nothing of how it will end."""
    chance = np.clip(OPEN + 0.7 * (elapsed - elapsed.mean()), 0.02, 0.98)
    waiting: Flags = rng.random(len(elapsed)) < chance
    return waiting


def _stage(rng: np.random.Generator, won: Flags, waiting: Flags, probability: Floats) -> pl.Series:
    words = ("New", "Working", "Qualified", "Lost", "Won")
    draw = rng.random(len(won))
    worked = np.where(draw < 0.45, 0, np.where(draw < 0.9 - 0.4 * probability, 1, 2))
    return _chosen(words, np.where(waiting, worked, 3 + won)).alias("Stage")


def call_results(rng: np.random.Generator, won: Flags, waiting: Flags) -> pl.Series:
    """What a caller notes when the matter is settled, or is about to be."""
    words = ("Order confirmed", "Contract sent", "Will call back", "No answer", "Not interested", None)
    bought = _pick(rng, np.array([0.55, 0.20, 0.12, 0.02, 0.01, 0.10]), len(won))
    refused = _pick(rng, np.array([0.002, 0.01, 0.14, 0.33, 0.40, 0.118]), len(won))
    tried = _pick(rng, np.array([0.0, 0.0, 0.15, 0.15, 0.0, 0.7]), len(won))
    return _chosen(words, np.where(waiting, tried, np.where(won, bought, refused))).alias("Call Result")
