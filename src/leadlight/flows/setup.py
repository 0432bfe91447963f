"""From an export to a model in service: look at it, learn from it, put it in service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Final

import polars as pl

from leadlight.connect import files
from leadlight.data import rows
from leadlight.data.config.record import ColumnConfig
from leadlight.data.structure import find_id, sure_id
from leadlight.errors import InputError
from leadlight.flows.gather import gather_leads
from leadlight.flows.promote import model_in_service, promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.model.bundle import Bundle
from leadlight.store import Store
from leadlight.store.intake import Taken
from leadlight.training import fit, inspection
from leadlight.training.inspection import InspectedLeads
from leadlight.training.options import Options

PAGE: Final = 2_000
Observe = Callable[[str], None]


@dataclass(frozen=True)
class SetupChoices:
    """What somebody confirmed or changed; blank is as found."""

    target: str = ""
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    id: str = ""
    time: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    actionable: tuple[str, ...] = ()
    """Columns that a company can change: what would change a score is told of these."""

    @staticmethod
    def as_in_service(store: Store) -> SetupChoices:
        """Where training on the home's own leads begins: what was named as actionable stays so."""
        known = model_in_service(store)
        columns = () if known is None else known.scorer.schema.columns
        return SetupChoices(actionable=tuple(column.name for column in columns if column.actionable))

    def options(self) -> Options:
        roles = {name: role for name, role in self.columns.items() if role not in ("", "drop", "keep")}
        told = {name: ColumnConfig(actionable=True) for name in self.actionable}
        for name, role in roles.items():
            told[name] = ColumnConfig(role=role, actionable=True if name in told else None)
        return Options(
            target=self.target or None,
            positive=self.won,
            negative=self.lost,
            id=self.id or None,
            time=self.time or None,
            drop=tuple(name for name, role in self.columns.items() if role == "drop"),
            keep=tuple(name for name, role in self.columns.items() if role == "keep"),
            columns=told,
        )


def leads_of_file(path: Path) -> pl.DataFrame:
    """The rows of an export that can be read."""
    return files.read(path).frame


def leads_of_home(store: Store) -> pl.DataFrame:
    """The rows of the home, with the outcomes that were recorded since."""
    known = model_in_service(store)
    target = None if known is None else known.target.column
    identity = None if known is None else known.scorer.schema.name_of("id")
    raw = gather_leads(store, target, identity, departed=True)
    if not raw.height:
        raise InputError("There are no leads in this home.", code="no_leads", hint="Upload an export first.")
    return raw


def inspected(raw: pl.DataFrame, wanted: Options) -> InspectedLeads:
    """What each column was taken for, and what stands in the way."""
    return inspection.inspect(raw, wanted)


def learnt(raw: pl.DataFrame, wanted: Options, version: str, observe: Observe) -> Bundle:
    """A model of these leads; nothing is kept or put in service yet."""
    return fit.train(raw, wanted, version=version, clock=perf_counter, observe=observe).bundle


@dataclass(frozen=True)
class PutInService:
    """What became of the leads of an export whose model was put in service."""

    model: str
    taken: Taken
    left_out: int
    """Rows without an id, or with one that stood earlier in the file."""


def put_in_service(
    store: Store, bundle: Bundle, raw: pl.DataFrame | None, source: str, at: float, who: str
) -> PutInService:
    """The model serves from here on, the rows of the export are kept, and all leads are scored."""
    name = promote_bundle(store, bundle, at, who)
    taken, left_out = Taken(), 0
    if raw is not None:
        identity = bundle.scorer.schema.name_of("id") or sure_id(raw) or find_id(raw, bundle.target.column)
        if identity is None:
            raise InputError(
                "No column holds the ids of the leads.", code="which_id", hint="Choose one in Set-up."
            )
        known = raw.with_columns(rows.identities(raw[identity]).alias(identity))
        kept = known.filter(pl.col(identity).fill_null("") != "").unique(
            identity, keep="last", maintain_order=True
        )
        left_out = raw.height - kept.height
        for start in range(0, kept.height, PAGE):
            taken += take_leads(store, kept[start : start + PAGE], identity, source, at)
    score_waiting(store, at)
    return PutInService(name, taken, left_out)
