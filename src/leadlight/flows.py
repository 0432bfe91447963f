"""The verbs of a running Leadlight, over the store and the model; each takes values and gives values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from leadlight.data import cells, frame
from leadlight.data.handles import Handle
from leadlight.model import whatif
from leadlight.model.bundle import Bundle
from leadlight.model.encode import Codes
from leadlight.model.scoring import BatchScorer
from leadlight.store import Store, audit, dossier, leads, models, persons, records, scores
from leadlight.store.leads import Kept, Taken
from leadlight.store.scores import Page, Said

PAGE: Final = 5_000
REASONS: Final = 3
ID: Final = "id"
CHANGES: Final = 3
Watch = Callable[[int], None]


@dataclass(frozen=True)
class Scored:
    """What became of the leads that were looked at."""

    model: str
    looked_at: int = 0
    written: int = 0

    @property
    def unchanged(self) -> int:
        return self.looked_at - self.written


def promote(store: Store, bundle: Bundle, at: float, who: str) -> str:
    """Keep a model and put it in service, once its own test has passed."""
    bundle.check()
    with store.writing() as connection:
        number, now = models.add(connection, bundle, at), models.in_service(connection)
        if now is None or now.number != number:
            models.promote(connection, number, at, who)
            audit.append(store, connection, who, "promote", detail={"model": bundle.name}, at=at)
    return bundle.name


def promote_kept(store: Store, name: str, at: float, who: str) -> str:
    """Put a model in service that is kept already."""
    with store.reading() as connection:
        kept = models.named(connection, name)
        bundle = models.load(connection, kept.number)
    return promote(store, bundle, at, who)


def roll_back(store: Store, at: float, who: str) -> str:
    """Take the model in service out of it; gives the name of the one that is back."""
    with store.writing() as connection:
        name = models.roll_back(connection).name
        audit.append(store, connection, who, "rollback", detail={"model": name}, at=at)
    return name


def take(store: Store, raw: pl.DataFrame, identity: str, source: str, at: float) -> Taken:
    """Take a table of leads in, durable when it returns."""
    with store.writing() as connection:
        return leads.upsert_frame(store, connection, raw, identity, source, at)


def table(
    store: Store, target: str | None = None, identity: str | None = None, *, objecting: bool = True
) -> pl.DataFrame:
    """All leads with all that they say, in the order in which they came; outcomes recorded since count more.

    `target` is where the outcomes go and `identity` where the ids, by default the column that brought them;
    `objecting` is whether people who objected to scoring are among them.
    """
    with store.reading() as connection:
        kept = [lead for page in leads.pages(connection) for lead in page if objecting or not lead.suppressed]
        ended = records.latest_outcomes(connection) if target else {}
    names = dict.fromkeys(name for lead in kept for name in lead.fields)
    columns = {name: [lead.fields.get(name) for lead in kept] for name in names}
    raw = leads.table(columns, [lead.id for lead in kept], identity or _identity(kept))
    if not ended or target is None:
        return raw
    said = [ended.get(lead.number, lead.fields.get(target)) for lead in kept]
    return raw.with_columns(frame.column(target, said))


def serving(store: Store) -> Bundle | None:
    """The model in service, where there is one."""
    with store.reading() as connection:
        kept = models.in_service(connection)
        return None if kept is None else models.load(connection, kept.number)


def _identity(kept: Sequence[Kept]) -> str:
    """The column that most leads brought their ids in; where there is none, one of our own."""
    said, ids = Counter[str](), Counter[str]()
    for lead in kept:
        said.update(lead.fields.keys())
        ids.update(name for name, value in lead.fields.items() if cells.text_of(value) == lead.id)
    brought = (name for name, count in ids.most_common() if 2 * count > len(kept) and count == said[name])
    return next(brought, ID)


def score(
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
    prepare = prepared(store, kept.number, bundle, at, everything=everything, reasons=reasons)
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


def prepared(
    store: Store, number: int, bundle: Bundle, at: float, *, everything: bool = False, reasons: int = REASONS
) -> Callable[[int], Page | None]:
    """What gives the next page of scores behind a lead, by the kept model of this number."""
    scorer = BatchScorer(bundle, reasons=reasons)
    columns = leads.Columns(column.name for column in scorer.scorer.schema.needed)

    def prepare(after: int) -> Page | None:
        with store.reading() as connection:
            page = scores.waiting(connection, number, after, PAGE, everything=everything)
        if page is None:
            return None
        raw = leads.table(columns.of(page.fields), page.ids, scorer.id or ID)
        return scores.ready(store, number, page, _said(scorer, raw), at)

    return prepare


def export(store: Store, asked: Sequence[Handle], at: float) -> dict[str, Any]:
    """Everything that is held about a person, with what would have changed each score."""
    with store.reading() as connection:
        person = persons.find(store, connection, asked)
        return dossier.of(store, connection, person, _changes, at)


def _changes(bundle: Bundle, codes: Codes) -> list[dict[str, Any]]:
    """Over every column, for someone who asks wants to know, not to act."""
    return [change.to_json() for change in whatif.changes(bundle.scorer, codes, every=True)[:CHANGES]]


def _said(scorer: BatchScorer, raw: pl.DataFrame) -> Said:
    batch = scorer.score(raw)
    figures = batch.scores
    return Said(
        codes=batch.codes,
        margin=figures.margin.tolist(),
        probability=figures.probability.tolist(),
        low=figures.low.tolist(),
        high=figures.high.tolist(),
        grade=[figures.names[k] for k in figures.grade.tolist()],
        call=figures.call.tolist(),
        reasons=_reasons(batch.frame),
    )


def _reasons(ours: pl.DataFrame) -> list[list[str]]:
    columns = [name for name in ours.columns if name.startswith("reason_")]
    if not columns:
        return [[]] * ours.height
    return ours.select(pl.concat_list(columns).list.drop_nulls()).to_series().to_list()
