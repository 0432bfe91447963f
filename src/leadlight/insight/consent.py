"""Who must not be approached: consent columns read for a channel.

A name says which channel a column is about. What the model does not know is read by its name and values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import infer, names, permission
from leadlight.data.schema import Column, Schema

Channel = Literal["call", "email"]

_CHANNELS: Final[dict[Channel, tuple[str, ...]]] = {
    "call": ("call", "calls", "phone", "telephone", "mobile", "dnc", "donotcall"),
    "email": ("email", "e mail", "mail", "newsletter", "unsubscribe", "unsubscribed", "donotemail"),
}


def barred(schema: Schema, raw: pl.DataFrame, channel: Channel) -> NDArray[np.bool_]:
    """The leads that a consent column forbids to approach in this way."""
    found = np.zeros(raw.height, dtype=bool)
    for column in _columns(schema, raw):
        if concerns(column.name, channel):
            found |= permission.forbidden(column, raw[column.name])
    return found


def concerns(name: str, channel: Channel) -> bool:
    """Whether a consent column is about this channel, or about none in particular."""
    text = names.words(name)
    named = {each for each, words in _CHANNELS.items() if names.says(text, words)}
    return not named or channel in named


def _columns(schema: Schema, raw: pl.DataFrame) -> Iterator[Column]:
    """Those of the model, and those that came since it was trained."""
    for name in raw.columns:
        if name in schema:
            if schema[name].role == "consent":
                yield schema[name]
        elif infer.is_consent(name, raw[name]):
            yield Column(name, role="consent")
