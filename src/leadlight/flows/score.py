"""Scoring the leads of a home with the model in service."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import polars as pl

from leadlight.flows.events import with_events
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer
from leadlight.store import Store, leads, models, scores
from leadlight.store.hot_leads import COLD, HOT
from leadlight.store.scores import FiguresPage, ScoredPage, WaitingPage

if TYPE_CHECKING:
    from sqlalchemy import Connection

PAGE: Final = 5_000
REASONS: Final = 3
ID: Final = "id"
COOLING: Final = log(1.25)
"""A lead that became hot stays so until its odds are a fifth below those of the line."""
Watch = Callable[[int], None]


class StoredLeadScorer(Protocol):
    """Scores a page of stored leads as of a moment, their events read through the connection, if given."""

    def __call__(
        self, page: WaitingPage, at: float, connection: Connection | None = None, /
    ) -> ScoredPage: ...


@dataclass(frozen=True)
class Scored:
    """What became of the leads that were looked at."""

    model: str
    looked_at: int = 0
    written: int = 0

    @property
    def unchanged(self) -> int:
        return self.looked_at - self.written


def score_waiting(
    store: Store,
    at: float,
    *,
    everything: bool = False,
    reasons: int = REASONS,
    observe: Watch = lambda _: None,
) -> Scored:
    """Score what is new or changed with the model in service; a page is written while the next is scored."""
    with store.reading() as connection:
        kept, bundle = models.in_service(connection), models.serving(connection)
    assert kept is not None
    prepare = page_scorer(store, kept.number, bundle, at, everything=everything, reasons=reasons)
    looked, written = 0, 0
    with ThreadPoolExecutor(1, "ahead") as ahead:
        page = prepare(0)
        while page is not None:
            following = ahead.submit(prepare, page.last)
            with store.writing() as connection:
                written += scores.record(connection, page)
            looked += len(page)
            observe(looked)
            page = following.result()
    return Scored(bundle.name, looked, written)


def page_scorer(
    store: Store, number: int, bundle: Bundle, at: float, *, everything: bool = False, reasons: int = REASONS
) -> Callable[[int], ScoredPage | None]:
    """What gives the next page of scores behind a lead, by the kept model of this number."""
    score = stored_lead_scorer(store, number, bundle, reasons)

    def prepare(after: int) -> ScoredPage | None:
        with store.reading() as connection:
            page = scores.waiting(connection, number, after, PAGE, everything=everything)
        return None if page is None else score(page, at)

    return prepare


def stored_lead_scorer(store: Store, number: int, bundle: Bundle, reasons: int = REASONS) -> StoredLeadScorer:
    """What scores stored leads by the kept model of this number."""
    scorer = BatchScorer(bundle, reasons=reasons)
    columns = leads.Columns(column.name for column in scorer.scorer.schema.needed)

    def score(page: WaitingPage, at: float, connection: Connection | None = None) -> ScoredPage:
        raw = leads.table(columns.of(page.fields), page.ids, scorer.id or ID)
        raw = with_events(store, bundle, raw, at, page.numbers, connection)
        return scores.page_to_write(store, number, page, _said(scorer, raw), at)

    return score


def _said(scorer: BatchScorer, raw: pl.DataFrame) -> FiguresPage:
    batch = scorer.score(raw)
    figures = batch.scores
    return FiguresPage(
        codes=batch.codes,
        margin=figures.margin.tolist(),
        probability=figures.probability.tolist(),
        low=figures.low.tolist(),
        high=figures.high.tolist(),
        grade=[figures.names[k] for k in figures.grade.tolist()],
        call=figures.call.tolist(),
        reasons=[()] * len(batch.codes) if batch.reasons is None else batch.reasons.to_lists(),
        heat=_heat(scorer.scorer.grades.hot, figures.margin),
    )


def _heat(hot: float, margin: np.ndarray) -> list[int]:
    """Hot from the line on, cold well below it."""
    heat: list[int] = np.select([margin >= hot, margin < hot - COOLING], [HOT, COLD], 0).tolist()
    return heat
