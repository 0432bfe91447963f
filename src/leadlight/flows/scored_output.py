"""Where scored leads go: straight on in their order, or the best of them at the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.connect.files import Writer
from leadlight.connect.files.leads import Carried, Whole
from leadlight.model.grade import rank
from leadlight.model.scoring import beside, marked

AHEAD: Final = 2


@dataclass(frozen=True)
class ScoredPart:
    """Scored leads: our columns, and theirs as cheaply as their format allows (else the id alone)."""

    ours: pl.DataFrame
    margin: NDArray[np.float64]
    identities: pl.DataFrame
    carried: Carried | None
    keep: NDArray[np.bool_] | None

    @property
    def own(self) -> OwnColumns | None:
        """Their columns, or their ids where nothing else was carried along; some have neither."""
        if self.carried is not None:
            return OwnColumns(self.carried, self.keep, self.ours.columns)
        return OwnColumns(Whole(self.identities), None, self.ours.columns) if self.identities.width else None

    def frame(self) -> pl.DataFrame:
        return self.ours if self.own is None else self.own.frame().hstack(self.ours)


@dataclass(frozen=True)
class OwnColumns:
    """The leads' own columns without the rows that were left out; a name that one of ours has is marked."""

    carried: Carried
    keep: NDArray[np.bool_] | None
    ours: Sequence[str]

    @property
    def columns(self) -> tuple[str, ...]:
        changed = marked(self.carried.columns, self.ours)
        return tuple(changed.get(name, name) for name in self.carried.columns)

    def frame(self) -> pl.DataFrame:
        frame = self.carried.frame() if self.keep is None else self.carried.frame().filter(self.keep)
        return frame.rename(marked(frame.columns, self.ours))

    def lines(self) -> pl.Series | None:
        lines = self.carried.lines()
        return lines if lines is None or self.keep is None else lines.filter(self.keep)


@contextmanager
def straight(writer: Writer) -> Iterator[Callable[[ScoredPart], None]]:
    """Write each part in a thread of its own while the next one is scored; a few may wait, not more."""
    waiting: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1) as pool:

        def write(part: ScoredPart) -> None:
            waiting.append(pool.submit(writer.write, part.ours, part.own))
            if len(waiting) > AHEAD:
                waiting.popleft().result()

        yield write
        for future in waiting:
            future.result()


@contextmanager
def best(writer: Writer, count: int) -> Iterator[Callable[[ScoredPart], None]]:
    """Keep the best only, and write them at the end with their rank."""
    kept: list[tuple[pl.DataFrame, NDArray[np.float64], pl.DataFrame]] = []

    def write(part: ScoredPart) -> None:
        kept.append((part.frame(), part.margin, part.identities))
        kept[:] = [_first(kept, count)]

    yield write
    if kept:
        frame = kept[0][0]
        writer.write(beside(frame, pl.DataFrame({"rank": np.arange(1, frame.height + 1)})))


def _first(
    kept: list[tuple[pl.DataFrame, NDArray[np.float64], pl.DataFrame]], count: int
) -> tuple[pl.DataFrame, NDArray[np.float64], pl.DataFrame]:
    frames, margins, identities = (list(column) for column in zip(*kept, strict=True))
    frame, margin, ids = pl.concat(frames), np.concatenate(margins), pl.concat(identities)
    order = rank(margin, ids.to_series().fill_null("").to_numpy() if ids.width else None)[:count]
    rows = order.tolist()
    return frame[rows], margin[order], ids[rows] if ids.width else ids
