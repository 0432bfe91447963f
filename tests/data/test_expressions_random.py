"""Random expressions over random leads: a frame and a single lead agree, and the canonical text is exact."""

import struct
from datetime import datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data.expressions import Expression, Fitted, check, evaluate, fit, parse, to_polars
from leadlight.data.expressions.tree import Call, ColumnNode, Moment, Number, Text

LEVELS = ["a", "b", "it's", "ünï", "1"]
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1))
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 20.0, 1e-300, 1.7e308]),
    st.floats(allow_nan=False, allow_infinity=False),
)
FRAME_KINDS = {"x": "number", "y 2": "number", "s": "category", 'say "t"': "flag", "d": "date", "e": "date"}


# Each shape: the kind it gives, the operation, the kinds that it takes.
SHAPES = [
    *(("number", sign, ("number", "number")) for sign in "+-*/"),
    *(("number", name, ("number",)) for name in ("abs", "log", "negative")),
    ("number", "min", ("number", "number")),
    ("number", "max", ("number", "number", "number")),
    ("number", "days_between", ("date", "date")),
    ("number", "mean", ("number", "level")),
    *((kind, "if", ("truth", kind, kind)) for kind in ("number", "level", "date", "truth")),
    ("date", "min", ("date", "date")),
    *(("truth", sign, (kind, kind)) for sign in ("=", "!=") for kind in ("number", "level", "date", "truth")),
    *(("truth", sign, (kind, kind)) for sign in ("<", "<=", ">", ">=") for kind in ("number", "date")),
    *(("truth", "in", (kind,)) for kind in ("number", "level", "date")),
    *(("truth", "missing", (kind,)) for kind in ("number", "level", "date", "truth")),
    ("truth", "and", ("truth", "truth")),
    ("truth", "or", ("truth", "truth")),
    ("truth", "not", ("truth",)),
]
LITERALS = {
    "number": NUMBERS.map(lambda number: Number(number + 0.0)),
    "level": st.sampled_from(LEVELS).map(Text),
    "date": MOMENTS.map(Moment),
}
LEAVES = {
    "number": LITERALS["number"] | st.sampled_from([ColumnNode("x"), ColumnNode("y 2")]),
    "level": LITERALS["level"] | st.sampled_from([ColumnNode("s"), ColumnNode('say "t"')]),
    "date": LITERALS["date"] | st.sampled_from([ColumnNode("d"), ColumnNode("e")]),
    "truth": st.just(Call("missing", (ColumnNode("x"),))),
}
CALLS = {kind: [shape for shape in SHAPES if shape[0] == kind] for kind in LEAVES}


@st.composite
def trees(draw, kind, depth=4):
    """A tree that the parser could have made: signs of literals folded, means by something that varies."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(LEAVES[kind])
    _, operation, takes = draw(st.sampled_from(CALLS[kind]))
    parts = [draw(trees(taken, depth - 1)) for taken in takes]
    if operation == "mean" and not Expression(parts[1]).columns():
        parts[1] = ColumnNode("s")
    if operation == "negative" and isinstance(parts[0], Number):
        parts[0] = ColumnNode("x")
    if operation == "in":
        parts += draw(st.lists(LITERALS[takes[0]], min_size=1, max_size=4))
    return Call(operation, tuple(parts))


TREES = st.sampled_from(list(LEAVES)).flatmap(trees)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "x": st.none() | NUMBERS,
            "y 2": st.none() | NUMBERS,
            "s": st.none() | st.sampled_from(LEVELS),
            'say "t"': st.none() | st.sampled_from(["yes", "no"]),
            "d": st.none() | MOMENTS,
            "e": st.none() | MOMENTS,
        }
    ),
    max_size=6,
)
SCHEMA = {
    "x": pl.Float64,
    "y 2": pl.Float64,
    "s": pl.String,
    'say "t"': pl.String,
    "d": pl.Datetime("us"),
    "e": pl.Datetime("us"),
}
DTYPES = {"number": pl.Float64, "category": pl.String, "flag": pl.String, "date": pl.Datetime("us")}


def bits(found):
    return struct.pack("<d", found) if isinstance(found, float) else found


@given(root=TREES, rows=ROWS, learn=ROWS)
def test_a_frame_and_a_single_lead_give_the_same_bits(root, rows, learn):
    expression = Expression(root)
    fitted = Fitted.from_json(fit(expression, pl.DataFrame(learn * 20, schema=SCHEMA)).to_json())
    frame = pl.DataFrame(rows, schema=SCHEMA)
    column = frame.with_columns(to_polars(expression, fitted).alias("feature"))["feature"]
    assert [bits(one) for one in column] == [bits(evaluate(expression, row, fitted)) for row in rows]
    if expression.columns():
        assert column.dtype == DTYPES[check(expression, FRAME_KINDS)]


@given(TREES)
def test_the_canonical_text_gives_the_tree_back(root):
    expression = Expression(root)
    assert parse(str(expression)) == expression
    assert Expression.from_json(expression.to_json()) == expression
    assert parse(str(expression)).columns() == expression.columns()
