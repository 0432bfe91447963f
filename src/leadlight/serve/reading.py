"""One lead as it came over HTTP, against the columns of the model in service.

A text that the reader of files would accept for a column is accepted, and one for missing is missing; what it
would count as unreadable is refused here, because whoever sends it can still mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress
from operator import eq
from typing import Any, Final

from leadlight.data import cells
from leadlight.data.schema import Column
from leadlight.errors import RequestError
from leadlight.model.single import Single
from leadlight.serve.body import holds_scalars
from leadlight.serve.problem import pointer

TYPED: Final = ("number", "date")
EXAMPLES: Final = {"number": "a number", "date": "a date such as 2026-03-31T09:00Z"}


@dataclass(frozen=True)
class Read:
    """The exact input behind a score, and what was noticed on the way."""

    codes: list[int]
    missing: list[str]
    unknown: list[str]

    def warnings(self) -> list[dict[str, Any]]:
        told = []
        if self.missing:
            told.append({"code": "missing_fields", "columns": self.missing})
        if self.unknown:
            told.append({"code": "unknown_fields", "columns": self.unknown})
        return told


class Reader:
    """The columns of a model, laid out for looking at leads one by one."""

    def __init__(self, single: Single) -> None:
        scorer = single.scorer
        schema, features = scorer.schema, scorer.encoder.features
        self.codes = single.codes
        self.id = schema.name_of("id")
        self.known = {column.name for column in schema.columns if not column.expression} | {"id"}
        self.sources = [schema[feature.column] for feature in features]
        self.missing = [feature.missing if feature.column in self.known else -1 for feature in features]
        seen = {feature.column for feature in features} | {scorer.encoder.time}
        self.others = [column for column in schema.needed if column.name not in seen]
        aged = any(feature.take == "age" for feature in features)
        self.time = schema[scorer.encoder.time] if aged and scorer.encoder.time else None

    def read(self, lead: Any, place: int, at: float | None = None) -> Read:
        """The codes of a lead; refused where a field is not what the column holds."""
        if type(lead) is not dict or not holds_scalars(lead):
            raise self._shapeless(lead, place)
        codes = self.codes(lead, at)
        missing: list[str] = []
        for column in compress(self.sources, map(eq, codes, self.missing)):
            if column.name not in missing and _is_missing(column, lead, place):
                missing.append(column.name)
        missing += [column.name for column in self.others if _is_missing(column, lead, place)]
        if self.time is not None and at is None:
            _is_missing(self.time, lead, place)
        unknown = [] if lead.keys() <= self.known else [name for name in lead if name not in self.known]
        return Read(codes, missing, unknown)

    def identity(self, lead: Mapping[str, Any]) -> str | None:
        """The id as exact text."""
        value = lead.get(self.id) if self.id is not None else None
        text = cells.text_of(lead.get("id") if value is None else value)
        return None if text is None else cells.trim(text)

    def _shapeless(self, lead: Any, place: int) -> RequestError:
        path: tuple[str | int, ...] = ("leads", place)
        if isinstance(lead, dict):
            path += tuple(name for name, value in lead.items() if not holds_scalars({name: value}))[:1]
        return RequestError(
            422,
            "A lead is an object of plain values: text, numbers, true, false and null.",
            code="lead_shape",
            where=pointer(*path),
            hint='Send {"column": value, ...}, as the columns stand in the CRM.',
        )


def _is_missing(column: Column, lead: Mapping[str, Any], place: int) -> bool:
    """Whether nothing is known; refused where something is said that cannot be read."""
    value = lead.get(column.name)
    if value is None:
        return True
    if column.read_one(value) is not None:
        return False
    if column.kind not in TYPED or _says_missing(column, value):
        return True
    raise RequestError(
        422,
        f"The field is not {EXAMPLES[column.kind]}.",
        code=f"not_a_{column.kind}",
        where=pointer("leads", place, column.name),
        hint=f"Send {EXAMPLES[column.kind]}, or null where it is not known.",
    )


def _says_missing(column: Column, value: Any) -> bool:
    """A placeholder, as a word or as one of the numbers that were declared to mean missing."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return value in column.missing_numbers
    if cells.clean(value) in column.missing_words:
        return True
    return cells.parse_number(value, column.decimal, column.thousands) in column.missing_numbers
