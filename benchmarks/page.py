"""Put the latest results into docs/benchmarks.md: between its two marks stands what benchmarks/results holds.

Each benchmark does that when it is done; by hand: python -m benchmarks.page
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import RESULTS, ROOT, Figure, cells

PAGE: Final = ROOT / "docs" / "benchmarks.md"
BEGIN: Final = "<!-- results: written by `make bench` -->"
END: Final = "<!-- end of results -->"
ORDER: Final = ("models", "studies", "folds", "truth", "score", "one", "train", "serve", "store")
HEAD: Final = ("figure", "ours", "peer", "ratio", "bar", "")
FIRST: Final = "<!-- ten figures: written by `make bench` -->"
LAST: Final = "<!-- end of the ten -->"
TEN: Final = (
    ("folds", "fast: AUC", "X Education, five folds, columns that sales do not fill in: AUC of the default"),
    ("folds", "glassbox: log loss", "the same, the glass box alone: log loss"),
    ("folds", "glassbox: ECE", "the same: distance between foretold and seen share"),
    ("models", "wider, ensemble: AUC", "all columns but three, the best of each: AUC"),
    (
        "studies",
        "logistic, lightgbm, 100 random splits: accuracy",
        "a published study, on its own columns: accuracy",
    ),
    ("score", "1,000,000 rows of CSV, glassbox, 0 reasons: time", "a million leads, file to file: seconds"),
    ("score", "10,000,000 rows of Parquet: peak memory", "memory for ten million leads, in GB"),
    ("one", "one lead with three reasons, in process", "one lead with reasons, in microseconds"),
    (
        "serve",
        "one lead with key, validation and three reasons, 32 connections",
        "the same over HTTP, requests a second",
    ),
    (
        "store",
        "1,000,000 leads on PostgreSQL: scored into the ledger, 3 reasons",
        "a stored million, leads a second",
    ),
)
"""What a stranger asks first: the benchmark, its figure, and what it is in plain words."""


def main() -> None:
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), RESULTS), encoding="utf-8")


def filled(page: str, results: Path) -> str:
    """The page with the results that are there."""
    before, rest = _glanced(page, results).split(BEGIN)
    after = rest.split(END)[1]
    return "\n\n".join([before + BEGIN, *sections(results), END + after])


def _glanced(page: str, results: Path) -> str:
    """The page with its ten figures, where it has a place for them."""
    if FIRST not in page:
        return page
    before, rest = page.split(FIRST)
    rows = [row for name, what, words in TEN if (row := _glance(results / f"{name}.json", what, words))]
    told = table(("what", "ours", "beside it", "ratio"), rows)
    return f"{before}{FIRST}\n\n{told}\n\n{LAST}{rest.split(LAST)[1]}"


def _glance(path: Path, what: str, words: str) -> list[str]:
    lines = json.loads(path.read_text(encoding="utf-8"))["figures"] if path.exists() else []
    found = next((figure_of(line) for line in lines if line["what"] == what), None)
    return [] if found is None else [words, *cells(found)[1:4]]


def sections(results: Path) -> Iterator[str]:
    there = [path for name in ORDER if (path := results / f"{name}.json").exists()]
    for path in there:
        yield from section(json.loads(path.read_text(encoding="utf-8")))
    missing = [f"**{name}**" for name in ORDER if results / f"{name}.json" not in there]
    if there and missing:
        yield f"Not yet measured at full size: {', '.join(missing)}."


def section(result: dict[str, Any]) -> Iterator[str]:
    """A heading, what it was measured on, and the tables."""
    machine = result["machine"]
    yield f"### {result['name']}"
    memory = machine["memory_bytes"] / (1 << 30)
    yield (
        f"Commit {result['commit'][:10]}; {machine['cores']} cores of {machine['cpu']}, {memory:.0f} GB; "
        f"{machine['system']}, Python {machine['python']}.{_shared(machine)}"
    )
    yield table(HEAD, [cells(figure_of(line)) for line in result["figures"]])
    for each in result.get("tables", ()):
        yield each["title"]
        yield table(each["head"], each["rows"])


def _shared(machine: dict[str, Any]) -> str:
    """Whether more wanted to run than there are cores: then seconds say little, and only ratios hold."""
    if machine.get("load", 0.0) <= machine["cores"]:
        return ""
    return (
        f" The machine was shared: {machine['load']:.1f} processes at a time wanted its"
        f" {machine['cores']} cores, so seconds are too long."
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    whole = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in whole)


def figure_of(line: dict[str, Any]) -> Figure:
    """A figure as it was written, without what is worked out from it."""
    told = {name: value for name, value in line.items() if name not in ("ratio", "met")}
    return Figure(**{"unit": "", **told})


if __name__ == "__main__":
    main()
