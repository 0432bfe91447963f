"""Who must be left out, by id, by e-mail or by phone, however it is written."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadlight.api import train
from leadlight.data.handles import in_cell, kind_of
from leadlight.data.phones import digits
from leadlight.data.sample import generate
from leadlight.errors import ColumnError
from leadlight.flows.exclusions import Suppression
from leadlight.flows.objections import Objections
from leadlight.flows.people_list import read_people_list
from leadlight.model.bundle import Bundle
from leadlight.store import Home, create_store, data_subject
from tests.cli.calls import call

LEADS = pl.DataFrame(
    {
        "Lead ID": ["007", "7", " 8 ", None],
        "Email": ["Ann@Example.com ", "sales@example.com; bob@example.com", None, ""],
        "Phone": ["+44 7700 900123", "(202) 555-0123", "0033 6 12 34 56 78", "12"],
    }
)


def hidden(text: str, model: Path, folder: Path) -> list[int]:
    """The rows of LEADS that a suppression file hides."""
    path = folder / "stop.csv"
    path.write_text(text)
    mask = Suppression.read(path, Bundle.load(model)).mask(LEADS)
    return [row for row, named in enumerate(mask.tolist()) if named]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("007\n8\n", [0, 2]),
        ("7\n9\n", [1]),
        ("ANN@example.com\nnobody@example.com\n", [0]),
        ("07700 900123\n123\n", [0]),
        ("+447700900123\n123\n", [0]),
        ("+1 202 555 0123\n123\n", [1]),
        ("302-555-0123\n123\n", []),
        ("06 12 34 56 78\n123\n", [2]),
        ("12\n13\n", []),
        ("lead id,reason\n007,asked\n", [0]),
        ("E-mail,Mobile\nbob@example.com,+44 7700 900123\n", [0, 1]),
        ("Email,Owner ID\nnobody@example.com,007\n", []),
        ("Email\nann@example.com\nbob@example.com\n", [0, 1]),
        ("jane@mail.com\nbob@example.com\n", [1]),
        ("Email,Phone\nnobody@example.com bob@example.com,\n", [1]),
    ],
)
def test_who_is_hidden(text: str, rows: list[int], model: Path, tmp_path: Path) -> None:
    assert hidden(text, model, tmp_path) == rows


def test_a_table_that_names_nobody_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ColumnError) as refusal:
        hidden("name,why\nAnn,asked\n", model, tmp_path)
    assert refusal.value.code == "suppression_columns"
    assert "Ann" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "rows", "unread"),
    [
        ("Email\nann@example.com\nbob(at)example.com\n007\n", 3, 2),
        ("Email,Phone\nann,12\n,07700 900123\n", 2, 1),
        ("007\nann@example.com\n", 2, 0),
        ("Email\nann@example.com\nann@example.com,bob@example.com\n", 2, 1),
        ("Email\n", 0, 0),
    ],
)
def test_rows_that_name_nobody_are_counted(
    text: str, rows: int, unread: int, model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "stop.csv"
    path.write_text(text)
    found = Suppression.read(path, Bundle.load(model)).listed
    assert (found.rows, found.unread) == (rows, unread)
    assert (found.note is None) == (not unread)


def test_a_list_that_names_nobody_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ColumnError) as refusal:
        hidden("Email,Phone\nAnn Lee,12\nBob Ray,\n", model, tmp_path)
    assert refusal.value.code == "suppression_nobody"
    assert "Ann" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "columns", "kind", "step"),
    [
        ("Email\nann@example.com\n", ["Lead ID", "Phone"], "an e-mail address", "'Email'"),
        ("ann@example.com\nbob@example.com\n", ["Lead ID", "Phone"], "an e-mail address", "'Email'"),
        ("Email\nann@example.com\n", ["Lead ID", "Do Not Email", "Email Opens"], "an e-mail", "'Email'"),
        ("Phone\n07700 900123\n", ["Lead ID", "E-mail"], "a phone", "'Phone'"),
        ("07700 900123\n07700 900124\n", ["Lead ID", "E-mail"], "a phone", "'Phone'"),
        ("Email,Phone\nann@example.com,\n,07700 900123\n", ["E-mail"], "a phone", "'Phone'"),
        ("Lead ID\n007\n", ["Visits", "E-mail"], "an id", "'Lead ID'"),
        ("007\n008\n", ["Visits", "E-mail"], "an id", "'Lead ID'"),
    ],
)
def test_a_list_that_nothing_among_the_leads_can_be_compared_with_is_refused(
    text: str, columns: list[str], kind: str, step: str, model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "stop.csv"
    path.write_text(text)
    with pytest.raises(ColumnError) as refusal:
        Suppression.read(path, Bundle.load(model)).check(columns)
    assert refusal.value.code == "suppression_unmatched"
    assert kind in refusal.value.message
    assert step in str(refusal.value.hint)
    assert not any(value in str(refusal.value) for value in ("ann", "900123", "007"))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Email\nann@example.com\n", ["E-mail"]),
        ("Email\nann@example.com\n", ["Mail"]),
        ("Email,Phone\nann@example.com,07700 900123\n", ["Work Email"]),
        ("Email,Phone\nann@example.com,\n", ["E-mail"]),
        ("contact\nann@example.com\n", ["E-mail"]),
        ("007\nann@example.com\n", ["lead_id", "E-mail"]),
        ("5550123\n5550124\n", ["Lead ID"]),
        ("Email\n", ["Visits"]),
    ],
)
def test_a_list_that_can_be_compared_is_taken(
    text: str, columns: list[str], model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "stop.csv"
    path.write_text(text)
    Suppression.read(path, Bundle.load(model)).check(columns)


@pytest.mark.parametrize("command", ["score", "plan"])
def test_leads_that_were_not_compared_are_never_called_checked(
    command: str, here: Path, model: Path, frame: pl.DataFrame
) -> None:
    frame.drop("E-mail").write_csv("leads.csv")
    (here / "stop.csv").write_text("Email\nann@example.com\n")
    answer = call(command, model, "leads.csv", "--suppress", "stop.csv", "-o", "out.csv")
    assert (answer.code, answer.error) == (2, "suppression_unmatched")
    assert "stop.csv" in answer.err
    assert not (here / "out.csv").exists()


def test_what_columns_tell_people_by() -> None:
    names = ["Lead ID", "lead_id", "Work Email", "MobilePhone", "Phone Model Page", "Country"]
    kinds = [kind_of(name, "Lead ID") for name in names]
    assert kinds == ["id", "id", "email", "phone", "phone", None]


def test_what_is_too_short_is_no_phone() -> None:
    assert digits("+49 (0)170 123") == "490170123"
    assert digits("12-34") == ""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """Of leads without a column of ids, and of leads whose ids are their e-mail addresses."""
    raw = generate(600, 1).leads
    told = raw.drop("Name", "E-mail", "Phone")
    mails = pl.Series("Email", [f"lead{number}@example.com" for number in range(raw.height)])
    kinds = {"none": told.drop("Lead ID"), "Email": told.drop("Lead ID").insert_column(0, mails)}
    return {
        name: train(
            leads, models=["bayes"], folds=3, target="Converted", id=name if name != "none" else None
        ).bundle
        for name, leads in kinds.items()
    }


@pytest.mark.parametrize(
    ("which", "text", "leads", "rows"),
    [
        ("none", "id\n007\n", {"id": ["007", "7"]}, [0]),
        ("none", "id\n007\n", {"ID": [7, 8]}, []),
        ("Email", "Email\nANN@example.com\n", {"Email": ["bob@x.org", "ann@example.com"]}, [1]),
        ("Email", "E-Mail\nann@example.com\n", {"Email": ["bob@x.org", "Ann@Example.com"]}, [1]),
        ("Email", "Work Email\nann@example.com\n", {"Email": ["Ann@Example.com", "bob@x.org"]}, [0]),
        ("Email", "Email\nx-7\n", {"Email": ["X-7", "x-7"]}, [1]),
    ],
)
def test_a_column_of_ids_is_read_as_both(
    which: str,
    text: str,
    leads: dict[str, list[object]],
    rows: list[int],
    bundles: dict[str, Bundle],
    here: Path,
) -> None:
    """As the ids that it holds, by the model's name or our own, and as the addresses."""
    assert (bundles[which].scorer.schema.name_of("id") or "none") == which
    path = here / "stop.csv"
    path.write_text(text)
    gate, raw = Suppression.read(path, bundles[which]), pl.DataFrame(leads)
    assert np.flatnonzero(gate.mask(raw)).tolist() == rows
    with closing(create_store(Home.of(here / "home", here))) as store:
        person = data_subject.find_before_acting(
            store, read_people_list(path, bundles[which].scorer.schema.name_of("id")).handles
        )
        data_subject.suppress(store, person, "test", "asked", 1.0)
        assert np.flatnonzero(Objections.of(store, bundles[which]).mask(raw)).tolist() == rows


def test_who_objected_in_a_home_is_found_by_an_address_under_another_name(
    bundles: dict[str, Bundle], here: Path
) -> None:
    raw = pl.DataFrame({"Contact": ["ann@x.org", "bob@x.org"], "Lead Owner": ["bob@x.org", "ann@x.org"]})
    with closing(create_store(Home.of(here / "home", here))) as store:
        assert Objections.of(store, bundles["none"]).columns(raw.columns) == []
        data_subject.suppress(
            store, data_subject.find_before_acting(store, in_cell("email", "ann@x.org")), "test", "asked", 1.0
        )
        gate = Objections.of(store, bundles["none"])
        assert gate.mask(raw).tolist() == [True, False]
