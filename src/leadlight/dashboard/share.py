"""Links to one lead's card without a login: signed with the key of the home, expiring, to look at only."""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from typing import Final

from leadlight.errors import RequestError
from leadlight.store import Store

LASTS: Final = 30 * 86_400.0
KIND: Final = "card"
_MAC: Final = 16


def address(store: Store, identity: str, at: float) -> str:
    """Where the card of a lead stands, for the next thirty days."""
    content = struct.pack(">d", at + LASTS) + identity.encode()
    return "/card/" + base64.urlsafe_b64encode(store.keyed(KIND, content)[:_MAC] + content).decode().rstrip(
        "="
    )


def lead_of(store: Store, token: str, at: float) -> str:
    """Whose card it is; refused where the link is not ours or is over."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        mac, content = raw[:_MAC], raw[_MAC:]
        (until,) = struct.unpack(">d", content[:8])
        identity = content[8:].decode()
    except (ValueError, binascii.Error, struct.error):
        raise _over() from None
    if not hmac.compare_digest(mac, store.keyed(KIND, content)[:_MAC]) or not at < until:
        raise _over()
    return identity


def _over() -> RequestError:
    return RequestError(404, "This link is over.", code="card", hint="Open the lead and copy a new one.")
