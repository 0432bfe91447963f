"""A model as a workbook: LibreOffice computes the score, grade and reasons that Python gives."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

import leadlight as ll
from leadlight.errors import InputError
from tests.model.sql.nasty_leads import learnt_from

ALWAYS_COMPUTE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>
"""


@pytest.fixture(scope="module")
def office() -> str:
    """LibreOffice; in continuous integration it has to be there."""
    found = shutil.which("soffice")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is not installed")
        pytest.skip("LibreOffice is not installed")
    return found


@pytest.fixture(scope="module")
def model() -> ll.Model:
    leads = learnt_from(3000).drop("Seen", "Born", "Spend")
    return ll.train(leads, target="won", models="glassbox", id="id", keep=["Note"])


def computed(office: str, books: list[Path], folder: Path) -> list[dict[str, str]]:
    """What the formulas of each front sheet give when LibreOffice computes them anew."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS_COMPUTE)
    words = [f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", "xlsx"]
    subprocess.run(
        [office, *words, "--outdir", folder / "out", *books], check=True, capture_output=True, timeout=300
    )
    return [formula_values(folder / "out" / book.name) for book in books]


def formula_values(book: Path) -> dict[str, str]:
    """The kept value of each cell with a formula on the front sheet."""
    with zipfile.ZipFile(book) as inside:
        sheet = inside.read("xl/worksheets/sheet1.xml").decode()
    found = re.findall(r'<c r="([A-Z]+[0-9]+)"[^>]*><f[^>]*>[^<]*</f><v>([^<]*)</v>', sheet)
    return {place: html.unescape(value) for place, value in found}


def test_a_spreadsheet_computes_what_the_model_says(office: str, model: ll.Model, tmp_path: Path) -> None:
    """Numbers in and out of bins, levels in any spelling, rare ones, placeholders and blank cells."""
    leads = [
        {"Visits": 55.125, "Source": "Google", "Member": "Yes", "Note": "hello"},
        {"Visits": 12.5, "Source": " ORGANIC SEARCH ", "Member": "no", "Note": "héllo wörld"},
        {"Visits": "31.5", "Source": "someone's friend", "Member": "0"},
        {"Source": "Select", "Member": "true", "Note": "n/a"},
        {"Visits": 1e9, "Source": "01", "Member": "maybe", "Note": "x" * 50},
        {},
    ]
    books = [tmp_path / f"book{number}.xlsx" for number in range(len(leads))]
    for book, lead in zip(books, leads, strict=True):
        model.to_xlsx(book, lead)
    for lead, shown in zip(leads, computed(office, books, tmp_path), strict=True):
        answer = model.score_one(lead, reasons=1)
        assert float(shown["B4"]) == pytest.approx(100 * answer.probability, abs=1e-7)
        assert shown["B5"] == answer.grade
        assert shown["B6"] == ("yes" if answer.call else "no")
        figures = [float(shown[place]) for place in ("B7", "B8", "B9")]
        assert figures == pytest.approx([answer.probability, answer.low, answer.high], abs=1e-9)
        assert shown["E4"].startswith(f"{answer.reasons[0].column} = ")


def test_what_is_shown_before_anything_is_computed_is_right(model: ll.Model, tmp_path: Path) -> None:
    """A viewer that computes nothing shows the lead that the book was made with."""
    lead = {"Visits": 55.125, "Source": "Google"}
    model.to_xlsx(tmp_path / "book.xlsx", lead)
    shown = formula_values(tmp_path / "book.xlsx")
    assert float(shown["B7"]) == pytest.approx(model.score_one(lead).probability, abs=1e-12)


def test_a_model_of_trees_is_refused(tmp_path: Path) -> None:
    trees = ll.train(learnt_from(1500), target="won", models="tree", id="id")
    with pytest.raises(InputError) as caught:
        trees.to_xlsx(tmp_path / "book.xlsx")
    assert caught.value.code == "workbook_family"
    assert not (tmp_path / "book.xlsx").exists()
