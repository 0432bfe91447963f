"""How it goes for each made-up lead: what it does, who calls it and when, and how and when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, log, sqrt

import numpy as np
import polars as pl

from leadlight.data.planted import CONTACTS, EVENTS, OWNER_HASTE, Planted
from leadlight.data.sample import (
    DAYS,
    OWNERS,
    Codes,
    DrawnLeads,
    Flags,
    Floats,
    centred_probability,
    sigmoid,
)

DAY = 86_400.0
WON_DAYS = 14.0
"""The days that the middle one of those takes who buy, after it was called."""
SPREAD = 0.8
COLUMNS = 0.7
"""How much of what the columns say is left where people also act."""
BURST = 240.0
"""Seconds from one view of a page to the next, in the mean."""


@dataclass(frozen=True)
class Marks:
    """Events before the moment: whose, which kind, when and when known; and their effect on each lead."""

    lead: Codes
    kind: Codes
    at: Floats
    known: Floats
    activity: Floats
    effect: Floats


@dataclass(frozen=True)
class Life:
    """How it goes for each lead: seconds are after its arrival, `horizon` is how long it is watched."""

    arrival: Codes
    horizon: Floats
    marks: Marks
    contact: Codes
    contacted: Floats
    probability: Floats
    quick: Floats
    never: Floats
    won: Flags
    decided: Floats

    @property
    def is_open(self) -> Flags:
        waiting: Flags = self.decided > self.horizon
        return waiting


def live(rng: np.random.Generator, drawn: DrawnLeads, wanted: Planted) -> Life:
    arrival = drawn.seconds[drawn.first]
    base = COLUMNS * drawn.margin[drawn.first]
    marks = _marks(rng, len(arrival), wanted)
    margin = base + wanted.events * marks.effect
    shares = _haste(base, drawn.written["Owner"])
    effects = wanted.contact * np.array([each.effect for each in CONTACTS])
    expected = margin + shares @ effects
    middle = centred_probability(expected, wanted.positives)
    margin = margin + float(np.log(middle[0] / (1.0 - middle[0])) - expected[0])
    chances = sigmoid(margin[:, None] + effects)
    contact = pick(rng, shares)
    won = rng.random(len(arrival)) < np.take_along_axis(chances, contact[:, None], 1)[:, 0]
    earliest, latest = (np.array([getattr(each, end) for each in CONTACTS]) for end in ("earliest", "latest"))
    share = rng.random(len(arrival)) ** 1.5
    contacted = earliest[contact] + share * (latest - earliest)[contact]
    slow = np.where(won, WON_DAYS, wanted.waiting)
    decided = latest[contact] + slow * np.exp(SPREAD * rng.standard_normal(len(arrival)))
    return Life(
        arrival,
        np.asarray(DAYS * DAY - arrival, dtype=np.float64),
        marks,
        contact,
        contacted * DAY,
        _undecided(shares, chances, latest, wanted),
        _undecided(shares[:, :1] * 0 + 1, chances[:, :1], latest[:1], wanted),
        _undecided(shares[:, :1] * 0 + 1, chances[:, -1:], latest[-1:], wanted),
        won,
        decided * DAY,
    )


def _haste(base: Floats, owner: pl.Series) -> Floats:
    """How likely each kind of first contact is: good leads are called sooner, and some owners are quicker."""
    good = (base - base.mean()) / max(float(base.std()), 1e-9)
    slower = np.arange(len(CONTACTS))
    haste = np.array(OWNER_HASTE)[owner.replace_strict(OWNERS, range(len(OWNERS)), return_dtype=pl.Int64)]
    weight = np.log([each.share for each in CONTACTS]) + np.outer(good, [each.tilt for each in CONTACTS])
    weight = np.exp(weight + np.outer(haste, 1.0 - slower / 2.0))
    shares: Floats = weight / weight.sum(axis=1, keepdims=True)
    return shares


def _undecided(shares: Floats, chances: Floats, latest: Floats, wanted: Planted) -> Floats:
    """The chance to buy of a lead that is undecided at the moment, whoever may have called it."""
    won, lost = (
        np.array([_still_open(wanted.moment - after, middle) for after in latest])
        for middle in (WON_DAYS, wanted.waiting)
    )
    buys = (shares * chances * won).sum(axis=1)
    chance: Floats = buys / (buys + (shares * (1.0 - chances) * lost).sum(axis=1))
    return chance


def _still_open(days: float, middle: float) -> float:
    """How likely it is to take longer than that many days."""
    return 1.0 if days <= 0.0 else 0.5 - 0.5 * erf(log(days / middle) / (SPREAD * sqrt(2.0)))


def _marks(rng: np.random.Generator, rows: int, wanted: Planted) -> Marks:
    """What leads do until the moment, which knows nothing of how they end."""
    activity = rng.gamma(2.0, 0.5, rows)
    lead, kind = happening(rng, np.full(rows, wanted.moment / 7.0) * activity)
    at = rng.uniform(0.0, wanted.moment * DAY, len(lead))
    lead, kind, at = bursts(rng, lead, kind, at)
    at = np.floor(np.minimum(at, wanted.moment * DAY - 1.0)) + 1.0
    known = known_later(rng, at, wanted.late)
    effect = np.zeros(rows)
    for number, event in enumerate(EVENTS):
        if event.half_life:
            here = (kind == number) & (known <= wanted.moment * DAY)
            age = wanted.moment - at[here] / DAY
            faded = np.bincount(lead[here], 0.5 ** (age / event.half_life), rows)
            effect += event.effect * faded
    return Marks(lead, kind, at, known, activity, effect)


def happening(rng: np.random.Generator, weeks: Floats) -> tuple[Codes, Codes]:
    """Whose and which kind, for so many weeks of each lead."""
    counts = rng.poisson(np.outer([event.weekly for event in EVENTS], weeks))
    kind, lead = np.divmod(np.repeat(np.arange(counts.size), counts.ravel()), len(weeks))
    return lead, kind


def bursts(rng: np.random.Generator, lead: Codes, kind: Codes, at: Floats) -> tuple[Codes, Codes, Floats]:
    """Add what follows within minutes."""
    more = rng.poisson(np.array([event.burst for event in EVENTS])[kind])
    first = np.repeat(np.arange(len(lead)), more)
    after = at[first] + rng.exponential(BURST, len(first))
    return np.r_[lead, lead[first]], np.r_[kind, kind[first]], np.r_[at, after]


def known_later(rng: np.random.Generator, at: Floats, late: float) -> Floats:
    wait = np.where(rng.random(len(at)) < late, rng.uniform(1.0, 3.0, len(at)) * DAY, 0.0)
    return at + np.floor(wait)


def pick(rng: np.random.Generator, shares: Floats) -> Codes:
    """One of several for each row, by the shares in it."""
    bounds = np.cumsum(shares, axis=1)
    picked: Codes = (rng.random(len(shares))[:, None] * bounds[:, -1:] > bounds[:, :-1]).sum(axis=1)
    return picked
