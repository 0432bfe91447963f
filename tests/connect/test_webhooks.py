"""HubSpot tells of a change: believed where it is signed, taken in, mapped and scored within two seconds."""

from __future__ import annotations

import base64
import hmac
import io
import json
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from leadlight.serve import rescoring
from leadlight.serve.application import build
from leadlight.serve.journal import Journal
from leadlight.serve.state import State
from leadlight.serve.store_poll import StorePoll
from leadlight.store.writer import GroupWriter
from tests.connect.hubspot_standin import Account
from tests.connect.test_hubspot import account, everything, home, opened, served, standin
from tests.serve.running import PATIENT, listening

__all__ = ["account", "home", "served", "standin"]
SECRET = "app-secret-9d"
PATH = "/v1/webhooks/hubspot"


@pytest.fixture
def address(served: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("LEADLIGHT_HUBSPOT_SECRET", SECRET)
    store = opened(served)
    state = State(Journal(io.StringIO()), limits=PATIENT, store=store, writer=GroupWriter(store))
    watch = StorePoll(state, store)
    watch.look()
    with listening(build(state, watch.run, lambda: rescoring.run(state))) as port:
        yield f"http://127.0.0.1:{port}"
    store.close()


def tell(address: str, changes: Any, *, secret: str = SECRET, age: float = 0.0, more: bytes = b"") -> int:
    body = json.dumps(changes).encode()
    moment = str(int((time.time() - age) * 1000))
    signed = f"POST{address}{PATH}".encode() + body + moment.encode()
    signature = base64.b64encode(hmac.new(secret.encode(), signed, sha256).digest()).decode()
    headers = {
        "X-HubSpot-Signature-v3": signature,
        "X-HubSpot-Request-Timestamp": moment,
        "Content-Type": "application/json",
    }
    return httpx.post(address + PATH, content=body + more, headers=headers).status_code


def change(identity: int) -> dict[str, Any]:
    return {"subscriptionType": "contact.propertyChange", "objectId": identity, "propertyName": "own_field"}


def score_of(home: Path, identity: str) -> Any:
    store = opened(home)
    with store.reading() as connection:
        joined = "current JOIN leads ON leads.number = current.lead"
        query = f"SELECT probability FROM {joined} WHERE leads.id = '{identity}'"
        found = connection.exec_driver_sql(query).scalar()
    store.close()
    return found


def eventually(said: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not said() and time.monotonic() < until:
        time.sleep(0.02)
    assert said()


def test_a_new_contact_is_scored_in_a_moment(address: str, served: Path, account: Account) -> None:
    account.put("contacts", "7001", email="new@example.org", hs_analytics_source="WEBINAR")
    assert (
        tell(address, [change(7001), change(7001), {"subscriptionType": "deal.creation", "objectId": 1}])
        == 202
    )
    eventually(lambda: score_of(served, "7001") is not None)


def test_how_long_a_lead_may_take_is_as_the_home_says(address: str, served: Path, account: Account) -> None:
    config = served / "leadlight.toml"
    config.write_text(
        config.read_text().replace("[connect.hubspot]", "[connect.hubspot]\nhorizon_days = 3000")
    )
    arrived = time.time() - 400 * 86_400
    account.put("contacts", "7003", email="slow@example.org", createdate=str(int(arrived * 1000)))
    assert tell(address, [change(7003)]) == 202
    eventually(lambda: score_of(served, "7003") is not None)
    assert everything(served)["7003"]["outcome"] == "open"


def test_a_deleted_contact_is_scored_no_more(address: str, served: Path, account: Account) -> None:
    eventually(lambda: score_of(served, "1004") is not None)
    account.archive("1004")
    assert tell(address, [{"subscriptionType": "contact.deletion", "objectId": 1004}]) == 202
    eventually(lambda: score_of(served, "1004") is None)
    assert "1004" in everything(served)


def test_what_is_not_signed_well_is_refused(address: str, served: Path, account: Account) -> None:
    account.put("contacts", "7002", email="new@example.org")
    assert tell(address, [change(7002)], secret="another") == 401
    assert tell(address, [change(7002)], age=400) == 401
    assert tell(address, [change(7002)], age=-400) == 401
    assert tell(address, [change(7002)], more=b" ") == 401
    assert httpx.post(address + PATH, json=[change(7002)]).status_code == 401
    assert tell(address, {"not": "a list"}) == 422
    assert score_of(served, "7002") is None


def test_without_a_secret_nothing_is_taken(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADLIGHT_HUBSPOT_SECRET")
    assert tell(address, [change(1001)]) == 404
