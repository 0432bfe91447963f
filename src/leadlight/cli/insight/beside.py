"""What the commands of this group read: leads with their model, and the logs beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from leadlight.cli import homes
from leadlight.connect import files
from leadlight.data import logs
from leadlight.data.logs import Log
from leadlight.flows.lead_history import history_of, spend_of, touches_of
from leadlight.insight.beside import touches_of as touches_in
from leadlight.insight.channel_money import in_currency
from leadlight.insight.history import History
from leadlight.model.bundle import Bundle
from leadlight.model.event_source import complete_leads
from leadlight.model.scoring import moment


@dataclass(frozen=True)
class Reading:
    """Where leads and logs are, as it was said on the command line."""

    model: Path | None
    leads: str | None
    home: str | None
    events: Path | None = None
    contacts: Path | None = None
    outcomes: Path | None = None
    spend: Path | None = None
    at: str | None = None
    allow_missing: bool = False
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    skip_rows: int | None = None

    @cached_property
    def _bundle(self) -> Bundle:
        return homes.model(self.model, self.home)

    def history(self) -> History:
        """The leads of the file, or of the home, with what became of them."""
        bundle = self._bundle
        at = moment(self.at)
        if self.leads is None:
            with homes.opened(homes.asked(self.home, "LEADS")) as store:
                return history_of(store, bundle, homes.now() if at is None else at)
        read = homes.leads(
            self.leads,
            self.home,
            bundle=bundle,
            objecting=False,
            encoding=self.encoding,
            delimiter=self.delimiter,
            sheet=self.sheet,
            skip_rows=self.skip_rows,
        )
        source = None
        if bundle.events is not None:
            source = homes.events_at_moment(self.events, bundle, self.leads, self.home)
        raw = complete_leads(
            bundle,
            read.frame,
            source,
            allow_missing=self.allow_missing,
            where=read.source,
            switch="--allow-missing",
        )
        contacts, outcomes = _log(self.contacts, logs.contacts), _log(self.outcomes, logs.outcomes)
        return History.of(bundle, raw, contacts=contacts, outcomes=outcomes, at=at)

    def spent(self, currency: str | None) -> Log | None:
        """What channels cost in one currency: of the file, else of the home."""
        found = self._spend()
        return None if found is None else in_currency(found, currency)

    def _spend(self) -> Log | None:
        if self.leads is not None or self.spend is not None:
            return _log(self.spend, logs.spend)
        with homes.opened(homes.asked(self.home, "LEADS")) as store:
            return spend_of(store)

    def touched(self) -> Log | None:
        """By which channels leads came, where events say so: of the file, else of the home."""
        if self.leads is not None or self.events is not None:
            return touches_in(self._bundle, None if self.events is None else files.read(self.events).frame)
        with homes.opened(homes.asked(self.home, "LEADS")) as store:
            return touches_of(store)


def _log(place: Path | None, read: Callable[[pl.DataFrame], Log]) -> Log | None:
    return None if place is None else read(files.read(place).frame)
