"""A page made of sections, figures and tables, and how it becomes one HTML file, or pictures."""

from leadlight.insight.page.blocks import Block, Card, Cards, Figure, ReportPage, Section, Table, Words
from leadlight.insight.page.draw import Picture, check, pictures, written

__all__ = [
    "Block",
    "Card",
    "Cards",
    "Figure",
    "Picture",
    "ReportPage",
    "Section",
    "Table",
    "Words",
    "check",
    "pictures",
    "written",
]
