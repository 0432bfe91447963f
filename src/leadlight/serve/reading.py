"""One lead as it came over HTTP, against the columns of the model in service.

A text that the reader of files would accept for a column is accepted, and one for missing is missing; what it
would count as unreadable is refused here, because whoever sends it can still mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from leadlight.data import cells
from leadlight.errors import RequestError
from leadlight.model.lead_scorer import Input, LeadScorer
from leadlight.serve.body import holds_scalars
from leadlight.serve.problem import pointer

EXAMPLES: Final = {"number": "a number", "date": "a date such as 2026-03-31T09:00Z"}


class Reader:
    """Reads leads for a model; what whoever sends them can still mend is refused."""

    def __init__(self, scorer: LeadScorer) -> None:
        self.scorer = scorer
        self.id = scorer.scorer.schema.name_of("id")

    def read(self, lead: Any, place: int, at: float | None = None) -> Input:
        """The input of a lead; refused where a field is not what the column holds."""
        if type(lead) is not dict or not holds_scalars(lead):
            raise _shapeless(lead, place)
        read = self.scorer.read(lead, at)
        if read.unreadable:
            raise self._unreadable(read.unreadable[0], place)
        return read

    def identity(self, lead: Mapping[str, Any]) -> str | None:
        """The id as exact text."""
        value = lead.get(self.id) if self.id is not None else None
        text = cells.text_of(lead.get("id") if value is None else value)
        return None if text is None else cells.trim(text)

    def _unreadable(self, name: str, place: int) -> RequestError:
        kind = self.scorer.scorer.schema[name].kind
        return RequestError(
            422,
            f"The field is not {EXAMPLES[kind]}.",
            code=f"not_a_{kind}",
            where=pointer("leads", place, name),
            hint=f"Send {EXAMPLES[kind]}, or null where it is not known.",
        )


def _shapeless(lead: Any, place: int) -> RequestError:
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
