"""Comparing two opinions on the same leads, difference by difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.connect import files
from leadlight.connect.files import Leads
from leadlight.data import frame, rows
from leadlight.data.schema import Schema
from leadlight.errors import ColumnError, InputError
from leadlight.insight.wording import SEEN, listed
from leadlight.model import resample
from leadlight.model.bundle import Bundle
from leadlight.model.metrics import meeting_point
from leadlight.model.outcome import outcomes_of
from leadlight.model.probability import FARTHEST, probability
from leadlight.model.repeats import Blocks, equal_leads
from leadlight.model.scoring import check_columns
from leadlight.training.difference import LOWER_IS_BETTER, Difference, paired_difference

METRICS: Final = ("auc", "log_loss", "brier", "ece", "accuracy", "precision", "recall", "f1")
_BUNDLE: Final = b"PK\x03\x04"


@dataclass(frozen=True)
class Opinion:
    """What one side says of the leads: log-odds (nan where nothing), and its line where it has one."""

    name: str
    margin: NDArray[np.float64]
    line: float | None


@dataclass(frozen=True)
class Comparison:
    """Both sides' figures and their paired differences (the first less the second)."""

    names: tuple[str, str]
    leads: int
    unmatched: int
    figures: Mapping[str, tuple[float, float]]
    differences: Mapping[str, Difference]
    learnt_from: tuple[str, ...] = ()
    """The models among them that seem to have learnt from these very leads."""

    @property
    def caution(self) -> str | None:
        """Why no side can be called better."""
        if not self.learnt_from:
            return None
        is_one = len(self.learnt_from) == 1
        seems, flatter = (
            ("seems", "its figures flatter it") if is_one else ("seem", "their figures flatter them")
        )
        return (
            f"{listed(self.learnt_from)} {seems} to have learnt from these very leads, so {flatter}"
            " and no side is called better. Compare on leads that were decided since."
        )

    def better(self, name: str) -> str:
        """A or B where the interval leaves no doubt, else equal or not sure; blank under a caution."""
        apart = self.differences[name]
        if max(abs(apart.low), abs(apart.high)) < SEEN:
            return "equal"
        if not (apart.low > 0 or apart.high < 0):
            return "not sure"
        if self.caution is not None:
            return ""
        return "A" if (apart.difference > 0) != (name in LOWER_IS_BETTER) else "B"

    def to_json(self) -> dict[str, Any]:
        return {
            "a": self.names[0],
            "b": self.names[1],
            "leads": self.leads,
            "unmatched": self.unmatched,
            "caution": self.caution,
            "metrics": {
                name: {"a": _plain(pair[0]), "b": _plain(pair[1]), **self.differences[name].to_json()}
                for name, pair in self.figures.items()
            },
        }


def compare_opinions(first: str, second: str, leads: Leads, *, allow_missing: bool = False) -> Comparison:
    """Hold two models, or a model and a table of scores, against each other."""
    bundles = {place: Bundle.load(place) for place in (first, second) if _is_bundle(place)}
    if not bundles:
        raise InputError(
            "Neither of the two is a model, so that nothing says which leads were won.",
            code="no_model",
            where=f"{first}, {second}",
            hint="Let one of them be a model that `leadlight train` made.",
        )
    for bundle in bundles.values():
        check_columns(
            bundle.scorer,
            leads.frame.columns,
            allow_missing=allow_missing,
            where=leads.source,
            switch="--allow-missing",
        )
    model = next(iter(bundles.values()))
    outcome = outcomes_of(model, leads.frame)
    sides = [_opinion(place, bundles.get(place), model, leads.frame) for place in (first, second)]
    schemas = [bundle.scorer.schema for bundle in bundles.values()]
    learnt = tuple(place for place, bundle in bundles.items() if _learnt_from(bundle, outcome))
    return replace(held_together(sides, outcome, leads.frame, schemas), learnt_from=learnt)


def held_together(
    sides: Sequence[Opinion], outcome: pl.Series, raw: pl.DataFrame, schemas: Sequence[Schema]
) -> Comparison:
    """Two opinions on the leads that ended and that both say something of."""
    known = outcome.is_not_null().to_numpy() & ~np.isnan(sides[0].margin) & ~np.isnan(sides[1].margin)
    if not known.any():
        raise InputError("No lead has an outcome and a score of both sides.", code="no_outcomes")
    seen = outcome.filter(known).to_numpy().astype(np.float64)
    unmatched = int(outcome.is_not_null().sum()) - len(seen)
    blocks = equal_leads(raw.filter(known), *schemas)
    return _paired(sides, seen, known, unmatched, blocks)


def _learnt_from(bundle: Bundle, outcome: pl.Series) -> bool:
    """A model keeps no row, but how many it was made from, how many were open and how many won."""
    record = bundle.record
    counts = record.rows
    if (counts.rows_in, counts.open + counts.lapsed) != (len(outcome), outcome.null_count()):
        return False
    if counts.used + counts.open < counts.rows_in or record.lacks(("train", "test")):
        return True
    won = sum(part["rows"] * part["base_rate"] for part in (record.train, record.test))
    return bool(abs(won - float(outcome.cast(float).sum())) < 0.5)


def _is_bundle(place: str) -> bool:
    try:
        with Path(place).open("rb") as handle:
            start = handle.read(4)
    except OSError:
        return Path(place).suffix == ".leadlight"
    return start == _BUNDLE and Path(place).suffix != ".xlsx"


def _opinion(place: str, bundle: Bundle | None, model: Bundle, raw: pl.DataFrame) -> Opinion:
    if bundle is not None:
        return Opinion(place, bundle.scorer.score(raw).margin, bundle.scorer.grades.line)
    identity = model.scorer.schema.name_of("id")
    if identity is None or identity not in raw.columns:
        raise ColumnError(
            "The leads have no id that a table of scores could be matched by.", code="no_id", where=place
        )
    table = files.read(place).frame
    column = identity if identity in table.columns else "id"
    for name in (column, "probability"):
        if name not in table.columns:
            raise ColumnError(
                f"The table of scores has no column {name!r}.",
                code="no_column",
                where=place,
                hint=f"It needs the lead's id ({identity!r} or 'id') and 'probability'.",
            )
    return Opinion(place, _matched(raw[identity], table[column], table["probability"], place), None)


def _matched(wanted: pl.Series, ids: pl.Series, shares: pl.Series, place: str) -> NDArray[np.float64]:
    known = pl.DataFrame({"id": rows.identities(ids), "share": frame.numbers(shares)}).drop_nulls()
    if not known["share"].is_between(0.0, 1.0).all():
        raise InputError("A probability lies outside of 0 to 1.", code="probability", where=place)
    if known["id"].is_duplicated().any():
        raise InputError("An id stands twice in the table of scores.", code="duplicate_ids", where=place)
    share = rows.identities(wanted).replace_strict(
        known["id"], known["share"], default=None, return_dtype=pl.Float64
    )
    promised = share.to_numpy().astype(np.float64)
    with np.errstate(divide="ignore"):
        margin: NDArray[np.float64] = np.log(promised) - np.log1p(-promised)
    return margin.clip(-FARTHEST, FARTHEST)


def _paired(
    sides: Sequence[Opinion],
    outcome: NDArray[np.float64],
    known: NDArray[np.bool_],
    unmatched: int,
    blocks: Blocks,
) -> Comparison:
    margins = [side.margin[known] for side in sides]
    lines = [
        meeting_point(outcome, margin) if side.line is None else side.line
        for side, margin in zip(sides, margins, strict=True)
    ]
    exact = [
        resample.exact(outcome.astype(bool), margin, probability(margin), line)
        for margin, line in zip(margins, lines, strict=True)
    ]
    return Comparison(
        names=(sides[0].name, sides[1].name),
        leads=len(outcome),
        unmatched=unmatched,
        figures={name: (exact[0][name], exact[1][name]) for name in METRICS},
        differences={
            name: paired_difference(
                outcome, margins[0], margins[1], name, cuts=(lines[0], lines[1]), blocks=blocks
            )
            for name in METRICS
        },
    )


def _plain(value: float) -> float | None:
    return value if np.isfinite(value) else None
