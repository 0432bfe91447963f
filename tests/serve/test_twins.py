"""What the pages of lists, of one lead and of admins show, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serve.homes import Called, calling
from tests.serve.running import leads


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Called]:
    with calling(tmp_path_factory.mktemp("twins") / "home") as made:
        made.told("POST", "/v1/leads", body={"leads": leads(30)})
        made.settle()
        yield made


def test_the_list_is_filtered_sorted_and_paged(called: Called) -> None:
    whole = called.told("GET", "/v1/list?status=all&size=100", "read")
    assert whole["total"] == sum(whole["grades"].values()) == len(whole["leads"]) == 30
    scores = [each["score"]["score"] for each in whole["leads"]]
    assert scores == sorted(scores, reverse=True)
    rising = called.told("GET", "/v1/list?status=all&sort=score-up&start=10&size=5", "read")["leads"]
    assert [each["id"] for each in rising] == [each["id"] for each in whole["leads"]][::-1][10:15]
    one = whole["leads"][3]
    found = (
        called.told("GET", "/v1/list", "read", None)
        and called.client.get(
            "/v1/list",
            params={"status": "all", "search": one["id"]},
            headers=called.made.headers("read"),
        ).json()
    )
    assert one["id"] in [each["id"] for each in found["leads"]]
    grade = one["score"]["grade"]
    alike = called.told("GET", f"/v1/list?status=all&size=100&grade={grade}", "read")
    assert alike["total"] == whole["grades"][grade]
    assert called.send("GET", "/v1/list?sort=secret-up", "read").status_code == 422


def test_a_score_is_taken_apart(called: Called) -> None:
    one = called.told("GET", "/v1/list?status=all", "read")["leads"][0]
    found = called.told("GET", f"/v1/explain?id={one['id']}", "read")
    assert found["score"] == one["score"]["score"]
    odds = found["base_odds"]
    for reason in found["reasons"]:
        odds *= reason["odds"]
    assert odds == pytest.approx(found["probability"] / (1 - found["probability"]), rel=0.05)
    assert called.send("GET", "/v1/explain?id=nobody", "read").status_code == 404


def test_admins_see_stream_connections_people_keys_and_the_trail(called: Called) -> None:
    assert called.told("GET", "/v1/stream", "admin")["lag"] == 0
    assert called.told("GET", "/v1/connections", "admin") == {"connections": []}
    assert called.told("GET", "/v1/users", "admin") == {"users": []}
    keys = called.told("GET", "/v1/keys", "admin")["keys"]
    assert {each["name"] for each in keys} >= {"read", "write", "admin"}
    assert not {"hash", "key"} & {name for each in keys for name in each}
    trail = called.told("GET", "/v1/audit?limit=5", "admin")
    assert trail["sound"]
    assert "promote" in [each["act"] for each in trail["acts"]]


def test_the_verdict_and_the_health_are_those_of_the_pages(called: Called) -> None:
    found = called.told("GET", "/v1/models/verdict", "read")
    assert found["model"] == called.state.serving.name  # type: ignore[union-attr]
    assert found["sentences"]
    assert found["auc"]["auc"] > 0.5
    assert found["chosen"] in [each["name"] for each in found["candidates"]]
    health = called.told("GET", "/v1/watch", "read")
    assert (health["alarms"], health["last"], health["looks"], health["changes"]) == ([], None, [], [])
