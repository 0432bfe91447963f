"""`leadlight policy`: other grades without training, and what they would have given."""

from __future__ import annotations

from pathlib import Path

import pytest

import leadlight
from leadlight.model.bundle import Bundle
from tests.cli.calls import call

POLICIES = [
    ("--cuts", "hot=0.6,warm=0.3"),
    ("--capacity", "200", "--arrivals", "1000"),
    ("--precision", "0.6"),
    ("--call-cost", "10", "--deal-value", "50"),
    ("--meet",),
]


@pytest.mark.parametrize("words", POLICIES, ids=lambda words: words[0])
def test_each_policy_says_what_it_would_have_given(here: Path, model: Path, words: tuple[str, ...]) -> None:
    answer = call("policy", model, *words, "-o", "changed.leadlight", "--json")
    assert answer.code == 0, answer.err
    found = answer.json
    told = [each["leads"] for each in found["grades"] if each["leads"] is not None]
    few = len(found["grades"]) - len(told)
    assert sum(told) <= found["leads"] <= sum(told) + 19 * few
    assert few or found["leads"] == sum(told)
    assert found["precision"]["low"] <= found["precision"]["value"] <= found["precision"]["high"]
    changed = Bundle.load(here / "changed.leadlight")
    assert changed.training["policy"]["calls"] == found["calls"]
    assert changed.scorer.learner.to_json() == Bundle.load(model).scorer.learner.to_json()


def test_for_people(here: Path, model: Path) -> None:
    answer = call("policy", model, "--precision", "0.6", "-o", "p.leadlight")
    assert "What it would have given on the" in answer.out
    assert "of the called" in answer.out
    assert "leadlight plan p.leadlight LEADS -o list.xlsx" in answer.out


def test_only_the_grades_change(here: Path, model: Path, leads: Path) -> None:
    call("policy", model, "--cuts", "hot=0.5,warm=0.1", "-o", "changed.leadlight")
    before, after = (leadlight.load(path).score(leads) for path in (model, "changed.leadlight"))
    assert before["probability"].to_list() == after["probability"].to_list()
    assert after["call"].to_list() == (after["probability"] >= 0.5).to_list()


def test_names_are_kept_until_others_are_given(here: Path, model: Path) -> None:
    call("policy", model, "--meet", "--names", "high,medium,low", "-o", "a.leadlight")
    call("policy", "a.leadlight", "--precision", "0.5", "-o", "b.leadlight")
    call("policy", "b.leadlight", "--cuts", "top=0.5,good=0.1", "-o", "c.leadlight")
    assert Bundle.load("a.leadlight").scorer.grades.names == ("high", "medium", "low")
    assert Bundle.load("b.leadlight").scorer.grades.names == ("high", "medium", "low")
    assert Bundle.load("c.leadlight").scorer.grades.names == ("top", "good", "low")


def test_names_alone_move_no_line(here: Path, model: Path, leads: Path) -> None:
    call("policy", model, "--precision", "0.6", "-o", "strict.leadlight")
    for number, source in enumerate((model, "strict.leadlight")):
        output = f"{number}.leadlight"
        assert call("policy", source, "--names", "A,B,C", "-o", output).code == 0
        before, after = (leadlight.load(path) for path in (source, output))
        assert after.bundle.scorer.grades.names == ("A", "B", "C")
        assert _cuts(before) == _cuts(after)
        called = before.score(leads)["grade"].replace_strict({"hot": "A", "warm": "B", "cold": "C"})
        assert called.to_list() == after.score(leads)["grade"].to_list()


def _cuts(model: leadlight.Model) -> tuple[float, float, float]:
    grades = model.bundle.scorer.grades
    return grades.hot, grades.warm, grades.line


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "no_policy"),
        (("--meet", "--precision", "0.5"), "two_policies"),
        (("--capacity", "200"), "half_a_policy"),
        (("--arrivals", "200"), "half_a_policy"),
        (("--call-cost", "5"), "half_a_policy"),
        (("--cuts", "hot"), "cuts"),
        (("--cuts", "hot=0.4,warm=0.8"), "policy"),
        (("--cuts", "hot=0.9,warm=0.8,cold=0.1"), "cuts"),
        (("--meet", "--names", "one,two"), "names"),
        (("--precision", "1.5"), "policy"),
        (("--precision", "0.9999"), "precision_out_of_reach"),
    ],
)
def test_what_is_refused(here: Path, model: Path, words: tuple[str, ...], code: str) -> None:
    answer = call("policy", model, *words, "-o", "changed.leadlight")
    assert (answer.code, answer.error) == (2, code)
    assert not (here / "changed.leadlight").exists()
