"""Who must not be approached: consent columns read for a channel.

A name says which channel a column is about and whether yes forbids ("Do Not Call") or allows ("Opted In").
What is missing forbids nothing.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import cells, names
from leadlight.data.schema import Column, Schema

Channel = Literal["call", "email"]

_CHANNELS: Final[dict[Channel, tuple[str, ...]]] = {
    "call": ("call", "calls", "phone", "telephone", "mobile", "dnc", "donotcall"),
    "email": ("email", "e mail", "mail", "newsletter", "unsubscribe", "unsubscribed", "donotemail"),
}
_ALLOWING: Final = ("opt in", "optin", "opted in", "consent", "permission", "subscribed")
_FORBIDDING: Final = ("not", "opt out", "optout", "opted out", "unsubscribe", "unsubscribed", "no", "dnc")
_REFUSALS: Final = (
    "opted out",
    "opt out",
    "unsubscribed",
    "do not",
    "withdrawn",
    "refused",
    "revoked",
    "denied",
)


def barred(schema: Schema, raw: pl.DataFrame, channel: Channel) -> NDArray[np.bool_]:
    """The leads that a consent column forbids to approach in this way."""
    found = np.zeros(raw.height, dtype=bool)
    for column in schema.with_role("consent"):
        if column.name in raw.columns and concerns(column.name, channel):
            found |= _forbidden(column, raw[column.name])
    return found


def concerns(name: str, channel: Channel) -> bool:
    """Whether a consent column is about this channel, or about none in particular."""
    named = {each for each, words in _CHANNELS.items() if _says(names.words(name), words)}
    return not named or channel in named


def allows(name: str) -> bool:
    """Whether yes in this column means that one may."""
    text = names.words(name)
    return _says(text, _ALLOWING) and not _says(text, _FORBIDDING)


def _forbidden(column: Column, series: pl.Series) -> NDArray[np.bool_]:
    levels = column.read(series)
    spoken = cells.FALSE_WORDS if allows(column.name) else cells.TRUE_WORDS
    refused = [
        level
        for level in levels.drop_nulls().unique().to_list()
        if level in spoken or _says(names.words(level), _REFUSALS)
    ]
    return levels.is_in(refused).fill_null(False).to_numpy()


def _says(text: str, phrases: tuple[str, ...]) -> bool:
    return any(f" {phrase} " in text for phrase in phrases)
