"""A table of points as a workbook that computes: type a lead, and score, grade and reasons move."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells, frame
from leadlight.data.schema import Column
from leadlight.errors import InputError
from leadlight.model.bundle import Bundle
from leadlight.model.encode import DAY, Feature, representatives
from leadlight.model.points import Points
from leadlight.model.polyline import Polyline
from leadlight.model.scorer import Scorer

LEAD, POINTS, WORKING = "Score a lead", "Points", "Working"
EPOCH: Final = 25569
"""The first of January 1970, as spreadsheets count days."""
FIRST: Final = 11
"""The row of the first column of the lead, counted from 0."""
REASONS: Final = 5
COLOURS: Final = {
    "ink": "#1c2430",
    "soft": "#5b6675",
    "line": "#d5dbe3",
    "typed": "#fff7dc",
    "bar": "#7aa7d9",
}


def workbook(bundle: Bundle, lead: Mapping[str, Any] | None = None) -> bytes:
    """The file; `lead` is what is typed in at first."""
    import xlsxwriter

    learner = bundle.scorer.learner
    if not isinstance(learner, Points):
        raise InputError(
            f"A model of the family {bundle.family!r} is no table of points: a workbook cannot compute it.",
            code="workbook_family",
            hint="Train with --models glassbox,logistic,bayes.",
        )
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheets = {name: book.add_worksheet(name) for name in (LEAD, POINTS, WORKING)}
        _Writer(bundle, bundle.scorer, learner, book, sheets, lead or {}).write()
    return target.getvalue()


@dataclass
class _Place:
    """Where a feature's code and points stand on the working sheet."""

    code: str
    points: str


class _Writer:
    """Fills the three sheets from left to right: what is typed, codes, points, margin, score."""

    def __init__(
        self,
        bundle: Bundle,
        scorer: Scorer,
        points: Points,
        book: Any,
        sheets: Mapping[str, Any],
        lead: Mapping[str, Any],
    ) -> None:
        self.bundle, self.scorer, self.points, self.lead = bundle, scorer, points, lead
        self.front, self.table, self.working = (sheets[name] for name in (LEAD, POINTS, WORKING))
        self.formats = {name: book.add_format(said) for name, said in _FORMATS.items()}
        self.inputs = [column for column in scorer.schema.inputs if _is_typed(column, scorer)]
        self.codes = scorer.encode(frame.from_records([lead]) if lead else pl.DataFrame({"": [None]}))
        self.scores, self.parts = scorer.score_codes(self.codes), scorer.contributions(self.codes)[0].tolist()
        self.next_free = 4
        self.places: list[_Place] = []

    def write(self) -> None:
        self._typed_cells()
        for feature, table in zip(self.scorer.encoder.features, self.points.tables, strict=True):
            self.places.append(self._feature(feature, table))
        pairs = [self._pair(number) for number in range(len(self.points.pairs))]
        margin = self._margin(pairs)
        self._factors(pairs)
        self._result(margin)
        self._points_sheet()
        self.working.hide()

    def _typed_cells(self) -> None:
        front, ink = self.front, self.formats
        front.hide_gridlines(2)
        front.set_landscape()
        front.fit_to_pages(1, 0)
        front.set_column(0, 0, 46)
        front.set_column(1, 1, 30)
        front.set_column(2, 2, 16)
        front.set_column(3, 3, 4)
        front.set_column(4, 4, 60)
        front.write_string(0, 0, f"Model {self.bundle.name}", ink["title"])
        front.write_string(
            1, 0, "Type a lead into the yellow cells; leave blank what is not known.", ink["soft"]
        )
        for place, word in enumerate(("Column", "Value", "Odds x")):
            front.write_string(FIRST - 1, place, word, ink["head"])
        for row, column in enumerate(self.inputs, start=FIRST):
            label = f"{column.name}  ( = {column.expression} )" if column.expression else column.name
            front.write_string(row, 0, label, ink["cell"])
            self._typed_cell(row, column)
        front.freeze_panes(FIRST, 1)

    def _typed_cell(self, row: int, column: Column) -> None:
        value = self.lead.get(column.name)
        form = self.formats["date" if column.kind == "date" else "typed"]
        if value is None:
            self.front.write_blank(row, 1, None, form)
        elif isinstance(value, str):
            self.front.write_string(row, 1, value, form)
        else:
            self.front.write_number(row, 1, float(value), form)
        levels = [level for feature in self._features_of(column) for level in feature.levels]
        if levels and len(",".join(levels)) <= 255 and not any("," in level for level in levels):
            self.front.data_validation(
                row, 1, row, 1, {"validate": "list", "source": levels, "show_error": False}
            )

    def _features_of(self, column: Column) -> list[Feature]:
        return [feature for feature in self.scorer.encoder.features if feature.column == column.name]

    def _block(self, values: Sequence[Any]) -> str:
        """Values below one another in a free column of the working sheet; where they stand."""
        column, self.next_free = self.next_free, self.next_free + 1
        for row, value in enumerate(values):
            if isinstance(value, str):
                self.working.write_string(row, column, value)
            else:
                self.working.write_number(row, column, value)
        return _range(0, len(values) - 1, column)

    def _compute(self, row: int, column: int, formula: str, value: float) -> None:
        """A formula with what it gives now: not every program computes a file anew when it opens it."""
        self.working.write_formula(row, column, f"={formula}", None, value)

    def _feature(self, feature: Feature, table: np.ndarray) -> _Place:
        column = self.scorer.schema[feature.column]
        row = len(self.places)
        place = _Place(f"'{WORKING}'!$B${row + 1}", f"'{WORKING}'!$C${row + 1}")
        typed = f"'{LEAD}'!$B${FIRST + self.inputs.index(column) + 1}"
        self.working.write_string(row, 0, feature.name)
        code = int(self.codes[0, row])
        self._compute(row, 1, self._code(feature, column, typed), code)
        values = self._block([float(value) for value in table])
        self._compute(row, 2, f"INDEX({values},{place.code}+1)", float(table[code]))
        return place

    def _code(self, feature: Feature, column: Column, typed: str) -> str:
        word = f'LOWER(TRIM({typed}&""))'
        if feature.take == "level":
            return self._level_code(feature, column, word)
        if not feature.edges:
            return f'IF({word}="",{feature.missing},1)'
        edges = self._block(list(feature.edges))
        value = _taken(feature, typed, _now(self.scorer.encoder.reference))
        barred = "".join(f'IF({value}={number!r},"",' for number in column.missing_numbers)
        known = f"{barred}{value}{')' * len(column.missing_numbers)}"
        lost = self._is_placeholder(column, word) if feature.take == "length" else f'{known}=""'
        return f"IF({lost},{feature.missing},SUMPRODUCT(--({edges}<{known}))+1)"

    def _is_placeholder(self, column: Column, word: str) -> str:
        keys = self._block([_key(text) for text in column.placeholders] or [""])
        return f'OR({word}="",SUMPRODUCT(--EXACT({keys},{word}))>0)'

    def _level_code(self, feature: Feature, column: Column, word: str) -> str:
        codes = {_key(text): feature.missing for text in ("", *column.placeholders)}
        for level, code in feature.code_of.items():
            codes.setdefault(_key(level), code)
        for spelt, level in column.spellings.items():
            codes.setdefault(_key(spelt), feature.code_of.get(level, feature.size - 1))
        keys, values = self._block(list(codes)), self._block([code + 1 for code in codes.values()])
        found = f"SUMPRODUCT(EXACT({keys},{word})*{values})"
        return f"IF({found}=0,{feature.size - 1},{found}-1)"

    def _pair(self, number: int) -> str:
        pair = self.points.pairs[number]
        first, second = (
            f"INDEX({self._block([int(place) for place in bins])},{self.places[k].code}+1)"
            for k, bins in ((pair.first, pair.first_bins), (pair.second, pair.second_bins))
        )
        width = pair.table.shape[1]
        values = self._block([float(value) for value in pair.table.ravel()])
        row = len(self.places) + number
        self.working.write_string(row, 0, f"pair {number + 1}")
        self._compute(row, 2, f"INDEX({values},{first}*{width}+{second}+1)", float(pair.of(self.codes)[0]))
        return f"'{WORKING}'!$C${row + 1}"

    def _margin(self, pairs: list[str]) -> str:
        """The log-odds, before and after the bend of the calibration."""
        row = len(self.places) + len(pairs)
        last = max(row, 1)
        self.working.write_string(row, 0, "log-odds")
        uncalibrated = float(self.points.margin(self.codes)[0])
        self._compute(row, 2, f"{self.points.base!r}+SUM($C$1:$C${last})", uncalibrated)
        plain = f"'{WORKING}'!$C${row + 1}"
        lift = self.scorer.calibrator.lift
        bend = f"+{self._on_line(lift, plain)}" if lift is not None else ""
        self.working.write_string(row + 1, 0, "calibrated")
        self._compute(row + 1, 2, f"{plain}{bend}", float(self.scores.margin[0]))
        return f"'{WORKING}'!$C${row + 2}"

    def _on_line(self, line: Polyline, place: str) -> str:
        knots, values = self._block(list(line.knots)), self._block(list(line.values))
        inside = f"MAX({line.knots[0]!r},MIN({line.knots[-1]!r},{place}))"
        left = f"MIN({len(line.knots) - 1},MATCH({inside},{knots},1))"
        low, high = f"INDEX({knots},{left})", f"INDEX({knots},{left}+1)"
        start, end = f"INDEX({values},{left})", f"INDEX({values},{left}+1)"
        return f"({start}+({end}-{start})*({inside}-{low})/({high}-{low}))"

    def _factors(self, pairs: list[str]) -> None:
        """What each typed column does to the odds; a pair belongs to both in equal parts."""
        for row, column in enumerate(self.inputs, start=FIRST):
            terms = [
                place.points
                for feature, place in zip(self.scorer.encoder.features, self.places, strict=True)
                if feature.column == column.name
            ]
            for cell, pair in zip(pairs, self.points.pairs, strict=True):
                sides = (self.scorer.encoder.features[k].column for k in (pair.first, pair.second))
                terms += [f"{cell}/2"] * sum(side == column.name for side in sides)
            factor = math.exp(self.parts[self.scorer.columns.index(column.name)])
            formula = f"=EXP({'+'.join(terms) or '0'})"
            self.front.write_formula(row, 2, formula, self.formats["factor"], factor)
        last = FIRST + len(self.inputs) - 1
        self.front.conditional_format(
            FIRST,
            2,
            last,
            2,
            {"type": "cell", "criteria": ">=", "value": 1.05, "format": self.formats["more"]},
        )
        self.front.conditional_format(
            FIRST,
            2,
            last,
            2,
            {"type": "cell", "criteria": "<=", "value": 0.95, "format": self.formats["less"]},
        )

    def _result(self, margin: str) -> None:
        grades, interval = self.scorer.grades, self.scorer.interval
        rate = f"1/(1+EXP(-{margin}))"
        names = [name.replace('"', '""') for name in grades.names]
        below = f'IF({margin}>={grades.warm!r},"{names[1]}","{names[2]}")'
        graded = f'IF({margin}>={grades.hot!r},"{names[0]}",{below})'
        now = self.scores
        called = "yes" if now.call[0] else "no"
        probability, low, high = (float(each[0]) for each in (now.probability, now.low, now.high))
        low_line, high_line = (self._on_line(line, margin) for line in (interval.low, interval.high))
        lines: tuple[tuple[str, str, str, float | str], ...] = (
            ("Score (of a hundred such leads, so many buy)", f"=100*{rate}", "score", 100 * probability),
            ("Grade", f"={graded}", "grade", now.names[int(now.grade[0])]),
            ("Call", f'=IF({margin}>={grades.line!r},"yes","no")', "grade", called),
            ("Probability", f"={rate}", "exact", probability),
            ("Between", f"=MIN({low_line},{rate})", "share", low),
            ("and, nine times in ten", f"=MAX({high_line},{rate})", "share", high),
        )
        for row, (label, formula, form, value) in enumerate(lines, start=3):
            self.front.write_string(row, 0, label, self.formats["cell"])
            self.front.write_formula(row, 1, formula, self.formats[form], value)
        self._strongest()

    def _strongest(self) -> None:
        """The columns that say most, beside the lead."""
        first, last = FIRST + 1, FIRST + len(self.inputs)
        column, self.next_free = self.next_free, self.next_free + 1
        parts = [self.parts[self.scorer.columns.index(each.name)] for each in self.inputs]
        for row, added in enumerate(parts):
            tie = (row + 1) * 1e-9
            formula = f"ABS(LN('{LEAD}'!$C${FIRST + row + 1}))-{tie!r}"
            self._compute(row, column, formula, abs(added) - tie)
        order = sorted(range(len(parts)), key=lambda row: -abs(parts[row]))
        strength = _range(0, max(len(self.inputs) - 1, 0), column)
        self.front.write_string(2, 4, "What says most", self.formats["head"])
        for rank in range(1, min(REASONS, len(self.inputs)) + 1):
            at = f"MATCH(LARGE({strength},{rank}),{strength},0)"
            name, value, factor = (f"INDEX(${side}${first}:${side}${last},{at})" for side in "ABC")
            text = f'{name}&" = "&IF({value}="","missing",{value})&": odds x "&TEXT({factor},"0.00")'
            place = order[rank - 1]
            own = self.lead.get(self.inputs[place].name, "missing")
            now = f"{self.inputs[place].name} = {own}: odds x {math.exp(parts[place]):.2f}"
            self.front.write_formula(2 + rank, 4, f"={text}", self.formats["cell"], now)

    def _points_sheet(self) -> None:
        """Every level and range with what it does to the odds, for a sales meeting."""
        sheet, form = self.table, self.formats
        sheet.hide_gridlines(2)
        for place, (word, width) in enumerate(
            (("Column", 38), ("Level or range", 44), ("Odds x", 12), ("Log-odds", 12))
        ):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, word, form["head"])
        sheet.freeze_panes(1, 0)
        row = 1
        for feature, table in zip(self.scorer.encoder.features, self.points.tables, strict=True):
            for words, value in zip(representatives(feature), table.tolist(), strict=True):
                sheet.write_string(row, 0, feature.name, form["cell"])
                sheet.write_string(row, 1, words, form["cell"])
                sheet.write_number(row, 2, math.exp(value), form["factor"])
                sheet.write_number(row, 3, value, form["exact"])
                row += 1
        sheet.autofilter(0, 0, max(row - 1, 1), 3)
        sheet.conditional_format(
            1, 3, max(row - 1, 1), 3, {"type": "data_bar", "bar_color": COLOURS["bar"], "bar_solid": True}
        )


_FORMATS: Final[Mapping[str, Mapping[str, Any]]] = {
    "title": {"bold": True, "font_size": 16, "font_color": COLOURS["ink"]},
    "soft": {"font_color": COLOURS["soft"]},
    "head": {"bold": True, "font_color": COLOURS["soft"], "bottom": 1, "bottom_color": COLOURS["line"]},
    "cell": {"font_color": COLOURS["ink"]},
    "typed": {"bg_color": COLOURS["typed"], "border": 1, "border_color": COLOURS["line"]},
    "date": {
        "bg_color": COLOURS["typed"],
        "border": 1,
        "border_color": COLOURS["line"],
        "num_format": "yyyy-mm-dd hh:mm",
    },
    "factor": {"num_format": "0.00"},
    "more": {"font_color": "#1b6e3c", "bold": True},
    "less": {"font_color": "#a3341f", "bold": True},
    "score": {"num_format": "0.0", "bold": True, "font_size": 16, "align": "left"},
    "grade": {"bold": True, "align": "left"},
    "exact": {"num_format": "0.0000", "align": "left"},
    "share": {"num_format": "0.0 %", "align": "left"},
}


def _is_typed(column: Column, scorer: Scorer) -> bool:
    return any(feature.column == column.name for feature in scorer.encoder.features)


def _range(first: int, last: int, column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    name = xl_col_to_name(column)
    return f"'{WORKING}'!${name}${first + 1}:${name}${max(last, first) + 1}"


def _key(text: str) -> str:
    """A word as the sheet compares it: small letters, single blanks."""
    return " ".join(part for part in cells.trim(text).lower().split(" ") if part)


def _now(reference: float | None) -> str:
    """What ages are counted to: the moment that the model was trained with, else that of looking."""
    return "NOW()" if reference is None else repr(reference / DAY + EPOCH)


def _taken(feature: Feature, typed: str, now: str) -> str:
    """The number that a feature takes of a typed cell; an empty text where there is none."""
    if feature.take == "length":
        return f'LEN(TRIM({typed}&""))'
    number = f'IF(ISNUMBER({typed}),{typed},IFERROR(VALUE(TRIM({typed})),""))'
    if feature.take == "value":
        return number
    if feature.take == "age":
        return f'IF({number}="","",{now}-{number})'
    part = f"WEEKDAY({number},2)" if feature.take == "weekday" else f"HOUR({number})"
    return f'IF({number}="","",{part})'
