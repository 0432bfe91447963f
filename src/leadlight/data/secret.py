"""A token or password that nothing shows: not a print, not an error, not a dump of what holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MASK: Final = "********"


@dataclass(frozen=True)
class Secret:
    """A text that only `reveal` gives away."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        return self._text

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __bool__(self) -> bool:
        return bool(self._text)
