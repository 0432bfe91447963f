"""Made-up leads with all that happens to them: events, contacts, outcomes and spend; and what is true.

The truth is told at one moment, by default a week after a lead arrived: the chance that a lead which is then
undecided will buy, given its columns and the events known by then. Events before that moment do not know the
outcome; those after it do, so that whoever looks ahead is found out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import exp
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import sample_log
from leadlight.data.answers import ANSWERS, DEPARTMENT
from leadlight.data.planted import (
    CONTACTS,
    COST_PER_LEAD,
    EVEN_RETURN,
    PERSONAS,
    TYPICAL,
    Planted,
)
from leadlight.data.sample import (
    DAYS,
    Codes,
    DrawnLeads,
    Floats,
    call_results,
    check_sample,
    draw_leads,
    moments,
)
from leadlight.data.sample_life import Life, live, pick
from leadlight.errors import ConfigError

WON_DAYS = 18.0
SPREAD = 0.8
OPEN_STAGES = ("New", "Working", "Qualified")


@dataclass(frozen=True)
class HistorySample:
    """Leads, four logs beside them, and what is true of each lead and of each channel.

    `truth` has a row a lead: its Probability at the moment, what that would be if it were contacted within a
    day or never, its persona, its outcome in the end and when, in seconds after arrival, it is decided.
    `channels` has a row a source: leads, cost_per_lead, conversion, revenue_per_lead, return.
    """

    leads: pl.DataFrame
    events: pl.DataFrame
    contacts: pl.DataFrame
    outcomes: pl.DataFrame
    spend: pl.DataFrame
    truth: pl.DataFrame
    channels: pl.DataFrame
    ends: Any


def generate_history(
    rows: int = 10_000,
    seed: int = 0,
    planted: Planted | None = None,
    *,
    start: date = date(2024, 1, 1),
) -> HistorySample:
    """Make leads of two years from `start`, and what happened to them until the end of these."""
    wanted = planted or Planted()
    _check(rows, seed, wanted)
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    persona = pick(rng, np.tile([each.share for each in PERSONAS], (rows, 1)))
    drawn = draw_leads(
        rng, rows, start, (lambda codes: _dress(rng, codes, persona)) if wanted.personas else None
    )
    life = live(rng, drawn, wanted)
    ids = drawn.written["Lead ID"]
    stage = pl.Series("Stage", _stages(rng, life))
    value = np.round(drawn.written["Expected Value"].to_numpy() * np.exp(rng.normal(0.0, 0.2, rows)), 2)
    channels, spend = _money(drawn, life.probability, wanted.channels, start)
    leads = drawn.written.with_columns(stage)
    if wanted.leak:
        leads = leads.with_columns(call_results(rng, life.won, life.is_open))
    return HistorySample(
        leads,
        sample_log.events(rng, drawn, life, wanted, start),
        sample_log.contacts(rng, drawn, life, start),
        sample_log.outcomes(ids, life, value, start),
        spend,
        _truth(ids, life, persona[drawn.first] if wanted.personas else None),
        channels,
        moments(np.array([DAYS * 86_400]), start)[0],
    )


def _check(rows: int, seed: int, wanted: Planted) -> None:
    check_sample(rows, seed, wanted.positives)
    if not 0.0 <= wanted.late <= 1.0 or not wanted.moment > 0.0 or not wanted.waiting > 0.0:
        raise ConfigError(
            "What is planted cannot be: late is a share, moment and waiting are days.", code="sample_planted"
        )


def _dress(rng: np.random.Generator, codes: dict[str, Codes], persona: Codes) -> None:
    """Let most people answer as their persona does; what nobody answered stays so."""
    for number, person in enumerate(PERSONAS):
        for name, words in person.answers.items():
            levels = _levels(name)
            here = (persona == number) & (codes[name] >= 0) & (rng.random(len(persona)) < TYPICAL)
            chosen = np.array([levels.index(word) for word in words])
            codes[name][here] = chosen[rng.integers(0, len(chosen), int(here.sum()))]
    told = codes["Title"] >= 0
    codes["Title"] = np.where(told & (codes["Seniority"] >= 0), codes["Seniority"], codes["Title"])


def _levels(name: str) -> list[str]:
    answers = DEPARTMENT if name == "Department" else ANSWERS[name]
    return [level.name for level in answers.levels]


def _stages(rng: np.random.Generator, life: Life) -> NDArray[Any]:
    worked = (life.contacted < life.horizon) & (life.contact < len(CONTACTS) - 1)
    moved = np.where(worked, 1 + (rng.random(len(worked)) < 0.15 + 0.4 * life.probability), 0)
    words = np.array([*OPEN_STAGES, "Lost", "Won"])
    stages: NDArray[Any] = words[np.where(life.is_open, moved, 3 + life.won)]
    return stages


def _truth(ids: pl.Series, life: Life, persona: Codes | None) -> pl.DataFrame:
    names = pl.Series([each.name for each in PERSONAS])
    who = (
        pl.Series([None], dtype=pl.String).new_from_index(0, len(ids)) if persona is None else names[persona]
    )
    return pl.DataFrame(
        {
            "Lead ID": ids,
            "Probability": life.probability,
            "Probability within a Day": life.quick,
            "Probability if never Worked": life.never,
            "First Contact": np.array([each.name for each in CONTACTS])[life.contact],
            "Persona": who,
            "Buys": life.won.astype(np.int64),
            "Days to Decision": life.decided / 86_400.0,
        }
    )


def _money(
    drawn: DrawnLeads, probability: Floats, differ: bool, start: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is true of each source, and what is spent on it a week."""
    source = drawn.codes["Lead Source"][drawn.first]
    worth = probability * drawn.written["Expected Value"].to_numpy() * exp(0.02)
    week = drawn.seconds[drawn.first] // (7 * 86_400)
    known, spent = [], []
    for number, level in enumerate(ANSWERS["Lead Source"].levels):
        here = source == number
        count = int(here.sum())
        each = float(worth[here].mean()) if count else 0.0
        cost = COST_PER_LEAD.get(level.name, 0.0) if differ else each / EVEN_RETURN
        conversion = float(probability[here].mean()) if count else 0.0
        known.append((level.name, count, cost, conversion, each, each / cost if cost else None))
        spent += [
            (level.name, int(at), round(cost * many, 2))
            for at, many in zip(*np.unique(week[here], return_counts=True), strict=True)
            if cost
        ]
    names = ("channel", "leads", "cost_per_lead", "conversion", "revenue_per_lead", "return")
    paid = pl.DataFrame(
        spent, schema={"channel": pl.String, "week": pl.Int64, "amount": pl.Float64}, orient="row"
    )
    day = moments(paid["week"].to_numpy() * 7 * 86_400, start).dt.date()
    spend = paid.select("channel", day.alias("day"), "amount", pl.lit("EUR").alias("currency"))
    return pl.DataFrame(known, schema=list(names), orient="row"), spend.sort("day", "channel")
