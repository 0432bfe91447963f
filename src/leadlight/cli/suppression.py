"""A file of people who must be left out: by id, by e-mail or by phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.connect import files
from leadlight.data import cells, frame, handles, names
from leadlight.data.handles import KINDS, Handle, kinds_of
from leadlight.data.schema import Schema
from leadlight.errors import ColumnError
from leadlight.insight.wording import counted
from leadlight.model.bundle import Bundle

if TYPE_CHECKING:
    from leadlight.store import Store
    from leadlight.store.handle_keys import HandleKey

ID: Final = "id"
SPOKEN: Final = {"id": "an id", "email": "an e-mail address", "phone": "a phone"}
PHONE_SIGNS: Final = frozenset("+() ")
CALLED: Final = {"email": "Email", "phone": "Phone"}


@dataclass(frozen=True)
class Listed:
    """Who is named in a file, and how many of its rows name nobody that can be read.

    `ways` are the kinds by which a row names somebody, each set of them once.
    """

    handles: tuple[Handle, ...]
    rows: int
    unread: int
    ways: frozenset[frozenset[str]]

    @property
    def note(self) -> str | None:
        """What has to be said of the rows that nobody can be barred by."""
        if not self.unread:
            return None
        rows = counted(self.unread, "row")
        return (
            f"{rows} of {self.rows:,} in the list could not be read as an id, an e-mail address or a phone."
        )


@dataclass(frozen=True)
class Suppression:
    """Those who are named in a file, in every form that they are kept in."""

    listed: Listed
    forms: frozenset[Handle]
    schema: Schema
    source: str

    @staticmethod
    def read(path: Path, bundle: Bundle) -> Suppression:
        """From one column without a header, or a table whose columns are named as in the leads."""
        schema = bundle.scorer.schema
        told = listed(path, schema.name_of("id"))
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
class Objections:
    """Who objected or was forgotten in a home, as keyed hashes."""

    store: Store
    keys: frozenset[HandleKey]
    identity: str

    @staticmethod
    def of(store: Store, bundle: Bundle) -> Objections:
        from leadlight.store import handle_keys

        with store.reading() as connection:
            return Objections(
                store, handle_keys.all_barring_keys(connection), bundle.scorer.schema.name_of("id") or ID
            )

    def columns(self, leads: Iterable[str]) -> list[str]:
        """The columns of the leads that have to be looked at."""
        names = list(leads)
        maybe = handles.columns(names) if any(kind == "email" for kind, _ in self.keys) else {}
        return [name for name in names if name in maybe or kinds_of(name, self.identity)]

    def mask(self, raw: pl.DataFrame) -> NDArray[np.bool_]:
        """The leads of these people."""
        from leadlight.store import handle_keys

        wanted = [frame.as_text(raw[name]) for name in self.columns(raw.columns)]
        told = pl.DataFrame([text for text in wanted if self._tells(text)]).to_dicts()
        identity = next((text.name for text in wanted if self._is_id(text.name)), self.identity)
        hidden = np.zeros(raw.height, dtype=bool)
        for row, record in enumerate(told):
            found = handle_keys.handles_of_lead(record, str(record.get(identity) or "").strip(cells.BLANKS))
            hidden[row] = not self.keys.isdisjoint(handle_keys.lookup_keys(self.store, found))
        return hidden

    def _is_id(self, name: str) -> bool:
        return "id" in kinds_of(name, self.identity)

    def _tells(self, texts: pl.Series) -> bool:
        """A column whose name says nothing may hold addresses."""
        return bool(kinds_of(texts.name, self.identity) or texts.str.contains("@", literal=True).any())


@dataclass(frozen=True)
class Gate:
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
    def lists(self) -> list[Listed]:
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


def listed(path: Path, identity: str | None) -> Listed:
    """Everybody in a file; a column of its own for each kind, or one of all kinds without a header."""
    read = files.read(path)
    told = read.frame
    kinds = [(name, kind) for name in told.columns for kind in _kinds(name, identity)]
    if not kinds and told.width == 1:
        texts = [*told.columns, *_texts(told.to_series())]
        rows = [_of_any_kind(text) for text in texts]
        ways = [_meant(text, row) for text, row in zip(texts, rows, strict=True)]
        ways = ways[1:] or ways
    elif kinds:
        columns = [[handles.in_cell(kind, text) for text in _texts(told[name])] for name, kind in kinds]
        rows = [[each for cell in cells_of for each in cell] for cells_of in zip(*columns, strict=True)]
        ways = [frozenset(each.kind for each in row) for row in rows]
    else:
        raise ColumnError(
            "No column of the list of people is named as an id, an e-mail or a phone.",
            code="suppression_columns",
            where=str(path),
            hint=f"Name one {identity or 'id'!r}, 'Email' or 'Phone', or give one column without a name.",
        )
    people = tuple(dict.fromkeys(each for row in rows for each in row))
    unread = len(read.rejected) + sum(not row for row in rows)
    if unread and not people:
        raise ColumnError(
            "No row of the list of people can be read as an id, an e-mail address or a phone.",
            code="suppression_nobody",
            where=str(path),
            hint="Nobody would be left out. See which columns have these names, and what they hold.",
        )
    return Listed(people, len(read.rejected) + len(rows), unread, frozenset(filter(None, ways)))


def _kinds(name: str, identity: str | None) -> tuple[str, ...]:
    """What a column of a list tells people by; a name that is itself an address or a number is a value."""
    if handles.in_cell("email", name) or handles.in_cell("phone", name):
        return ()
    return kinds_of(name, identity or ID)


def _of_any_kind(text: str) -> list[Handle]:
    return [each for kind in KINDS for each in handles.in_cell(kind, text)]


def _meant(text: str, found: list[Handle]) -> frozenset[str]:
    """What a text without a heading is: an address is no id, nor is a number with the signs of a phone."""
    kinds = frozenset(each.kind for each in found)
    if "email" in kinds:
        return frozenset(("email",))
    return kinds - {ID} if "phone" in kinds and not PHONE_SIGNS.isdisjoint(text.strip()) else kinds


def _texts(series: pl.Series) -> list[str]:
    return frame.as_text(series).fill_null("").to_list()
