"""Declared features: read, checked, and the same for a frame and for one lead."""

import math
from datetime import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data.expressions import (
    Expression,
    Fitted,
    check,
    evaluate,
    fit,
    parse,
    parse_feature,
    to_polars,
)
from leadlight.errors import ExpressionError

KINDS = {
    "TotalVisits": "number",
    "Total Time Spent on Website": "number",
    "Lead Source": "category",
    "Do Not Call": "flag",
    "Created": "date",
    "Called": "date",
    "Notes": "text",
}
LEAD = {
    "TotalVisits": 4.0,
    "Total Time Spent on Website": 250.0,
    "Lead Source": "google",
    "Do Not Call": "no",
    "Created": datetime(2024, 1, 1),
    "Called": datetime(2024, 1, 3, 12),
    "Notes": "Hello",
}


def value(text, **changes):
    return evaluate(parse(text), LEAD | changes)


def refusal(text):
    with pytest.raises(ExpressionError) as caught:
        check(parse(text), KINDS)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Total Time Spent on Website" * TotalVisits', 1000.0),
        ("[Total Time Spent on Website] / TotalVisits - 2.5", 60.0),
        ("1 + 2 * TotalVisits", 9.0),
        ("(1 + 2) * TotalVisits", 12.0),
        ("10 - TotalVisits - 3", 3.0),
        ("-TotalVisits - -3", -1.0),
        ("1e3 * .5 * TotalVisits", 2000.0),
        ("abs(3 - TotalVisits * 2)", 5.0),
        ("min(TotalVisits, 9, 7) + max(TotalVisits, 5)", 9.0),
        ("log(TotalVisits)", math.log(4)),
        ("days_between(Created, Called)", 2.5),
        ("days_between(date('2023-12-31'), Created)", 1.0),
        ("TotalVisits > 3 and [Lead Source] = 'Google '", "yes"),
        ("TotalVisits == 3 or [Lead Source] <> 'google'", "no"),
        ("NOT [Lead Source] IN ('Bing', 'GOOGLE')", "no"),
        ("[Lead Source] not in ('Bing')", "yes"),
        ("TotalVisits in (4, -1)", "yes"),
        ("not TotalVisits = 4 or TotalVisits = 4", "yes"),
        ("if(TotalVisits >= 4, 'Many', 'Few')", "many"),
        ("Created < date('2024-01-01T00:00:01')", "yes"),
    ],
)
def test_an_expression_gives_what_it_says(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TotalVisits + 1", None),
        ("TotalVisits > 1", None),
        ("missing(TotalVisits)", "yes"),
        ("missing(TotalVisits + 1)", "yes"),
        ("if(TotalVisits > 1, 1, 0)", 0.0),
        ("min(TotalVisits, 3)", 3.0),
        ("TotalVisits > 1 and [Lead Source] = 'bing'", "no"),
        ("TotalVisits > 1 and [Lead Source] = 'google'", None),
        ("TotalVisits > 1 or [Lead Source] = 'google'", "yes"),
        ("TotalVisits > 1 or [Lead Source] = 'bing'", None),
        ("not TotalVisits > 1", None),
        ("TotalVisits in (1, 2)", None),
    ],
)
def test_missing_goes_through_and_stops_where_the_answer_does_not_depend_on_it(text, expected):
    assert value(text, TotalVisits=None) == expected


def test_results_that_are_not_finite_are_missing():
    for text in ("1 / TotalVisits", "TotalVisits / TotalVisits", "log(TotalVisits)", "log(TotalVisits - 1)"):
        assert value(text, TotalVisits=0.0) is None
    assert value("TotalVisits * 1e308 * 10") is None


def test_an_absent_column_is_missing_and_an_integer_is_a_number():
    assert evaluate(parse("TotalVisits + 1"), {}) is None
    assert evaluate(parse("TotalVisits / 3"), {"TotalVisits": 1}) == 1 / 3


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("[Total Time Spent on Website]*TotalVisits", '"Total Time Spent on Website" * TotalVisits'),
        ("((a-b)-c)-(d-e)", "a - b - c - (d - e)"),
        ("(a or b) and not (c and d)", "(a or b) and not (c and d)"),
        ("a NOT IN ('It''s', 'B')", "not a in ('it''s', 'b')"),
        ('"say ""hi""" == \'x\'', '"say ""hi""" = \'x\''),
        ('"in" + "and" + größe', '"in" + "and" + größe'),
        ("IF(Missing(a), - 2, --a)", "if(missing(a), -2, --a)"),
        ("mean(a, BY b)", "mean(a, by b)"),
        ("date('2024/1/31')", "date('2024-01-31T00:00:00')"),
    ],
)
def test_the_canonical_text(text, canonical):
    assert str(parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", 1, "found the end"),
        ("TotalVisits +", 14, "found the end"),
        ("Total Time * 2", 7, "found 'Time'"),
        ("TotalVisit * 2", 1, "no column 'TotalVisit'"),
        ("1 + maen(TotalVisits, by [Lead Source])", 5, "no function 'maen'"),
        ("min(TotalVisits)", 1, "min is given 1 value"),
        ("abs()", 1, "abs is given 0 values"),
        ("abs(TotalVisits", 16, "Expected ')'"),
        ("mean(TotalVisits, [Lead Source])", 19, "Expected 'by'"),
        ("mean(TotalVisits, by 'a')", 22, "has to use a column"),
        ("1 < TotalVisits < 3", 17, "cannot be chained"),
        ("TotalVisits in (Created)", 17, "holds texts, numbers and dates only"),
        ("TotalVisits in 3", 16, "Expected '('"),
        ("TotalVisits not 3", 17, "Expected 'in'"),
        ("date('03/04/2024') < Created", 6, "Expected a date"),
        ("TotalVisits * 1e999", 15, "too large"),
        ("TotalVisits # 2", 13, "has no meaning"),
        ("`Lead Source`", 1, "backticks"),
        ("[Lead Source] = 'google", 17, "never closed"),
        ("[Lead Source] = ' '", 17, "blanks are missing"),
        ("'a' + 1", 1, "'a' is a text"),
        ("TotalVisits + [Lead Source]", 15, "is a text"),
        ("TotalVisits = '4'", 15, "needs a number"),
        ("[Lead Source] = 4", 17, "needs a text"),
        ("[Lead Source] < 'a'", 1, "needs a number or a date"),
        ("Created > '2024-01-01'", 11, "needs a date"),
        ("Created - Called", 1, "needs a number"),
        ("if([Do Not Call], 1, 0)", 4, "needs true or false"),
        ("if(TotalVisits > 1, 1, 'one')", 24, "needs a number"),
        ("TotalVisits + (TotalVisits > 3)", 28, "is true or false"),
        ("Notes = 'hello'", 1, "is free text"),
        ("Notes", 1, "Free text"),
        ("mean([Lead Source], by TotalVisits)", 6, "needs a number"),
        ("[Lead Source] in ('a', 3)", 24, "needs a text"),
        ("1 + 1", 1, "has to use a column"),
        ("x = __import__('os')", 5, "no function"),
        ("TotalVisits.real", 12, "has no meaning"),
    ],
)
def test_a_refusal_says_what_and_where(text, place, message):
    error = refusal(text)
    assert message in error.message
    assert error.where is None or error.where.startswith(f"character {place} of")


def test_a_refusal_says_what_to_write():
    assert refusal("totalvisits + 1").hint == "Did you mean TotalVisits?"
    assert refusal("[lead sorce] = 'a'").hint == 'Did you mean "Lead Source"?'
    assert "mean" in refusal("maen(TotalVisits)").hint
    assert "quoted" in refusal("Lead Source = 'a'").hint
    assert "date('2024-01-31')" in refusal("Created > '2024-01-01'").hint
    assert "days_between" in refusal("Called - Created").hint


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("TotalVisits * 2", "number"),
        ("TotalVisits > 2", "flag"),
        ("missing(Notes)", "flag"),
        ("if(missing(Created), 'a', [Lead Source])", "category"),
        ("min(Created, Called)", "date"),
        ("mean(TotalVisits, by [Do Not Call])", "number"),
    ],
)
def test_the_kind_of_a_feature(text, kind):
    assert check(parse(text), KINDS) == kind


def test_a_feature_is_a_name_and_an_expression():
    name, expression = parse_feature("\"time x visits\" = [Total Time] = 'a'")
    assert name == "time x visits"
    assert str(expression) == "\"Total Time\" = 'a'"
    assert expression.columns() == {"Total Time"}
    for text in ("", "a", "a + 1", "a == 1", "1 = a", "time x visits = 1", "a ="):
        with pytest.raises(ExpressionError):
            parse_feature(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "a" + ")" * 4000,
        "-(" * 3000 + "a" + ")" * 3000,
        "not " * 2000 + "a",
        "+".join(["a"] * 2000),
        "abs(" * 1500 + "a" + ")" * 1500,
        "a" * 20_000,
    ],
)
def test_what_is_too_deep_or_too_long_is_refused(text):
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize(
    "text", ["abs(" * 95 + "a" + ")" * 95, "+".join(["a"] * 100), "-(" * 45 + "a" + ")" * 45]
)
def test_what_is_just_allowed_works(text):
    expression = parse(text)
    frame = pl.DataFrame({"a": [1.5, None]})
    assert parse(str(expression)) == expression
    assert check(expression, {"a": "number"}) == "number"
    assert frame.select(x=to_polars(expression))["x"].to_list() == [evaluate(expression, {"a": 1.5}), None]


@pytest.mark.parametrize("data", [None, 3, ["a"], {"text": "a"}, "a +", "(" * 500])
def test_a_damaged_expression_is_refused(data):
    with pytest.raises(ExpressionError):
        Expression.from_json(data)


def test_texts_are_brought_to_the_levels_of_a_column():
    expression = parse(
        "[Do Not Call] = 'TRUE' or 'Googel' = [Lead Source] or [Lead Source] in ('googel', 'bing')"
    )
    spelt = expression.respelt({"Do Not Call": {"true": "yes"}, "Lead Source": {"googel": "google"}})
    assert str(spelt) == (
        "\"Do Not Call\" = 'yes' or 'google' = \"Lead Source\" or \"Lead Source\" in ('google', 'bing')"
    )


def test_the_mean_by_level_is_shrunk_and_rare_levels_take_the_mean_of_all():
    frame = pl.DataFrame(
        {
            "x": [1.0] * 60 + [3.0] * 20 + [100.0] * 19 + [None] * 30 + [5.0] * 20,
            "by level": ["a"] * 60 + ["b"] * 20 + ["c"] * 19 + ["b"] * 30 + [None] * 20,
        }
    )
    expression = parse('mean(x, by "by level")')
    fitted = fit(expression, frame)
    overall = (60 + 60 + 1900 + 100) / 119
    expected = {
        "a": 0.75 * 1 + 0.25 * overall,
        "b": 0.5 * 3 + 0.5 * overall,
        "c": overall,
        "unseen": overall,
        None: 0.5 * 5 + 0.5 * overall,
    }
    for level, mean in expected.items():
        assert evaluate(expression, {"x": None, "by level": level}, fitted) == pytest.approx(mean, rel=1e-15)
    assert "c" not in str(fitted.to_json()[0]["levels"])
    assert fit(expression, frame.reverse()).to_json() == fitted.to_json()
    assert Fitted.from_json(fitted.to_json()) == fitted


def test_too_few_rows_give_no_mean_at_all():
    expression = parse("mean(x, by y)")
    fitted = fit(expression, pl.DataFrame({"x": [1.0] * 19 + [None] * 50, "y": ["a"] * 69}))
    assert evaluate(expression, {"x": 1.0, "y": "a"}, fitted) is None
    frame = pl.DataFrame({"x": [1.0], "y": ["a"]})
    assert frame.select(m=to_polars(expression, fitted))["m"].to_list() == [None]


def test_a_mean_that_was_not_fitted_is_refused():
    with pytest.raises(ExpressionError, match="not been fitted"):
        evaluate(parse("mean(x, by y)"), {"x": 1.0, "y": "a"})


@pytest.mark.parametrize(
    "change",
    [
        {"mean": "x + 1"},
        {"mean": "mean("},
        {"overall": math.nan},
        {"overall": True},
        {"overall": 10**400},
        {"mean": 3},
        {"mean": "a"},
        {"levels": [["a", math.inf]]},
        {"levels": [["a", "b"]]},
        {"levels": [[1, 2.0]]},
        {"levels": [[["a"], 2.0]]},
        {"levels": 3},
    ],
)
def test_damaged_means_are_refused(change):
    item = {"mean": "mean(x, by y)", "overall": 1.0, "levels": [["a", 2.0]]}
    assert Fitted.from_json([item]).to_json() == [item]
    with pytest.raises(ExpressionError):
        Fitted.from_json([item | change])


@given(st.text(alphabet=st.sampled_from("ab1.'\"[]()+-*/=<>!, einotx`\n\x00é"), max_size=40))
def test_any_text_is_read_or_refused_with_a_sentence(text):
    try:
        found = check(parse(text), {"a": "number", "b": "category"})
    except ExpressionError as error:
        found = error.message
    assert found.endswith(".") or found in ("number", "category", "flag")
