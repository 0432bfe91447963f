"""The service: one lead, a constant rate, a thousand leads at once; an empty route of FastAPI beside it.

Both are whole processes with one worker, asked in turn by a third process; the leads are the X Education
ones, as text, with the key checked, every field validated and three reasons told.

python -m benchmarks.bench_serve [--seconds 5] [--repeats 3] [--minutes 10]
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import polars as pl

from benchmarks import leads
from benchmarks.bench_score import LEADLIGHT, glassbox
from benchmarks.load import Found, Load, run
from benchmarks.measure import ROOT, WORK, Figure, interleaved
from benchmarks.reporting import report

SECONDS: Final = 5.0
REPEATS: Final = 3
CONNECTIONS: Final = 32
RATE: Final = 300.0
TOGETHER: Final = 1_000
AS_MANY: Final = 0.5
"""At least half of what an empty route answers."""
LATEST: Final = 25.0
LEADS_A_SECOND: Final = 30_000
READY_SECONDS: Final = 3.0
MOST_MEMORY: Final = 250.0
FLAT: Final = 0.95
AS_LATE: Final = 0.5
"""Ratios tell how many times better: at most a twentieth more memory, and twice as late beside a training."""
MEGABYTE: Final = 1024
WAIT: Final = 60.0


@dataclass(frozen=True)
class Served:
    """A server that answers."""

    port: int
    process: int
    ready_after: float


@contextmanager
def served(path: str, *command: str | Path) -> Iterator[Served]:
    """Start a server, wait until it answers, stop it by its own process id."""
    port = free_port()
    start = time.perf_counter()
    words = [str(word).replace("PORT", str(port)) for word in command]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not answers(port, path):
                if process.poll() is not None or time.perf_counter() - start > WAIT:
                    raise SystemExit(f"did not start: {' '.join(words)}")
                time.sleep(0.02)
            yield Served(port, process.pid, time.perf_counter() - start)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(WAIT)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int, path: str) -> bool:
    """Whether it says 200, or, where there is no such question, anything."""
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode()
            )
            answer = connection.recv(64)
    except OSError:
        return False
    return b" 200 " in answer or (path == "/" and bool(answer))


def home() -> tuple[Path, str]:
    """A home with the model in service, and a key for it."""
    folder = WORK / "serve-home"
    shutil.rmtree(folder, ignore_errors=True)
    command("init", "--home", folder)
    command("promote", glassbox(), "--home", folder)
    made = command("keys", "create", "--home", folder, "--scope", "score", "--json")
    return folder, json.loads(made)["key"]


def command(*words: str | Path) -> str:
    answer = subprocess.run([LEADLIGHT, *map(str, words)], capture_output=True, text=True, check=True)
    return answer.stdout


def bodies(together: int) -> list[str]:
    """Leads as a CRM sends them: every property a string, absent where there is none."""
    rows = pl.read_csv(leads.path(), infer_schema=False, n_rows=TOGETHER).drop(*leads.SALES, leads.TARGET)
    plain = [{name: value for name, value in row.items() if value is not None} for row in rows.to_dicts()]
    return [
        json.dumps({"leads": plain[start : start + together], "reasons": 3})
        for start in range(0, len(plain), together)
    ]


def sound(found: Found) -> Found:
    if set(found.statuses) != {"200"}:
        raise SystemExit(f"not every answer was 200: {found.statuses}")
    return found


def figures(ours: Served, peer: Served, key: str, seconds: float, repeats: int) -> list[Figure]:
    single = Load(ours.port, "/v1/score", bodies(1), key, CONNECTIONS, seconds)
    empty = Load(peer.port, "/", ["{}"], "", CONNECTIONS, seconds)
    steady = Load(ours.port, "/v1/score", bodies(1), key, CONNECTIONS, seconds * 2, RATE)
    bulk = Load(ours.port, "/v1/score", bodies(TOGETHER), key, 2, seconds)
    loads = {"one": single, "empty": empty, "steady": steady, "bulk": bulk}
    for load in (single, empty):
        run(Load(load.port, load.path, load.bodies, load.key, CONNECTIONS, 1.0))
    runs = interleaved({name: partial(run, load) for name, load in loads.items()}, repeats)
    found = {name: [sound(each) for each in several] for name, several in runs.items()}
    rates = {name: median(each.a_second for each in several) for name, several in found.items()}
    late = median(each.p99 for each in found["steady"]) * 1000
    half = median(each.p50 for each in found["steady"]) * 1000
    return [
        Figure(
            "one lead with key, validation and three reasons, 32 connections",
            "requests/s",
            rates["one"],
            rates["empty"],
            AS_MANY,
            lower_is_better=False,
            of_ratio=True,
            against="empty FastAPI route",
        ),
        Figure(f"the same at a constant {RATE:.0f} requests/s: 99 % answered within", "ms", late, bar=LATEST),
        Figure(f"the same at a constant {RATE:.0f} requests/s: half answered within", "ms", half),
        Figure(
            f"{TOGETHER:,} leads in one request, three reasons each",
            "leads/s",
            rates["bulk"] * TOGETHER,
            bar=LEADS_A_SECOND,
            lower_is_better=False,
        ),
        Figure(
            "while a training runs beside it, at lower priority: 99 % answered within",
            "ms",
            beside_training(steady) * 1000,
            late,
            AS_LATE,
            of_ratio=True,
            against="alone",
        ),
        Figure("ready after", "s", ours.ready_after, bar=READY_SECONDS),
        Figure("peak memory after all this", "MB", memory(ours.process), bar=MOST_MEMORY),
    ]


def beside_training(steady: Load) -> float:
    """How late the slowest of a hundred answers is while the machine learns a model."""
    words: list[str | Path] = [
        "nice",
        "-n",
        "15",
        LEADLIGHT,
        "train",
        leads.path(),
        "-o",
        WORK / "beside.leadlight",
        "--force",
    ]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as training:
        time.sleep(2.0)
        found = sound(run(steady))
        training.terminate()
    return found.p99


def endurance(ours: Served, key: str, minutes: int) -> list[Figure]:
    """Whether memory stays where it was after the first minute."""
    minute = Load(ours.port, "/v1/score", bodies(1), key, CONNECTIONS, 60.0, RATE)
    sound(run(minute))
    first = memory(ours.process, "VmRSS")
    for _ in range(minutes - 1):
        sound(run(minute))
    last = memory(ours.process, "VmRSS")
    what = f"memory after {minutes} minutes at {RATE:.0f} requests/s"
    return [Figure(what, "MB", last, first, FLAT, of_ratio=True, against="after one")]


def memory(process: int, kind: str = "VmHWM") -> float:
    """The peak of a process, or what it holds now, where the system tells it."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return 0.0
    lines: dict[str, Any] = dict(
        line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines()
    )
    return int(lines[kind].split()[0]) / MEGABYTE


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--minutes", type=int, default=0, help="how long to look at its memory, from two on")
    given = parser.parse_args()
    leads.path()
    WORK.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder, key = home()
    serve = (LEADLIGHT, "serve", "--home", folder, "--port", "PORT")
    empty = (sys.executable, "-m", "benchmarks.peer_serve", "PORT")
    with served("/readyz", *serve) as ours, served("/", *empty) as peer:
        found = endurance(ours, key, given.minutes) if given.minutes else []
        found += figures(ours, peer, key, given.seconds, given.repeats)
    report("serve", found, keep=(given.seconds, given.repeats) == (SECONDS, REPEATS))


if __name__ == "__main__":
    main()
