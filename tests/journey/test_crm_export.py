"""An export of a CRM with five stages, four in ten leads open: it trains, scores and lists as it should."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from leadlight.model.bundle import Bundle
from tests.cli.calls import call
from tests.worlds import Export, crm_export

ROWS = 3_000


@pytest.fixture(scope="module", params=["plain", "hubspot"])
def export(request: pytest.FixtureRequest) -> Export:
    return crm_export(11, request.param, ROWS)


def meanings(export: Export) -> list[str]:
    said = {"--positive": export.positives, "--negative": export.negatives, "--open": export.opens}
    return [word for flag, values in said.items() for value in values for word in (flag, value)]


def test_from_the_export_to_the_list(export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    export.frame.write_csv("export.csv")

    asked = call("train", "export.csv", "--target", export.target)
    assert (asked.code, asked.error) == (2, "which_values")

    answer = call("train", "export.csv", "--target", export.target, *meanings(export), "--json")
    assert answer.code == 0, answer.err
    found = answer.json
    rows = found["rows"]
    assert rows["in"] == rows["used"] + rows["open"] + rows["duplicates"] + rows["rejected"] == ROWS
    assert 0.35 * ROWS < rows["open"] < 0.45 * ROWS
    assert found["split"]["by"] == "time"
    assert found["test"]["auc"] > 0.7

    schema = Bundle.load("model.leadlight").scorer.schema
    assert schema.name_of("id") == export.identity
    assert schema.name_of("time") == export.time
    roles = {column.name: column.role for column in schema.columns}
    assert [roles[name] for name in roles if "mail" in name.lower() and roles[name] == "personal"]
    assert {"personal", "consent", "owner", "target"} <= set(roles.values())
    comma = schema[export.comma_column]
    assert (comma.kind, comma.decimal, comma.thousands) == ("number", ",", ".")

    assert call("score", "model.leadlight", "export.csv", "--reasons", "3").code == 0
    scores = pl.read_csv("export.scored.csv", infer_schema=False)
    assert scores[export.identity].to_list() == export.frame[export.identity].to_list()
    truth = export.truth.sort(export.identity)["Probability"]
    shown = scores.sort(export.identity)["probability"].cast(pl.Float64)
    assert pl.DataFrame({"a": truth, "b": shown}).select(pl.corr("a", "b", method="spearman")).item() > 0.75

    listed = call("plan", "model.leadlight", "export.csv", "--callers", "5", "-o", "list.csv", "--json").json
    calls = pl.read_csv("list.csv", infer_schema=False)
    assert set(calls[export.target]) <= set(export.opens)
    assert calls.height == listed["counts"]["listed"]
    assert listed["counts"]["suppressed"] > 0
    forbidden = next(name for name in roles if roles[name] == "consent" and "call" in name.lower())
    assert set(calls[forbidden]) == {"No"}
    counts = calls["caller"].value_counts()["count"]
    assert counts.max() - counts.min() <= 1

    judged = call("evaluate", "model.leadlight", "export.csv", "--json").json
    assert judged["counts"]["open"] == rows["open"]
