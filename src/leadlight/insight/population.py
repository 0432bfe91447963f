"""Leads with all that is known of them: what the model says, how they ended, who may be called, what for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import rows
from leadlight.errors import InputError
from leadlight.insight import consent
from leadlight.insight.deal_values import DealValues, said_values
from leadlight.insight.expected import Chances, Expected, Money, expected, expected_revenue
from leadlight.model.bundle import Bundle
from leadlight.model.encode import Codes
from leadlight.model.metrics import NINETY, Flags, Floats
from leadlight.model.outcome import known_outcomes
from leadlight.model.repeats import Repeats, equal_leads
from leadlight.model.resample import Estimate
from leadlight.model.scorer import Scores

LEAST: Final = 20
"""Rates and means are told from so many leads on; of fewer it is said that they are too few."""
UNKNOWN: Final = Estimate(None, None, None)


@dataclass(frozen=True)
class GroupFigures:
    """Some leads: how the decided ones ended, and what the open ones that may be called would bring.

    `value` is the worth of the deals that were won, for each decided lead.
    """

    leads: int
    decided: int
    won: int
    open: int
    rate: Estimate
    value: Estimate
    expected: Expected | None
    revenue: Money | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Population:
    """One row a lead; people who objected are not among them. `outcome` is not a number where it is open."""

    bundle: Bundle
    raw: pl.DataFrame
    codes: Codes
    scores: Scores
    outcome: Floats
    callable: NDArray[np.bool_]
    values: DealValues
    repeats: Repeats
    objected: int = 0
    """How many rows of people who objected were left out."""

    @staticmethod
    def of(
        bundle: Bundle,
        raw: pl.DataFrame,
        *,
        objecting: NDArray[np.bool_] | None = None,
        suppressed: NDArray[np.bool_] | None = None,
        deal_value: float | None = None,
        at: float | None = None,
    ) -> Population:
        """Out of all rows: of several rows of an id the one that counts."""
        schema = bundle.scorer.schema
        people = rows.people(raw, schema.name_of("id"))
        nobody = np.zeros(raw.height, dtype=bool)
        objected = rows.of_anyone(nobody if objecting is None else objecting, people)
        barred = consent.barred(schema, raw, "call") | (nobody if suppressed is None else suppressed)
        kept = rows.latest(people, schema.moments(raw)) & ~objected
        if not kept.any():
            raise InputError("There are no leads to look at.", code="no_leads")
        one = raw.filter(kept)
        ended = known_outcomes(bundle, raw)
        outcome, barred = ended[kept], barred | ~np.isnan(ended)
        codes = bundle.scorer.encode(one, at)
        return Population(
            bundle=bundle,
            raw=one,
            codes=codes,
            scores=bundle.scorer.score_codes(codes),
            outcome=outcome,
            callable=np.isnan(outcome) & ~rows.of_anyone(barred, people)[kept],
            values=DealValues.of(said_values(schema, one), outcome == 1.0, deal_value),
            repeats=Repeats.of(outcome == 1.0, equal_leads(one, schema)),
            objected=int(objected.sum()),
        )

    def __len__(self) -> int:
        return self.raw.height

    @property
    def decided(self) -> Flags:
        return ~np.isnan(self.outcome)

    def figures(self, among: Flags) -> GroupFigures:
        """Of some of the leads; what is known of fewer than 20 is not told."""
        decided = among & self.decided
        won = decided & (self.outcome == 1.0)
        waiting = among & self.callable
        count, hits = int(decided.sum()), int(won.sum())
        some, is_priced = bool(waiting.any()), self.values.are_known
        rate = self._rate(decided, hits, count) if count >= LEAST else UNKNOWN
        return GroupFigures(
            leads=int(among.sum()),
            decided=count,
            won=hits,
            open=int((among & ~self.decided).sum()),
            rate=rate,
            value=self._value(rate, decided, won) if is_priced else UNKNOWN,
            expected=expected(self._chances(waiting)) if some else None,
            revenue=expected_revenue(self._chances(waiting), self.values.among(waiting))
            if some and is_priced
            else None,
        )

    def _rate(self, decided: Flags, hits: int, count: int) -> Estimate:
        return Estimate(hits / count, *self.repeats.among(decided).rate_interval(hits))

    def _value(self, rate: Estimate, decided: Flags, won: Flags) -> Estimate:
        """Rate times the mean worth of a deal; where none was made, of those that could have been."""
        if rate.value is None or rate.low is None or rate.high is None:
            return UNKNOWN
        deals = self.values.or_nothing[won if won.any() else decided]
        deal = float(deals.mean())
        doubt = NINETY * float(deals.std(ddof=1)) / np.sqrt(len(deals)) if len(deals) > 1 else deal
        mean = rate.value * deal
        below, above = deal * (rate.value - rate.low), deal * (rate.high - rate.value)
        return Estimate(
            mean,
            max(mean - float(np.hypot(below, rate.value * doubt)), 0.0),
            mean + float(np.hypot(above, rate.value * doubt)),
        )

    def _chances(self, among: Flags) -> Chances:
        said = self.scores
        return Chances(said.margin, said.probability, said.low, said.high).among(among)
