"""Webhooks: what a system tells of its changes, believed only where it is signed, and taken in at once."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from leadlight.connect.connector import Connector, PulledPage
from leadlight.data.secret import Secret
from leadlight.errors import RequestError
from leadlight.flows.pull import Clock, Pulled, mapping_of, take_page
from leadlight.store import Store

OLDEST: Final = 300.0
"""Seconds after which a signed request is not believed any more: it may be a repetition."""
MOST: Final = 500
"""Changes in one request; HubSpot sends 100 at most."""


def check_hubspot_signature(
    secret: Secret, method: str, addresses: Sequence[str], body: bytes, headers: Mapping[str, str], now: float
) -> None:
    """HubSpot's signature v3: over method, address, body and moment, with the secret of the app."""
    said, moment = headers.get("x-hubspot-signature-v3", ""), headers.get("x-hubspot-request-timestamp", "")
    if not (moment.isascii() and moment.isdigit() and len(moment) < 16):
        raise _unsigned()
    if abs(now - int(moment) / 1000) > OLDEST:
        raise _unsigned()
    signed = [method.encode() + each.encode() + body + moment.encode() for each in addresses]
    wanted = [hmac.new(secret.reveal().encode(), each, sha256).digest() for each in signed]
    try:
        given = base64.b64decode(said, validate=True)
    except binascii.Error:
        raise _unsigned() from None
    if not any(hmac.compare_digest(each, given) for each in wanted):
        raise _unsigned()


def _unsigned() -> RequestError:
    return RequestError(
        401,
        "The request is not signed by the system that it names.",
        code="signature",
        hint="Is the secret that of the app, and the address the one that the app calls?",
    )


def contacts_of(changes: Any) -> list[str]:
    """The contacts that HubSpot says were made or changed, each once."""
    if not isinstance(changes, list) or len(changes) > MOST:
        raise RequestError(422, "This is not a list of changes.", code="shape", hint="One request, one list.")
    told = [each for each in changes if isinstance(each, dict)]
    kinds = [(str(each.get("subscriptionType", "")), each.get("objectId")) for each in told]
    ids = [str(each) for kind, each in kinds if kind.startswith(("contact.", "object."))]
    return list(dict.fromkeys(each for each in ids if each.isascii() and each.isdigit()))


def take_contacts(
    store: Store, connector: Connector, ids: Sequence[str], clock: Clock, *, horizon_days: int | None
) -> Pulled:
    """Read these contacts and take them in, as a run would; what is not there any more was deleted."""
    found = Pulled()
    mapping = mapping_of(connector, horizon_days)
    if mapping is None or not hasattr(connector, "of_contacts"):
        return found
    pages = connector.of_contacts(ids)
    for page in pages:
        take_page(store, connector.name, "contacts", page, mapping, clock(), found)
    there = {str(lead[mapping.id]) for page in pages for lead in page.leads}
    gone = PulledPage(None, gone=[each for each in ids if each not in there])
    if gone.gone:
        take_page(store, connector.name, "contacts", gone, mapping, clock(), found)
    return found
