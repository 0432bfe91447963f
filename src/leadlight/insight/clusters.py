"""Leads that resemble one another, found in their codes without a look at how they ended.

Each column is laid out beside the others: a number by its rank, a word by an indicator of each common level,
scaled so that a column counts for what it shares with others rather than for how common its levels are. Of
that, the directions are kept in which the leads differ more than they would if their columns had nothing to
do with one another, and k-means looks for groups there. How many groups there are is decided by two things:
whether two halves of the leads find the same ones, and whether they lie farther apart than parts of a cloud.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from leadlight.model.encode import Codes, Feature
from leadlight.model.metrics import Floats

Members = NDArray[np.intp]
Dice = np.random.Generator

LEAST_LEADS: Final = 200
SAMPLE: Final = 6_000
"""So many leads are enough to find groups that hold for all."""
COMMON: Final = 0.02
"""A level that a smaller share of the leads has, and a group that holds a smaller share, is none."""
MOST: Final = 8
STABLE: Final = 0.8
APART: Final = 0.05
NEARLY: Final = 0.9
HALVES: Final = 3
STARTS: Final = 10
FEW: Final = 1_000
ROUNDS: Final = 50
ABOVE_CHANCE: Final = 1.02


@dataclass(frozen=True, eq=False)
class LeadGroups:
    """Where each code of each feature moves a lead, and the middle of each group, the largest first."""

    tables: tuple[Floats, ...]
    centres: Floats

    def member(self, codes: Codes) -> Members:
        """The group of each lead: the one whose middle is nearest."""
        return nearest(_places(codes, self.tables), self.centres)


@dataclass(frozen=True, eq=False)
class Clusters:
    """The group of each lead, largest group first; none is found where `count` is 0.

    `stability` is the share of pairs in a group that stay together when other leads are asked, in the weakest
    group; `separation` is by how much the groups lie farther apart than parts of one cloud would.
    """

    member: Members
    count: int
    stability: float = 0.0
    separation: float = 0.0
    grouping: LeadGroups | None = None


@dataclass(frozen=True, eq=False)
class TriedGrouping:
    """So many centres, and what speaks for that number."""

    centres: Floats
    smallest: float
    stability: float
    separation: float

    @property
    def is_sound(self) -> bool:
        return self.smallest >= COMMON and self.stability >= STABLE and self.separation >= APART

    @property
    def worth(self) -> float:
        return self.stability * self.separation


def find_clusters(codes: Codes, features: Sequence[Feature], seed: int = 0) -> Clusters:
    """The groups in leads; a lead's place in the file makes no difference."""
    nobody = Clusters(np.zeros(len(codes), dtype=np.intp), 0)
    if len(codes) < LEAST_LEADS:
        return nobody
    dice = np.random.default_rng(seed)
    order = np.lexsort(codes.T[::-1])
    some = codes[order[np.unique(np.linspace(0, len(codes) - 1, SAMPLE).astype(np.intp))]]
    tables = _directions(some, features, dice)
    if not tables:
        return nobody
    points = _places(some, tables)
    found = _chosen(points, dice)
    if found is None:
        return nobody
    member = nearest(_places(codes, tables), found.centres)
    order = np.argsort(-np.bincount(member, minlength=len(found.centres)), kind="stable")
    grouping = LeadGroups(tuple(tables), found.centres[order])
    place = np.argsort(order, kind="stable")
    return Clusters(place[member], len(order), found.stability, found.separation, grouping)


def _directions(codes: Codes, features: Sequence[Feature], dice: Dice) -> list[Floats]:
    """For each feature what each of its codes adds to a lead's place; empty where all is chance."""
    laid_out = [_laid_out(codes[:, k], feature) for k, feature in enumerate(features)]
    blocks = [table[codes[:, k]] for k, table in enumerate(laid_out)]
    spread, directions = _principal(np.hstack(blocks))
    shuffled, _ = _principal(np.hstack([block[dice.permutation(len(codes))] for block in blocks]))
    kept = spread > ABOVE_CHANCE * shuffled.max(initial=0.0)
    if not kept.any():
        return []
    ends = np.cumsum([table.shape[1] for table in laid_out])
    parts = np.split(directions[:, kept], ends[:-1])
    return [table @ part for table, part in zip(laid_out, parts, strict=True)]


def _laid_out(codes: Codes, feature: Feature) -> Floats:
    """A row a code: its standardised rank, missing ones average, or an indicator of each common level."""
    counts = np.bincount(codes, minlength=feature.size)
    share = counts / len(codes)
    if feature.is_ordered:
        counts[feature.missing] = 0
        middle = np.cumsum(counts) - counts / 2
        middle -= (middle @ counts) / max(counts.sum(), 1)
        middle[feature.missing] = 0.0
        spread = np.sqrt((middle**2 @ counts) / len(codes))
        return np.asarray((middle / spread if spread > 0 else np.zeros(len(middle)))[:, None])
    common = np.flatnonzero((share >= COMMON) & (share <= 1 - COMMON))
    common = common[common != feature.size - 1]
    seen = (np.arange(feature.size)[:, None] == common).astype(np.float64)
    return np.asarray((seen - share[common]) / np.sqrt(share[common]))


def _principal(points: Floats) -> tuple[Floats, Floats]:
    """The directions of a cloud and its variance along each, largest first."""
    spread, directions = np.linalg.eigh(points.T @ points / len(points))
    return spread[::-1], directions[:, ::-1]


def _places(codes: Codes, tables: Sequence[Floats]) -> Floats:
    place = np.zeros((len(codes), tables[0].shape[1]))
    for k, table in enumerate(tables):
        place += table[codes[:, k]]
    return place


def _chosen(points: Floats, dice: Dice) -> TriedGrouping | None:
    """The fewest groups that are as stable and as far apart as any, or nearly; none where none are."""
    cloud = dice.normal(size=points.shape) * points.std(axis=0)
    found = [_grouping(points, cloud, count, dice) for count in range(2, MOST + 1)]
    sound = [each for each in found if each.is_sound]
    best = max((each.worth for each in sound), default=0.0)
    return next((each for each in sound if each.worth >= NEARLY * best), None)


def _grouping(points: Floats, cloud: Floats, count: int, dice: Dice) -> TriedGrouping:
    """`cloud` is as wide as the points and has no groups."""
    centres = k_means(points, count, dice)
    size = np.bincount(nearest(points, centres), minlength=count)
    return TriedGrouping(
        centres,
        float(size.min() / len(points)),
        _stability(points, count, dice),
        silhouette(points, centres) - silhouette(cloud, k_means(cloud, count, dice)),
    )


def _stability(points: Floats, count: int, dice: Dice) -> float:
    """Prediction strength: pairs of a half that the other half's groups keep together, in the worst group."""
    found = []
    for _ in range(HALVES):
        here, there = np.array_split(dice.permutation(len(points)), 2)
        own = nearest(points[there], k_means(points[there], count, dice))
        told = nearest(points[there], k_means(points[here], count, dice))
        both = crossed(own, told).astype(np.float64)
        size = both.sum(axis=1)
        together = (both * (both - 1)).sum(axis=1) / np.maximum(size * (size - 1), 1)
        found.append(float(together[size > 1].min(initial=1.0)))
    return float(np.mean(found))


def k_means(points: Floats, count: int, dice: Dice) -> Floats:
    """The centres that leave the least distance, of several starts on some of the points."""
    some = points[:: max(1, len(points) // FEW)]
    found = [_settled(some, _start(some, count, dice)) for _ in range(STARTS)]
    best = min(found, key=lambda centres: float(_distances(some, centres).min(axis=1).sum()))
    return _settled(points, best)


def _start(points: Floats, count: int, dice: Dice) -> Floats:
    """Each further centre is one of the points, the likelier the farther it is from those before."""
    centres = [points[dice.integers(len(points))]]
    apart = ((points - centres[0]) ** 2).sum(axis=1)
    for _ in range(count - 1):
        place = np.searchsorted(np.cumsum(apart), dice.random() * apart.sum())
        centres.append(points[min(int(place), len(points) - 1)])
        apart = np.minimum(apart, ((points - centres[-1]) ** 2).sum(axis=1))
    return np.array(centres)


def _settled(points: Floats, centres: Floats) -> Floats:
    for _ in range(ROUNDS):
        member = nearest(points, centres)
        size = np.bincount(member, minlength=len(centres))
        sums = np.column_stack([np.bincount(member, axis, len(centres)) for axis in points.T])
        moved = np.where(size[:, None] > 0, sums / np.maximum(size, 1)[:, None], centres)
        if np.allclose(moved, centres, rtol=0.0, atol=1e-9):
            break
        centres = moved
    return centres


def nearest(points: Floats, centres: Floats) -> Members:
    """The centre that each point is nearest to."""
    member: Members = np.argmin(_distances(points, centres), axis=1)
    return member


def _distances(points: Floats, centres: Floats) -> Floats:
    squares = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)
    return np.asarray(np.maximum(squares, 0.0))


def silhouette(points: Floats, centres: Floats) -> float:
    """How much nearer points are to their own centre than to the next, on average: 0 not at all, 1 wholly."""
    own, other = np.sort(np.sqrt(_distances(points, centres)), axis=1)[:, :2].T
    return float(((other - own) / np.maximum(other, 1e-12)).mean())


def crossed(first: Members, second: Members) -> NDArray[np.int64]:
    """How many are in each group of the one and of the other."""
    width = int(second.max(initial=0)) + 1
    height = int(first.max(initial=0)) + 1
    return np.bincount(first * width + second, minlength=height * width).reshape(height, width)


def adjusted_rand(first: Members, second: Members) -> float:
    """How far two ways to group agree: 1 wholly, 0 as by chance."""

    def pairs(counts: NDArray[np.int64]) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both = crossed(first, second)
    together, ours, theirs = pairs(both), pairs(both.sum(axis=1)), pairs(both.sum(axis=0))
    chance = ours * theirs / max(pairs(np.array([len(first)])), 1.0)
    most = (ours + theirs) / 2
    return 1.0 if most == chance else (together - chance) / (most - chance)
