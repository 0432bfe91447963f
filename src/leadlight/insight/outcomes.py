"""Was it right? What to expect before outcomes arrive, and what was promised against what came true."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from leadlight.data.finding import Finding
from leadlight.insight.share_gap import tail
from leadlight.model import metrics
from leadlight.model.bundle import Bundle
from leadlight.model.calibrate import Calibrator
from leadlight.model.metrics import NINETY
from leadlight.model.probability import probability
from leadlight.model.resample import Estimate

DRAWS: Final = 200
FEWEST: Final = 20
JUDGED: Final = 100
SURE: Final = 1e-4
MATTERS: Final = 0.15
NEAR: Final = 0.02
WEEK: Final = 7 * 86_400.0
MOST_ROWS: Final = 60


@dataclass(frozen=True, eq=False)
class Foretold:
    """What a model said of leads: log-odds, the rate with its interval, and whether to call."""

    margin: np.ndarray
    low: np.ndarray
    high: np.ndarray
    call: np.ndarray

    @property
    def rate(self) -> np.ndarray:
        return probability(self.margin)

    def among(self, rows: np.ndarray) -> Foretold:
        return Foretold(self.margin[rows], self.low[rows], self.high[rows], self.call[rows])

    @staticmethod
    def of(bundle: Bundle, margin: np.ndarray) -> Foretold:
        low, high = bundle.scorer.interval.apply(margin)
        return Foretold(margin, low, high, bundle.scorer.grades.call(margin))


@dataclass(frozen=True)
class EstimatedPerformance:
    """How good the model is on leads that are still open, if its probabilities hold."""

    leads: int
    calls: int
    auc: Estimate
    precision: Estimate
    recall: Estimate
    conversions: Estimate

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def estimated(said: Foretold, seed: int = 0) -> EstimatedPerformance:
    """From the probabilities alone; intervals hold what chance makes of them, not a world that changed."""
    rate, call = said.rate, said.call
    draws = _drawn(said, seed)
    hits, won = draws[:, call].sum(axis=1), draws.sum(axis=1)
    calls = int(call.sum())
    areas = np.array([metrics.auc(each, said.margin) for each in draws[:DRAWS]])
    conversions = float(rate.sum())
    return EstimatedPerformance(
        leads=len(rate),
        calls=calls,
        auc=Estimate.of(expected_auc(rate, said.margin), areas).within(0.0, 1.0),
        precision=Estimate.of(float(rate[call].mean()) if calls else math.nan, hits / max(calls, 1)),
        recall=Estimate.of(
            float(rate[call].sum()) / conversions if conversions else math.nan, hits / np.maximum(won, 1)
        ),
        conversions=Estimate.of(conversions, won.astype(np.float64)),
    )


def _drawn(said: Foretold, seed: int) -> np.ndarray:
    """Outcomes as they may turn out: rates err together, and leads each by themselves."""
    rng = np.random.default_rng([seed, 19])
    rate = said.rate
    spread = np.maximum(said.high - said.low, 0.0) / (2 * NINETY)
    moved = rate + rng.normal(size=(DRAWS, 1)) * spread
    drawn: np.ndarray = rng.random((DRAWS, len(rate))) < np.clip(moved, 0.0, 1.0)
    return drawn


def expected_auc(rate: np.ndarray, margin: np.ndarray) -> float:
    """The area that is to be expected: pairs of different leads, each as likely as its rates make it."""
    if len(rate) < 2:
        return math.nan
    order = np.argsort(margin, kind="stable")
    ranked, won = margin[order], rate[order]
    lost = 1.0 - won
    starts = np.append(0, np.flatnonzero(ranked[1:] > ranked[:-1]) + 1)
    wins, losses, selves = (np.add.reduceat(each, starts) for each in (won, lost, won * lost))
    below = np.cumsum(losses) - losses
    pairs = won.sum() * lost.sum() - selves.sum()
    found = float((wins * below + (wins * losses - selves) / 2).sum())
    return found / pairs if pairs > 0 else math.nan


@dataclass(frozen=True)
class Kept:
    """One promise: how many were to convert among so many leads, and how many did; `called` is a share."""

    group: str
    leads: int
    called: float
    promised: float
    low: float
    high: float
    realised: int

    @property
    def holds(self) -> bool:
        return self.low <= self.realised <= self.high

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "holds": self.holds}


def kept(group: str, said: Foretold, outcome: np.ndarray) -> Kept:
    """What was promised of these leads, with the interval that holds it nine times in ten."""
    mean, low, high = promise(said)
    called = float(said.call.mean()) if len(outcome) else 0.0
    return Kept(group, len(outcome), round(called, 4), round(mean, 3), low, high, int(outcome.sum()))


def promise(said: Foretold) -> tuple[float, float, float]:
    """Conversions to expect: luck of so many leads, and rates that are known to within their intervals.

    Rates at near scores err alike and at distant ones apart, so that half of their doubt is taken as shared.
    """
    rate = said.rate
    mean = float(rate.sum())
    luck = float((rate * (1 - rate)).sum())
    doubt = (said.high - said.low) / (2 * NINETY)
    shared = float(doubt.sum()) ** 2 * 0.5
    half = NINETY * math.sqrt(luck + shared)
    return mean, math.floor(max(0.0, mean - half)), math.ceil(min(float(len(rate)), mean + half))


@dataclass(frozen=True)
class RealisedPerformance:
    """How good the model was on leads that are decided, with intervals; what it promised and what came."""

    leads: int
    conversions: int
    auc: Estimate
    precision: Estimate
    lift: float | None
    slope: float | None
    intercept: float | None
    estimated: EstimatedPerformance
    promises: Mapping[str, tuple[Kept, ...]]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            **{name: asdict(getattr(self, name)) for name in ("auc", "precision")},
            **{name: getattr(self, name) for name in ("leads", "conversions", "lift", "slope", "intercept")},
            "estimated": self.estimated.to_json(),
            "promises": {name: [each.to_json() for each in rows] for name, rows in self.promises.items()},
            "findings": [each.to_json() for each in self.findings],
        }


@dataclass(frozen=True, eq=False)
class DecidedLeads:
    """Leads whose outcome is known: what was said of them, how they ended, and what they are grouped by."""

    said: Foretold
    outcome: np.ndarray
    moment: np.ndarray | None = None
    source: Sequence[str] = ()
    sensitive: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What each lead says in the columns that are kept for checks of fairness, by column."""

    def groups(self, bundle: Bundle) -> Iterator[tuple[str, list[tuple[str, np.ndarray]]]]:
        """All leads, the called, by week, by grade, by source."""
        everything = np.arange(len(self.outcome))
        yield "all", [("all leads", everything), ("above the line", np.flatnonzero(self.said.call))]
        grades = bundle.scorer.grades
        place = grades.apply(self.said.margin)
        yield "grade", [(name, np.flatnonzero(place == k)) for k, name in enumerate(grades.names)]
        if self.moment is not None:
            week = np.where(np.isfinite(self.moment), self.moment, 0.0) // WEEK
            found = np.unique(week)[-MOST_ROWS:]
            yield "week", [(week_name(each), np.flatnonzero(week == each)) for each in found.tolist()]
        for column, values in ({"source": self.source} | dict(self.sensitive)).items():
            if len(values):
                yield column, _by_word(values)


def _by_word(values: Sequence[str]) -> list[tuple[str, np.ndarray]]:
    """The rows of each word, the commonest first."""
    words = np.array([str(each) for each in values])
    names, counts = np.unique(words, return_counts=True)
    common = names[np.argsort(-counts, kind="stable")][:MOST_ROWS].tolist()
    return [(name, np.flatnonzero(words == name)) for name in common]


def week_name(week: float) -> str:
    """The day on which a week of seven days since 1970 begins."""
    return str(np.datetime64(int(week * 7), "D"))


def realised(bundle: Bundle, leads: DecidedLeads, seed: int = 0) -> RealisedPerformance:
    """Every figure of the decided leads, and what it says about the model."""
    said, outcome = leads.said, leads.outcome
    from leadlight.training.evaluate import evaluate

    figures = evaluate(outcome, said.margin, said.rate, cut=bundle.scorer.grades.line, seed=seed).figures
    line = _calibration(outcome, said.margin)
    precision, rate = figures["precision"], float(outcome.mean()) if len(outcome) else 0.0
    promises = {
        name: tuple(
            kept(group, said.among(rows), outcome[rows]) for group, rows in groups if len(rows) >= FEWEST
        )
        for name, groups in leads.groups(bundle)
    }
    before = estimated(said, seed)
    return RealisedPerformance(
        leads=len(outcome),
        conversions=int(outcome.sum()),
        auc=figures["auc"],
        precision=precision,
        lift=precision.value / rate if precision.value is not None and rate else None,
        slope=None if line is None else line.slope,
        intercept=None if line is None else line.intercept,
        estimated=before,
        promises=promises,
        findings=tuple(_judged(bundle, said, outcome, figures["auc"], before)),
    )


def _calibration(outcome: np.ndarray, margin: np.ndarray) -> Calibrator | None:
    enough = len(outcome) >= JUDGED and 0 < outcome.sum() < len(outcome)
    return Calibrator.fit(outcome, margin) if enough else None


def _judged(
    bundle: Bundle,
    said: Foretold,
    outcome: np.ndarray,
    area: Estimate,
    before: EstimatedPerformance,
) -> Iterator[Finding]:
    """What the outcomes speak against: the level, the ranking, and the estimates made before they came."""
    if len(outcome) < JUDGED:
        return
    shifted = rate_gap(said, outcome)
    if shifted is not None:
        yield shifted
    tested = bundle.record.test
    claimed, lowest = tested.get("auc"), tested.get("auc_low")
    fell = area.high is not None and lowest is not None and area.high < lowest
    if fell:
        yield Finding(
            "ranking_fell",
            "alarm",
            None,
            f"On {len(outcome):,} decided leads the AUC is {area.value:.3f}; the test had {claimed:.3f}.",
            "Look which columns moved, and train a challenger.",
            {
                "auc": round(area.value or 0.0, 4),
                "promised": round(float(claimed or 0.0), 4),
                "leads": len(outcome),
            },
        )
    if shifted is not None or fell or _are_apart(before.auc, area):
        yield Finding(
            "assumption_fails",
            "alarm" if fell else "note",
            None,
            "Estimates made before outcomes arrive assume that probabilities hold; on the decided leads they"
            " do not.",
            "Trust only what is decided until the probabilities are set anew or a new model serves.",
            {"leads": len(outcome)},
        )


def _are_apart(one: Estimate, other: Estimate) -> bool:
    """Whether the intervals of two figures do not even come near."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.low > other.high + NEAR or other.low > one.high + NEAR


def rate_gap(said: Foretold, outcome: np.ndarray) -> Finding | None:
    """Whether more or fewer convert than was foretold: beyond chance, and by more than a seventh."""
    rate = said.rate
    doubt = (said.high - said.low) / (2 * NINETY)
    spread = math.sqrt(float((rate * (1 - rate)).sum()) + float(doubt.sum()) ** 2 * 0.5)
    expected, seen = float(rate.sum()), float(outcome.sum())
    chance = 2 * tail(abs(seen - expected) / max(spread, 1e-9))
    ratio = seen / expected if expected else 1.0
    if chance >= SURE or abs(ratio - 1.0) < MATTERS:
        return None
    return Finding(
        "rate_moved",
        "alarm",
        None,
        f"Of {len(outcome):,} decided leads {seen:,.0f} converted; {expected:,.0f} were foretold.",
        "See whether outcomes are complete; then set the probabilities anew.",
        {"seen": int(seen), "foretold": round(expected, 1), "leads": len(outcome), "chance": chance},
    )
