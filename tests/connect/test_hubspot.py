"""HubSpot in and out, over real HTTP, through the command and into a real home."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from leadlight.store import Home, Store, open_store, outbox, records
from leadlight.store import leads as stored
from tests.cli.calls import Answer as Said
from tests.cli.calls import call
from tests.connect.hubspot_standin import TOKEN, Account, filled, iso
from tests.connect.standin import Answer, Standin, running

SYNC = ("sync", "hubspot://contacts")


@pytest.fixture
def account() -> Account:
    return filled(120)


@pytest.fixture
def standin(account: Account) -> Iterator[Standin]:
    with running(account) as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, standin: Standin, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that is told where the stand-in is, and quick to give up."""
    monkeypatch.setenv("LEADLIGHT_HUBSPOT_TOKEN", TOKEN)
    place = tmp_path / "home"
    assert call("init", "--home", place).code == 0
    configure(place, standin)
    return place


def configure(home: Path, standin: Standin, more: str = "") -> None:
    (home / "leadlight.toml").write_text(
        f'[connect]\nprivate = ["{standin.host}"]\n[connect.hubspot]\naddress = "{standin.address}"\n{more}'
    )


def sync(home: Path, *more: str) -> Any:
    answer = call(*SYNC, "--home", home, "--json", *more)
    assert answer.code == 0, answer.err
    return answer.json


def opened(home: Path) -> Store:
    return open_store(Home.of(home, home))


def everything(home: Path) -> dict[str, dict[str, Any]]:
    store = opened(home)
    with store.reading() as connection:
        found = {lead.id: dict(lead.fields) for page in stored.pages(connection) for lead in page}
    store.close()
    return found


def test_the_first_sync_is_complete_and_exact(home: Path, account: Account) -> None:
    told = sync(home)
    assert told["rows"]["new"] == 120
    found = everything(home)
    contacts = account.objects["contacts"]
    assert found.keys() == contacts.keys()
    for identity, lead in found.items():
        said = contacts[identity]
        assert lead["email"] == said["email"]
        assert lead.get("own_field") == (said["own_field"] or None)
        assert lead["company_name"] == f"Company {int(identity) % 1000 % 20}"
        deal = account.objects["deals"].get(str(500_000 + int(identity) - 1000))
        wanted = "lost" if deal is None else {"true": "won", "false": "lost"}[deal["hs_is_closed_won"]]
        assert lead["outcome"] == wanted
    assert told["rows"]["contacts_added"] == 40


def test_the_second_sync_reads_only_what_changed(home: Path, account: Account, standin: Standin) -> None:
    sync(home)
    account.put("contacts", "1005", own_field="changed", lifecyclestage="customer")
    account.put("contacts", "5000", email="new@example.org", own_field="x")
    account.put("deals", "599999", hs_is_closed_won="true", hs_is_closed="true", amount="70")
    account.link("deals", "599999", "contacts", "1007")
    account.put("companies", "903", name="Renamed")
    before = len(standin.asked)
    told = sync(home)
    found = everything(home)
    assert told["rows"]["new"] == 1
    assert found["1005"]["own_field"] == "changed"
    assert found["1005"]["outcome"] == "won"
    assert found["1023"]["company_name"] == "Renamed"
    assert len(found) == 121
    read = [
        each.json["inputs"] for each in standin.asked[before:] if each.path.endswith("contacts/batch/read")
    ]
    assert sum(len(each) for each in read) <= 12
    assert sync(home)["rows"]["changed"] == 0


def test_the_history_of_a_property_comes_with_the_moments_at_which_it_was_known(
    home: Path, account: Account, standin: Standin
) -> None:
    configure(home, standin, 'history = ["lifecyclestage"]\n')
    account.put("contacts", "1001", 1_700_100_000_000, lifecyclestage="opportunity")
    sync(home)
    store = opened(home)
    with store.reading() as connection:
        lead = stored.find(connection, "1001")
        assert lead is not None
        events = records.of_lead(connection, lead.number)["events"]
    store.close()
    known = [(each["name"], each["at"], json.loads(each["properties"])["value"]) for each in events]
    assert known[0] == ("property:lifecyclestage", 1_700_100_000.0, "opportunity")
    assert ("property:lifecyclestage", 1_700_000_001.0, "lead") in known


FAULTS = {
    "429": Answer(429, {"status": "error", "errorType": "RATE_LIMIT"}),
    "429-after": Answer(429, {"status": "error"}, {"Retry-After": "0"}),
    "500": Answer(500, b"<html>"),
    "502": Answer(502),
    "error-in-200": Answer(200, {"status": "error", "category": "INTERNAL", "message": "secret-value"}),
    "cut": Answer(200, {"results": [{"id": "1001"}]}, cut=12),
    "half": Answer(200, b'{"results": [{"id": "10'),
    "dropped": Answer(drop=True, applied=True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_the_way_changes_nothing(
    home: Path, standin: Standin, account: Account, fault: str
) -> None:
    standin.faults.extend([None, None, FAULTS[fault], None, None, None, FAULTS[fault], None, FAULTS[fault]])
    assert sync(home)["rows"]["new"] == 120
    assert everything(home).keys() == account.objects["contacts"].keys()


def test_a_token_that_expires_in_mid_run_is_read_anew(
    home: Path, account: Account, standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies in a file that something else renews."""
    kept = tmp_path / "token"
    kept.write_text(TOKEN)
    kept.chmod(0o600)
    monkeypatch.delenv("LEADLIGHT_HUBSPOT_TOKEN")
    monkeypatch.setenv("LEADLIGHT_HUBSPOT_TOKEN_FILE", str(kept))
    answer = account._answer

    def rotate(asked: Any) -> Answer:
        if len(standin.asked) == 7:
            account.token = "pat-new"
            kept.write_text("pat-new")
        return answer(asked)

    account._answer = rotate  # type: ignore[method-assign]
    assert sync(home)["rows"]["new"] == 120


def test_a_run_that_is_cut_off_goes_on_where_it_stopped(
    home: Path, account: Account, standin: Standin
) -> None:
    standin.faults.extend([*[None] * 10, Answer(400)])
    broken = call(*SYNC, "--home", home)
    assert broken.code == 2
    kept = len(everything(home))
    assert 0 < kept < 120
    assert sync(home)["rows"]["new"] == 120 - kept


@pytest.mark.parametrize("ahead", [-7200.0, 7200.0])
def test_a_clock_that_is_wrong_loses_nothing(home: Path, account: Account, ahead: float) -> None:
    account.ahead = ahead
    sync(home)
    account.put("contacts", "1009", own_field="later")
    sync(home)
    assert everything(home)["1009"]["own_field"] == "later"


def test_what_the_token_does_not_allow_is_left_out_and_told(home: Path, account: Account) -> None:
    account.forbidden |= {"deals", "calls"}
    told = sync(home)
    assert told["left_out"] == ["deals", "calls"]
    assert told["rows"]["new"] == 120
    check = call(*SYNC, "--home", home, "--check", "--json").json
    assert [each["what"] for each in check["missing"]] == ["scope for deals", "scope for calls"]


def test_a_property_that_goes_and_one_that_comes(home: Path, account: Account) -> None:
    sync(home)
    del account.properties["hs_analytics_num_visits"]
    account.put("contacts", "1003", brand_new="yes")
    account.properties["brand_new"]["hubspotDefined"] = False
    sync(home)
    assert everything(home)["1003"]["brand_new"] == "yes"


def test_a_redirect_elsewhere_gets_no_token(home: Path, standin: Standin) -> None:
    with running(lambda _: Answer(body={})) as canary:
        standin.faults.append(Answer(302, headers={"Location": canary.address}))
        answer = call(*SYNC, "--home", home)
        assert answer.code == 2
        assert answer.error == "redirected"
        assert not canary.asked


def test_check_shows_a_sample_and_keeps_nothing(home: Path) -> None:
    answer = call(*SYNC, "--home", home, "--check")
    assert answer.code == 0, answer.err
    for said in ("hs_analytics_source: ", "won: ", "horizon: 180 days", "leadlight_score"):
        assert said in answer.out
    assert everything(home) == {}


def test_a_home_says_what_it_takes_the_columns_for(home: Path) -> None:
    """Behind what stands there already, once; from then on what stands there counts."""
    assert sync(home)["wrote"] == str(home / "leadlight.toml")
    written = (home / "leadlight.toml").read_text()
    assert written.startswith("[connect]")
    assert '[columns.lifecyclestage]\nrole = "after"' in written
    assert '[columns.email]\nrole = "personal"' in written
    assert sync(home)["wrote"] is None


@pytest.fixture
def served(home: Path, tmp_path: Path) -> Path:
    """A home with leads of HubSpot and a model in service that was learnt from them."""
    first = sync(home)
    assert first["scored"] is None
    learnt = call(
        *("train", "--home", home, "--models", "logistic", "--folds", "3", "--test", "random"),
        *("--accept", "calls_nobody", "--accept", "no_better_than_chance", "-o", tmp_path / "m.leadlight"),
    )
    assert learnt.code == 0, learnt.err
    assert call("promote", tmp_path / "m.leadlight", "--home", home).code == 0
    return home


def set_up(home: Path) -> Said:
    return call(*SYNC, "--home", home, "--setup", "--yes")


def crm_equals_store(home: Path, account: Account) -> None:
    store = opened(home)
    with store.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT leads.id, current.probability, current.grade FROM current"
            " JOIN leads ON leads.number = current.lead"
        ).all()
        assert outbox.waiting(connection, "hubspot") == {"waiting": 0}
    store.close()
    assert len(rows) == len(account.objects["contacts"])
    for identity, probability, grade in rows:
        said = account.objects["contacts"][identity]
        assert (said["leadlight_score"], said["leadlight_grade"]) == (str(round(100 * probability, 1)), grade)


def test_scores_come_to_the_crm_and_only_what_changed_again(
    served: Path, account: Account, standin: Standin
) -> None:
    told = sync(served)
    assert told["written_back"]["problem"]["code"] == "no_fields"
    shown = call(*SYNC, "--home", served, "--setup")
    assert "leadlight_score" in shown.out
    assert "leadlight_score" not in account.properties
    assert set_up(served).code == 0
    assert sync(served)["written_back"]["sent"] == 120
    crm_equals_store(served, account)
    before = account.updates
    assert sync(served)["written_back"]["sent"] == 0
    assert account.updates == before


def test_answers_that_are_lost_after_applying_leave_the_crm_as_the_store(
    served: Path, account: Account, standin: Standin, count: Callable[[int], int]
) -> None:
    set_up(served)
    contacts = {*account.objects["contacts"]}
    standin.faults.extend(
        [Answer(drop=True, applied=True) if number % 10 == 3 else None for number in range(60)]
    )
    sync(served)
    standin.faults.clear()
    assert sync(served)["written_back"]["later"] == 0
    crm_equals_store(served, account)
    assert {*account.objects["contacts"]} == contacts


def test_what_the_crm_refuses_stays_to_be_seen(served: Path, account: Account) -> None:
    set_up(served)
    account.unwritable = {"1004": "VALIDATION_ERROR", "1008": "OBJECT_NOT_FOUND"}
    told = sync(served)["written_back"]
    assert told["refused"] == {"VALIDATION_ERROR": 1, "OBJECT_NOT_FOUND": 1}
    assert told["sent"] == 118
    assert sync(served)["written_back"]["sent"] == 0


def test_one_contact_under_two_ids_costs_the_others_nothing(served: Path, account: Account) -> None:
    """Two are merged there between reading and writing: a batch that names one twice is refused whole."""
    set_up(served)
    update = account._update

    def merged_meanwhile(*asked: Any) -> Answer:
        if "1001" not in account.became:
            account.merge("1001", "1002")
        return update(*asked)

    account._update = merged_meanwhile  # type: ignore[method-assign]
    told = sync(served)["written_back"]
    assert told["problem"] is None
    assert told["sent"] >= 119
    assert sync(served)["rows"]["merged"] == 1
    sync(served)
    crm_equals_store(served, account)


def test_a_system_that_hangs_is_waited_for_as_long_as_was_said(
    served: Path, account: Account, standin: Standin
) -> None:
    """Ten seconds without an answer, in reading and after a score was written."""
    config = served / "leadlight.toml"
    config.write_text(
        config.read_text().replace("[connect.hubspot]", "[connect.hubspot]\nanswer_seconds = 0.4")
    )
    set_up(served)
    standin.faults.extend([None, Answer(wait=10.0)])
    update, begun = account._update, time.monotonic()

    def hanging(*asked: Any) -> Answer:
        account._update = update  # type: ignore[method-assign]
        answer = update(*asked)
        return Answer(answer.status, answer.body, answer.headers, wait=10.0)

    account._update = hanging  # type: ignore[method-assign]
    assert sync(served)["written_back"]["problem"] is None
    assert time.monotonic() - begun < 18
    crm_equals_store(served, account)


def test_a_dead_crm_loses_no_score(served: Path, account: Account, standin: Standin) -> None:
    set_up(served)
    standin.faults.extend([None] * 3)
    update = account._update
    account._update = lambda *_: Answer(503)  # type: ignore[method-assign, assignment]
    told = sync(served)
    assert told["scored"]["written"] == 120
    assert told["written_back"]["problem"]["code"] == "server_error"
    account._update = update  # type: ignore[method-assign]


def test_an_erased_person_leaves_the_outbox_and_does_not_come_back(served: Path, account: Account) -> None:
    set_up(served)
    account.unwritable = {"1002": "VALIDATION_ERROR"}
    sync(served)
    assert call("db", "forget", "1002", "--home", served).code == 0
    account.put("contacts", "1002", own_field="again")
    assert sync(served)["rows"]["forgotten"] >= 1
    assert "1002" not in everything(served)
    store = opened(served)
    with store.reading() as connection:
        assert outbox.waiting(connection, "hubspot") == {"waiting": 0}
    store.close()


def test_tokens_show_nowhere(home: Path, account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    sync(home)
    account.token = "another"
    answer = call(*SYNC, "--home", home)
    assert answer.code == 2
    assert answer.error == "unauthorized"
    told = capfd.readouterr()
    for text in (
        answer.out,
        answer.err,
        told.out,
        told.err,
        (home / "leadlight.db").read_bytes().decode("latin-1"),
    ):
        assert TOKEN not in text
        assert "secret-value" not in text


def test_more_than_a_page_changed_at_one_moment(home: Path, account: Account) -> None:
    """A bulk edit gives hundreds of contacts one time of change."""
    sync(home)
    moment = account.now()
    for identity in account.objects["contacts"]:
        account.put("contacts", identity, moment, own_field="bulk")
    sync(home)
    assert {lead["own_field"] for lead in everything(home).values()} == {"bulk"}
    assert iso(moment)
