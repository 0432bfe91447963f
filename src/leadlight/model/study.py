"""The trials of a tuning, kept in a file line by line, so that one that was interrupted goes on.

The first line says of which leads and settings the trials are; each other line is a trial. A line that was
not written to its end is left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from leadlight.errors import ConfigError, OutputError
from leadlight.model.learners.settings import Setting

FORMAT: Final = 1


@dataclass(frozen=True)
class Trial:
    """What was set of a family, and its figure over the folds so far, one more at each step."""

    family: str
    number: int
    settings: Mapping[str, Setting]
    values: tuple[float, ...]
    complete: bool

    @property
    def value(self) -> float:
        return self.values[-1]

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "settings": dict(self.settings), "values": list(self.values)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Trial:
        return Trial(
            str(data["family"]),
            int(data["number"]),
            dict(data["settings"]),
            tuple(float(value) for value in data["values"]),
            bool(data["complete"]),
        )


@dataclass(frozen=True)
class Study:
    """The trials so far; each new one is in the file before the next begins."""

    path: Path | None = None
    fingerprint: str = ""
    trials: tuple[Trial, ...] = ()

    @staticmethod
    def open(path: Path | None, fingerprint: str) -> Study:
        """Go on where the file ends, or begin it; the file of another tuning is refused."""
        if path is None or not path.is_file():
            return Study(path, fingerprint)
        head, *rest = _lines(path)
        if head != _head(fingerprint):
            raise ConfigError(
                "The trials in this file are of other leads, settings or versions.",
                code="other_study",
                where=str(path),
                hint="Remove the file, or write the model elsewhere with -o.",
            )
        return Study(path, fingerprint, tuple(Trial.from_json(line) for line in rest))

    def of(self, family: str) -> list[Trial]:
        return [trial for trial in self.trials if trial.family == family]

    def with_trial(self, trial: Trial) -> Study:
        if self.path is not None:
            _append(self.path, [] if self.path.is_file() else [_head(self.fingerprint)], trial)
        return replace(self, trials=(*self.trials, trial))


def _head(fingerprint: str) -> dict[str, Any]:
    return {"format": FORMAT, "fingerprint": fingerprint}


def _append(path: Path, head: Sequence[Any], trial: Trial) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in (*head, trial.to_json()))
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        reason = (problem.strerror or "unknown reason").lower()
        raise OutputError(f"A trial could not be written: {reason}.", where=str(path)) from None


def _lines(path: Path) -> list[Any]:
    """Every whole line, after what is left of a broken one is gone; None where it is no file of ours."""
    try:
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        lines = [json.loads(line) for line in whole.splitlines()]
        if lines and len(whole) < len(content):
            os.truncate(path, len(whole))
    except OSError as problem:
        reason = (problem.strerror or "unknown reason").lower()
        raise OutputError(f"The trials could not be read: {reason}.", where=str(path)) from None
    except ValueError:
        return [None]
    return lines or [None]
