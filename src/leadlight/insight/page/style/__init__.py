"""The look of Leadlight, one sheet for the dashboard and the reports: type, colours, spacing, parts."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

NAME: Final = "leadlight.css"


@cache
def sheet() -> str:
    """The sheet as it is sent, or put into a page."""
    return files(__name__).joinpath(NAME).read_text("utf-8")
