"""Raw batches straight to codes: what schema and encoder give one after the other, words in one step.

The words of a column come back again and again, so each is read once and remembered; nothing is decided here
that `Column.read` and `Feature.code_levels` do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import frame
from leadlight.data.schema import Column, Schema
from leadlight.model.encode import Codes, Encoder, Feature

REMEMBERED: Final = 4096


class Coder:
    """The way from raw leads to codes, made ready for many batches."""

    def __init__(self, schema: Schema, encoder: Encoder) -> None:
        declared = {name for each in encoder.declared for name in (each.name, *each.expression.columns())}
        self.words = {
            place: WordCodes(schema[feature.column], feature)
            for place, feature in enumerate(encoder.features)
            if feature.take == "level" and feature.column not in declared
        }
        direct = {words.column.name for words in self.words.values()}
        self.width = len(encoder.features)
        self.rest = [place for place in range(self.width) if place not in self.words]
        self.schema = Schema(tuple(column for column in schema.columns if column.name not in direct))
        self.encoder = replace(encoder, features=tuple(encoder.features[place] for place in self.rest))

    def apply(self, raw: pl.DataFrame, at: float | None = None) -> tuple[Codes, pl.DataFrame]:
        """The codes of the leads, and the columns that had to be typed on the way."""
        typed = self.schema.apply(raw)
        codes = np.empty((raw.height, self.width), dtype=np.uint16, order="F")
        codes[:, self.rest] = self.encoder.apply(typed, at)
        there = {place: words for place, words in self.words.items() if words.column.name in raw.columns}
        for place in self.words.keys() - there.keys():
            codes[:, place] = self.words[place].feature.missing
        texts = {str(place): frame.as_text(raw[words.column.name]) for place, words in there.items()}
        seen = {place: words.memory for place, words in there.items()}
        places = pl.DataFrame(texts).select(memory.places(str(place)) for place, memory in seen.items())
        for place, words in there.items():
            codes[:, place] = words.codes(texts[str(place)], seen[place], places[str(place)].to_numpy())
        return codes, typed


class WordCodes:
    """One column of words with the code of each that was met so far."""

    def __init__(self, column: Column, feature: Feature) -> None:
        self.column = column
        self.feature = feature
        self.memory = Memory(pl.Series([], dtype=pl.String), self._coded([]))

    def codes(self, texts: pl.Series, memory: Memory, places: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """The codes of some texts that were looked for in a memory; words that it lacks are read now."""
        nowhere = np.flatnonzero(places == len(memory.words))
        if len(nowhere) == texts.null_count():
            return np.take(memory.codes, places)
        fresh = texts.gather(nowhere).drop_nulls().unique()
        if len(memory.words) + len(fresh) > REMEMBERED:
            return self.feature.code_levels(self.column.read(texts))
        more = memory.with_more(fresh, self._coded(fresh.to_list()))
        self.memory = more
        found = pl.DataFrame({"": texts}).select(more.places(""))
        return np.take(more.codes, found.to_series().to_numpy())

    def _coded(self, words: Iterable[str]) -> NDArray[np.uint16]:
        """The codes of some words, and last that of no word."""
        of, other, missing = self.feature.code_of, self.feature.size - 1, self.feature.missing
        levels = [*map(self.column.read_one, words), None]
        return np.array(
            [missing if level is None else of.get(level, other) for level in levels], dtype=np.uint16
        )


@dataclass(frozen=True)
class Memory:
    """Words and their codes, the last one for no word; never changed, so that threads may share it."""

    words: pl.Series
    codes: NDArray[np.uint16]

    @cached_property
    def kind(self) -> pl.Enum:
        return pl.Enum(self.words)

    def places(self, name: str) -> pl.Expr:
        """Where each text of a column stands among the words; behind them where it does not."""
        return (
            pl.col(name)
            .cast(self.kind, strict=False)
            .to_physical()
            .cast(pl.UInt16)
            .fill_null(len(self.words))
        )

    def with_more(self, words: pl.Series, codes: NDArray[np.uint16]) -> Memory:
        return Memory(pl.concat([self.words, words.alias("")]), np.concatenate([self.codes[:-1], codes]))
