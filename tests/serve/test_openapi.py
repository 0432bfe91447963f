"""The description and the service agree, whatever is sent; nothing breaks and nothing is echoed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from leadlight.serve import openapi
from leadlight.serve.application import build
from tests.model.trained import bundle
from tests.serve.homes import Called, calling
from tests.serve.running import HOST, leads, listening

CASES = 20_000


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Called]:
    with calling(tmp_path_factory.mktemp("openapi") / "home") as made:
        made.told("POST", "/v1/leads", body={"leads": leads(20)})
        made.settle()
        yield made


@pytest.fixture(scope="module")
def address(called: Called) -> Iterator[str]:
    """The same home on a port: what is generated comes through a real connection."""
    with listening(build(called.state)) as port:
        yield f"{HOST}:{port}"


@pytest.fixture(scope="module")
def described(called: Called) -> dict[str, Any]:
    found: dict[str, Any] = called.told("GET", "/openapi.json", "score")
    return found


def test_the_examples_are_made_from_the_model_in_service(called: Called, described: dict[str, Any]) -> None:
    score = described["paths"]["/v1/score"]["post"]
    sent = score["requestBody"]["content"]["application/json"]["example"]
    said = score["responses"]["200"]["content"]["application/json"]["example"]
    assert called.told("POST", "/v1/score", "score", sent) == said
    assert said["model"] == bundle().name
    assert set(sent["leads"][0]) <= {column.name for column in bundle().scorer.schema.needed}
    properties = described["components"]["schemas"]["Lead"]["properties"]
    assert set(properties) == {column.name for column in bundle().scorer.schema.needed}


BODILESS = ("/rollback", "/watch", "/hubspot")
"""They need no body, or one that another system describes."""
OPEN = ("/healthz", "/readyz", "/metrics", "/v1/webhooks/hubspot")
"""Without a key; the webhook is signed."""


def test_every_route_is_described_with_its_policy(called: Called, described: dict[str, Any]) -> None:
    found = openapi.routes(called.client.app.inner)
    routes = {(route.path_format, method) for route, method in found if route.include_in_schema}
    told = {(path, method.upper()) for path, each in described["paths"].items() for method in each}
    assert told == routes | {("/v1/score", "POST")}
    for path, operations in described["paths"].items():
        assert "post" not in operations or "requestBody" in operations["post"] or path.endswith(BODILESS)
        for operation in operations.values():
            is_open = path in OPEN
            assert operation["security"] == ([] if is_open else [{"key": []}])
            assert operation["summary"]


@pytest.mark.filterwarnings("ignore")
def test_whatever_is_sent_is_answered_as_described(
    called: Called, described: dict[str, Any], address: str, count: Callable[[int], int], record_property: Any
) -> None:
    """Every operation, what fits its description and what does not; all of schemathesis' checks but one.

    The description is narrower than what is taken (any text that the reader of files would take as a number
    or a date, for one), so that what does not fit it need not be refused; `test_bodies` says what has to be.
    """
    schema = schemathesis.openapi.from_dict(described)
    schema.config.update(base_url=address)
    operations = [found.ok() for found in schema.get_all_operations()]
    each = max(3, count(CASES) // len(operations))
    sent = 0
    for operation in operations:
        for mode in schemathesis.GenerationMode:
            sent += run(operation, mode, max(2, each // 2), called.made.headers("admin"))
    record_property("cases", sent)
    assert sent >= len(operations) * 2


def run(operation: Any, mode: Any, examples: int, headers: dict[str, str]) -> int:
    """How many were sent; none where a route takes nothing that could be wrong."""
    sent = []
    excluded = [negative_data_rejection]
    if mode == schemathesis.GenerationMode.NEGATIVE:
        excluded.append(positive_data_acceptance)

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def check(case: Any) -> None:
        answer = case.call_and_validate(headers=headers, timeout=30, excluded_checks=excluded)
        sent.append(answer.status_code)
        assert answer.status_code < 500

    with contextlib.suppress(Unsatisfiable):
        check()
    return len(sent)


@pytest.mark.filterwarnings("ignore")
def test_what_is_sent_one_after_the_other_is_answered_as_described(
    called: Called, described: dict[str, Any], address: str, count: Callable[[int], int], record_property: Any
) -> None:
    """What one answer gives goes into the next request: ids, models, cursors."""
    schema = schemathesis.openapi.from_dict(described)
    schema.config.update(base_url=address)
    sent: list[int] = []

    class Sequence(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": called.made.headers("admin"), "timeout": 30}

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            sent.append(response.status_code)
            assert response.status_code < 500
            excluded = [negative_data_rejection, positive_data_acceptance]
            case.validate_response(response, excluded_checks=excluded)

    steps = 10
    Sequence.run(
        settings=settings(
            max_examples=max(3, count(CASES) // steps // 10),
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        )
    )
    record_property("sequenced", len(sent))
    assert len(sent) > steps
