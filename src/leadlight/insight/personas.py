"""Personas: groups of leads that resemble one another, each told by what sets it apart from the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells
from leadlight.data.schema import Column
from leadlight.insight.clusters import LEAST_LEADS, Clusters, find_clusters
from leadlight.insight.kept_personas import KeptPersonas
from leadlight.insight.population import LEAST, GroupFigures, Population
from leadlight.insight.wording import listed, measure, percent, quoted, short, with_span
from leadlight.model.encode import Feature
from leadlight.model.metrics import Flags, Floats, wilson
from leadlight.model.scorer import Scorer

TAKEN: Final = ("value", "level", "length")
MOST_COLUMNS: Final = 60
TRAITS: Final = 5
BARE: Final = ("yes", "no", "true", "false", "not given")
"""Words that say nothing without their column."""
TELLING: Final = 0.15
"""A trait sets a persona apart if the shares, or the chances of the larger number, differ by this much."""


@dataclass(frozen=True)
class Trait:
    """What sets a persona apart: the share that has a level, or a median, here and elsewhere."""

    column: str
    value: str
    here: float
    elsewhere: float
    low: float | None
    high: float | None
    strength: float

    @property
    def is_number(self) -> bool:
        return self.low is None

    @property
    def text(self) -> str:
        if self.is_number:
            return (
                f"{quoted(self.column)} is {self.value}: in the middle {measure(self.here)},"
                f" elsewhere {measure(self.elsewhere)}"
            )
        return (
            f"{quoted(self.column)} is {quoted(self.value)} for {with_span(self.here, self.low, self.high)},"
            f" elsewhere for {percent(self.elsewhere)}"
        )

    @property
    def name(self) -> str:
        """As short as a heading wants it."""
        if self.is_number:
            return f"{self.value} {short(self.column, 24)}"
        says_little = self.value.casefold() in BARE or cells.parse_number(self.value) is not None
        return f"{short(self.column, 24)}: {self.value}" if says_little else short(self.value, 28)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "text": self.text}


@dataclass(frozen=True)
class LeadPersona:
    """One group of leads that resemble one another."""

    name: str
    share: float
    traits: tuple[Trait, ...]
    figures: GroupFigures

    @property
    def text(self) -> str:
        """What sets it apart, in one sentence a trait."""
        return "; ".join(trait.text for trait in self.traits) or "nothing that one column could tell"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "share": self.share,
            "traits": [trait.to_json() for trait in self.traits],
            **self.figures.to_json(),
        }


@dataclass(frozen=True, eq=False)
class Personas:
    """All of them, the largest first; `member` numbers the persona of each lead."""

    each: tuple[LeadPersona, ...]
    clusters: Clusters
    columns: tuple[str, ...]
    leads: int
    kept: KeptPersonas | None = None
    """As they are to be kept, where there are leads enough to look for any."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """How many there are and how sure that is, or why there are none; which of them buys most."""
        if self.leads < LEAST_LEADS:
            return (f"Too few leads to look for personas: {self.leads:,} of at least {LEAST_LEADS}.",)
        if not self.each:
            return (
                "No personas: the leads run into one another, and no number of groups is found again"
                " in another half of them.",
            )
        found = self.clusters
        clear = "clearly apart" if found.separation >= CLEAR else "with people in between"
        told = (
            f"{len(self.each)} personas, {clear}; of two leads that share one,"
            f" {percent(found.stability)} still do when it is found anew in other leads."
        )
        return (told, *_extremes(self.each))


CLEAR: Final = 0.2


def find_personas(known: Population, kept: KeptPersonas | None = None) -> Personas:
    """By the columns that the model looks at; how leads ended takes no part in it.

    Personas that are `kept` stay with their names as long as they hold for these leads.
    """
    scorer = known.bundle.scorer
    chosen = _features(scorer, known.bundle.record.importance)
    features = [scorer.encoder.features[k] for k in chosen]
    codes, model = known.codes[:, chosen], known.bundle.name
    kept = kept if kept is not None and kept.holds(model, len(known), features) else None
    clusters = find_clusters(codes, features) if kept is None else kept.clusters(codes)
    columns = tuple(dict.fromkeys(feature.column for feature in features))
    told = _Telling.of(known, chosen)
    members = [clusters.member == number for number in range(clusters.count)]
    traits = [tuple(told.traits(member)) for member in members]
    names = _names(traits) if kept is None else kept.names
    each = tuple(
        LeadPersona(name, float(member.mean()), own, known.figures(member))
        for name, own, member in zip(names, traits, members, strict=True)
    )
    if kept is None and len(known) >= LEAST_LEADS:
        figures = (clusters.stability, clusters.separation)
        kept = KeptPersonas(model, len(known), tuple(names), clusters.grouping, *figures)
    return Personas(each, clusters, columns, len(known), kept)


def _features(scorer: Scorer, importance: Any) -> list[int]:
    """The columns that matter most, where there are very many."""
    columns = sorted(scorer.columns, key=lambda name: -float(importance.get(name, 0.0)))[:MOST_COLUMNS]
    features = enumerate(scorer.encoder.features)
    return [k for k, feature in features if feature.take in TAKEN and feature.column in columns]


@dataclass(frozen=True, eq=False)
class _Telling:
    """The columns as they are told: codes of levels, typed numbers and their ranks."""

    known: Population
    levels: tuple[tuple[Column, Feature, int], ...]
    numbers: tuple[tuple[Column, Floats, Floats], ...]

    @staticmethod
    def of(known: Population, chosen: Sequence[int]) -> _Telling:
        scorer = known.bundle.scorer
        features = [(k, scorer.encoder.features[k]) for k in chosen]
        levels = [(scorer.schema[each.column], each, k) for k, each in features if each.take == "level"]
        numbers = []
        for _, feature in features:
            column = scorer.schema[feature.column]
            if feature.take == "value" and column.name in known.raw.columns:
                values = column.read(known.raw[column.name]).cast(pl.Float64)
                rank = values.rank().to_numpy() / max(values.drop_nulls().len(), 1)
                numbers.append((column, values.to_numpy(), np.asarray(rank, dtype=np.float64)))
        return _Telling(known, tuple(levels), tuple(numbers))

    def traits(self, member: Flags) -> list[Trait]:
        """The strongest ones, at most one a column."""
        found = sorted((*self._levels(member), *self._numbers(member)), key=lambda each: -each.strength)
        first = {trait.column: trait for trait in reversed(found)}
        kept = [trait for trait in found if first[trait.column] is trait and trait.strength >= TELLING]
        return kept[:TRAITS]

    def _levels(self, member: Flags) -> Iterator[Trait]:
        """Levels that are commoner here; rare ones, and those that fewer than 20 here have, are not told."""
        inside, outside = int(member.sum()), int((~member).sum())
        for column, feature, place in self.levels:
            codes = self.known.codes[:, place]
            here = np.bincount(codes[member], minlength=feature.size)
            there = np.bincount(codes[~member], minlength=feature.size)
            words = ("not given", *feature.levels)
            for code in np.flatnonzero(here[:-1] >= LEAST).tolist():
                share, elsewhere = here[code] / max(inside, 1), there[code] / max(outside, 1)
                low, high = (float(end) for end in wilson(here[code], inside))
                word = column.label(words[code]) if code else words[code]
                yield Trait(
                    column.name, word, float(share), float(elsewhere), low, high, float(share - elsewhere)
                )

    def _numbers(self, member: Flags) -> Iterator[Trait]:
        """Numbers that are higher or lower here; as strong as the larger number is likelier to be here."""
        for column, values, rank in self.numbers:
            seen = ~np.isnan(values)
            here, there = member & seen, ~member & seen
            if here.sum() < LEAST or there.sum() < LEAST:
                continue
            strength = float(rank[here].mean() - rank[there].mean()) * 2
            word = "high" if strength > 0 else "low"
            own, others = float(np.median(values[here])), float(np.median(values[there]))
            yield Trait(column.name, word, own, others, None, None, abs(strength))


def _names(traits: Sequence[Sequence[Trait]]) -> list[str]:
    """The two strongest traits of each, and more where two would be called alike."""
    for count in (2, 3, TRAITS):
        names = [", ".join(trait.name for trait in own[:count]) or "The others" for own in traits]
        if len(set(names)) == len(names):
            return names
    return [f"{name} ({number})" for number, name in enumerate(names, start=1)]


def _extremes(each: Sequence[LeadPersona]) -> list[str]:
    """Who buys most and least, where their intervals do not touch."""
    told = [persona for persona in each if persona.figures.rate.value is not None]
    if len(told) < 2:
        return ["Too few leads are decided to say which of them buys more often."]
    ranked = sorted(told, key=lambda persona: persona.figures.rate.value or 0.0)
    most, least = ranked[-1], ranked[0]
    words = [
        f"{percent(rate.value)} of {quoted(persona.name)} ({percent(rate.low)} to {percent(rate.high)})"
        for persona in (most, least)
        if (rate := persona.figures.rate)
    ]
    if (most.figures.rate.low or 0.0) > (least.figures.rate.high or 1.0):
        return [f"Bought: {listed(words)}."]
    return [f"None is known to buy more often than another: {listed(words)}."]
