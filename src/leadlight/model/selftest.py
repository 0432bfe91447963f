"""Made-up leads with their scores, so that a server can tell whether it scores as training did."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from leadlight.data.frame import from_records
from leadlight.model.encode import Feature
from leadlight.model.scorer import Scorer

ROWS: Final = 24


def make(scorer: Scorer) -> dict[str, Any]:
    """Rows over the learnt levels and bins (no lead's own), and the probabilities they get here."""
    draw = np.random.Generator(np.random.PCG64(7))
    rows: list[dict[str, str]] = [{} for _ in range(ROWS)]
    for feature in scorer.encoder.features:
        for row in rows[1:]:
            text = _text(feature, int(draw.integers(0, feature.size)))
            if text is not None and feature.take in ("value", "level") and feature.column in scorer.schema:
                row[feature.column] = text
    named = [{feature.column: row.get(feature.column) for feature in scorer.encoder.features} for row in rows]
    probabilities = scorer.score(from_records(named)).probability
    return {"rows": named, "probabilities": probabilities.tolist()}


def _text(feature: Feature, code: int) -> str | None:
    if code == 0:
        return None
    if feature.take == "level":
        return feature.levels[code - 1] if code <= len(feature.levels) else "none of those known"
    if not feature.edges:
        return "1"
    return repr(feature.edges[code - 1] if code <= len(feature.edges) else feature.edges[-1] + 1.0)
