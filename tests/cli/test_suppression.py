"""Who must be left out, by id, by e-mail or by phone, however it is written."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from leadlight.cli.suppression import Suppression
from leadlight.data.handles import digits, kind_of
from leadlight.errors import ColumnError
from leadlight.model.bundle import Bundle

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


def test_what_columns_tell_people_by() -> None:
    names = ["Lead ID", "lead_id", "Work Email", "MobilePhone", "Phone Model Page", "Country"]
    kinds = [kind_of(name, "Lead ID") for name in names]
    assert kinds == ["id", "id", "email", "phone", "phone", None]


def test_what_is_too_short_is_no_phone() -> None:
    assert digits("+49 (0)170 123") == "490170123"
    assert digits("12-34") == ""
