"""Alarms that were not told yet, sent to a webhook once; and the weekly report, sent by mail."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from leadlight.connect.addresses import PORTS, AllowedHosts
from leadlight.errors import ConfigError
from leadlight.store import Store, watching

EVENT: Final = "leadlight.alarms"
PREFIX: Final = "whsec_"


@dataclass(frozen=True)
class Webhook:
    """Where alarms are sent, and the secret that they are signed with (Standard Webhooks)."""

    address: str
    secret: bytes

    @staticmethod
    def of(address: str, secret: str) -> Webhook:
        parts = urlsplit(address)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ConfigError("The address of the webhook is no URL.", code="webhook")
        try:
            key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except ValueError:
            key = b""
        if len(key) < 24:
            raise ConfigError(
                "The secret of the webhook is not one: whsec_ and at least 24 bytes in base64.",
                code="webhook_secret",
                hint="Make one: echo whsec_$(head -c 32 /dev/urandom | base64)",
            )
        return Webhook(address, key)

    @property
    def is_private(self) -> bool:
        """Whether it is named with a port of its own, or speaks plain HTTP."""
        parts = urlsplit(self.address)
        return parts.scheme == "http" or parts.port is not None

    @property
    def place(self) -> str:
        """The host and port."""
        parts = urlsplit(self.address)
        return f"{parts.hostname}:{parts.port or PORTS[parts.scheme]}"

    def headers(self, identity: str, at: float, body: bytes) -> dict[str, str]:
        """Id, time and signature of a message."""
        signed = b".".join([identity.encode(), str(int(at)).encode(), body])
        digest = base64.b64encode(hmac.new(self.secret, signed, hashlib.sha256).digest()).decode()
        return {
            "webhook-id": identity,
            "webhook-timestamp": str(int(at)),
            "webhook-signature": f"v1,{digest}",
            "Content-Type": "application/json",
        }


def tell_webhook(store: Store, webhook: Webhook, at: float) -> int:
    """Send the alarms that nobody was told of, in one message; gives how many."""
    from leadlight.connect.transport import ApiCall, Transport

    with store.reading() as connection:
        waiting = watching.untold(connection)
    if not waiting:
        return 0
    body = msgspec.json.encode({"type": EVENT, "timestamp": at, "data": [_message(each) for each in waiting]})
    identity = f"alarms_{waiting[-1]['number']}_{int(at)}"
    host = urlsplit(webhook.address).hostname or ""
    private, public = ({webhook.place}, set()) if webhook.is_private else (set(), {host})
    hosts = AllowedHosts(public=frozenset(public), private=frozenset(private))
    call = ApiCall(
        "alarms",
        webhook.address,
        method="POST",
        body=body,
        headers=webhook.headers(identity, at, body),
        expects="bytes",
    )
    with Transport("the webhook", hosts) as transport:
        transport.send(call)
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
