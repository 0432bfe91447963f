"""Made-up leads with their scores, so that a server can tell whether it scores as training did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from leadlight.data.frame import from_records
from leadlight.data.schema import Schema
from leadlight.errors import BundleError
from leadlight.model.encode import Feature
from leadlight.model.scorer import Scorer

ROWS: Final = 24
MOST_ROWS: Final = 100


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


def checked(selftest: Mapping[str, Any], schema: Schema) -> Mapping[str, Any]:
    """The rows and probabilities of a bundle, refused where they are not what `make` gives."""
    rows, probabilities = selftest["rows"], selftest["probabilities"]
    sound = (
        isinstance(rows, list)
        and isinstance(probabilities, list)
        and len(rows) == len(probabilities) <= MOST_ROWS
        and all(isinstance(share, float | int) and 0 <= share <= 1 for share in probabilities)
        and all(isinstance(row, dict) and all(name in schema for name in row) for row in rows)
        and all(value is None or isinstance(value, str) for row in rows for value in row.values())
    )
    if not sound:
        raise BundleError("The self-test of the bundle makes no sense.", code="selftest")
    return selftest


def _text(feature: Feature, code: int) -> str | None:
    if code == 0:
        return None
    if feature.take == "level":
        return feature.levels[code - 1] if code <= len(feature.levels) else "none of those known"
    if not feature.edges:
        return "1"
    return repr(feature.edges[code - 1] if code <= len(feature.edges) else feature.edges[-1] + 1.0)
