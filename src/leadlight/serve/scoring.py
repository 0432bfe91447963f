"""What `POST /v1/score` answers: a pure function of the model in service and the leads that were sent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.data import cells
from leadlight.data.frame import seconds_of
from leadlight.errors import RequestError
from leadlight.model.reasons import factors
from leadlight.model.scorer import Scores
from leadlight.serve import objections
from leadlight.serve.problem import document, pointer
from leadlight.serve.reading import Read
from leadlight.serve.serving import Serving

MOST_LEADS: Final = 10_000
MOST_REASONS: Final = 100
REASONS: Final = 3
TOGETHER: Final = 512
"""So many leads are scored before others get their turn."""
NAMES: Final = frozenset({"leads", "reasons", "at"})
FEW: Final = 8
"""Up to so many leads are scored one by one, which is faster for few."""


@dataclass(frozen=True)
class Asked:
    """A request that can be answered."""

    leads: Sequence[Any]
    reasons: int
    at: float | None
    bars: Callable[[Any, str | None], bool] = lambda lead, identity: False
    """Whether a lead is of someone who must not be scored."""

    @staticmethod
    def of(body: Any) -> Asked:
        if not isinstance(body, dict) or not isinstance(body.get("leads"), list):
            raise _refused("leads_missing", "The body has no list of leads.", "leads")
        for name in body:
            if name not in NAMES:
                raise _refused("unknown_member", "The body has a member that means nothing here.", name)
        leads = body["leads"]
        if not leads:
            raise _refused("no_leads", "The list of leads is empty.", "leads")
        if len(leads) > MOST_LEADS:
            raise RequestError(
                413,
                f"More than {MOST_LEADS} leads in one request.",
                code="too_many_leads",
                where="/leads",
                hint=f"Send at most {MOST_LEADS} at a time, or score a file: leadlight score",
            )
        return Asked(leads, _count(body.get("reasons", REASONS)), _moment(body.get("at")))


def _refused(code: str, detail: str, name: str) -> RequestError:
    hint = 'Send {"leads": [{"column": value, ...}, ...], "reasons": 3}.'
    return RequestError(422, detail, code=code, where=pointer(name), hint=hint)


def _count(value: Any) -> int:
    if type(value) is bool or value not in range(MOST_REASONS + 1):
        raise _refused("reasons", f"reasons is a whole number from 0 to {MOST_REASONS}.", "reasons")
    return int(value)


def _moment(value: Any) -> float | None:
    if value is None:
        return None
    found = cells.parse_date(value) if isinstance(value, str) else None
    if found is None:
        raise _refused("moment", "at is a moment such as 2026-03-31T09:00Z.", "at")
    return seconds_of(found)


def results(serving: Serving, asked: Asked, start: int = 0, stop: int | None = None) -> list[dict[str, Any]]:
    """The answers to some of the leads, in their order; a lead that cannot be read has its own problem."""
    read: list[tuple[Any, Read]] = []
    found: list[dict[str, Any] | None] = []
    for place, lead in enumerate(asked.leads[start:stop], start):
        try:
            read.append((lead, _read(serving, asked, lead, place)))
            found.append(None)
        except RequestError as problem:
            found.append({"id": _identity(serving, lead), "error": document(problem)})
    scored = iter(_scored(serving, read, asked.reasons))
    return [next(scored) if each is None else each for each in found]


def sole(serving: Serving, asked: Asked) -> dict[str, Any]:
    """The answer to a request of one lead; refused where it cannot be read."""
    lead = asked.leads[0]
    return _one(serving, lead, _read(serving, asked, lead, 0), asked.reasons)


def _read(serving: Serving, asked: Asked, lead: Any, place: int) -> Read:
    if asked.bars(lead, _identity(serving, lead)):
        raise objections.refusal(place)
    return serving.reader.read(lead, place, asked.at)


def _identity(serving: Serving, lead: Any) -> str | None:
    return serving.reader.identity(lead) if isinstance(lead, dict) else None


def _scored(serving: Serving, read: Sequence[tuple[Any, Read]], reasons: int) -> list[dict[str, Any]]:
    if len(read) <= FEW:
        return [_one(serving, lead, seen, reasons) for lead, seen in read]
    scorer = serving.bundle.scorer
    codes = np.array([seen.codes for _, seen in read], dtype=np.uint16)
    columns = _columns(scorer.score_codes(codes))
    told = _reasons(serving, read, codes, reasons) if reasons else [[] for _ in read]
    return [
        {"id": serving.reader.identity(lead), **figures, "reasons": why, "warnings": seen.warnings()}
        for (lead, seen), figures, why in zip(read, columns, told, strict=True)
    ]


def _one(serving: Serving, lead: Mapping[str, Any], seen: Read, reasons: int) -> dict[str, Any]:
    score = serving.single.score_codes(lead, seen.codes, reasons)
    return {"id": serving.reader.identity(lead), **score.to_json(), "warnings": seen.warnings()}


def _columns(scores: Scores) -> list[dict[str, Any]]:
    """The figures of each lead."""
    rows = zip(
        scores.score.tolist(),
        scores.probability.tolist(),
        scores.low.tolist(),
        scores.high.tolist(),
        scores.grade.tolist(),
        scores.call.tolist(),
        strict=True,
    )
    return [
        {
            "score": score,
            "probability": probability,
            "low": low,
            "high": high,
            "grade": scores.names[grade],
            "call": call,
        }
        for score, probability, low, high, grade, call in rows
    ]


def _reasons(
    serving: Serving, read: Sequence[tuple[Any, Read]], codes: np.ndarray, count: int
) -> list[list[dict[str, Any]]]:
    """The strongest reasons of each lead, as `Single` gives them; equal ones in the order of the columns."""
    parts = serving.bundle.scorer.contributions(codes)
    chosen = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :count]
    strengths = np.take_along_axis(parts, chosen, axis=1)
    odds = [math.exp(part) for part in strengths.ravel().tolist()]
    texts = factors(np.array(odds))
    tell = serving.single.told
    width = chosen.shape[1]
    told = []
    for row, ((lead, seen), places) in enumerate(zip(read, chosen.tolist(), strict=True)):
        first = row * width
        told.append(
            [
                _reason(*tell(lead, seen.codes, column), odds[first + k], texts[first + k])
                for k, column in enumerate(places)
                if strengths[row, k]
            ]
        )
    return told


def _reason(column: str, value: str, odds: float, factor: str) -> dict[str, Any]:
    text = f"{column} = {value}: odds x {factor}"
    return {"column": column, "value": value, "odds": odds, "text": text}
