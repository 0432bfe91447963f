"""Files that are there whole or not at all: written beside the target, synced, then renamed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO

from leadlight.errors import OutputError


def write_bytes_atomically(path: str | Path, data: bytes, *, force: bool = False) -> None:
    """Replace the file at `path` by `data`, or leave what was there untouched."""
    with replacing(path, force=force) as handle:
        handle.write(data)


@contextmanager
def replacing(path: str | Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """A handle to write to; the file appears under its name only when the block ends well."""
    target = Path(path)
    _check(target, force)
    try:
        with _in_place(target) if _is_device(target) else _beside(target.resolve(), force) as handle:
            yield handle
    except OSError as error:
        raise _refusal(error, path) from None


@contextmanager
def placing(path: str | Path, *, force: bool = False) -> Iterator[Path]:
    """An empty file of ours alone, for a library that opens it by name; published if the block ends well."""
    target = Path(path)
    _check(target, force)
    try:
        whole = target.resolve()
        descriptor, temporary = _temporary(whole)
        os.close(descriptor)
        temporary.chmod(0o600)
        try:
            yield temporary
            _sync_file(temporary)
            _publish(temporary, whole, force)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(whole.parent)
    except OSError as error:
        raise _refusal(error, path) from None


@contextmanager
def _in_place(target: Path) -> Iterator[BinaryIO]:
    """Devices and pipes, such as /dev/null, cannot be replaced."""
    with open(target, "wb") as handle:
        yield handle


@contextmanager
def _beside(target: Path, force: bool) -> Iterator[BinaryIO]:
    descriptor, temporary = _temporary(target)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            _keep_mode(handle.fileno(), target)
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        _publish(temporary, target, force)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _temporary(target: Path) -> tuple[int, Path]:
    """A new file in the same folder, so that renaming it is one step; another writer's is left alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    for number in count():
        temporary = target.with_name(f".{target.name[:100]}.{number}.part")
        with suppress(FileExistsError):
            return os.open(temporary, flags, 0o666), temporary
    raise OutputError


def _publish(temporary: Path, target: Path, force: bool) -> None:
    """Without force a file that appeared meanwhile is kept: a hard link, unlike a rename, never replaces."""
    if not force:
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise _exists(target) from None
        except OSError:
            _check(target, force)
        else:
            return
    temporary.replace(target)


def _keep_mode(descriptor: int, target: Path) -> None:
    with suppress(OSError, AttributeError):
        os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))


def _sync_file(path: Path) -> None:
    with open(path, "rb+") as handle:
        os.fsync(handle.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes the new name itself durable; not every system lets a folder be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_device(target: Path) -> bool:
    return target.exists() and not target.is_file()


def _check(target: Path, force: bool) -> None:
    if target.is_dir():
        raise OutputError(
            "The output is a folder.", code="is_folder", where=str(target), hint="Give a file name in it."
        )
    if not target.parent.is_dir():
        raise OutputError(
            "The folder of the output does not exist.",
            code="no_folder",
            where=str(target.parent),
            hint="Make the folder, or choose another place.",
        )
    if target.is_file() and not force:
        raise _exists(target)


def _exists(target: Path) -> OutputError:
    return OutputError(
        "The output exists already.",
        code="exists",
        where=str(target),
        hint="Choose another name, or add --force to replace it.",
    )


def _refusal(error: OSError, path: str | Path) -> OutputError:
    """The system's words for what failed, with the file as it was before."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return OutputError(
        f"The output could not be written: {(error.strerror or 'unknown fault').lower()}.",
        code="disk_full" if full else "not_writable",
        where=str(path),
        hint="Make room, then run it again." if full else "Check the rights of the folder.",
    )
