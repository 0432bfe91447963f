"""People and keys: who logs in, which programs call, what a person's rights ask for, and what was done."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec
from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.routing import elsewhere, pages
from leadlight.dashboard.visitor import PageVisit, admin
from leadlight.data import handles
from leadlight.data.handles import Handle
from leadlight.errors import RequestError
from leadlight.flows.export import export_person
from leadlight.store import audit, data_subject, erasure, keys, secret, users

ACTS: Final = 60
router = pages()


@router.get("/people")
def shown(visit: Annotated[PageVisit, Depends(admin)]) -> Response:
    return _page(visit)


def _page(visit: PageVisit, **more: Any) -> Response:
    with visit.store.reading() as connection:
        known: dict[str, Any] = {
            "people": users.all_users(connection),
            "keys": keys.valid_keys(connection),
            "acts": [(row, audit.detail(row)) for row in audit.latest(connection, ACTS)],
            "trail": audit.verify(visit.store, connection),
        }
    names = {f"user:{each.number}": each.name for each in known["people"]}
    empty = {"made": None, "found": None, "asked": ("", "")}
    fixed = {
        "roles": list(users.ROLES),
        "scopes": list(secret.SCOPES),
        "names": names,
        "kinds": handles.KINDS,
    }
    return drawing.page(visit, "people/page.html", section="people", **{**known, **fixed, **empty, **more})


@router.post("/people")
def done(visit: Annotated[PageVisit, Depends(admin)]) -> Response:
    act = DONE.get(visit.given("act"))
    if act is None:
        raise RequestError(422, "This cannot be done here.", code="act", hint="Load the page again.")
    return act(visit, time.time()) or elsewhere(visit.request, "/people")


def _add_user(visit: PageVisit, at: float) -> None:
    with visit.store.writing() as connection:
        role = visit.given("role")
        made = users.add(connection, visit.given("name"), role, visit.given("password"), at)
        audit.append(
            visit.store, connection, visit.who, "user_add", None, {"user": made.number, "role": role}, at
        )


def _give_role(visit: PageVisit, at: float) -> None:
    with visit.store.writing() as connection:
        user, role = users.find_by_name(connection, visit.given("name")), visit.given("role")
        users.give_role(connection, user, role)
        audit.append(
            visit.store, connection, visit.who, "user_role", None, {"user": user.number, "role": role}, at
        )


def _remove_user(visit: PageVisit, at: float) -> None:
    with visit.store.writing() as connection:
        user = users.find_by_name(connection, visit.given("name"))
        users.remove(connection, user, at)
        audit.append(visit.store, connection, visit.who, "user_remove", None, {"user": user.number}, at)


def _create_key(visit: PageVisit, at: float) -> Response:
    """The key itself is told once, on this page and never again."""
    with visit.store.writing() as connection:
        made, text = keys.create(connection, [visit.given("scope")], at, name=visit.given("name"))
        detail = {"key": made.number, "scopes": sorted(made.scopes)}
        audit.append(visit.store, connection, visit.who, "key_create", None, detail, at)
    return _page(visit, made=text)


def _revoke_key(visit: PageVisit, at: float) -> None:
    with visit.store.writing() as connection:
        key = keys.find_by_name(connection, visit.given("name"), at)
        keys.revoke(connection, key, at)
        audit.append(visit.store, connection, visit.who, "key_revoke", None, {"key": key.number}, at)


def _asked(visit: PageVisit) -> list[Handle]:
    kind, value = visit.given("kind"), visit.given("value")
    found = handles.in_cell(kind, value) if kind in handles.KINDS and value else []
    if not found:
        raise RequestError(
            422,
            "Name a person: an e-mail address, a phone number or an id.",
            code="no_handle",
            hint="As it stands in the lead.",
        )
    return found


def _find(visit: PageVisit, at: float) -> Response:
    person = data_subject.find_and_log(visit.store, _asked(visit), visit.who, "find", at)
    return _page(visit, found=person, asked=(visit.given("kind"), visit.given("value")))


def _export(visit: PageVisit, at: float) -> Response:
    asked = _asked(visit)
    data_subject.find_and_log(visit.store, asked, visit.who, "export", at)
    told = msgspec.json.format(msgspec.json.encode(export_person(visit.store, asked, at)))
    kept = {"content-disposition": 'attachment; filename="person.json"'}
    return Response(told, media_type="application/json", headers=kept)


def _object(visit: PageVisit, at: float) -> None:
    person = data_subject.find_before_acting(visit.store, _asked(visit))
    data_subject.suppress(visit.store, person, visit.who, visit.given("why"), at)


def _erase(visit: PageVisit, at: float) -> None:
    person = data_subject.find_before_acting(visit.store, _asked(visit))
    erasure.forget(visit.store, person, visit.who, at)


DONE: Final[dict[str, Callable[[PageVisit, float], Response | None]]] = {
    "user_add": _add_user,
    "user_role": _give_role,
    "user_remove": _remove_user,
    "key_create": _create_key,
    "key_revoke": _revoke_key,
    "find": _find,
    "export": _export,
    "object": _object,
    "erase": _erase,
}
