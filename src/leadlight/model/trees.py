"""Models made of trees: our own flat arrays, bounds-checked, which a fast engine is fed from.

A tree with n leaves has n - 1 splits: a code up to the threshold goes left. A child below zero is the
leaf ~child. No engine ever parses bytes from a file: its text is written anew from checked numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from leadlight.errors import BundleError
from leadlight.model.crossing import MOST as MOST_CROSSINGS
from leadlight.model.crossing import MOST_COLUMNS, MOST_EXTENT, Crossing, narrowed, widened
from leadlight.model.encode import Codes
from leadlight.model.grid import Grids, grid_of

Arrays = Mapping[str, np.ndarray]
INTEGERS: Final = ("leaves", "feature", "threshold", "left", "right", "rows", "leaf_rows")
REALS: Final = ("value", "leaf_value")
ROWS_FOR_THREADS: Final = 2000
DEEPEST: Final = 64
MOST_LEAVES: Final = 16
MOST_WORK: Final = 1 << 26
"""Leaves times the square of the depth, over all trees: what one lead's reasons take. Models have a tenth."""
LARGEST: Final = 1e6


@dataclass(frozen=True)
class Trees:
    """All trees one after another; `leaves` says how many leaves each has.

    The columns that crossings make stand behind the features.
    """

    features: int
    leaves: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    rows: np.ndarray
    value: np.ndarray
    leaf_value: np.ndarray
    leaf_rows: np.ndarray
    crossings: tuple[Crossing, ...] = ()

    @staticmethod
    def of(features: int, arrays: Arrays, crossings: Sequence[Crossing] = ()) -> Trees:
        """From arrays of any number type."""
        kept: dict[str, Any] = {name: arrays[name].astype(np.int32) for name in INTEGERS}
        kept |= {name: arrays[name].astype(np.float64) for name in REALS}
        return Trees(features, **kept, crossings=tuple(crossings))

    @property
    def width(self) -> int:
        """How many columns the trees look at, made ones among them."""
        return self.features + sum(crossing.count for crossing in self.crossings)

    def margin(self, codes: Codes) -> np.ndarray:
        codes = widened(self.crossings, codes)
        if self.grids is not None:
            return self.grids.margin(codes)
        margin: np.ndarray = self._predict(codes, raw_score=True)
        return margin

    def walk(self, codes: Codes) -> np.ndarray:
        """What `margin` gives, bit for bit: quicker for a model that few batches are asked of."""
        codes = np.asfortranarray(widened(self.crossings, codes))
        margin = np.zeros(len(codes))
        for splits, leaves in self:
            numbers = (self.feature, self.threshold, self.left, self.right)
            margin += _walked(
                codes, self.leaf_value[leaves].tolist(), *(part[splits].tolist() for part in numbers)
            )
        return margin

    def contributions(self, codes: Codes) -> np.ndarray:
        """Exact Shapley values, as TreeSHAP gives; those of made columns go to what they are made of."""
        codes = widened(self.crossings, codes)
        if self.grids is not None:
            return narrowed(self.crossings, self.grids.contributions(codes), self.features)
        parts: np.ndarray = self._predict(codes, pred_contrib=True)
        return narrowed(self.crossings, parts[:, :-1], self.features)

    @cached_property
    def base(self) -> float:
        """The margin that contributions start from: what the trees give on average over their leads."""
        means = [
            np.average(self.leaf_value[leaves], weights=np.maximum(self.leaf_rows[leaves], 1e-9))
            for _, leaves in self
        ]
        return float(np.sum(means))

    @cached_property
    def grids(self) -> Grids | None:
        """The trees written out, where all are small enough: no engine is needed then."""
        if self.leaves.max() > MOST_LEAVES:
            return None
        made = []
        for splits, leaves in self:
            grid = grid_of(
                self.feature[splits],
                self.threshold[splits],
                self.left[splits].tolist(),
                self.right[splits].tolist(),
                self.rows[splits],
                self.leaf_value[leaves],
                self.leaf_rows[leaves],
            )
            if grid is None:
                return None
            made.append(grid)
        return Grids(tuple(made), self.width)

    def _predict(self, codes: Codes, **what: bool) -> Any:
        if not len(codes):
            return np.zeros((0, self.width + 1) if "pred_contrib" in what else 0)
        threads = 1 if len(codes) < ROWS_FOR_THREADS else 0
        return self.engine.predict(codes.astype(np.float32), num_threads=threads, **what)

    @cached_property
    def engine(self) -> Any:
        """LightGBM, fed from our arrays, for trees that are too large to be written out."""
        from lightgbm import Booster

        return Booster(model_str=self.to_text())

    def __iter__(self) -> Any:
        """Each tree's own part of the arrays."""
        split = leaf = 0
        for count in self.leaves.tolist():
            yield slice(split, split + count - 1), slice(leaf, leaf + count)
            split, leaf = split + count - 1, leaf + count

    def to_text(self) -> str:
        """The trees in the words of LightGBM's model format."""
        names = " ".join(f"f{k}" for k in range(self.width))
        head = [
            "tree",
            "version=v4",
            "num_class=1",
            "num_tree_per_iteration=1",
            "label_index=0",
            f"max_feature_idx={self.width - 1}",
            "objective=binary sigmoid:1",
            f"feature_names={names}",
            "feature_infos=" + " ".join(["[0:65535]"] * self.width),
            "",
        ]
        trees = [self._tree_text(k, splits, leaves) for k, (splits, leaves) in enumerate(self)]
        return "\n".join([*head, *trees, "end of trees", ""])

    def _tree_text(self, number: int, splits: slice, leaves: slice) -> str:
        count = leaves.stop - leaves.start
        fields = {
            "num_leaves": [count],
            "num_cat": [0],
            "split_feature": self.feature[splits].tolist(),
            "split_gain": [0] * (count - 1),
            "threshold": [code + 0.5 for code in self.threshold[splits].tolist()],
            "decision_type": [0] * (count - 1),
            "left_child": self.left[splits].tolist(),
            "right_child": self.right[splits].tolist(),
            "leaf_value": self.leaf_value[leaves].tolist(),
            "leaf_weight": self.leaf_rows[leaves].tolist(),
            "leaf_count": self.leaf_rows[leaves].tolist(),
            "internal_value": self.value[splits].tolist(),
            "internal_weight": self.rows[splits].tolist(),
            "internal_count": self.rows[splits].tolist(),
            "is_linear": [0],
            "shrinkage": [1],
        }
        lines = [f"{key}={' '.join(map(repr, values))}" for key, values in fields.items()]
        return "\n".join([f"Tree={number}", *lines, "", ""])

    def centred(self, codes: Codes) -> Trees:
        """These trees as they are: what a tree adds is against the leads that it has counted on its paths."""
        return self

    def placed(self, order: Sequence[int]) -> Trees:
        """These trees where their k-th feature stands at place order[k]."""
        places = np.array([*order, *range(self.features, self.width)], dtype=np.int32)
        crossings = tuple(crossing.placed(order) for crossing in self.crossings)
        return replace(self, feature=places[self.feature], crossings=crossings)

    def to_json(self) -> dict[str, Any]:
        return {"features": self.features, "crossings": [crossing.to_json() for crossing in self.crossings]}

    def to_arrays(self) -> dict[str, np.ndarray]:
        arrays = {name: getattr(self, name) for name in (*INTEGERS, *REALS)}
        for k, crossing in enumerate(self.crossings):
            arrays |= {f"cross_{k}_{name}": values for name, values in crossing.to_arrays().items()}
        return arrays

    @staticmethod
    def restore(data: Mapping[str, Any], arrays: Arrays, sizes: Sequence[int]) -> Trees:
        """Rebuild from plain data, every index checked before any engine sees it."""
        if data["features"] != len(sizes):
            raise BundleError("The model and the encoder of the bundle disagree.", code="trees")
        crossings = _crossings(data.get("crossings", ()), arrays, sizes)
        trees = Trees(len(sizes), **{name: arrays[name] for name in (*INTEGERS, *REALS)}, crossings=crossings)
        made = [size for crossing in crossings for size in crossing.columns_sizes]
        _check(trees, np.array([*sizes, *made]))
        return trees


def _walked(
    codes: Codes,
    values: Sequence[float],
    feature: Sequence[int],
    threshold: Sequence[int],
    left: Sequence[int],
    right: Sequence[int],
) -> Any:
    """The value of one tree for each lead."""

    def below(node: int) -> Any:
        if node < 0:
            return values[~node]
        goes_left = codes[:, feature[node]] <= threshold[node]
        return np.where(goes_left, below(left[node]), below(right[node]))

    return below(0 if feature else -1)


def _crossings(
    data: Sequence[Mapping[str, Any]], arrays: Arrays, sizes: Sequence[int]
) -> tuple[Crossing, ...]:
    if len(data) > MOST_CROSSINGS:
        raise BundleError("The bundle holds more crossings than a model has.", code="crossing")
    found = tuple(
        Crossing.restore(each, beginning(arrays, f"cross_{k}_"), sizes) for k, each in enumerate(data)
    )
    if sum(each.count for each in found) > MOST_COLUMNS or sum(each.extent for each in found) > MOST_EXTENT:
        raise BundleError("The crossings of the bundle are more than a model has.", code="too_large")
    return found


def beginning(arrays: Arrays, start: str) -> dict[str, np.ndarray]:
    """The arrays whose name begins so, by the rest of their names."""
    return {name.removeprefix(start): values for name, values in arrays.items() if name.startswith(start)}


def of_booster(booster: Any, features: int) -> Trees:
    """Take the trees out of a LightGBM booster that was trained on codes."""
    return of_text(booster.model_to_string(importance_type="gain"), features)


def of_text(text: str, features: int) -> Trees:
    """Read what LightGBM itself has just written (never a file)."""
    blocks = text.split("\nend of trees")[0].split("\nTree=")[1:]
    trees = [_fields(block) for block in blocks]
    joined = {
        name: np.array(" ".join(tree.get(theirs, "") for tree in trees).split(), dtype=np.float64)
        for name, theirs in _OF_LIGHTGBM.items()
    }
    return Trees.of(features, {**joined, "threshold": np.floor(joined["threshold"])})


_OF_LIGHTGBM: Final = {
    "leaves": "num_leaves",
    "feature": "split_feature",
    "threshold": "threshold",
    "left": "left_child",
    "right": "right_child",
    "rows": "internal_count",
    "value": "internal_value",
    "leaf_value": "leaf_value",
    "leaf_rows": "leaf_count",
}


def _fields(block: str) -> dict[str, str]:
    """What one tree says of itself; one without a split says no more than its value."""
    fields = dict(line.split("=", 1) for line in block.splitlines()[1:] if "=" in line)
    if fields["num_leaves"] == "1":
        return {"num_leaves": "1", "leaf_value": fields["leaf_value"], "leaf_count": "0"}
    return fields


def _check(trees: Trees, sizes: np.ndarray) -> None:
    """Refuse indices out of range, cycles, shared children, odd depths and values that are not finite."""
    if not (_has_sound_shapes(trees) and _has_sound_values(trees, sizes)):
        raise BundleError("The trees of the bundle contradict themselves.", code="trees")
    work = 0
    for splits, leaves in trees:
        left, right = trees.left[splits].tolist(), trees.right[splits].tolist()
        count = leaves.stop - leaves.start
        depth = _depth(left, right, count)
        if depth is None:
            raise BundleError("A tree of the bundle is not a tree.", code="trees")
        work += count * depth**2
        if not _rows_add_up(trees, splits, leaves):
            raise BundleError("The rows of a tree of the bundle do not add up.", code="trees")
    if work > MOST_WORK:
        raise BundleError("The trees of the bundle are more than a model has.", code="too_large")


def _has_sound_shapes(trees: Trees) -> bool:
    integers = all(
        getattr(trees, name).dtype == np.int32 and getattr(trees, name).ndim == 1 for name in INTEGERS
    )
    reals = all(getattr(trees, name).dtype == np.float64 and getattr(trees, name).ndim == 1 for name in REALS)
    if not integers or not reals or not len(trees.leaves) or trees.leaves.min() < 1:
        return False
    leaves = int(trees.leaves.sum(dtype=np.int64))
    splits = leaves - len(trees.leaves)
    by_split = ("feature", "threshold", "left", "right", "rows", "value")
    return all(len(getattr(trees, name)) == splits for name in by_split) and all(
        len(getattr(trees, name)) == leaves for name in ("leaf_value", "leaf_rows")
    )


def _has_sound_values(trees: Trees, sizes: np.ndarray) -> bool:
    reals = all(
        bool(np.isfinite(getattr(trees, name)).all()) and bool((np.abs(getattr(trees, name)) < LARGEST).all())
        for name in REALS
    )
    if not reals or (trees.leaf_rows < 0).any():
        return False
    if ((trees.feature < 0) | (trees.feature >= len(sizes))).any():
        return False
    return not ((trees.threshold < 0) | (trees.threshold >= sizes[trees.feature])).any()


def _depth(left: Sequence[int], right: Sequence[int], leaves: int) -> int | None:
    """How deep a tree is; none where a split or a leaf is not reached from the root exactly once."""
    deepest = 1
    seen_splits, seen_leaves = {0}, set()
    ahead = [(0, 1)] if leaves > 1 else []
    while ahead:
        node, depth = ahead.pop()
        deepest = max(deepest, depth)
        for child in (left[node], right[node]):
            if child < 0 and ~child < leaves and child not in seen_leaves:
                seen_leaves.add(child)
            elif 0 < child < leaves - 1 and child not in seen_splits and depth < DEEPEST:
                seen_splits.add(child)
                ahead.append((child, depth + 1))
            else:
                return None
    whole = leaves == 1 or (len(seen_leaves) == leaves and len(seen_splits) == leaves - 1)
    return deepest if whole else None


def _rows_add_up(trees: Trees, splits: slice, leaves: slice) -> bool:
    """A split has the rows of its two sides and none is empty: Shapley values divide by them."""
    rows, leaf_rows = trees.rows[splits].astype(np.int64), trees.leaf_rows[leaves].astype(np.int64)
    if not len(rows):
        return True
    every = np.r_[rows, leaf_rows[::-1]]
    both = every[trees.left[splits]] + every[trees.right[splits]]
    return bool(leaf_rows.min() > 0 and (rows == both).all())
