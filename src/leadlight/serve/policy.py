"""What a caller must be allowed to do for a route; every route has one of these."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends, Request

from leadlight.errors import RequestError
from leadlight.serve.gate import ANY, KeyHolder
from leadlight.serve.state import State


@dataclass(frozen=True)
class PolicyRequest:
    """The scope that a route needs; open to everyone where there is none."""

    scope: str | None

    async def __call__(self, request: Request) -> None:
        if self.scope is None:
            return
        state: State = request.app.state.leadlight
        caller = state.gate.admit(request.headers.get("authorization", "").encode("latin-1"), self.scope)
        check_query(
            request.query_params, (each.alias for each in request.scope["route"].dependant.query_params)
        )
        request.state.caller = caller
        if answer := request.scope.get("answer"):
            answer.noted["caller"] = caller.name

    @staticmethod
    def any_key() -> Any:
        return Depends(PolicyRequest(ANY))

    @staticmethod
    def none() -> Any:
        return Depends(PolicyRequest(None))

    @staticmethod
    def needs(scope: str) -> Any:
        return Depends(PolicyRequest(scope))


_NAME: Final = re.compile("[A-Za-z_]{1,40}")


def check_query(given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse what would be passed over in silence; a name that is not plain may be a value."""
    names = list(known)
    for name in given:
        if name not in names:
            told = f"parameter {name!r}" if _NAME.fullmatch(name) else "parameter"
            raise RequestError(
                422,
                f"The {told} in the query means nothing here.",
                code="parameter",
                hint=f"This route takes {', '.join(names) or 'none'}.",
            )


def scope_of(route: Any) -> str | None:
    """The scope that a route needs; a route that says nothing is a mistake of ours."""
    (policy,) = [each.dependency for each in route.dependencies if isinstance(each.dependency, PolicyRequest)]
    scope: str | None = policy.scope
    return scope


def caller_of(request: Request) -> KeyHolder:
    """Who was admitted."""
    caller: KeyHolder = request.state.caller
    return caller
