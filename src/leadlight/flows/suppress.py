"""Scoring people no more, because they objected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from leadlight.data.handles import Handle
from leadlight.store import Store, data_subject
from leadlight.store.data_subject import Person


@dataclass(frozen=True)
class Suppressed:
    """Who is barred, and how many scores counted until now."""

    person: Person
    scores_ended: int


def suppress_people(
    store: Store, named: Sequence[Handle], who: str, reason: str, at: float, *, many: bool = False
) -> Suppressed:
    """Bar somebody, known or not yet; `many`: a list of people, who are no one person in the trail."""
    person = data_subject.find_before_acting(store, named)
    person = replace(person, subject=None) if many else person
    return Suppressed(person, data_subject.suppress(store, person, who, reason, at))
