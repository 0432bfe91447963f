"""Leads with the logs that lie beside them, as Python gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from leadlight.data import logs
from leadlight.data.logs import Log
from leadlight.insight import channels
from leadlight.insight.channel_money import in_currency
from leadlight.insight.channels import Channels
from leadlight.insight.history import History
from leadlight.model.bundle import Bundle
from leadlight.model.event_source import complete_leads


@dataclass(frozen=True, eq=False)
class Beside:
    """What became of the leads, what was spent on them, and by which channels they came."""

    history: History
    spend: Log | None
    touched: Log | None

    @staticmethod
    def of(
        bundle: Bundle,
        raw: pl.DataFrame,
        tables: Mapping[str, pl.DataFrame],
        at: float | None,
        currency: str | None = None,
    ) -> Beside:
        """`tables` may be contacts, outcomes, spend and events."""
        raw = complete_leads(bundle, raw)
        called, ended = tables.get("contacts"), tables.get("outcomes")
        spent, events = tables.get("spend"), tables.get("events")
        history = History.of(
            bundle,
            raw,
            contacts=None if called is None else logs.contacts(called),
            outcomes=None if ended is None else logs.outcomes(ended),
            at=at,
        )
        spend = None if spent is None else in_currency(logs.spend(spent), currency)
        return Beside(history, spend, None if events is None else logs.touches(events))

    def channels(self, column: str | None, deal_value: float | None) -> Channels:
        """How each value of a column did, by default of the one that the spend names."""
        known = self.history
        chosen = channels.chosen(known.bundle, known.raw, column, self.spend)
        return channels.by_value(known, chosen, spend=self.spend, touched=self.touched, deal_value=deal_value)
