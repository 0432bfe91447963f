"""A batch of coded leads against the reference in the bundle: each column, the score, segment by segment.

Only counts are looked at, so that a day of a million leads and a file of a thousand go the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.data.finding import Finding
from leadlight.insight.share_gap import ShareGap, gap, share_rise
from leadlight.model.bundle import Bundle
from leadlight.model.encode import Codes, Feature
from leadlight.model.feed import FeedReference, Segment

FALSE_ALARMS: Final = 0.002
"""How often all tests of a clean batch together may raise one."""
LARGE: Final = 0.05
MARKED: Final = 0.1
FEWEST: Final = 50
BETTER_HOURS: Final = 0.5


@dataclass(frozen=True, eq=False)
class BatchCounts:
    """How many leads had each code of each feature, and each bin of the margin, in all and by segment."""

    leads: int
    columns: tuple[np.ndarray, ...]
    score: np.ndarray
    segments: np.ndarray
    expected: float

    @staticmethod
    def of(bundle: Bundle, codes: Codes, margin: np.ndarray, probability: np.ndarray) -> BatchCounts:
        """Of leads that were coded and scored."""
        reference, sizes = bundle.reference, bundle.scorer.encoder.sizes
        bins = reference.bins_of(margin)
        count = len(reference.shares)
        place = segment_feature(bundle)
        among = codes[:, place].astype(np.int64) if place >= 0 else np.zeros(len(codes), dtype=np.int64)
        width = sizes[place] if place >= 0 else 1
        both = np.bincount(among * count + bins, minlength=width * count)
        return BatchCounts(
            leads=len(codes),
            columns=tuple(np.bincount(codes[:, k], minlength=size) for k, size in enumerate(sizes)),
            score=np.bincount(bins, minlength=count),
            segments=both.reshape(width, count),
            expected=float(probability.sum()),
        )

    def __add__(self, other: BatchCounts) -> BatchCounts:
        return BatchCounts(
            self.leads + other.leads,
            tuple(one + two for one, two in zip(self.columns, other.columns, strict=True)),
            self.score + other.score,
            self.segments + other.segments,
            self.expected + other.expected,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "leads": self.leads,
            "columns": [each.tolist() for each in self.columns],
            "score": self.score.tolist(),
            "segments": self.segments.tolist(),
            "expected": self.expected,
        }

    @staticmethod
    def from_json(data: Any) -> BatchCounts:
        return BatchCounts(
            int(data["leads"]),
            tuple(np.array(each, dtype=np.int64) for each in data["columns"]),
            np.array(data["score"], dtype=np.int64),
            np.array(data["segments"], dtype=np.int64),
            float(data["expected"]),
        )


@dataclass(frozen=True)
class Judged:
    """What of a batch is held against the reference: some features, the scores, how the leads came in."""

    features: tuple[int, ...]
    scores: bool = True
    arrivals: bool = True

    @staticmethod
    def everything(bundle: Bundle) -> Judged:
        return Judged(tuple(range(len(bundle.scorer.encoder.features))))

    @staticmethod
    def beside_events(bundle: Bundle) -> Judged:
        """All that can be judged of leads of any age: what they did, and so their score, cannot."""
        return Judged(_places(bundle, of_events=False), scores=bundle.events is None)

    @staticmethod
    def of_events(bundle: Bundle) -> Judged:
        """What has to be judged as of the moment at which the model learnt it."""
        return Judged(_places(bundle, of_events=True), arrivals=False)


def _places(bundle: Bundle, *, of_events: bool) -> tuple[int, ...]:
    taken = () if bundle.events is None else bundle.events.columns
    features = enumerate(bundle.scorer.encoder.features)
    return tuple(k for k, feature in features if (feature.column in taken) is of_events)


def segment_feature(bundle: Bundle) -> int:
    """The feature that the leads are parted by; -1 where there is none."""
    return -1 if bundle.reference.feed is None else bundle.reference.feed.feature


@dataclass(frozen=True)
class ColumnDrift:
    """How far one feature, or the score, is from the reference."""

    name: str
    psi: float
    ks: float
    chance: float
    missing: float | None = None
    missing_before: float | None = None
    unseen: float | None = None
    unseen_before: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: _short(value) for name, value in vars(self).items()}


def _short(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


@dataclass(frozen=True)
class Drift:
    """What the counts say, column by column, with the findings."""

    columns: tuple[ColumnDrift, ...]
    score: ColumnDrift
    findings: tuple[Finding, ...]

    @property
    def moved(self) -> frozenset[str]:
        """The features that moved, whichever way."""
        return frozenset(each.column for each in self.findings if each.column is not None)


def drift(bundle: Bundle, counts: BatchCounts, judged: Judged | None = None) -> Drift:
    """The batch against the reference, each test as strict as many tests together ask."""
    judged = judged or Judged.everything(bundle)
    checks = Checks.of(bundle, counts)
    columns = tuple(checks.column(k)[0] for k in judged.features)
    found = [finding for k in judged.features for finding in checks.column(k)[1]]
    score = checks.score_gap()
    told = [*checks.score(score)] if judged.scores else []
    if judged.scores and not any(each.severity == "alarm" for each in told):
        told += checks.segments()
    found += told
    said = ColumnDrift("score", score.psi, score.ks, score.chance)
    return Drift(columns, said, tuple(found))


@dataclass(frozen=True, eq=False)
class Checks:
    """The tests of one batch, and the level of each that keeps a clean batch quiet."""

    bundle: Bundle
    counts: BatchCounts
    level: float

    @staticmethod
    def of(bundle: Bundle, counts: BatchCounts) -> Checks:
        tests = 3 * len(counts.columns) + 2 + len(_segments(bundle))
        return Checks(bundle, counts, FALSE_ALARMS / tests)

    def gap_of(self, k: int, counts: np.ndarray) -> ShareGap:
        """How far these counts of a feature are from its reference."""
        reference, feature = self.bundle.reference, self.bundle.scorer.encoder.features[k]
        shares = np.array(reference.features[k])
        return gap(counts, shares, reference.rows, self.wobble(k), ordered=feature.is_ordered)

    def wobble(self, k: int) -> float:
        feed = self.bundle.reference.feed
        return 0.0 if feed is None else feed.wobbles[k]

    def fits(self, k: int, counts: np.ndarray) -> bool:
        """Whether these counts could have come from the reference."""
        found = self.gap_of(k, counts)
        return found.chance > self.level or found.psi < MARKED / 2

    def column(self, k: int) -> tuple[ColumnDrift, list[Finding]]:
        """One feature: its missing and unseen values, then all of its codes."""
        feature, counts = self.bundle.scorer.encoder.features[k], self.counts.columns[k]
        found, rates = self.gap_of(k, counts), self._rates(k, feature)
        missing, unseen = rates
        said = ColumnDrift(feature.name, found.psi, found.ks, found.chance, *missing[:2], *unseen[:2])
        if self.counts.leads < FEWEST:
            return said, []
        findings = []
        if _rose(missing, self.level):
            code = "column_empty" if missing[0] == 1.0 else "missing_rose"
            findings.append(_rate_finding(code, feature.column, missing, self.counts.leads))
        if _rose(unseen, self.level):
            findings.append(_rate_finding("unseen_rose", feature.column, unseen, self.counts.leads))
        if not findings and found.chance < self.level:
            findings.append(_moved(feature, found, self.counts.leads))
        return said, findings

    def _rates(self, k: int, feature: Feature) -> list[tuple[float | None, float | None, float]]:
        """Of missing and of unseen values: the share now and before, and how likely that is."""
        counts, shares = self.counts.columns[k], self.bundle.reference.features[k]
        places = [
            feature.missing if feature.missing == 0 else None,
            feature.size - 1 if feature.take == "level" else None,
        ]
        return [
            (None, None, 1.0)
            if place is None
            else self._rate(float(counts[place]), shares[place], self.wobble(k))
            for place in places
        ]

    def _rate(self, hits: float, share: float, wobble: float) -> tuple[float, float, float]:
        total = max(1, self.counts.leads)
        rows = self.bundle.reference.rows
        known = share if share > 0 else min(20 / max(rows, 1), 0.01)
        return hits / total, share, share_rise(hits, total, known, rows, wobble)

    def score_gap(self) -> ShareGap:
        reference = self.bundle.reference
        wobble = 0.0 if reference.feed is None else reference.feed.score_wobble
        return gap(self.counts.score, np.array(reference.shares), reference.rows, wobble, ordered=True)

    def score(self, found: ShareGap) -> Iterator[Finding]:
        if self.counts.leads >= FEWEST and found.chance < self.level:
            yield Finding(
                "score_moved",
                "alarm" if found.psi >= MARKED else "note",
                None,
                f"The scores are not spread as those of the training leads were (PSI {found.psi:.2f}).",
                "See which columns moved; plan with fewer or more calls until it is clear why.",
                _evidence(found, self.counts.leads),
            )

    def segments(self) -> Iterator[Finding]:
        """The scores of each large source of leads by themselves."""
        reference, feed = self.bundle.reference, self.bundle.reference.feed
        for segment in _segments(self.bundle):
            assert feed is not None
            counts = self.counts.segments[segment.code]
            if counts.sum() < FEWEST:
                continue
            shares = np.array(segment.shares)
            found = gap(counts, shares, segment.rows, feed.score_wobble, ordered=True)
            if found.chance < self.level:
                yield self._segment(segment, found, int(counts.sum()), feed, reference.rows)

    def _segment(
        self, segment: Segment, found: ShareGap, leads: int, feed: FeedReference, rows: int
    ) -> Finding:
        feature = self.bundle.scorer.encoder.features[feed.feature]
        words = ("missing", *feature.levels, "other")
        label = self.bundle.scorer.schema[feature.column].label(words[segment.code])
        return Finding(
            "segment_moved",
            "alarm" if found.psi >= 2 * MARKED else "note",
            feature.column,
            f"The scores of leads with {feature.column} = {label} are not what they were"
            f" (PSI {found.psi:.2f} among {leads:,} leads).",
            "Ask what changed in this source: another campaign, form or list.",
            {**_evidence(found, leads), "segment": label},
        )


def _segments(bundle: Bundle) -> Sequence[Segment]:
    return () if bundle.reference.feed is None else bundle.reference.feed.segments


def _rose(rate: tuple[float | None, float | None, float], level: float) -> bool:
    now, before, chance = rate
    return now is not None and before is not None and now - before >= LARGE and chance < level


_SAYS: Final = {
    "column_empty": ("is empty in all leads", "Ask whoever fills or sends this column what changed."),
    "missing_rose": ("is missing more often", "Ask whoever fills or sends this column what changed."),
    "unseen_rose": (
        "holds values that the model never saw",
        "Look at the new values: a new spelling is an alias in leadlight.toml, a new kind needs a new model.",
    ),
}


def _rate_finding(
    code: str, column: str, rate: tuple[float | None, float | None, float], leads: int
) -> Finding:
    now, before, chance = rate
    assert now is not None
    assert before is not None
    says, step = _SAYS[code]
    message = f"{column!r} {says}: {now:.0%} of {leads:,} leads, {before:.0%} in training."
    evidence = {"now": round(now, 4), "before": before, "leads": leads, "chance": float(f"{chance:.3g}")}
    return Finding(code, "alarm", column, message, step, evidence)


def _moved(feature: Feature, found: ShareGap, leads: int) -> Finding:
    return Finding(
        "column_moved",
        "alarm" if found.psi >= MARKED else "note",
        feature.column,
        f"{feature.name!r} is not spread as it was in training (PSI {found.psi:.2f}).",
        "Compare its values with those of the training leads; see whether the change is real.",
        _evidence(found, leads),
    )


def _evidence(found: ShareGap, leads: int) -> dict[str, float | int | str]:
    return {
        "psi": round(found.psi, 4),
        "ks": round(found.ks, 4),
        "chance": float(f"{found.chance:.3g}"),
        "leads": leads,
    }
