"""Salesforce in and out, over real HTTP, through the command and into a real home."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leadlight.store import disputes, records
from leadlight.store import leads as stored
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


@pytest.fixture
def with_contacts(home: Path, organisation: Organisation) -> Path:
    """Contacts beside the leads: one was a lead, one has a won deal, one a lost one, one none."""
    path, at = home / "leadlight.toml", 1_700_000_000.0
    path.write_text(path.read_text() + 'objects = ["Lead", "Contact"]\n')
    organisation.put("Account", "001000001", at, Name="Acme", Industry="Software", NumberOfEmployees=12)
    for number in range(4):
        said = {"Email": f"c{number}@example.org", "LastName": "C", "MailingCity": "Graz", "Own__c": 1}
        organisation.put("Contact", f"00300000{number}", at, AccountId="001000001", **said)
    organisation.put("Lead", "00Q000000", at, ConvertedContactId="003000000")
    for number, won in ((1, True), (2, False)):
        organisation.put("Opportunity", f"00690000{number}", at, IsWon=won, IsClosed=True, Amount=70.0)
        role = {"ContactId": f"00300000{number}", "OpportunityId": f"00690000{number}"}
        organisation.put("OpportunityContactRole", f"00K00000{number}", at, **role)
    return home


def test_contacts_that_no_lead_became_are_leads_too(with_contacts: Path, organisation: Organisation) -> None:
    sync(with_contacts)
    found = everything(with_contacts)
    assert {each for each in found if each.startswith("003")} == {"003000001", "003000002", "003000003"}
    won, lost = found["003000001"], found["003000002"]
    assert (won["outcome"], won["deal_amount"], lost["outcome"]) == ("won", 70.0, "lost")
    assert (won["Company"], won["City"], won["Own__c"], won["Object"]) == ("Acme", "Graz", 1, "Contact")
    assert found["00Q000000"]["Object"] == "Lead"
    assert "MailingCity" not in won
    told = sync(with_contacts)["rows"]
    assert (told["new"], told["changed"]) == (0, 0)
    organisation.put("Opportunity", "006900002", IsWon=True, IsClosed=True, Amount=5.0)
    organisation.put("Opportunity", "006900003", 1.0, IsWon=True, IsClosed=True, Amount=6.0)
    role = {"ContactId": "003000003", "OpportunityId": "006900003"}
    organisation.put("OpportunityContactRole", "00K000003", **role)
    sync(with_contacts)
    found = everything(with_contacts)
    assert (found["003000002"]["outcome"], found["003000003"]["outcome"]) == ("won", "won")


def test_a_lead_that_became_a_known_contact_is_one_with_it(
    with_contacts: Path, organisation: Organisation
) -> None:
    sync(with_contacts)
    organisation.put("Lead", "00Q000003", ConvertedContactId="003000003")
    told = sync(with_contacts)["rows"]
    assert told["merged"] == 1
    found = everything(with_contacts)
    assert "003000003" not in found
    assert found["00Q000003"]["outcome"] == "won"
    organisation.put("Contact", "003000002", IsDeleted=True, MasterRecordId="003000001")
    assert sync(with_contacts)["rows"]["merged"] == 1


def test_scores_go_to_contacts_as_well(
    with_contacts: Path, organisation: Organisation, tmp_path: Path
) -> None:
    sync(with_contacts)
    learn(with_contacts, tmp_path)
    answer = call(*SYNC, "--home", with_contacts, "--setup", "--json").json
    assert len(answer["fields"]) == 10
    assert "Contact.Leadlight_Score__c" in answer["fields"]
    assert call(*SYNC, "--home", with_contacts, "--setup", "--yes").code == 0
    assert sync(with_contacts)["written_back"]["sent"] == 163
    assert organisation.records["Contact"]["003000003"]["Leadlight_Grade__c"] in {"hot", "warm", "cold"}
    assert sync(with_contacts)["written_back"]["sent"] == 0


def test_an_object_that_holds_no_leads_is_refused(home: Path) -> None:
    with (home / "leadlight.toml").open("a") as config:
        config.write('objects = ["Account"]\n')
    answer = call(*SYNC, "--home", home)
    assert answer.code == 2
    assert "'Account'" in answer.err


def learn(home: Path, folder: Path) -> None:
    """Put a small model of these leads in service."""
    learnt = call(
        *("train", "--home", home, "--models", "logistic", "--folds", "3", "--test", "random"),
        *("--accept", "calls_nobody", "--accept", "no_better_than_chance", "-o", folder / "m.leadlight"),
    )
    assert learnt.code == 0, learnt.err
    assert call("promote", folder / "m.leadlight", "--home", home).code == 0


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


def test_a_system_that_hangs_is_waited_for_as_long_as_was_said(
    home: Path, standin: Standin, organisation: Organisation
) -> None:
    with (home / "leadlight.toml").open("a") as config:
        config.write("answer_seconds = 1\n")
    standin.faults.extend([Answer(wait=10.0), None, None, Answer(wait=10.0)])
    begun = time.monotonic()
    sync(home)
    assert time.monotonic() - begun < 18
    assert everything(home).keys() == organisation.records["Lead"].keys()


def test_sessions_that_end_in_mid_run_are_begun_anew(home: Path, organisation: Organisation) -> None:
    organisation.expire_after = 3
    sync(home)
    assert organisation.logins >= 2
    assert everything(home).keys() == organisation.records["Lead"].keys()


def test_scores_come_back(home: Path, organisation: Organisation, tmp_path: Path) -> None:
    sync(home)
    learn(home, tmp_path)
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


def test_a_field_of_a_lead_becomes_a_dispute(home: Path, organisation: Organisation) -> None:
    """Under its own name there; a blank field disputes nothing."""
    first, second = list(organisation.records["Lead"])[:2]
    organisation.put("Lead", first, Leadlight_Dispute__c="wrong company")
    organisation.put("Lead", second, Leadlight_Dispute__c=None)
    assert sync(home)["rows"]["disputed"] == 1
    store = opened(home)
    with store.reading() as connection:
        (found,) = disputes.latest(connection)
    store.close()
    assert (found.id, found.kind, found.who) == (first, "data", "salesforce")
