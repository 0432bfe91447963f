"""Work done ahead of the one who waits for it: parsing goes on while the last batch is scored."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

WORKERS = 2
"""Parsers at work at once; each holds one block in memory."""


def ahead(jobs: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """The results of the jobs in their order, a few of them computed before they are asked for."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            for job in jobs:
                waiting.append(pool.submit(job))
                if len(waiting) > WORKERS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
