"""The description of the service: each route with its policy, bodies as they are checked, examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from leadlight.data.schema import Column
from leadlight.serve import lead_events, links, scoring, shapes
from leadlight.serve.policy import scope_of
from leadlight.serve.problem import MEDIA_TYPE
from leadlight.serve.score_route import PATH, SCOPE
from leadlight.serve.serving import Serving
from leadlight.serve.shapes import DATE, NO_NUL

REFERENCE: Final = "#/components/schemas/{name}"
SHAPES: Final = (
    shapes.LeadsBody,
    shapes.Events,
    shapes.Contacts,
    shapes.Outcomes,
    shapes.Spend,
    shapes.Promotion,
    shapes.DisputeBody,
    shapes.ViewBody,
    shapes.PlanBody,
    shapes.PersonBody,
    shapes.Objection,
)
LARGEST: Final = 1e15
VISIBLE: Final = "[^ \\t\\n\\r\\f\\v\\u00a0\\u2007\\u202f]"
SCALAR: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "maxLength": 1_000, "pattern": NO_NUL},
        {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
        {"type": "boolean"},
        {"type": "null"},
    ]
}
TYPED: Final[dict[str, dict[str, Any]]] = {
    "number": {
        "anyOf": [
            {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
            {"type": "string", "pattern": "^-?[0-9]{1,15}$"},
            {"type": "null"},
        ]
    },
    "date": {"anyOf": [{"type": "string", "pattern": DATE}, {"type": "null"}]},
}


def described(shape: type[shapes.Shape]) -> dict[str, Any]:
    """What a route says of its body."""
    schema = {"$ref": REFERENCE.format(name=shape.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def document(app: FastAPI, serving: Serving | None) -> dict[str, Any]:
    """The whole description, with examples made from the model in service."""
    made = get_openapi(title=app.title, version=app.version, routes=app.routes, description=_ABOUT)
    _, components = msgspec.json.schema_components(SHAPES, ref_template=REFERENCE)
    made["paths"][PATH] = {"post": _score(serving)}
    made["components"] = {
        "schemas": {**components, "Lead": _lead(serving), "Problem": _problem()},
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    }
    components["LeadsBody"]["properties"]["leads"]["items"] = _kept_lead(serving)
    if serving is not None and serving.bundle.target.words:
        words = list(serving.bundle.target.words)
        components["Outcome"]["properties"]["outcome"] = {"type": "string", "enum": words}
    for name in ("PersonBody", "Objection"):
        components[name]["properties"] |= _HANDLES
        components[name]["anyOf"] = [{"required": [kind]} for kind in _HANDLES]
    components["Event"]["properties"]["properties"] = {"type": "object", **_NAMED}
    scopes = {(route.path_format, method.lower()): scope_of(route) for route, method in routes(app)}
    scopes[PATH, "post"] = SCOPE
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _finish(operation, scopes[path, method])
    links.add(made["paths"])
    return made


_ABOUT: Final = "Scores of leads at the moment they are needed. Every problem is an RFC 9457 document."


def routes(app: FastAPI) -> Iterator[tuple[Any, str]]:
    """Each route of ours with each of its methods."""
    for route in _flat(app.routes):
        for method in sorted(getattr(route, "methods", None) or ()):
            yield route, method


def _flat(found: Any) -> Iterator[Any]:
    """Routes, those of included routers too."""
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from _flat(inner.routes)


def _finish(operation: dict[str, Any], scope: str | None) -> None:
    problem = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(name="Problem")}}}
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {"description": "A problem, told without values", "content": problem}
    operation["security"] = [] if scope is None else [{"key": []}]
    if scope is not None:
        operation["description"] = f"Needs a key with the scope `{scope}`."


def _score(serving: Serving | None) -> dict[str, Any]:
    body = {
        "type": "object",
        "required": ["leads"],
        "additionalProperties": False,
        "properties": {
            "leads": {
                "type": "array",
                "minItems": 1,
                "maxItems": scoring.MOST_LEADS,
                "items": {"$ref": REFERENCE.format(name="Lead")},
            },
            "reasons": {"type": "integer", "minimum": 0, "maximum": scoring.MOST_REASONS, "default": 3},
            "at": {"anyOf": [{"type": "string", "pattern": DATE}, {"type": "null"}]},
        },
    }
    content: dict[str, Any] = {"schema": body}
    answer: dict[str, Any] = {"schema": _scores()}
    if serving is not None:
        content["example"], answer["example"] = _example(serving)
    return {
        "summary": "Score leads; nothing is kept",
        "operationId": "score",
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {"200": {"description": "In the order sent", "content": {"application/json": answer}}},
    }


def _example(serving: Serving) -> tuple[dict[str, Any], dict[str, Any]]:
    """A made-up lead of the bundle's own test, and what it really scores."""
    rows = serving.bundle.selftest["rows"]
    made = _event_columns(serving)
    row = rows[len(rows) // 2].items()
    lead = {name: value for name, value in row if value is not None and name not in made}
    body: dict[str, Any] = {"leads": [lead], "reasons": 3}
    if serving.bundle.events is not None and serving.bundle.events.types:
        lead["events"] = [{"type": serving.bundle.events.types[0].name, "time": "2026-03-30T09:00Z"}]
        body["at"] = "2026-03-31T09:00Z"
    asked = scoring.ScoreRequest.of(body)
    seen = lead_events.with_events(serving, asked.leads, None, asked.at or 0.0)
    found = scoring.answer_one(serving, replace(asked, leads=seen))
    return body, {"model": serving.name, "results": [found]}


def _event_columns(serving: Serving | None) -> frozenset[str]:
    """Columns that nobody sends, since they are made of events."""
    asked = None if serving is None else serving.bundle.events
    return frozenset(() if asked is None else asked.columns)


def _scores() -> dict[str, Any]:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    reason = {
        "type": "object",
        "required": ["column", "value", "odds", "text"],
        "properties": {name: {"type": "string"} for name in ("column", "value", "text")}
        | {"odds": {"type": "number", "exclusiveMinimum": 0}},
    }
    scored = {
        "type": "object",
        "required": ["id", "score", "probability", "low", "high", "grade", "call", "reasons", "warnings"],
        "properties": {
            "id": {"type": ["string", "null"]},
            "score": {"type": "number", "minimum": 0, "maximum": 100},
            **dict.fromkeys(("probability", "low", "high"), share),
            "grade": {"type": "string"},
            "call": {"type": "boolean"},
            "reasons": {"type": "array", "items": reason},
            "warnings": {"type": "array", "items": {"type": "object", "required": ["code", "columns"]}},
        },
    }
    refused = {
        "type": "object",
        "required": ["id", "error"],
        "properties": {
            "id": {"type": ["string", "null"]},
            "error": {"$ref": REFERENCE.format(name="Problem")},
        },
    }
    results = {"type": "array", "minItems": 1, "items": {"anyOf": [scored, refused]}}
    return {
        "type": "object",
        "required": ["model", "results"],
        "properties": {"model": {"type": "string"}, "results": results},
    }


def _lead(serving: Serving | None) -> dict[str, Any]:
    """The columns that the model in service looks at; others may be sent as well."""
    needed = () if serving is None else serving.bundle.scorer.schema.needed
    made = _event_columns(serving)
    properties = {column.name: _field(column) for column in needed if column.name not in made}
    if made:
        properties["events"] = _EVENTS
    return {"type": "object", "properties": properties, "additionalProperties": SCALAR}


_EVENTS: Final[dict[str, Any]] = {
    "type": "array",
    "maxItems": 100,
    "description": "What the lead did; where they are absent, those that the home holds count.",
    "items": {
        "type": "object",
        "required": ["type", "time"],
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": VISIBLE},
            "time": {"type": "string", "pattern": DATE},
            "known_at": {"type": "string", "pattern": DATE},
        },
    },
}


def _field(column: Column) -> dict[str, Any]:
    return TYPED.get(column.kind, SCALAR)


def _kept_lead(serving: Serving | None) -> dict[str, Any]:
    identity = (serving.reader.id if serving is not None else None) or "id"
    text = {"type": "string", "maxLength": 1_000, "allOf": [{"pattern": VISIBLE}, {"pattern": NO_NUL}]}
    known = {"anyOf": [text, {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST}]}
    return {
        "type": "object",
        "anyOf": [{"required": [identity], "properties": {identity: known}}, _by_id(identity, known)],
        **_NAMED,
    }


_NAMED: Final[dict[str, Any]] = {
    "propertyNames": {"minLength": 1, "maxLength": shapes.LONGEST_NAME, "pattern": NO_NUL},
    "additionalProperties": SCALAR,
}


_HANDLES: Final[dict[str, Any]] = {
    "id": {"type": "string", "maxLength": 1_000, "allOf": [{"pattern": VISIBLE}, {"pattern": NO_NUL}]},
    "email": {"type": "string", "pattern": "^[a-z0-9.]{1,60}@[a-z0-9.]{1,60}$"},
    "phone": {"type": "string", "pattern": "^[+]?[1-9][0-9]{7,14}$"},
}


def _by_id(identity: str, known: dict[str, Any]) -> dict[str, Any]:
    """A lead that has no column of ids."""
    return {"required": ["id"], "properties": {"id": known}, "not": {"required": [identity]}} | (
        {} if identity != "id" else {"not": {}}
    )


def _problem() -> dict[str, Any]:
    texts = ("type", "title", "code", "detail", "pointer", "next_step", "request_id")
    return {
        "type": "object",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {name: {"type": "string"} for name in texts} | {"status": {"type": "integer"}},
    }
