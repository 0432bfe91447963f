"""The command line: every command, in the order in which one meets them, imported when it is called."""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from typing import Annotated, Final

import typer

from leadlight.cli.command import Commands
from leadlight.version import __version__

app = typer.Typer(
    name="leadlight",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Lead scoring as a glass box: who is likely to buy, how sure that is, why, and whom to call first.

    Exit codes: 0 done; 1 rows were rejected (score) or a check failed (doctor, db); 2 refused, with a code,
    the place and the next step on standard error; 70 a mistake of ours (LEADLIGHT_DEBUG=1 shows its trace).
    """


TERMINATED: Final = 143
COLLECTED_EVERY: Final = (50_000, 20, 100)
"""Leads are many small values, rarely in a circle: to look for those as usual took a quarter of the time."""


def main() -> None:
    """The entry point; what a terminal's encoding cannot show is written as an escape."""
    if not os.environ.get("LEADLIGHT_DEBUG"):
        warnings.simplefilter("ignore")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    gc.set_threshold(*COLLECTED_EVERY)
    if sys.argv[1:2] != ["serve"]:
        signal.signal(signal.SIGTERM, _end)
    app(prog_name="leadlight")


def _end(*_: object) -> None:
    """Unwind, so that no half-written file with leads stays behind; the service ends in its own order."""
    raise SystemExit(TERMINATED)
