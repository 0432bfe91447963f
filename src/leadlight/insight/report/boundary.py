"""The score over two columns with all others at what is typical, and the line that calls or does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, Final

import numpy as np

from leadlight.errors import ColumnError
from leadlight.insight.charts import glass as charts
from leadlight.insight.page import Figure, Section
from leadlight.insight.report.record import Record
from leadlight.insight.report.tables import labels
from leadlight.insight.wording import measure, percent, quoted
from leadlight.model.encode import Feature
from leadlight.model.probability import probability

SIDE: Final = 24
LEVELS: Final = 10
LIKELY: Final = 5


@dataclass(frozen=True)
class Side:
    """One column: the codes that are shown, in their order, and what they are called."""

    place: int
    name: str
    codes: tuple[int, ...]
    words: tuple[str, ...]


def boundary(record: Record, columns: Sequence[str], ranked: Sequence[tuple[str, float]]) -> Section | None:
    """Over the columns that are asked for, else over the two that matter most, numbers first."""
    if columns:
        first, second = columns
        pairs = [(first, second)]
    else:
        likely = _likely(record, [name for name, _ in ranked])
        pairs = list(combinations(likely, 2))
    sides = [tuple(_side(record, name) for name in pair) for pair in pairs]
    told = [
        _Field.of(record, one, other) for one, other in sides if min(len(one.codes), len(other.codes)) > 1
    ]
    if not told:
        return None
    best = next((field for field in told if field.is_parted), told[0])
    return Section("boundary", "Where the line runs", (_figure(best),))


def _likely(record: Record, ranked: Sequence[str]) -> list[str]:
    """Those that matter most, numbers first."""
    features = record.bundle.scorer.encoder.features
    ordered = {feature.column for feature in features if feature.is_ordered and len(feature.edges) > 3}
    names = [name for name in ranked if name in ordered] + [name for name in ranked if name not in ordered]
    return names[:LIKELY]


def _side(record: Record, name: str) -> Side:
    scorer = record.bundle.scorer
    found = [k for k, feature in enumerate(scorer.encoder.features) if name in (feature.column, feature.name)]
    if not found:
        raise ColumnError(
            f"The model does not look at a column {name!r}.",
            code="no_boundary",
            hint="Its columns are: " + ", ".join(map(repr, record.columns)),
        )
    place = found[0]
    feature = scorer.encoder.features[place]
    shares = record.bundle.reference.features[place]
    codes = _codes(feature, shares)
    words = labels(scorer, feature)
    told = [_middle(feature, code) if feature.is_ordered and feature.edges else words[code] for code in codes]
    return Side(place, feature.name, tuple(codes), tuple(told))


def _codes(feature: Feature, shares: Sequence[float]) -> list[int]:
    """Numbers from low to high, every so many bins; levels by how common they are."""
    seen = [code for code in range(feature.size) if shares[code] > 0]
    if not feature.is_ordered or not feature.edges:
        return sorted(seen, key=lambda code: (-shares[code], code))[:LEVELS]
    numbers = list(range(1, feature.size))
    return numbers[:: max(1, -(-len(numbers) // SIDE))]


def _middle(feature: Feature, code: int) -> str:
    edges = feature.edges
    if code == 1 or code > len(edges):
        return measure(edges[0] if code == 1 else edges[-1])
    return measure((edges[code - 2] + edges[code - 1]) / 2)


def typical(record: Record) -> np.ndarray:
    """The code of each feature that an ordinary lead has."""
    features = record.bundle.scorer.encoder.features
    shares = [np.array(each) for each in record.bundle.reference.features]
    return np.array([_typical(*pair) for pair in zip(features, shares, strict=True)], dtype=np.uint16)


def _typical(feature: Feature, shares: np.ndarray) -> int:
    if not feature.is_ordered or shares[0] > 0.5:
        return int(shares.argmax())
    upto = np.cumsum(shares[1:])
    return int(np.searchsorted(upto, upto[-1] / 2)) + 1 if upto[-1] > 0 else 0


@dataclass(frozen=True)
class _Field:
    """The probability over both sides, and where leads are called."""

    across: Side
    up: Side
    chance: np.ndarray
    call: np.ndarray

    @property
    def is_parted(self) -> bool:
        return bool(self.call.any() and not self.call.all())

    @staticmethod
    def of(record: Record, across: Side, up: Side) -> _Field:
        scorer = record.bundle.scorer
        codes = np.tile(typical(record), (len(across.codes) * len(up.codes), 1))
        codes[:, across.place] = np.repeat(across.codes, len(up.codes))
        codes[:, up.place] = np.tile(up.codes, len(across.codes))
        margin = scorer.margin(np.asfortranarray(codes)).reshape(len(across.codes), len(up.codes))
        chance = probability(margin.ravel()).reshape(margin.shape)
        return _Field(across, up, chance, scorer.grades.call(margin))


def _figure(field: _Field) -> Figure:
    across, up = field.across, field.up
    cells = [
        {"x": i, "right": i + 1, "y": j, "top": j + 1, "probability": float(field.chance[i, j])}
        for i, j in product(*map(range, field.chance.shape))
    ]
    chart = charts.boundary(cells, _edges(field.call), (across.name, up.name), (across.words, up.words))
    note = "All other columns stand at what is typical of the leads learnt from."
    return Figure("boundary", _title(across, up, field.chance, field.call), chart, note)


def _title(across: Side, up: Side, chance: np.ndarray, call: np.ndarray) -> str:
    said = (
        f"With all else typical the probability runs from {percent(float(chance.min()))} to "
        f"{percent(float(chance.max()))} "
        f"over {quoted(across.name)} and {quoted(up.name)}"
    )
    if call.all() or not call.any():
        return f"{said}; {'all' if call.all() else 'none'} of these leads would be called."
    return (
        f"{said}; the dark line parts those who are called ({percent(float(call.mean()))} of the fields) "
        "from the rest."
    )


def _edges(call: np.ndarray) -> list[dict[str, Any]]:
    """The sides of fields where being called begins."""
    found: list[dict[str, Any]] = []
    wide, high = call.shape
    for i, j in product(range(wide), range(high)):
        if i + 1 < wide and call[i, j] != call[i + 1, j]:
            found.append({"x": i + 1, "right": i + 1, "y": j, "top": j + 1})
        if j + 1 < high and call[i, j] != call[i, j + 1]:
            found.append({"x": i, "right": i + 1, "y": j + 1, "top": j + 1})
    return found
