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
from leadlight.model.event_source import complete_leads, source_of


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
        done = tables.get("events") if bundle.events is not None else None
        raw = complete_leads(bundle, raw, source_of(bundle, done, None, at))
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
        return Beside(history, spend, touches_of(bundle, events))

    def channels(self, column: str | None, deal_value: float | None) -> Channels:
        """How each value of a column did, by default of the one that the spend names."""
        known = self.history
        chosen = channels.chosen(known, column, self.spend)
        return channels.by_value(known, chosen, spend=self.spend, touched=self.touched, deal_value=deal_value)


def touches_of(bundle: Bundle, events: pl.DataFrame | None) -> Log | None:
    """By which channels leads came; a log that the model looks at need not say it."""
    if events is None or (bundle.events is not None and not logs.tells_channels(events)):
        return None
    return logs.touches(events)
