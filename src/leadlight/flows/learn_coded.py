"""Learning from more leads than one machine reads as text: chosen on a sample, learnt from the codes of all.

The leads stay where they are. What comes to this machine is a sample as text, and a byte a feature of every
lead; where even that is too much, of a part of them, and it is told how far that may have moved a score.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final, Protocol

import numpy as np
import polars as pl

from leadlight.errors import TrainingError
from leadlight.model.bundle import Bundle
from leadlight.training.early_model import train_or_start
from leadlight.training.options import Options
from leadlight.training.progress import Observe, silent
from leadlight.training.refit import CodedLeads, refit, sampling_error, with_sampling

SAMPLE: Final = 200_000
MOST_BYTES: Final = 1_000_000_000


class LeadsElsewhere(Protocol):
    """Leads that lie elsewhere, in any order; a share of them is the same leads every time."""

    def count(self) -> int: ...

    def sample(self, share: float) -> pl.DataFrame: ...

    def coded(self, bundle: Bundle, share: float) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True)
class LearntAtScale:
    """The model, how many leads there are, how many it was learnt from, and what that does to its points."""

    bundle: Bundle
    rows: int
    learnt: int
    sampling: dict[str, Any] = field(default_factory=dict)


def learn_coded(
    source: LeadsElsewhere,
    wanted: Options,
    *,
    version: str = "",
    sample: int = SAMPLE,
    most_bytes: int = MOST_BYTES,
    observe: Observe = silent,
) -> LearntAtScale:
    """As few leads as a sample are learnt from as everywhere, to the byte; more in two steps."""
    rows = source.count()
    observe(f"bringing a sample of {min(sample, rows):,} leads here")
    raw = source.sample(min(1.0, sample / max(rows, 1)))
    trained = train_or_start(raw, wanted, version=version, clock=perf_counter, observe=observe)
    if rows <= sample:
        return LearntAtScale(trained.bundle, rows, len(trained.prepared.outcome))
    if trained.bundle.is_early:
        raise TrainingError(
            "Too few of the sampled leads are decided to learn from.",
            code="sample_too_small",
            hint="Bring a larger sample here with --sample, or leave out leads that are still open.",
        )
    features = len(trained.bundle.scorer.encoder.features)
    share = min(1.0, most_bytes / (rows * features))
    observe("coding the leads where they lie")
    leads = CodedLeads.in_order(*source.coded(trained.bundle, share))
    told: dict[str, Any] = {"rows": rows, "sampled": len(leads), "chosen_on": len(trained.prepared.outcome)}
    if share < 1.0:
        told |= sampling_error(trained, leads, int(len(leads) / share), wanted, observe).to_json()
    bundle = with_sampling(refit(trained, leads, wanted, observe), told)
    return LearntAtScale(bundle, rows, len(leads), told)
