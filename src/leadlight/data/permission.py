"""What a consent column says of a lead: its name forbids or allows, and a value is a yes, a no or neither.

What is missing forbids nothing. What is given and is neither forbids: nobody is called by a guess.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import cells, consent_words, frame, names
from leadlight.data.schema import Column

_WILLING: Final = ("opted in", "opt in", "optin", "subscribed")
"""They mean the same in every column."""
_YES: Final = frozenset(
    (
        *cells.TRUE_WORDS,
        *_WILLING,
        *("ja", "j", "wahr", "oui", "o", "vrai", "si", "s", "sim", "vero", "verdadero", "verdadeiro", "tak"),
        *("waar", "prawda", "sant"),
        *("erteilt", "gegeben", "donne", "accorde", "otorgado", "concedido", "concesso", "gegeven", "givet"),
        *("granted", "given", "accepted", "agreed", "allowed", "permitted", "confirmed"),
        *("double opt in", "double opted in"),
        *("x", "\u2713", "\u2714", "\u2611"),
    )
)
_NO: Final = frozenset(
    (
        *cells.FALSE_WORDS,
        *_WILLING,
        *("nein", "falsch", "non", "faux", "nao", "falso", "nee", "nej", "nie"),
        *("onwaar", "falsz", "falskt"),
        *("none", "not given"),
    )
)
_REFUSED: Final = frozenset(
    (
        *("opted out", "opt out", "optout", "unsubscribed"),
        *("withdrawn", "refused", "revoked", "declined", "denied"),
        *("nicht erteilt", "verweigert", "widerrufen", "abgelehnt", "refuse", "retire", "rechazado"),
        *(
            "revocado",
            "rifiutato",
            "revocato",
            "recusado",
            "revogado",
            "geweigerd",
            "ingetrokken",
            "odmowa",
            "nekad",
        ),
    )
)
"""Answers that forbid in every column."""


def yes_allows(name: str) -> bool:
    """Whether yes in a column of this name means that one may."""
    return consent_words.permits(names.words(name))


def forbidden(column: Column, series: pl.Series) -> NDArray[np.bool_]:
    """The leads whose value forbids: where yes would allow all but a yes, else all but a no."""
    may = column.yes == "allows" if column.yes else yes_allows(column.name)
    harmless = _YES if may else _NO
    levels = words(column, series)
    free = [level for level in levels.drop_nulls().unique().to_list() if _is_among(level, harmless)]
    return (levels.is_not_null() & ~levels.is_in(free)).to_numpy()


def words(column: Column, series: pl.Series) -> pl.Series:
    """The values as words, whatever kind the column is of."""
    return frame.levels(series, column.placeholders, column.spellings)


def is_spoken(series: pl.Series) -> bool:
    """Whether any of the words is an answer: a yes, a no or a refusal."""
    return any(_is_among(level, _YES | _NO | _REFUSED) for level in series.drop_nulls().unique().to_list())


def is_answered(series: pl.Series) -> bool:
    """Whether the words are answers and nothing else: yes and no, in whatever language."""
    told = series.drop_nulls().unique().to_list()
    return bool(told) and all(_is_among(level, _YES | _NO | _REFUSED) for level in told)


def _is_among(level: str, known: frozenset[str]) -> bool:
    return level in known or names.words(level).strip() in known
