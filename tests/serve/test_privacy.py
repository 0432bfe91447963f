"""Planted personal values, sent through every route, right and wrong, are in no log, metric or problem."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.serve.homes import Called, calling

CANARIES = [f"zq{k:03d}canary" for k in range(200)]


def sent(canary: str) -> dict[str, object]:
    """A lead whose every personal field is the canary."""
    fields = ("Name", "E-mail", "Phone", "Job Title", "Country", "Owner", "Lead Source", "Campaign")
    return {"id": f"id-{canary}", **{name: f"{canary} {name}" for name in fields}}


def routes(made: Called, canary: str) -> list[Any]:
    """The answers to requests that are refused, each with the canary somewhere."""
    lead = sent(canary)
    wrong = [
        ("POST", "/v1/score", "score", {"leads": [{**lead, "Visits": canary}]}),
        ("POST", "/v1/score", "score", {"leads": [{**lead, "Visits": {canary: canary}}]}),
        ("POST", "/v1/score", "score", {"leads": canary}),
        ("POST", "/v1/leads", "write", {"leads": [{"Name": canary}]}),
        ("POST", "/v1/leads", "write", {"leads": [lead, lead]}),
        ("POST", "/v1/leads", "write", {"leads": [{"id": canary, "Name": [canary]}]}),
        ("POST", "/v1/events", "write", {"events": [{"id": canary, "name": canary}]}),
        ("POST", "/v1/outcomes", "write", {"outcomes": [{"id": canary, "outcome": "won", "at": canary}]}),
        ("POST", "/v1/spend", "write", {"spend": [{"channel": canary, "day": canary, "amount": 1}]}),
        ("POST", "/v1/models/promote", "admin", {"model": canary}),
        ("GET", f"/v1/leads/{quote(canary)}", "read", None),
        ("GET", f"/v1/leads?cursor={canary}&limit={canary}", "read", None),
        ("GET", f"/nowhere/{canary}?{canary}={canary}", "read", None),
        ("POST", "/v1/leads", "read", {"leads": [lead]}),
    ]
    return [made.send(method, path, scope, body) for method, path, scope, body in wrong]


def test_37_no_planted_value_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with calling(tmp_path / "home") as made, caplog.at_level(logging.DEBUG, "leadlight"):
        told = []
        for start in range(0, len(CANARIES), 20):
            some = [sent(canary) for canary in CANARIES[start : start + 20]]
            told.append(made.send("POST", "/v1/leads", body={"leads": some}))
            assert made.told("POST", "/v1/score", "score", {"leads": some})["results"]
        for canary in CANARIES:
            refused = routes(made, canary)
            statuses = [answer.status_code for answer in refused]
            assert all(400 <= status < 500 for status in statuses), statuses
            told += refused
        made.settle()
        made.state.journal.flush()
        texts = [answer.text for answer in told]
        texts += [json.dumps(dict(answer.headers)) for answer in told]
        texts += [made.log.getvalue(), made.client.get("/metrics").text, *capfd.readouterr()]
        texts += [record.getMessage() for record in caplog.records if record.name.startswith("leadlight")]
    everything = "\n".join(texts)
    assert len(everything) > 100_000
    assert "canary" not in everything
