"""`leadlight keys`: who may call the service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.command import Command
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.errors import ConfigError
from leadlight.store import audit, keys

app = typer.Typer(no_args_is_help=True, help="The keys of programs that call the service of a home.")
DAY = 86_400.0
MOST_DAYS = 36_500.0
MOST_HOURS = 8_760.0
Named = Annotated[str, typer.Argument(metavar="KEY", help="How the key begins, or its name.")]


@app.command("create", cls=Command)
def create(
    scope: Annotated[
        list[str],
        typer.Option("--scope", help="What it may do: score, read, write or admin, which may do all."),
    ],
    home: given.Home = None,
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "",
    days: Annotated[
        float | None,
        typer.Option("--days", min=0.0, help="It expires after so many days.", show_default="never"),
    ] = None,
    per_minute: Annotated[
        int | None,
        typer.Option(
            "--per-minute", min=1, max=1_000_000, help="Requests a minute.", show_default="as many as can be"
        ),
    ] = None,
    as_json: given.AsJson = False,
) -> None:
    """Make a key. It is shown once and kept nowhere: only its SHA-256 is stored."""
    now = homes.now()
    expires = None if days is None else now + _within(days, MOST_DAYS, "--days") * DAY
    with homes.opened(home) as store, store.writing() as connection:
        made = keys.create(connection, scope, now, name=name, expires=expires, per_minute=per_minute)
        detail = {"key": made[0].number, "scopes": sorted(made[0].scopes)}
        audit.append(store, connection, homes.who(), "key_create", detail=detail, at=now)
    _show(*made, as_json=as_json)


@app.command("list", cls=Command)
def list_keys(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """List all keys, the newest first."""
    with homes.opened(home) as store, store.reading() as connection:
        found = keys.all_keys(connection)
    rows = [
        (
            key.prefix,
            " ".join(sorted(key.scopes)),
            _day(key.created),
            _day(key.used),
            _end(key, homes.now()),
            key.name,
        )
        for key in found
    ]
    head = ("begins with", "scopes", "made", "last used", "state", "name")
    Output(as_json).show(
        {"keys": [key.to_json() for key in found]},
        (lambda page: page.table(head, rows)) if rows else "There is no key.",
    )


@app.command("revoke", cls=Command)
def revoke(key: Named, home: given.Home = None, as_json: given.AsJson = False) -> None:
    """End a key: it is refused within a second. By its name, one that it replaced ends with it."""
    with homes.opened(home) as store, store.writing() as connection:
        ended = keys.revoke_named(connection, key, homes.now())
        for each in ended:
            detail = {"key": each.number}
            audit.append(store, connection, homes.who(), "key_revoke", detail=detail, at=homes.now())
    Output(as_json).show(
        {"revoked": ended[0].prefix, "replaced": [each.prefix for each in ended[1:]]},
        "\n".join(f"{each.prefix}... is revoked." for each in ended),
    )


@app.command("rotate", cls=Command)
def rotate(
    key: Named,
    home: given.Home = None,
    grace_hours: Annotated[
        float, typer.Option("--grace-hours", min=0.0, help="For so long the old key still works.")
    ] = 0.0,
    as_json: given.AsJson = False,
) -> None:
    """Make a key that may do what another may; the old one ends."""
    grace = _within(grace_hours, MOST_HOURS, "--grace-hours") * 3600
    with homes.opened(home) as store, store.writing() as connection:
        old = keys.find_by_name(connection, key, homes.now())
        made = keys.rotate(connection, old, homes.now(), grace)
        detail = {"key": old.number, "made": made[0].number}
        audit.append(store, connection, homes.who(), "key_rotate", detail=detail, at=homes.now())
    _show(*made, as_json=as_json)


def _show(key: Any, text: str, *, as_json: bool) -> None:

    def tell(page: Page) -> None:
        page.typed(text)
        page.say("Keep it now: it is shown this once.")

    Output(as_json).show({"key": text, **key.to_json()}, tell)


def _within(number: float, most: float, option: str) -> float:
    """A span of time that has an end."""
    if not 0.0 <= number <= most:
        raise ConfigError(f"{option} takes a number from 0 to {most:,.0f}.", code="too_long")
    return number


def _day(at: float | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _end(key: Any, now: float) -> str:
    if key.revoked is not None:
        return "revoked"
    if key.expires is None:
        return "stands"
    return "expired" if key.expires <= now else f"until {_day(key.expires)}"
