"""Messages to an address that was set, signed as Standard Webhooks are."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from leadlight.connect.addresses import PORTS, AllowedHosts
from leadlight.connect.transport import ApiCall, CallLimits, Transport
from leadlight.errors import ConfigError

PREFIX: Final = "whsec_"


@dataclass(frozen=True)
class Webhook:
    """Where alarms are sent, and the secret that they are signed with (Standard Webhooks)."""

    address: str = field(repr=False)
    secret: bytes = field(repr=False)

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

    @contextmanager
    def opened(self, what: str, limits: CallLimits | None = None) -> Iterator[WebhookSender]:
        """What sends messages there for as long as the block lasts; `what` names them in errors."""
        host = urlsplit(self.address).hostname or ""
        private, public = ({self.place}, set()) if self.is_private else (set(), {host})
        hosts = AllowedHosts(public=frozenset(public), private=frozenset(private))
        with Transport("the webhook", hosts, limits=limits) as transport:
            yield WebhookSender(self, transport, what)


@dataclass(frozen=True)
class WebhookSender:
    """A webhook with its connection."""

    webhook: Webhook
    transport: Transport
    what: str

    def send(self, identity: str, at: float, message: Any) -> None:
        """One message; sent again under the same id, whoever receives it can tell."""
        body = msgspec.json.encode(message)
        headers = self.webhook.headers(identity, at, body)
        address = self.webhook.address
        self.transport.send(
            ApiCall(self.what, address, method="POST", body=body, headers=headers, expects="bytes")
        )
