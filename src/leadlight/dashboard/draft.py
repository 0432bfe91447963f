"""A set-up that is under way: the upload, what was chosen, how far training is; in the home until it is over.

It lies in files, so that every process of the service knows of it; the upload is deleted when it is over.
"""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from leadlight.data.atomic import write_bytes_atomically
from leadlight.errors import RequestError
from leadlight.flows.setup import SetupChoices
from leadlight.store import Store

FOLDER: Final = "set-up"
STEPS: Final = 12
"""About so many steps a training tells of; the bar is never quite full before the end."""
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
ROLES: Final = {
    "": "as found",
    "drop": "leave out",
    "keep": "use it",
    "consent": "do not call, or mail",
    "personal": "personal",
    "owner": "owner",
    "value": "deal value",
}


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training is."""

    step: str = ""
    steps: int = 0
    failed: str = ""
    hint: str = ""
    model: str = ""

    @property
    def share(self) -> float:
        return 1.0 if self.model else min(0.95, self.steps / STEPS)


@dataclass(frozen=True)
class Draft:
    """One set-up."""

    token: str
    folder: Path

    @staticmethod
    def begin(store: Store, name: str) -> Draft:
        """A new one; blank is one on the home's own leads. Earlier ones that were left lying are removed."""
        parent = store.home.folder / FOLDER
        if parent.exists():
            shutil.rmtree(parent)
        token = secrets.token_hex(16)
        folder = parent / token
        folder.mkdir(parents=True, mode=0o700)
        draft = Draft(token, folder)
        draft._write("source.json", file_name(name))
        return draft

    @staticmethod
    def find(store: Store, token: str) -> Draft:
        folder = store.home.folder / FOLDER / token
        if not _TOKEN.fullmatch(token) or not folder.is_dir():
            raise RequestError(404, "This set-up is over.", code="set_up", hint="Begin again: Set-up.")
        return Draft(token, folder)

    @property
    def source(self) -> str:
        """The name of the file that was uploaded; blank where the home's own leads are meant."""
        found: str = msgspec.json.decode((self.folder / "source.json").read_bytes())
        return found

    @property
    def upload(self) -> Path:
        return self.folder / (self.source or "none.csv")

    @property
    def bundle(self) -> Path:
        return self.folder / "model.leadlight"

    @property
    def choices(self) -> SetupChoices:
        found: SetupChoices = self._read("choices.json", SetupChoices, SetupChoices())
        return found

    def choose(self, choices: SetupChoices) -> None:
        self._write("choices.json", choices)

    @property
    def progress(self) -> TrainingProgress | None:
        found: TrainingProgress | None = self._read("progress.json", TrainingProgress, None)
        return found

    def tell(self, progress: TrainingProgress) -> None:
        if self.folder.is_dir():
            self._write("progress.json", progress)

    def end(self) -> None:
        """Nothing of it is kept."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _read(self, name: str, kind: Any, default: Any) -> Any:
        path = self.folder / name
        return msgspec.json.decode(path.read_bytes(), type=kind) if path.is_file() else default

    def _write(self, name: str, content: Any) -> None:
        write_bytes_atomically(self.folder / name, msgspec.json.encode(content), force=True)


def file_name(name: str) -> str:
    """The name of an upload without anything that a file system could mistake."""
    plain = re.sub(r"[^0-9A-Za-z._-]+", "-", Path(name.replace("\\", "/")).name)[-80:].lstrip(".-")
    return plain if not name else plain or "leads.csv"
