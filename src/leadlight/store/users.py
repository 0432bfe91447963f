"""People who log in: their role, their password as argon2id, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, delete, func, insert, select, update

from leadlight.errors import StoreError
from leadlight.store.tables import sessions, users

ROLES: Final = {
    "viewer": frozenset({"read"}),
    "sales": frozenset({"read", "write"}),
    "manager": frozenset({"read", "write", "score"}),
    "admin": frozenset({"admin"}),
}
"""Viewers look, sales write down what happened, managers score as well, admins do all."""
FORMER_ROLES: Final = {"caller": "sales", "analyst": "manager"}
"""What roles were called when a home was made before 0.2."""
SHORTEST: Final = 10
LONGEST: Final = 1_000
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True)
class User:
    """A person without their password."""

    number: int
    name: str
    role: str
    created: float

    @property
    def scopes(self) -> frozenset[str]:
        return ROLES[self.role]


def add(connection: Connection, name: str, role: str, password: str, at: float) -> User:
    """Somebody new."""
    role = role_now(role)
    _check_role(role)
    plain = name.strip()
    if not plain or len(plain) > 100 or not plain.isprintable():
        raise StoreError("A name has 1 to 100 characters that can be seen.", code="user_name")
    if connection.execute(select(users.c.number).where(users.c.name == plain)).first() is not None:
        raise StoreError("Somebody has, or had, this name.", code="user_exists", hint="Choose another name.")
    row = {"name": plain, "role": role, "password": hashed(password), "created": at}
    number = connection.execute(insert(users).returning(users.c.number), row).scalar_one()
    return User(number, plain, role, at)


def hashed(password: str) -> str:
    """What is kept of a password."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise StoreError(
            f"A password has {SHORTEST} to {LONGEST} characters.",
            code="password",
            hint="Take a few words that are not a saying.",
        )
    return _hasher.hash(password)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise StoreError(
            f"There is no role {role!r}.", code="role", hint=f"The roles are {', '.join(ROLES)}."
        )


def any_there(connection: Connection) -> bool:
    """Whether there is anybody."""
    count = select(func.count()).select_from(users).where(users.c.removed.is_(None))
    return bool(connection.execute(count).scalar_one())


def all_users(connection: Connection) -> list[User]:
    rows = connection.execute(select(users).where(users.c.removed.is_(None)).order_by(users.c.name))
    return [_user(row) for row in rows]


def find_by_name(connection: Connection, name: str) -> User:
    row = _there(connection, name)
    if row is None:
        raise StoreError("Nobody has this name.", code="no_user", hint="leadlight users list --home HOME")
    return _user(row)


def first_admin(connection: Connection, name: str, at: float) -> User:
    """The admin of this name, made where there is none, with a password that nobody knows."""
    row = _there(connection, name)
    return add(connection, name, "admin", token_urlsafe(32), at) if row is None else _user(row)


def give_role(connection: Connection, user: User, role: str) -> None:
    """Another role; an admin is left."""
    role = role_now(role)
    _check_role(role)
    _keep_an_admin(connection, user, role)
    connection.execute(update(users).where(users.c.number == user.number).values(role=role))


def give_password(connection: Connection, user: User, password: str) -> None:
    """Another password; who is logged in has to log in again."""
    connection.execute(update(users).where(users.c.number == user.number).values(password=hashed(password)))
    log_out(connection, user)


def remove(connection: Connection, user: User, at: float) -> None:
    """Nobody logs in as this one any more; the name stays taken, for the trail."""
    _keep_an_admin(connection, user, "")
    connection.execute(update(users).where(users.c.number == user.number).values(removed=at, password=""))
    log_out(connection, user)


def log_out(connection: Connection, user: User) -> None:
    connection.execute(delete(sessions).where(sessions.c.user == user.number))


def _keep_an_admin(connection: Connection, user: User, role: str) -> None:
    others = [each for each in all_users(connection) if each.role == "admin" and each.number != user.number]
    if user.role == "admin" and role != "admin" and not others:
        raise StoreError("This is the last admin.", code="last_admin", hint="Make another one first.")


def check(connection: Connection, name: str, password: str) -> User | None:
    """The person whose name and password these are; somebody unknown takes as long as somebody known."""
    row = _there(connection, name)
    try:
        _hasher.verify(_NOBODY if row is None else row.password, password[:LONGEST])
    except (Argon2Error, InvalidHashError):
        return None
    return None if row is None else _user(row)


_NOBODY: Final = _hasher.hash("nobody has this password")


def _there(connection: Connection, name: str) -> Any:
    if "\0" in name:
        return None
    return connection.execute(select(users).where(users.c.name == name, users.c.removed.is_(None))).first()


def _user(row: Any) -> User:
    return User(row.number, row.name, role_now(row.role), row.created)


def role_now(role: str) -> str:
    """What a kept role is called today."""
    return FORMER_ROLES.get(role, role)
