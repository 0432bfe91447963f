"""Findings of the audit as they stand in a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from leadlight.insight.page import Card, Cards
from leadlight.insight.wording import short

ORDER: Final = ("refused", "excluded", "warning", "note")
NAMES: Final = {"refused": "Refused", "excluded": "Left out", "warning": "Doubtful", "note": "Worth knowing"}
LONGEST: Final = 600


def cards(findings: Iterable[Mapping[str, Any]]) -> Cards:
    """The gravest first, each with its next step; those that say the same of several columns are one."""
    found = sorted(findings, key=lambda each: ORDER.index(each["severity"]))
    return Cards(tuple(_card(each) for each in found))


def _card(finding: Mapping[str, Any]) -> Card:
    kind = finding["severity"]
    label = f"{NAMES[kind]} ({finding['code'].replace('_', ' ')})."
    return Card(kind, label, short(finding["message"], LONGEST), short(finding["next_step"], LONGEST))
