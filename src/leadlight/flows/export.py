"""Everything that is held about a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from leadlight.data.handles import Handle
from leadlight.model import whatif
from leadlight.model.bundle import Bundle
from leadlight.model.encode import Codes
from leadlight.store import Store, data_subject, dossier

CHANGES: Final = 3


def export_person(store: Store, asked: Sequence[Handle], at: float) -> dict[str, Any]:
    """Everything that is held about a person, with what would have changed each score."""
    with store.reading() as connection:
        person = data_subject.find(store, connection, asked)
        return dossier.person_as_json(store, connection, person, _changes, at)


def _changes(bundle: Bundle, codes: Codes) -> list[dict[str, Any]]:
    """Over every column, for someone who asks wants to know, not to act."""
    return [change.to_json() for change in whatif.changes(bundle.scorer, codes, every=True)[:CHANGES]]
