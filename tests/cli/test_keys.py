"""`leadlight keys` and `leadlight serve`: what they say and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadlight.store import secret
from tests.cli.calls import call


@pytest.fixture
def place(tmp_path: Path) -> Path:
    assert call("init", "--home", tmp_path / "home").code == 0
    return tmp_path / "home"


def test_a_key_is_shown_once(place: Path) -> None:
    made = call("keys", "create", "--home", place, "--scope", "score", "--name", "web", "--json")
    assert (made.code, secret.is_whole(made.json["key"])) == (0, True)
    listed = call("keys", "list", "--home", place)
    assert "web" in listed.out
    assert made.json["key"] not in listed.out
    assert made.json["key"] not in call("keys", "list", "--home", place, "--json").out


def test_a_key_is_rotated_and_revoked(place: Path) -> None:
    words = ("--home", place, "--scope", "read", "--scope", "write", "--days", "3", "--per-minute", "60")
    first = call("keys", "create", *words, "--json").json
    second = call("keys", "rotate", first["prefix"], "--home", place, "--json").json
    assert (second["scopes"], second["expires"]) == (first["scopes"], first["expires"])
    assert call("keys", "revoke", second["prefix"], "--home", place).code == 0
    states = [
        key["revoked"] is not None for key in call("keys", "list", "--home", place, "--json").json["keys"]
    ]
    assert states == [True, True]
    assert call("keys", "revoke", "nobody", "--home", place).error == "no_key"
    assert call("keys", "create", "--home", place, "--scope", "root").error == "scope"


def test_a_name_that_a_key_has_is_refused(place: Path) -> None:
    words = ("keys", "create", "--home", place, "--scope", "score", "--name", "web")
    assert call(*words).code == 0
    refused = call(*words)
    assert (refused.code, refused.error) == (2, "key_name")
    assert f"leadlight keys rotate KEY --home {place}" in refused.err
    assert call("keys", "revoke", "web", "--home", place).code == 0
    assert call(*words).code == 0


def test_nobody_outside_is_served_by_accident(place: Path) -> None:
    refused = call("serve", "--home", place, "--host", "0.0.0.0")
    assert (refused.code, refused.error) == (2, "host_name")


def test_a_home_has_to_be_there(tmp_path: Path) -> None:
    assert call("serve", "--home", tmp_path / "nowhere").error == "no_home"


def test_a_name_is_rotated_again_and_revoked_whole(place: Path) -> None:
    assert call("keys", "create", "--home", place, "--scope", "score", "--name", "web").code == 0
    for _ in range(2):
        assert call("keys", "rotate", "web", "--grace-hours", "24", "--home", place).code == 0
    ended = call("keys", "revoke", "web", "--home", place, "--json").json
    assert len({ended["revoked"], *ended["replaced"]}) == 3
    assert call("keys", "revoke", "web", "--home", place).error == "no_key"
    assert call("keys", "create", "--home", place, "--scope", "score", "--name", "web").code == 0
