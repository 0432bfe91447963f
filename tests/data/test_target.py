"""Which column is the outcome and what its values mean: certain, or a question with the command to type."""

from __future__ import annotations

import shlex
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data import target
from leadlight.data.target import Target
from leadlight.errors import ColumnError, QuestionError


def leads(*values: Any, column: str = "Stage") -> pl.DataFrame:
    return pl.DataFrame({column: list(values)}, strict=False)


def flags(hint: str | None) -> dict[str, tuple[str, ...]]:
    """The flags of a command, as they would reach `resolve`."""
    words = shlex.split((hint or "").removeprefix("For example: "))
    said: dict[str, tuple[str, ...]] = {"positive": (), "negative": (), "open_": ()}
    for flag, value in zip(words[::2], words[1::2], strict=True):
        key = {"--positive": "positive", "--negative": "negative", "--open": "open_"}[flag]
        said[key] += (value,)
    return said


@pytest.mark.parametrize(
    ("values", "won", "lost"),
    [
        (["0", "1"], ["1"], ["0"]),
        ([0, 1], ["1"], ["0"]),
        ([0.0, 1.0, None], ["1"], ["0"]),
        (["1.0", "0.0", ""], ["1"], ["0"]),
        ([True, False], ["true"], ["false"]),
        (["Yes", "No", "yes ", "NO"], ["yes"], ["no"]),
        (["Y", "N"], ["y"], ["n"]),
        (["Yes", "Y", "No", "n"], ["y", "yes"], ["n", "no"]),
        (["Won", "Lost"], ["won"], ["lost"]),
        (["Closed Won", "Closed Lost"], ["closed won"], ["closed lost"]),
        (["closed_won", "CLOSED-LOST"], ["closed_won"], ["closed-lost"]),
        (["closedwon", "closedlost"], ["closedwon"], ["closedlost"]),
        (["Converted", "Not Converted"], ["converted"], ["not converted"]),
        (["Customer", "Disqualified"], ["customer"], ["disqualified"]),
        (["Won", "Lost", "Junk", "Dead"], ["won"], ["dead", "junk", "lost"]),
        (["Ja", "Nein"], ["ja"], ["nein"]),
        (["Oui", "Non"], ["oui"], ["non"]),
        (["Sí", "No"], ["sí"], ["no"]),
        (["Sim", "Não"], ["sim"], ["não"]),
        (["Gewonnen", "Verloren"], ["gewonnen"], ["verloren"]),
        (["Gagné", "Perdu"], ["gagné"], ["perdu"]),
        (["Ganado", "Perdido"], ["ganado"], ["perdido"]),
        (["Won", "Other"], ["won"], ["other"]),
        (["Gone elsewhere", "Lost"], ["gone elsewhere"], ["lost"]),
        (["Won", "Won", ""], ["won"], []),
        (["No", "Select", None], [], ["no"]),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_plain_pairs_need_no_question(values: list[Any], won: list[str], lost: list[str]) -> None:
    raw = leads(*values)
    found = target.resolve(raw, "Stage")
    assert (list(found.positive), list(found.negative), found.open) == (won, lost, ())
    outcome = found.apply(raw).to_list()
    plain = target.levels(raw["Stage"]).to_list()
    assert outcome == [None if value is None else int(value in won) for value in plain]


@pytest.mark.parametrize(
    "values",
    [
        ["Won", "Open"],
        ["Won", "New"],
        ["Converted", "In Progress"],
        ["Customer", "Lead"],
        ["Customer", "Prospect"],
        ["Lost", "New customer"],
        ["Yes", "No", "Pending"],
        ["New", "Working", "Won", "Lost", "Junk"],
        ["Closed - Won", "Closed - Lost", "Follow-up"],
        ["gewonnen", "verloren", "offen"],
        ["a", "b"],
        ["a", "b", "c"],
    ],
    ids=" ".join,
)
def test_what_is_unclear_is_asked_with_a_command_that_settles_it(values: list[str]) -> None:
    raw = leads(*values, None)
    with pytest.raises(QuestionError) as asked:
        target.resolve(raw, "Stage")
    assert asked.value.code == "which_values"
    said = flags(asked.value.hint)
    assert sorted(sum(said.values(), ())) == sorted(value.lower() for value in values)
    found = target.resolve(raw, "Stage", **said)
    assert found.positive == said["positive"]
    assert found.apply(raw).to_list()[-1] is None
    waiting = [value for value, flag in zip(values, found.apply(raw), strict=False) if flag is None]
    assert tuple(sorted(value.lower() for value in waiting)) == said["open_"]


@pytest.mark.parametrize(
    ("values", "said", "won", "lost", "pending"),
    [
        (["won", "lost", "new"], {"open_": ["New"]}, ["won"], ["lost"], ["new"]),
        (["won", "lost", "new"], {"negative": ["lost"]}, ["won"], ["lost"], ["new"]),
        (["won", "lost", "new"], {"positive": ["won"], "negative": ["lost"]}, ["won"], ["lost"], ["new"]),
        (["won", "lost", "junk"], {"positive": ["WON "]}, ["won"], ["junk", "lost"], []),
        (["a", "b", "c"], {"positive": ["a"]}, ["a"], ["b", "c"], []),
        (["a", "b"], {"negative": ["b"]}, ["a"], ["b"], []),
        (["a", "b", "c"], {"positive": ["a", "b"], "open_": ["c"]}, ["a", "b"], [], ["c"]),
        ([2, 1, 0], {"positive": ["2.0"], "open_": ["1"]}, ["2"], ["0"], ["1"]),
        (["won", "lost", "-"], {"open_": ["-"]}, ["won"], ["lost"], []),
    ],
)
def test_what_is_said_wins_and_the_rest_follows(
    values: list[Any], said: dict[str, list[str]], won: list[str], lost: list[str], pending: list[str]
) -> None:
    raw = leads(*values)
    found = target.resolve(raw, "Stage", **said)
    assert found == Target("Stage", tuple(won), tuple(lost), tuple(pending))
    found.apply(raw)


@pytest.mark.parametrize(
    ("values", "said", "code"),
    [
        (["won", "lost", "working"], {"positive": ["won"]}, "which_values"),
        (["won", "lost", "discovery", "evaluation"], {"positive": ["won"]}, "which_values"),
        (["won", "lost", "new", "working"], {"positive": ["won"], "open_": ["new"]}, "which_values"),
        (["lost", "open"], {"negative": ["lost"]}, "which_values"),
        (["a", "b", "c"], {"open_": ["c"]}, "which_values"),
        (["won", "lost"], {"positive": ["wonn"]}, "target_value"),
        (["won", "lost"], {"positive": ["won"], "negative": ["won"]}, "target_value"),
        (["won", "-"], {"negative": ["-"]}, "target_value"),
        (["same", "same"], {}, "single_class"),
        ([None, ""], {}, "single_class"),
        (list(range(31)), {}, "target_many_values"),
        ([f"stage {k}" for k in range(40)], {}, "target_many_values"),
    ],
)
def test_what_is_said_may_still_leave_a_question(
    values: list[Any], said: dict[str, list[str]], code: str
) -> None:
    with pytest.raises(QuestionError) as asked:
        target.resolve(leads(*values), "Stage", **said)
    assert asked.value.code == code
    if code == "target_value" and said.get("positive") == ["wonn"]:
        assert "'won'" in (asked.value.hint or "")


STAGES = ["Won", "Lost", "New", "Working", "Closed Won", "No", "Yes", "Nurture", "blue", "Qualified", "x y"]


@given(st.lists(st.sampled_from(STAGES), min_size=2, unique=True), st.randoms())
def test_every_question_is_answered_by_its_own_hint(values: list[str], dice: Any) -> None:
    raw = leads(*values)
    try:
        found = target.resolve(raw, "Stage")
    except QuestionError as asked:
        found = target.resolve(raw, "Stage", **flags(asked.hint))
    shuffled = leads(*dice.sample(values, len(values)))
    assert set(found.positive) | set(found.negative) | set(found.open) == {value.lower() for value in values}
    assert sorted(map(str, found.apply(shuffled))) == sorted(map(str, found.apply(raw)))


def test_a_value_that_appears_later_is_a_question_and_a_blank_is_open() -> None:
    found = target.resolve(leads("Won", "Lost"), "Stage")
    assert found.apply(leads("won", "", "Select", None, "LOST")).to_list() == [1, None, None, None, 0]
    with pytest.raises(QuestionError) as asked:
        found.apply(leads("Won", "Lost", "Paused"))
    assert asked.value.code == "target_value"
    assert "paused" not in str(asked.value).lower()


def test_a_target_survives_json() -> None:
    made = Target("Stage", ("won",), ("lost", "junk"), ("new",))
    assert Target.from_json(made.to_json()) == made


@pytest.mark.parametrize(
    "call", [lambda raw: target.resolve(raw, "Stagee"), Target("Stagee", ("1",), ("0",)).apply]
)
def test_a_column_that_is_not_there_is_refused_with_the_nearest(call: Any) -> None:
    with pytest.raises(ColumnError) as refused:
        call(leads("a"))
    assert refused.value.code == "no_target"
    assert refused.value.hint == "Did you mean 'Stage'?"


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"Converted": ["0", "1"], "Status": ["a", "b"]}, "Converted"),
        ({"is_won": ["0", "1"], "x": ["0", "1"]}, "is_won"),
        ({"IsConverted": ["true", "false"], "Lead Stage": ["a", "b"]}, "IsConverted"),
        ({"Outcome": ["", ""], "Stage": ["won", "lost"]}, "Stage"),
        ({"Label": [str(k) for k in range(40)], "dealstage": ["a"] * 40}, "dealstage"),
    ],
)
def test_the_outcome_is_found_by_name_and_values(columns: dict[str, list[str]], found: str) -> None:
    assert target.find(pl.DataFrame(columns)) == found


@pytest.mark.parametrize(
    ("columns", "hint"),
    [
        ({"a b": ["x", "y"], "c": ["1", "2"]}, "Name it with --target: 'a b', c"),
        ({"a": ["x"], "c": ["1"]}, "Name it with --target."),
        (
            {"Converted": ["1", "0"], "converted ": ["1", "0"]},
            "Name it with --target: Converted, 'converted '",
        ),
    ],
)
def test_an_unclear_outcome_is_asked_for(columns: dict[str, list[str]], hint: str) -> None:
    with pytest.raises(QuestionError) as asked:
        target.find(pl.DataFrame(columns))
    assert (asked.value.code, asked.value.hint) == ("which_target", hint)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["yes", "NO", ""], "binary"),
        (["a", "b", "c", "c "], "multiclass with 3 values"),
        (["a"], "one value only"),
        ([None], "one value only"),
    ],
)
def test_inspection_says_how_many_values_there_are(values: list[Any], said: str) -> None:
    assert target.describe(pl.Series(values)) == said


def test_the_order_in_which_values_are_named_makes_no_difference() -> None:
    raw = leads("won", "signed", "lost", "junk", "new", "open")
    said = {"positive": ["won", "signed"], "negative": ["lost", "junk"], "open_": ["open", "new"]}
    turned = {name: values[::-1] for name, values in said.items()}
    assert target.resolve(raw, "Stage", **said) == target.resolve(raw, "Stage", **turned)


@pytest.mark.parametrize("lost", [(), ("verloren",)])
def test_a_word_is_strange_only_where_both_meanings_are_known(lost: tuple[str, ...]) -> None:
    told = Target("Stage", ("gewonnen",), lost, ("offen",))
    assert told.knows("Gewonnen ")
    assert told.knows("n/a")
    assert told.knows("storniert") == (not lost)
