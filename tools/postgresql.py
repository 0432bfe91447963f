"""A PostgreSQL server for tests and benchmarks: on loopback, a free port, stopped by its own process id."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

USER = "leadlight"
START_SECONDS = 30


def programs() -> Path | None:
    """Where PostgreSQL's own programs lie."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(folder: Path, *, durable: bool = False) -> Iterator[str]:
    """The address of a fresh server, without a database's name; tests do without syncing its files."""
    binaries = programs()
    assert binaries is not None
    account = _account(folder)
    data, port = folder / "data", free_port()
    make = f"-D {data} -U {USER} -A trust --no-sync -E UTF8 --locale=C".split()
    subprocess.run([binaries / "initdb", *make], check=True, capture_output=True, **account)
    run = f"-D {data} -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}".split()
    run += [] if durable else ["-F"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([binaries / "postgres", *run], stdout=log, stderr=log, **account)
    try:
        _wait(port)
        yield f"postgresql://{USER}@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(START_SECONDS)


def _account(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it gets the account that its package made."""
    if os.geteuid() != 0:
        return {}
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    for parent in folder.parents:
        if parent.stat().st_mode & 0o011 != 0o011:
            parent.chmod(parent.stat().st_mode | 0o011)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _wait(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user=USER, dbname="postgres").close()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
