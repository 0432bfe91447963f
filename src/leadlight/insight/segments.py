"""Segments: grades with what is to be done about each, and personas with what they are and bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from leadlight.data import rows
from leadlight.data.config import PlaybookConfig
from leadlight.data.target import nearest
from leadlight.errors import ConfigError
from leadlight.insight.kept_personas import KeptPersonas
from leadlight.insight.personas import LeadPersona, Personas, find_personas
from leadlight.insight.population import GroupFigures, Population
from leadlight.model.policy import NAMES

Playbooks = Mapping[str, PlaybookConfig]


@dataclass(frozen=True)
class GradeSegment:
    """The leads of a grade, and what is to be done about them: what, by when, by whom."""

    name: str
    playbook: PlaybookConfig
    figures: GroupFigures

    def to_json(self) -> dict[str, Any]:
        return {
            "grade": self.name,
            "do": self.playbook.do,
            "within": self.playbook.within,
            "by": self.playbook.by,
            **self.figures.to_json(),
        }


@dataclass(frozen=True, eq=False)
class Segments:
    """Both ways to part the leads; `leads` has the grade and the persona of each."""

    leads: pl.DataFrame
    grades: tuple[GradeSegment, ...]
    personas: Personas

    @property
    def sentences(self) -> tuple[str, ...]:
        return self.personas.sentences

    def to_json(self) -> dict[str, Any]:
        """All but the leads."""
        found = self.personas
        return {
            "grades": [each.to_json() for each in self.grades],
            "personas": [each.to_json() for each in found.each],
            "columns": list(found.columns),
            "stability": found.clusters.stability if found.each else None,
            "separation": found.clusters.separation if found.each else None,
            "sentences": list(self.sentences),
        }


def segments(
    known: Population, playbooks: Playbooks | None = None, kept: KeptPersonas | None = None
) -> Segments:
    """Of these leads; `playbooks` are by the names of the grades, or by hot, warm and cold.

    `kept` personas stay as they are as long as they hold.
    """
    names = known.bundle.scorer.grades.names
    books = _by_grade(playbooks or {}, names)
    grade = known.scores.grade
    found = find_personas(known, kept)
    return Segments(
        leads=_listed(known, found.each, found.clusters.member),
        grades=tuple(
            GradeSegment(name, books[name], known.figures(grade == place)) for place, name in enumerate(names)
        ),
        personas=found,
    )


def _by_grade(playbooks: Playbooks, names: Sequence[str]) -> dict[str, PlaybookConfig]:
    """A playbook a grade, blank where none is written."""
    known = {**dict(zip(NAMES, names, strict=True)), **dict(zip(names, names, strict=True))}
    for name in playbooks:
        if name not in known:
            raise ConfigError(
                f"There is a playbook for {name!r}, and the model has no such grade.",
                code="playbook",
                hint=nearest(name, names, "grades"),
            )
    written = {known[name]: book for name, book in playbooks.items()}
    return {name: written.get(name, PlaybookConfig()) for name in names}


def _listed(known: Population, personas: Sequence[LeadPersona], member: np.ndarray) -> pl.DataFrame:
    """The id, the grade and the persona of each lead."""
    names = pl.Series(list(known.bundle.scorer.grades.names), dtype=pl.String)
    columns: dict[str, Any] = {"grade": names.gather(known.scores.grade)}
    if personas:
        called = pl.Series([persona.name for persona in personas], dtype=pl.String)
        columns["persona"] = called.gather(member)
    identity = known.bundle.scorer.schema.name_of("id")
    if identity is not None and identity in known.raw.columns:
        columns = {identity: rows.identities(known.raw[identity]), **columns}
    return pl.DataFrame(columns)
