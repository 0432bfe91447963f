"""What the flow of the training leads looked like beyond their codes: how far it moved by itself, and when.

Nothing in it stands for fewer than 20 leads. Bundles of before have none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.errors import BundleError
from leadlight.model.encode import SUPPORT, Codes
from leadlight.model.metrics import auc

BLOCK: Final = 200
MOST_BLOCKS: Final = 20
MOST_SEGMENTS: Final = 12
AGES: Final = (1.0, 3.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0)
HOURS: Final = 24
DAY: Final = 86_400.0
RARE: Final = 5.0


@dataclass(frozen=True)
class Segment:
    """The leads with one code of the column that tells where they came from, by their margins."""

    code: int
    rows: int
    shares: tuple[float, ...]


@dataclass(frozen=True)
class FeedReference:
    """How the flow of leads was: a wobble is what blocks of time deviate from the whole beyond chance."""

    wobbles: tuple[float, ...]
    score_wobble: float
    strengths: tuple[float, ...]
    repeated: float
    duplicated: float
    hours: tuple[float, ...] = ()
    first: float | None = None
    last: float | None = None
    decided: tuple[float, ...] = ()
    feature: int = -1
    segments: tuple[Segment, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "wobbles": list(self.wobbles),
            "score_wobble": self.score_wobble,
            "strengths": list(self.strengths),
            "repeated": self.repeated,
            "duplicated": self.duplicated,
            "hours": list(self.hours),
            "first": self.first,
            "last": self.last,
            "decided": list(self.decided),
            "feature": self.feature,
            "segments": [[each.code, each.rows, list(each.shares)] for each in self.segments],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> FeedReference:
        made = FeedReference(
            wobbles=_floats(data["wobbles"]),
            score_wobble=float(data["score_wobble"]),
            strengths=_floats(data["strengths"]),
            repeated=float(data["repeated"]),
            duplicated=float(data["duplicated"]),
            hours=_floats(data["hours"]),
            first=None if data["first"] is None else float(data["first"]),
            last=None if data["last"] is None else float(data["last"]),
            decided=_floats(data["decided"]),
            feature=int(data["feature"]),
            segments=tuple(Segment(int(code), int(rows), _floats(of)) for code, rows, of in data["segments"]),
        )
        sound = (
            len(made.wobbles) == len(made.strengths)
            and len(made.hours) in (0, HOURS)
            and len(made.decided) in (0, len(AGES) + 1)
            and (made.first is None) == (made.last is None)
            and -1 <= made.feature < len(made.wobbles)
            and (made.feature >= 0 or not made.segments)
        )
        if not sound:
            raise BundleError("The drift reference of the bundle contradicts itself.", code="reference")
        return made


def _floats(values: Sequence[Any]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def time_blocks(moment: np.ndarray | None) -> list[np.ndarray]:
    """The rows of equally many leads each, one stretch of time after another; none without times."""
    if moment is None or len(moment) < 2 * BLOCK:
        return []
    order = np.argsort(moment, kind="stable")
    return np.array_split(order, min(MOST_BLOCKS, len(order) // BLOCK))


def wobble(codes: np.ndarray, size: int, blocks: Sequence[np.ndarray]) -> float:
    """How far the blocks deviate from the whole beyond chance, as chi-square a lead; the farthest counts."""
    whole = np.bincount(codes, minlength=size) / len(codes)
    beyond = [0.0]
    for rows in blocks:
        share = max(1.0 / len(rows) - 1.0 / len(codes), 1e-12)
        here = np.bincount(codes[rows], minlength=size) / len(rows)
        held, expected = pooled(here, whole, len(rows))
        apart = float((np.square(held - expected) / expected).sum())
        free = max(1, len(held) - 1)
        beyond.append(apart - share * (free + 3.0 * (2.0 * free) ** 0.5))
    return round(max(beyond), 4)


def pooled(here: np.ndarray, reference: np.ndarray, rows: float) -> tuple[np.ndarray, np.ndarray]:
    """Shares side by side, with all that is too rare to be expected among so many rows in one."""
    rare = reference * rows < RARE
    rest = max(1.0 - float(reference[~rare].sum()), 0.0)
    inside, outside = here[~rare], max(1.0 - float(here[~rare].sum()), 0.0)
    if not rare.any() and rest < 1e-9:
        return inside, reference[~rare]
    floor = max(rest, 1.0 / max(rows, 1.0))
    return np.append(inside, outside), np.append(reference[~rare], floor)


def strength(codes: np.ndarray, size: int, outcome: np.ndarray) -> float:
    """The area under the curve of won rates by code, each half of the leads by the rates of the other."""
    if not 0 < outcome.sum() < len(outcome):
        return 0.5
    half = (np.arange(len(codes)) * 2_654_435_761 >> 7) % 2 == 0
    told = np.empty(len(codes))
    for rows in (half, ~half):
        won = np.bincount(codes[~rows], weights=outcome[~rows], minlength=size)
        seen = np.bincount(codes[~rows], minlength=size)
        told[rows] = ((won + 5.0 * outcome.mean()) / (seen + 5.0))[codes[rows]]
    return round(auc(outcome, told), 4)


def hours_of(moment: np.ndarray) -> np.ndarray:
    """How many leads came in each hour of the day; none where nobody wrote the hour down."""
    known = moment[np.isfinite(moment)]
    counts = np.bincount((known % DAY // 3_600).astype(np.int64), minlength=HOURS)
    return counts if counts[1:].any() else np.zeros(0, dtype=np.int64)


def age_bins(age: np.ndarray) -> np.ndarray:
    """The bin of each age in seconds."""
    return np.searchsorted(np.array(AGES) * DAY, age, side="right")


@dataclass(frozen=True)
class FeedFacts:
    """The training leads as the reference is made of them: decided ones by codes, all by time."""

    codes: Codes
    sizes: Sequence[int]
    margin_bins: np.ndarray
    bins: int
    outcome: np.ndarray
    moment: np.ndarray | None
    open_moment: np.ndarray | None
    is_dated: bool
    repeated: float
    duplicated: float
    feature: int

    def reference(self) -> FeedReference:
        """What is kept of them."""
        known = self.moment is not None and bool(np.isfinite(self.moment).all())
        blocks = time_blocks(self.moment if known else None)
        columns = range(len(self.sizes))
        first, last, hours = self._times()
        return FeedReference(
            wobbles=tuple(wobble(self.codes[:, k], self.sizes[k], blocks) for k in columns),
            score_wobble=wobble(self.margin_bins, self.bins, blocks),
            strengths=tuple(strength(self.codes[:, k], self.sizes[k], self.outcome) for k in columns),
            repeated=round(self.repeated, 4),
            duplicated=round(self.duplicated, 4),
            hours=hours,
            first=first,
            last=last,
            decided=self._decided(),
            feature=self.feature,
            segments=self._segments() if self.feature >= 0 else (),
        )

    def _times(self) -> tuple[float | None, float | None, tuple[float, ...]]:
        """The days of the 20th and of the 20th last lead, and the hours that leads came in."""
        if self.moment is None or not self.is_dated:
            return None, None, ()
        known = np.sort(self.moment[np.isfinite(self.moment)])
        if len(known) < 2 * SUPPORT:
            return None, None, ()
        days = [float(known[place] // DAY * DAY) for place in (SUPPORT - 1, -SUPPORT)]
        counts = hours_of(known)
        shares = np.where(counts >= SUPPORT, counts, 0) / len(known)
        return days[0], days[1], tuple(np.round(shares, 4).tolist())

    def _decided(self) -> tuple[float, ...]:
        """The share of leads of each age that was decided; of ages that few had it is that of all."""
        if self.moment is None or self.open_moment is None or not self.is_dated or not len(self.open_moment):
            return ()
        times = np.concatenate([self.moment, self.open_moment])
        ended = np.arange(len(times)) < len(self.moment)
        known = np.isfinite(times)
        times, ended = times[known], ended[known]
        place = age_bins(times.max() - times)
        rows = np.bincount(place, minlength=len(AGES) + 1)
        share = np.bincount(place, weights=ended, minlength=len(AGES) + 1) / np.maximum(rows, 1)
        return tuple(np.round(np.where(rows >= SUPPORT, share, ended.mean()), 4).tolist())

    def _segments(self) -> tuple[Segment, ...]:
        codes = self.codes[:, self.feature]
        counts = np.bincount(codes, minlength=self.sizes[self.feature])
        found = [code for code in np.argsort(-counts, kind="stable").tolist() if counts[code] >= BLOCK]
        return tuple(
            Segment(code, int(counts[code]), margin_shares(self.margin_bins[codes == code], self.bins))
            for code in found[:MOST_SEGMENTS]
        )


def margin_shares(bins: np.ndarray, count: int) -> tuple[float, ...]:
    """The shares of leads between the cuts of the margin."""
    counts = np.bincount(bins, minlength=count)
    shares = np.where(counts >= SUPPORT, counts, 0) / max(1, len(bins))
    return tuple(np.round(shares, 4).tolist())
