"""`leadlight users`: the people who log in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.command import Command
from leadlight.cli.output import Output
from leadlight.store import audit, users

app = typer.Typer(no_args_is_help=True, help="The people who log in to the service of a home.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name they log in with.")]
Role = Annotated[str, typer.Argument(metavar="ROLE", help="viewer, sales, manager or admin.")]


@app.command("add", cls=Command)
def add(
    name: Name,
    role: Annotated[
        str, typer.Option("--role", help="viewer looks, sales writes, manager scores, admin does all.")
    ] = "viewer",
    home: given.Home = None,
    as_json: given.AsJson = False,
) -> None:
    """Add somebody. The password is asked for, or read from standard input where that is no terminal."""
    homes.check_serving()

    password = _password()
    now = homes.now()
    with homes.opened(home) as store, store.writing() as connection:
        made = users.add(connection, name, role, password, now)
        detail = {"user": made.number, "role": role}
        audit.append(store, connection, homes.who(), "user_add", detail=detail, at=now)
    Output(as_json).show({"name": made.name, "role": made.role}, f"{made.name} is {made.role}.")


@app.command("list", cls=Command)
def list_users(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """List the people and their roles."""
    homes.check_serving()

    with homes.opened(home) as store, store.reading() as connection:
        found = users.all_users(connection)
    rows = [(each.name, each.role) for each in found]
    Output(as_json).show(
        {"users": [{"name": each.name, "role": each.role} for each in found]},
        (lambda page: page.table(("name", "role"), rows)) if rows else "There is nobody.",
    )


@app.command("role", cls=Command)
def role(name: Name, role: Role, home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Give somebody another role."""
    _change(home, name, "user_role", lambda users, *of: users.give_role(*of, role), role=role)
    Output(as_json).show({"name": name, "role": role}, f"{name} is {role}.")


@app.command("passwd", cls=Command)
def passwd(name: Name, home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Give somebody another password, and log them out everywhere."""
    homes.check_serving()
    password = _password()
    _change(home, name, "user_password", lambda users, *of: users.give_password(*of, password))
    Output(as_json).show({"name": name}, f"{name} has a new password.")


@app.command("remove", cls=Command)
def remove(name: Name, home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Let somebody log in no more."""
    _change(home, name, "user_remove", lambda users, *of: users.remove(*of, homes.now()))
    Output(as_json).show({"removed": name}, f"{name} is removed.")


def _change(home: str | None, name: str, act: str, work: Callable[..., None], **detail: str) -> None:
    """Do something about somebody, with a line in the trail."""
    homes.check_serving()

    with homes.opened(home) as store, store.writing() as connection:
        user = users.find_by_name(connection, name)
        work(users, connection, user)
        told = {"user": user.number, **detail}
        audit.append(store, connection, homes.who(), act, detail=told, at=homes.now())


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\n")
