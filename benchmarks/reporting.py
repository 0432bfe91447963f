"""What a benchmark found: printed, kept in benchmarks/results and put on the page of the benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from benchmarks import page
from benchmarks.measure import Figure, Table, aligned, line, table, write


def report(
    name: str, figures: Sequence[Figure], *, keep: bool = True, tables: Sequence[Table] = (), **more: object
) -> None:
    """Print the tables, write benchmarks/results/NAME.json, and exit with 1 where a bar is missed.

    `keep` is for runs at full size: what a smaller one gives is printed and not written.
    """
    for each in tables:
        print(f"{each.title}\n{aligned([each.head, *each.rows])}\n", flush=True)
    if figures:
        print(table(figures), flush=True)
    if keep:
        told = {"tables": [asdict(each) for each in tables]} if tables else {}
        write(name, {"figures": [line(figure) for figure in figures], **told, **more})
        page.main()
    if any(figure.met is False and not figure.advisory for figure in figures):
        raise SystemExit(1)
