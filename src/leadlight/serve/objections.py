"""The refusal of somebody who must not be scored."""

from __future__ import annotations

from leadlight.errors import RequestError
from leadlight.serve.problem import pointer


def refusal(place: int) -> RequestError:
    return RequestError(
        403,
        "This person must not be scored.",
        code="objected",
        where=pointer("leads", place),
        hint="They objected, or asked to be forgotten: leadlight db find --help",
    )
