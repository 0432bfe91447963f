"""The glass box laid open: what it adds for each value of each column, and for a few pairs of columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from leadlight.insight.charts import glass as charts
from leadlight.insight.page import Block, Figure, Section, Table, Words
from leadlight.insight.wording import counted, measure, percent, quoted, some
from leadlight.model.answer import factor
from leadlight.model.bundle import Bundle
from leadlight.model.encode import Feature, representatives
from leadlight.model.points import Pair, Points
from leadlight.model.scorer import Scorer

COLUMNS: Final = 30
LEVELS: Final = 16
PAIRS: Final = 6
QUIET: Final = 0.005


def tables(bundle: Bundle) -> Section | None:
    """Shapes and points of every column that says something; nothing where the model is no glass box."""
    learner = bundle.scorer.learner
    if not isinstance(learner, Points):
        return None
    ranked = sorted(_features(bundle), key=lambda row: (-row[0], row[1].name))
    loud = [row for row in ranked if row[0] > QUIET][:COLUMNS]
    blocks: list[Block] = [
        Words(_preface(bundle, learner, len(loud) + sum(size <= QUIET for size, *_ in ranked)))
    ]
    blocks += [
        _shape(bundle, feature, points, shares, k) for k, (_, feature, points, shares) in enumerate(loud, 1)
    ]
    rest = [quoted(feature.name) for size, feature, _, _ in ranked if size <= QUIET]
    if rest:
        blocks.append(Words(f"These change next to nothing: {some(rest, 10)}."))
    blocks += [_pair(bundle, learner, pair, k) for k, pair in enumerate(_strongest(bundle, learner), 1)]
    return Section("tables", "The whole model, table by table", tuple(blocks))


def _preface(bundle: Bundle, learner: Points, told: int) -> str:
    pairs = f" and {counted(len(learner.pairs), 'pair')} of columns" if learner.pairs else ""
    base = 1 / (1 + math.exp(-bundle.scorer.base))
    whole = told == len(bundle.scorer.encoder.features) and len(learner.pairs) <= PAIRS
    below = "those below are all there is" if whole else "below are those that move leads most"
    return (
        f"A lead begins at {percent(base)}. Its odds are multiplied by one factor for each column{pairs}: "
        f"{below}. Teal raises the odds, brown lowers them."
    )


def _features(bundle: Bundle) -> Iterator[tuple[float, Feature, np.ndarray, np.ndarray]]:
    """Each feature with its points, how common its values are, and how far it moves a lead on average."""
    scorer = bundle.scorer
    assert isinstance(scorer.learner, Points)
    for k, feature in enumerate(scorer.encoder.features):
        points = scorer.learner.tables[k] * scorer.calibrator.slope
        shares = np.array(bundle.reference.features[k])
        yield float(shares @ np.abs(points)), feature, points, shares


def labels(scorer: Scorer, feature: Feature) -> list[str]:
    """Each code of a feature in the words of the CRM."""
    column = scorer.schema[feature.column]
    words = representatives(feature)
    if feature.take != "level":
        return list(words)
    return [words[0], *(column.label(level) for level in words[1:-1]), "all other values"]


def _shape(bundle: Bundle, feature: Feature, points: np.ndarray, shares: np.ndarray, number: int) -> Figure:
    words = labels(bundle.scorer, feature)
    seen = [code for code in range(feature.size) if shares[code] > 0 or (code and feature.is_ordered)]
    rows: list[dict[str, Any]] = [
        {"value": words[code], "points": float(points[code]), "share": float(shares[code])} for code in seen
    ]
    title = _title(feature.name, rows)
    table = _points_table(rows)
    if feature.is_ordered and len(feature.edges) > 1:
        gap = f"Without a value: odds × {factor(math.exp(points[0]))}." if shares[0] > 0 else ""
        return Figure(
            f"shape-{number}", title, charts.curve(_steps(feature, points), feature.name), gap, table
        )
    shown = sorted(sorted(rows, key=lambda row: -row["share"])[:LEVELS], key=lambda row: -row["points"])
    note = f"The {LEVELS} commonest of {len(rows)} values." if len(rows) > LEVELS else ""
    return Figure(f"shape-{number}", title, charts.levels(shown), note, table)


def _title(name: str, rows: Sequence[dict[str, Any]]) -> str:
    best = max(rows, key=lambda row: row["points"])
    worst = min(rows, key=lambda row: row["points"])
    return (
        f"{quoted(name)}: {_value(best['value'])} multiplies the odds by {factor(math.exp(best['points']))}, "
        f"{_value(worst['value'])} by {factor(math.exp(worst['points']))}."
    )


def _value(word: str) -> str:
    return "no value" if word == "missing" else quoted(word)


def _points_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Neighbours with the same points stand in one row."""
    return Table.of(
        ("value", "leads", "points (log-odds)", "odds ×"),
        [
            (row["value"], percent(row["share"]), f"{row['points']:+.3f}", factor(math.exp(row["points"])))
            for row in rows
        ],
    )


def _steps(feature: Feature, points: np.ndarray) -> list[dict[str, Any]]:
    """The bins of a number from left to right, equal neighbours joined; the outer two are open."""
    edges = list(feature.edges)
    pad = (edges[-1] - edges[0]) * 0.05
    bounds = [edges[0] - pad, *edges, edges[-1] + pad]
    found: list[dict[str, Any]] = []
    for start, end, value in zip(bounds[:-1], bounds[1:], points[1:].tolist(), strict=True):
        if found and abs(found[-1]["points"] - value) < 1e-9:
            found[-1]["end"] = end
        else:
            found.append({"start": start, "end": end, "points": value})
    return found


def _strongest(bundle: Bundle, learner: Points) -> list[Pair]:
    """The pairs that move leads most."""
    shares = [np.array(each) for each in bundle.reference.features]

    def weight(pair: Pair) -> float:
        return float(shares[pair.first] @ np.abs(pair.full) @ shares[pair.second])

    return sorted(learner.pairs, key=lambda pair: -weight(pair))[:PAIRS]


def _pair(bundle: Bundle, learner: Points, pair: Pair, number: int) -> Figure:
    scorer = bundle.scorer
    first, second = (scorer.encoder.features[k] for k in (pair.first, pair.second))
    down = _bin_words(scorer, first, pair.first_bins, bundle.reference.features[pair.first])
    across = _bin_words(scorer, second, pair.second_bins, bundle.reference.features[pair.second])
    slope = scorer.calibrator.slope
    cells: list[dict[str, Any]] = [
        {"first": row, "second": column, "points": float(pair.table[i, j]) * slope}
        for i, row in down.items()
        for j, column in across.items()
    ]
    best, worst = max(cells, key=lambda cell: cell["points"]), min(cells, key=lambda cell: cell["points"])
    title = (
        f"{quoted(first.name)} with {quoted(second.name)}: {_value(best['first'])} and "
        f"{_value(best['second'])} multiply the "
        f"odds by {factor(math.exp(best['points']))}, {_value(worst['first'])} and {_value(worst['second'])} "
        "by "
        f"{factor(math.exp(worst['points']))}."
    )
    table = Table.of(
        (first.name, second.name, "points (log-odds)", "odds ×"),
        [
            (cell["first"], cell["second"], f"{cell['points']:+.3f}", factor(math.exp(cell["points"])))
            for cell in cells
        ],
        left=2,
    )
    chart = charts.pair(cells, (first.name, second.name), (list(down.values()), list(across.values())))
    return Figure(
        f"pair-{number}", title, chart, "What both say together beyond what each says alone.", table
    )


def _bin_words(scorer: Scorer, feature: Feature, bins: np.ndarray, shares: Sequence[float]) -> dict[int, str]:
    """Each bin of a side in words, in the order of its codes, no two alike."""
    words = labels(scorer, feature)
    found: dict[int, str] = {}
    for number in dict.fromkeys(bins[1:].tolist() + bins[:1].tolist()):
        codes = [code for code in np.flatnonzero(bins == number).tolist() if shares[code] > 0]
        if codes:
            text = _joined(feature, words, codes)
            found[number] = text if text not in found.values() else f"{text} ({number})"
    return found


def _joined(feature: Feature, words: Sequence[str], codes: Sequence[int]) -> str:
    given = [code for code in codes if code or not feature.is_ordered]
    if not feature.is_ordered or not given or not feature.edges:
        return some([words[code] for code in codes], 2)
    low = -math.inf if given[0] < 2 else feature.edges[given[0] - 2]
    high = math.inf if given[-1] > len(feature.edges) else feature.edges[given[-1] - 1]
    if math.isinf(low) or math.isinf(high):
        text = "any" if math.isinf(low) and math.isinf(high) else ""
        text = text or (f"up to {measure(high)}" if math.isinf(low) else f"over {measure(low)}")
    else:
        text = f"{measure(low)} to {measure(high)}"
    return f"{text} or none" if 0 in codes else text
