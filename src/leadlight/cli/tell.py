"""`leadlight tell`: a webhook is told which leads became hot."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from leadlight import settings
from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.errors import ConfigError, LeadlightError
from leadlight.insight.wording import counted

if TYPE_CHECKING:
    from leadlight.flows.tell_hot import HotTold
    from leadlight.store import Store

FAILED: Final = 1


def tell(
    home: given.Home = None,
    every: Annotated[
        str | None, typer.Option("--every", help="Go on until it is ended, with pauses such as 10s or 1m.")
    ] = None,
    trial: Annotated[
        bool, typer.Option("--trial", help="Send one message that is of nobody, to see whether it arrives.")
    ] = False,
    as_json: given.AsJson = False,
) -> None:
    """Tell a webhook which leads became hot.

    Each is told of once; who is hot before a webhook is set is not. The address is LEADLIGHT_HOT_WEBHOOK, or
    `hot` under [webhook] in the home's leadlight.toml. `leadlight serve` and `leadlight sync` tell by
    themselves. The exit code is 1 if somebody could not be told of; they wait for the next time.
    """
    pause = None if every is None else given.seconds(every)
    while True:
        with homes.opened(home) as store:
            _check_set(store)
            if trial:
                _try(store, as_json=as_json)
                return
            found = _told(store)
        Output(as_json).show(_summary(found), partial(_say, found))
        if pause is None:
            break
        time.sleep(pause)
    if found is not None and found.problem is not None:
        raise typer.Exit(FAILED)


def tell_after_scoring(store: Store) -> dict[str, Any] | None:
    """Tell who became hot, where a webhook is set; what fails is said, and the command goes on."""
    try:
        if settings.hot_webhook(store.home.folder) is None:
            return None
        found = _told(store)
    except LeadlightError as problem:
        _say_problem(problem)
        return {"problem": {"code": problem.code, "message": problem.message}}
    if found is not None and found.problem is not None:
        _say_problem(found.problem)
    return _summary(found)


def _told(store: Store) -> HotTold | None:
    from leadlight.flows.tell_hot import open_webhook, tell_hot

    address = settings.hot_webhook(store.home.folder)
    assert address is not None
    return tell_hot(store, open_webhook(store, address, settings.secret), homes.now)


def _try(store: Store, *, as_json: bool) -> None:
    from leadlight.flows.tell_hot import open_webhook, try_webhook

    address = settings.hot_webhook(store.home.folder)
    assert address is not None
    try_webhook(open_webhook(store, address, settings.secret), homes.now())
    Output(as_json).show({"arrived": True}, "The message arrived.")


def _check_set(store: Store) -> None:
    if settings.hot_webhook(store.home.folder) is None:
        raise ConfigError(
            "It is not said whom to tell.",
            code="no_webhook",
            hint="Set LEADLIGHT_HOT_WEBHOOK to an address, or write into the home's leadlight.toml:"
            ' [webhook] hot = "https://..."',
        )


def _summary(found: HotTold | None) -> dict[str, Any]:
    from leadlight.flows.tell_hot import HotTold

    return (HotTold() if found is None else found).to_json()


def _say(found: HotTold | None, page: Page) -> None:
    if found is None:
        page.say("Nobody became hot since the webhook was told last.")
        return
    page.say(f"{counted(found.sent, 'lead')} told of.")
    if found.left_out:
        page.say(f"{found.left_out:,} left out: decided by now, not to be called, or held back.")
    if found.problem is not None:
        page.say(f"Not all were told of: {found.problem}")


def _say_problem(problem: LeadlightError) -> None:
    Page.of(error=True).say(f"The webhook was not told ({problem.code}): {problem.message}")
