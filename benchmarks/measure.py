"""Measure whole processes and single calls, ours beside a peer's, and keep what was found.

A benchmark is a module `benchmarks/bench_NAME.py` whose main() ends with `reporting.report("NAME", figures)`.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any, NoReturn, TypeVar

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
WORK = ROOT / "benchmarks" / "work"
T = TypeVar("T")
LIBRARIES = (
    *("numpy", "polars", "scikit-learn", "lightgbm", "xgboost-cpu", "xgboost", "catboost"),
    *("pandas", "pyarrow", "interpret-core"),
)


@dataclass(frozen=True)
class Run:
    """One process from start to end."""

    seconds: float
    peak_bytes: int
    processor_seconds: float = 0.0


@dataclass(frozen=True)
class Figure:
    """What was measured, ours and the peer's; the bar is for ours, or for the ratio where `of_ratio`.

    A bar in seconds depends on the machine: it is `advisory`, told but never the reason to fail.
    """

    what: str
    unit: str
    ours: float
    peer: float | None = None
    bar: float | None = None
    lower_is_better: bool = True
    of_ratio: bool = False
    against: str = ""
    advisory: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times better than the peer: above one, ours wins."""
        if self.peer is None:
            return None
        return self.peer / self.ours if self.lower_is_better else self.ours / self.peer

    @property
    def met(self) -> bool | None:
        """Whether the bar is reached."""
        if self.bar is None:
            return None
        if self.of_ratio:
            return self.ratio is not None and self.ratio >= self.bar
        return self.ours <= self.bar if self.lower_is_better else self.ours >= self.bar


@dataclass(frozen=True)
class Table:
    """Many figures side by side, as they are shown; what is held against a bar is a Figure."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def process(*command: str | Path, folder: Path | None = None) -> Run:
    """Run a command to its end; its output is shown only where it fails."""
    words = [sys.executable, "-S", __file__, *map(str, command)]
    answer = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SystemExit(f"failed: {' '.join(map(str, command))}\n{answer.stdout}\n{answer.stderr}")
    return Run(**json.loads(answer.stdout.splitlines()[-1]))


def launch(command: Sequence[str]) -> int:
    """Time a command and print its figures as the last line.

    This stands in a small process of its own: a child's peak memory begins at that of the process which
    started it, so a benchmark that holds data would measure itself.
    """
    start = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    kilobyte = 1 if sys.platform == "darwin" else 1024
    run = Run(seconds, usage.ru_maxrss * kilobyte, usage.ru_utime + usage.ru_stime)
    print("\n" + json.dumps(asdict(run)), flush=True)
    return abs(os.waitstatus_to_exitcode(status))


def calls(function: Callable[[], object], times: int) -> float:
    """Seconds for one call, over many."""
    start = time.perf_counter()
    for _ in range(times):
        function()
    return (time.perf_counter() - start) / times


def interleaved(candidates: Mapping[str, Callable[[], T]], repeats: int) -> dict[str, list[T]]:
    """Measure each candidate in turn, again and again, so that a slow minute of the machine hits all."""
    found: dict[str, list[T]] = {name: [] for name in candidates}
    for _ in range(repeats):
        for name, measure in candidates.items():
            found[name].append(measure())
    return found


def skip(why: str) -> NoReturn:
    """End a benchmark that cannot be run here, without failing."""
    print(f"skipped: {why}", flush=True)
    raise SystemExit(0)


def middle(runs: Sequence[Run]) -> Run:
    """The median times and the highest peak of several runs."""
    return Run(
        median(run.seconds for run in runs),
        max(run.peak_bytes for run in runs),
        median(run.processor_seconds for run in runs),
    )


def line(figure: Figure) -> dict[str, object]:
    """A figure as it is written."""
    kept = {name: value for name, value in vars(figure).items() if value not in (None, "")}
    return kept | {name: value for name in ("ratio", "met") if (value := getattr(figure, name)) is not None}


def write(name: str, content: Mapping[str, object]) -> Path:
    """Keep a result, with the commit and the machine that it holds for."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    whole = {"name": name, "commit": commit(), "machine": machine(), **content}
    path.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    return path


def table(figures: Sequence[Figure]) -> str:
    """The figures side by side: ours, the peer's, the ratio, the bar."""
    head = ["", "ours", "peer", "ratio", "bar", ""]
    return aligned([head, *map(cells, figures)])


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text with each column as wide as it needs."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def cells(figure: Figure) -> list[str]:
    """One figure as a row of the table."""
    bar = "" if figure.bar is None else f"{figure.bar:.4g}" + (" x" if figure.of_ratio else "")
    missed = "missed, not binding" if figure.advisory else "MISSED"
    verdict = {None: "", True: "met", False: missed}[figure.met]
    ratio = "" if figure.ratio is None else f"{figure.ratio:.3g} x"
    peer = "" if figure.peer is None else f"{figure.peer:.4g} {figure.against}".rstrip()
    what = f"{figure.what} ({figure.unit})" if figure.unit else figure.what
    return [what, f"{figure.ours:.4g}", peer, ratio, bar, verdict]


def commit() -> str:
    """The last commit that changed more than results, and whether files differ from it."""
    scope = ["--", ".", ":!benchmarks/results", ":!docs/benchmarks.md"]
    last = git("log", "-1", "--format=%H", *scope)
    return f"{last}+changes" if git("status", "--porcelain", *scope) else last


def git(*words: str) -> str:
    """What git answers about the repository."""
    whole = ["git", "-c", "safe.directory=*", *words]
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "cpu": cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "load": round(os.getloadavg()[1], 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "libraries": {name: found for name in LIBRARIES if (found := installed(name))},
    }


def cpu() -> str:
    """The model of the processor."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    models = [text.split(":", 1)[1].strip() for text in lines if text.startswith("model name")]
    return models[0] if models else platform.processor()


def installed(name: str) -> str | None:
    """The version of a library, if it is here."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    raise SystemExit(launch(sys.argv[1:]))
