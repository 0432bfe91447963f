"""Where scored leads go: straight on in their order, or the best of them at the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.connect.files import Writer
from leadlight.connect.files.leads import Carried
from leadlight.model.grade import rank
from leadlight.model.scoring import beside

AHEAD: Final = 2


@dataclass(frozen=True)
class Part:
    """Scored leads: our columns, and theirs as cheaply as their format allows (else the id alone)."""

    ours: pl.DataFrame
    margin: NDArray[np.float64]
    identities: pl.DataFrame
    carried: Carried | None
    keep: NDArray[np.bool_] | None

    def frame(self) -> pl.DataFrame:
        own = self.identities
        if self.carried is not None:
            own = self.carried.frame() if self.keep is None else self.carried.frame().filter(self.keep)
        return beside(own, self.ours)


@contextmanager
def straight(writer: Writer) -> Iterator[Callable[[Part], None]]:
    """Write each part in a thread of its own while the next one is scored; a few may wait, not more."""
    waiting: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1) as pool:

        def write(part: Part) -> None:
            waiting.append(pool.submit(lambda: writer.write(part.frame())))
            if len(waiting) > AHEAD:
                waiting.popleft().result()

        yield write
        for future in waiting:
            future.result()


@contextmanager
def best(writer: Writer, count: int) -> Iterator[Callable[[Part], None]]:
    """Keep the best only, and write them at the end with their rank."""
    kept: list[tuple[pl.DataFrame, NDArray[np.float64], pl.DataFrame]] = []

    def write(part: Part) -> None:
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
