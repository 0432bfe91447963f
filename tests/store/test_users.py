"""People who log in: passwords as argon2id, roles, sessions and links that end."""

from __future__ import annotations

import pytest

from leadlight.errors import StoreError
from leadlight.store import Store, sessions, users

PASSWORD = "a few words of mine"


def test_a_person_is_known_by_name_and_password(store: Store) -> None:
    with store.writing() as connection:
        made = users.add(connection, " Ann ", "caller", PASSWORD, 1.0)
        kept = connection.exec_driver_sql("SELECT password FROM users").scalar_one()
        assert kept.startswith("$argon2id$")
        assert PASSWORD not in kept
        assert users.check(connection, "Ann", PASSWORD) == made
        assert users.check(connection, "Ann", PASSWORD + "!") is None
        assert users.check(connection, "Bob", PASSWORD) is None
        users.give_password(connection, made, "other words of mine")
        assert users.check(connection, "Ann", PASSWORD) is None


@pytest.mark.parametrize(
    ("name", "role", "password", "code"),
    [
        ("", "admin", PASSWORD, "user_name"),
        ("a\nb", "admin", PASSWORD, "user_name"),
        ("Ann", "owner", PASSWORD, "role"),
        ("Ann", "admin", "short", "password"),
        ("Bob", "viewer", PASSWORD, "user_exists"),
    ],
)
def test_who_cannot_be_added(store: Store, name: str, role: str, password: str, code: str) -> None:
    with store.writing() as connection:
        users.add(connection, "Bob", "viewer", PASSWORD, 1.0)
    with pytest.raises(StoreError) as refused, store.writing() as connection:
        users.add(connection, name, role, password, 2.0)
    assert refused.value.code == code


def test_the_last_admin_stays(store: Store) -> None:
    with store.writing() as connection:
        ann = users.add(connection, "Ann", "admin", PASSWORD, 1.0)
        with pytest.raises(StoreError, match="last admin"):
            users.remove(connection, ann, 2.0)
        with pytest.raises(StoreError, match="last admin"):
            users.give_role(connection, ann, "viewer")
        users.add(connection, "Bob", "admin", PASSWORD, 2.0)
        users.remove(connection, ann, 3.0)
        assert [user.name for user in users.all_users(connection)] == ["Bob"]
        assert users.check(connection, "Ann", PASSWORD) is None


def test_a_session_ends_by_time_by_hand_and_with_the_person(store: Store) -> None:
    with store.writing() as connection:
        ann = users.add(connection, "Ann", "viewer", PASSWORD, 1.0)
        token = sessions.begin(connection, sessions.SESSION, ann, 100.0)
        found = sessions.find(connection, sessions.SESSION, token, 101.0)
        assert found is not None
        assert found.user == ann
        assert sessions.find(connection, sessions.LINK, token, 101.0) is None
        late = 100.0 + sessions.SESSION_SECONDS
        assert sessions.find(connection, sessions.SESSION, token, late) is None
        sessions.end(connection, token)
        assert sessions.find(connection, sessions.SESSION, token, 101.0) is None
        other = sessions.begin(connection, sessions.SESSION, ann, 100.0)
        users.remove(connection, ann, 102.0)
        assert sessions.find(connection, sessions.SESSION, other, 103.0) is None


def test_every_role_may_something_and_only_admins_all() -> None:
    assert [role for role, scopes in users.ROLES.items() if "admin" in scopes] == ["admin"]
    assert all(users.ROLES.values())


def test_a_name_with_a_null_byte_is_nobody(store: Store) -> None:
    """PostgreSQL cannot even ask for it."""
    with store.reading() as connection:
        assert users.check(connection, "ann\0", "a password of some words") is None
