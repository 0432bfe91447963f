"""A home: the folder of a running Leadlight, and the database that it names.

The key of all keyed hashes lies in the folder and never in the database, so that a stolen database alone
tells nobody's address.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from leadlight.data.atomic import write_bytes_atomically
from leadlight.errors import StoreError

DATABASE: Final = "leadlight.db"
SECRET: Final = "secret.key"  # noqa: S105
ELSEWHERE: Final = "database.url"
DRIVERS: Final = {
    "sqlite": "sqlite+apsw",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
SECRET_BYTES: Final = 32


@dataclass(frozen=True)
class Home:
    """Where the leads are kept, and the folder of what must not lie beside them."""

    folder: Path
    url: URL

    @staticmethod
    def of(place: str | Path, state: Path) -> Home:
        """A folder, or a database URL whose folder then lies under `state`."""
        text = str(place)
        if "://" in text:
            url = _url(text)
            return Home(state / sha256(url.render_as_string().encode()).hexdigest()[:12], url)
        folder = Path(place)
        named = folder / ELSEWHERE
        if named.is_file():
            return Home(folder, _url(named.read_text("utf-8").strip()))
        return Home(folder, _url(f"sqlite:///{folder / DATABASE}"))

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def exists(self) -> bool:
        return (self.folder / SECRET).is_file()

    @property
    def is_taken(self) -> bool:
        """Whether the folder holds other things and no home, nor one whose key is lost."""
        is_home = self.exists or self.has_lost_key
        return not is_home and self.folder.is_dir() and any(self.folder.iterdir())

    def create(self, database: str | None = None) -> Home:
        """Make the folder, closed to others, with a fresh key; what is there stays."""
        if self.has_lost_key:
            raise self.lost_key()
        if database is not None:
            self._check_database(database)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except (FileExistsError, NotADirectoryError):
            raise StoreError(
                "A file lies where the home was to be.",
                code="no_folder",
                where=str(self.folder),
                hint="Name a folder of its own.",
            ) from None
        self.folder.chmod(0o700)
        self._keep(SECRET, secrets.token_bytes(SECRET_BYTES).hex())
        if database is not None:
            self._keep(ELSEWHERE, database)
        return Home.of(self.folder, self.folder) if database else self

    def _check_database(self, database: str) -> None:
        """Refuse another database than the one that the leads are in."""
        _url(database)
        if self.is_elsewhere:
            is_other = (self.folder / ELSEWHERE).read_text("utf-8").strip() != database.strip()
        else:
            is_other = (self.folder / DATABASE).is_file()
        if is_other:
            raise StoreError(
                "This home has another database already, which stays as it is.",
                code="other_database",
                where=str(self.folder),
                hint="Make a home of its own for the new one; leadlight db backup and leadlight db restore"
                " bring the leads there.",
            )

    def undo(self, *, key: bool, elsewhere: bool) -> None:
        """Take back what `create` has just made for a database that could not be used."""
        for name, is_new in ((SECRET, key), (ELSEWHERE, elsewhere)):
            if is_new:
                (self.folder / name).unlink(missing_ok=True)

    @property
    def is_elsewhere(self) -> bool:
        """Whether the folder names a database that lies outside of it."""
        return (self.folder / ELSEWHERE).is_file()

    @property
    def has_lost_key(self) -> bool:
        return not self.exists and (self.is_elsewhere or (self.folder / DATABASE).is_file())

    def lost_key(self) -> StoreError:
        """There is a database, and not the key that it was kept under."""
        return StoreError(
            "The key of this home is lost: its database is here, and secret.key is not.",
            code="lost_key",
            where=str(self.folder),
            hint="Put secret.key back from where its copy is kept. Under a new key nobody could be found,"
            " and who was forgotten could come back.",
        )

    def _keep(self, name: str, text: str) -> None:
        path = self.folder / name
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.close(descriptor)
            try:
                write_bytes_atomically(path, text.encode() + b"\n", force=True)
            except BaseException:
                path.unlink(missing_ok=True)
                raise

    def secret(self) -> bytes:
        """The key of all keyed hashes."""
        try:
            found = bytes.fromhex((self.folder / SECRET).read_text("ascii").strip())
        except FileNotFoundError:
            if self.has_lost_key:
                raise self.lost_key() from None
            raise StoreError(
                "There is no home here.",
                code="no_home",
                where=str(self.folder),
                hint="Make one with: leadlight init --home " + str(self.folder),
            ) from None
        except (OSError, ValueError):
            raise StoreError(
                "The key of the home cannot be read.", code="secret", where=str(self.folder)
            ) from None
        if len(found) != SECRET_BYTES:
            raise StoreError("The key of the home is damaged.", code="secret", where=str(self.folder))
        return found


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise StoreError("The database URL cannot be read.", code="database_url") from None
    driver = DRIVERS.get(url.drivername.split("+")[0])
    if driver is None:
        raise StoreError(
            f"A home cannot lie in {url.drivername}.",
            code="database_url",
            hint="Give a folder (SQLite), or postgresql://user@host/name.",
        )
    return url.set(drivername=driver)
