"""The logs of made-up leads: events, contacts and outcomes, as far as they are known at the end."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from leadlight.data.answers import ANSWERS
from leadlight.data.planted import AFTERMATH, CONTACTS, EVENTS, Planted
from leadlight.data.sample import Codes, DrawnLeads, Floats, moments
from leadlight.data.sample_life import DAY, Life, bursts, happening, known_later

EAGER = 1.8
"""How much oftener somebody acts who is about to buy."""
CALM = 0.3
"""How much rarer anybody acts after the moment."""
LONGEST = 6.0
"""Weeks after the moment in which anything happens."""
FAITHFUL = 0.7
"""How often a later visit comes by the channel of the first."""


def events(
    rng: np.random.Generator, drawn: DrawnLeads, life: Life, wanted: Planted, start: date
) -> pl.DataFrame:
    """What leads did until they were decided, and on request also what buyers did afterwards."""
    ends = np.minimum(life.decided, life.horizon)
    told = [_until_moment(life, ends), _from_moment(rng, life, ends, wanted)]
    told += [_aftermath(rng, life)] if wanted.aftermath else []
    lead, kind, at, known = (np.concatenate(parts) for parts in zip(*told, strict=True))
    kept = known <= life.horizon[lead]
    lead, kind, at, known = lead[kept], kind[kept], at[kept], known[kept]
    order = np.lexsort((kind, at, lead))
    lead, kind, at, known = lead[order], kind[order], at[order], known[order]
    begin = life.arrival[lead]
    names = pl.Series([event.name for event in EVENTS] + list(AFTERMATH))
    log = pl.DataFrame(
        {
            "lead": drawn.written["Lead ID"].gather(lead),
            "type": names.gather(kind),
            "time": moments((begin + at).astype(np.int64), start),
            "known_at": moments((begin + known).astype(np.int64), start),
            "channel": _touches(rng, drawn, lead),
        }
    )
    return log.sort("known_at", "lead", "time", maintain_order=True)


_Log = tuple[Codes, Codes, Floats, Floats]


def _until_moment(life: Life, ends: Floats) -> _Log:
    marks = life.marks
    kept = marks.at < ends[marks.lead]
    return marks.lead[kept], marks.kind[kept], marks.at[kept], marks.known[kept]


def _from_moment(rng: np.random.Generator, life: Life, ends: Floats, wanted: Planted) -> _Log:
    begin = wanted.moment * DAY
    span = np.clip(ends - begin, 0.0, LONGEST * 7.0 * DAY)
    eager = np.where(life.won, EAGER, 1.0) * CALM * life.marks.activity
    lead, kind = happening(rng, span / (7.0 * DAY) * eager)
    lead, kind, at = bursts(rng, lead, kind, begin + 1.0 + rng.uniform(0.0, 1.0, len(lead)) * span[lead])
    at = np.floor(at)
    kept = at < ends[lead]
    lead, kind, at = lead[kept], kind[kept], at[kept]
    return lead, kind, at, known_later(rng, at, wanted.late)


def _aftermath(rng: np.random.Generator, life: Life) -> _Log:
    buyers = np.flatnonzero(life.won)
    lead = np.repeat(buyers, len(AFTERMATH))
    kind = np.tile(len(EVENTS) + np.arange(len(AFTERMATH)), len(buyers))
    at = np.floor(life.decided[lead] + rng.uniform(0.01, 10.0, len(lead)) * DAY) + 1.0
    return lead, kind, at, at


def _touches(rng: np.random.Generator, drawn: DrawnLeads, lead: Codes) -> pl.Series:
    """The channel of each visit: the lead's own for the first, mostly so later; by lead and time."""
    words = [level.name for level in ANSWERS["Lead Source"].levels]
    own = drawn.codes["Lead Source"][drawn.first][lead]
    other = rng.choice(len(words), len(lead), p=[level.share for level in ANSWERS["Lead Source"].levels])
    first = np.r_[True, lead[1:] != lead[:-1]] if len(lead) else np.zeros(0, dtype=np.bool_)
    code = np.where(first | (rng.random(len(lead)) < FAITHFUL), own, other)
    return pl.Series([*words, None], dtype=pl.String).gather(np.where(code < 0, len(words), code))


def contacts(rng: np.random.Generator, drawn: DrawnLeads, life: Life, start: date) -> pl.DataFrame:
    """The first contact and some later ones, each before the lead is decided."""
    tries = 1 + rng.poisson(1.2, len(life.contact))
    lead = np.repeat(np.arange(len(tries)), np.where(life.contact < len(CONTACTS) - 1, tries, 0))
    number = np.arange(len(lead)) - np.searchsorted(lead, lead)
    gap = np.where(number == 0, 0.0, 3.5 * DAY * number * rng.uniform(0.4, 1.0, len(lead)))
    at = life.contacted[lead] + gap
    kept = (at < np.minimum(life.decided, life.horizon)[lead]) & ((number == 0) | (at < life.decided[lead]))
    lead, at = lead[kept], at[kept]
    channel = np.array(["phone", "e-mail"])[(rng.random(len(lead)) < 0.35).astype(np.int64)]
    result = np.array(["reached", "no answer", "left a message"])[
        rng.choice(3, len(lead), p=[0.5, 0.35, 0.15])
    ]
    told = pl.DataFrame(
        {
            "lead": drawn.written["Lead ID"].gather(lead),
            "channel": channel,
            "at": moments((life.arrival[lead] + at).astype(np.int64), start),
            "who": drawn.written["Owner"].gather(lead),
            "result": result,
        }
    )
    return told.sort("at", "lead", maintain_order=True)


def outcomes(ids: pl.Series, life: Life, value: Floats, start: date) -> pl.DataFrame:
    closed = np.flatnonzero(~life.is_open)
    won = life.won[closed]
    told = pl.DataFrame(
        {
            "lead": ids.gather(closed),
            "outcome": np.where(won, "Won", "Lost"),
            "value": pl.Series(np.where(won, value[closed], np.nan)).fill_nan(None),
            "at": moments((life.arrival + life.decided).astype(np.int64)[closed], start),
        }
    )
    return told.sort("at", "lead", maintain_order=True)
