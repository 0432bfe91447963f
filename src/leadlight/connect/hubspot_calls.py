"""The calls that HubSpot answers: lists, searches, batches, associations, properties; and how it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from leadlight.connect.moments import milliseconds
from leadlight.connect.transport import ApiCall, Transport
from leadlight.errors import ConnectorError

PAGE: Final = 50
"""As many as HubSpot gives at once where histories are asked for."""
MOST_LISTED: Final = 100
"""As many as a list holds at once."""
SEARCHED: Final = 10_000
"""HubSpot shows so many results of one search and no more."""
LAG: Final = 60.0
"""Seconds by which its search may be behind what was written."""
SCOPES: Final = "Give the private app the scopes that docs/how-to/hubspot.md lists, and try again."
ROTATE: Final = "Rotate the token of the private app, and put the new one where the old one lies."


def judge(status: int, body: Any) -> ConnectorError | None:
    """HubSpot says in the body what went wrong, sometimes under a good status; its texts may hold values."""
    if not isinstance(body, dict) or body.get("status") != "error":
        return None
    category = str(body.get("category", ""))
    if category == "EXPIRED_AUTHENTICATION" or status == 401:
        return ConnectorError("The token was refused.", code="unauthorized", hint=ROTATE)
    if category == "RATE_LIMITS" or body.get("errorType") == "RATE_LIMIT" or status == 429:
        return ConnectorError("Too many requests for now.", code="rate_limited", again=True)
    if category == "MISSING_SCOPES" or status == 403:
        return ConnectorError("The token does not allow this.", code="forbidden", hint=SCOPES)
    if status < 300:
        return ConnectorError("The answer was an error.", code="error_body", again=True)
    return None


def since_cursor(begun: float | None) -> str:
    """Where the reading of changes goes on that began at this moment of HubSpot's clock."""
    return json.dumps({"since": 0 if begun is None else int((begun - LAG) * 1000)})


class HubSpotCalls:
    """An account's API."""

    def __init__(self, transport: Transport, address: str) -> None:
        self.transport, self.address = transport, address
        self._known: dict[str, Mapping[str, Any]] | None = None

    def search(self, part: str, state: dict[str, Any], modified: str) -> Iterator[tuple[list[str], str]]:
        """Ids of what changed, page by page, each with the cursor behind it.

        Each page begins at the moment at which the last one ended, so that what changes meanwhile, and moves
        to the end, pushes nothing out of sight.
        """
        since, begun, offset = int(state["since"]), state.get("begun"), 0
        while True:
            reply = self.reply(part, f"/crm/v3/objects/{part}/search", _asked(modified, since, offset))
            begun = begun or reply.at
            results = reply.body["results"]
            last = milliseconds(results[-1]["properties"][modified]) if results else None
            more = bool((reply.body.get("paging") or {}).get("next")) and last is not None
            if last is not None and last > since:
                since, offset = last, 0
            else:
                offset += len(results)
            if more and offset + PAGE > SEARCHED:
                raise _crowded(part)
            place = json.dumps({"since": since, "begun": begun}) if more else since_cursor(begun)
            yield [str(each["id"]) for each in results], place
            if not more:
                return

    def associated(self, from_: str, to: str, ids: Sequence[str]) -> dict[str, list[str]]:
        if not ids:
            return {}
        asked = {"inputs": [{"id": each} for each in ids]}
        path = f"/crm/v4/associations/{from_}/{to}/batch/read"
        found = self.post(f"{to} of {from_}", path, asked, optional=True)
        return {
            str(each["from"]["id"]): [str(link["toObjectId"]) for link in each["to"]]
            for each in found.get("results", [])
        }

    def batch(
        self, part: str, ids: Sequence[str], properties: Sequence[str], history: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Records by id; those that were deleted meanwhile are simply not among them (status 207)."""
        if not ids:
            return []
        asked = {"inputs": [{"id": each} for each in ids], "properties": list(properties)}
        if history:
            asked["propertiesWithHistory"] = list(history)
        optional = part != "contacts"
        found = self.post(part, f"/crm/v3/objects/{part}/batch/read", asked, optional=optional)
        return list(found.get("results", []))

    def properties(self, *, fresh: bool = False) -> Mapping[str, Mapping[str, Any]]:
        if self._known is None or fresh:
            call = ApiCall("properties", f"{self.address}/crm/v3/properties/contacts")
            self._known = {each["name"]: each for each in self.transport.send(call).body["results"]}
        return self._known

    def listed(
        self, part: str, after: str | None, limit: int, *, archived: bool = False
    ) -> tuple[dict[str, Any], float | None]:
        query: dict[str, str | int] = {"limit": limit, "archived": "true" if archived else "false"}
        if after:
            query["after"] = after
        reply = self.transport.send(ApiCall(part, f"{self.address}/crm/v3/objects/{part}", query=query))
        return reply.body, reply.at

    def reply(self, what: str, path: str, body: Any) -> Any:
        return self.transport.send(ApiCall(what, f"{self.address}{path}", "POST", json=body))

    def post(self, what: str, path: str, body: Any, *, optional: bool = False) -> dict[str, Any]:
        """The body of the answer; where it is optional and the token does not allow it, nothing."""
        try:
            found: dict[str, Any] = self.reply(what, path, body).body
        except ConnectorError as problem:
            if optional and problem.code == "forbidden":
                return {}
            raise
        return found


def _asked(modified: str, since: int, offset: int) -> dict[str, Any]:
    filters = [{"propertyName": modified, "operator": "GTE", "value": str(since)}]
    return {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": modified, "direction": "ASCENDING"}],
        "properties": [modified],
        "limit": PAGE,
        "after": str(offset),
    }


def _crowded(part: str) -> ConnectorError:
    return ConnectorError(
        f"More {part} changed at one moment than HubSpot shows.",
        code="too_many_at_once",
        hint="Read everything again: leadlight sync hubspot://contacts --again --home HOME",
    )
