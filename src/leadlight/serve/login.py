"""People log in with a form, or by a link that works once; a cookie then says who they are."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response

from leadlight.errors import LeadlightError, RequestError
from leadlight.serve import problem as problems
from leadlight.serve.limits import KILOBYTE, read_body
from leadlight.serve.policy import PolicyRequest
from leadlight.serve.tries import Tries, address_of
from leadlight.serve.writing import state_of
from leadlight.store import Store, audit, sessions, users
from leadlight.store.users import User

COOKIE: Final = "ll_session"
FORM_COOKIE: Final = "ll_form"
PAGE_POLICY: Final = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
FORM_BYTES: Final = 16 * KILOBYTE
MOST_FIELDS: Final = 50
USE_OURS: Final = "Use the form of the page."
KIND: Final = b"application/x-www-form-urlencoded"
HOME: Final = "/account"
NAME_AND_PASSWORD: Final = (("name", "text"), ("password", "password"))
T = TypeVar("T")

router = APIRouter(include_in_schema=False)


async def person(request: Request) -> User | None:
    """Who is logged in."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None

    def ask(store: Store) -> User | None:
        with store.reading() as connection:
            found = sessions.find(connection, sessions.SESSION, token, time.time())
        return None if found is None else found.user

    return await _in_store(request, ask)


@router.get("/login", dependencies=[PolicyRequest.none()])
async def form(request: Request) -> Response:
    return _page(request, "Log in", NAME_AND_PASSWORD)


@router.post("/login", dependencies=[PolicyRequest.none()])
async def log_in(request: Request) -> Response:
    given = await _given(request)
    name, password = given.get("name", ""), given.get("password", "")
    tries: Tries = request.app.state.tries
    client = request.client.host if request.client else ""
    made = tries.begin(address_of(client, request.headers), name)

    def ask(store: Store) -> str | None:
        with store.reading() as connection:
            user = users.check(connection, name, password)
        return None if user is None else _begin(store, user)

    token = await _in_store(request, ask)
    if token is None:
        fields = NAME_AND_PASSWORD
        return _page(request, "Log in", fields, "Name or password are not right.", 401)
    tries.forgive(made)
    return _entered(request, token)


@router.get("/link/{token}", dependencies=[PolicyRequest.none()])
async def link(request: Request, token: str) -> Response:
    """What the link stands for; looking at it does not use it up."""
    found = await _in_store(request, lambda store: _linked(store, token))
    if found is None:
        return _page(request, "This link is over", (), "Ask for another one.", 404)
    if found.user is not None:
        return _page(request, f"Log in as {found.user.name}")
    return _page(request, "Make the first admin", NAME_AND_PASSWORD)


@router.post("/link/{token}", dependencies=[PolicyRequest.none()])
async def follow(request: Request, token: str) -> Response:
    given = await _given(request)

    def use(store: Store) -> str | None:
        now = time.time()
        with store.writing() as connection:
            found = sessions.find(connection, sessions.LINK, token, now)
            if found is None:
                return None
            user = found.user
            if user is None:
                if users.any_there(connection):
                    return None
                user = users.add(connection, given.get("name", ""), "admin", given.get("password", ""), now)
                audit.append(store, connection, f"user:{user.number}", "first_admin", at=now)
            sessions.end(connection, token)
            return sessions.begin(connection, sessions.SESSION, user, now)

    try:
        made = await _in_store(request, use)
    except LeadlightError as problem:
        fields = NAME_AND_PASSWORD
        return _page(request, "Make the first admin", fields, problem.message, 422)
    if made is None:
        return _page(request, "This link is over", (), "Ask for another one.", 404)
    return _entered(request, made)


@router.get(HOME, dependencies=[PolicyRequest.none()])
async def account(request: Request) -> Response:
    user = await person(request)
    if user is None:
        return _elsewhere("/login")
    return _page(request, f"{user.name} ({user.role})", action="/logout", button="Log out")


@router.post("/logout", dependencies=[PolicyRequest.none()])
async def log_out(request: Request) -> Response:
    await _given(request)
    token = request.cookies.get(COOKIE, "")

    def end(store: Store) -> None:
        with store.writing() as connection:
            sessions.end(connection, token)

    await _in_store(request, end)
    response = _elsewhere("/login")
    response.delete_cookie(COOKIE)
    return response


def _linked(store: Store, token: str) -> sessions.Token | None:
    with store.reading() as connection:
        return sessions.find(connection, sessions.LINK, token, time.time())


def _begin(store: Store, user: User) -> str:
    now = time.time()
    with store.writing() as connection:
        return sessions.begin(connection, sessions.SESSION, user, now)


async def _in_store(request: Request, ask: Callable[[Store], T]) -> T:
    return await asyncio.to_thread(ask, state_of(request).store)


async def _given(request: Request) -> dict[str, str]:
    """The fields of a form that came from a page of ours."""
    if not request.headers.get("content-type", "").lower().startswith(KIND.decode()):
        raise RequestError(415, "This is not a form.", code="media_type", hint=USE_OURS)
    cookie = request.cookies.get(FORM_COOKIE, "")
    if not cookie:
        raise _strange()
    raw = await read_body(
        request.receive, dict(request.headers.raw), request.scope["answer"].visit, FORM_BYTES
    )
    given = _fields_of(raw)
    if not hmac.compare_digest(cookie.encode(), given.get("form", "").encode()):
        raise _strange()
    return given


def _fields_of(raw: bytes) -> dict[str, str]:
    try:
        found = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise RequestError(
            400, f"The form has more than {MOST_FIELDS} fields.", code="form_fields", hint=USE_OURS
        ) from None
    return {name: values[0].replace("\0", "\ufffd") for name, values in found.items()}


def _strange() -> RequestError:
    return RequestError(403, "The form is not one of ours.", code="form", hint="Load the page again.")


def _entered(request: Request, token: str) -> Response:
    response = _elsewhere(request.app.state.entry)
    set_cookie(request, response, COOKIE, token)
    return response


def _elsewhere(path: str) -> Response:
    return Response(status_code=303, headers={"location": path})


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """A cookie that scripts cannot read and other sites cannot send."""
    host = request.url.hostname or ""
    is_local = host in ("127.0.0.1", "localhost", "::1")
    response.set_cookie(name, value, httponly=True, samesite="strict", secure=not is_local, path="/")


@dataclass(frozen=True)
class Form:
    """A page with one form: its fields by name and type, and what was wrong with the last one."""

    title: str
    fields: tuple[tuple[str, str], ...]
    token: str
    said: str = ""
    status: int = 200
    action: str = ""
    button: str = "Log in"


def _page(
    request: Request, title: str, fields: tuple[tuple[str, str], ...] = (), *more: Any, **named: Any
) -> Response:
    """A page with one form; plain where nobody has hung a door of their own."""
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
    response: Response = request.app.state.door(Form(title, fields, token, *more, **named))
    set_cookie(request, response, FORM_COOKIE, token)
    return response


def plain(form: Form) -> Response:
    """Without scripts and styles."""
    fields = "".join(
        f'<p><label>{name} <input name="{name}" type="{kind}" required></label></p>'
        for name, kind in form.fields
    )
    target = f' action="{form.action}"' if form.action else ""
    hidden = f'<input type="hidden" name="form" value="{escape(form.token)}">'
    content = f'<form method="post"{target}>{hidden}{fields}<p><button>{form.button}</button></p></form>'
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Leadlight</title>'
        f"<h1>{escape(form.title)}</h1><p>{escape(form.said)}</p>"
        f"{'' if form.status == 404 else content}</html>"
    )
    response = Response(page, form.status, media_type="text/html")
    response.headers["content-security-policy"] = PAGE_POLICY
    return response


ANYBODY: Final = PolicyRequest.none()
"""The policy of a page that asks by itself who looks at it."""


def status_of(refused: LeadlightError) -> int:
    """The status under which a page tells what was refused."""
    return problems.status_of(refused)


def add(app: Any) -> None:
    """The routes of people, and the count of their wrong passwords."""
    app.state.tries = Tries()
    app.state.entry, app.state.door = HOME, plain
    app.include_router(router)
