"""The report of the week: written to a file and sent by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote

from leadlight import settings
from leadlight.cli import homes
from leadlight.cli.page import Page
from leadlight.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from leadlight.flows.mail import MailBox
    from leadlight.store import Store

WEEK: Final = 7 * 86_400.0
PORTS: Final = {"smtp": 587, "smtp+plain": 25, "smtps": 465}


def report_week(
    store: Store, found: dict[str, Any], path: Path | None, *, mails: bool, often: bool = False
) -> None:
    """The report into a file, and by mail; a watch that goes on mails once a week."""
    from leadlight.data.atomic import write_bytes_atomically
    from leadlight.insight.disputes import summaries
    from leadlight.insight.page import written
    from leadlight.insight.weekly import summary, weekly
    from leadlight.store import disputes, watching

    with store.reading() as connection:
        changes = [dict(vars(each)) for each in watching.adjustments_of(connection)]
        routes = [each.to_json() for each in summaries(disputes.latest(connection))]
        last = watching.mark(connection, watching.REPORTED) or 0.0
    now = homes.now()
    recent = [each for each in changes if each["at"] > now - WEEK]
    page = written(weekly(found, recent, routes))
    if path is not None:
        write_bytes_atomically(path, page.encode(), force=True)
    if mails:
        is_due = not often or now - last >= WEEK - 3_600.0
        found["mail"] = mail(store, summary(found) if is_due else (), page, now)


def mail(store: Store, said: tuple[str, ...], page: str, now: float) -> dict[str, Any]:
    """Keep the report where there is one, and send all that waits; what fails goes with the next run."""
    from leadlight.flows.mail import keep_report, send_reports
    from leadlight.store import watching

    box = mail_box(store)
    if said:
        keep_report(store, said, page, box.sender, now)
        with store.writing() as connection:
            watching.set_mark(connection, watching.REPORTED, now)
    run = send_reports(store, box, now)
    if run.problem:
        Page.of(error=True).say(f"Mail: {run.problem} {run.waiting} waiting, sent again at the next run.")
    return run.to_json()


def mail_box(store: Store) -> MailBox:
    """The server and the people that LEADLIGHT_MAIL names."""
    from leadlight.flows.mail import MailBox

    parts = settings.mail()
    if parts is None:
        raise ConfigError(
            "It is not said who gets the report.",
            code="mail",
            hint="Set LEADLIGHT_MAIL=smtp://user@host:587?from=ADDRESS&to=ADDRESS",
        )
    known = {name: value[0] for name, value in parse_qs(parts.query).items()}
    user = unquote(parts.username or "")
    return MailBox(
        host=parts.hostname or "",
        port=parts.port or PORTS[parts.scheme],
        sender=known["from"],
        receivers=tuple(each.strip() for each in known["to"].split(",") if each.strip()),
        user=user,
        password=settings.secret("mail.password", store.home.folder).reveal() if user else "",
        way=parts.scheme,
    )
