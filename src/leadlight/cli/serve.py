"""`leadlight serve`: the scores of a home over HTTP."""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer

from leadlight import settings
from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.page import Page
from leadlight.errors import ConfigError
from leadlight.store import sessions, users

DEMO: Final = "demo"


def serve(
    home: given.Home = None,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="The port to listen on.")] = 8000,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="How many processes share the port.")
    ] = 1,
    host_name: Annotated[
        list[str] | None,
        typer.Option("--host-name", help="A name under which others reach it, as a proxy passes it on."),
    ] = None,
) -> None:
    """Serve a home over HTTP: scores at the moment they are needed.

    Each request needs a key (`leadlight keys create`). Only this machine is served unless --host and
    --host-name say otherwise. The log goes to standard error, one line of JSON an event; SIGTERM lets what is
    under way end.
    """
    homes.check_serving()
    from leadlight.serve import server

    plan = server.ServerPlan(
        place=settings.home(home),
        state=str(settings.state()),
        host=host,
        port=port,
        workers=workers,
        names=tuple(host_name or ()),
    )
    plan.check()
    check_port(host, port)
    with homes.opened(home) as store:
        folder, words = store.home.folder, way_in(store, f"http://{host}:{port}", sys.stdout.isatty())
    page = Page.of()
    page.say(f"Serving {folder} on http://{host}:{port} (end it with Ctrl+C)")
    for sentence in words:
        page.typed(sentence) if sentence.startswith(("http:", "leadlight ")) else page.say(sentence)
    server.run(plan, *pages())


def pages() -> list[str]:
    """What makes the application with the dashboard in it, where the dashboard is installed."""
    from importlib.util import find_spec

    has_all = all(find_spec(name) for name in ("jinja2", "js_lib_htmx", "altair", "vl_convert"))
    return ["leadlight.cli.serve:application"] if has_all else []


def application() -> Any:
    """The service with the dashboard in it."""
    from leadlight import dashboard
    from leadlight.serve import worker

    return worker.application(dashboard.add)


def check_port(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on before anything is said or a link is made."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except OSError as problem:
        raise ConfigError(
            f"The address cannot be listened on: {(problem.strerror or 'unknown reason').lower()}.",
            code="address",
            where=f"{host}:{port}",
            hint="End what listens there, or choose another with --port.",
        ) from None


def way_in(store: Any, address: str, is_seen: bool) -> list[str]:
    """How the first person gets in: by a link where somebody sees it, and it is kept in no log."""
    if not is_seen:
        from leadlight.store import users

        with store.reading() as connection:
            if users.any_there(connection):
                return []
        return ["Nobody can log in yet; make the first admin:", "leadlight users add NAME --role admin"]
    link = first_link(store)
    if link is None:
        return []
    return [f"{address}/link/{link.token}", f"Open it once, within an hour, {link.purpose}."]


@dataclass(frozen=True)
class Link:
    """A way in that works once."""

    token: str
    purpose: str


def first_link(store: Any) -> Link | None:
    """While nobody can log in, a link that makes the first admin; to the demo's home, always a way in."""
    with store.writing() as connection:
        if homes.is_demo(store.home):
            user = users.first_admin(connection, DEMO, homes.now())
            return Link(sessions.begin(connection, sessions.LINK, user, homes.now()), "to look around")
        if users.any_there(connection):
            return None
        sessions.end_links(connection)
        token = sessions.begin(connection, sessions.LINK, None, homes.now())
        return Link(token, "to make the first admin")
