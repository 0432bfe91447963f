"""Logging in with a form or a link that works once; cookies that scripts and other sites cannot use."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from leadlight.cli import homes
from leadlight.cli.serve import first_link, way_in
from leadlight.errors import RequestError
from leadlight.serve.tries import Tries, address_of
from leadlight.store import audit, sessions, users
from tests.serve.homes import Called, calling, home

PASSWORD = "a few words of mine"


@pytest.fixture
def called(tmp_path: Path) -> Iterator[Called]:
    with calling(tmp_path / "home", None) as made:
        yield made


def submitted(called: Called, path: str, action: str = "", **fields: str) -> Any:
    """Load a page and send its form."""
    page = called.client.get(path)
    form = re.search(r'name="form" value="([^"]+)"', page.text)
    assert form, page.text
    return called.client.post(action or path, data={"form": form[1], **fields}, follow_redirects=False)


def added(called: Called, role: str = "sales") -> None:
    with called.made.store.writing() as connection:
        users.add(connection, "Ann", role, PASSWORD, 1.0)


def test_in_and_out_again(called: Called) -> None:
    added(called)
    answer = submitted(called, "/login", name="Ann", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if "ll_session" in value)
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert "Ann (sales)" in called.client.get("/account").text
    token = called.client.cookies["ll_session"]
    assert submitted(called, "/account", "/logout").status_code == 303
    called.client.cookies.set("ll_session", token)
    assert called.client.get("/account", follow_redirects=False).headers["location"] == "/login"


@pytest.mark.parametrize(
    "given", [{"name": "Ann", "password": "wrong"}, {"name": "Bob", "password": PASSWORD}, {}]
)
def test_what_is_wrong_is_not_told_apart(called: Called, given: dict[str, str]) -> None:
    added(called)
    answer = submitted(called, "/login", **given)
    assert answer.status_code == 401
    assert "Name or password are not right." in answer.text
    assert "ll_session" not in called.client.cookies


def test_too_many_wrong_passwords_have_to_wait(called: Called) -> None:
    """At once or one by one: a try counts before it is checked. Others get in as ever."""
    added(called)
    with called.made.store.writing() as connection:
        users.add(connection, "Bob", "viewer", PASSWORD, 1.0)
    form = re.search(r'name="form" value="([^"]+)"', called.client.get("/login").text)[1]  # type: ignore[index]

    def attempt(k: int) -> int:
        data = {"form": form, "name": "Ann", "password": f"wrong {k}"}
        return int(called.client.post("/login", data=data, cookies={"ll_form": form}).status_code)

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(attempt, range(40))) == [401] * 10 + [429] * 30
    answer = submitted(called, "/login", name="Ann", password=PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (429, "tries")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert submitted(called, "/login", name="Bob", password=PASSWORD).status_code == 303


def test_passwords_that_are_right_are_not_counted(called: Called) -> None:
    added(called)
    statuses = {submitted(called, "/login", name="Ann", password=PASSWORD).status_code for _ in range(15)}
    assert statuses == {303}


def test_who_tries_a_name_locks_nobody_out_elsewhere() -> None:
    now = [0.0]
    tries = Tries(clock=lambda: now[0])
    for _ in range(10):
        tries.begin("192.0.2.1", "Ann")
    for address, name in (("192.0.2.1", "Ann"), ("192.0.2.1", "Ann")):
        with pytest.raises(RequestError):
            tries.begin(address, name)
    tries.begin("192.0.2.2", "Ann")
    tries.begin("192.0.2.1", "Bob")
    for k in range(60 - 11):
        tries.begin("192.0.2.1", f"name {k}")
    with pytest.raises(RequestError):
        tries.begin("192.0.2.1", "one more")
    now[0] = 60.5
    assert tries.begin("192.0.2.1", "Ann")


def test_a_proxy_on_this_machine_says_for_whom_it_asks() -> None:
    told = {"x-forwarded-for": "spoofed, 192.0.2.7"}
    assert address_of("127.0.0.1", told) == "192.0.2.7"
    assert address_of("127.0.0.1", {}) == "127.0.0.1"
    assert address_of("192.0.2.1", told) == "192.0.2.1"


def test_a_form_of_a_stranger_is_refused(called: Called) -> None:
    added(called)
    data = {"name": "Ann", "password": PASSWORD}
    assert called.client.post("/login", data=data).status_code == 403
    called.client.get("/login")
    assert called.client.post("/login", data={**data, "form": "guessed"}).status_code == 403
    assert called.client.post("/login", json=data).status_code == 415


def test_the_first_admin_is_made_by_a_link_that_works_once(called: Called) -> None:
    with called.made.store.writing() as connection:
        token = sessions.begin(connection, sessions.LINK, None, time.time())
    path = f"/link/{token}"
    assert submitted(called, path, name="Ann", password="short").status_code == 422
    assert submitted(called, path, name="Ann", password=PASSWORD).headers["location"] == "/account"
    assert "Ann (admin)" in called.client.get("/account").text
    assert called.client.get(path).status_code == 404
    with called.made.store.reading() as connection:
        assert [user.role for user in users.all_users(connection)] == ["admin"]
        assert audit.verify(called.made.store, connection).sound
    called.state.journal.flush()
    assert token not in called.log.getvalue()


def test_a_link_for_somebody_logs_them_in(called: Called) -> None:
    added(called, "viewer")
    with called.made.store.writing() as connection:
        token = sessions.begin(connection, sessions.LINK, users.find_by_name(connection, "Ann"), time.time())
    assert submitted(called, f"/link/{token}").status_code == 303
    assert "Ann (viewer)" in called.client.get("/account").text


@pytest.mark.parametrize("token", ["nothing", "ll_l_" + "0" * 49])
def test_a_link_that_is_none(called: Called, token: str) -> None:
    answer = called.client.get(f"/link/{token}")
    assert answer.status_code == 404
    assert token not in answer.text


def test_pages_run_no_scripts_and_stand_in_no_frame(called: Called) -> None:
    policy = called.client.get("/login").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_roles_of_a_home_that_was_made_before_are_read_by_their_names_of_today(called: Called) -> None:
    added(called)
    with called.made.store.writing() as connection:
        connection.exec_driver_sql("UPDATE users SET role = 'analyst'")
    assert submitted(called, "/login", name="Ann", password=PASSWORD).status_code == 303
    assert "Ann (manager)" in called.client.get("/account").text


def test_a_link_is_shown_to_who_sees_it_and_to_no_log(tmp_path: Path) -> None:
    made = home(tmp_path / "home", None)
    address = "http://127.0.0.1:8000"
    assert f"{address}/link/ll_l_" in way_in(made.store, address, True)[0]
    unseen = way_in(made.store, address, False)
    assert unseen[-1] == "leadlight users add NAME --role admin"
    assert not [sentence for sentence in unseen if "link" in sentence]
    made.store.close()


def test_a_name_is_shown_as_text(called: Called) -> None:
    with called.made.store.writing() as connection:
        user = users.add(connection, "<script>alert(1)</script>", "viewer", PASSWORD, 1.0)
        token = sessions.begin(connection, sessions.LINK, user, time.time())
    text = called.client.get(f"/link/{token}").text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_the_demos_home_can_be_looked_around_in(tmp_path: Path) -> None:
    """Its link logs in at once; a home of one's own has one that makes the first admin."""
    made = home(tmp_path / "home", None)
    own = first_link(made.store)
    assert own is not None
    assert own.purpose == "to make the first admin"
    (made.folder / homes.DEMO).touch()
    for _ in range(2):
        link = first_link(made.store)
        assert link is not None
        with made.store.reading() as connection:
            found = sessions.find(connection, sessions.LINK, link.token, time.time())
        assert found is not None
        assert found.user is not None
        assert (found.user.name, found.user.role) == ("demo", "admin")
    made.store.close()
