"""Leads by HTTP(S), wherever a file may stand: whole or not at all, and nothing of the address is told."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import leadlight as ll
from leadlight.connect import files, web_files
from leadlight.connect.transport import CallLimits
from leadlight.errors import ConnectorError, FileError, LeadlightError
from tests.cli.calls import call
from tests.connect.standin import Answer, Asked, Standin, running

LEADS = pl.DataFrame({"Lead": [f"{k:04}" for k in range(300)], "Visits": [k % 7 for k in range(300)]})
SECRET = "signature=very-secret-1234"


def _excel() -> bytes:
    held = io.BytesIO()
    LEADS.write_excel(held)
    return held.getvalue()


def _parquet() -> bytes:
    held = io.BytesIO()
    LEADS.write_parquet(held)
    return held.getvalue()


FORMS = {
    "/leads.csv": lambda: LEADS.write_csv().encode(),
    "/leads.csv.gz": lambda: gzip.compress(LEADS.write_csv().encode()),
    "/leads.jsonl": lambda: LEADS.write_ndjson().encode(),
    "/leads.xlsx": _excel,
    "/leads.parquet": _parquet,
    "/export": lambda: LEADS.write_csv().encode(),
}


def _served(asked: Asked) -> Answer:
    if asked.path not in FORMS:
        return Answer(404, b"<html>nothing</html>")
    return Answer(body=FORMS[asked.path](), headers={"Content-Type": "application/octet-stream"})


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    quick = CallLimits(connect_seconds=2, answer_seconds=0.5, total_seconds=3, attempts=3, first_wait=0.01)
    monkeypatch.setitem(web_files.open_web_file.__kwdefaults__, "limits", quick)
    with running(_served) as found:
        yield found


@pytest.mark.parametrize("path", FORMS)
def test_a_file_is_read_as_if_it_lay_here(standin: Standin, path: str) -> None:
    found = files.read(f"{standin.address}{path}?{SECRET}")
    assert found.frame["Lead"].to_list() == LEADS["Lead"].to_list()
    assert [str(each) for each in found.frame["Visits"].to_list()] == [str(each) for each in LEADS["Visits"]]
    assert SECRET not in found.source
    assert standin.asked[-1].query == {"signature": "very-secret-1234"}


@pytest.mark.parametrize(
    "fault",
    [
        Answer(429),
        Answer(503, headers={"Retry-After": "0"}),
        Answer(500),
        Answer(200, LEADS.write_csv().encode(), cut=100),
        Answer(drop=True),
        Answer(wait=1.0),
    ],
    ids=["429", "503", "500", "cut", "dropped", "hangs"],
)
def test_a_passing_fault_is_tried_again_from_the_front(standin: Standin, fault: Answer) -> None:
    standin.faults.append(fault)
    assert files.read(f"{standin.address}/leads.csv").frame.height == 300
    assert len(standin.asked) == 2


@pytest.mark.parametrize(
    ("path", "fault", "code"),
    [
        ("/nowhere.csv", None, "not_found"),
        ("/leads.csv", Answer(302, headers={"Location": "http://127.0.0.1:1/else"}), "redirected"),
        ("/leads.csv", Answer(401), "unauthorized"),
        ("/leads.csv", Answer(403), "forbidden"),
        ("/leads.xlsx", Answer(200, b"<html>log in</html>"), "not_leads"),
        ("/leads.csv", Answer(200, b"", headers={"Content-Type": "text/csv"}), "empty"),
    ],
)
def test_what_is_no_file_of_leads_is_refused(
    standin: Standin, path: str, fault: Answer | None, code: str
) -> None:
    if fault is not None:
        standin.faults.append(fault)
    with pytest.raises(LeadlightError) as refused:
        files.read(f"{standin.address}{path}?{SECRET}")
    assert "very-secret" not in str(refused.value)
    assert refused.value.code == code


def test_a_file_that_is_larger_than_allowed_is_given_up(standin: Standin) -> None:
    small = CallLimits(most_bytes=100)
    with pytest.raises(ConnectorError) as refused:
        web_files.open_web_file(f"{standin.address}/leads.csv", lambda _: pytest.fail("read"), limits=small)
    assert refused.value.code == "too_large"


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/leads.csv",
        "http://[fe80::1]/leads.csv",
        "http://0.0.0.0/leads.csv",
        "https://user:secret@127.0.0.1/leads.csv",
        "http://127.0.0.1:port/leads.csv",
        "http:///leads.csv",
    ],
)
def test_addresses_that_nobody_means_are_not_called(address: str) -> None:
    with pytest.raises(LeadlightError) as refused:
        files.read(address)
    assert "secret" not in str(refused.value)


def test_leads_do_not_cross_the_internet_unsealed() -> None:
    with pytest.raises(FileError) as refused:
        web_files.open_web_file(
            "http://files.example.net/leads.csv",
            lambda _: pytest.fail("read"),
            lookup=lambda *_: ["93.184.216.34"],
        )
    assert refused.value.code == "not_sealed"


def test_a_name_is_looked_up_once_and_what_was_looked_at_is_called(standin: Standin) -> None:
    """A name that leads elsewhere the second time would lead past what was checked."""
    numbers = iter([["127.0.0.1"]])
    address = f"http://files.test:{standin.port}/leads.csv"
    standin.faults.append(Answer(503, headers={"Retry-After": "0"}))

    def arrived(_: object) -> Any:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        web_files.open_web_file(address, arrived, lookup=lambda *_: next(numbers))
    assert len(standin.asked) == 2


def test_no_copy_stays_behind(standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    batches = files.read_batches(f"{standin.address}/leads.csv")
    assert sum(part.frame.height for part in batches) == 300
    assert list(tmp_path.iterdir()) == []


def test_python_and_commands_take_addresses(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address = f"{standin.address}/leads.csv?{SECRET}"
    assert ll.inspect(address, id="Lead").rows == 300
    assert call("init", "--home", "home").code == 0
    told = call("sync", address, "--home", "home", "--json")
    assert told.code == 0, told.err
    assert told.json["rows"]["new"] == 300
    again = call("sync", address, "--home", "home", "--json")
    assert again.json["rows"]["same"] == 300
    assert "very-secret" not in told.out + told.err + again.out
