"""`leadlight enrich`: a file of leads in, the same rows with columns added out."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from leadlight.store import Home, open_store
from leadlight.store import leads as stored
from tests.cli.calls import call

LEADS = (
    "Id,Company,Email,Job Title\n007,acme inc,anna@gmail.com,CEO\n008,Nordwimd Energie GmbH,x@nowhere.de,\n"
)
TABLE = "Name,Website,Industry,Employees\nAcme,acme.com,Tools,0012\nNordwind Energie AG,,Energy,90\n"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_text(LEADS)
    Path("companies.csv").write_text(TABLE)


def test_a_file_comes_back_with_columns_added() -> None:
    answer = call("enrich", "leads.csv", "--with", "companies.csv", "-o", "out.csv", "--json")
    assert answer.code == 0
    told = answer.json
    assert told["rows"] == {"in": 2, "written": 2, "rejected": 0}
    assert told["matches"] == {"domain": 0, "name": 1, "fuzzy": 1, "ambiguous": 0, "none": 0}
    assert told["match_rate"] == 1.0
    assert told["used"] == {"name": "Company", "email": "Email", "title": "Job Title"}
    found = pl.read_csv("out.csv", infer_schema=False)
    assert found.columns[:4] == ["Id", "Company", "Email", "Job Title"]
    assert found["Id"].to_list() == ["007", "008"]
    assert found["Employees"].to_list() == ["0012", "90"]
    assert found["company_match"].to_list() == ["name", "fuzzy"]
    assert found["email_kind"].to_list() == ["free", "company"]
    assert found["seniority"].to_list() == ["c_level", None]


def test_it_says_what_was_found_without_naming_anyone() -> None:
    answer = call("enrich", "leads.csv", "--with", "companies.csv")
    assert Path("leads.enriched.csv").is_file()
    assert "2 of 2 leads found (100.0%" in answer.out
    assert "nearly the same" in answer.out
    assert "anna" not in answer.out
    assert "Nordwi" not in answer.out


def test_without_a_table_mailboxes_and_titles_are_read() -> None:
    answer = call("enrich", "leads.csv", "--json")
    assert answer.json["added"] == ["email_kind", "seniority", "job_function"]


def test_rows_that_cannot_be_read_are_listed_and_files_are_not_replaced() -> None:
    Path("leads.csv").write_text(LEADS + "009,a,b,c,d,e\n")
    answer = call("enrich", "leads.csv", "--with", "companies.csv", "-o", "out.csv", "--json")
    assert answer.code == 1
    assert answer.json["rows"] == {"in": 3, "written": 2, "rejected": 1}
    assert Path("out.rejected.csv").read_text().startswith("line,reason\n")
    assert call("enrich", "leads.csv", "-o", "out.csv").error == "exists"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--company", "Firm"], "no_column"),
        (["--with", "leads.csv", "--table-name", "x"], "no_column"),
        (["-o", "-", "--json"], "two_outputs"),
    ],
)
def test_what_cannot_be_done_is_refused(words: list[str], code: str) -> None:
    answer = call("enrich", "leads.csv", *words)
    assert answer.code == 2
    assert (answer.json["error"]["code"] if "--json" in words else answer.error) == code


def test_leads_with_nothing_to_look_up_are_refused() -> None:
    Path("plain.csv").write_text("a,b\n1,2\n")
    assert call("enrich", "plain.csv").error == "nothing_to_add"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert call("init", "--home", tmp_path / "home").code == 0
    return tmp_path / "home"


def fields(home: Path) -> dict[str, dict[str, object]]:
    store = open_store(Home.of(home, home))
    with store.reading() as connection:
        found = {lead.id: dict(lead.fields) for page in stored.pages(connection) for lead in page}
    store.close()
    return found


def test_leads_of_a_home_are_looked_up_again_when_more_is_known(home: Path) -> None:
    """However they came in; what they said themselves is never touched, and nothing is written twice."""
    assert call("sync", "leads.csv", "--home", home, "--json").code == 0
    own = fields(home)
    first = call("enrich", "--home", home, "--with", "companies.csv", "--json")
    assert first.code == 0, first.err
    assert (first.json["changed"], first.json["same"]) == (2, 0)
    found = fields(home)
    assert {name: value for name, value in found["007"].items() if name in own["007"]} == own["007"]
    assert found["007"]["enriched_Employees"] == "0012"
    second = call("enrich", "--home", home, "--with", "companies.csv", "--json")
    assert (second.json["changed"], second.json["same"]) == (0, 2)
    Path("companies.csv").write_text(TABLE.replace("Tools", "Machines"))
    third = call("enrich", "--home", home, "--with", "companies.csv", "--json")
    assert (third.json["changed"], third.json["same"]) == (1, 1)
    assert fields(home)["007"]["enriched_Industry"] == "Machines"
    assert "2 leads looked up" in call("enrich", "--home", home, "--with", "companies.csv").out


def test_leads_that_the_list_of_rejected_rows_would_replace_are_left_alone() -> None:
    place = Path("x.rejected.csv")
    place.write_text(LEADS)
    answer = call("enrich", "x.rejected.csv", "--with", "companies.csv", "-o", "x.csv", "--force")
    assert (answer.code, place.read_text()) == (2, LEADS)
