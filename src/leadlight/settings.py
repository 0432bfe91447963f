"""What stands in leadlight.toml, read once at the edge."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Final

from leadlight.data.config import Config, parse
from leadlight.errors import ConfigError

FILE: Final = "leadlight.toml"


def find(leads: Any, given: str | Path | None = None) -> Config:
    """The configuration that was named, else the one beside the leads, else an empty one."""
    if given is not None:
        return read(Path(given))
    beside = Path(leads).parent / FILE if isinstance(leads, str | Path) and str(leads) != "-" else None
    return read(beside) if beside is not None and beside.is_file() else Config()


def read(path: Path) -> Config:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ConfigError("The file is not UTF-8 text.", where=str(path)) from None
    except OSError as problem:
        raise ConfigError(
            f"The configuration could not be read: {(problem.strerror or 'unknown reason').lower()}.",
            where=str(path),
            hint="Make one with: leadlight inspect LEADS --write leadlight.toml",
        ) from None
    return parse(text, str(path))


def home(given: str | Path | None = None) -> str:
    """Which home is meant: the one that was named, else LEADLIGHT_HOME."""
    found = str(given) if given is not None else os.environ.get("LEADLIGHT_HOME", "")
    if not found:
        raise ConfigError(
            "It is not said which home is meant.",
            code="which_home",
            hint="Add --home FOLDER, or set LEADLIGHT_HOME; a new one: leadlight init --home FOLDER",
        )
    return found


def has_home(given: str | Path | None = None) -> bool:
    """Whether any home is meant."""
    return given is not None or bool(os.environ.get("LEADLIGHT_HOME"))


def state() -> Path:
    """Where the keys of homes lie whose name is a database URL: LEADLIGHT_STATE, else the user's folder."""
    named = os.environ.get("LEADLIGHT_STATE")
    return Path(named) if named else Path.home() / ".local/state/leadlight"


def frame_ancestors() -> tuple[str, ...]:
    """The sites that may show a lead's card in a frame: LEADLIGHT_FRAME_ANCESTORS, origins between blanks."""
    found = tuple(os.environ.get("LEADLIGHT_FRAME_ANCESTORS", "").split())
    if not all(_ORIGIN.fullmatch(site) for site in found):
        raise ConfigError(
            "LEADLIGHT_FRAME_ANCESTORS holds something that is no site.",
            code="frame_ancestors",
            hint="Write origins, such as https://crm.example.com",
        )
    return found


_ORIGIN: Final = re.compile(r"https?://[0-9A-Za-z.*-]+(:[0-9]{1,5})?")
