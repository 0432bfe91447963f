"""Scores that people dispute: what each asks for (a rule, a label, other data), and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from leadlight.data import cells

ROUTES: Final = {
    "rule": "never a lead: keep such leads out by a rule, such as a consent column, --drop or points by hand",
    "label": "ended otherwise than recorded: correct the outcome (POST /v1/outcomes), then train anew",
    "data": "a value is wrong: correct it where it is kept, and send the lead again",
    "model": "the model is wrong about it: see whether others like it were disputed, then train a challenger",
}
"""Where a dispute goes, and what is done there."""
WORDS: Final[Mapping[str, Sequence[str]]] = {
    "rule": (
        *("student", "intern", "competitor", "supplier", "spam", "robot", "test", "applicant", "job"),
        *("press", "journalist", "colleague", "employee", "private", "fake", "partner"),
    ),
    "label": ("bought", "customer", "won", "lost", "closed", "signed", "already", "cancelled", "refused"),
    "data": (
        *("wrong", "typo", "number", "address", "mail", "country", "company", "industry", "size"),
        *("duplicate", "twice", "field", "missing", "outdated", "title"),
    ),
}


def route_of(note: str) -> str:
    """Where a dispute goes by its words; to the model where they say nothing more."""
    said = {word.strip(".,;:!?\"'()").removesuffix("s") for word in cells.lowered(note).split()}
    known = {kind: {word.removesuffix("s") for word in words} for kind, words in WORDS.items()}
    return next((kind for kind, words in known.items() if said & words), "model")


class DisputedScore(Protocol):
    """One dispute: where it goes, the chance when it was made and the one of now."""

    @property
    def kind(self) -> str: ...
    @property
    def probability(self) -> float: ...
    @property
    def settled(self) -> float | None: ...
    @property
    def now(self) -> float | None: ...


@dataclass(frozen=True)
class RouteSummary:
    """The disputes of one route, and how far the scores of the settled ones moved since."""

    kind: str
    what: str
    disputes: int
    settled: int
    before: float | None
    now: float | None

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def summaries(disputes: Iterable[DisputedScore]) -> list[RouteSummary]:
    """Each route with what came of it."""
    found = list(disputes)
    counts = Counter(each.kind for each in found)
    return [_summary(kind, [each for each in found if each.kind == kind]) for kind in ROUTES if counts[kind]]


def _summary(kind: str, found: Sequence[DisputedScore]) -> RouteSummary:
    over = [each for each in found if each.settled is not None and each.now is not None]
    return RouteSummary(
        kind=kind,
        what=ROUTES[kind],
        disputes=len(found),
        settled=sum(each.settled is not None for each in found),
        before=sum(each.probability for each in over) / len(over) if over else None,
        now=sum(each.now or 0.0 for each in over) / len(over) if over else None,
    )
