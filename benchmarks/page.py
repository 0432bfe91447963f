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


def main() -> None:
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), RESULTS), encoding="utf-8")


def filled(page: str, results: Path) -> str:
    """The page with the results that are there."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return "\n\n".join([before + BEGIN, *sections(results), END + after])


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
