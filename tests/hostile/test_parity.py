"""One lead, one score: nasty text and every way to write a number, over every surface."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import leadlight
from leadlight.connect import files
from leadlight.data import cells, frame
from leadlight.flows.gather import gather_leads
from leadlight.flows.take import take_leads
from leadlight.serve.serving import Serving
from leadlight.store import Home, create_store
from tests.data import nasty
from tests.run.streams import NAMES, made
from tests.serve.running import service

NUMBERS = [
    *("1.5", "1.50", "1.5E0", "15e-1", "0.15e1", "1", "1.0", "1.00", "1e0", "-0", "-0.0", "0", "0.0", "1e2"),
    *(
        "100",
        "100.0",
        "0.1",
        "1e-1",
        "1e-7",
        "2e16",
        "20000000000000000",
        "-5",
        "-5.0",
        "123456789.125",
        "1e22",
    ),
    *("3.14", "314e-2", "9007199254740993", "0.30000000000000004", "2.50", "25e-1"),
]
TEXTS = [
    *nasty.SAID.split(),
    *NUMBERS,
    *(
        "=1+1",
        "x;=1+1",
        "'-5",
        "''=2",
        "@a",
        "a,b",
        'say "so"',
        "two\nlines",
        "\u00a01.5\u00a0",
        " google ",
        "\t-",
    ),
    *(
        "Z\u00fcrich\u200b",
        "\uff11\uff12",
        "\u0661",
        "na\u0308chste",
        "\U0001f600",
        "-- ",
        "caf\u00e9",
        "007",
    ),
]
DAYS = ["2024-02-29", "2024-3-1 10:20", "2024-12-31T23:59:59Z", "2024/1/5"]
LEVELS = ["1.5", "1", "0", "100", "-5", "google", "true", "0.1", "2.5", "Zurich", "20000000000000000"]


@cache
def model() -> leadlight.Model:
    dice = np.random.default_rng(4)
    rows = 1_500
    level, amount = dice.choice(LEVELS, rows), dice.choice([0.0, 1.5, 2.5, 100.0, 3.14, -5.0], rows)
    push = np.isin(level, LEVELS[:4]) * 1.4 + (amount > 2) * 1.1 - 1.2
    leads = pl.DataFrame(
        {
            "ID": [f"T{row}" for row in range(rows)],
            "Level": level,
            "Amount": amount,
            "Note": [f"note {row} {'x' * (row % 40)}" if row % 3 else None for row in range(rows)],
            "Seen": [f"2024-{1 + row % 12:02}-{1 + row % 28:02}" for row in range(rows)],
            "Won": np.where(dice.random(rows) < 1 / (1 + np.exp(-push)), "yes", "no"),
        }
    )
    return leadlight.train(leads, target="Won", id="ID", models=["glassbox"], folds=2, test="random")


def lead(dice: random.Random, place: int) -> str:
    """One lead as a line of JSON."""
    number = dice.choice(NUMBERS)
    told = {
        "ID": dice.choice([json.dumps(f"N {place}"), str(10**15 + place), f"{10**6 + place}.0"]),
        "Level": dice.choice([number, number, json.dumps(dice.choice(TEXTS)), "true", "false", "null"]),
        "Amount": dice.choice([dice.choice(NUMBERS), json.dumps(dice.choice(NUMBERS)), "null"]),
        "Note": dice.choice([dice.choice(NUMBERS), json.dumps(dice.choice(TEXTS)), "true", "null"]),
        "Seen": json.dumps(dice.choice(DAYS)),
    }
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in told.items()) + "}"


STORED = ("home", "kafka")
"""Surfaces that give the scores in an order of their own."""
Scored = list[tuple[str, float]]


def table(scores: pl.DataFrame) -> Scored:
    return list(zip(scores["ID"].cast(pl.String).to_list(), scores["probability"].to_list(), strict=True))


def of_files(lines: list[str], folder: Path) -> dict[str, Scored]:
    """JSON lines, and what Leadlight and polars write of them."""
    source = folder / "leads.jsonl"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    read = files.read(source)
    with files.open_writer(folder / "leads.csv", force=False) as writer:
        writer.write(frame.shown(read.frame))
    records = [json.loads(line) for line in lines]
    texts = {name: [cells.text_of(record.get(name)) for record in records] for name in read.frame.columns}
    pl.DataFrame(texts).write_parquet(folder / "leads.parquet")
    return {end: table(model().score(folder / f"leads.{end}")) for end in ("jsonl", "csv", "parquet")} | {
        "home": of_home(read.frame, folder)
    }


def of_home(raw: pl.DataFrame, folder: Path) -> Scored:
    store = create_store(Home.of(folder / "home", folder / "home"))
    take_leads(store, raw, "ID", "test", 0.0)
    return table(model().score(gather_leads(store, None, "ID")))


def of_http(lines: list[str]) -> dict[str, Scored]:
    with service(family=None) as served:
        served.state.swap(Serving.of(model().bundle))

        def asked(some: list[str]) -> Scored:
            answer = served.post(raw=('{"leads": [' + ", ".join(some) + "]}").encode())
            assert answer.status_code == 200, answer.text
            return [(each["id"], each["probability"]) for each in answer.json()["results"]]

        together = [pair for start in range(0, len(lines), 400) for pair in asked(lines[start : start + 400])]
        return {"bulk": together, "single": [pair for line in lines for pair in asked([line])]}


def of_kafka(lines: list[str], folder: Path, address: str, names: Sequence[str]) -> Scored:
    stream = made(folder / "stream", address, names, model=model().bundle)
    stream.send(stream.plan.leads, [("", line.encode()) for line in lines])
    stream.run()
    assert stream.rows("dead_letters") == []
    return [(told["id"], told["probability"]) for told in stream.scores()]


def of_python(lines: list[str]) -> dict[str, Scored]:
    records: list[dict[str, Any]] = [json.loads(line) for line in lines]
    alone = [model().score_one(record) for record in records]
    return {
        "python": table(model().score(records)),
        "score_one": [
            (str(cells.text_of(record["ID"])), answer.probability)
            for record, answer in zip(records, alone, strict=True)
        ],
    }


def test_every_surface_gives_the_same_score_to_the_same_lead(
    count: Callable[[int], int],
    tmp_path: Path,
    broker: str,
    topics: Callable[..., list[str]],
    record_property: Callable[[str, object], None],
) -> None:
    dice = random.Random(11)
    lines = [lead(dice, place) for place in range(count(20_000))]
    found = {**of_python(lines), **of_files(lines, tmp_path), **of_http(lines)}
    found["kafka"] = of_kafka(lines, tmp_path, broker, topics(*NAMES))
    expected = found.pop("python")
    differing = {}
    for surface, scored in found.items():
        pairs = (
            zip(expected, scored, strict=True)
            if surface not in STORED
            else [
                ((identity, chance), (identity, dict(scored).get(identity))) for identity, chance in expected
            ]
        )
        differing[surface] = [line for line, (one, other) in zip(lines, pairs, strict=True) if one != other][
            :3
        ]
    record_property("parity_rows", len(lines))
    assert not any(differing.values()), differing
    assert len({chance for _, chance in expected}) > 20
