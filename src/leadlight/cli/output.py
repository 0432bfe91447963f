"""How a command answers, and where results go, which is looked at before the work begins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import urlsplit

from leadlight.cli.page import Page, print_json
from leadlight.errors import OutputError

STANDARD: Final = "-"


@dataclass(frozen=True)
class Output:
    """The answer of a command: one JSON object where a program reads, else text for a person."""

    as_json: bool
    error: bool = False
    """Text goes to standard error, because standard output holds something else."""

    def show(self, found: Mapping[str, Any], text: str | Callable[[Page], None]) -> None:
        if self.as_json:
            print_json(found)
            return
        page = Page.of(error=self.error)
        if not isinstance(text, str):
            text(page)
            return
        for sentence in text.split("\n"):
            page.say(sentence)


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


def check_rejects(path: Path, *, force: bool) -> None:
    """Refuse to replace a file that no earlier run has left here."""
    from leadlight.flows.row_accounting import left_by_us

    check_free(path, force=force or left_by_us(path))


def rejects_beside(leads: str, output: str) -> Path:
    """Where the rows are listed that could not be used."""
    if output != STANDARD:
        return Path(output).with_suffix(".rejected.csv")
    return Path(f"{stem_of(leads)}.rejected.csv")


def check_places(
    what: str, leads: str | None, output: str, rejects: Path, *, force: bool, as_json: bool
) -> None:
    """Refuse what cannot end well before anything is read."""
    if output != STANDARD:
        check_free(Path(output), force=force)
    elif as_json:
        raise OutputError(
            f"{what} and --json cannot both go to standard output.",
            code="two_outputs",
            hint=f"Name a file for the {what.lower()} with -o.",
        )
    if leads is not None and rejects.exists() and Path(leads).exists() and rejects.samefile(leads):
        raise OutputError(
            "The list of rejected rows would replace the leads themselves.",
            code="exists",
            where=str(rejects),
            hint="Choose another name with -o.",
        )
    check_rejects(rejects, force=force)


def stem_of(leads: str) -> str:
    """The name of the leads without folder and ending; of a URL, what is read there."""
    if leads.lower().startswith(("http://", "https://")):
        return stem_of(urlsplit(leads).path.rpartition("/")[2] or "leads")
    if "://" in leads:
        named = re.search(r"[?&]table=([\w.-]+)", leads) or re.fullmatch(r"\w+://([\w-]+)", leads)
        return named[1] if named else "leads"
    return "leads" if leads == STANDARD else PurePath(PurePath(leads).name.removesuffix(".gz")).stem
