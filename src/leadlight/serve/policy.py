"""What a caller must be allowed to do for a route; every route has one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request

from leadlight.serve.gate import ANY, Caller
from leadlight.serve.state import State


@dataclass(frozen=True)
class Policy:
    """The scope that a route needs; open to everyone where there is none."""

    scope: str | None

    async def __call__(self, request: Request) -> None:
        if self.scope is None:
            return
        state: State = request.app.state.leadlight
        caller = state.gate.admit(request.headers.get("authorization", "").encode("latin-1"), self.scope)
        request.state.caller = caller
        if answer := request.scope.get("answer"):
            answer.noted["caller"] = caller.name

    @staticmethod
    def any_key() -> Any:
        return Depends(Policy(ANY))

    @staticmethod
    def none() -> Any:
        return Depends(Policy(None))

    @staticmethod
    def needs(scope: str) -> Any:
        return Depends(Policy(scope))


def scope_of(route: Any) -> str | None:
    """The scope that a route needs; a route that says nothing is a mistake of ours."""
    (policy,) = [each.dependency for each in route.dependencies if isinstance(each.dependency, Policy)]
    scope: str | None = policy.scope
    return scope


def caller_of(request: Request) -> Caller:
    """Who was admitted."""
    caller: Caller = request.state.caller
    return caller
