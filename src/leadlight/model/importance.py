"""How far each column moves a lead: the mean size of its contribution to the log-odds."""

from __future__ import annotations

from typing import Final

import numpy as np

from leadlight.model.encode import Codes
from leadlight.model.scorer import Scorer

ROWS: Final = 5_000
DECIMALS: Final = 6


def importance(scorer: Scorer, codes: Codes) -> dict[str, float]:
    """Of each source column over these leads, or every so many of them; what says nothing is left out."""
    stride = max(1, -(-len(codes) // ROWS))
    parts = np.abs(scorer.contributions(np.asfortranarray(codes[::stride]))).mean(axis=0)
    sizes = zip(scorer.columns, np.round(parts, DECIMALS).tolist(), strict=True)
    return {name: size for name, size in sizes if size > 0}
