"""Rows above the header: titles, dates and notes that an export puts over its table."""

from __future__ import annotations

from collections.abc import Sequence

from leadlight.connect.files.csv_rows import fields, layout_of
from leadlight.data import cells

LOOKED_AT = 40
MOST_ABOVE = 20
NARROWEST = 3
ALIKE = 0.8


def rows_above(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows stand above the header; none where that is not plain.

    The first holds one text alone, those below it two at most, then comes a row of different names, and
    nearly all rows below are as wide as that.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if len(rows) < 3 or filled[0] != 1 or max(filled) < NARROWEST:
        return 0
    place = next(place for place, count in enumerate(filled) if count >= max(NARROWEST, max(filled) / 2))
    names = [cell.strip() for cell in rows[place] if cell.strip()]
    below = rows[place + 1 :]
    plain = max(filled[:place]) < NARROWEST and place <= MOST_ABOVE and bool(below)
    named = len({name.casefold() for name in names}) == len(names) and not any(map(_is_figure, names))
    return place if plain and named and _are_alike(below, len(rows[place])) else 0


def _are_alike(rows: Sequence[Sequence[str]], width: int) -> bool:
    return sum(len(row) <= width and any(row) for row in rows) >= ALIKE * len(rows)


def _is_figure(text: str) -> bool:
    return cells.parse_number(text) is not None or cells.parse_date(text, "mixed") is not None


def bytes_above(head: bytes, delimiters: Sequence[str]) -> int:
    """The bytes above the header of a delimited file, whatever of these parts its fields; 0 for none."""
    found = {delimiter: _bytes_above(head, delimiter) for delimiter in delimiters}
    return next((skipped for skipped in found.values() if skipped), 0)


def _bytes_above(head: bytes, delimiter: str) -> int:
    layout = layout_of(head[:200_000], ord(delimiter))
    blank = set(layout.blank().tolist())
    places = [place for place in range(min(len(layout.ends), 2 * LOOKED_AT)) if place not in blank][
        :LOOKED_AT
    ]
    bounds = [(int(layout.starts[place]), int(layout.ends[place])) for place in places]
    texts = [head[start:end].removesuffix(b"\r") for start, end in bounds]
    rows = [[field.decode(errors="replace") for field in fields(text, ord(delimiter))] for text in texts]
    above = rows_above(rows)
    widths = [len(row) for row in rows[above:]]
    if not above or sum(width == widths[0] for width in widths) < ALIKE * len(widths):
        return 0
    return bounds[above][0]


def skipped_note(rows: int) -> str:
    return (
        f"the first {rows} rows are no header and were skipped"
        if rows > 1
        else ("the first row is no header and was skipped")
    )


def lines_skipped(head: bytes, count: int) -> int:
    """The bytes that so many lines take."""
    place = 0
    for _ in range(count):
        place = head.find(b"\n", place) + 1
        if not place:
            return len(head)
    return place
