"""What one answer gives to the next request: the links of the description."""

from __future__ import annotations

from typing import Any, Final

ONE: Final = ("/v1/leads/{identity}", "get")
LIST: Final = ("/v1/leads", "get")
LINKS: Final[dict[tuple[str, str], dict[str, dict[str, Any]]]] = {
    LIST: {
        "best": {"to": ONE, "parameters": {"identity": "$response.body#/leads/0/id"}},
        "next": {"to": LIST, "parameters": {"cursor": "$response.body#/next"}},
        "erase": {
            "to": ("/v1/leads/{identity}", "delete"),
            "parameters": {"identity": "$response.body#/leads/0/id"},
        },
    },
    ("/v1/leads", "post"): {
        "taken": {"to": ONE, "parameters": {"identity": "$request.body#/leads/0/id"}},
    },
    ("/v1/models", "get"): {
        "promote": {
            "to": ("/v1/models/promote", "post"),
            "requestBody": {"model": "$response.body#/models/0/name"},
        },
        "compare": {
            "to": ("/v1/models/compare", "get"),
            "parameters": {"a": "$response.body#/models/0/name", "b": "$response.body#/models/1/name"},
        },
    },
    ("/v1/models/promote", "post"): {"rollback": {"to": ("/v1/models/rollback", "post")}},
}


def add(paths: dict[str, Any]) -> None:
    """Put the links where the answers are described that they begin at."""
    for (path, method), links in LINKS.items():
        paths[path][method]["responses"]["200"]["links"] = {
            name: _link(**each) for name, each in links.items()
        }


def _link(to: tuple[str, str], **more: Any) -> dict[str, Any]:
    path, method = to
    return {"operationRef": f"#/paths/{path.replace('/', '~1')}/{method}", **more}
