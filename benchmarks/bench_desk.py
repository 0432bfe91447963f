"""The pages that tell figures of all leads: the first view after a start, the next one, memory of the server.

`leadlight serve` runs as a whole process on a home with a made-up history, on SQLite and on PostgreSQL where
it is installed; before each page it is started anew, so that nothing is known of the home yet.

python -m benchmarks.bench_desk [--rows 100000] [--home HOME]
"""

from __future__ import annotations

import http.client
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Final

from benchmarks.bench_score import LEADLIGHT
from benchmarks.bench_serve import served
from benchmarks.bench_store import homes
from benchmarks.measure import WORK, Figure, process
from benchmarks.reporting import report
from leadlight import settings
from leadlight.connect.files import open_writer
from leadlight.data.sample_history import HistorySample, generate_history
from leadlight.flows.history import take_history
from leadlight.store import Home, open_store, sessions, users

ROWS: Final = 100_000
PAGES: Final = ("/today", "/plan", "/channels", "/today/advice", "/followup", "/engagement", "/segments")
QUICK: Final = ("/today", "/plan", "/channels")
SECONDS: Final = 1.0
MOST_MEMORY: Final = 400.0
MEGABYTE: Final = 1024
ASKED: Final = 300.0


def made(rows: int) -> tuple[HistorySample, Path]:
    """Leads with a history, and the file of the leads."""
    found, path = generate_history(rows, seed=1), WORK / f"history-{rows}.csv"
    with open_writer(path, force=True) as writer:
        writer.write(found.leads)
    return found, path


def fill(place: str, history: HistorySample, source: Path, model: Path) -> None:
    """A home with a model, scored leads and what happened to them."""
    process(LEADLIGHT, "init", "--home", place)
    process(LEADLIGHT, "promote", model, "--home", place)
    process(LEADLIGHT, "sync", source, "--home", place)
    store = open_store(Home.of(place, settings.state()))
    take_history(store, history)
    store.close()


def signed_in(place: str) -> str:
    """The cookie of somebody who may look."""
    store = open_store(Home.of(place, settings.state()))
    with store.writing() as connection:
        user = users.add(connection, f"Bench {time.time()}", "viewer", "a few words of mine", time.time())
        found = sessions.begin(connection, sessions.SESSION, user, time.time())
    store.close()
    return f"ll_session={found}"


def figures(what: str, place: str) -> list[Figure]:
    """Each page on a server of its own."""
    cookie = signed_in(place)
    return [each for page in PAGES for each in page_figures(what, place, page, cookie)]


def page_figures(what: str, place: str, page: str, cookie: str) -> list[Figure]:
    with served("/readyz", LEADLIGHT, "serve", "--home", place, "--port", "PORT") as server:
        first, second = (seconds(server.port, page, cookie) for _ in range(2))
        memory = peak(server.process)
    bar = SECONDS if page in QUICK else None
    return [
        Figure(f"{page} on {what}: first view", "s", first, bar=bar, advisory=True),
        Figure(f"{page} on {what}: next view", "s", second),
        Figure(f"{page} on {what}: peak memory", "MB", memory, bar=MOST_MEMORY, advisory=True),
    ]


def seconds(port: int, page: str, cookie: str) -> float:
    start = time.perf_counter()
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=ASKED)
    asked.request("GET", page, headers={"cookie": cookie})
    answer = asked.getresponse()
    answer.read()
    asked.close()
    if answer.status != 200:
        raise SystemExit(f"{page} was answered with {answer.status}")
    return time.perf_counter() - start


def peak(process: int) -> float:
    """The most memory that a server ever had, with its workers."""
    found = [_peak(each) for each in (process, *_children(process))]
    return sum(found) / MEGABYTE


def _children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _peak(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--home", help="a home that is there already")
    asked = parser.parse_args()
    if asked.home:
        report("desk", figures("this home", asked.home), keep=False)
        return
    WORK.mkdir(parents=True, exist_ok=True)
    history, source = made(asked.rows)
    model = WORK / "history.leadlight"
    process(
        LEADLIGHT,
        "train",
        source,
        *["--target", "Stage", "--positive", "Won", "--negative", "Lost"],
        "--models",
        "glassbox",
        "-o",
        model,
        "--force",
    )
    with homes() as places:
        found = []
        for what, place in places.items():
            fill(place, history, source, model)
            found += figures(f"{what}, {asked.rows:,} leads", place)
    report("desk", found, keep=asked.rows == ROWS)


if __name__ == "__main__":
    main()
