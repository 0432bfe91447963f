"""What stands in leadlight.toml, read once at the edge."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.config import Config, parse
from leadlight.data.secret import Secret
from leadlight.errors import ConfigError

FILE: Final = "leadlight.toml"


def find(leads: Any, given: str | Path | None = None) -> Config:
    """The configuration that was named, else the one beside the leads, else an empty one."""
    if given is not None:
        return read(Path(given))
    beside = _beside(leads)
    return read(beside) if beside is not None and beside.is_file() else Config()


def _beside(leads: Any) -> Path | None:
    """Where leadlight.toml lies for these leads: in their folder; for a URL in the working directory."""
    if isinstance(leads, str) and "://" in leads:
        return Path(FILE)
    return Path(leads).parent / FILE if isinstance(leads, str | Path) and str(leads) != "-" else None


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


def webhook() -> str | None:
    """Where alarms are sent: LEADLIGHT_WEBHOOK, an address."""
    return os.environ.get("LEADLIGHT_WEBHOOK", "").strip() or None


def hot_webhook(home: Path) -> str | None:
    """Where it is told who became hot: LEADLIGHT_HOT_WEBHOOK, else `hot` of [webhook] in leadlight.toml."""
    named = os.environ.get("LEADLIGHT_HOT_WEBHOOK", "").strip()
    path = home / FILE
    return named or (read(path).webhook.hot if path.is_file() else None)


def mail() -> SplitResult | None:
    """Who sends reports to whom: LEADLIGHT_MAIL, as smtp://user@host:587?from=ADDRESS&to=ADDRESS,ADDRESS."""
    text = os.environ.get("LEADLIGHT_MAIL", "").strip()
    if not text:
        return None
    parts = urlsplit(text)
    known = parse_qs(parts.query)
    if (
        parts.scheme not in ("smtp", "smtps", "smtp+plain")
        or not parts.hostname
        or not {"from", "to"} <= known.keys()
    ):
        raise ConfigError(
            "LEADLIGHT_MAIL names no server, sender and receiver.",
            code="mail",
            hint="Write smtp://user@host:587?from=ADDRESS&to=ADDRESS",
        )
    return parts


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


def secret(name: str, home: Path | None = None) -> Secret:
    """A token or password, such as `hubspot.token`.

    It is looked for in the environment (LEADLIGHT_HUBSPOT_TOKEN), in a file that the environment names
    (LEADLIGHT_HUBSPOT_TOKEN_FILE), in the home's folder `secrets`, and in the keyring, where there is one.
    """
    variable = "LEADLIGHT_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
    if os.environ.get(variable):
        return Secret(os.environ[variable].strip())
    named = os.environ.get(f"{variable}_FILE")
    if named:
        return _from_file(Path(named))
    kept = None if home is None else secret_file(name, home)
    if kept is not None and kept.exists():
        return _from_file(kept)
    found = _from_keyring(name)
    if found:
        return Secret(found)
    raise ConfigError(
        f"There is no {name.replace('.', ' ')}.",
        code="no_secret",
        hint=f"Set {variable}, or put it into a file that only you can read and set {variable}_FILE"
        + (f", or write it to {kept}." if kept else "."),
    )


def secret_file(name: str, home: Path) -> Path:
    """Where a home keeps this secret, if it keeps it."""
    return home / "secrets" / name


def keep_secret(name: str, text: str, home: Path) -> Path:
    """Write a secret into the home's folder, for its owner's eyes alone."""
    path = secret_file(name, home)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_bytes_atomically(path, text.strip().encode(), force=True)
    path.chmod(0o600)
    return path


def _from_file(path: Path) -> Secret:
    try:
        mode, text = path.stat().st_mode, path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigError("A file with a secret cannot be read.", code="no_secret", where=str(path)) from None
    if os.name == "posix" and mode & 0o077:
        raise ConfigError(
            "A file with a secret can be read by others.",
            code="open_secret",
            where=str(path),
            hint=f"Close it: chmod 600 {path}",
        )
    return Secret(text)


def _from_keyring(name: str) -> str | None:
    """What the system's keyring holds; there may be none, or one that does not answer."""
    try:
        import keyring  # type: ignore[import-not-found]
    except ImportError:
        return None
    try:
        found: str | None = keyring.get_password("leadlight", name)
    except Exception:  # noqa: BLE001
        return None
    return found
