"""Text that a spreadsheet would take for a formula gets an apostrophe in front; reading takes it off again.

Any text that already begins with apostrophes before such a sign gets one more, so that what Leadlight
wrote is read back exactly.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import polars as pl

from leadlight.connect.files.quotes import LINE_FEED, QUOTE, Bytes

_SIGNS = "=+\\-@\t\r＝＋－＠"
_STARTS = rf"^[\s']*[{_SIGNS}]"
_ESCAPED = rf"^'[\s']*[{_SIGNS}]"
_PIECE = 1 << 18
_LOOK = 64
_SIGNS_AHEAD = re.compile(rf"[\s']*(?:[{_SIGNS}]|\Z)")
_NUMBER_AHEAD = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[,;|\t\"\r\n]")
_PHONE = r"\+[0-9][0-9 ()./\-]{6,}"
"""A number to call: nothing in it could run."""
_PHONE_AHEAD = re.compile(_PHONE + r"[,;|\t\"\r\n]")
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"


def inert(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with no text that a spreadsheet would run; plain and telephone numbers stay as they are."""
    return frame.with_columns(_escaped(name) for name in _texts(frame) if _may_run(frame[name]))


def is_inert(rows: bytes, delimiter: int) -> bool:
    """Whether no field in some rows of CSV would have to be made inert."""
    view: Bytes = np.frombuffer(rows, np.uint8)
    starts = range(0, len(view), _PIECE)
    return all(
        _harmless(rows, _suspects(view[start : start + _PIECE + 1], delimiter) + start) for start in starts
    )


def _suspects(view: Bytes, delimiter: int) -> npt.NDArray[np.intp]:
    """Places where a field begins with neither a letter nor a digit."""
    before, first = view[:-1], view[1:]
    begins = (before == delimiter) | (before == LINE_FEED) | (before == QUOTE)
    ends = (first == delimiter) | (first == LINE_FEED) | (first == QUOTE)
    odd = (first < ord("0")) | (first == ord("=")) | (first == ord("@")) | (first > 127)
    return np.flatnonzero(begins & odd & ~ends) + 1


def _harmless(rows: bytes, places: npt.NDArray[np.intp]) -> bool:
    return not any(_runs(rows[place : place + _LOOK].decode(errors="ignore")) for place in places.tolist())


def _runs(text: str) -> bool:
    """Whether a field with this beginning may run; one that begins with many blanks may."""
    signs = _SIGNS_AHEAD.match(text)
    return signs is not None and not _NUMBER_AHEAD.match(text) and not _PHONE_AHEAD.match(text)


def inert_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """For cells that are typed as text, which run nothing: only what reading would take off is put on."""
    return frame.with_columns(
        pl.col(name).str.replace(_ESCAPED, "'$0")
        for name in _texts(frame)
        if frame[name].str.starts_with("'").any()
    )


def may_run(text: str) -> bool:
    """Whether a spreadsheet would take this for a formula, were it typed in."""
    return re.match(_STARTS, text) is not None


def as_meant(frame: pl.DataFrame) -> pl.DataFrame:
    """Take off the one apostrophe that makes such text inert."""
    return frame.with_columns(
        _meant(name) for name in _texts(frame) if frame[name].str.starts_with("'").any()
    )


def name_as_meant(name: str) -> str:
    """The name of a column without the apostrophe that makes it inert."""
    return name[1:] if re.match(_ESCAPED, name) else name


def _escaped(name: str) -> pl.Expr:
    text = pl.col(name)
    runs = text.str.contains(_STARTS) & ~text.str.contains(_NUMBER) & ~text.str.contains(f"^{_PHONE}$")
    return pl.when(runs).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(name)


def _meant(name: str) -> pl.Expr:
    text = pl.col(name)
    return pl.when(text.str.contains(_ESCAPED)).then(text.str.slice(1)).otherwise(text).alias(name)


def _may_run(texts: pl.Series) -> bool:
    """Nearly all text begins with a letter or a digit, which is quick to see."""
    odd = texts.filter((texts < "0") | ((texts >= ":") & (texts < "A")) | (texts >= "\x7f"))
    return bool(odd.str.contains(_STARTS).any())


def _texts(frame: pl.DataFrame) -> list[str]:
    return [name for name, kind in frame.schema.items() if kind == pl.String]
