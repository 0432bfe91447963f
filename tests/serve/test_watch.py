"""What changes in the store is known to a server within a second: keys and models."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from leadlight.errors import RequestError, StoreError
from leadlight.flows.promote import promote_bundle, roll_back_model
from leadlight.flows.score import score_waiting
from leadlight.serve import rescoring
from leadlight.serve.journal import Journal
from leadlight.serve.serving import Serving
from leadlight.serve.state import State
from leadlight.serve.store_poll import EVERY, StorePoll, caller
from leadlight.store import keys, models
from leadlight.store.tables import models as model_table
from tests.model.trained import bundle
from tests.serve.homes import Made, calling, events, home, started


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    found = home(tmp_path / "home")
    yield found
    found.store.close()


def watching(made: Made) -> StorePoll:
    watch = StorePoll(State(Journal(io.StringIO())), made.store)
    watch.look()
    return watch


def test_keys_are_let_in_until_they_are_revoked(made: Made) -> None:
    watch = watching(made)
    key = made.headers("score")["Authorization"].encode()
    assert watch.state.gate.admit(key, "score").name.startswith("key:")
    with made.store.writing() as connection:
        keys.revoke(connection, keys.find_by_name(connection, "score"), time.time())
    watch.look()
    with pytest.raises(RequestError):
        watch.state.gate.admit(key, "score")
    assert EVERY < 0.6


def test_models_are_swapped_as_they_are_promoted_and_rolled_back(made: Made) -> None:
    watch = watching(made)
    first = watch.state.ready()
    promote_bundle(made.store, bundle("logistic"), time.time(), "test")
    watch.look()
    second = watch.state.ready()
    assert second.name == bundle("logistic").name != first.name
    watch.look()
    assert watch.state.ready() is second
    roll_back_model(made.store, time.time(), "test")
    watch.look()
    assert watch.state.ready().name == first.name


def test_a_damaged_model_leaves_the_old_one_in_service(made: Made) -> None:
    watch = watching(made)
    before = watch.state.ready()
    with made.store.writing() as connection:
        number = models.add(connection, bundle("logistic"), 1.0)
        damaged = bundle("logistic").to_bytes()[:-1] + b"x"
        connection.execute(model_table.update().where(model_table.c.number == number).values(bundle=damaged))
        models.promote(connection, number, 2.0, "test")
    watch.look()
    watch.state.journal.flush()
    assert watch.state.ready() is before
    assert '"model_refused"' in watch.state.journal.stream.getvalue()  # type: ignore[attr-defined]


def test_a_home_without_a_model_is_not_ready(tmp_path: Path) -> None:
    empty = home(tmp_path / "empty", None)
    with pytest.raises(RequestError) as refused:
        watching(empty).state.ready()
    assert refused.value.status == 503
    empty.store.close()


def test_a_store_that_is_lost_is_not_trusted_for_ever(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = watching(made)
    monkeypatch.setattr("leadlight.serve.store_poll.EVERY", 0.01)
    monkeypatch.setattr("leadlight.serve.store_poll.STALE", 0.02)
    made.store.close()
    for path in made.folder.glob("leadlight.db*"):
        path.rename(path.with_name(f"gone-{path.name}"))
    (made.folder / "leadlight.db").mkdir()

    async def wait() -> None:
        task = asyncio.create_task(watch.run())
        await asyncio.sleep(0.4)
        task.cancel()

    asyncio.run(wait())
    with pytest.raises(RequestError) as refused:
        watch.state.ready()
    assert refused.value.code == "store_lost"


def test_others_are_asked_as_soon_as_the_store_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores go on for as long as keys are known; whoever chooses a server chooses another one."""
    with calling(tmp_path / "home") as called:
        assert called.client.get("/readyz").status_code == 200
        monkeypatch.setattr("leadlight.store.keys.valid_keys", failing)
        assert within(3.0, lambda: called.client.get("/readyz").status_code == 503)
        assert called.client.get("/readyz").json()["code"] == "store_lost"
        assert called.send("POST", "/v1/score", "score", {"leads": [{}]}).status_code == 200
        monkeypatch.undo()
        assert within(3.0, lambda: called.client.get("/readyz").status_code == 200)


def failing(*given: Any) -> Any:
    raise StoreError("The database cannot be reached.", code="unreachable")


def run_for(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Let something that never ends run for a while; it is an error if it did end."""

    async def wait() -> None:
        task = asyncio.create_task(work)
        await asyncio.sleep(seconds)
        assert not task.done()
        task.cancel()

    asyncio.run(wait())


def broken_once(work: Any) -> Any:
    """The same, but the first call fails as nobody foresaw."""
    calls = []

    def do(*given: Any, **named: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise RuntimeError("canary")
        return work(*given, **named)

    return do


@pytest.mark.parametrize("part", ["store_poll", "rescoring"])
def test_what_runs_beside_goes_on_after_a_mistake(
    part: str, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the log without its words, and what was to be done is done a moment later."""
    watch = watching(made)
    watch.state.store, watch.state.has_waiting = made.store, True
    for name, seconds in (("EVERY", 0.01), ("PAUSE", 0.05)):
        monkeypatch.setattr(f"leadlight.serve.{part}.{name}", seconds)
    if part == "store_poll":
        monkeypatch.setattr(watch, "look", broken_once(watch.look))
        promote_bundle(made.store, bundle("logistic"), time.time(), "test")
        run_for(1.5, watch.run())
        assert watch.state.ready().name == bundle("logistic").name
    else:
        monkeypatch.setattr(rescoring, "score_waiting", broken_once(score_waiting))
        run_for(1.5, rescoring.run(watch.state))
    watch.state.journal.flush()
    told = watch.state.journal.stream.getvalue()  # type: ignore[attr-defined]
    assert told.count('"mistake"') == 1
    assert '"RuntimeError"' in told
    assert "canary" not in told
    assert (part == "store_poll") != ('"scored"' in told)


def test_a_model_that_breaks_us_leaves_the_old_one_in_service(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watching(made)
    before = watch.state.ready()
    monkeypatch.setattr(Serving, "of", broken_once(Serving.of))
    promote_bundle(made.store, bundle("logistic"), time.time(), "test")
    for _ in range(2):
        watch.look()
    assert watch.state.ready() is before
    assert not watch.state.is_stale
    assert '"mistake"' in watch.state.journal.stream.getvalue()  # type: ignore[attr-defined]


def test_each_worker_lets_through_its_part_of_a_rate(made: Made) -> None:
    with made.store.writing() as connection:
        key, _ = keys.create(connection, ["score"], 1.0, per_minute=120)
    assert caller(key, workers=4).rate == 0.5


def test_a_server_from_its_start_to_its_end(made: Made) -> None:
    """As people run it: ready, a key revoked, a model promoted and rolled back, a signal."""
    with started(made) as server:
        sent = {"leads": [{"Visits": "3"}]}
        headers = made.headers("score")
        assert server.client.get("/readyz").json()["model"] == bundle().name
        assert server.client.post("/v1/score", json=sent, headers=headers).status_code == 200
        promote_bundle(made.store, bundle("logistic"), time.time(), "test")
        assert within(2.0, lambda: server.client.get("/readyz").json()["model"] == bundle("logistic").name)
        roll_back_model(made.store, time.time(), "test")
        assert within(2.0, lambda: server.client.get("/readyz").json()["model"] == bundle().name)
        with made.store.writing() as connection:
            keys.revoke(connection, keys.find_by_name(connection, "score"), time.time())
        assert within(
            2.0, lambda: server.client.post("/v1/score", json=sent, headers=headers).status_code == 401
        )
        memory = Path(f"/proc/{server.process.pid}/status").read_text()
        peak = next(int(line.split()[1]) for line in memory.splitlines() if line.startswith("VmHWM"))
        assert peak < 250 * 1024
        server.stop()
        assert {"model_in_service", "request"} <= {str(event["event"]) for event in events(server)}


def within(seconds: float, holds: object) -> bool:
    """Whether something comes true in time; twice the time that is promised, for a machine that is shared."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False
