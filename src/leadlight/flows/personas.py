"""Segments of a home: its personas are found once and kept, so that a page is tomorrow what it is today."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Final

from leadlight.data.atomic import write_bytes_atomically
from leadlight.errors import LeadlightError, OutputError
from leadlight.insight.kept_personas import KeptPersonas
from leadlight.insight.population import Population
from leadlight.insight.segments import Playbooks, Segments, segments
from leadlight.store import Store

FILE: Final = "personas.json"
LARGEST: Final = 10_000_000


def segments_of_home(store: Store, known: Population, playbooks: Playbooks) -> Segments:
    """Of these leads of the home, with the personas that were kept; new ones are kept from now on."""
    kept = kept_personas(store)
    found = segments(known, playbooks, kept)
    if found.personas.kept is not None and found.personas.kept is not kept:
        body = json.dumps(found.personas.kept.to_json()).encode()
        with suppress(OutputError):  # a full disk is no reason to show no page
            write_bytes_atomically(store.home.folder / FILE, body, force=True)
    return found


def kept_personas(store: Store) -> KeptPersonas | None:
    """Those of the home, where they can be read: else they are found anew."""
    place = store.home.folder / FILE
    try:
        if place.stat().st_size > LARGEST:
            return None
        return KeptPersonas.from_json(json.loads(place.read_bytes()))
    except (OSError, ValueError, RecursionError, LeadlightError):
        return None
