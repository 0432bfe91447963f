"""A file of people who must be left out: by id, by e-mail or by phone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.connect import files
from leadlight.data import cells, frame
from leadlight.data.handles import KINDS, digits, kind_of, national
from leadlight.errors import ColumnError
from leadlight.model.bundle import Bundle

if TYPE_CHECKING:
    from leadlight.store import Store
    from leadlight.store.people import Key


@dataclass(frozen=True)
class Suppression:
    """Ids as exact text, e-mails in lower case, phones as digits with and without their country."""

    ids: pl.Series
    mails: pl.Series
    phones: frozenset[str]
    national: frozenset[str]
    identity: str | None

    @staticmethod
    def read(path: Path, bundle: Bundle) -> Suppression:
        """From one column without a header, or a table whose columns are named as in the leads."""
        identity = bundle.scorer.schema.name_of("id")
        told = named(path, identity)
        return _of(told["id"], told["email"], told["phone"], identity)

    def columns(self, leads: Iterable[str]) -> list[str]:
        """The columns of the leads that have to be looked at."""
        return [name for name in leads if kind_of(name, self.identity)]

    def mask(self, raw: pl.DataFrame) -> NDArray[np.bool_]:
        """The leads that are named in the file."""
        found = np.zeros(raw.height, dtype=bool)
        for name in self.columns(raw.columns):
            texts = frame.as_text(raw[name]).str.strip_chars(cells.BLANKS)
            found |= self._named(texts, kind_of(name, self.identity)).fill_null(False).to_numpy()
        return found

    def _named(self, texts: pl.Series, kind: str | None) -> pl.Series:
        if kind == "id":
            return texts.is_in(self.ids.implode())
        if kind == "email":
            return texts.str.to_lowercase().is_in(self.mails.implode())
        return frame.map_distinct(texts, self._is_phone, pl.Boolean)

    def _is_phone(self, text: str) -> bool:
        number = digits(text)
        return (
            number in self.phones or number in self.national or not self.phones.isdisjoint(national(number))
        )


@dataclass(frozen=True)
class Objections:
    """Who objected or was forgotten in a home, as keyed hashes."""

    store: Store
    keys: frozenset[Key]
    identity: str | None

    @staticmethod
    def of(store: Store, bundle: Bundle) -> Objections:
        from leadlight.store import people

        with store.reading() as connection:
            return Objections(store, people.barring(connection), bundle.scorer.schema.name_of("id"))

    def columns(self, leads: Iterable[str]) -> list[str]:
        """The columns of the leads that have to be looked at."""
        return [name for name in leads if kind_of(name, self.identity)]

    def mask(self, raw: pl.DataFrame) -> NDArray[np.bool_]:
        """The leads of these people."""
        from leadlight.store import people

        told = raw.select(frame.as_text(raw[name]) for name in self.columns(raw.columns)).to_dicts()
        hidden = np.zeros(raw.height, dtype=bool)
        for row, record in enumerate(told):
            found = people.of_lead(record, str(record.get(self.identity or "") or "").strip(cells.BLANKS))
            hidden[row] = not self.keys.isdisjoint(people.sought(self.store, found))
        return hidden


@dataclass(frozen=True)
class Gate:
    """Everything that says who must be left out; with nothing in it, objections were not checked."""

    parts: tuple[Suppression | Objections, ...] = ()
    checked: bool = False

    def columns(self, leads: Iterable[str]) -> list[str]:
        names = list(leads)
        return list(dict.fromkeys(name for part in self.parts for name in part.columns(names)))

    def mask(self, raw: pl.DataFrame) -> NDArray[np.bool_]:
        hidden = np.zeros(raw.height, dtype=bool)
        for part in self.parts:
            hidden |= part.mask(raw)
        return hidden

    @property
    def note(self) -> str | None:
        """What a run that left nobody out for objecting has to say."""
        if self.checked:
            return None
        return "Objections were not checked: give --suppress FILE, or --home HOME where they are kept."


def named(path: Path, identity: str | None) -> dict[str, list[str]]:
    """Everything in a file that may name somebody, by its kind."""
    told = files.read(path).frame
    if told.width == 1:
        words = [*told.columns, *_texts(told.to_series())]
        return dict.fromkeys(KINDS, words)
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for name in told.columns:
        if kind := kind_of(name, identity):
            found[kind] += _texts(told[name])
    if told.height and not any(found.values()):
        raise ColumnError(
            "No column of the suppression file is named as an id, an e-mail or a phone.",
            code="suppression_columns",
            where=str(path),
            hint=f"Name one as in the leads, for example {identity or 'Email'!r}.",
        )
    return found


def _of(ids: list[str], mails: list[str], phones: list[str], identity: str | None) -> Suppression:
    numbers = {number for word in phones if "@" not in word and (number := digits(word))}
    return Suppression(
        ids=pl.Series(ids, dtype=pl.String).unique(),
        mails=pl.Series([word.lower() for word in mails if "@" in word], dtype=pl.String).unique(),
        phones=frozenset(numbers),
        national=frozenset(tail for number in numbers for tail in national(number)),
        identity=identity,
    )


def _texts(series: pl.Series) -> list[str]:
    words = frame.as_text(series).str.strip_chars(cells.BLANKS)
    return words.filter(words != "").to_list()
