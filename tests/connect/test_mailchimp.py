"""Mailchimp over real HTTP, through the command and into a real home."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from leadlight.connect import mailchimp
from leadlight.connect.addresses import AllowedHosts
from leadlight.connect.mailchimp import Mailchimp, MailchimpKey, judge
from leadlight.connect.transport import CallLimits, Transport
from leadlight.data.schema import Schema
from leadlight.data.secret import Secret
from leadlight.errors import ConnectorError
from leadlight.insight import consent
from leadlight.store import Home, Store, open_store, records
from leadlight.store import leads as stored
from tests.cli.calls import Answer as Said
from tests.cli.calls import call
from tests.connect.mailchimp_standin import KEY, MailchimpAccount, problem
from tests.connect.standin import Answer, Standin, running

COLUMN = "Mailchimp unsubscribed: Newsletter"
DAY = 86_400.0


def person(number: int) -> str:
    return f"person{number}@nowhere.example"


@pytest.fixture
def account() -> MailchimpAccount:
    """130 subscribers of whom 100 are leads; every tenth unsubscribed; one campaign of a week ago."""
    made, now = MailchimpAccount(lists={"a1": "Newsletter", "b2": "Events"}), time.time()
    for number in range(130):
        status = "unsubscribed" if number % 10 == 0 else "subscribed"
        made.member("a1", person(number), now - 40 * DAY + 60 * number, status)
    made.member("b2", person(3), now - DAY, "cleaned")
    made.campaign("c1", now - 7 * DAY, [person(number) for number in range(130)])
    for number in range(0, 130, 2):
        made.act("c1", person(number), "open", now - 6 * DAY + number)
    made.act("c1", person(2), "click", now - 5 * DAY, url="https://nowhere.example/offer")
    return made


@pytest.fixture
def standin(account: MailchimpAccount, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    monkeypatch.setattr(mailchimp, "PAGE", 30)
    with running(account) as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, standin: Standin, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEADLIGHT_MAILCHIMP_TOKEN", KEY)
    place = tmp_path / "home"
    assert call("init", "--home", place).code == 0
    leads = pl.DataFrame(
        {"Lead": [f"L{k}" for k in range(100)], "E-mail": [person(k).title() for k in range(100)]}
    )
    leads.write_csv(tmp_path / "leads.csv")
    assert call("sync", tmp_path / "leads.csv", "--home", place, "--id", "Lead").code == 0
    (place / "leadlight.toml").write_text(
        f'[connect]\nprivate = ["{standin.host}"]\n[connect.mailchimp]\naddress = "{standin.address}"\n'
    )
    return place


def sync(home: Path, *more: str) -> Said:
    return call("sync", "mailchimp://", "--home", home, "--json", *more)


def opened(home: Path) -> Store:
    return open_store(Home.of(home, home))


def kept(home: Path) -> tuple[dict[str, dict[str, Any]], Counter[str]]:
    """The fields of all leads, and how many events of each name they have."""
    store = opened(home)
    with store.reading() as connection:
        leads = [lead for page in stored.pages(connection) for lead in page]
        names = Counter(
            event["name"] for lead in leads for event in records.of_lead(connection, lead.number)["events"]
        )
    store.close()
    return {lead.id: dict(lead.fields) for lead in leads}, names


EVENTS = {"mail sent": 100, "mail opened": 50, "mail clicked": 1, "mail unsubscribed": 10}


def test_what_was_sent_opened_and_clicked_comes_in_as_events(home: Path) -> None:
    told = sync(home)
    assert told.code == 0, told.err
    leads, names = kept(home)
    assert names == EVENTS
    assert told.json["rejected"]["unknown_lead"] > 0
    gone = {name for name, fields in leads.items() if fields.get(COLUMN) == "yes"}
    assert gone == {f"L{k}" for k in range(0, 100, 10)}
    assert leads["L3"]["Mailchimp unsubscribed: Events"] == "yes"
    assert leads["L3"][COLUMN] == "no"


def test_who_unsubscribed_is_not_mailed_and_may_be_called(home: Path) -> None:
    """Whether or not the model has ever seen the column."""
    sync(home)
    leads, _ = kept(home)
    raw = pl.DataFrame({COLUMN: [fields.get(COLUMN) for fields in leads.values()]})
    barred = consent.barred(Schema(()), raw, "email")
    assert barred.tolist() == [fields.get(COLUMN) == "yes" for fields in leads.values()]
    assert not consent.barred(Schema(()), raw, "call").any()


def test_the_second_run_reads_only_what_changed_and_changes_nothing(
    home: Path, account: MailchimpAccount, standin: Standin
) -> None:
    sync(home)
    before = kept(home)
    first = len(standin.asked)
    again = sync(home).json
    assert kept(home) == before
    assert again["rows"]["changed"] == again["rows"]["new"] == 0
    assert len(standin.asked) - first < first / 2
    account.member("a1", person(10), time.time(), "subscribed")
    account.act("c1", person(5), "open", time.time())
    sync(home)
    leads, names = kept(home)
    assert leads["L10"][COLUMN] == "no"
    assert names["mail opened"] == 51


def test_whoever_changes_while_it_is_read_hides_nobody(home: Path, account: MailchimpAccount) -> None:
    """Each answer finds another member changed, and thus moved to the end."""
    asked = iter(range(1, 100, 3))

    def change() -> None:
        number = next(asked, 1)
        account.member("a1", person(number), time.time(), "subscribed")

    account.changed = change
    assert sync(home).code == 0
    leads, _ = kept(home)
    assert all(COLUMN in fields for fields in leads.values())


@pytest.mark.parametrize("at", [2, 7, 12])
def test_a_run_that_breaks_off_goes_on_where_it_was(home: Path, standin: Standin, at: int) -> None:
    """A refusal in the middle: what came before is kept, and the next run ends with the same store."""
    standin.faults.extend([None] * at)
    standin.faults.append(Answer(302, headers={"Location": "http://127.0.0.1:1/"}))
    broken = sync(home)
    assert broken.code == 2
    assert "redirected" in broken.out + broken.err
    assert sync(home).code == 0
    assert kept(home)[1] == EVENTS


@pytest.mark.parametrize(
    "fault",
    [
        Answer(429, {"title": "TooManyRequests", "status": 429}),
        Answer(429, {"title": "TooManyRequests", "status": 429}, headers={"Retry-After": "0"}),
        Answer(503),
        Answer(200, {"members": [1, 2, 3]}, cut=8),
        Answer(200, {"type": "x", "title": "Internal Server Error", "status": 500, "detail": "x"}),
        Answer(wait=1.5),
    ],
    ids=["429", "429-after", "503", "cut", "error-body", "hangs"],
)
def test_a_passing_fault_changes_nothing(account: MailchimpAccount, standin: Standin, fault: Answer) -> None:
    with connected(standin) as plain:
        expected = [page for part in plain.parts for page in plain.read(part.name, None)]
    standin.faults.extend([None, None, fault])
    with connected(standin) as again:
        found = [page for part in again.parts for page in again.read(part.name, None)]
    assert [(page.events, page.marks) for page in found] == [(page.events, page.marks) for page in expected]


class connected:  # noqa: N801
    """A connector that gives up quickly."""

    def __init__(self, standin: Standin, key: str = KEY) -> None:
        quick = CallLimits(
            connect_seconds=1, answer_seconds=0.5, total_seconds=3, attempts=3, first_wait=0.01
        )
        hosts = AllowedHosts(private=frozenset({standin.host}))
        transport = Transport(
            "Mailchimp", hosts, MailchimpKey(lambda _: Secret(key)), limits=quick, judge=judge
        )
        self.found = Mailchimp(transport, standin.address)

    def __enter__(self) -> Mailchimp:
        return self.found

    def __exit__(self, *_: object) -> None:
        self.found.close()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(200, {"people": []}), "odd_answer"),
        (Answer(200, [1, 2]), "odd_answer"),
        (Answer(200, {"lists": "none"}), "odd_answer"),
        (Answer(404, {"title": "Resource Not Found", "status": 404}), "not_found"),
        (problem(403, "User does not have access"), "forbidden"),
    ],
)
def test_another_answer_than_expected_is_refused(standin: Standin, answer: Answer, code: str) -> None:
    standin.faults.append(answer)
    with connected(standin) as found, pytest.raises(ConnectorError) as refused:
        list(found.read("members", None))
    assert refused.value.code == code
    assert "person1" not in str(refused.value)


def test_members_that_lack_fields_are_left_alone(account: MailchimpAccount, standin: Standin) -> None:
    account.members["a1"] = {
        "x": {"status": "subscribed", "last_changed": "?"},
        "y": {"email_address": "y@x.example"},
    }
    with connected(standin) as found:
        pages = list(found.read("members", None))
    assert [mark for page in pages for mark in page.marks if "y@" in mark["email"]] == []


def test_a_key_that_was_revoked_is_told_and_one_that_was_replaced_goes_on(
    home: Path, account: MailchimpAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.key = "another-us21"
    told = sync(home)
    assert told.code == 2
    assert "unauthorized" in told.out + told.err
    assert KEY not in told.out + told.err
    monkeypatch.setenv("LEADLIGHT_MAILCHIMP_TOKEN", "another-us21")
    assert sync(home).code == 0


def test_the_address_has_to_be_said(home: Path) -> None:
    (home / "leadlight.toml").write_text("")
    assert "no_address" in sync(home).out


def test_check_tells_what_would_be_read(home: Path) -> None:
    told = sync(home, "--check")
    assert told.code == 0, told.err
    assert [part["name"] for part in told.json["parts"]] == ["members", "sends", "activity"]
    assert told.json["missing"] == []
