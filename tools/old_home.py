"""Keep the example of a home at today's version for the tests of upgrades, before a migration is added.

python -m tools.old_home    reads the newest of tests/store/homes, and writes the next one
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from leadlight.store import Home, Store, create_store, schema, upkeep
from leadlight.store.tables import metadata
from tools import postgresql

HOMES = Path(__file__).resolve().parent.parent / "tests" / "store" / "homes"
LEFT_OUT = ("--", "\\", "SELECT pg_catalog.set_config('search_path'")
KEPT = ("secret.key", "rights.jsonl")


def main() -> int:
    before = sorted(HOMES.glob("*.zip"))[-1]
    path = HOMES / f"{schema.VERSION}.zip"
    if path.exists():
        print(f"{path.name} is there already")
        return 1
    with ZipFile(before) as old, ZipFile(path, "w", ZIP_DEFLATED) as new:
        for kind, upgraded in (("sqlite", upgraded_sqlite), ("postgresql", upgraded_postgresql)):
            with tempfile.TemporaryDirectory() as folder, upgraded(old, Path(folder)) as (home, written):
                new.writestr(f"{kind}/{written.name}", written.read_bytes())
                for name in KEPT:
                    new.writestr(f"{kind}/{name}", (home.folder / name).read_bytes())
                new.writestr(f"{kind}/expected.json", rows_of(home))
    print(path)
    return 0


def unpacked(old: ZipFile, kind: str, folder: Path) -> Path:
    """What lies in the folder of the home, whatever its database."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    for name in KEPT:
        (home / name).write_bytes(old.read(f"{kind}/{name}"))
    return home


@contextmanager
def upgraded_sqlite(old: ZipFile, folder: Path) -> Iterator[tuple[Home, Path]]:
    place = unpacked(old, "sqlite", folder)
    (place / "leadlight.db").write_bytes(old.read("sqlite/leadlight.db"))
    home = Home.of(place, folder)
    create_store(home).close()
    with upkeep.raw_connection(home) as database:
        upkeep.checkpoint(database)
    yield home, place / "leadlight.db"


@contextmanager
def upgraded_postgresql(old: ZipFile, folder: Path) -> Iterator[tuple[Home, Path]]:
    import psycopg

    place = unpacked(old, "postgresql", folder)
    server = folder / "server"
    server.mkdir()
    with postgresql.running(server) as address:
        url = f"{address}/postgres"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(old.read("postgresql/dump.sql"))
        (place / "database.url").write_text(url, encoding="utf-8")
        home = Home.of(place, folder)
        create_store(home).close()
        dump = folder / "dump.sql"
        dump.write_text(dumped(url), encoding="utf-8")
        yield home, dump


def dumped(url: str) -> str:
    """The database as statements that any client can run."""
    words = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", url]
    text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    lines = (line for line in text.splitlines() if line and not line.startswith(LEFT_OUT))
    return "\n".join(lines) + "\n"


def rows_of(home: Home) -> str:
    """Every row: numbers to the last bit, bytes as hex."""
    store = Store.connect(home)
    found: dict[str, list[dict[str, Any]]] = {}
    with store.reading() as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(table.select().order_by(*table.primary_key.columns)).mappings()
            found[table.name] = [{name: cell(value) for name, value in row.items()} for row in rows]
    store.close()
    return json.dumps(found)


def cell(value: Any) -> Any:
    if isinstance(value, float):
        return value.hex()
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


if __name__ == "__main__":
    sys.exit(main())
