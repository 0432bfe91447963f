"""A worker of a stream that kills itself at a named point: python -m tests.run.killed_worker PLAN"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from leadlight.flows import stream as flow
from leadlight.run import kafka
from leadlight.run.kafka import StreamWorker
from leadlight.run.outbox import Outbox
from leadlight.run.stream_plan import StreamPlan
from leadlight.store import Home, intake, open_store, scores, stream

POINTS: dict[str, tuple[Any, str]] = {
    "positions moved": (stream, "move"),
    "leads taken in": (intake, "upsert"),
    "scores recorded": (scores, "record"),
    "outbox written": (stream, "put_outgoing"),
    "committed": (kafka, "take_batch"),
    "sent": (Outbox, "send"),
    "sent ones forgotten": (stream, "drop_sent"),
    "partitions assigned": (StreamWorker, "_take_over"),
}


def arm(point: str, turn: int) -> None:
    """Die after the function behind this point has been called so often."""
    owner, name = POINTS[point]
    calls = [0]
    inner: Callable[..., Any] = getattr(owner, name)

    def called(*given: Any, **more: Any) -> Any:
        answer = inner(*given, **more)
        calls[0] += 1
        if calls[0] == turn:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, name, called)


def main() -> None:
    told = json.loads(sys.argv[1])
    folder = Path(told["folder"])
    if told.get("point"):
        arm(told["point"], told["turn"])
    store = open_store(Home.of(folder, folder))

    def observe(event: str, **more: Any) -> None:
        print(json.dumps({"event": event, **more}), flush=True)

    worker = StreamWorker(store, StreamPlan(**told["plan"]), observe)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()
    store.close()


if __name__ == "__main__":
    assert flow
    main()
