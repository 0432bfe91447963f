"""Questions of training: asked on a terminal, else told with the command line that answers them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

import polars as pl
from rich.console import Console
from rich.prompt import Prompt
from rich.text import Text

from leadlight.cli.inert import inert
from leadlight.data import cells, names, permission, rows, stages, target
from leadlight.errors import LeadlightError, QuestionError
from leadlight.training.options import Options
from leadlight.training.unsettled import unsettled_consent

Result = TypeVar("Result")
Typed = Callable[[Sequence[str]], str]

CODES: Final = ("which_target", "which_values", "which_consent")
_LEAVE: Final = ("forbids", "allows", "neither")
_MEANINGS: Final = {"won": "positive", "lost": "negative", "open": "open"}
_SHOWN: Final = 12


def until_answered(
    work: Callable[[Options], Result], raw: pl.DataFrame, wanted: Options, typed: Typed
) -> Result:
    """Do the work; a question that comes up is asked here, and the work begun again with its answer."""
    while True:
        try:
            return work(wanted)
        except QuestionError as question:
            if question.code not in CODES:
                raise
            if not (sys.stdin.isatty() and sys.stderr.isatty()):
                raise _told(question, raw, wanted, typed) from None
            try:
                wanted = _asked(question, rows.without_totals(raw), wanted)
            except EOFError:
                raise _told(question, raw, wanted, typed) from None


def _told(question: QuestionError, raw: pl.DataFrame, wanted: Options, typed: Typed) -> QuestionError:
    start = "for example:"
    if question.code == "which_target":
        seen = ", ".join(map(repr, _columns(raw)[:_SHOWN])) or "no column has two values"
        start = f"candidates: {seen}.\n  For example:"
    if question.code == "which_consent":
        start = "--objection if so, --permission if a yes allows it, --keep if it is neither. For example:"
    hint = f"{start}\n    {typed(flags(question, raw, wanted))}"
    return QuestionError(question.message, code=question.code, where=question.where, hint=hint)


def flags(question: LeadlightError | None, raw: pl.DataFrame, wanted: Options) -> list[str]:
    """What would answer the question if it were typed as well."""
    raw = rows.without_totals(raw)
    if question is None or question.code not in CODES:
        return []
    if question.code == "which_target":
        return ["--target", (_columns(raw) or ["COLUMN"])[0]]
    if question.code == "which_consent":
        return [word for name in unsettled_consent(raw, wanted) for word in ("--objection", name)]
    return [word for value, flag in _suggested(raw, wanted) for word in (flag, value)]


def _asked(question: QuestionError, raw: pl.DataFrame, wanted: Options) -> Options:
    console = Console(stderr=True, highlight=False, markup=False)
    console.print(Text(inert(question.message), style="bold"))
    if question.code == "which_target":
        return replace(wanted, target=_column(console, raw))
    if question.code == "which_consent":
        return _with_leave(console, raw, wanted)
    answers: dict[str, tuple[str, ...]] = {name: getattr(wanted, name) for name in _MEANINGS.values()}
    for value, flag in _suggested(raw, wanted):
        usual = next(word for word, option in _MEANINGS.items() if f"--{option}" == flag)
        meaning = str(
            Prompt.ask(
                Text(f"  {inert(value)}"),
                console=console,
                choices=list(_MEANINGS),
                default=usual if stages.is_known(value) else ...,
            )
        )
        answers[_MEANINGS[meaning]] += (value,)
    return replace(wanted, positive=answers["positive"], negative=answers["negative"], open=answers["open"])


def _with_leave(console: Console, raw: pl.DataFrame, wanted: Options) -> Options:
    """What a yes in the first unsettled column does; nothing is presumed but the worse."""
    name = unsettled_consent(raw, wanted)[0]
    said = Prompt.ask(Text("  a yes"), console=console, choices=list(_LEAVE), default="forbids")
    if said == "forbids":
        return replace(wanted, objection=(*wanted.objection, name))
    if said == "allows":
        return replace(wanted, permission=(*wanted.permission, name))
    return replace(wanted, keep=(*wanted.keep, name))


def _column(console: Console, raw: pl.DataFrame) -> str:
    columns = _columns(raw)
    console.print(Text(f"  candidates: {inert(', '.join(columns[:_SHOWN]))}"))
    while True:
        name = Prompt.ask(Text("  column"), console=console, default=columns[0] if columns else None)
        if name in raw.columns:
            return str(name)
        console.print(Text(f"  {target.nearest(str(name), raw.columns)}"))


def _columns(raw: pl.DataFrame) -> list[str]:
    """The columns that could be an outcome: named like one, else with two values, yes and no first."""
    counts = {name: target.levels(raw[name]).drop_nulls().n_unique() for name in raw.columns}
    few = [name for name, count in counts.items() if 2 <= count <= target.MOST_VALUES]
    ranks = {name: rank for name in few if (rank := names.target_rank(name)) is not None}
    two = [name for name in few if name not in ranks and target.could_tell(name, raw[name])]
    two.sort(key=lambda name: not permission.is_answered(target.levels(raw[name])))
    return [*sorted(ranks, key=ranks.__getitem__), *two]


def _suggested(raw: pl.DataFrame, wanted: Options) -> list[tuple[str, str]]:
    """Each value that nothing was said of, with the flag that it would probably get."""
    column = wanted.target or target.find(raw)
    given = {cells.clean(value) for name in _MEANINGS.values() for value in getattr(wanted, name)}
    present = sorted(target.levels(raw[column]).drop_nulls().unique().to_list())
    won = [cells.clean(value) for value in wanted.positive]
    pairs = [shlex.split(text) for text in target.suggestion(present, won)]
    return [(value, flag) for flag, value in pairs if value not in given]
