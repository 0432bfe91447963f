"""What the pages refuse: roles that may not, forms of strangers, sessions that are over, frames, scripts."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import update

from leadlight.store.tables import sessions
from tests.dashboard.desk import Desk

WRITES = (
    ("/leads/mark", {"lead": "L-000001", "as": "won"}, "write"),
    ("/leads/views", {"act": "save", "name": "Mine", "shared": "yes", "back": "grade=hot"}, "manage"),
    ("/lead/L-000001", {"act": "note", "why": "a word"}, "write"),
    ("/lead/L-000001", {"act": "override", "score": "5", "why": "a word"}, "manage"),
    ("/lead/L-000001", {"act": "export"}, "admin"),
    ("/lead/L-000001", {"act": "object"}, "admin"),
    ("/lead/L-000001", {"act": "erase"}, "admin"),
    ("/plan", {"kind": "precision", "precision": "60"}, "manage"),
    ("/model", {"act": "rollback"}, "admin"),
    ("/model", {"model": "0123456789ab"}, "admin"),
    ("/setup/home", {}, "admin"),
    ("/setup/upload?name=a.csv", {}, "admin"),
    (
        "/people",
        {"act": "user_add", "name": "Eve", "role": "admin", "password": "a few words of mine"},
        "admin",
    ),
    ("/people", {"act": "key_create", "name": "mine", "scope": "admin"}, "admin"),
    ("/people", {"act": "find", "kind": "id", "value": "L-000001"}, "admin"),
)
MAY = {"viewer": set(), "sales": {"write"}, "admin": {"write", "manage", "admin"}}


@pytest.fixture
def client(served: Desk) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address, timeout=60) as made:
        yield made


def signed(served: Desk, role: str) -> dict[str, str]:
    return {"cookie": f"ll_session={served.session(role)}; ll_form=known", "x-form": "known"}


@pytest.mark.parametrize("role", ["viewer", "sales"])
@pytest.mark.parametrize(("path", "fields", "needs"), WRITES)
def test_a_role_that_may_not_is_refused_when_it_asks_directly(
    served: Desk, client: httpx.Client, role: str, path: str, fields: dict[str, str], needs: str
) -> None:
    if needs in MAY[role]:
        return
    answer = client.post(path, data=fields, headers=signed(served, role))
    assert answer.status_code == 403
    assert "allow" in answer.text


@pytest.mark.parametrize("path", ["/setup", "/people"])
def test_pages_of_admins_are_shown_to_no_other(served: Desk, client: httpx.Client, path: str) -> None:
    assert client.get(path, headers=signed(served, "sales")).status_code == 403


@pytest.mark.parametrize(("path", "fields", "_"), WRITES)
def test_a_form_of_a_stranger_does_nothing(
    served: Desk, client: httpx.Client, path: str, fields: dict[str, str], _: str
) -> None:
    for given in ({}, {"x-form": "guessed"}):
        cookie = {"cookie": f"ll_session={served.session('admin')}; ll_form=known", **given}
        assert client.post(path, data=fields, headers=cookie).status_code == 403
    assert client.post(path, data=fields, headers={"x-form": "known"}).headers["location"] == "/login"


def test_whoever_is_not_logged_in_is_sent_to_the_login(served: Desk, client: httpx.Client) -> None:
    assert client.get("/").headers["location"] == "/today"
    for path in (
        "/today",
        "/leads",
        "/lead/L-000001",
        "/plan",
        "/channels",
        "/followup",
        "/today/advice",
        "/engagement",
        "/segments",
        "/model",
        "/score",
        "/setup",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login"), path
    part = client.get("/leads", headers={"hx-request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (204, "/login")


def test_a_session_ends(served: Desk, client: httpx.Client) -> None:
    token = signed(served, "viewer")
    assert client.get("/today", headers=token).status_code == 200
    with served.store.writing() as connection:
        before = connection.execute(sessions.select()).first()
        assert before is not None
        connection.execute(update(sessions).values(expires=time.time() - 1))
    assert client.get("/today", headers=token).status_code == 303
    with served.store.writing() as connection:
        connection.execute(update(sessions).values(expires=before.expires))


def test_nothing_inline_runs_and_nobody_frames_a_page(served: Desk, client: httpx.Client) -> None:
    for path in ("/login", "/today", "/people", "/no-such-page"):
        answer = client.get(path, headers=signed(served, "admin"))
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert not any(word in answer.text for word in ("<style", " style=", "onclick", "javascript:"))


def test_assets_are_kept_by_the_browser_and_pages_are_not(served: Desk, client: httpx.Client) -> None:
    page = client.get("/login").text
    sheet = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in client.get(sheet).headers["cache-control"]
    assert client.get("/login").headers["cache-control"] == "no-store"
    assert client.get("/assets/nothing.css").status_code == 404


def test_a_card_is_shown_by_its_link_alone_and_only_as_long_as_it_lasts(
    served: Desk, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadlight.dashboard import share

    address = share.address(served.store, "L-000002", time.time())
    assert client.get(address).status_code == 200
    assert "frame-ancestors 'none'" in client.get(address).headers["content-security-policy"]
    monkeypatch.setenv("LEADLIGHT_FRAME_ANCESTORS", "https://crm.example.com")
    framed = client.get(address).headers
    assert "frame-ancestors https://crm.example.com" in framed["content-security-policy"]
    over = share.address(served.store, "L-000002", time.time() - share.LASTS - 1)
    for broken in (over, address[:-2] + "AA", "/card/nothing"):
        assert client.get(broken).status_code == 404
