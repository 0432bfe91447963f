"""A page made of sections, figures and tables, and how it becomes one HTML file, or pictures."""

from leadlight.insight.page.blocks import Block, Card, Cards, Figure, Page, Section, Table, Words
from leadlight.insight.page.draw import Picture, check, pictures, written

__all__ = [
    "Block",
    "Card",
    "Cards",
    "Figure",
    "Page",
    "Picture",
    "Section",
    "Table",
    "Words",
    "check",
    "pictures",
    "written",
]
