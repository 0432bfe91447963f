"""Every route has a policy, and every policy holds for every kind of caller."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from leadlight.serve import openapi
from leadlight.serve.policy import scope_of
from leadlight.serve.score_route import PATH, SCOPE
from leadlight.store import secret
from tests.serve.homes import Called, calling

EXPECTED = {
    ("/healthz", "GET"): None,
    ("/readyz", "GET"): None,
    ("/metrics", "GET"): None,
    ("/v1/webhooks/hubspot", "POST"): None,
    ("/openapi.json", "GET"): "any",
    ("/login", "GET"): None,
    ("/login", "POST"): None,
    ("/link/{token}", "GET"): None,
    ("/link/{token}", "POST"): None,
    ("/account", "GET"): None,
    ("/logout", "POST"): None,
    ("/v1/score", "POST"): "score",
    ("/v1/leads", "POST"): "write",
    ("/v1/leads", "GET"): "read",
    ("/v1/leads/{identity}", "GET"): "read",
    ("/v1/events", "POST"): "write",
    ("/v1/contacts", "POST"): "write",
    ("/v1/outcomes", "POST"): "write",
    ("/v1/spend", "POST"): "write",
    ("/v1/leads/{identity}", "DELETE"): "admin",
    ("/v1/plan", "POST"): "read",
    ("/v1/today", "GET"): "read",
    ("/v1/insight/channels", "GET"): "read",
    ("/v1/insight/accounts", "GET"): "read",
    ("/v1/insight/engagement", "GET"): "read",
    ("/v1/insight/segments", "GET"): "read",
    ("/v1/insight/followup", "GET"): "read",
    ("/v1/insight/advice", "GET"): "read",
    ("/v1/people/find", "POST"): "admin",
    ("/v1/people/export", "POST"): "admin",
    ("/v1/people/suppress", "POST"): "admin",
    ("/v1/models", "GET"): "read",
    ("/v1/models/compare", "GET"): "read",
    ("/v1/models/verdict", "GET"): "read",
    ("/v1/models/promote", "POST"): "admin",
    ("/v1/models/rollback", "POST"): "admin",
    ("/v1/watch", "GET"): "read",
    ("/v1/watch", "POST"): "admin",
    ("/v1/disputes", "GET"): "read",
    ("/v1/disputes", "POST"): "write",
    ("/v1/list", "GET"): "read",
    ("/v1/explain", "GET"): "read",
    ("/v1/stream", "GET"): "admin",
    ("/v1/connections", "GET"): "admin",
    ("/v1/users", "GET"): "admin",
    ("/v1/keys", "GET"): "admin",
    ("/v1/audit", "GET"): "admin",
    ("/v1/views", "GET"): "read",
    ("/v1/views", "POST"): "admin",
    ("/v1/views/{number}", "DELETE"): "admin",
}
"""What each route asks for, said a second time, so that a change of a policy is one on purpose."""


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Called]:
    with calling(tmp_path_factory.mktemp("policies") / "home") as made:
        yield made


def test_every_route_asks_for_what_it_should(called: Called) -> None:
    application = called.client.app.inner
    found = {(route.path_format, method): scope_of(route) for route, method in openapi.routes(application)}
    assert found | {(PATH, "POST"): SCOPE} == EXPECTED


def test_a_route_without_a_policy_cannot_be_described() -> None:
    application = FastAPI(openapi_url=None)

    async def reached() -> str:
        return ""

    application.add_api_route("/open", reached)
    with pytest.raises(ValueError):
        openapi.document(application, None)


CALLERS = (None, "unknown", *secret.SCOPES)


@pytest.mark.parametrize(("path", "method"), EXPECTED)
@pytest.mark.parametrize("caller", CALLERS)
def test_route_by_caller(called: Called, path: str, method: str, caller: str | None) -> None:
    wanted = EXPECTED[path, method]
    answer = called.client.request(
        method, path.format(identity="a", token="a", number=1), headers=headers(called, caller)
    )
    status = answer.status_code
    if wanted is None or (caller in secret.SCOPES and wanted in ("any", caller, None)) or caller == "admin":
        assert status != 401
        assert status != 403 or answer.json()["code"] == "form"
    elif caller in secret.SCOPES:
        assert (status, answer.json()["code"]) == (403, "scope")
    else:
        assert status == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def headers(called: Called, caller: str | None) -> dict[str, Any]:
    if caller is None:
        return {}
    if caller == "unknown":
        return {"Authorization": f"Bearer {secret.make('a')}"}
    return called.made.headers(caller)


def test_a_revoked_key_opens_nothing(tmp_path: Path) -> None:
    from leadlight.serve.store_poll import StorePoll
    from leadlight.store import keys

    with calling(tmp_path / "home") as made:
        with made.made.store.writing() as connection:
            for key in keys.valid_keys(connection):
                keys.revoke(connection, key, 1.0)
        StorePoll(made.state, made.made.store).look()
        for (path, method), wanted in EXPECTED.items():
            answer = made.client.request(method, path, headers=made.made.headers("admin"))
            assert (answer.status_code == 401) == (wanted is not None)
