"""Which leads come into question for a list: the open ones, one row an id.

An id with a row that is decided is decided, and one with a row that must not be called must not be called.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import rows
from leadlight.errors import InputError
from leadlight.insight import consent
from leadlight.insight.deal_values import REALISED
from leadlight.model import outcome
from leadlight.model.bundle import Bundle


@dataclass(frozen=True)
class Pool:
    """Open leads, which of them must not be called, and how many ids and further rows are not among them."""

    frame: pl.DataFrame
    places: NDArray[np.intp]
    """Where each of them stands among all rows."""
    barred: NDArray[np.bool_]
    decided: int
    objected: int
    duplicates: int
    respected: consent.Respected

    @staticmethod
    def of(
        bundle: Bundle,
        raw: pl.DataFrame,
        *,
        objecting: NDArray[np.bool_] | None = None,
        suppressed: NDArray[np.bool_] | None = None,
    ) -> Pool:
        """Out of all rows; who is objecting is left out, who is suppressed or did not consent is marked."""
        schema = bundle.scorer.schema
        people = rows.people(raw, schema.name_of("id"))
        one = rows.latest(people, schema.moments(raw))
        ended = rows.of_anyone(outcome.decided(bundle, raw), people)
        objected = rows.of_anyone(_marks(objecting, raw.height), people) & ~ended
        barred = consent.barred(schema, raw, "call") | _marks(suppressed, raw.height)
        kept = one & ~ended & ~objected
        return Pool(
            frame=raw.filter(kept).drop(REALISED, strict=False),
            places=np.flatnonzero(kept),
            barred=rows.of_anyone(barred, people)[kept],
            decided=int((one & ended).sum()),
            objected=int((one & objected).sum()),
            duplicates=int((~one).sum()),
            respected=consent.Respected.of(schema, raw, "call"),
        )


def _marks(marked: NDArray[np.bool_] | None, height: int) -> NDArray[np.bool_]:
    found = np.zeros(height, dtype=bool) if marked is None else np.asarray(marked, dtype=bool)
    if len(found) != height:
        raise InputError(
            f"{len(found):,} marks were given for {height:,} leads.",
            code="marks",
            hint="Say of each lead, decided or not, whether it is suppressed.",
        )
    return found
