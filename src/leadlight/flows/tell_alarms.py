"""Alarms that were not told yet, sent to a webhook once."""

from __future__ import annotations

from typing import Any, Final

from leadlight.connect.webhook import Webhook
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
