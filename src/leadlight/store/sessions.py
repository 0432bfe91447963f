"""Who is logged in, and links that work once; only the hash of what they hold is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from leadlight.store import secret
from leadlight.store.tables import sessions, users
from leadlight.store.users import User, role_now

SESSION: Final = "session"
LINK: Final = "link"
LETTERS: Final = {SESSION: "p", LINK: "l"}
SESSION_SECONDS: Final = 12 * 3600.0
LINK_SECONDS: Final = 3600.0
LASTING: Final = {SESSION: SESSION_SECONDS, LINK: LINK_SECONDS}


@dataclass(frozen=True)
class Token:
    """What a token stands for; a link to the first admin has no person yet."""

    user: User | None


def begin(connection: Connection, kind: str, user: User | None, at: float) -> str:
    """A new token, told once."""
    connection.execute(delete(sessions).where(sessions.c.expires <= at))
    token = secret.make(LETTERS[kind])
    row = {
        "hash": secret.digest(token),
        "user": None if user is None else user.number,
        "kind": kind,
        "created": at,
        "expires": at + LASTING[kind],
    }
    connection.execute(insert(sessions), row)
    return token


def find(connection: Connection, kind: str, token: str, at: float) -> Token | None:
    """What a token stands for now."""
    row = connection.execute(
        select(sessions.c.user, users.c.number, users.c.name, users.c.role, users.c.created)
        .join(users, users.c.number == sessions.c.user, isouter=True)
        .where(
            sessions.c.hash == secret.digest(token),
            sessions.c.kind == kind,
            sessions.c.expires > at,
            users.c.removed.is_(None),
        )
    ).first()
    if row is None:
        return None
    return Token(None if row.user is None else User(row.number, row.name, role_now(row.role), row.created))


def end(connection: Connection, token: str) -> None:
    """The token stands for nothing any more."""
    connection.execute(delete(sessions).where(sessions.c.hash == secret.digest(token)))


def end_links(connection: Connection) -> None:
    """No link that was handed out before works any more."""
    connection.execute(delete(sessions).where(sessions.c.kind == LINK))
