"""What a file grows to while it is read, held against its size: a small file must not fill the memory."""

from __future__ import annotations

from dataclasses import dataclass

from leadlight.connect.files.limits import (
    FREE_CELLS,
    FREE_TEXT_BYTES,
    MAX_CELLS_PER_BYTE,
    MAX_RATIO,
    MB,
)
from leadlight.errors import FileError


@dataclass
class Growth:
    """The cells and the text that were delivered so far; each gap of a sparse file is a cell."""

    where: str
    cells: int = 0
    text: int = 0

    def add(self, size: int, rows: int, columns: int, text: int = 0) -> None:
        """Count a batch; `size` is how many bytes of the file stand behind all that was delivered."""
        self.cells += rows * columns
        self.text += text
        if self.cells > max(FREE_CELLS, MAX_CELLS_PER_BYTE * size):
            raise self._bomb(
                f"{self.cells // 1_000_000:,} million cells", "Leave out columns that few rows fill."
            )
        if self.text > max(FREE_TEXT_BYTES, MAX_RATIO * size):
            raise self._bomb(f"{self.text // MB:,} MB of text", "Leave out columns of long repeated text.")

    def _bomb(self, what: str, hint: str) -> FileError:
        return FileError(
            f"The file grows to more than {what}, out of all proportion to its size.",
            code="bomb",
            where=self.where,
            hint=hint,
        )
