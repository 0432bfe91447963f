"""Run the full counts in parts and keep what was proven (`make proof`).

A part is a folder of tests, run whole in the proof tier, or a benchmark. A part that has passed at the
same commit is not run again, so a run that was stopped goes on where it stopped.

python -m tools.proof            every part
python -m tools.proof NAME...    these parts
python -m tools.proof --list     what is done, and what is not
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import RESULTS, ROOT, WORK, commit, machine

RECORD = RESULTS / "proof.json"


@dataclass(frozen=True)
class Outcome:
    """How one part went, and at which commit."""

    commit: str
    passed: bool
    seconds: float
    tests: int = 0
    skipped: int = 0
    figures: Mapping[str, str] = field(default_factory=dict)


def main(arguments: list[str]) -> int:
    """Run what is asked for; 1 where a part failed."""
    known = parts()
    if arguments == ["--list"]:
        print("\n".join(f"{'done' if done(name) else 'open'}  {name}" for name in known))
        return 0
    if unknown := [name for name in arguments if name not in known]:
        raise SystemExit(f"there is no part {unknown[0]!r}: python -m tools.proof --list")
    for name in arguments or known:
        prove(name, known[name])
    outcomes = record()
    failed = [name for name in arguments or known if not outcomes[name].passed]
    print("failed: " + ", ".join(failed) if failed else "every part has passed")
    return 1 if failed else 0


def parts() -> dict[str, list[str]]:
    """Each part by name, with what runs it."""
    folders = sorted({path.parent for path in (ROOT / "tests").rglob("test_*.py")})
    scripts = sorted((ROOT / "benchmarks").glob("bench_*.py"))
    tests = {folder.relative_to(ROOT).as_posix(): pytest(folder) for folder in folders}
    return tests | {f"benchmarks/{path.stem}": ["-m", f"benchmarks.{path.stem}"] for path in scripts}


def pytest(folder: Path) -> list[str]:
    """Run the tests of one folder, without those of the folders in it."""
    files = sorted(str(path.relative_to(ROOT)) for path in folder.glob("test_*.py"))
    return ["-m", "pytest", "-n", os.environ.get("WORKERS", "2"), "--dist", "worksteal", *files]


def prove(name: str, command: list[str]) -> None:
    """Run one part, unless it is done, and keep its outcome."""
    if done(name):
        print(f"== {name}: done at this commit", flush=True)
        return
    print(f"== {name}", flush=True)
    outcome = run(name, command)
    RESULTS.mkdir(parents=True, exist_ok=True)
    outcomes = record() | {name: outcome}
    content = {"machine": machine(), "parts": {part: asdict(outcomes[part]) for part in sorted(outcomes)}}
    whole = RECORD.with_suffix(".tmp")
    whole.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    whole.replace(RECORD)


def run(name: str, command: list[str]) -> Outcome:
    """Run one part to its end."""
    junit = WORK / f"{name.replace('/', '-')}.xml"
    junit.unlink(missing_ok=True)
    tested = [f"--junit-xml={junit}"] if "pytest" in command else []
    environment = os.environ | {"LEADLIGHT_TIER": "proof"}
    begun, start = commit(), time.monotonic()
    code = subprocess.run(
        [sys.executable, *command, *tested], cwd=ROOT, env=environment, check=False
    ).returncode
    seconds = round(time.monotonic() - start, 1)
    return Outcome(begun, code == 0, seconds, **counts(junit))


def counts(junit: Path) -> dict[str, Any]:
    """What pytest wrote of a run: tests, skips, and the figures that tests gave to record_property."""
    if not junit.exists():
        return {}
    suite = next(ElementTree.parse(junit).getroot().iter("testsuite"))
    figures = {
        f"{case.get('name')}: {figure.get('name')}": figure.get("value")
        for case in suite.iter("testcase")
        for figure in case.iter("property")
    }
    return {"tests": int(suite.get("tests", 0)), "skipped": int(suite.get("skipped", 0)), "figures": figures}


def done(name: str) -> bool:
    """Whether a part has passed at this commit, with nothing changed since."""
    outcome = record().get(name)
    return outcome is not None and outcome.passed and outcome.commit == commit() and "+" not in outcome.commit


def record() -> dict[str, Outcome]:
    """The outcomes so far."""
    if not RECORD.exists():
        return {}
    kept = json.loads(RECORD.read_text(encoding="utf-8"))["parts"]
    return {name: Outcome(**outcome) for name, outcome in kept.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
