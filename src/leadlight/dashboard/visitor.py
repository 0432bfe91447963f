"""Who looks at a page: a person who is logged in, what they may do, and the form that they sent."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import Request

from leadlight.errors import RequestError
from leadlight.serve import login
from leadlight.store import Store
from leadlight.store.users import User

LOOK: Final = "read"
NOTE: Final = "write"
MANAGE: Final = "manage"
ADMIN: Final = "admin"
MANAGERS: Final = frozenset({"manager", "admin"})
FORM_HEADER: Final = "x-form"
LARGEST_FORM: Final = 256 * 1024
MOST_FIELDS: Final = 2_000
KIND: Final = "application/x-www-form-urlencoded"


class NotSignedInError(Exception):
    """Nobody is logged in: the way leads to the login."""


@dataclass(frozen=True)
class PageVisit:
    """One request of a person for a page."""

    request: Request
    user: User
    token: str
    """What a form of ours carries, so that no other site can send it."""
    sent: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def state(self) -> Any:
        return self.request.app.state.leadlight

    @property
    def store(self) -> Store:
        store: Store = self.state.store
        return store

    @property
    def who(self) -> str:
        """As the trail names them."""
        return f"user:{self.user.number}"

    @property
    def is_part(self) -> bool:
        """Whether only a part of the page is asked for."""
        headers = self.request.headers
        return headers.get("hx-request") == "true" and "hx-history-restore-request" not in headers

    @cached_property
    def asked(self) -> Mapping[str, list[str]]:
        return parse_qs(self.request.url.query, keep_blank_values=True, max_num_fields=MOST_FIELDS)

    def given(self, name: str, default: str = "") -> str:
        """A field of the form that was sent, else of the address."""
        values = self.sent.get(name) or self.asked.get(name) or [default]
        return values[0].replace("\0", "\N{REPLACEMENT CHARACTER}").strip()

    def several(self, name: str) -> list[str]:
        return [each.replace("\0", "\N{REPLACEMENT CHARACTER}") for each in self.sent.get(name, ())]

    def number(self, name: str, least: float, most: float) -> float | None:
        """A number within its bounds; nothing where it was left blank."""
        text = self.given(name).replace(",", "").replace(" ", "")
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            label = name.replace("_", " ")
            raise RequestError(
                422, f"{label.capitalize()} is a number from {least:g} to {most:g}.", code="form_number"
            )
        return value

    def may(self, act: str) -> bool:
        return may(self.user, act)


def may(user: User, act: str) -> bool:
    """Whether a person's role lets them do this."""
    if act == MANAGE:
        return user.role in MANAGERS
    return act in user.scopes or ADMIN in user.scopes


class Needs:
    """A page for people who may do this; everybody else is sent to the login, or refused."""

    def __init__(self, act: str) -> None:
        self.act = act

    async def __call__(self, request: Request) -> PageVisit:
        user = await login.person(request)
        if user is None:
            raise NotSignedInError
        if answer := request.scope.get("answer"):
            answer.noted["caller"] = f"user:{user.number}"
        if not may(user, self.act):
            raise RequestError(
                403,
                f"Your role, {user.role}, does not allow this.",
                code="role",
                hint="Ask an admin: People and keys, or leadlight users role NAME ROLE --home HOME.",
            )
        token = request.cookies.get(login.FORM_COOKIE, "")
        if request.method in ("GET", "HEAD"):
            return PageVisit(request, user, token or secrets.token_urlsafe(32))
        return PageVisit(request, user, token, await _form(request, token))


async def _form(request: Request, token: str) -> dict[str, list[str]]:
    """The fields of a form that came from a page of ours."""
    given = request.headers.get(FORM_HEADER, "")
    sent: dict[str, list[str]] = {}
    if request.headers.get("content-type", "").lower().startswith(KIND):
        raw = b""
        async for part in request.stream():
            raw += part
            if len(raw) > LARGEST_FORM:
                raise RequestError(413, "The form is too large.", code="form_size")
        sent = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        given = given or (sent.get("form") or [""])[0]
    if not token or not hmac.compare_digest(token.encode(), given.encode()):
        raise RequestError(403, "The form is not one of ours.", code="form", hint="Load the page again.")
    return sent


viewer: Final = Needs(LOOK)
caller: Final = Needs(NOTE)
manager: Final = Needs(MANAGE)
admin: Final = Needs(ADMIN)
