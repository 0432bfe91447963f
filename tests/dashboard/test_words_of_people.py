"""What people say against a score in the pages: disputes, from lead to Health, and a score set aside."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from leadlight.store import disputes, leads, overrides
from tests.dashboard.desk import Desk
from tests.dashboard.test_rights import signed

LEAD = "L-000042"


@pytest.fixture
def client(served: Desk) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address, timeout=60) as made:
        yield made


def test_a_dispute_is_said_shown_and_settled(served: Desk, client: httpx.Client) -> None:
    """Sales say it on the lead's page; a manager settles it on Health; both stand there."""
    said = {"act": "wrong", "why": "A competitor who looks around"}
    assert client.post(f"/lead/{LEAD}", data=said, headers=signed(served, "sales")).status_code == 303
    assert "Wrongly scored" in client.get(f"/lead/{LEAD}", headers=signed(served, "sales")).text
    client.post("/health", headers=signed(served, "manager"))
    page = client.get("/health", headers=signed(served, "manager")).text
    assert "A competitor who looks around" in page
    with served.store.reading() as connection:
        found = next(each for each in disputes.latest(connection) if each.id == LEAD)
    assert (found.kind, found.who, found.settled) == ("rule", "sales of the tests", None)
    settled = {"act": "settle", "number": str(found.number), "how": "kept out by a rule"}
    assert client.post("/health", data=settled, headers=signed(served, "manager")).status_code == 303
    with served.store.reading() as connection:
        found = next(each for each in disputes.latest(connection) if each.id == LEAD)
    assert found.settlement == "kept out by a rule"
    assert (
        "A competitor who looks around" not in client.get("/health", headers=signed(served, "manager")).text
    )


def test_a_dispute_without_a_word_is_refused(served: Desk, client: httpx.Client) -> None:
    for why in ("", "n" * 1_001):
        answer = client.post(
            f"/lead/{LEAD}", data={"act": "wrong", "why": why}, headers=signed(served, "sales")
        )
        assert answer.status_code == 422


def test_a_score_is_set_aside_and_counts_again(served: Desk, client: httpx.Client) -> None:
    """The word of a manager stands on the page and in the list until it is ended; both are in the trail."""
    manager = signed(served, "manager")
    said = {"act": "override", "score": "97", "why": "their director called us"}
    assert client.post(f"/lead/{LEAD}", data=said, headers=manager).status_code == 303
    page = client.get(f"/lead/{LEAD}", headers=manager).text
    assert "Set aside by manager of the tests" in page
    assert "their director called us" in page
    with served.store.reading() as connection:
        lead = leads.find(connection, LEAD)
        assert lead is not None
        assert overrides.standing(connection, [lead.number])[lead.number].probability == 0.97
    assert client.post(f"/lead/{LEAD}", data={"act": "override_end"}, headers=manager).status_code == 303
    assert "Set aside by" not in client.get(f"/lead/{LEAD}", headers=manager).text
    with served.store.reading() as connection:
        assert lead.number not in overrides.standing(connection, [lead.number])
        acts = (
            connection.exec_driver_sql("SELECT act FROM audit ORDER BY number DESC LIMIT 4").scalars().all()
        )
    assert [act for act in acts if "override" in act]
