"""A Parquet file written batch by batch: they are handed to polars' own writer, which works beside us."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from queue import Full, Queue
from typing import BinaryIO

import polars as pl
from polars.io.plugins import register_io_source

from leadlight.connect.files.leads import Carried, beside
from leadlight.errors import OutputError

_WAIT = 0.1
_SYSTEM = re.compile(r"os error ([0-9]+)")


class ParquetSink:
    """Batches go through a short queue to a thread that writes them; its faults are told by the next call."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._queue: Queue[pl.DataFrame | None] = Queue(maxsize=1)
        self._thread: threading.Thread | None = None
        self._fault: BaseException | None = None
        self._given_up = False

    def write(self, frame: pl.DataFrame, carried: Carried | None) -> None:
        frame = beside(frame, carried)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, args=(frame.schema,), daemon=True)
            self._thread.start()
        self._put(frame)

    def close(self) -> None:
        if self._thread is not None:
            self._put(None)
            self._thread.join()
            self._tell()

    def abandon(self) -> None:
        self._given_up = True
        if self._thread is not None:
            self._put(None)
            self._thread.join()

    def _put(self, frame: pl.DataFrame | None) -> None:
        """Wait for room, but not for a writer that has failed."""
        while self._thread is not None and self._thread.is_alive():
            try:
                self._queue.put(frame, timeout=_WAIT)
            except Full:
                continue
            return
        self._tell()

    def _run(self, schema: pl.Schema) -> None:
        try:
            source = register_io_source(lambda *_: self._batches(), schema=schema)
            source.sink_parquet(self._handle, maintain_order=True)
        except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001  (told in the caller's thread)
            self._fault = _of_the_system(error)

    def _batches(self) -> Iterator[pl.DataFrame]:
        while (frame := self._queue.get()) is not None:
            yield frame
        if self._given_up:
            raise OutputError

    def _tell(self) -> None:
        if self._fault is None or self._given_up:
            return
        if isinstance(self._fault, OSError):
            raise self._fault
        raise OutputError("The Parquet file could not be written.", code="not_writable") from None


def _of_the_system(fault: BaseException) -> BaseException:
    """polars tells a full disk in words; the number in them says what it was."""
    found = _SYSTEM.search(str(fault))
    return OSError(int(found[1]), os.strerror(int(found[1]))) if found else fault
