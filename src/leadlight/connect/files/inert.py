"""Text that a spreadsheet would take for a formula gets an apostrophe in front; reading takes it off again.

Any text that already begins with apostrophes before such a sign gets one more, so that what Leadlight
wrote is read back exactly.
"""

from __future__ import annotations

import polars as pl

_SIGNS = "=+\\-@\t\r＝＋－＠"
_STARTS = rf"^[\s']*[{_SIGNS}]"
_ESCAPED = rf"^'[\s']*[{_SIGNS}]"
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"


def inert(frame: pl.DataFrame) -> pl.DataFrame:
    """The same frame, with no text in it that a spreadsheet would run. Plain numbers stay as they are."""
    names = [
        name
        for name in _texts(frame)
        if frame[name].filter(_unusual(frame[name])).str.contains(_STARTS).any()
    ]
    dangerous = pl.col(names).str.contains(_STARTS) & ~pl.col(names).str.contains(_NUMBER)
    escaped = pl.when(dangerous).then(pl.lit("'") + pl.col(names)).otherwise(pl.col(names))
    return frame.with_columns(escaped) if names else frame


def as_meant(frame: pl.DataFrame) -> pl.DataFrame:
    """Take off the one apostrophe that makes such text inert."""
    names = [name for name in _texts(frame) if frame[name].str.starts_with("'").any()]
    meant = pl.when(pl.col(names).str.contains(_ESCAPED)).then(pl.col(names).str.slice(1))
    return frame.with_columns(meant.otherwise(pl.col(names))) if names else frame


def _texts(frame: pl.DataFrame) -> list[str]:
    return [name for name, kind in frame.schema.items() if kind == pl.String]


def _unusual(texts: pl.Series) -> pl.Series:
    """A quick test that nearly all text fails: what begins with a letter or a digit is harmless."""
    return (texts < "0") | ((texts >= ":") & (texts < "A")) | (texts >= "\x7f")
