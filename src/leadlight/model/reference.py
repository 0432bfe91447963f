"""What the training leads looked like, so that later batches can be held against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.errors import BundleError
from leadlight.model.encode import SUPPORT, Codes, Encoder
from leadlight.model.feed import FeedReference

CUTS: Final = 9


@dataclass(frozen=True)
class Reference:
    """The share of each code of each feature, and of the leads between cuts of the margin."""

    rows: int
    rate: float
    features: tuple[tuple[float, ...], ...]
    cuts: tuple[float, ...]
    shares: tuple[float, ...]
    feed: FeedReference | None = None

    @staticmethod
    def fit(codes: Codes, encoder: Encoder, outcome: np.ndarray, margin: np.ndarray) -> Reference:
        cuts = np.unique(np.round(np.quantile(margin, np.linspace(0, 1, CUTS + 2)[1:-1]), 6))
        return Reference(
            rows=len(codes),
            rate=round(float(outcome.mean()), 6),
            features=tuple(_shares(codes[:, k], feature.size) for k, feature in enumerate(encoder.features)),
            cuts=tuple(cuts.tolist()),
            shares=_shares(np.searchsorted(cuts, margin, side="right"), len(cuts) + 1),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "rate": self.rate,
            "features": [list(shares) for shares in self.features],
            "cuts": list(self.cuts),
            "shares": list(self.shares),
            **({} if self.feed is None else {"feed": self.feed.to_json()}),
        }

    def bins_of(self, margin: np.ndarray) -> np.ndarray:
        """Between which cuts each margin lies."""
        return np.searchsorted(np.array(self.cuts), margin, side="right")

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Reference:
        reference = Reference(
            rows=int(data["rows"]),
            rate=float(data["rate"]),
            features=tuple(_floats(shares) for shares in data["features"]),
            cuts=_floats(data["cuts"]),
            shares=_floats(data["shares"]),
            feed=FeedReference.from_json(data["feed"]) if "feed" in data else None,
        )
        feed = reference.feed
        is_odd = feed is not None and (
            len(feed.wobbles) != len(reference.features)
            or any(len(each.shares) != len(reference.shares) for each in feed.segments)
        )
        if len(reference.shares) != len(reference.cuts) + 1 or is_odd:
            raise BundleError("The drift reference of the bundle contradicts itself.", code="reference")
        return reference


def _shares(codes: np.ndarray, size: int) -> tuple[float, ...]:
    """Shares to four digits; what fewer than 20 leads had counts as not seen."""
    counts = np.bincount(codes, minlength=size)
    shares = np.where(counts >= SUPPORT, counts, 0) / max(1, len(codes))
    return tuple(np.round(shares, 4).tolist())


def _floats(values: Sequence[Any]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
