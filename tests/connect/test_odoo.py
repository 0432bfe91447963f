"""Odoo in and out over JSON-RPC, through the command and into a real home."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calls import call
from tests.connect.standin import Answer, Asked, Standin, running
from tests.connect.test_hubspot import everything, opened

SYNC = ("sync", "odoo://leads")
KEY = "a5c9-odoo-key"
WON = 4


def written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


@dataclass
class Database:
    """An Odoo as its external API is documented: 200 for every answer, False for nothing, pairs for links."""

    leads: dict[int, dict[str, Any]] = field(default_factory=dict)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    key: str = KEY

    def put(self, identity: int, at: float | None = None, **said: Any) -> None:
        moment = written(time.time() if at is None else at)
        kept = self.leads.setdefault(identity, {"id": identity, "create_date": moment, "active": True})
        kept |= said | {"write_date": moment}
        self.fields |= {name: {"type": "char"} for name in kept if name not in self.fields}

    def __call__(self, asked: Asked) -> Answer:
        said = asked.json["params"]
        if said["service"] == "common":
            return self._result(asked, 2 if said["args"][2] == self.key else False)
        _, _, key, model, method, positional, named = said["args"]
        if key != self.key:
            return self._error(asked, "odoo.exceptions.AccessDenied")
        if model == "crm.stage":
            return self._result(asked, [WON])
        if model == "ir.model":
            return self._result(asked, [77])
        if model == "ir.model.fields":
            self.fields[positional[0][0]["name"]] = {"type": positional[0][0]["ttype"]}
            return self._result(asked, [1])
        return self._lead(asked, method, positional, named)

    def _lead(self, asked: Asked, method: str, positional: list[Any], named: dict[str, Any]) -> Answer:
        if method == "fields_get":
            return self._result(asked, self.fields)
        if method == "write":
            (identity,), said = positional
            unknown = said.keys() - self.fields.keys()
            if unknown:
                return self._error(asked, "builtins.ValueError")
            self.put(identity, **said)
            return self._result(asked, True)
        assert named["context"] == {"active_test": False}
        if method == "search":
            return self._result(asked, [each for each in positional[0][0][2] if each in self.leads])
        rows = sorted(self.leads.values(), key=lambda row: (row["write_date"], row["id"]))
        if positional[0]:
            since, after = positional[0][1][2], positional[0][4][2]
            rows = [row for row in rows if (row["write_date"], row["id"]) > (since, after)]
        shown = [{name: row.get(name, False) for name in [*named["fields"], "id"]} for row in rows]
        return self._result(asked, shown[: named["limit"]])

    def _result(self, asked: Asked, result: Any) -> Answer:
        return Answer(200, {"jsonrpc": "2.0", "id": asked.json["id"], "result": result})

    def _error(self, asked: Asked, name: str) -> Answer:
        problem = {"code": 200, "message": "secret-value", "data": {"name": name, "debug": "secret-value"}}
        return Answer(200, {"jsonrpc": "2.0", "id": asked.json["id"], "error": problem})


@pytest.fixture
def database() -> Database:
    made = Database()
    for number in range(1, 241):
        won, lost = number % 3 == 0, number % 3 == 1
        said: dict[str, Any] = {"stage_id": [WON, "Won"] if won else [1, "New"], "probability": 100.0 * won}
        said |= {"active": not lost, "email_from": f"p{number}@example.org", "name": f"Deal {number}"}
        said["source_id"] = [3, "Fair"] if won and number % 5 else [5, "Search"]
        made.put(number, 1_700_000_000.0 + number // 5, x_size=number % 4, phone=False, **said)
    return made


@pytest.fixture
def standin(database: Database) -> Iterator[Standin]:
    with running(database) as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, standin: Standin, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEADLIGHT_ODOO_TOKEN", KEY)
    place = tmp_path / "home"
    assert call("init", "--home", place).code == 0
    (place / "leadlight.toml").write_text(
        f'[connect]\nprivate = ["{standin.host}"]\n[connect.odoo]\naddress = "{standin.address}"\n'
        'account = "acme"\nuser = "ann@example.org"\n'
    )
    return place


def sync(home: Path, *more: str) -> Any:
    answer = call(*SYNC, "--home", home, "--json", *more)
    assert answer.code == 0, answer.err
    return answer.json


def test_everything_comes_once_and_then_what_changed(home: Path, database: Database) -> None:
    sync(home)
    found = everything(home)
    assert found.keys() == {str(each) for each in database.leads}
    assert [found[each]["outcome"] for each in ("3", "4", "5")] == ["won", "lost", "lost"]
    assert found["6"]["source_id"] == "Fair"
    assert "phone" not in found["6"]
    database.put(8, x_size=99)
    database.put(900, email_from="new@example.org", stage_id=[1, "New"])
    told = sync(home)["rows"]
    assert (told["new"], told["changed"]) == (1, 1)
    assert everything(home)["900"]["outcome"] == "open"


@pytest.mark.parametrize(
    "fault",
    [
        Answer(502),
        Answer(200, {"error": {"data": {"name": "psycopg2.errors.SerializationFailure"}}}),
        Answer(drop=True),
        Answer(200, {"result": []}, cut=5),
    ],
    ids=["502", "busy-in-200", "dropped", "cut"],
)
def test_a_fault_on_the_way_changes_nothing(
    home: Path, standin: Standin, database: Database, fault: Answer
) -> None:
    standin.faults.extend([None, fault, None, fault])
    sync(home)
    assert len(everything(home)) == len(database.leads)


def test_a_wrong_key_is_told_and_not_shown(home: Path, database: Database) -> None:
    database.key = "another"
    answer = call(*SYNC, "--home", home)
    assert (answer.code, answer.error) == (2, "unauthorized")
    assert KEY not in answer.err + answer.out
    assert "secret-value" not in answer.err + answer.out


def test_scores_come_back(home: Path, database: Database, tmp_path: Path) -> None:
    sync(home)
    learnt = call(
        *("train", "--home", home, "--models", "logistic", "--folds", "3", "--test", "random"),
        *("--accept", "calls_nobody", "--accept", "no_better_than_chance", "-o", tmp_path / "m.leadlight"),
    )
    assert learnt.code == 0, learnt.err
    assert call("promote", tmp_path / "m.leadlight", "--home", home).code == 0
    assert call(*SYNC, "--home", home, "--setup", "--yes").code == 0
    assert sync(home)["written_back"]["sent"] == 240
    store = opened(home)
    with store.reading() as connection:
        query = "SELECT leads.id, probability FROM current JOIN leads ON leads.number = current.lead"
        rows = connection.exec_driver_sql(query).all()
    store.close()
    for identity, probability in rows:
        assert database.leads[int(identity)]["x_leadlight_score"] == round(100 * probability, 1)
    assert sync(home)["written_back"]["sent"] == 0
