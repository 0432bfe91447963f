"""The report of the week by mail, against a server on loopback: sent, refused, hung up on, never lost."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leadlight.flows import mail
from leadlight.flows.mail import MailBox, keep_report, send_reports, waiting_reports
from leadlight.flows.watch import watch_home
from leadlight.store import Home, Store, create_store, watching
from tests.cli.calls import call
from tests.cli.postbox import Postbox, certificate, listening

PEOPLE = ("sales@example.com", "data@example.com")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    yield store
    store.close()


def box_of(server: Postbox, **changed: Any) -> MailBox:
    plain = MailBox("127.0.0.1", server.port, "leadlight@example.com", PEOPLE, way="smtp+plain", seconds=5.0)
    return replace(plain, **changed)


def alarms(store: Store) -> list[str]:
    with store.reading() as connection:
        return [each["code"] for each in watching.open_alarms(connection)]


def test_a_report_goes_out_whole(store: Store) -> None:
    keep_report(store, ("No alarm.", "All well."), "<p>ünder</p>", "leadlight@example.com", 7.0)
    with listening() as server:
        run = send_reports(store, box_of(server), 8.0)
    assert (run.sent, run.waiting, run.problem) == (1, 0, "")
    (receivers, said), *rest = server.mails
    assert not rest
    assert receivers == list(PEOPLE)
    assert said["Subject"] == "Leadlight: No alarm."
    assert said["Message-ID"]
    text, page = said.iter_parts()
    assert "All well." in text.get_content()
    assert page.get_content().strip() == "<p>ünder</p>"
    assert alarms(store) == []


def test_a_refused_receiver_is_told_and_tried_again(store: Store) -> None:
    """The other one gets it once; an address that was put right gets it with the next run."""
    keep_report(store, ("One alarm.",), "<p>page</p>", "leadlight@example.com", 7.0)
    with listening(refuses=frozenset({PEOPLE[1]})) as server:
        run = send_reports(store, box_of(server), 8.0)
        assert (run.sent, run.waiting) == (0, 1)
        assert "refused 1 of 2 receivers" in run.problem
        assert not any(address in run.problem for address in PEOPLE)
        assert alarms(store) == ["report_unsent"]
        right = box_of(server, receivers=(PEOPLE[0], "analysts@example.com"))
        assert send_reports(store, right, 9.0).sent == 1
    assert [receivers for receivers, _ in server.mails] == [[PEOPLE[0]], ["analysts@example.com"]]
    assert alarms(store) == []


@pytest.mark.parametrize(
    ("server_is", "ours", "said"),
    [
        ({"password": "right"}, {"user": "me", "password": "wrong"}, "refused the login (535)"),
        ({"hangs": True}, {"seconds": 0.3}, "did not answer within 0.3 seconds"),
        ({}, {"way": "smtp"}, "no TLS"),
        ({}, {"user": "me", "password": "right"}, "no login"),
        ({"refuses": frozenset(PEOPLE)}, {}, "refused 2 of 2 receivers"),
    ],
)
def test_what_fails_waits_for_the_next_run(
    store: Store, server_is: dict[str, Any], ours: dict[str, Any], said: str
) -> None:
    for at in (1.0, 2.0):
        keep_report(store, (f"Week {at:.0f}.",), "<p>page</p>", "leadlight@example.com", at)
    with listening(**server_is) as server:
        run = send_reports(store, box_of(server, **ours), 3.0)
    assert said in run.problem
    assert (run.sent, run.waiting) == (0, 2)
    assert alarms(store) == ["report_unsent"]
    with listening() as server:
        assert send_reports(store, box_of(server), 4.0).sent == 2
    assert [mail["Subject"] for _, mail in server.mails] == ["Leadlight: Week 1.", "Leadlight: Week 2."]
    assert waiting_reports(store) == []
    assert alarms(store) == []


def test_what_never_goes_out_is_given_up_in_the_trail(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "MOST_TRIES", 2)
    keep_report(store, ("A week.",), "<p>page</p>", "leadlight@example.com", 1.0)
    nobody = MailBox("127.0.0.1", 1, "a@example.com", PEOPLE, way="smtp+plain", seconds=1.0)
    for at in (2.0, 3.0):
        run = send_reports(store, nobody, at)
        assert "could not be reached" in run.problem
    assert waiting_reports(store) == []
    with store.reading() as connection:
        acts = connection.exec_driver_sql("SELECT act FROM audit").scalars().all()
    assert list(acts).count("report_given_up") == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
def test_a_server_has_to_be_who_it_says(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STARTTLS with a certificate that nobody vouches for is refused before the password is said."""
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate(tmp_path))
    keep_report(store, ("A week.",), "<p>page</p>", "leadlight@example.com", 1.0)
    with listening(tls=own, password="right") as server:
        ours = box_of(server, way="smtp", user="me", password="right")
        run = send_reports(store, ours, 2.0)
        assert "not to be trusted" in run.problem
        assert server.logins == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
        assert send_reports(store, ours, 3.0).sent == 1
        assert (server.logins, server.is_secret) == (["me"], [True])


def test_the_command_mails_and_tells_what_failed(
    here: Path, model: Path, leads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends as the alarms say, not with an error; the next run sends both reports."""
    home = here / "home"
    for words in (("init",), ("promote", model), ("sync", leads)):
        assert call(*words, "--home", home).code == 0
    ends = "from=leadlight@example.com&to=sales@example.com,data@example.com"
    monkeypatch.setenv("LEADLIGHT_MAIL_PASSWORD", "right")
    with listening(password="wrong") as server:
        monkeypatch.setenv("LEADLIGHT_MAIL", f"smtp+plain://me%40example.com@127.0.0.1:{server.port}?{ends}")
        found = call("watch", "--home", home, "--mail", "--json")
        assert found.code in (0, 1)
        assert (found.json["mail"]["sent"], found.json["mail"]["waiting"]) == (0, 1)
        assert "refused the login" in found.err
        assert "right" not in found.err
    with listening(password="right") as server:
        monkeypatch.setenv("LEADLIGHT_MAIL", f"smtp+plain://me%40example.com@127.0.0.1:{server.port}?{ends}")
        found = call("watch", "--home", home, "--mail", "--json")
        assert found.json["mail"] == {"sent": 2, "waiting": 0, "problem": ""}
        assert "report_unsent" in {each["code"] for each in found.json["findings"]}
    assert server.logins == ["me@example.com"]
    opened = create_store(Home.of(home, home))
    assert "report_unsent" not in {each.code for each in watch_home(opened, 1e10).found.alarms}
    opened.close()
