"""Many different companies' lead files, made up, for the suites that need a planted truth.

`world` makes one company: ordinary weak columns, on demand a strong honest one, on demand a leak. `HONEST`
and `LEAKS` name the kinds, and the docstrings of their modules say what each is; `World.kinds` says which
column is which, so that a suite can count what is missed by kind. A seed takes the kinds in turn, so that 200
seeds hold each about equally often. `crm_export` makes whole CRM exports with open leads, `drifting` leads
whose patterns vanish.
"""

from __future__ import annotations

from tests.worlds.company import World, world
from tests.worlds.drift import Drifting, drifting
from tests.worlds.exports import Export, crm_export
from tests.worlds.honest import HONEST
from tests.worlds.leaks import LEAKS
from tests.worlds.measure import auc, single_auc

__all__ = [
    "HONEST",
    "LEAKS",
    "Drifting",
    "Export",
    "World",
    "auc",
    "crm_export",
    "drifting",
    "single_auc",
    "world",
]
