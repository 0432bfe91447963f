"""`leadlight sync`: leads from where they are into the home."""

from __future__ import annotations

from typing import Annotated

import typer

from leadlight.cli import parameters as given
from leadlight.cli.failure import INCOMPLETE


def sync(
    leads: given.Leads,
    home: given.Home = None,
    identity: given.Id = None,
    score: Annotated[
        bool, typer.Option("--score/--no-score", help="Score what is new or changed afterwards.")
    ] = True,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Bring leads into the home: new ones whole, known ones with what the file says anew.

    An empty cell clears what was there; a column that the file lacks stays as it was. People who were
    forgotten do not come back. The exit code is 1 if rows were rejected; they are listed beside the file.
    """
    from leadlight.cli import homes, syncing
    from leadlight.connect import files

    with homes.opened(home) as store:
        batches = files.read_batches(leads, encoding=encoding, delimiter=delimiter, sheet=sheet)
        found = syncing.run(store, leads, batches, identity, force=force)
        scored = syncing.scored(store) if score else None
    syncing.tell(found, scored, as_json=as_json)
    if found.rejected:
        raise typer.Exit(INCOMPLETE)
