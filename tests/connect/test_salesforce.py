"""Salesforce in and out, over real HTTP, through the command and into a real home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leadlight.store import leads as stored
from leadlight.store import records
from tests.cli.calls import call
from tests.connect.salesforce_standin import SECRET, Organisation, filled
from tests.connect.standin import Answer, Standin, running
from tests.connect.test_hubspot import everything, opened

SYNC = ("sync", "salesforce://leads")


@pytest.fixture
def organisation() -> Organisation:
    return filled(240)


@pytest.fixture
def standin(organisation: Organisation) -> Iterator[Standin]:
    with running(organisation) as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, standin: Standin, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEADLIGHT_SALESFORCE_CLIENT_ID", "3MVG9-id")
    monkeypatch.setenv("LEADLIGHT_SALESFORCE_TOKEN", SECRET)
    place = tmp_path / "home"
    assert call("init", "--home", place).code == 0
    (place / "leadlight.toml").write_text(
        f'[connect]\nprivate = ["{standin.host}"]\n[connect.salesforce]\naddress = "{standin.address}"\n'
    )
    return place


def sync(home: Path, *more: str) -> Any:
    answer = call(*SYNC, "--home", home, "--json", *more)
    assert answer.code == 0, answer.err
    return answer.json


def test_everything_comes_once(home: Path, organisation: Organisation) -> None:
    with (home / "leadlight.toml").open("a") as config:
        config.write('history = ["LeadHistory", "CampaignMember"]\n')
    told = sync(home)
    found = everything(home)
    assert found.keys() == organisation.records["Lead"].keys()
    for identity, lead in found.items():
        said = organisation.records["Lead"][identity]
        assert lead["Email"] == said["Email"]
        assert lead["outcome"] == ("won" if said["IsConverted"] else "lost")
    assert told["rows"]["contacts_added"] == 60
    assert told["rows"]["events_added"] == 120
    assert told["rejected"] == {"unknown_lead": 1}


def test_only_what_changed_is_read_again(home: Path, organisation: Organisation) -> None:
    sync(home)
    organisation.put("Lead", "00Q000005", Own__c=77)
    organisation.put(
        "Lead", "00Q900000", Email="new@example.org", LastName="N", IsConverted=False, Status="Open"
    )
    told = sync(home)
    assert (told["rows"]["new"], told["rows"]["changed"]) == (1, 1)
    assert everything(home)["00Q000005"]["Own__c"] == 77
    assert everything(home)["00Q900000"]["outcome"] == "open"


def test_won_can_mean_that_the_opportunity_was_won(home: Path, organisation: Organisation) -> None:
    with (home / "leadlight.toml").open("a") as config:
        config.write('won = ["opportunity"]\n')
    sync(home)
    found = everything(home)
    assert (found["00Q000006"]["outcome"], found["00Q000003"]["outcome"]) == ("won", "lost")
    organisation.put("Opportunity", "006000003", IsWon=True, IsClosed=True, Amount=5.0)
    sync(home)
    assert everything(home)["00Q000003"]["outcome"] == "won"


def test_deleted_leads_are_not_scored_and_merged_ones_become_one(
    home: Path, organisation: Organisation
) -> None:
    sync(home)
    organisation.delete("00Q000001")
    organisation.delete("00Q000004", master="00Q000002")
    told = sync(home)["rows"]
    assert (told["deleted"], told["merged"]) == (1, 1)
    told = sync(home)["rows"]
    assert (told["deleted"], told["merged"]) == (0, 0)
    found = everything(home)
    assert "00Q000001" in found
    assert "00Q000004" not in found
    store = opened(home)
    with store.reading() as connection:
        gone, survivor = (stored.find(connection, each) for each in ("00Q000001", "00Q000002"))
        assert gone is not None
        assert survivor is not None
        assert gone.suppressed
        assert len(records.of_lead(connection, survivor.number)["contacts"]) == 1
    store.close()
    organisation.put("Lead", "00Q000001", IsDeleted=False)
    assert sync(home)["rows"]["returned"] == 1


FAULTS = {
    "limit": Answer(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "secret-value"}]),
    "503": Answer(503, b"<html>down for maintenance</html>"),
    "cut": Answer(200, {"records": [], "done": True}, cut=9),
    "dropped": Answer(drop=True),
    "html": Answer(200, b"<html>"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_the_way_changes_nothing(
    home: Path, standin: Standin, organisation: Organisation, fault: str
) -> None:
    standin.faults.extend([None, FAULTS[fault], None, FAULTS[fault], None, None, FAULTS[fault]])
    sync(home)
    assert everything(home).keys() == organisation.records["Lead"].keys()


def test_sessions_that_end_in_mid_run_are_begun_anew(home: Path, organisation: Organisation) -> None:
    organisation.expire_after = 3
    sync(home)
    assert organisation.logins >= 2
    assert everything(home).keys() == organisation.records["Lead"].keys()


def test_scores_come_back(home: Path, organisation: Organisation, tmp_path: Path) -> None:
    sync(home)
    learnt = call(
        *("train", "--home", home, "--models", "logistic", "--folds", "3", "--test", "random"),
        *("--accept", "calls_nobody", "--accept", "no_better_than_chance", "-o", tmp_path / "m.leadlight"),
    )
    assert learnt.code == 0, learnt.err
    assert call("promote", tmp_path / "m.leadlight", "--home", home).code == 0
    assert call(*SYNC, "--home", home, "--setup", "--yes").code == 0
    told = sync(home)["written_back"]
    assert told == {
        "sent": 160,
        "later": 0,
        "refused": {"CANNOT_UPDATE_CONVERTED_LEAD": 80},
        "problem": None,
    }
    store = opened(home)
    with store.reading() as connection:
        query = "SELECT leads.id, probability FROM current JOIN leads ON leads.number = current.lead"
        rows = connection.exec_driver_sql(query).all()
    store.close()
    for identity, probability in rows:
        said = organisation.records["Lead"][identity]
        if not said["IsConverted"]:
            assert said["Leadlight_Score__c"] == round(100 * probability, 1)
    assert sync(home)["written_back"]["sent"] == 0


def test_a_wrong_secret_is_told_and_not_shown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLIGHT_SALESFORCE_TOKEN", "wrong-3MVG9")
    answer = call(*SYNC, "--home", home)
    assert answer.code == 2
    assert "wrong-3MVG9" not in answer.err + answer.out
    assert "secret-value" not in answer.err + answer.out


def test_check_tells_what_is_there(home: Path) -> None:
    answer = call(*SYNC, "--home", home, "--check")
    assert answer.code == 0, answer.err
    assert "LeadSource: " in answer.out
    assert "Leadlight_Score__c" in answer.out
