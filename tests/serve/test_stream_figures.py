"""What Prometheus and admins see of a stream, as the workers wrote it into the home."""

from __future__ import annotations

import time
from pathlib import Path

from leadlight.store import Store, stream
from leadlight.store.stream import DeadLetter, MessagePlace, Move, Outgoing, StreamPosition
from tests.serve.homes import calling


def written(store: Store) -> None:
    """A stream that is a little behind, with letters and something still to send."""
    now = time.time()
    places = [StreamPosition("leads", number, "x", 70, 100, now - 90) for number in range(2)]
    letters = [
        DeadLetter(MessagePlace("leads", 0, 3), "malformed", b"{"),
        DeadLetter(MessagePlace("events", 0, 3), stream.UNKNOWN_LEAD, b"{}", b"0" * 16),
    ]
    with store.writing() as connection:
        stream.move(connection, [Move(None, each) for each in places])
        (number, _) = stream.put_letters(connection, letters, now)
        outgoing = Outgoing(MessagePlace("leads", 0, 3), None, number, b"malformed", b"{")
        stream.put_outgoing(connection, [outgoing])


def test_the_lag_of_a_stream_is_told(tmp_path: Path) -> None:
    with calling(tmp_path / "home") as called:
        assert "leadlight_stream" not in called.client.get("/metrics").text
        written(called.made.store)
        lines = called.client.get("/metrics").text.splitlines()
    figures = dict(line.rsplit(" ", 1) for line in lines if line.startswith("leadlight_stream"))
    assert figures['leadlight_stream_lag{partition="1",topic="leads"}'] == "30.0"
    assert figures['leadlight_stream_position{partition="0",topic="leads"}'] == "70.0"
    assert 90 <= float(figures['leadlight_stream_silent_seconds{partition="0",topic="leads"}']) < 150
    assert figures["leadlight_stream_unsent"] == figures["leadlight_stream_dead_letters"] == "1.0"
    assert figures["leadlight_stream_events_waiting"] == "1.0"
