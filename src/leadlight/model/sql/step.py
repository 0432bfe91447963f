"""One named part of a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from leadlight.model.sql.dialects import Dialect

ROW: Final = "lead_row"
Columns = Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """Where its rows come from, and what each of its columns is."""

    name: str
    source: str
    columns: Columns
    ending: str = ""

    def text(self, dialect: Dialect) -> str:
        """The step as a common table expression, one line a column."""
        columns = ",\n".join(
            f"  {value} AS {dialect.identifier(name)}" for name, value in self.columns.items()
        )
        body = f"  SELECT\n{columns}\n  FROM {self.source}{self.ending}"
        return f"{self.name} AS {dialect.materialized}(\n{body}\n)"
