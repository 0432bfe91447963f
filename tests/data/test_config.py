"""leadlight.toml: what it says, what is refused and where."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data import cells
from leadlight.data.config import (
    ColumnConfig,
    Config,
    GradesConfig,
    Inferred,
    TargetConfig,
    TrainConfig,
    applied,
    parse,
    render,
)
from leadlight.data.schema import GROUPS, KINDS, ROLES, Column
from leadlight.errors import ConfigError

WHOLE = """
[target]
column = "Stage"
positive = ["Won", 1]
negative = ["Lost"]
open = ["New", true]

[columns."Lead Source"]
role = "feature"
kind = "category"
placeholders = ["Select", "n/a"]
aliases = { "googel" = "Google", "adwords.com" = "Google" }
missing = "mode"
actionable = true
group = "source"

[columns]
"Deal = value" = { role = "value", kind = "number", decimal = ",", thousands = ".", missing = 0 }
Created = { role = "time", kind = "date", date_format = "dmy" }

[features]
time_x_visits = '"Total Time" * Visits'
"from google" = "[Lead Source] = 'Google'"

[grades]
names = ["high", "medium", "low"]
cuts = { medium = 0.4, high = 0.7 }

[train]
folds = 10
test = 0.25
models = ["glassbox", "logistic"]
seed = 7
metric = "auc"
drop = ["Tags"]
keep = ["Lead Profile"]
"""


def test_everything_that_can_be_said():
    assert parse(WHOLE) == Config(
        target=TargetConfig("Stage", ("Won", "1"), ("Lost",), ("New", "true")),
        columns={
            "Lead Source": ColumnConfig(
                role="feature",
                kind="category",
                placeholders=("Select", "n/a"),
                aliases={"googel": "Google", "adwords.com": "Google"},
                missing="mode",
                actionable=True,
                group="source",
            ),
            "Deal = value": ColumnConfig(
                role="value", kind="number", decimal=",", thousands=".", missing=0.0
            ),
            "Created": ColumnConfig(role="time", kind="date", date_format="dmy"),
        },
        features={"time_x_visits": '"Total Time" * Visits', "from google": "[Lead Source] = 'Google'"},
        grades=GradesConfig(names=("high", "medium", "low"), cuts={"high": 0.7, "medium": 0.4}),
        train=TrainConfig(
            folds=10,
            test=0.25,
            models=("glassbox", "logistic"),
            seed=7,
            metric="auc",
            drop=("Tags",),
            keep=("Lead Profile",),
        ),
    )


def test_the_cuts_are_in_the_order_of_the_grades():
    assert list(parse(WHOLE).grades.cuts) == ["high", "medium"]


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "\ufeff", "[target]\n", "[columns.A]\n"])
def test_little_is_enough(text):
    assert parse(text) == Config(columns={"A": ColumnConfig()} if "A" in text else {})


def test_one_policy_of_each_kind():
    for line in (
        "capacity = 200\nper = 'week'\narrivals = 500",
        "precision = 0.8",
        "call_cost = 2\ndeal_value = 90",
    ):
        assert parse(f"[grades]\n{line}").grades != GradesConfig()
    assert parse("[grades]\nmeet = true").grades.meet is True
    assert parse("[grades]\nmeet = false\nprecision = 0.8").grades.precision == 0.8


def test_the_column_of_a_role():
    config = parse(WHOLE)
    assert [config.name_of(role) for role in ("target", "time", "value", "id")] == [
        "Stage",
        "Created",
        "Deal = value",
        None,
    ]


HOSTILE = [
    # unknown keys, with the nearest
    ("[tagret]\ncolumn = 'A'", 1, "no setting 'tagret'", "'target'"),
    ("[target]\n\ncolum = 'A'", 3, "no setting 'colum'", "'column'"),
    ("[columns.A]\nkind = 'number'\nplaceholder = []", 3, "no setting 'placeholder'", "'placeholders'"),
    ("[columns]\n'a = b' = { roll = 'id' }", 2, "no setting 'roll'", "'role'"),
    ("[train]\nzebra = 1", 2, "no setting 'zebra'", "There are: folds"),
    ("version = 1", 1, "no setting 'version'", "There are: target"),
    # wrong types
    ("target = 'Converted'", 1, "has to be a section", "[target]"),
    ("columns = 3", 1, "has to be a section", "[columns]"),
    ("[columns]\nA = 'number'", 2, "has to be a section", "[columns.'A']"),
    ("[[columns]]\nA = 1", 1, "has to be a section", None),
    ("[target]\ncolumn = 3", 2, "takes a text", None),
    ("[target]\ncolumn = ' '", 2, "takes a text", None),
    ("[target]\npositive = 'Won'", 2, "takes a list", None),
    ("[target]\npositive = [[1]]", 2, "takes a text", None),
    ("[target]\npositive = [nan]", 2, "takes a text", None),
    ("[target]\npositive = ['Won', 'Won']", 2, "nothing stands twice", None),
    ("[columns.A]\nrole = 'feeture'", 2, "one of", None),
    ("[columns.A]\nkind = ['number']", 2, "one of", None),
    ("[columns.A]\nactionable = 'yes'", 2, "true or false", None),
    ("[columns.A]\naliases = ['a']", 2, "takes a table", None),
    ("[columns.A]\naliases = { a = {} }", 2, "takes a text", None),
    ("[columns.A]\nmissing = true", 2, "takes one of", None),
    ("[columns.A]\nmissing = inf", 2, "takes one of", None),
    ("[columns.A]\ndecimal = '?'", 2, "takes one of", None),
    ("[columns.A]\ndate_format = '%d.%m.%Y'", 2, "takes one of", None),
    ("[train]\nfolds = 1e3", 2, "whole number", None),
    ("[train]\nfolds = true", 2, "whole number", None),
    ("[train]\nfolds = 1", 2, "from 2 to 50", None),
    ("[train]\nseed = -1", 2, "whole number", None),
    ("[train]\nseed = 99999999999999999999", 2, "whole number", None),
    ("[train]\ntest = 1.5", 2, "between 0 and 1", None),
    ("[train]\ntest = 1", 2, "between 0 and 1", None),
    ("[train]\ndrop = 'Tags'", 2, "takes a list", None),
    ("[grades]\nnames = ['a', 'b']", 2, "a list of 3", None),
    ("[grades]\nprecision = 80", 2, "between 0 and 1", None),
    ("[grades]\ncapacity = 0", 2, "whole number", None),
    ("[grades]\ncall_cost = nan", 2, "takes", None),
    # contradictions
    ("[target]\npositive = ['Won']\nopen = ['won ']", 2, "named twice", None),
    ("[target]\ncolumn = 'A'\n[columns.A]\nrole = 'id'", 4, "another role", None),
    ("[target]\ncolumn = 'A'\n[columns.B]\nrole = 'target'", 4, "one target column", None),
    ("[columns.A]\nrole = 'id'\n[columns.B]\nrole = 'id'", 4, "one id column", None),
    ("[columns.A]\nkind = 'category'\ndecimal = ','", 3, "does not go with", "number"),
    ("[columns.A]\nkind = 'date'\nmissing = 'median'", 3, "median", None),
    ("[columns.A]\nkind = 'flag'\nmissing = 3.5", 3, "missing number", None),
    ("[columns.A]\nthousands = '.'", 2, "One mark", None),
    ("[columns.A]\ndecimal = ','\nthousands = ','", 2, "One mark", None),
    ("[grades]\nprecision = 0.8\nmeet = true", 3, "One policy", None),
    ("[grades]\ncall_cost = 3", 1, "belong together", None),
    ("[grades]\ncapacity = 3\nper = 'week'", 1, "belong together", None),
    ("[grades]\ncuts = { warm = 0.4 }", 2, "names hot", None),
    ("[grades]\ncuts = { hot = 0.4, tepid = 0.2 }", 2, "names hot", None),
    ("[grades]\ncuts = { hot = 0.4, warm = 0.5 }", 2, "higher probability", None),
    ("[train]\ndrop = ['A']\nkeep = ['A']", 3, "both", None),
    # features
    ("[features]\na = 3", 2, "takes a text", None),
    ("[features]\nok = 'A'\nwrong = 'Total Time * 2'", 3, "found 'Time'", "quoted"),
    ("[features]\na = \"__import__('os')\"", 2, "no function", None),
    # not TOML at all
    ("[target\ncolumn = 'A'", 1, "not valid TOML", "quotes"),
    ("[target]\npositive = [yes, no]", 2, "not valid TOML", "quotes"),
    ("[target]\ncolumn = 'A'\ncolumn = 'B'", 3, "not valid TOML", None),
    ("[target]\n[target]", 2, "not valid TOML", None),
    ("a: !!python/object:os.system 'x'", 1, "not valid TOML", None),
    ("\tcolumn:\n\t\t- &a [*a]", 1, "not valid TOML", None),
    ('[target]\ncolumn = "\\ud800"', 2, "not valid TOML", None),
    ("[target]\ncolumn = 'A\x00'", 2, "not valid TOML", None),
]


@pytest.mark.parametrize(("text", "line", "message", "hint"), HOSTILE)
def test_a_refusal_names_the_line_and_the_nearest_key(text, line, message, hint):
    with pytest.raises(ConfigError) as caught:
        parse(text, "home/leadlight.toml")
    error = caught.value
    assert message in error.message
    assert error.where.startswith(f"home/leadlight.toml, line {line}")
    assert not error.where.startswith(f"home/leadlight.toml, line {line}0")
    assert hint is None or hint in error.hint


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 50_000,
        "a = " + "{a=" * 50_000,
        "[" + "a." * 20_000 + "a]",
        "[train]\nseed = " + "9" * 5_000,
        "[train]\nfolds = " + "9" * 400,
        "[grades]\narrivals = " + "9" * 400,
        "# " + "x" * 1_100_000,
        "# " + "=" * 900_000 + "\n[train]\nfold = 3",
        "[target]\ncolumn = 'A",
        "\x00",
        "<html><body>Log in</body></html>",
        '{"target": "A"}',
    ],
)
def test_a_bomb_is_refused_with_a_sentence(text):
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert caught.value.message.endswith(".")


@given(st.text(max_size=60) | st.text(alphabet="[]{}.=\"'\n\\ targecolumnspi#1,", max_size=60))
def test_any_text_is_read_or_refused(text):
    for whole in (text, "[columns.A]\n" + text, "[target]\n" + text):
        try:
            found = parse(whole).columns
        except ConfigError as error:
            found = error.message
        assert found is not None


# What is written can be read.

NAMES = st.text(max_size=12) | st.sampled_from(
    ['a.b "c"', "x = 'y'", "a\nb", "[t]", "#", "\\", "\u2028", "ünï", ""]
)
WORDS = st.text(min_size=1, max_size=8).filter(cells.trim)
COUNTS = st.integers(0, 60)


@st.composite
def inferred(draw, name):
    kind = draw(st.sampled_from(KINDS))
    aliases = draw(st.dictionaries(WORDS, WORDS, max_size=3)) if kind in ("category", "flag") else {}
    words = draw(st.lists(WORDS, max_size=3, unique=True))
    is_number = kind == "number"
    return Inferred(
        name=name,
        role=draw(st.sampled_from([role for role in ROLES if role not in ("id", "time", "target")])),
        kind=kind,
        placeholders=tuple(words),
        aliases=aliases,
        missing=draw(
            st.sampled_from([None, "mode", "level", *([0.5, 1e300, "median"] if is_number else [])])
        ),
        decimal=draw(st.sampled_from([".", ","])) if is_number else ".",
        thousands=draw(st.sampled_from(["", " "])) if is_number else "",
        date_format=draw(st.sampled_from(cells.DATE_ORDERS)) if kind == "date" else "iso",
        actionable=draw(st.booleans()),
        group=draw(st.sampled_from([None, *GROUPS])),
        note=draw(st.text(max_size=20)),
        seen={cells.clean(word): draw(COUNTS) for word in (*words, *aliases)},
    )


def said(column):
    """What the file should say of a column."""

    def seen(word):
        return column.seen.get(cells.clean(word), 0) >= 20

    words = tuple(word for word in column.placeholders if word in cells.PLACEHOLDERS or seen(word))
    return ColumnConfig(
        role=column.role,
        kind=column.kind,
        placeholders=words or None,
        aliases={spelling: level for spelling, level in column.aliases.items() if seen(spelling)},
        missing=column.missing,
        decimal=None if column.decimal == "." else column.decimal,
        thousands=column.thousands or None,
        date_format=None if column.date_format == "iso" else column.date_format,
        actionable=column.actionable or None,
        group=column.group,
    )


@st.composite
def frames(draw):
    names = draw(st.lists(NAMES, max_size=4, unique=True))
    return [draw(inferred(name)) for name in names]


@given(
    frames(), st.dictionaries(NAMES, st.sampled_from(["A * 2", "\"a\\b\" = 'x'", "[a\nb] > 1"]), max_size=2)
)
def test_what_is_written_reads_back(columns, features):
    config = parse(render(columns, features=features))
    assert config == Config(columns={column.name: said(column) for column in columns}, features=features)


@given(NAMES.filter(cells.trim), st.lists(WORDS, max_size=6, unique_by=cells.clean), st.data())
def test_the_target_reads_back_without_rare_values(name, words, data):
    seen = {cells.clean(word): data.draw(COUNTS) for word in words}
    target = TargetConfig(name, tuple(words[:2]), tuple(words[2:4]), tuple(words[4:]))
    read = parse(render([Inferred(name, "target", "category", seen=seen)], target)).target
    for key in ("positive", "negative", "open"):
        kept = tuple(word for word in getattr(target, key) if seen[cells.clean(word)] >= 20)
        assert getattr(read, key) == kept
    assert read.column == name


def test_nothing_rare_is_written():
    column = Inferred(
        "City",
        "target",
        "category",
        placeholders=("select", "secret place"),
        aliases={"rarely": "Rare", "oftn": "Often"},
        seen={"secret place": 19, "rarely": 19, "oftn": 20},
    )
    target = TargetConfig("City", positive=("hidden",), negative=("oftn",))
    text = render([column], target)
    assert "secret" not in text
    assert "arely" not in text
    assert "hidden" not in text
    assert "fewer than 20 times are not written here: 1" in text
    assert parse(text).columns["City"].aliases == {"oftn": "Often"}


def test_the_target_is_written_as_such():
    text = render([Inferred("Won", "feature", "flag")], TargetConfig("Won"))
    assert parse(text).columns["Won"].role == "target"


def test_a_note_stays_a_comment():
    text = render([Inferred("A", "feature", "number", note="two\nlines\r[train]\x00\nfolds = 3")])
    assert parse(text) == Config(columns={"A": ColumnConfig(role="feature", kind="number")})


# What is told wins over what was inferred.


def test_what_is_told_wins():
    column = Column("Source", kind="category", aliases={"googel": "google"}, labels={"google": "Google"})
    told = ColumnConfig(
        role="ignore",
        placeholders=(" Select",),
        aliases={"AdWords": "Googel", "googel": "googel"},
        group="fit",
    )
    found = applied(column, told)
    assert (found.role, found.kind, found.group) == ("ignore", "category", "fit")
    assert found.placeholders == ("", "select")
    assert found.aliases == {"adwords": "googel"}
    assert applied(column, None) == column
    assert applied(column, ColumnConfig()) == column


def test_a_spelling_goes_to_the_last_level_it_leads_to():
    column = Column("Source", aliases={"a": "b"})
    assert applied(column, ColumnConfig(aliases={"B": "C"})).aliases == {"a": "c", "b": "c"}
    assert applied(column, ColumnConfig(aliases={"b": "a"})).aliases == {}


CITY = Column("City", aliases={"sao paulo": "são paulo"}, labels={"são paulo": "São Paulo"})


@pytest.mark.parametrize(
    ("values", "column"),
    [
        (["São Paulo"] * 30 + ["Sao Paulo"] * 20 + ["N/A"] * 20, CITY),
        (["1,5", "2,5"] * 20, Column("Price", kind="number", decimal=",", thousands=".")),
        ([3, 4] * 20, Column("Visits", kind="number", group="engagement")),
        (["31/12/2024"] * 20, Column("Seen", kind="date", date_format="dmy", group="timing")),
        (["a@b.de"] * 20, Column("Mail", role="personal", kind="text")),
    ],
)
def test_writing_and_applying_changes_nothing(values, column):
    """Training with the file that inspect wrote is training without it."""
    text = render([Inferred.of(column, pl.Series(column.name, values), "some evidence")])
    assert applied(column, parse(text).columns[column.name]) == column
    assert "@" not in text
