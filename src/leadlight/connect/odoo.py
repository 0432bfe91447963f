"""Odoo: leads and opportunities of its CRM (crm.lead), over JSON-RPC."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

from leadlight.connect.addresses import AllowedHosts
from leadlight.connect.connector import (
    Delivered,
    Delivery,
    Missing,
    PulledPage,
    ReadPart,
    Record,
    SourceMapping,
)
from leadlight.connect.credentials import SecretReader
from leadlight.connect.moments import iso, seconds_of
from leadlight.connect.transport import ApiCall, Transport, limits_of
from leadlight.data.config.record import SystemConfig
from leadlight.data.secret import Secret
from leadlight.errors import ConfigError, ConnectorError

HOST: Final = ""
"""Each Odoo has a host of its own, which leadlight.toml names."""
PAGE: Final = 500
LAG: Final = 60.0
MODEL: Final = "crm.lead"
MAPPING: Final = SourceMapping(
    lead="a record of crm.lead, whether lead or opportunity",
    id="id",
    time="create_date",
    outcome="outcome",
    won="its stage is a won stage",
    lost="it is archived with a probability of 0, as Mark Lost leaves it",
    open="all others, for as long as the horizon; after it they count as lost",
    dispute="x_leadlight_dispute",
    horizon_days=180,
    moment="as the lead is now; columns that sales fill in are left out of the learning",
    after=(
        *("stage_id", "probability", "automated_probability", "active", "date_closed", "date_conversion"),
        *("date_last_stage_update", "day_open", "day_close", "date_open", "user_id", "team_id"),
        *("expected_revenue", "prorated_revenue", "won_status", "lost_reason_id", "type", "priority"),
    ),
    personal=("contact_name", "partner_name", "email_from", "phone", "mobile", "name", "street"),
)
STANDARD: Final = (
    *("create_date", "name", "contact_name", "partner_name", "email_from", "phone", "mobile", "function"),
    *(
        "city",
        "zip",
        "state_id",
        "country_id",
        "website",
        "source_id",
        "medium_id",
        "campaign_id",
        "referred",
    ),
    *("type", "stage_id", "probability", "active", "date_closed", "user_id", "team_id", "expected_revenue"),
    *("tag_ids", "lang_id", "title", "priority", "date_conversion", "lost_reason_id"),
)
UNREAD: Final = ("one2many", "binary", "html", "reference", "properties")
SCORES: Final = {
    "x_leadlight_score": ("Leadlight score", "float"),
    "x_leadlight_grade": ("Leadlight grade", "char"),
    "x_leadlight_reasons": ("Leadlight reasons", "text"),
    "x_leadlight_model": ("Leadlight model", "char"),
    "x_leadlight_scored_at": ("Leadlight scored at", "datetime"),
}


def judge(status: int, body: Any) -> ConnectorError | None:
    """Odoo answers 200 and says the error in the body; its texts may hold values."""
    if not isinstance(body, dict) or not isinstance(body.get("error"), dict):
        return None
    name = str((body["error"].get("data") or {}).get("name", ""))
    if name.endswith(("AccessDenied", "SessionExpiredException")):
        return ConnectorError("The API key was refused.", code="unauthorized", hint="Make a new key in Odoo.")
    if name.endswith("AccessError"):
        return ConnectorError(
            "The user may not do this.", code="forbidden", hint="Give the user sales rights."
        )
    if name.startswith("psycopg2") or name.endswith(("OperationalError", "SerializationFailure")):
        return ConnectorError("Odoo is busy.", code="busy", again=True)
    return ConnectorError("Odoo refused the request.", code="refused", hint="Odoo's own log says why.")


class Odoo:
    """An Odoo database."""

    name = "odoo"
    title = "Odoo"
    parts = (
        ReadPart("crm.lead", "leads", "every lead and opportunity, then those that changed; lost ones too"),
    )
    mapping = MAPPING
    batch = 50

    def __init__(self, transport: Transport, asked: SystemConfig, address: str, key: Secret) -> None:
        self.transport, self.asked, self.address, self.key = transport, asked, address, key
        self._numbers = count(1)
        self._user: int | None = None
        self._fields: Mapping[str, Mapping[str, Any]] | None = None
        self._won: tuple[int, ...] | None = None

    def read(self, part: str, cursor: str | None) -> Iterator[PulledPage]:
        """By the time of the last change and id, so that it can go on anywhere."""
        state: dict[str, Any] = json.loads(cursor) if cursor else {"since": "", "after": 0}
        since, after = state["since"], state["after"]
        while True:
            rows = self._changed(since, after)
            if rows:
                since, after = rows[-1]["write_date"], rows[-1]["id"]
            done = len(rows) < PAGE
            at = seconds_of(since)
            if done and at is not None:
                since, after = iso(at - LAG).replace("T", " ").rstrip("Z"), 0
            place = json.dumps({"since": since, "after": after})
            yield PulledPage(place, leads=[self._lead(row) for row in rows])
            if done:
                return

    def missing(self) -> Sequence[Missing]:
        known = self._described()
        return [
            Missing(f"field {name}", "it is not read; check its technical name in Odoo")
            for name in self.asked.fields
            if name not in known
        ]

    def missing_fields(self) -> Sequence[str]:
        self._fields = None
        return [name for name in SCORES if name not in self._described()]

    def make_fields(self) -> None:
        """Add the fields by ir.model.fields, which asks for the rights of an administrator."""
        model = self._execute("models", "ir.model", "search", [[["model", "=", MODEL]]])[0]
        for name in self.missing_fields():
            label, kind = SCORES[name]
            said = {"model_id": model, "name": name, "field_description": label, "ttype": kind}
            self._execute("field", "ir.model.fields", "create", [[{**said, "state": "manual"}]])

    def write(self, deliveries: Sequence[Delivery]) -> Delivered:
        """Write each lead by its id; a lead that is gone is refused, and nothing is ever made."""
        there = {str(each) for each in self._execute("leads", MODEL, "search", [_any_of(deliveries)], _ALL)}
        taken, refused = [], {}
        for each in deliveries:
            if each.id not in there:
                refused[each.id] = "no such lead"
                continue
            self._execute("score", MODEL, "write", [[int(each.id)], _score(each)])
            taken.append(each.id)
        return Delivered(tuple(taken), refused)

    def close(self) -> None:
        self.transport.close()

    def _changed(self, since: str, after: int) -> list[dict[str, Any]]:
        behind: list[Any] = []
        if since:
            behind = ["|", ["write_date", ">", since], "&", ["write_date", "=", since], ["id", ">", after]]
        asked = {"fields": self._asked(), "limit": PAGE, "order": "write_date asc, id asc", **_ALL}
        found: list[dict[str, Any]] = self._execute("leads", MODEL, "search_read", [behind], asked)
        return found

    def _asked(self) -> list[str]:
        known = self._described()
        own = [name for name in known if name.startswith("x_") and name not in SCORES]
        asked = dict.fromkeys([*STANDARD, *self.asked.fields, *own])
        plain = [name for name in asked if name in known and known[name].get("type") not in UNREAD]
        return [*plain, "write_date"]

    def _lead(self, row: Record) -> Record:
        said = {name: _plain(value, name) for name, value in row.items() if name != "write_date"}
        stage = row.get("stage_id") or [0]
        won = stage[0] in self._won_stages()
        lost = row.get("active") is False and not row.get("probability")
        said[MAPPING.outcome] = "won" if won else "lost" if lost else "open"
        arrived = seconds_of(row.get("create_date"))
        return {**said, "id": str(row["id"]), "create_date": None if arrived is None else iso(arrived)}

    def _won_stages(self) -> tuple[int, ...]:
        if self._won is None:
            self._won = tuple(self._execute("stages", "crm.stage", "search", [[["is_won", "=", True]]]))
        return self._won

    def _described(self) -> Mapping[str, Mapping[str, Any]]:
        if self._fields is None:
            asked = {"attributes": ["type", "string"]}
            self._fields = self._execute("fields", MODEL, "fields_get", [], asked)
        return self._fields or {}

    def _execute(
        self,
        what: str,
        model: str,
        method: str,
        positional: Sequence[Any],
        named: Mapping[str, Any] | None = None,
    ) -> Any:
        database, key = self.asked.account, self.key.reveal()
        if self._user is None:
            self._user = self._call("login", "common", "login", [database, self.asked.user, key])
            if not self._user:
                raise ConnectorError("Odoo knows no such user or key.", code="unauthorized", where="Odoo")
        asked = [database, self._user, key, model, method, list(positional), dict(named or {})]
        return self._call(what, "object", "execute_kw", asked)

    def _call(self, what: str, service: str, method: str, arguments: Sequence[Any]) -> Any:
        asked = {"service": service, "method": method, "args": list(arguments)}
        body = {"jsonrpc": "2.0", "method": "call", "params": asked, "id": next(self._numbers)}
        return self.transport.send(ApiCall(what, f"{self.address}/jsonrpc", "POST", json=body)).body.get(
            "result"
        )


_ALL: Final = {"context": {"active_test": False}}
"""Lost leads are archived: they are looked at as well."""


def connect(asked: SystemConfig, hosts: AllowedHosts, secret: SecretReader) -> Odoo:
    """The database `account` at `address`, as `user` with the API key odoo.token."""
    if not (asked.address and asked.account and asked.user):
        raise ConfigError(
            "It is not said which Odoo is meant.",
            code="no_address",
            hint="Write into leadlight.toml under [connect.odoo]: address, account (the database) and user.",
        )
    transport = Transport("Odoo", hosts, judge=judge, limits=limits_of(asked))
    return Odoo(transport, asked, asked.address.rstrip("/"), secret("odoo.token"))


def _plain(value: Any, name: str) -> Any:
    """Odoo says False for nothing, and a pair of id and name for what is elsewhere."""
    if value is False and name != "active":
        return None
    if isinstance(value, list):
        pair = len(value) == 2 and isinstance(value[1], str)
        return value[1] if pair else ", ".join(map(str, value)) or None
    return value


def _any_of(deliveries: Sequence[Delivery]) -> list[Any]:
    return [["id", "in", [int(each.id) for each in deliveries]]]


def _score(each: Delivery) -> dict[str, Any]:
    return {
        "x_leadlight_score": each.score,
        "x_leadlight_grade": each.grade,
        "x_leadlight_reasons": each.reasons,
        "x_leadlight_model": each.model,
        "x_leadlight_scored_at": iso(each.at).replace("T", " ").rstrip("Z"),
    }
