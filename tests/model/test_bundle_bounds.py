"""A bundle with a right checksum expands to what a model has and no more, and is typed as it should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from time import process_time
from typing import Any

import numpy as np
import pytest

from leadlight.errors import BundleError
from leadlight.model import bundle as bundles
from leadlight.model.bundle import Bundle
from leadlight.model.crossing import Crossing
from leadlight.model.points import Pair, Points
from leadlight.model.trees import Trees
from tests.model.test_stored_bundles import STORED

Parts = dict[str, Any]


def changed(family: str, change: Callable[[Parts], None]) -> bytes:
    """A stored bundle with some parts changed, and its checksum made anew."""
    entries = bundles._opened((STORED / f"{family}.leadlight").read_bytes())
    parts: Parts = {name: json.loads(text) for name, text in entries.items() if name.endswith(".json")}
    change(parts)
    entries |= {name: json.dumps(part).encode() for name, part in parts.items()}
    body = bundles._zipped(entries)
    return body + sha256(body).hexdigest().encode()


def set_to(part: str, *path: str | int, value: Any) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        place = parts[f"{part}.json"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


ODD = [
    set_to("selftest", "rows", value=-1),
    set_to("selftest", "rows", value=[{}] * 8_000),
    set_to("selftest", "rows", 0, value=[1]),
    set_to("selftest", "rows", 0, value={"no such column": "1"}),
    set_to("selftest", "rows", 0, value={"Visits": {"a": 1}}),
    set_to("selftest", "probabilities", value={"a": 1}),
    set_to("selftest", "probabilities", 0, value=[]),
    set_to("selftest", "probabilities", 0, value={}),
    set_to("selftest", "probabilities", 0, value=7.0),
    set_to("target", "negative", 0, value={"a": 1}),
    set_to("target", "positive", value="yes"),
    set_to("encoder", "time", value=3),
    set_to("encoder", "features", 0, "missing", value="1e"),
    set_to("schema", "columns", 0, "used", value="yes"),
    set_to("grades", "line", value="high"),
    set_to("grades", "warm", value=None),
    set_to("manifest", "format", value=True),
]


@pytest.mark.parametrize("family", ["glassbox", "catboost", "ensemble"])
@pytest.mark.parametrize("change", range(len(ODD)))
def test_what_is_oddly_typed_is_refused_at_load(family: str, change: int) -> None:
    with pytest.raises(BundleError):
        Bundle.from_bytes(changed(family, ODD[change]))


def test_many_columns_are_refused_before_they_are_looked_at() -> None:
    def many(parts: Parts) -> None:
        columns = parts["schema.json"]["columns"]
        columns += [columns[0] | {"name": str(number)} for number in range(30_000)]

    data = changed("bayes", many)
    start = process_time()
    with pytest.raises(BundleError) as refused:
        Bundle.from_bytes(data)
    assert refused.value.code == "too_large"
    assert process_time() - start < 5.0


def test_pair_tables_are_bounded_by_what_they_expand_to() -> None:
    """Tables of one cell over columns of thousands of codes."""
    sizes = [3_000, 3_000]
    bins = np.zeros(3_000, dtype=np.uint8)
    pairs = [Pair(0, 1, bins, bins, np.zeros((1, 1)))]
    wide = Points.of(0.0, [np.zeros(size) for size in sizes], pairs)
    with pytest.raises(BundleError) as refused:
        Points.restore(wide.to_json(), wide.to_arrays(), sizes)
    assert refused.value.code == "too_large"


def chain(leaves: int) -> dict[str, np.ndarray]:
    """A tree that goes down on one side only."""
    splits = np.arange(leaves - 1)
    right = np.where(splits < leaves - 2, splits + 1, ~(leaves - 1))
    return {
        "leaves": np.array([leaves]),
        "feature": np.zeros(leaves - 1),
        "threshold": splits,
        "left": ~splits,
        "right": right,
        "rows": leaves - splits,
        "leaf_rows": np.ones(leaves),
        "value": np.zeros(leaves - 1),
        "leaf_value": np.zeros(leaves),
    }


@pytest.mark.parametrize(("count", "refused"), [(20, False), (2_000, True)])
def test_trees_are_bounded_by_what_their_reasons_take(count: int, refused: bool) -> None:
    one = chain(60)
    trees = Trees.of(1, {name: np.tile(values, count) for name, values in one.items()})
    if not refused:
        assert len(Trees.restore(trees.to_json(), trees.to_arrays(), [100]).leaves) == count
        return
    with pytest.raises(BundleError) as caught:
        Trees.restore(trees.to_json(), trees.to_arrays(), [100])
    assert caught.value.code == "too_large"


def test_a_crossing_makes_no_hundred_thousand_columns() -> None:
    places = np.zeros(10, dtype=np.intp)
    crossing = Crossing(
        (0,),
        (places,),
        np.zeros(0),
        np.zeros((100_000, 0), dtype=np.uint16),
        np.zeros(100_000, dtype=np.uint16),
    )
    trees = Trees.of(1, chain(3), [crossing])
    with pytest.raises(BundleError) as refused:
        Trees.restore(trees.to_json(), trees.to_arrays(), [10])
    assert refused.value.code == "too_large"
