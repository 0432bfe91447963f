"""What people read: lines, tables and progress, in colour on a terminal and as plain text in a pipe."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from leadlight.cli.inert import inert

GAP: Final = "  "
LEAST: Final = 36
BAR: Final = 20
_COUNTED: Final = re.compile(r"\b(\d+) of (\d+)\b")


@dataclass(frozen=True)
class Page:
    """Standard output, or standard error, written for a person."""

    console: Console

    @staticmethod
    def of(*, error: bool = False) -> Page:
        return Page(Console(stderr=error, highlight=False, markup=False, emoji=False))

    def heading(self, text: str) -> None:
        """A heading with a blank line before it."""
        self._print("")
        self._print(inert(text), "bold")

    def line(self, text: str = "", indent: int = 2) -> None:
        """A sentence, broken between words where the page ends."""
        for part in wrap(inert(text), self.console.width - indent, break_on_hyphens=False) or [""]:
            self._print(" " * indent + part)

    def say(self, text: str) -> None:
        """A sentence at the margin."""
        self.line(text, indent=0)

    def typed(self, command: str) -> None:
        """Something to type: never broken, so that it can be copied."""
        self._print("  " + inert(command), "cyan")

    def table(self, head: Sequence[str], rows: Sequence[Sequence[Any]], right: Sequence[str] = ()) -> None:
        """Rows under a head; the columns named in `right` stand to the right, the last one is wrapped."""
        cells = [list(head), *([inert(str(cell)) for cell in row] for row in rows)]
        widths = _widths(cells, self.console.width - 2)
        for number, row in enumerate(cells):
            style = "" if number else "dim"
            texts = wrap(row[-1], widths[-1], break_on_hyphens=False) or [""]
            start = [
                set_cell_size(cell.rjust(width) if name in right else cell, width)
                for name, cell, width in zip(head, map(_cut, row, widths), widths[:-1], strict=False)
            ]
            for text in texts:
                last = text.rjust(widths[-1]) if head[-1] in right else text
                self._print(("  " + GAP.join([*start, last])).rstrip(), style)
                start = [" " * width for width in widths[:-1]]

    def _print(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style=style), soft_wrap=True)


def _widths(cells: Sequence[Sequence[str]], room: int) -> list[int]:
    """As wide as needed; where the page is too narrow the widest columns give way, the last one first."""
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    over = sum(widths) + len(GAP) * (len(widths) - 1) - room
    spare = min(max(over, 0), max(widths[-1] - LEAST, 0))
    widths[-1] -= spare
    for _ in range(over - spare):
        widest = widths.index(max(widths))
        widths[widest] -= 1
    return widths


def _cut(cell: str, width: int) -> str:
    return cell if cell_len(cell) <= width else set_cell_size(cell, width - 1) + "\N{HORIZONTAL ELLIPSIS}"


def print_json(found: Mapping[str, Any]) -> None:
    """The one object that a program reads."""
    sys.stdout.write(json.dumps(found, ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def bar(step: str) -> str:
    """How far a step is that says its number of how many; nothing for one that does not."""
    found = _COUNTED.search(step)
    if found is None:
        return ""
    done = min(BAR, BAR * int(found[1]) // max(1, int(found[2])))
    return f"  {'━' * done}{'─' * (BAR - done)}"


@contextmanager
def progress(first: str) -> Iterator[Callable[[str], None]]:
    """Tell each step on standard error: in one place on a terminal, else a line a kind of work."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        with console.status(Text(first)) as status:
            yield lambda step: status.update(Text(step + bar(step)))
        return
    told = [first]
    console.print(f"{first} ...", soft_wrap=True)

    def tell(step: str) -> None:
        stage = step.partition(",")[0]
        if stage != told[-1]:
            told.append(stage)
            console.print(f"{stage} ...", soft_wrap=True)

    yield tell
