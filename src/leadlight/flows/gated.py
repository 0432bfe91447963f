"""Putting a model in service past the gate: one that is known to be no better is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leadlight.errors import StoreError
from leadlight.flows.forward import compare_forward
from leadlight.flows.promote import model_in_service, promote_bundle
from leadlight.insight.gate import GateVerdict
from leadlight.model.bundle import Bundle
from leadlight.store import Store, audit, models


@dataclass(frozen=True)
class GatedPromotion:
    """The model in service now, and what the gate said of it; nothing where there was none before."""

    model: str
    verdict: GateVerdict | None
    is_overridden: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "gate": None if self.verdict is None else self.verdict.to_json(),
            "overridden": self.is_overridden,
        }


def promote_past_gate(
    store: Store, bundle: Bundle, at: float, who: str, *, override: str | None = None
) -> GatedPromotion:
    """Put a model in service unless leads that were decided since both were trained speak against it.

    A model that calls the very same leads passes, since a line or other probabilities are no challenger.
    `override` is why it is put in service all the same; it goes into the trail.
    """
    now = model_in_service(store)
    if now is None or now.name == bundle.name:
        return GatedPromotion(promote_bundle(store, bundle, at, who), None)
    verdict = compare_forward(store, now, bundle)
    is_refused = verdict.is_measured and not verdict.passes and not verdict.is_equal
    if is_refused and not override:
        raise StoreError(
            verdict.reason,
            code="gate",
            hint="Keep the model that serves; or say why not: --override REASON, which goes into the trail.",
        )
    name = promote_bundle(store, bundle, at, who)
    if is_refused:
        with store.writing() as connection:
            detail = {"model": name, "reason": override, "gain": verdict.gain}
            audit.append(store, connection, who, "gate_override", detail=detail, at=at)
    return GatedPromotion(name, verdict, is_refused)


def promote_kept_past_gate(
    store: Store, name: str, at: float, who: str, *, override: str | None = None
) -> GatedPromotion:
    """Put a model in service that is kept already."""
    with store.reading() as connection:
        bundle = models.load(connection, models.find_by_name(connection, name).number)
    return promote_past_gate(store, bundle, at, who, override=override)
