"""What was noticed about the data, in a form that people and programs can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["note", "warning", "alarm", "excluded", "refused"]
Evidence = Mapping[str, float | int | str]


@dataclass(frozen=True)
class Finding:
    """One thing worth knowing: a stable code, how serious, where, the numbers behind it, and what to do."""

    code: str
    severity: Severity
    column: str | None
    message: str
    next_step: str = ""
    evidence: Evidence = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "column": self.column,
            "message": self.message,
            "next_step": self.next_step,
            "evidence": dict(self.evidence),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Finding:
        return Finding(
            code=str(data["code"]),
            severity=data["severity"],
            column=data["column"],
            message=str(data["message"]),
            next_step=str(data["next_step"]),
            evidence=dict(data["evidence"]),
        )


@dataclass(frozen=True)
class Excluded:
    """A column that is not learnt from, and why."""

    column: str
    code: str
    evidence: Evidence

    def to_json(self) -> dict[str, Any]:
        return {"column": self.column, "code": self.code, "evidence": dict(self.evidence)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Excluded:
        return Excluded(str(data["column"]), str(data["code"]), dict(data["evidence"]))
