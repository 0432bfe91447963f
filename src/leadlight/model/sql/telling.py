"""Reasons in SQL: what each column adds to the log-odds, the strongest first, in the words of the table."""

from __future__ import annotations

from collections.abc import Iterator

from leadlight.model.points import GRAIN, Points
from leadlight.model.scorer import Scorer
from leadlight.model.sql.dialects import Dialect
from leadlight.model.sql.step import ROW, Columns, Step


def cell(column: str) -> str:
    """The column that keeps a cell as it stands."""
    return f"{column} (cell)"


def rare(feature: str) -> str:
    """The column that is 1 where a level is one of the others."""
    return f"{feature} (rare)"


def part(column: str) -> str:
    """The column that holds what a source column adds to the margin, in whole points."""
    return f"{column} (part)"


def parts(scorer: Scorer, points: Points, dialect: Dialect) -> Columns:
    """The points of each source column and the words for its value; a pair's go to both in equal parts."""
    added: dict[str, list[str]] = {column: [] for column in scorer.columns}
    features = scorer.encoder.features
    for feature in features:
        added[feature.column].append(dialect.identifier(feature.name))
    for number, pair in enumerate(points.pairs):
        half = dialect.quotient(dialect.identifier(f"pair {number + 1}"), "2")
        for k in (pair.first, pair.second):
            added[features[k].column].append(half)
    summed = {part(column): " + ".join(terms) for column, terms in added.items()}
    words = {cell(column): _words(scorer, column, dialect) for column in scorer.columns}
    return {**summed, **words}


def kept(scorer: Scorer, dialect: Dialect) -> Columns:
    """What `parts` made, carried on."""
    names = [name for column in scorer.columns for name in (part(column), cell(column))]
    return {name: dialect.identifier(name) for name in names}


def _words(scorer: Scorer, column: str, dialect: Dialect) -> str:
    known = scorer.schema[column]
    if known.expression:
        return dialect.literal(f"{column} = {known.expression}")
    own = dialect.identifier(cell(column))
    placeholders = ", ".join(dialect.literal(word) for word in known.placeholders)
    gone = f"{own} IS NULL OR {dialect.lower(own)} IN ({placeholders})" if placeholders else f"{own} IS NULL"
    levels = [each for each in scorer.encoder.features if each.column == column and each.take == "level"]
    mark = (
        f" || CASE {dialect.identifier(rare(levels[0].name))} WHEN 1 THEN ' (rare)' ELSE '' END"
        if levels
        else ""
    )
    start = dialect.literal(f"{column} = ")
    return f"{start} || CASE WHEN {gone} THEN 'missing' ELSE {own}{mark} END"


def steps(scorer: Scorer, dialect: Dialect, count: int) -> Iterator[Step]:
    """The parts of each lead as rows, the strongest of them, and their sentences side by side."""
    row, grain = dialect.identifier(ROW), dialect.value(GRAIN)
    each = "\n  UNION ALL ".join(
        f"SELECT {row}, {place} AS place, {dialect.identifier(part(column))} AS points, "
        f"{dialect.identifier(cell(column))} AS words FROM scored"
        for place, column in enumerate(scorer.columns)
    )
    order = "ROW_NUMBER() OVER (PARTITION BY lead_row ORDER BY ABS(points) DESC, place)"
    yield Step(
        "ranked",
        f"(\n  {each}\n  ) AS parts",
        {ROW: row, "words": "words", "points": "points", "place_of": order},
        "\n  WHERE points <> 0",
    )
    yield Step(
        "odds",
        "ranked",
        {
            ROW: row,
            "words": "words",
            "place_of": "place_of",
            "factor": f"EXP({dialect.real('points')} / {grain})",
        },
        f"\n  WHERE place_of <= {count}",
    )
    power = f"{dialect.greatest}({dialect.least}(FLOOR(LOG10(factor)), 9), -9)"
    yield Step(
        "powers",
        "odds",
        {
            ROW: row,
            "words": "words",
            "place_of": "place_of",
            "factor": "factor",
            "power": dialect.whole(power),
        },
    )
    digits = dialect.whole(f"ROUND(factor / POWER({dialect.value(10.0)}, power - 1))")
    yield Step(
        "digits",
        "powers",
        {
            ROW: row,
            "words": "words",
            "place_of": "place_of",
            "power": f"CASE WHEN {digits} >= 100 THEN power + 1 ELSE power END",
            "two": f"CASE WHEN {digits} >= 100 THEN 10 ELSE {digits} END",
        },
    )
    text = f"words || ': odds x ' || {_written(dialect)}"
    yield Step(
        "told",
        "digits",
        {ROW: row}
        | {f"reason_{k}": f"MAX(CASE WHEN place_of = {k} THEN {text} END)" for k in range(1, count + 1)},
        f"\n  GROUP BY {row}",
    )


def _written(dialect: Dialect) -> str:
    """Two digits that count: 3.1, 0.32, 12."""
    two = f"CAST(two AS {dialect.text_type})"
    large = f"CAST({dialect.whole(f'two * POWER({dialect.value(10.0)}, power - 1)')} AS {dialect.text_type})"
    return (
        f"CASE WHEN power >= 1 THEN {large} "
        f"WHEN power = 0 THEN SUBSTR({two}, 1, 1) || '.' || SUBSTR({two}, 2, 1) "
        f"ELSE '0.' || SUBSTR('000000000', 1, CAST(-power - 1 AS INTEGER)) || {two} END"
    )
