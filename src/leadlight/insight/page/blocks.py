"""What a page is made of: plain records, no markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows under a head; the columns named in `right` hold numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[str] = frozenset()
    caption: str = ""
    folded: bool = False

    @staticmethod
    def of(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1, caption: str = "") -> Table:
        """The first `left` columns hold words, the others numbers."""
        return Table(tuple(head), tuple(map(tuple, rows)), frozenset(head[left:]), caption)


@dataclass(frozen=True)
class Figure:
    """A picture under a sentence that says what it shows; `numbers` is the same as a table."""

    name: str
    title: str
    chart: Any
    note: str = ""
    numbers: Table | None = None
    wide: bool = False


@dataclass(frozen=True)
class Card:
    """Something worth knowing: how serious, where, what, and the next step."""

    kind: str
    label: str
    text: str
    step: str = ""


@dataclass(frozen=True)
class Cards:
    """Cards, the gravest first."""

    cards: tuple[Card, ...]


Block = Words | Table | Figure | Cards


@dataclass(frozen=True)
class Section:
    """A heading, and what stands under it."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class ReportPage:
    """One report."""

    title: str
    summary: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def figures(self) -> Iterator[Figure]:
        for section in self.sections:
            yield from (block for block in section.blocks if isinstance(block, Figure))
