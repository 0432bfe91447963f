"""Which character parts the fields of a file: found where only one can be meant, else asked for."""

from __future__ import annotations

from dataclasses import dataclass

from leadlight.connect.files.csv_rows import widths
from leadlight.errors import FileError

CANDIDATES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ROWS = 1_000


@dataclass(frozen=True)
class _Trial:
    """A candidate, and how well the first rows agree with the header when it is used."""

    character: str
    fields: int
    agreeing: float
    regular: bool

    @property
    def rank(self) -> int:
        """All rows agree and every quote is in its place; all agree; most agree; few do."""
        if self.agreeing == 1:
            return 3 if self.regular else 2
        return int(self.agreeing > 0.5)


def delimiter_of(head: bytes, given: str | None, where: str) -> str:
    """The delimiter that was given, else the only one that can be meant."""
    if given is not None:
        return _valid(given)
    trials = [trial for trial in (_try(head, character) for character in CANDIDATES) if trial.fields > 1]
    if not trials:
        return ","
    best = max(trial.rank for trial in trials)
    fitting = [trial.character for trial in trials if trial.rank == best]
    if len(fitting) > 1:
        raise _ambiguous(fitting, where)
    return fitting[0]


def name_of(character: str) -> str:
    """A delimiter in a word."""
    return CANDIDATES.get(character, repr(character))


def _try(head: bytes, character: str) -> _Trial:
    fields, regular = widths(head, ord(character))
    fields = fields[:_ROWS]
    if not len(fields):
        return _Trial(character, 0, 0.0, regular)
    return _Trial(character, int(fields[0]), float((fields == fields[0]).mean()), regular)


def _valid(given: str) -> str:
    character = {"tab": "\t", "\\t": "\t"}.get(given, given)
    if len(character) != 1 or not character.isascii() or character in '"\r\n\x00':
        raise FileError(
            "A delimiter is one ASCII character, and not a quote.",
            code="bad_delimiter",
            where="--delimiter",
            hint="For example --delimiter ';' or --delimiter tab.",
        )
    return character


def _ambiguous(characters: list[str], where: str) -> FileError:
    listed = " or ".join(CANDIDATES[character] for character in characters)
    return FileError(
        f"The fields may be parted by {listed}: both readings fit.",
        code="ambiguous_delimiter",
        where=where,
        hint=f"Say which one, for example --delimiter '{characters[0]}'.",
    )
