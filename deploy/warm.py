"""Import what the image runs, so that its byte code is kept; what cannot be imported there is left out."""

import contextlib
import importlib
import pkgutil
import tempfile

import leadlight
from leadlight.cli import app

PARTS = ("cli", "connect", "dashboard", "data", "flows", "insight", "model", "run", "serve", "store")
LIBRARIES = (
    "psycopg",
    "jinja2",
    "uvloop",
    "httptools",
    "confluent_kafka",
    "sqlalchemy.dialects.postgresql.psycopg",
)


def names() -> list[str]:
    """Every module of ours that serves, and the libraries that are imported late."""
    every = (module.name for module in pkgutil.walk_packages(leadlight.__path__, "leadlight."))
    return [name for name in every if name.split(".")[1] in PARTS] + list(LIBRARIES)


if __name__ == "__main__":
    for name in names():
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        leads, home = f"{folder}/leads.csv", ["--home", f"{folder}/home"]
        for words in (["sample", "--rows", "100", "-o", leads], ["init", *home], ["sync", leads, *home]):
            app(words, standalone_mode=False)
