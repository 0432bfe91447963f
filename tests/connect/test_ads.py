"""Spend from Google Ads, Meta Ads and LinkedIn Ads, over real HTTP, into a real home."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from leadlight.connect import daily_spend, linkedinads, systems
from leadlight.connect.transport import CallLimits
from leadlight.data.config.record import ConnectConfig, SystemConfig
from leadlight.data.secret import Secret
from leadlight.errors import ConfigError, ConnectorError
from leadlight.store import Home, open_store
from leadlight.store.tables import spend
from tests.cli.calls import call
from tests.connect.ads_standins import (
    AdAccount,
    GoogleAdsAccount,
    LinkedInAccount,
    MetaAccount,
    google_error,
    meta_error,
)
from tests.connect.standin import Answer, Standin, running

ACCOUNTS: dict[str, type[AdAccount]] = {
    "googleads": GoogleAdsAccount,
    "metaads": MetaAccount,
    "linkedinads": LinkedInAccount,
}
SECRETS = {
    "google.client_id": "client-1",
    "google.client_secret": "client-secret-1",
    "google.refresh_token": "refresh-1",
    "googleads.developer_token": "developer-1",
}
TODAY = date(2026, 3, 31)
CAMPAIGNS = ("Brand", "Spring sale", "Retargeting")

pytestmark = pytest.mark.parametrize("system", ACCOUNTS)


@pytest.fixture
def account(system: str) -> AdAccount:
    """Three campaigns over 70 days, with some days that cost nothing."""
    dice = random.Random(7)
    days = [TODAY - timedelta(days=k) for k in range(70)]
    costs = {
        (day, name): round(dice.uniform(1, 90), 2)
        for day in days
        for name in CAMPAIGNS
        if dice.random() < 0.8
    }
    return ACCOUNTS[system](costs=costs)


@pytest.fixture
def standin(account: AdAccount) -> Iterator[Standin]:
    with running(account) as found:  # type: ignore[arg-type]
        yield found


@pytest.fixture
def secrets(system: str, account: AdAccount) -> dict[str, str]:
    return SECRETS if system == "googleads" else {f"{system}.token": account.token}


def connector(system: str, standin: Standin, secrets: dict[str, str], *, by_campaign: bool = False) -> Any:
    """As leadlight.toml would open it, but quick to give up."""
    fields = ("campaign",) if by_campaign else ()
    asked = SystemConfig(address=standin.address, account="1234567890", fields=fields)
    config = ConnectConfig(private=(standin.host,), systems={system: asked})
    found = systems.open_system(system, config, partial(read_secret, secrets))
    found.transport.limits = CallLimits(
        connect_seconds=1, answer_seconds=0.5, total_seconds=3, attempts=3, first_wait=0.01
    )
    found.day = TODAY
    return found


def read_secret(secrets: dict[str, str], name: str) -> Secret:
    if name not in secrets:
        raise ConfigError(f"There is no {name}.")
    return Secret(secrets[name])


def rows(found: Any, cursor: str | None = None) -> tuple[dict[tuple[str, str], float], str]:
    """What is written by channel and day, and the cursor at the end."""
    written: dict[tuple[str, str], float] = {}
    for page in found.read("spend", cursor):
        cursor = page.cursor
        written |= {(row["channel"], row["day"]): row["amount"] for row in page.spend}
        assert {row["currency"] for row in page.spend} <= {"EUR"}
    assert cursor is not None
    return written, cursor


def spent(written: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    return {key: amount for key, amount in written.items() if amount}


def truth(account: AdAccount, channel: str | None) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for (day, name), amount in account.costs.items():
        key = (channel or name, day.isoformat())
        found[key] = round(found.get(key, 0.0) + amount, 6)
    return found


@pytest.mark.parametrize("by_campaign", [False, True])
def test_every_day_is_read_to_the_cent(
    system: str, account: AdAccount, standin: Standin, secrets: dict[str, str], by_campaign: bool
) -> None:
    found = connector(system, standin, secrets, by_campaign=by_campaign)
    written, _ = rows(found)
    expected = truth(account, None if by_campaign else found.title)
    assert {key: amount for key, amount in written.items() if amount} == expected
    found.close()


def test_the_next_run_reads_the_last_two_weeks_again_and_takes_corrections(
    system: str, account: AdAccount, standin: Standin, secrets: dict[str, str]
) -> None:
    found = connector(system, standin, secrets)
    first, cursor = rows(found)
    day = TODAY - timedelta(days=10)
    for name in CAMPAIGNS:
        account.costs.pop((day, name), None)
    account.costs[TODAY - timedelta(days=3), "Brand"] = 500.0
    before = len(standin.asked)
    second, again = rows(found, cursor)
    assert again == cursor
    assert second[found.title, day.isoformat()] == 0.0
    expected = truth(account, found.title)
    assert {key: amount for key, amount in (first | second).items() if amount} == expected
    assert min(said for _, said in second) == (TODAY - timedelta(days=daily_spend.CORRECTED_DAYS)).isoformat()
    assert len(standin.asked) - before < before / 2
    found.close()


@pytest.mark.parametrize("kept", [1, 11, 12])
def test_a_run_that_breaks_off_goes_on_behind_the_last_page(
    system: str, account: AdAccount, standin: Standin, secrets: dict[str, str], kept: int
) -> None:
    found = connector(system, standin, secrets)
    whole, _ = rows(found)
    part: dict[tuple[str, str], float] = {}
    for number, page in enumerate(found.read("spend", None), 1):
        part |= {(row["channel"], row["day"]): row["amount"] for row in page.spend}
        if number == kept:
            break
    rest, _ = rows(found, page.cursor)
    assert spent(part | rest) == spent(whole)
    found.close()


def test_a_token_that_expires_in_mid_run_is_renewed_or_told(
    system: str, account: AdAccount, standin: Standin, secrets: dict[str, str]
) -> None:
    """Google's is exchanged; the others are read anew from where they lie, if they were replaced there."""
    found = connector(system, standin, secrets)
    pages = found.read("spend", None)
    next(pages)
    account.calls = 1
    if system != "googleads":
        secrets[f"{system}.token"] = "token-2"
    assert {row["day"] for page in pages for row in page.spend if row["amount"]}
    account.token = "token-9"
    if system != "googleads":
        with pytest.raises(ConnectorError) as refused:
            list(found.read("spend", None))
        assert refused.value.code == "unauthorized"
        assert "token-" not in str(refused.value)
    found.close()


PASSING = {
    "429": Answer(429),
    "429-after": Answer(429, headers={"Retry-After": "0"}),
    "500": Answer(500),
    "503": Answer(503, b"<html>down</html>"),
    "cut": Answer(200, {"results": [], "data": [], "elements": []}, cut=9),
    "hangs": Answer(wait=1.0),
}
OWN_PASSING = {
    "googleads": google_error(429, "RESOURCE_EXHAUSTED"),
    "metaads": meta_error(17, status=400),
    "linkedinads": Answer(429, {"serviceErrorCode": 101, "status": 429, "message": "secret words"}),
}


@pytest.mark.parametrize("fault", [*PASSING, "own"])
def test_a_passing_fault_changes_nothing(
    system: str, account: AdAccount, standin: Standin, secrets: dict[str, str], fault: str
) -> None:
    found = connector(system, standin, secrets)
    whole, _ = rows(found)
    standin.faults.extend([None, OWN_PASSING[system] if fault == "own" else PASSING[fault]])
    assert rows(found)[0] == whole
    found.close()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(302, headers={"Location": "https://nowhere.example/"}), "redirected"),
        (Answer(200, {"results": [{"x": 1}], "data": [{"x": 1}], "elements": [{"x": 1}]}), "odd_answer"),
        (Answer(200, [1, 2]), "odd_answer"),
        (Answer(200, {"error": {"message": "secret words", "code": 999}, "elements": 1}), None),
        (Answer(404, {"message": "secret words"}), "not_found"),
    ],
    ids=["redirect", "schema", "list", "error-body", "404"],
)
def test_an_answer_that_cannot_be_used_is_refused(
    system: str, standin: Standin, secrets: dict[str, str], answer: Answer, code: str | None
) -> None:
    found = connector(system, standin, secrets)
    list(found.read("spend", None))
    standin.faults.append(answer)
    with pytest.raises(ConnectorError) as refused:
        list(found.read("spend", None))
    assert refused.value.code == (code or refused.value.code)
    assert "secret words" not in str(refused.value)
    found.close()


def test_an_amount_that_is_no_number_is_counted_and_left_out(
    system: str, account: AdAccount, standin: Standin, secrets: dict[str, str]
) -> None:
    pages = daily_spend.read_spend(
        None,
        lambda first, last: [daily_spend.DayCost(last, "Brand", daily_spend.amount_of("many"), "EUR")],
        "Ads",
        by_campaign=True,
        today=TODAY,
    )
    assert all(page.rejected == {"odd_amount": 1} and not page.spend for page in pages)


def test_into_a_home_and_again(
    system: str,
    account: AdAccount,
    standin: Standin,
    secrets: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By command, with secrets from the environment; the second run changes nothing, no secret is told."""
    monkeypatch.setattr(daily_spend, "today", lambda: TODAY)
    monkeypatch.setattr(f"leadlight.connect.{system}.today", lambda: TODAY)
    for name, text in secrets.items():
        monkeypatch.setenv("LEADLIGHT_" + name.upper().replace(".", "_"), text)
    home = tmp_path / "home"
    assert call("init", "--home", home).code == 0
    (home / "leadlight.toml").write_text(
        f'[connect]\nprivate = ["{standin.host}"]\n[connect.{system}]\n'
        f'address = "{standin.address}"\naccount = "1234567890"\n'
    )
    kept = []
    for _ in range(2):
        told = call("sync", f"{system}://", "--home", home, "--json")
        assert told.code == 0, told.err
        assert not [text for text in secrets.values() if text in told.out + told.err]
        store = open_store(Home.of(home, home))
        with store.reading() as connection:
            query = select(spend.c.channel, spend.c.day, spend.c.amount).where(spend.c.amount > 0)
            kept.append({(row.channel, row.day): row.amount for row in connection.execute(query)})
        store.close()
    assert kept[0] == kept[1] == truth(account, systems.SYSTEMS[system])
    check = call("sync", f"{system}://", "--home", home, "--check", "--json")
    assert check.code == 0, check.err
    assert check.json["parts"][0]["name"] == "spend"


def test_an_account_that_is_not_named_is_asked_for(system: str) -> None:
    config = ConnectConfig(systems={})
    with pytest.raises(Exception, match="account") as refused:
        systems.open_system(system, config, lambda name: Secret("x"))
    assert refused.value.code == "no_account"  # type: ignore[attr-defined]


def test_a_report_that_may_have_been_cut_is_asked_for_in_halves(
    system: str,
    account: AdAccount,
    standin: Standin,
    secrets: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if system != "linkedinads":
        assert not hasattr(systems.import_module(f"leadlight.connect.{system}"), "MOST")
        return
    monkeypatch.setattr(linkedinads, "MOST", 20)
    found = connector(system, standin, secrets)
    assert {key: each for key, each in rows(found)[0].items() if each} == truth(account, found.title)
    found.close()
