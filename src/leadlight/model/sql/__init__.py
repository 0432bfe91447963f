"""A model of points as one SELECT, for warehouses: the same margins to the bit, wherever integers add up."""

from leadlight.model.sql.dialects import DIALECTS
from leadlight.model.sql.select import select

__all__ = ["DIALECTS", "select"]
