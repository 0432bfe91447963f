"""The audit finds what sales filled in, leaves alone what was known at arrival, and says what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadlight.training.audit.audit import CODES, Audit, audit
from leadlight.training.audit.audit_input import AuditInput
from leadlight.training.options import Options
from leadlight.training.prepare import prepare
from tests.data import firms
from tests.training.audit_inputs import audit_input
from tests.worlds import world

SALES = ("Tags", "Lead Quality")
DOUBTFUL = (
    "Lead Profile",
    "Last Notable Activity",
    "Asymmetrique Activity Index",
    "Asymmetrique Profile Index",
    "Asymmetrique Activity Score",
    "Asymmetrique Profile Score",
)
HONEST = ("Lead Source", "Lead Origin", "Total Time Spent on Website", "What is your current occupation")
CONSTANT = (
    "Magazine",
    "Receive More Updates About Our Courses",
    "Update me on Supply Chain Content",
    "Get updates on DM Content",
    "I agree to pay the amount through cheque",
)


def codes(found: Audit, column: str | None) -> set[str]:
    return {finding.code for finding in found.findings if finding.column == column}


def called(found: Audit, code: str) -> set[str]:
    return {finding.column for finding in found.findings if finding.code == code and finding.column}


def leads(rows: int = 2_000, seed: int = 0, **columns: pl.Series) -> pl.DataFrame:
    """Plain leads: a number that tells a little, a word that tells nothing, and the given columns."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=rows)
    won = rng.random(rows) < 1 / (1 + np.exp(1.0 - size))
    plain = {
        "Lead ID": pl.Series([f"L{number:06d}" for number in rng.permutation(rows)]),
        "Size": pl.Series(np.round(size, 3)),
        "Region": pl.Series(rng.choice(["north", "south", "west"], rows)),
        "Converted": pl.Series(np.where(won, "yes", "no")),
    }
    return pl.DataFrame(plain | columns)


def outcome(frame: pl.DataFrame) -> np.ndarray:
    return (frame["Converted"] == "yes").to_numpy()


def words(where: np.ndarray, word: str) -> pl.Series:
    """This word in some rows, nothing in the others."""
    return pl.Series([word if yes else None for yes in where], dtype=pl.String)


@pytest.fixture(scope="module")
def raw(xeducation: Path) -> pl.DataFrame:
    return pl.read_csv(xeducation, infer_schema=False)


@pytest.fixture(scope="module", params=["all", *range(4), "seed 1", "seed 2"], ids=str)
def found(raw: pl.DataFrame, request: pytest.FixtureRequest) -> Audit:
    """The audit of all rows, of random parts of them, and of the part that training learns from."""
    if request.param == "all":
        return audit(audit_input(raw))
    if isinstance(request.param, str):
        return prepare(raw, Options(seed=int(request.param[5:]))).audit
    chance = np.random.default_rng(request.param).random(raw.height)
    return audit(audit_input(raw, part=np.flatnonzero(chance < 0.8)))


class TestRealLeads:
    """No hint but the file, and any 80 % of it."""

    def test_what_sales_filled_in_is_left_out(self, found: Audit) -> None:
        for column in SALES:
            assert "leak" in codes(found, column)
            assert not found.schema[column].is_input

    def test_what_others_made_of_the_lead_is_at_least_suspect(self, found: Audit) -> None:
        assert all(codes(found, column) & {"leak", "suspect"} for column in DOUBTFUL)

    def test_what_was_known_at_arrival_is_under_no_suspicion(self, found: Audit) -> None:
        assert not [column for column in HONEST if codes(found, column) & {"leak", "suspect"}]
        assert all(found.schema[column].is_input for column in HONEST)

    def test_constants_are_left_out(self, found: Audit) -> None:
        assert called(found, "constant") >= set(CONSTANT)
        assert not any(found.schema[column].used for column in CONSTANT)

    def test_consent_stays_what_it_is(self, found: Audit) -> None:
        assert called(found, "consent") == {"Do Not Email", "Do Not Call"}
        assert found.schema["Do Not Call"].role == "consent"

    def test_the_running_number_is_offered_as_time_and_not_learnt_from(self, found: Audit) -> None:
        assert codes(found, "Lead Number") == {"id_like", "could_be_time"}
        assert not found.schema["Lead Number"].is_input

    def test_another_spelling_of_a_source_is_told_without_naming_what_is_rare(
        self, raw: pl.DataFrame
    ) -> None:
        (finding,) = [each for each in audit(audit_input(raw)).findings if each.code == "spellings"]
        assert finding.column == "Lead Source"
        assert finding.evidence == {"leads": 5, "levels": 1, "level": "Google"}

    def test_no_level_is_named_that_was_seen_fewer_than_twenty_times(self, raw: pl.DataFrame) -> None:
        for finding in audit(audit_input(raw)).findings:
            level = finding.evidence.get("level")
            if level is not None and finding.column is not None:
                assert int((raw[finding.column].str.strip_chars() == level).sum()) >= 20


def judged(columns: tuple[str, ...], found: Audit) -> tuple[bool, bool]:
    """Whether all these columns are called leaks, and whether any other one is."""
    leaked = called(found, "leak")
    return set(columns) <= leaked, bool(leaked - set(columns))


def world_verdicts(seed: int) -> tuple[bool, bool]:
    """Whether the planted leak of a company is found, and whether an honest column is called one."""
    leaky = world(seed, leak=True)
    found, wrong = judged(
        leaky.leak_columns, audit(audit_input(leaky.frame, leaky.target, positive=[leaky.positive]))
    )
    honest = world(seed, leak=False, honest_auc=0.85)
    _, accused = judged((), audit(audit_input(honest.frame, honest.target, positive=[honest.positive])))
    return found, wrong or accused


def firm_verdicts(seed: int) -> tuple[bool, bool]:
    kind = list(firms.LEAKS)[seed % len(firms.LEAKS)]
    leaky = firms.firm(seed, leak=kind)
    found, wrong = judged(tuple(leaky.leaks), audit(audit_input(leaky.frame, leaky.target)))
    honest = firms.firm(seed, strong_auc=0.85)
    _, accused = judged((), audit(audit_input(honest.frame, honest.target)))
    return found, wrong or accused


@pytest.mark.parametrize("verdicts", [world_verdicts, firm_verdicts])
class TestPlantedTruth:
    def test_leaks_are_found_and_honest_columns_are_not_accused(
        self, verdicts: Callable[[int], tuple[bool, bool]]
    ) -> None:
        found, accused = zip(*map(verdicts, range(3000, 3020)), strict=True)
        assert sum(found) >= 18
        assert sum(accused) <= 1

    @pytest.mark.long
    def test_the_bars_hold_on_four_hundred_companies(
        self, verdicts: Callable[[int], tuple[bool, bool]]
    ) -> None:
        found, accused = zip(*map(verdicts, range(1000, 1200)), strict=True)
        assert sum(found) >= 190
        assert sum(accused) <= 2


class TestLeaks:
    def reason(self, frame: pl.DataFrame, share: float = 0.9) -> pl.Series:
        lost = ~outcome(frame)
        noted = np.random.default_rng(1).random(frame.height) < share
        return words(lost & noted, "too dear")

    def test_a_leak_is_left_out_with_its_numbers_and_a_next_step(self) -> None:
        frame = leads()
        found = audit(audit_input(frame.with_columns(Why=self.reason(frame))))
        (finding,) = [each for each in found.findings if each.code == "leak"]
        assert (finding.column, finding.severity) == ("Why", "excluded")
        assert finding.next_step.endswith("--keep Why")
        assert finding.evidence["won_given"] == 0.0
        assert finding.evidence["auc"] > 0.9
        assert found.schema["Why"].role == "after"
        assert [(each.column, each.code) for each in found.excluded] == [("Why", "leak")]

    def test_what_the_user_keeps_stays_in_with_a_warning(self) -> None:
        frame = leads()
        found = audit(audit_input(frame.with_columns(Why=self.reason(frame)), keep=["Why"]))
        (finding,) = [each for each in found.findings if each.code == "leak"]
        assert finding.severity == "warning"
        assert found.schema["Why"].is_input
        assert not found.excluded

    def test_a_role_that_the_user_set_is_never_overruled(self) -> None:
        frame = leads()
        found = audit(audit_input(frame.with_columns(Why=self.reason(frame)), roles={"Why": "feature"}))
        assert found.schema["Why"].is_input

    def test_a_suspect_stays_in_and_its_stake_is_told(self) -> None:
        frame = leads()
        rng = np.random.default_rng(2)
        noted = rng.random(frame.height) < np.where(outcome(frame), 0.5, 0.1)
        found = audit(audit_input(frame.with_columns(Note=words(noted, "a"))))
        (finding,) = [each for each in found.findings if each.column == "Note"]
        assert (finding.code, finding.severity) == ("suspect", "warning")
        assert 0.02 < finding.evidence["at_stake"] < 0.3
        assert found.schema["Note"].is_input

    def test_a_date_that_lies_after_the_lead_is_suspect(self) -> None:
        frame = leads(1_000)
        rng = np.random.default_rng(3)
        created = np.datetime64("2024-01-01", "ms") + rng.integers(0, 300, 1_000) * np.timedelta64(1, "D")
        later = created + rng.integers(5, 50, 1_000) * np.timedelta64(1, "D")
        found = audit(audit_input(frame.with_columns(Created=pl.Series(created), Visit=pl.Series(later))))
        (finding,) = [each for each in found.findings if each.column == "Visit"]
        assert finding.code == "suspect"
        assert finding.evidence["later"] == 1.0

    def test_a_name_alone_convicts_nobody(self) -> None:
        frame = leads().rename({"Size": "Closed Deal Status"})
        assert codes(audit(audit_input(frame)), "Closed Deal Status") == {"suspect"}

    def test_a_column_that_tells_nothing_is_not_suspect_whatever_its_name(self) -> None:
        frame = leads().rename({"Region": "Lost Reason"})
        assert not codes(audit(audit_input(frame)), "Lost Reason")

    def test_a_personal_column_that_only_buyers_have_is_told(self) -> None:
        frame = leads()
        mails = pl.Series([f"p{row}@mail.example" if yes else None for row, yes in enumerate(outcome(frame))])
        found = audit(audit_input(frame.with_columns(Mail=mails)))
        assert codes(found, "Mail") == {"leak", "personal"}
        assert found.schema["Mail"].role == "personal"

    def test_consent_that_leaks_is_not_learnt_from_and_still_respected(self) -> None:
        frame = leads()
        found = audit(audit_input(frame.with_columns(self.reason(frame).alias("Opted Out"))))
        assert codes(found, "Opted Out") == {"leak", "consent"}
        assert found.schema["Opted Out"].role == "consent"
        assert not found.schema["Opted Out"].is_input

    @pytest.mark.parametrize("answers", [["0", "1", "2"], ["2026-01-31", "2026-02-01", ""]])
    def test_consent_may_be_numbers_or_dates(self, answers: list[str]) -> None:
        frame = leads()
        told = pl.Series("Do Not Call", (answers * frame.height)[: frame.height])
        found = audit(audit_input(frame.with_columns(told)))
        assert "consent" in codes(found, "Do Not Call")

    def test_a_declared_feature_can_leak_as_well(self) -> None:
        frame = leads()
        shown = audit_input(frame.with_columns(Bill=pl.Series(outcome(frame) * 10.0 + 0.5)))
        name = next(name for name in shown.columns if name == "Bill")
        made = replace(shown.schema[name], expression='"Bill" * 2')
        found = audit(replace(shown, schema=shown.schema.replacing([made]), typed=shown.typed.drop("Bill")))
        assert "leak" in codes(found, "Bill")


class TestQuality:
    def test_columns_that_say_nothing_are_left_out(self) -> None:
        few = pl.Series(["x"] * 10 + ["y"] * 1_990)
        frame = leads(Empty=pl.Series([None] * 2_000, dtype=pl.String), One=pl.Series(["a"] * 2_000), Few=few)
        found = audit(audit_input(frame))
        assert [(each.column, each.code) for each in found.excluded] == [
            ("Empty", "empty"),
            ("One", "constant"),
            ("Few", "dominant"),
        ]
        assert {column.name for column in found.schema.inputs} == {"Size", "Region"}
        assert abs(found.excluded[2].evidence["cost"]) < 0.01

    def test_a_usual_value_with_support_beside_it_stays_with_its_cost(self) -> None:
        rare = pl.Series(["x"] * 25 + ["y"] * 19_975)
        (finding,) = [
            each for each in audit(audit_input(leads(20_000, Rare=rare))).findings if each.column == "Rare"
        ]
        assert (finding.code, finding.severity) == ("dominant", "note")
        assert "cost" in finding.evidence

    def test_ids_are_told_from_amounts(self) -> None:
        rng = np.random.default_rng(4)
        frame = leads(
            Ticket=pl.Series(rng.permutation(2_000) + 70_000),
            Hash=pl.Series([f"{value:x}" for value in rng.integers(1 << 60, size=2_000)]),
            Amount=pl.Series(np.round(np.exp(rng.normal(7, 2, 2_000))).astype(np.int64)),
            Staff=pl.Series(rng.permutation(1_000_000)[:2_000] + 1),
        )
        assert called(audit(audit_input(frame)), "id_like") == {"Ticket", "Hash"}

    def test_gaps_are_told_where_they_matter(self) -> None:
        frame = leads()
        rng = np.random.default_rng(5)
        told = rng.random(2_000) < np.where(outcome(frame), 0.9, 0.7)
        sparse = words(rng.random(2_000) < 0.2, "a")
        frame = frame.with_columns(
            Told=pl.Series(rng.choice(["a", "b"], 2_000)).set(pl.Series(~told), None), Sparse=sparse
        )
        found = audit(audit_input(frame))
        assert codes(found, "Told") == {"missing_tells"}
        assert codes(found, "Sparse") == {"mostly_missing"}

    def test_equal_leads_and_contradictions_are_counted(self) -> None:
        frame = leads(400).with_columns(Size=pl.col("Size").round(1))
        shown = audit_input(frame)
        shown = replace(shown, groups=np.arange(400) // 2)
        found = audit(shown)
        evidence = {finding.code: finding.evidence for finding in found.findings if finding.column is None}
        won = shown.outcome.reshape(200, 2).sum(axis=1)
        assert evidence["repeated"]["repeated"] == 200
        assert evidence["contradicting"]["leads"] == 2 * int((won == 1).sum())
        assert 0.5 < evidence["contradicting"]["ceiling"] < 1.0

    def test_sensitive_columns_stay_out_and_their_proxies_are_told(self) -> None:
        rng = np.random.default_rng(6)
        gender = rng.choice(["f", "m"], 2_000)
        proxy = np.where(rng.random(2_000) < 0.95, np.where(gender == "f", "Ms", "Mr"), "Dr")
        found = audit(audit_input(leads(Gender=pl.Series(gender), Salutation=pl.Series(proxy))))
        assert codes(found, "Gender") == {"sensitive"}
        assert codes(found, "Salutation") == {"proxy"}
        assert not found.schema["Gender"].is_input

    @pytest.mark.parametrize(
        ("won", "code", "severity"), [(15, "target_rare", "refused"), (60, "target_few", "warning")]
    )
    def test_a_rare_outcome_is_refused_or_told(self, won: int, code: str, severity: str) -> None:
        shown = audit_input(leads())
        rare = replace(shown, outcome=(np.arange(shown.height) < won).astype(float))
        assert (code, severity) in [(each.code, each.severity) for each in audit(rare).findings]


class TestTime:
    def timed(self, rows: int = 4_000) -> tuple[pl.DataFrame, np.ndarray]:
        days = np.sort(np.random.default_rng(7).integers(0, 400, rows))
        created = np.datetime64("2024-01-01", "ms") + days * np.timedelta64(1, "D")
        return leads(rows).with_columns(Created=pl.Series(created)), days

    def test_a_steady_company_is_not_troubled(self) -> None:
        frame, _ = self.timed()
        assert not {"drift", "target_young", "could_be_time"} & {
            finding.code for finding in audit(audit_input(frame)).findings
        }

    def test_newest_leads_that_are_not_decided_yet_are_told(self) -> None:
        frame, days = self.timed()
        late = (days > 360) & (np.random.default_rng(8).random(len(days)) < 0.7)
        young = frame.with_columns(Converted=pl.Series(np.where(late, "no", frame["Converted"].to_numpy())))
        assert "target_young" in codes(audit(audit_input(young)), None)

    def test_a_column_that_moves_is_told(self) -> None:
        frame, days = self.timed()
        moved = np.random.default_rng(9).random(len(days)) < days / 400
        found = audit(audit_input(frame.with_columns(Form=pl.Series(np.where(moved, "new", "old")))))
        assert called(found, "drift") == {"Form"}

    def test_a_running_number_is_offered_as_time_only_where_leads_change_along_it(self) -> None:
        frame, days = self.timed()
        moved = np.random.default_rng(9).random(len(days)) < days / 400
        frame = frame.drop("Created").with_columns(
            Number=pl.Series(np.arange(len(days)) + 1_000),
            Shuffled=pl.Series(np.random.default_rng(10).permutation(len(days))),
            Form=pl.Series(np.where(moved, "new", "old")),
        )
        assert called(audit(audit_input(frame)), "could_be_time") == {"Number"}


def test_findings_have_known_codes_and_come_gravest_first() -> None:
    severities = []
    for seed in range(3100, 3104):
        leaky = world(seed, leak=True)
        found = audit(audit_input(leaky.frame, leaky.target, positive=[leaky.positive]))
        assert {finding.code for finding in found.findings} <= set(CODES)
        order = [("refused", "excluded", "warning", "note").index(each.severity) for each in found.findings]
        assert order == sorted(order)
        severities += order
    assert len(set(severities)) > 1


def test_the_same_leads_give_the_same_findings() -> None:
    leaky = firms.firm(3, leak="grade")
    first, second = (audit(audit_input(leaky.frame, leaky.target)) for _ in range(2))
    assert first == second


def test_many_rows_are_thinned_evenly() -> None:
    shown = audit_input(leads(1_000))
    thin = shown.thinned(300)
    assert isinstance(thin, AuditInput)
    assert thin.height == 250
    assert thin.raw.height == thin.typed.height == len(thin.codes) == len(thin.groups) == 250
