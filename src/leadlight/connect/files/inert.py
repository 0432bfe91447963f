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
    return frame.with_columns(_escaped(name) for name in _texts(frame) if _may_run(frame[name]))


def as_meant(frame: pl.DataFrame) -> pl.DataFrame:
    """Take off the one apostrophe that makes such text inert."""
    return frame.with_columns(
        _meant(name) for name in _texts(frame) if frame[name].str.starts_with("'").any()
    )


def _escaped(name: str) -> pl.Expr:
    text = pl.col(name)
    runs = text.str.contains(_STARTS) & ~text.str.contains(_NUMBER)
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
