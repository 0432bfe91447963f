"""Who must not be approached: consent columns read for a channel.

A name says which channel a column is about. What the model does not know is read by its name and values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import consent_words, infer, names, permission
from leadlight.data.schema import Column, Schema

Channel = Literal["call", "email"]


@dataclass(frozen=True)
class Respected:
    """The columns whose word counts for a channel, and those that may say something but are not read."""

    columns: tuple[str, ...]
    unread: tuple[str, ...] = ()

    @staticmethod
    def of(schema: Schema, raw: pl.DataFrame, channel: Channel) -> Respected:
        read = [column.name for column in _columns(schema, raw) if concerns(column.name, channel)]
        return Respected(tuple(read), tuple(_unread(schema, raw, channel)))

    @property
    def sentences(self) -> tuple[str, ...]:
        """What whoever calls has to know: who is left out by which column, or that nobody is."""
        listed = ", ".join(map(repr, self.columns))
        said = f"Who must not be called is read from {listed}." if listed else NOBODY
        doubtful = ", ".join(map(repr, self.unread))
        if not doubtful:
            return (said,)
        return (
            said,
            f"Not read, though it may say so too: {doubtful}."
            " If a yes there forbids to call, train again and name it with --objection.",
        )


NOBODY = "No column says who must not be called: nobody is left out for that."


def barred(schema: Schema, raw: pl.DataFrame, channel: Channel) -> NDArray[np.bool_]:
    """The leads that a consent column forbids to approach in this way."""
    found = np.zeros(raw.height, dtype=bool)
    for column in _columns(schema, raw):
        if concerns(column.name, channel):
            found |= permission.forbidden(column, raw[column.name])
    return found


def concerns(name: str, channel: Channel) -> bool:
    """Whether a consent column is about this channel, or about none in particular."""
    named = consent_words.channels(names.words(name))
    return not named or channel in named


def _columns(schema: Schema, raw: pl.DataFrame) -> Iterator[Column]:
    """Those of the model, and those that came since it was trained."""
    for name in raw.columns:
        if name in schema:
            if schema[name].role == "consent":
                yield schema[name]
        elif infer.is_consent(name, raw[name]):
            yield Column(name, role="consent")


def _unread(schema: Schema, raw: pl.DataFrame, channel: Channel) -> Iterator[str]:
    """What reads like an objection today and was taken for something else, or is not understood."""
    for name in raw.columns:
        known = schema[name].role if name in schema else None
        if known in ("consent", "target", "id", "time") or not concerns(name, channel):
            continue
        if infer.could_be_consent(name, raw[name]) or (known and infer.is_consent(name, raw[name])):
            yield name
