"""`leadlight doctor`: whether everything works here."""

from __future__ import annotations

import typer

from leadlight.cli import parameters as given
from leadlight.cli.failure import INCOMPLETE


def doctor(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Check that everything works on this machine.

    Looks at versions, disk and text encoding, and lets a sample be learnt and scored; with --home also at its
    database and the model in service. The exit code is 1 if a check failed.
    """
    from leadlight.cli import checking
    from leadlight.cli.page import Page, print_json, progress

    with progress("checking"):
        checks = checking.checks(home)
    healthy = all(check.passed for check in checks)
    if as_json:
        print_json({"healthy": healthy, "checks": [check.to_json() for check in checks]})
    else:
        checking.tell(Page.of(), checks)
    if not healthy:
        raise typer.Exit(INCOMPLETE)
