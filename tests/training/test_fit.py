"""Training is honest: the test part decides nothing, order and format decide nothing, rubbish is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadlight.data.config import ColumnConfig
from leadlight.data.frame import from_records
from leadlight.errors import ColumnError, ConfigError, LeadlightError, TrainingError
from leadlight.model import metrics
from leadlight.model.bundle import Bundle
from leadlight.model.lead_scorer import LeadScorer
from leadlight.model.policy import Policy
from leadlight.training.fit import Trained, train
from leadlight.training.options import Options
from tests.model.trained import few_rounds, sample, shuffled, trained
from tests.worlds import drifting, world
from tests.worlds.exports import german


def leads_of(rows: int = 2000, seed: int = 5) -> pl.DataFrame:
    return sample(rows, seed).leads


def quick(leads: pl.DataFrame, **asked: object) -> Trained:
    return train(leads, Options(**{"target": "Converted", "models": ["logistic", "bayes"], **asked}))  # type: ignore[arg-type]


CHOOSING = {"models": ["logistic"], "folds": 2, "select": "iv", "tune": 3, "balance": "weights"}


@pytest.mark.parametrize(
    "asked",
    [{"test": "random"}, {"test": "time"}, {"test": "random", **CHOOSING}],
    ids=["random", "time", "all"],
)
def test_noise_in_the_test_part_changes_only_the_test_figures(asked: dict[str, object]) -> None:
    """Whatever the outcomes of the test part are, nothing that was learnt or chosen is different."""
    leads = leads_of()
    asked = {**asked, "accept": ("no_better_than_chance",)}
    first = quick(leads, **asked, refit=False)
    ids = first.prepared.raw["Lead ID"].to_list()
    held = {ids[row] for row in first.prepared.testing.tolist()}
    draw = np.random.Generator(np.random.PCG64(1))
    noise = pl.Series("Converted", draw.permutation(leads["Converted"].to_numpy()))
    inside = leads["Lead ID"].is_in(list(held))
    changed = leads.with_columns(
        pl.when(inside).then(noise).otherwise(pl.col("Converted")).alias("Converted")
    )
    assert not changed.equals(leads)
    second = quick(changed, **asked, refit=False)
    before, after = dict(first.bundle.training), dict(second.bundle.training)
    assert before.pop("test") != after.pop("test")
    assert before["tally"].pop("test") != after["tally"].pop("test")
    assert before == after
    assert first.bundle.scorer.schema == second.bundle.scorer.schema
    assert first.bundle.scorer.encoder == second.bundle.scorer.encoder
    everyone = first.bundle.scorer.score(leads), second.bundle.scorer.score(leads)
    assert np.array_equal(everyone[0].probability, everyone[1].probability)
    assert np.array_equal(everyone[0].grade, everyone[1].grade)


@pytest.mark.parametrize("family", ["bayes", "logistic", "glassbox", "lightgbm"])
def test_the_order_of_the_rows_changes_no_byte(family: str) -> None:
    leads, options = leads_of(1200), Options(target="Converted", models=[family], folds=2)
    with few_rounds():
        first, second = (train(each, options).bundle for each in (leads, shuffled(leads, 9)))
    assert first.to_bytes() == second.to_bytes()


def test_the_format_of_the_file_changes_no_byte(tmp_path: Path) -> None:
    """CSV, Parquet, JSON lines and Excel of the same leads give the same bundle."""
    from leadlight.connect import files

    leads = leads_of(1200)
    leads.write_csv(tmp_path / "leads.csv")
    leads.write_parquet(tmp_path / "leads.parquet")
    leads.write_ndjson(tmp_path / "leads.jsonl")
    leads.write_excel(tmp_path / "leads.xlsx")
    made = {
        path.suffix: quick(files.read(path).frame, folds=2).bundle.to_bytes()
        for path in sorted(tmp_path.glob("leads.*"))
    }
    assert len(made) == 4
    assert len(set(made.values())) == 1


def test_a_model_of_a_german_export_reads_numbers_of_every_format_alike(tmp_path: Path) -> None:
    """Also those of a file that is kept for the test, and those of a home or of one lead."""
    from leadlight.connect import files

    leads = leads_of(1200).with_columns((pl.col("Minutes on Site") * 1.001).round(3))
    spelt = leads.with_columns(
        pl.col("Minutes on Site").map_elements(lambda value: german(value, 3), return_dtype=pl.String)
    )
    first, last = spelt.head(900), leads.tail(300)
    commas = {"Minutes on Site": ColumnConfig(kind="number", decimal=",", thousands=".")}
    options = Options(target="Converted", models=["logistic"], folds=2, columns=commas)
    made = train(first, options, held_out=last).bundle
    told = train(first, options, held_out=spelt.tail(300))
    assert "Minutes on Site" in made.scorer.columns
    assert made.to_bytes() == told.bundle.to_bytes()
    leads.write_ndjson(tmp_path / "leads.jsonl")
    leads.write_excel(tmp_path / "leads.xlsx")
    leads.write_parquet(tmp_path / "leads.parquet")
    wanted = made.scorer.score(spelt).probability
    for path in tmp_path.glob("leads.*"):
        assert np.array_equal(made.scorer.score(files.read(path).frame).probability, wanted)
    mixed = from_records([*spelt.head(600).to_dicts(), *leads.tail(600).to_dicts()])
    assert np.array_equal(made.scorer.score(mixed).probability, wanted)
    one = LeadScorer(made.scorer)
    assert [one.answer(lead).probability for lead in leads.head(50).to_dicts()] == wanted[:50].tolist()


def test_a_seed_is_a_seed() -> None:
    first, again, other = (quick(leads_of(1200), seed=seed, folds=2).bundle.hash for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_repeated_rows_never_straddle() -> None:
    """Rows that are equal in the used columns are on one side of the split and in one fold."""
    prepared = trained().prepared
    random = train(leads_of(), Options(target="Converted", models=["bayes"], test="random")).prepared
    for each in (prepared, random):
        inside = set(each.groups[each.learning].tolist())
        assert not inside & set(each.groups[each.testing].tolist())
        for fold in each.folds(each.learning, 5, by_time=each.by_time):
            groups = each.groups[each.learning]
            assert not set(groups[fold.train].tolist()) & set(groups[fold.validation].tolist())


def test_the_newest_leads_are_the_test_where_there_is_a_time() -> None:
    prepared = trained().prepared
    assert prepared.by_time
    assert prepared.moment is not None
    assert prepared.moment[prepared.learning].max() < prepared.moment[prepared.testing].min()


def test_rows_are_accounted_for() -> None:
    counts = trained().bundle.training["rows"]
    assert counts["in"] == counts["used"] + counts["open"] + counts["duplicates"] + counts["rejected"]


def bare(target: list[object], **columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame({**columns, "Converted": target}, strict=False)


def test_what_cannot_be_trusted_is_refused() -> None:
    """One class, too few, nothing to learn from: a code and a sentence, no model."""
    draw = np.random.Generator(np.random.PCG64(2))
    number = draw.normal(size=300).tolist()
    both = (np.arange(300) % 2).tolist()
    cases = {
        "single_class": bare([1] * 300, a=number),
        "too_few": bare(both[:15], a=number[:15]),
        "no_inputs": bare(both, a=[None] * 300),
    }
    for code, leads in cases.items():
        with pytest.raises(LeadlightError) as caught:
            quick(leads)
        assert caught.value.code == code
        assert caught.value.hint


def test_all_unique_columns_teach_nothing() -> None:
    both = (np.arange(300) % 2).tolist()
    leads = bare(both, a=[f"u{k:05d}" for k in range(300)], b=[f"x-{k * 7919 % 100_003}" for k in range(300)])
    with pytest.raises(TrainingError) as caught:
        quick(leads)
    assert caught.value.code == "no_inputs"


def test_a_file_can_be_the_test_part() -> None:
    leads = leads_of()
    made = train(leads[:1500], Options(target="Converted", models=["logistic"]), held_out=leads[1500:])
    assert made.bundle.training["split"]["test_rows"] + made.bundle.training["split"]["set_aside"] == 500


def test_declared_features_are_learnt_and_scored() -> None:
    """A declared feature is an input like any other, with reasons in its own words."""
    leads = leads_of()
    made = quick(
        leads, features={"effort": "Visits * Minutes" if "Minutes" in leads.columns else _product(leads)}
    )
    scorer = made.bundle.scorer
    assert "effort" in scorer.columns
    again = type(made.bundle).from_bytes(made.bundle.to_bytes())
    assert np.array_equal(scorer.score(leads).probability, again.scorer.score(leads).probability)


def _product(leads: pl.DataFrame) -> str:
    numbers = [name for name, kind in leads.schema.items() if kind.is_numeric() and name != "Converted"]
    return " * ".join(f'"{name}"' for name in numbers[:2])


@pytest.mark.parametrize("seed", range(3))
def test_drift_is_felt(seed: int) -> None:
    """Where sharp patterns vanish over time, forward folds prefer the model that carries over."""
    leads = drifting(seed)
    chosen = train(
        leads.frame, Options(target=leads.target, time=leads.time, models=["logistic", "lightgbm"])
    )
    assert chosen.bundle.family == "logistic"
    assert chosen.bundle.training["split"]["random"]["auc"] > 0.5


@pytest.mark.parametrize("seed", range(2))
def test_other_companies_train_without_a_hint_but_the_target(seed: int) -> None:
    leads = world(seed, leak=False, honest_auc=0.8)
    made = train(
        leads.frame,
        Options(
            target=leads.target, positive=tuple(str(each) for each in [leads.positive]), models=["logistic"]
        ),
    )
    assert made.bundle.training["test"]["auc"] > 0.6


@pytest.mark.long
def test_the_default_comes_close_to_the_truth() -> None:
    """On made-up leads the default's AUC is within 0.01 of that of the true probability."""
    learnt, fresh = sample(10_000, 11), sample(100_000, 12)
    bundle = train(learnt.leads, Options(target="Converted", models="fast")).bundle
    won = fresh.leads["Converted"].to_numpy().astype(np.float64)
    truth = metrics.auc(won, fresh.truth["Probability"].to_numpy())
    ours = metrics.auc(won, bundle.scorer.score(fresh.leads).margin)
    assert truth - ours <= 0.01


@pytest.mark.long
def test_along_time_intervals_hold_for_leads_to_come() -> None:
    """Early folds learn from little; a calibration through them would be too bold for the whole model."""
    fresh = sample(150_000, 1_000)
    newest = fresh.leads["Created"].rank("ordinal") > 120_000
    leads, truth = fresh.leads.filter(newest), fresh.truth.filter(newest)["Probability"].to_numpy()
    covered = []
    for family in ("logistic", "glassbox"):
        for seed in range(4):
            made = train(sample(3_000, seed).leads, Options(target="Converted", models=[family], seed=seed))
            found = made.bundle.scorer.score(leads)
            there = np.empty(len(truth))
            for band in np.array_split(np.argsort(found.margin, kind="stable"), 60):
                there[band] = truth[band].mean()
            covered.append(((found.low <= there) & (there <= found.high)).mean())
    assert 0.85 <= np.mean(covered) <= 0.95, covered


@pytest.mark.parametrize("batches", [(400, 400, 70, 70, 60), (500, 450, 20, 20, 10), (300, 300, 300, 50, 50)])
def test_leads_that_came_in_a_few_batches_are_learnt_from(batches: tuple[int, ...]) -> None:
    """Where there is hardly a past to look ahead from, folds are drawn; the test is the newest still."""
    leads = leads_of(sum(batches)).drop("Created", strict=False)
    days = np.repeat([f"2025-0{1 + k}-01" for k in range(len(batches))], batches)
    made = quick(leads.with_columns(Created=pl.Series(days)), models=["bayes"], time="Created")
    split = made.bundle.training["split"]
    assert split["by"] == "time"
    assert made.prepared.by_time == ("random" in split)
    assert len(made.prepared.folds(made.prepared.learning, 5, by_time=made.prepared.by_time)) > 1
    assert Bundle.from_bytes(made.bundle.to_bytes()).training["split"] == split


def test_a_candidate_that_cannot_do_what_the_policy_asks_is_compared_all_the_same() -> None:
    """A column that turns round: naive Bayes reaches no precision of 0.9, trees do."""
    dice = np.random.Generator(np.random.PCG64(7))
    one, other = dice.integers(0, 2, 3000), dice.integers(0, 2, 3000)
    won = np.where(one == other, dice.random(3000) < 0.95, dice.random(3000) < 0.05).astype(int)
    leads = pl.DataFrame({"one": one, "other": other, "noise": dice.normal(size=3000), "Converted": won})
    made = quick(leads, models=["bayes", "glassbox"], policy=Policy.precision(0.9))
    assert [each["name"] for each in made.bundle.training["candidates"]] == ["bayes", "glassbox"]
    assert made.bundle.family == "glassbox"


def test_a_test_part_without_a_lead_is_refused_before_anything_is_learnt() -> None:
    leads = leads_of(400).drop("Created")
    undecided = leads.with_columns(Converted=pl.lit(None, leads["Converted"].dtype))
    cases = {
        "equals one": {"held_out": leads},
        "is decided": {"held_out": undecided},
        "is none": {"options": Options(target="Converted", models=["bayes"], test=0.001)},
    }
    for words, asked in cases.items():
        with pytest.raises(TrainingError) as caught:
            train(leads, **{"options": Options(target="Converted", models=["bayes"]), **asked})  # type: ignore[arg-type]
        assert caught.value.code == "no_test"
        assert words in caught.value.message


def test_a_test_file_that_lacks_a_column_is_told_which() -> None:
    leads, options = leads_of(600), Options(target="Converted", models=["bayes"])
    with pytest.raises(ColumnError) as caught:
        train(leads[:400], options, held_out=leads[400:].drop("Created"))
    assert "'Created'" in caught.value.message


def test_too_few_says_how_many_are_left_beside_the_test() -> None:
    rows = 1000
    won = np.zeros(rows, int)
    won[:: rows // 23][:23] = 1
    leads = pl.DataFrame({"Visits": np.arange(rows) % 11, "Converted": won})
    for count, words in ((won, "beside the test"), (won * (np.arange(rows) < 700), "that are decided")):
        with pytest.raises(TrainingError) as caught:
            quick(leads.with_columns(Converted=pl.Series(count)), test=0.4)
        assert caught.value.code == "too_few"
        assert words in caught.value.message
        assert "30" in caught.value.hint


@pytest.mark.parametrize("names", [("Source",), ("Key", "Source")])
def test_where_most_leads_are_equal_the_test_is_a_fair_sample(names: tuple[str, ...]) -> None:
    """Equal leads draw one by one: not whole kinds, nor those first whose outcome sorts first."""
    rows = 5000
    dice = np.random.Generator(np.random.PCG64(3))
    level = dice.integers(0, 3, rows)
    won = (dice.random(rows) < np.array([0.2, 0.4, 0.6])[level]).astype(int)
    key = [f"L-{number:06d}" for number in dice.permutation(rows)]
    leads = pl.DataFrame({"Key": key, "Source": np.array(["web", "fair", "friend"])[level], "Converted": won})
    prepared = quick(leads.select(*names, "Converted"), models=["bayes"]).prepared
    test = prepared.testing
    assert len(test) == 1000
    assert abs(prepared.outcome[test].mean() - won.mean()) < 0.06
    shares = prepared.raw[test.tolist()]["Source"].value_counts()["count"] / 1000
    assert (shares - 1 / 3).abs().max() < 0.06


@pytest.mark.parametrize("asked", ["keep", "only"])
def test_what_cannot_be_kept_is_refused_with_the_way_to_do_it(asked: str) -> None:
    leads = leads_of(400).with_columns(Name=pl.Series([f"Ann Smith {k}" for k in range(400)]))
    with pytest.raises(ConfigError) as caught:
        quick(leads, **{asked: ("Name",)})
    assert caught.value.code == "keep"
    assert "leadlight.toml" in caught.value.hint
