"""Alarms that were not told yet, sent to a webhook once; and the weekly report, sent by mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from leadlight.connect.webhook import Webhook
from leadlight.errors import ConfigError
from leadlight.store import Store, watching

EVENT: Final = "leadlight.alarms"


def tell_webhook(store: Store, webhook: Webhook, at: float) -> int:
    """Send the alarms that nobody was told of, in one message; gives how many."""
    with store.reading() as connection:
        waiting = watching.untold(connection)
    if not waiting:
        return 0
    message = {"type": EVENT, "timestamp": at, "data": [_message(each) for each in waiting]}
    with webhook.opened("alarms") as sender:
        sender.send(f"alarms_{waiting[-1]['number']}_{int(at)}", at, message)
    with store.writing() as connection:
        watching.note_told(connection, [each["number"] for each in waiting], at)
    return len(waiting)


def _message(alarm: dict[str, Any]) -> dict[str, Any]:
    return {"code": alarm["code"], "first": alarm["first"], "model": alarm["model"], **alarm["finding"]}


@dataclass(frozen=True)
class MailBox:
    """The server that mail goes out by, who it is from and to."""

    host: str
    port: int
    sender: str
    receivers: tuple[str, ...]
    user: str = ""
    password: str = ""
    is_encrypted: bool = True


def send_report(box: MailBox, subject: str, text: str, page: bytes) -> None:
    """One mail with the report attached."""
    import smtplib
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, box.sender, ", ".join(box.receivers)
    mail.set_content(text)
    mail.add_attachment(page, maintype="text", subtype="html", filename="leadlight-week.html")
    try:
        with smtplib.SMTP(box.host, box.port, timeout=20) as server:
            if box.is_encrypted:
                server.starttls()
            if box.user:
                server.login(box.user, box.password)
            server.send_message(mail)
    except (OSError, smtplib.SMTPException):
        raise ConfigError(
            "The report could not be sent.",
            code="mail",
            where=f"{box.host}:{box.port}",
            hint="Check LEADLIGHT_MAIL and whether the server takes mail from here.",
        ) from None
