"""A challenger to the model in service: trained on what came before, held against it on what came after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter, time
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.errors import StoreError
from leadlight.flows.decided import decided_rows, moments_of
from leadlight.flows.events import stored_rows, with_events
from leadlight.flows.forward import compare_forward
from leadlight.flows.promote import promote_bundle
from leadlight.flows.train import as_in_service, logs_to_learn, training_leads
from leadlight.flows.watch import serving_model
from leadlight.insight.gate import FEWEST, GateVerdict, trained_until
from leadlight.model.bundle import Bundle
from leadlight.store import Store, audit, models, watched_leads, watching
from leadlight.store.watching import CHALLENGER
from leadlight.training.fit import train
from leadlight.training.options import Options
from leadlight.training.progress import Observe, silent

HELD: Final = 0.5
SHADOWED: Final = 20_000
DAY: Final = 86_400.0


@dataclass(frozen=True)
class Challenge:
    """A challenger and the verdict of the gate: applied, proposed or refused."""

    champion: str
    challenger: str
    verdict: GateVerdict
    status: str

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "verdict": self.verdict.to_json()}


def challenge(
    store: Store,
    at: float,
    wanted: Options,
    who: str,
    *,
    promotes: bool = False,
    version: str = "",
    observe: Observe = silent,
) -> Challenge:
    """Train on all leads but the newest decided ones, and let the gate judge on those.

    A challenger that passes is put in service where `promotes` says so, else proposed. One that is not in
    service is kept in the shadow: it scores the newest leads beside the model that counts.
    """
    _, champion = serving_model(store)
    cut = _cut(store, champion)
    with turn_to_train(store, at):
        made = _trained(store, champion, cut, wanted, version, observe)
    verdict = compare_forward(store, champion, made)
    status = "refused" if not verdict.passes else "applied" if promotes else "proposed"
    with store.writing() as connection:
        models.add(connection, made, at)
        for each in watching.adjustments_of(connection, CHALLENGER):
            if each.status == "proposed":
                watching.settle(connection, each.number, "superseded")
        detail = verdict.to_json()
        names = {"before": champion.name, "after": made.name}
        watching.adjust(connection, at, CHALLENGER, status, **names, detail=detail, who=who)
        audit.append(store, connection, who, f"challenger_{status}", detail=names, at=at)
    if status == "applied":
        promote_bundle(store, made, at, who)
    else:
        shadow(store, made, at)
    return Challenge(champion.name, made.name, verdict, status)


@contextmanager
def turn_to_train(store: Store, at: float) -> Iterator[None]:
    """Nobody else trains in this home meanwhile; refused where somebody does."""
    with store.writing() as connection:
        is_free = watching.begin_training(connection, at)
    if not is_free:
        raise StoreError(
            "A challenger is being trained in this home already.",
            code="training_now",
            hint="Wait until it is done; a training that was cut short stands in the way for a day.",
        )
    begun = time()
    try:
        yield
    finally:
        with store.writing() as connection:
            watching.end_training(connection, at + time() - begun)


def _trained(
    store: Store, champion: Bundle, cut: float, wanted: Options, version: str, observe: Observe
) -> Bundle:
    """As `train` does on the home, with the policy in service where none is asked for."""
    wanted = as_in_service(wanted, champion)
    raw = training_leads(store, wanted)
    schema = champion.scorer.schema
    moment = schema.moments(raw)
    assert moment is not None
    policy = wanted.policy or champion.scorer.grades.policy
    wanted = replace(wanted, time=schema.name_of("time"), policy=policy)
    older = raw.filter(pl.Series(moment <= cut))
    logs = logs_to_learn(store)
    return train(older, wanted, logs=logs, version=version, clock=perf_counter, observe=observe).bundle


def _cut(store: Store, champion: Bundle) -> float:
    """The moment after which half of the leads lie that were decided since the model in service was made."""
    until = trained_until(champion)
    rows = decided_rows(store, champion, None)
    moment = np.sort(moments_of(champion, rows))
    since = moment[moment > (until or 0.0) + DAY]
    if until is None or len(since) < FEWEST:
        raise StoreError(
            f"{len(since):,} leads were decided since the model in service was trained; a challenger needs"
            f" {FEWEST} to be held against it.",
            code="too_few_forward",
            hint="Wait until more are decided; the time of arrival has to be among the columns.",
        )
    return float(since[int((1 - HELD) * len(since))])


def shadow(store: Store, bundle: Bundle, at: float) -> int:
    """What a model says of the newest leads, beside the scores that count; gives how many."""
    with store.reading() as connection:
        number = models.find_by_name(connection, bundle.name).number
        newest = watched_leads.newest_numbers(connection, SHADOWED)
    if not newest:
        return 0
    raw = with_events(store, bundle, stored_rows(store, bundle, newest), at, newest)
    rate = bundle.scorer.score(raw).probability
    with store.writing() as connection:
        watched_leads.put_shadows(connection, number, newest, rate.tolist(), at)
    return raw.height
