"""What became of points that were set by hand: beside each what the leads say, and how much they say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from leadlight.data import rules
from leadlight.data.schema import Column, Schema
from leadlight.model import metrics
from leadlight.model.encode import SUPPORT, Codes, Encoder, Feature
from leadlight.model.scorer import Scorer
from leadlight.model.training_record import PointRow, PointsRecord
from leadlight.training.candidates import OutOfFold
from leadlight.training.learners.rules import SETTINGS, Learnt, learn
from leadlight.training.options import Options
from leadlight.training.prepare import Prepared

DECIMALS: Final = 4


def record(
    learnt: Learnt, codes: Codes, decided: np.ndarray, scorer: Scorer, options: Options
) -> PointsRecord:
    """The table as it was set and as it is learnt, on one scale, and the share that outcomes have in it."""
    double = float({**SETTINGS, **options.settings_of("rules")}["double"])
    return PointsRecord(
        rate=options.rate,
        double=double,
        learnt=round(learnt.learnt_share(codes), DECIMALS),
        rows=list(_rows(learnt, codes, decided, scorer.encoder, scorer.schema, double)),
    )


def compared(
    prepared: Prepared, found: Sequence[OutOfFold], codes: Codes, tested: Scorer, options: Options
) -> PointsRecord | None:
    """`record` of a training with outcomes, and how well each ranks leads; learnt ones out of fold."""
    each = next((each for each in found if each.family == "rules"), None)
    if each is None:
        return None
    outcome = prepared.outcome[prepared.learning]
    learnt = learn(codes, outcome, tested.encoder, settings=each.recipe.settings)
    before = learnt.belief.said(codes[each.rows])
    return replace(
        record(learnt, codes, np.ones(len(codes)), tested, options),
        auc_set=round(metrics.auc(outcome[each.rows], before), DECIMALS),
        auc_learnt=round(metrics.auc(outcome[each.rows], each.margin), DECIMALS),
    )


def _rows(
    learnt: Learnt, codes: Codes, decided: np.ndarray, encoder: Encoder, schema: Schema, double: float
) -> Iterator[PointRow]:
    tables = learnt.points.tables
    for k, feature in enumerate(encoder.features):
        if not feature.points:
            continue
        before = np.array(feature.points)
        points = tables[k] * double / math.log(2.0)
        points += float((before - points).take(codes[:, k]).mean())
        counts = np.bincount(codes[decided > 0, k], minlength=feature.size)
        for words, own in _places(schema[feature.column], feature):
            leads = int(counts[own].sum())
            now = float(np.average(points[own], weights=counts[own] if leads else None))
            yield PointRow(
                column=feature.column,
                value=words,
                set=float(before[own[0]]),
                learnt=round(now, 1) + 0.0,
                leads=leads if leads >= SUPPORT else None,
            )


def _places(column: Column, feature: Feature) -> Iterator[tuple[str, np.ndarray]]:
    """Each row of the table with the codes that it speaks of; missing and other are always among them."""
    named: dict[str, list[int]] = {}
    if feature.take == "level":
        levels = [level for level in column.points if level not in rules.WORDS]
        named = {column.label(level): [feature.code_of[level]] for level in levels}
    else:
        bins = list(enumerate(zip((-math.inf, *feature.edges), (*feature.edges, math.inf), strict=True), 1))
        named = {
            each.words: [code for code, (low, high) in bins if each.low <= low and high <= each.high]
            for each in rules.by_range(column.points)
        }
    taken = {0, *(code for own in named.values() for code in own)}
    named |= {"missing": [0], "all other values": [code for code in range(feature.size) if code not in taken]}
    for words, own in named.items():
        if own:
            yield words, np.array(own)
