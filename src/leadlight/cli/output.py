"""Where results go: looked at before the work begins, so that no hour is lost to a name that is taken."""

from __future__ import annotations

from pathlib import Path

from leadlight.errors import OutputError


def check_free(*paths: Path, force: bool) -> None:
    """Refuse outputs that could not be written, or that would replace a file nobody said to replace."""
    for path in paths:
        if path.is_dir():
            raise OutputError(
                "The output is a folder.", code="is_folder", where=str(path), hint="Give a file name in it."
            )
        if not path.parent.is_dir():
            raise OutputError(
                "The folder of the output does not exist.",
                code="no_folder",
                where=str(path.parent),
                hint="Make the folder, or choose another place.",
            )
        if path.is_file() and not force:
            raise OutputError(
                "The output exists already.",
                code="exists",
                where=str(path),
                hint="Choose another name, or add --force to replace it.",
            )
