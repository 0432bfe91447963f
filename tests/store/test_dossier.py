"""What is handed to somebody who asks: all of it, and in plain words."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert, select

from leadlight.data.sample import generate
from leadlight.errors import InputError
from leadlight.flows.export import export_person
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.insight.letter import letter
from leadlight.model.bundle import Bundle
from leadlight.store import Store, data_subject, erasure, overrides
from leadlight.store.overrides import Override
from leadlight.store.tables import keys, scores
from tests.store.people import WHO, asked, canary, happen, take, who

ID = "canary-00000"


@pytest.fixture
def told(store: Store, bundle: Bundle, other: Bundle) -> Store:
    raw = generate(50, 4).leads
    promote_bundle(store, bundle, 1.0, WHO)
    take_leads(store, raw, raw.columns[0], "crm", 1.0)
    take(store, {ID: canary(0) | {"Country": "Austria", "Note": "<b>| `x`\n# big"}}, 2.0)
    score_waiting(store, 3.0)
    promote_bundle(store, other, 4.0, WHO)
    score_waiting(store, 5.0)
    happen(store, ID, canary(0))
    overrides.give(store, ID, Override(0.9, "Ann", "met at a fair", 6.0), WHO)
    with store.writing() as connection:
        row = {"name": "crm link", "prefix": "p", "hash": b"h", "scopes": "read write", "created": 1.0}
        connection.execute(insert(keys), row)
    return store


def test_an_export_holds_everything(told: Store, bundle: Bundle, other: Bundle) -> None:
    """Values and source, every score of every model with reasons and what would have changed it."""
    found = export_person(told, asked(email=canary(0)["Email"]), 7.0)
    json.dumps(found, allow_nan=False)
    (lead,) = found["leads"]
    assert lead["fields"]["Name"] == canary(0)["Name"]
    assert lead["source"] == "crm.csv"
    assert [each["model"] for each in lead["scores"]] == [other.name, bundle.name]
    assert lead["score"] == lead["scores"][0]
    assert all(each["reasons"] for each in lead["scores"])
    for name in ("events", "contacts", "outcomes", "overrides"):
        assert len(lead[name]) == 1, name
    assert lead["overrides"][0]["name"] == "Ann"
    assert [canary(0)["Name"] in each["body"] for each in found["dead_letters"]] == [True]
    assert found["recipients"]["programs"] == ["crm link"]
    assert {model["name"] for model in found["models"]} == {bundle.name, other.name}
    assert [each["act"] for each in found["trail"]] == ["override"]


def test_what_would_have_changed_it_is_what_the_model_says(told: Store, other: Bundle) -> None:
    """The same lead with that one value other gives the probability that was told."""
    found = export_person(told, asked(id=ID), 7.0)["leads"][0]
    changes = found["score"]["would_change_it"]
    assert changes
    levels = [each for each in changes if other.scorer.schema[each["column"]].kind == "category"]
    for change in levels:
        from leadlight.api import Model

        said = Model(other).score_one({**found["fields"], change["column"]: change["value"]})
        assert said.probability == change["probability"] > found["score"]["probability"]


def test_the_letter_says_what_is_held_and_why(told: Store) -> None:
    text = letter(export_person(told, asked(id=ID), 7.0))
    for words in (
        "What we hold", "It came from: crm.csv", "What counted most", "What would have made it higher",
        "met at a fair", "crm link", "How long we keep it", "**Object**", "data protection authority",
    ):  # fmt: skip
        assert words in text, words
    assert "<b>" not in text.replace("\\<b\\>", "")
    assert "\n# big" not in text


def test_the_letter_tells_scores_of_one_day_apart(told: Store) -> None:
    """By the time of the day, where a day has several."""
    take(told, {ID: {"Visits": 40}}, 100_000.0)
    score_waiting(told, 100_001.0)
    text = letter(export_person(told, asked(id=ID), 100_002.0))
    assert "The latest estimate, of 1970-01-02: of a hundred" in text
    assert "Earlier estimates: 1970-01-01 at 00:00:05 UTC: " in text
    assert "; 1970-01-01 at 00:00:03 UTC: " in text


def test_the_letter_to_somebody_unknown(told: Store) -> None:
    text = letter(export_person(told, asked(id="nobody"), 7.0))
    assert "We hold nothing about you" in text
    assert "What a program worked out" not in text


def test_the_letter_to_somebody_forgotten(told: Store) -> None:
    erasure.forget(told, who(told, id=ID), WHO, 8.0, clean=False)
    text = letter(export_person(told, asked(id=ID), 9.0))
    assert "You were erased here" in text


def test_the_letter_to_somebody_who_objected(told: Store) -> None:
    data_subject.suppress(told, who(told, id=ID), WHO, "asked", 8.0)
    text = letter(export_person(told, asked(id=ID), 9.0))
    assert "You objected" in text


def test_an_override_is_nobodys_label(told: Store) -> None:
    """It stands beside the score, and changes neither the ledger nor what happened."""
    with told.reading() as connection:
        before = connection.execute(select(scores)).all()
    overrides.give(told, ID, Override(0.1, "Bob", "wrong number", 7.0), WHO)
    score_waiting(told, 8.0, everything=True)
    with told.reading() as connection:
        assert connection.execute(select(scores)).all() == before
        number = who(told, id=ID).leads[0].number
        every = overrides.of_lead(connection, number)
        standing = overrides.standing(connection, [number])
    assert [(each.name, each.ended) for each in every] == [("Bob", None), ("Ann", 7.0)]
    assert standing == {number: every[0]}
    assert overrides.end(told, ID, WHO, 9.0)
    assert not overrides.end(told, ID, WHO, 9.0)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Override(1.1, "Ann", "x", 1.0), "override_probability"),
        (Override(float("nan"), "Ann", "x", 1.0), "override_probability"),
        (Override(0.5, " ", "x", 1.0), "override_reason"),
        (Override(0.5, "Ann", "", 1.0), "override_reason"),
    ],
)
def test_an_override_needs_a_name_and_a_reason(told: Store, said: Override, code: str) -> None:
    with pytest.raises(InputError) as found:
        overrides.give(told, ID, said, WHO)
    assert found.value.code == code


def test_an_override_of_nobody_is_refused(told: Store) -> None:
    with pytest.raises(InputError) as found:
        overrides.give(told, "nobody", Override(0.5, "Ann", "x", 1.0), WHO)
    assert found.value.code == "no_such_lead"
