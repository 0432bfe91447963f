"""The words of an expression, and errors that point into it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final, NamedTuple

from leadlight.data.expressions.tree import KEYWORDS
from leadlight.errors import ExpressionError

MAX_LENGTH: Final = 10_000
EXAMPLE: Final = 'Write it like: if("Total Visits" > 3 and not missing(Source), "Total Visits", 0)'
_SYNONYMS: Final = {"==": "=", "<>": "!="}
_TOKEN: Final = re.compile(
    r"""(?P<blank>\s+)
    | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")+"|\[[^\]]+\])
    | (?P<name>[^\W\d]\w*)
    | (?P<mark><=|>=|!=|<>|==|[-+*/=<>(),])""",
    re.VERBOSE,
)


class ExpressionToken(NamedTuple):
    """One word; `kind` is number, text, quoted, name, word (of the grammar), mark or end."""

    kind: str
    text: str
    at: int

    def __str__(self) -> str:
        plain = {"end": "the end", "text": "a text"}
        return plain.get(self.kind, f"{self.text!r}")


def tokens(text: str) -> list[ExpressionToken]:
    """Cut a text into words; the last one is the end."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"An expression may have at most {MAX_LENGTH:,} characters.",
            hint="Part it into several features.",
        )
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _unreadable(text, at)
        if match.lastgroup != "blank":
            found.append(_token(match.lastgroup, match.group(), at))
        at = match.end()
    return [*found, ExpressionToken("end", "", len(text))]


def _token(kind: str, text: str, at: int) -> ExpressionToken:
    if kind == "name" and text.lower() in KEYWORDS:
        return ExpressionToken("word", text.lower(), at)
    return ExpressionToken(kind, _SYNONYMS.get(text, text), at)


def _unreadable(text: str, at: int) -> ExpressionError:
    if text[at] in "'\"[":
        return problem(text, at, f"The {text[at]} is never closed, or there is nothing in it.")
    if text[at] == "`":
        return problem(text, at, "Names are not put in backticks.", 'Write "Column Name" or [Column Name].')
    return problem(text, at, f"The character {text[at]!r} has no meaning in an expression.")


def unquoted(text: str) -> str:
    """What stands inside the quotes."""
    if text[0] == "[":
        return text[1:-1]
    quote = text[0]
    return text[1:-1].replace(quote + quote, quote) if quote in "'\"" else text


def problem(text: str, at: int, message: str, hint: str | None = None) -> ExpressionError:
    """An error that points at a character."""
    shown = text if len(text) <= 80 else f"... {text[max(0, at - 35) : at + 35]} ..."
    place = f"character {at + 1} of: {' '.join(shown.split())}" if text else None
    return ExpressionError(message, where=place, hint=hint or EXAMPLE)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is spelt most alike, if any comes near."""
    folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    close = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None
