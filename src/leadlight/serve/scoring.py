"""What `POST /v1/score` answers: a pure function of the model in service and the leads that were sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from leadlight.data import cells
from leadlight.data.frame import seconds_of
from leadlight.errors import RequestError
from leadlight.model.answer import Answer
from leadlight.model.lead_scorer import Input
from leadlight.serve import objections
from leadlight.serve.problem import document, pointer
from leadlight.serve.serving import Serving

MOST_LEADS: Final = 10_000
MOST_REASONS: Final = 100
REASONS: Final = 3
TOGETHER: Final = 512
"""So many leads are scored before others get their turn."""
NAMES: Final = frozenset({"leads", "reasons", "at"})


@dataclass(frozen=True)
class ScoreRequest:
    """A request that can be answered."""

    leads: Sequence[Any]
    reasons: int
    at: float | None
    bars: Callable[[Any, str | None], bool] = lambda lead, identity: False
    """Whether a lead is of someone who must not be scored."""

    @staticmethod
    def of(body: Any) -> ScoreRequest:
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
        return ScoreRequest(leads, _count(body.get("reasons", REASONS)), _moment(body.get("at")))


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


def answer_many(
    serving: Serving, asked: ScoreRequest, start: int = 0, stop: int | None = None
) -> list[dict[str, Any]]:
    """The answers to some of the leads, in their order; a lead that cannot be read has its own problem."""
    leads: list[Any] = []
    inputs: list[Input] = []
    found: list[dict[str, Any] | None] = []
    for place, lead in enumerate(asked.leads[start:stop], start):
        try:
            inputs.append(_read(serving, asked, lead, place))
            leads.append(lead)
            found.append(None)
        except RequestError as problem:
            found.append({"id": _identity(serving, lead), "error": document(problem)})
    answers = zip(leads, serving.scorer.answer_inputs(leads, inputs, asked.reasons), strict=True)
    return [_told(serving, *next(answers)) if each is None else each for each in found]


def answer_one(serving: Serving, asked: ScoreRequest) -> dict[str, Any]:
    """The answer to a request of one lead; refused where it cannot be read."""
    lead = asked.leads[0]
    read = _read(serving, asked, lead, 0)
    return _told(serving, lead, serving.scorer.answer_input(lead, read, asked.reasons))


def _read(serving: Serving, asked: ScoreRequest, lead: Any, place: int) -> Input:
    if asked.bars(lead, _identity(serving, lead)):
        raise objections.refusal(place)
    return serving.reader.read(lead, place, asked.at)


def _identity(serving: Serving, lead: Any) -> str | None:
    return serving.reader.identity(lead) if isinstance(lead, dict) else None


def _told(serving: Serving, lead: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    return {"id": serving.reader.identity(lead), **answer.to_json()}
