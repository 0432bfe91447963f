"""The trials of a tuning, kept in a file line by line, so that one that was interrupted goes on.

The first line says of which leads and settings the trials are; each other line is a trial. A line that was
not written to its end is left out.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from leadlight.errors import ConfigError, OutputError
from leadlight.training.learners.settings import Setting

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
        values = tuple(float(value) for value in data["values"])
        settings = dict(data["settings"])
        return Trial(str(data["family"]), int(data["number"]), settings, values, bool(data["complete"]))


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
        content = _content(path)
        whole = content[: content.rfind(b"\n") + 1]
        if not whole and _line(_head(fingerprint)).encode().startswith(content):
            path.unlink()
            return Study(path, fingerprint)
        study = Study(path, fingerprint, _trials(whole, fingerprint, path))
        if len(whole) < len(content):
            os.truncate(path, len(whole))
        return study

    def of(self, family: str) -> list[Trial]:
        return [trial for trial in self.trials if trial.family == family]

    def with_trial(self, trial: Trial) -> Study:
        if self.path is not None:
            _append(self.path, [] if self.path.is_file() else [_head(self.fingerprint)], trial)
        return replace(self, trials=(*self.trials, trial))


def _head(fingerprint: str) -> dict[str, Any]:
    return {"format": FORMAT, "fingerprint": fingerprint}


def _line(data: Any) -> str:
    return json.dumps(data) + "\n"


def _append(path: Path, head: Sequence[Any], trial: Trial) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(map(_line, (*head, trial.to_json()))))
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        raise OutputError(f"A trial could not be written: {_reason(problem)}.", where=str(path)) from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise OutputError(f"The trials could not be read: {_reason(problem)}.", where=str(path)) from None


def _reason(problem: OSError) -> str:
    return (problem.strerror or "unknown reason").lower()


def _trials(whole: bytes, fingerprint: str, path: Path) -> tuple[Trial, ...]:
    """The trials that the lines tell, if all of them are of this tuning and in turn."""
    try:
        head, *rest = map(json.loads, whole.splitlines())
        trials = tuple(map(Trial.from_json, rest))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        head, trials = None, ()
    if head != _head(fingerprint) or not _is_in_turn(trials):
        raise ConfigError(
            "The trials in this file are of other leads, settings or versions.",
            code="other_study",
            where=str(path),
            hint="Remove the file, or write the model elsewhere with -o.",
        )
    return trials


def _is_in_turn(trials: Sequence[Trial]) -> bool:
    """Each family's trials have figures and are counted from 0, the default; two runs at once break that."""
    if not all(trial.values and all(map(math.isfinite, trial.values)) for trial in trials):
        return False
    numbers: dict[str, list[int]] = {}
    for trial in trials:
        numbers.setdefault(trial.family, []).append(trial.number)
    return all(found == list(range(len(found))) for found in numbers.values())
