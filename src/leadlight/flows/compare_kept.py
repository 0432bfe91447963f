"""Two models that are kept, held against each other on the leads of the home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.errors import StoreError
from leadlight.flows.compare import Comparison, Opinion, held_together
from leadlight.flows.events import with_events, with_past_events
from leadlight.flows.gather import ID
from leadlight.insight.gate import FEWEST, FEWEST_WON, after_training
from leadlight.model.answer import displayed
from leadlight.model.bundle import Bundle
from leadlight.model.outcome import known_outcomes
from leadlight.store import Store, models, watched_leads

MOST: Final = 20_000
"""So many of the newest leads are looked at."""
SHOWN: Final = 20


@dataclass(frozen=True)
class RegradedLead:
    """An open lead that one model grades otherwise than the other."""

    id: str
    scores: tuple[float, float]
    grades: tuple[str, str]


@dataclass(frozen=True)
class KeptComparison:
    """Figures on the decided leads, grades of the open ones, and what only one of them looks at."""

    names: tuple[str, str]
    figures: Comparison | None
    columns: tuple[tuple[str, ...], tuple[str, ...]]
    """What only the first looks at, and what only the second."""
    grades: tuple[tuple[str, ...], tuple[str, ...]]
    crossed: Mapping[tuple[str, str], int]
    """How many open leads have this grade of the first and that of the second."""
    moved: tuple[RegradedLead, ...]
    """Those whose grade changes, the farthest first."""

    @property
    def open(self) -> int:
        return sum(self.crossed.values())

    @property
    def regraded(self) -> int:
        return sum(count for (first, second), count in self.crossed.items() if first != second)

    def to_json(self) -> dict[str, Any]:
        crossed = [{"a": a, "b": b, "leads": count} for (a, b), count in self.crossed.items()]
        return {
            "a": self.names[0],
            "b": self.names[1],
            "decided": None if self.figures is None else self.figures.to_json(),
            "columns": {"only_a": self.columns[0], "only_b": self.columns[1]},
            "open": {"leads": self.open, "regraded": self.regraded, "grades": crossed},
            "moved": [
                {"id": each.id, **_sides("score", each.scores), **_sides("grade", each.grades)}
                for each in self.moved
            ],
        }


def _sides(name: str, pair: Sequence[Any]) -> dict[str, Any]:
    return {f"{name}_a": pair[0], f"{name}_b": pair[1]}


def compare_kept(store: Store, first: str, second: str) -> KeptComparison:
    """What the newest leads of the home say of two models; the outcome is read as the first reads it."""
    with store.reading() as connection:
        pair = [
            models.load(connection, models.find_by_name(connection, name).number) for name in (first, second)
        ]
        judge = next((each for each in pair if each.target.has_meanings), pair[0])
        identity = judge.scorer.schema.name_of("id") or ID
        raw = watched_leads.newest(connection, identity, judge.target.column, None, MOST)
    if pair[0].name == pair[1].name:
        raise StoreError("These are one and the same model.", code="same_model", hint="Choose two models.")
    ended = known_outcomes(judge, raw) if raw.height else np.zeros(0)
    is_open = np.isnan(ended)
    return KeptComparison(
        names=(pair[0].name, pair[1].name),
        figures=_figures(store, pair, raw.filter(~is_open), ended[~is_open]),
        columns=_only(*pair),
        grades=(pair[0].scorer.grades.names, pair[1].scorer.grades.names),
        **_regraded(store, pair, raw.filter(is_open), identity),
    )


def _only(*pair: Bundle) -> tuple[tuple[str, ...], tuple[str, ...]]:
    one, other = ([column.name for column in each.scorer.schema.needed] for each in pair)
    return tuple(name for name in one if name not in other), tuple(name for name in other if name not in one)


def _figures(store: Store, pair: Sequence[Bundle], raw: pl.DataFrame, won: np.ndarray) -> Comparison | None:
    """On leads that came after both were trained; with a caution on all, where those are few."""
    late = _since(pair, raw)
    is_late = _enough(won[late])
    if is_late:
        raw, won = raw.filter(late), won[late]
    elif not _enough(won, 1, 1):
        return None
    sides = [
        Opinion(
            each.name, each.scorer.score(with_past_events(store, each, raw)).margin, each.scorer.grades.line
        )
        for each in pair
    ]
    found = held_together(sides, pl.Series(won), raw, [each.scorer.schema for each in pair])
    return found if is_late else replace(found, learnt_from=tuple(each.name for each in pair))


def _enough(won: np.ndarray, leads: int = FEWEST, each: int = FEWEST_WON) -> bool:
    count = float(won.sum())
    return len(won) >= leads and min(count, len(won) - count) >= each


def _since(pair: Sequence[Bundle], raw: pl.DataFrame) -> np.ndarray:
    """Which leads came after all that either learnt from; none where that is not known."""
    after = after_training(*pair)
    schema = pair[0].scorer.schema
    moments = schema.moments(raw) if schema.name_of("time") in raw.columns else None
    if moments is None or after is None:
        return np.zeros(raw.height, dtype=bool)
    late: np.ndarray = moments > after
    return late


def _regraded(store: Store, pair: Sequence[Bundle], raw: pl.DataFrame, identity: str) -> dict[str, Any]:
    if not raw.height:
        return {"crossed": {}, "moved": ()}
    one, other = (each.scorer.score(with_events(store, each, raw)) for each in pair)
    ids = raw[identity].to_list()
    grades = [np.array(each.names, dtype=object)[each.grade] for each in (one, other)]
    crossed = {
        (first, second): int(np.sum((grades[0] == first) & (grades[1] == second)))
        for first in one.names
        for second in other.names
    }
    apart = np.where(grades[0] == grades[1], -1.0, np.abs(one.probability - other.probability))
    order = [place for place in np.argsort(-apart, kind="stable")[:SHOWN].tolist() if apart[place] >= 0]
    moved = tuple(
        RegradedLead(
            str(ids[place]),
            (float(displayed(one.probability[place])), float(displayed(other.probability[place]))),
            (grades[0][place], grades[1][place]),
        )
        for place in order
    )
    return {"crossed": crossed, "moved": moved}
