"""Declared features: small expressions over columns, read by a parser of our own and never run as Python."""

from leadlight.data.expressions.compute import evaluate, fit, to_polars
from leadlight.data.expressions.kinds import check
from leadlight.data.expressions.means import Fitted
from leadlight.data.expressions.parse import Expression, parse, parse_feature

__all__ = ["Expression", "Fitted", "check", "evaluate", "fit", "parse", "parse_feature", "to_polars"]
