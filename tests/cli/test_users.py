"""`leadlight users`: who logs in."""

from __future__ import annotations

from pathlib import Path

from tests.cli.calls import call


def test_people_come_change_and_go(tmp_path: Path) -> None:
    home = ("--home", tmp_path / "home")
    call("init", *home)
    word = b"a few words of mine\n"
    assert call("users", "add", "Ann", "--role", "admin", *home, stdin=word).code == 0
    assert call("users", "add", "Bob", *home, "--json", stdin=word).json == {"name": "Bob", "role": "viewer"}
    assert call("users", "role", "Bob", "analyst", *home).code == 0
    assert call("users", "passwd", "Bob", *home, stdin=b"other words of mine\n").code == 0
    listed = call("users", "list", *home, "--json").json["users"]
    assert listed == [{"name": "Ann", "role": "admin"}, {"name": "Bob", "role": "manager"}]
    assert call("users", "remove", "Bob", *home).code == 0
    assert "Bob" not in call("users", "list", *home).out
    assert call("users", "remove", "Ann", *home).error == "last_admin"
    assert call("users", "add", "Cid", *home, stdin=b"short\n").error == "password"
    assert call("users", "role", "Nobody", "admin", *home).error == "no_user"
