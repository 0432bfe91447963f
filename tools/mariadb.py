"""A MariaDB server for tests and benchmarks: on loopback, a free port, stopped by its own process id."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

from tools.postgresql import free_port

USER = "leadlight"
WORD = "open%sesame"
"""What this user says to be let in; it has to be written with care in a URL."""
START_SECONDS = 30


def programs() -> Path | None:
    """Where MariaDB's own programs lie."""
    found = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return Path(found) if found else None


@contextmanager
def running(folder: Path) -> Iterator[int]:
    """The port of a fresh server, whose user needs no password; its files are not synced."""
    server = programs()
    assert server is not None
    data, port = folder / "data", free_port()
    data.mkdir()
    start = folder / "start.sql"
    start.write_text(
        f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{WORD}';\n"
        f"GRANT ALL ON *.* TO '{USER}'@'127.0.0.1' WITH GRANT OPTION;\n"
    )
    make = [shutil.which("mariadb-install-db") or "mariadb-install-db", "--no-defaults", f"--datadir={data}"]
    make += ["--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run([*make, *_account()], check=True, capture_output=True)
    run = [str(server), "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
    run += [f"--socket={folder / 'socket'}", f"--init-file={start}", "--innodb-flush-log-at-trx-commit=0"]
    run += ["--skip-name-resolve", "--innodb-buffer-pool-size=32M", *_account()]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(run, stdout=log, stderr=log)
    try:
        _wait(port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START_SECONDS)


def _account() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _wait(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            pymysql.connect(host="127.0.0.1", port=port, user=USER, password=WORD).close()
        except pymysql.MySQLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
