from __future__ import annotations

import json
import time
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from leadlight.errors import BundleError
from leadlight.model import metrics
from leadlight.model.probability import probability
from leadlight.training.evaluate import FIGURES, LEAST_ROWS, Evaluation, evaluate, fold_spread
from tests.model.test_metrics import leads


def of(rows: int, levels: int | None = None, seed: int = 0, cut: float = 0.2) -> Evaluation:
    y, margin = leads(rows, levels, seed)
    return evaluate(y, margin, probability(margin), cut=cut, seed=0)


def plain(value: object) -> object:
    return json.loads(json.dumps(value, allow_nan=False))


def test_every_figure_has_its_value_and_an_interval_around_it() -> None:
    y, margin = leads(3000)
    share, call = probability(margin), margin >= 0.2
    found = of(3000).figures
    expected = {
        "auc": metrics.auc(y, margin),
        "gini": metrics.gini(y, margin),
        "average_precision": metrics.average_precision(y, margin),
        "log_loss": metrics.log_loss(y, share),
        "brier": metrics.brier(y, share),
        "ece": metrics.ece(y, share),
        **metrics.Confusion.of(y, call).rates,
        **asdict(metrics.Confusion.of(y, call)),
    }
    assert {name: figure.value for name, figure in found.items()} == pytest.approx(expected, abs=1e-9)
    assert set(FIGURES) < set(found)
    for figure in found.values():
        assert figure.low <= figure.value <= figure.high
        assert figure.low < figure.high


def test_the_intervals_hold_nine_in_ten() -> None:
    """Against figures of a million leads: 100 samples of 800, each figure covered by 82-97 %."""
    y, margin = leads(1_000_000, seed=99)
    truth = evaluate(y, margin, probability(margin), cut=0.2, seed=0).figures
    covered = dict.fromkeys(FIGURES, 0)
    for seed in range(100):
        figures = of(800, seed=seed).figures
        for name in FIGURES:
            covered[name] += figures[name].low <= truth[name].value <= figures[name].high
    del covered["ece"]  # what is left of chance in few leads is part of it
    assert all(0.82 * 100 <= held <= 0.97 * 100 for held in covered.values()), covered


def test_ten_thousand_leads_take_a_moment_and_a_million_a_few_seconds() -> None:
    for rows, most in ((10_000, 1.0), (1_000_000, 8.0)):
        y, margin = leads(rows)
        share = probability(margin)
        start = time.process_time()
        evaluate(y, margin, share, cut=0.2, seed=0)
        assert time.process_time() - start < most


def test_the_threshold_table_tells_what_each_cut_would_have_given() -> None:
    y, margin = leads(4000)
    found = of(4000)
    assert 15 <= len(found.thresholds) <= 20
    for row in (*found.thresholds, found.meeting):
        call = margin >= row.cut
        assert row.called == call.sum()
        assert row.threshold == probability(row.cut)
        assert row.precision == pytest.approx(metrics.precision(y, call))
        assert row.recall == pytest.approx(metrics.recall(y, call))
        assert row.f1 == pytest.approx(metrics.f1(y, call))
        assert row.accuracy == pytest.approx(metrics.accuracy(y, call))
        assert row.precision_low < row.precision < row.precision_high
        assert row.recall_low < row.recall < row.recall_high
    assert found.meeting.precision == found.meeting.recall == pytest.approx(found.meeting.f1)


def test_lift_and_gains_add_up() -> None:
    y, margin = leads(4000)
    found = of(4000)
    assert len(found.deciles) == 10
    assert sum(row.rows for row in found.deciles) == 4000
    assert sum(row.gain for row in found.deciles) == pytest.approx(1)
    best = y[np.argsort(-margin)][:400]
    assert found.deciles[0].rate == pytest.approx(best.mean())
    assert found.deciles[0].lift == pytest.approx(best.mean() / y.mean())
    assert found.deciles[-1].total_share == found.deciles[-1].total_gain == found.deciles[-1].total_lift == 1


def test_reliability_and_histogram_hold_every_lead() -> None:
    y, margin = leads(4000)
    share, found = probability(margin), of(4000)
    for table in (found.reliability, found.histogram):
        assert sum(row.rows for row in table) == 4000
        assert (table[0].start, table[-1].end) == (0, 1)
        assert [row.end for row in table[:-1]] == [row.start for row in table[1:]]
    for row in found.reliability:
        inside = (share >= row.start) & (share < row.end)
        assert row.predicted == pytest.approx(share[inside].mean())
        assert row.observed == pytest.approx(y[inside].mean())
        assert row.low <= row.observed <= row.high
    assert sum(row.converted for row in found.histogram) == pytest.approx(1)
    assert sum(row.others for row in found.histogram) == pytest.approx(1)


@given(
    some.integers(0, 300),
    some.sampled_from([None, 1, 2, 5]),
    some.integers(0, 99),
    some.sampled_from([-9, 0.2, 9]),
)
def test_any_leads_round_trip_without_nan_and_without_a_part_under_twenty(
    rows: int, levels: int | None, seed: int, cut: float
) -> None:
    found = of(rows, levels, seed, cut)
    assert Evaluation.from_json(plain(found.to_json())) == found
    tables = (found.deciles, found.reliability, found.histogram)
    assert all(row.rows >= LEAST_ROWS for table in tables for row in table)
    assert all(sum(row.rows for row in table) == rows for table in tables if table)
    cuts = [row.called for row in (*found.thresholds, found.meeting) if row]
    assert all(LEAST_ROWS <= called <= rows - LEAST_ROWS for called in cuts)
    steps = np.diff([row.called for row in found.thresholds])
    assert (steps >= LEAST_ROWS).all()


def test_what_is_not_defined_is_none() -> None:
    one_sided = evaluate([0] * 50, np.arange(50.0), np.full(50, 0.1), cut=99.0)
    assert one_sided.figures["auc"].value is None
    assert one_sided.figures["precision"].value is None
    assert one_sided.figures["accuracy"].value == 1
    assert one_sided.histogram[0].converted is None
    assert evaluate([], [], [], cut=0.0).base_rate is None


def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    y, margin = leads(500)
    first, again, other = (evaluate(y, margin, probability(margin), cut=0.0, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_plain_form_is_flat() -> None:
    found = of(1000).to_json()
    assert {
        "auc",
        "auc_low",
        "auc_high",
        "threshold",
        "confusion",
        "confusion_low",
        "base_rate",
        "rows",
    } <= set(found)
    assert sum(found["confusion"].values()) == found["rows"] == 1000


@pytest.mark.parametrize("name", ["auc", "cut", "confusion", "deciles", "meeting", "rows"])
def test_a_broken_one_is_refused(name: str) -> None:
    whole = of(1000).to_json()
    for broken in ({key: value for key, value in whole.items() if key != name}, {**whole, name: "x"}, []):
        with pytest.raises(BundleError):
            Evaluation.from_json(broken)


def test_spread_over_folds() -> None:
    y, margin = leads(1000)
    fold = np.arange(1000) % 5
    found = fold_spread(y, margin, probability(margin), fold, cut=0.2)
    areas = [metrics.auc(y[fold == each], margin[fold == each]) for each in range(5)]
    assert found["auc"].mean == pytest.approx(np.mean(areas))
    assert found["auc"].deviation == pytest.approx(np.std(areas, ddof=1))
    assert (found["auc"].lowest, found["auc"].highest) == (min(areas), max(areas))
