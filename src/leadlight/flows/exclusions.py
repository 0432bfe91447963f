"""Who must be left out of scores and lists: by a file of people, and by the objections that a home keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import frame, handles, names
from leadlight.data.handles import KINDS, Handle, kinds_of
from leadlight.data.schema import Schema
from leadlight.errors import ColumnError
from leadlight.flows.people_list import ID, PeopleList, read_people_list
from leadlight.model.bundle import Bundle

if TYPE_CHECKING:
    from leadlight.flows.objections import Objections

SPOKEN: Final = {"id": "an id", "email": "an e-mail address", "phone": "a phone"}
CALLED: Final = {"email": "Email", "phone": "Phone"}


@dataclass(frozen=True)
class Suppression:
    """Those who are named in a file, in every form that they are kept in."""

    listed: PeopleList
    forms: frozenset[Handle]
    schema: Schema
    source: str

    @staticmethod
    def read(path: Path, bundle: Bundle) -> Suppression:
        """From one column without a header, or a table whose columns are named as in the leads."""
        schema = bundle.scorer.schema
        told = read_people_list(path, schema.name_of("id"))
        forms = frozenset(form for each in told.handles for form in handles.stored_forms(each))
        return Suppression(told, forms, schema, str(path))

    @property
    def identity(self) -> str:
        return self.schema.name_of("id") or ID

    def check(self, leads: Iterable[str]) -> None:
        """Refuse where somebody is named only by what no column of the leads holds."""
        known = {kind for name in leads for kind in self._held(name)}
        lost = [way for way in self.listed.ways if known.isdisjoint(way)]
        if not lost:
            return
        kinds = [kind for kind in KINDS if any(kind in way for way in lost)]
        spoken = " or ".join(SPOKEN[kind] for kind in kinds)
        raise ColumnError(
            f"The list of people names some by {spoken} alone, and no column of the leads holds that.",
            code="suppression_unmatched",
            where=self.source,
            hint=self._step(kinds),
        )

    def _held(self, name: str) -> tuple[str, ...]:
        """What people are told by in a column: "Do Not Email" and "Email Opens" hold no address."""
        kinds = kinds_of(name, self.identity)
        if ID in kinds:
            tells = True
        elif name in self.schema:
            tells = self.schema[name].role in ("personal", "ignore")
        else:
            tells = names.role(name) == "personal" or handles.is_kind(name)
        return kinds if tells else ()

    def _step(self, kinds: Sequence[str]) -> str:
        """What to do so that the list and the leads can be compared."""
        column = " or ".join(repr(CALLED[kind]) for kind in kinds if kind in CALLED)
        if column:
            return (
                f"Call the column of the leads that holds it {column}; if it is called so, give it"
                ' role = "personal" in leadlight.toml and train again.'
            )
        return f"Give the leads with their ids, in the column {self.identity!r}."

    def columns(self, leads: Iterable[str]) -> list[str]:
        """The columns of the leads that have to be looked at: none of a kind that the file does not name."""
        kinds = {each.kind for each in self.listed.handles}
        return [name for name in leads if not kinds.isdisjoint(kinds_of(name, self.identity))]

    def mask(self, raw: pl.DataFrame) -> NDArray[np.bool_]:
        """The leads that are named in the file."""
        found = np.zeros(raw.height, dtype=bool)
        for name in self.columns(raw.columns):
            is_named = partial(self._names, kinds_of(name, self.identity))
            named = frame.map_distinct(frame.as_text(raw[name]), is_named, pl.Boolean)
            found |= named.fill_null(False).to_numpy()
        return found

    def _names(self, kinds: tuple[str, ...], text: str) -> bool:
        found = (each for kind in kinds for each in handles.in_cell(kind, text))
        return any(form in self.forms for each in found for form in handles.lookup_forms(each))


@dataclass(frozen=True)
class Exclusions:
    """Everything that says who must be left out; with nothing in it, objections were not checked."""

    parts: tuple[Suppression | Objections, ...] = ()
    checked: bool = False

    def check(self, leads: Iterable[str]) -> None:
        """Refuse leads that the files cannot be compared with."""
        present = list(leads)
        for part in self.parts:
            if isinstance(part, Suppression):
                part.check(present)

    def columns(self, leads: Iterable[str]) -> list[str]:
        present = list(leads)
        return list(dict.fromkeys(name for part in self.parts for name in part.columns(present)))

    def mask(self, raw: pl.DataFrame) -> NDArray[np.bool_]:
        hidden = np.zeros(raw.height, dtype=bool)
        for part in self.parts:
            hidden |= part.mask(raw)
        return hidden

    @property
    def lists(self) -> list[PeopleList]:
        """The files among its parts."""
        return [part.listed for part in self.parts if isinstance(part, Suppression)]

    @property
    def notes(self) -> list[str]:
        """What has to be said of how it was checked who objected."""
        if self.checked:
            return [each.note for each in self.lists if each.note]
        return ["Objections were not checked: give --suppress FILE, or --home HOME where they are kept."]

    def to_json(self) -> dict[str, str | int]:
        unread = sum(each.unread for each in self.lists)
        return {"objections": "checked" if self.checked else "not_checked", "suppress_unread": unread}
