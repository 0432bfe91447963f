"""Google Analytics over real HTTP: sessions meet leads by a key, or only costs are read."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadlight.connect import ga4, systems
from leadlight.connect.transport import CallLimits
from leadlight.data.config.record import ConnectConfig, SystemConfig
from leadlight.data.secret import Secret
from leadlight.errors import ConfigError, ConnectorError
from leadlight.store import Home, open_store, records
from leadlight.store import leads as stored
from tests.cli.calls import call
from tests.connect.ads_standins import AnalyticsProperty, google_error
from tests.connect.standin import Answer, Standin, running

KEY = "customUser:lead_id"
TODAY = date(2026, 3, 31)
SECRETS = {
    "google.client_id": "client-1",
    "google.client_secret": "client-secret-1",
    "google.refresh_token": "refresh-1",
}


@pytest.fixture
def known() -> AnalyticsProperty:
    """60 sessions of known leads, 15 of nobody, over 40 days; two channels that cost."""
    dice = random.Random(3)
    made = AnalyticsProperty(page=9)
    for k in range(75):
        day = TODAY - timedelta(days=dice.randrange(3, 43))
        minute = f"{day:%Y%m%d}{dice.randrange(24):02}{k % 60:02}"
        lead = f"L{k % 20}" if k < 60 else "(not set)"
        made.sessions.append((minute, lead, "google", "cpc" if k % 2 else "organic", f"Campaign {k % 3}"))
    for k in range(40):
        made.costs[TODAY - timedelta(days=k), "Paid Search"] = 10.0 + k
        made.costs[TODAY - timedelta(days=k), "Paid Social"] = 0.0
    return made


@pytest.fixture
def standin(known: AnalyticsProperty, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    monkeypatch.setattr(ga4, "PAGE", 9)
    with running(known) as found:
        yield found


def opened(standin: Standin, *fields: str) -> Any:
    asked = SystemConfig(address=standin.address, account="properties/123", fields=fields)
    config = ConnectConfig(private=(standin.host,), systems={"ga4": asked})
    found = systems.open_system("ga4", config, read_secret)
    found.transport.limits = CallLimits(
        connect_seconds=1, answer_seconds=0.5, total_seconds=3, attempts=3, first_wait=0.01
    )
    found.day = TODAY
    return found


def read_secret(name: str) -> Secret:
    if name not in SECRETS:
        raise ConfigError(f"There is no {name}.")
    return Secret(SECRETS[name])


def sessions(found: Any, cursor: str | None = None) -> tuple[dict[str, dict[str, Any]], str | None]:
    events: dict[str, dict[str, Any]] = {}
    for page in found.read("sessions", cursor):
        events |= {row["key"]: row for row in page.events}
        cursor = page.cursor
    return events, cursor


def test_sessions_meet_leads_by_the_key(known: AnalyticsProperty, standin: Standin) -> None:
    found = opened(standin, KEY)
    assert [part.name for part in found.parts] == ["sessions"]
    events, cursor = sessions(found)
    assert len(events) == len({each for each in known.sessions if each[1] != "(not set)"})
    one = next(iter(events.values()))
    minute = one["key"].split(":")[3]
    local = datetime.strptime(minute, "%Y%m%d%H%M").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    assert one["at"] == local.astimezone(UTC).timestamp()
    assert one["properties"]["sessionSource"] == "google"
    assert one["properties"]["userEngagementDuration"] == 42.5
    before = len(standin.asked)
    assert sessions(found, cursor) == ({}, cursor)
    assert len(standin.asked) == before
    found.day = TODAY + timedelta(days=1)
    day = TODAY - timedelta(days=1)
    known.sessions.append((f"{day:%Y%m%d}1200", "L1", "bing", "organic", "(not set)"))
    fresh, _ = sessions(found, cursor)
    assert [row["id"] for row in fresh.values()] == ["L1"]
    assert "sessionCampaignName" not in next(iter(fresh.values()))["properties"]


def test_without_a_key_channels_are_read_alone(known: AnalyticsProperty, standin: Standin) -> None:
    found = opened(standin)
    assert [part.name for part in found.parts] == ["costs"]
    rows = [row for page in found.read("costs", None) for row in page.spend]
    assert {row["channel"] for row in rows} == {"Paid Search"}
    assert sum(row["amount"] for row in rows) == sum(known.costs.values())
    assert "meet no lead" in found.missing()[0].means


def test_both_are_read_where_both_are_asked_for(standin: Standin) -> None:
    assert [part.name for part in opened(standin, KEY, "cost").parts] == ["sessions", "costs"]


@pytest.mark.parametrize(
    "fault",
    [
        Answer(429),
        google_error(429, "RESOURCE_EXHAUSTED"),
        Answer(503, headers={"Retry-After": "0"}),
        Answer(200, {"rows": [], "rowCount": 0}, cut=6),
        Answer(wait=1.0),
        google_error(401, "UNAUTHENTICATED"),
    ],
    ids=["429", "quota", "503", "cut", "hangs", "token"],
)
def test_a_passing_fault_changes_nothing(standin: Standin, fault: Answer) -> None:
    found = opened(standin, KEY)
    whole, _ = sessions(found)
    standin.faults.extend([None, fault])
    assert sessions(found)[0] == whole


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(302, headers={"Location": "https://nowhere.example"}), "redirected"),
        (Answer(200, {}), "odd_answer"),
        (Answer(200, [1]), "odd_answer"),
        (Answer(200, {"metadata": {}, "rowCount": 1, "rows": [{"dimensionValues": []}]}), "odd_answer"),
        (google_error(403, "PERMISSION_DENIED"), "forbidden"),
        (google_error(200, "INVALID_ARGUMENT"), "error_body"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused(standin: Standin, answer: Answer, code: str) -> None:
    found = opened(standin, KEY)
    sessions(found)
    standin.faults.append(answer)
    with pytest.raises(ConnectorError) as refused:
        sessions(found)
    assert refused.value.code == code
    assert "secret words" not in str(refused.value)


def test_a_refresh_token_that_was_revoked_is_told(standin: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SECRETS, "google.refresh_token", "revoked-7")
    with pytest.raises(ConnectorError) as refused:
        sessions(opened(standin, KEY))
    assert refused.value.code == "refresh_refused"
    assert "revoked-7" not in str(refused.value)


def test_all_secrets_may_stand_in_one_text(standin: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Google's own tools write them, and as they can be pasted into the page Connections."""
    monkeypatch.setattr(
        "tests.connect.test_ga4.SECRETS",
        {"ga4.token": json.dumps({name.removeprefix("google."): text for name, text in SECRETS.items()})},
    )
    assert sessions(opened(standin, KEY))[0]
    monkeypatch.setattr("tests.connect.test_ga4.SECRETS", {"ga4.token": "not JSON at all"})
    with pytest.raises(ConfigError) as refused:
        sessions(opened(standin, KEY))
    assert "not JSON at all" not in str(refused.value)


def test_sessions_come_into_a_home_once(
    known: AnalyticsProperty, standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ga4, "today", lambda: TODAY)
    for name, text in SECRETS.items():
        monkeypatch.setenv("LEADLIGHT_" + name.upper().replace(".", "_"), text)
    home = tmp_path / "home"
    assert call("init", "--home", home).code == 0
    (tmp_path / "leads.csv").write_text("Lead,Visits\n" + "".join(f"L{k},1\n" for k in range(10)))
    assert call("sync", tmp_path / "leads.csv", "--home", home, "--id", "Lead").code == 0
    (home / "leadlight.toml").write_text(
        f'[connect]\nprivate = ["{standin.host}"]\n[connect.ga4]\naddress = "{standin.address}"\n'
        f'account = "123"\nfields = ["{KEY}"]\n'
    )
    for _ in range(2):
        told = call("sync", "ga4://", "--home", home, "--json")
        assert told.code == 0, told.err
    store = open_store(Home.of(home, home))
    with store.reading() as connection:
        leads = [lead for page in stored.pages(connection) for lead in page]
        kept = [event for lead in leads for event in records.of_lead(connection, lead.number)["events"]]
    store.close()
    assert len(kept) == len({each for each in known.sessions if each[1] in {f"L{k}" for k in range(10)}})
