"""What a column is, guessed from its values: certain or left a category."""

from __future__ import annotations

import random
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data import cells, frame, infer
from leadlight.data.infer import Kind

ALPHABET = "abcdefghij"


def words(seed: int, count: int, length: int = 8) -> list[str]:
    dice = random.Random(seed)
    return ["".join(dice.choices(ALPHABET, k=length)) for _ in range(count)]


def repeated(*texts: str, times: int = 25) -> list[str]:
    return list(texts) * times


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (repeated("1", "2.5", "-3e2", ""), Kind("number")),
        (repeated("1", "2", "3", "Select"), Kind("number")),
        (repeated("1,234.5", "999", "2,000.25"), Kind("number", ".", ",")),
        (repeated("1.234,5", "999", "2,25"), Kind("number", ",", ".")),
        (repeated("1,5", "2,25", "3"), Kind("number", ",", "")),
        (repeated("1 234,5", "22,5", "3"), Kind("number", ",", " ")),
        (repeated("1'234.5", "22.5"), Kind("number", ".", "'")),
        (repeated("1\u2019234,5", "1'234,5"), Kind("number", ",", "'")),
        (repeated("1\u00a0234.5", "1\u202f234.5", "1\u2009234.5", "1 234.5"), Kind("number", ".", " ")),
        (repeated("1,234", "2,500", "17"), Kind("category")),
        (repeated("1,234", "12,345"), Kind("category")),
        (repeated("12,345"), Kind("category")),
        (repeated("007", "012", "140"), Kind("category")),
        (repeated("1", "0"), Kind("flag")),
        (repeated("Yes", "no", "Y"), Kind("flag")),
        (repeated("True", "FALSE", ""), Kind("flag")),
        (repeated("No"), Kind("flag")),
        (repeated("t", "f"), Kind("category")),
        (repeated("1", "0", "2"), Kind("number")),
        (repeated("2024-02-29", "2024-03-01T10:00:00Z"), Kind("date")),
        (repeated("13/04/2024", "03/04/2024"), Kind("date", date_format="dmy")),
        (repeated("04/13/2024", "04/03/2024"), Kind("date", date_format="mdy")),
        (repeated("2024-02-29", "2024-02-28", "13/04/2024"), Kind("date", date_format="dmy")),
        (repeated("03/04/2024", "05/06/2024"), Kind("category")),
        (repeated("03/04/05", "13/04/05"), Kind("category")),
        (repeated("2024-02-30", "0000-00-00"), Kind("category")),
        (repeated("1709164800000", "1709164800001"), Kind("number")),
        (repeated("google", "Google", "direct"), Kind("category")),
        (repeated("inf", "nan", "-inf"), Kind("category")),
        (repeated("\uff11", "\uff12", "\uff13"), Kind("category")),
        (repeated("$5", "$6", "$7"), Kind("category")),
        (repeated("5 %", "6 %"), Kind("category")),
        (words(0, 100, 30), Kind("text")),
        (repeated("", "Select", "n/a"), Kind("category")),
        ([], Kind("category")),
    ],
    ids=lambda value: value.kind if isinstance(value, Kind) else " ".join(sorted(set(value))[:4]),
)
def test_kinds(texts: list[str], kind: Kind) -> None:
    assert infer.kind_of(pl.Series(texts, dtype=pl.String)) == kind


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ({"12.500": 60, "950": 36, "1.234.567": 4}, Kind("number", ",", ".")),
        ({"12.500": 60, "950": 36, "1.234,50": 4}, Kind("number", ",", ".")),
        ({"950": 96, "1,234.50": 4}, Kind("number", ".", ",")),
        ({"12.5": 96, "1,234": 4}, Kind("number", ".", ",")),
        ({"950": 80, "1 234": 20}, Kind("number", ",", " ")),
        ({"950": 96, "1,234": 4}, Kind("number")),
        ({"950": 80, "1,234": 20}, Kind("category")),
        ({"12.500": 100}, Kind("number")),
        ({"950": 96, "call back": 4}, Kind("number")),
        ({"1 234": 94, "call back": 6}, Kind("category")),
        ({"12 34": 50, "950": 50}, Kind("category")),
    ],
    ids=str,
)
def test_the_marks_are_those_that_read_most_rows_where_they_leave_no_doubt(
    counts: dict[str, int], kind: Kind
) -> None:
    texts = [text for text, count in counts.items() for _ in range(count)]
    assert infer.kind_of(pl.Series(texts)) == kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([12.125, 0.5, "n/a"], Kind("number")),
        ([12.125, "3,5", 7], Kind("number", ",", "")),
        ([12.125, "1.234,5", "2,5"], Kind("number", ",", ".")),
        ([12.125, "a word"], Kind("category")),
        ([1, 0, "n/a"], Kind("flag")),
    ],
    ids=str,
)
def test_numbers_among_texts_fit_all_marks(values: list[Any], kind: Kind) -> None:
    raw = frame.from_records([{"x": value} for value in values * 25])
    assert infer.kind_of(raw["x"]) == kind


@pytest.mark.parametrize(
    ("series", "kind"),
    [
        (pl.Series([1, 2, 3]), "number"),
        (pl.Series([1.5, None]), "number"),
        (pl.Series([1, 0, None]), "flag"),
        (pl.Series([1.0, 0.0, None]), "flag"),
        (pl.Series([True, None]), "flag"),
        (pl.Series([date(2024, 2, 29)]), "date"),
        (pl.Series([datetime(2024, 2, 29)]).dt.replace_time_zone("UTC"), "date"),
        (pl.Series([None, None]), "category"),
        (pl.Series([[1]]), "category"),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pl.Series) else value,
)
def test_kinds_of_typed_columns(series: pl.Series, kind: str) -> None:
    assert infer.kind_of(series).kind == kind


@pytest.mark.parametrize(
    "values", [[1, 2, 300], [0.5, 1.25], [1, 0, 1], [date(2024, 2, 29), date(2023, 1, 1)], [True, False]]
)
def test_a_column_is_of_one_kind_typed_or_as_text(values: list[Any]) -> None:
    series = pl.Series(values * 20)
    assert infer.kind_of(series) == infer.kind_of(frame.as_text(series))


@pytest.mark.parametrize("strange", [4, 6])
def test_one_number_in_twenty_may_be_anything_else(strange: int) -> None:
    texts = [*map(str, range(100 - strange)), *["call back"] * strange]
    assert (infer.kind_of(pl.Series(texts)).kind == "number") is (strange <= 5)


def test_a_leading_zero_here_and_there_is_still_a_number() -> None:
    assert infer.kind_of(pl.Series([*map(str, range(1000)), "007"])).kind == "number"


@given(
    st.lists(st.sampled_from(["1", "2,5", "1,234", "a", "2024-01-01", "03/04/2024", "Yes", ""]), min_size=1)
)
def test_the_order_of_rows_does_not_matter(texts: list[str]) -> None:
    assert infer.kind_of(pl.Series(texts)) == infer.kind_of(pl.Series(sorted(texts)))


def test_spellings_that_differ_in_case_blanks_or_accents_are_one_level() -> None:
    texts = ["Zürich"] * 40 + ["zurich"] * 30 + [" ZÜRICH "] * 25 + ["Google"] * 50 + ["google"] * 21
    aliases, labels = infer.spellings(pl.Series(texts), cells.PLACEHOLDERS)
    assert aliases == {"zurich": "zürich", "zÜrich": "zürich"}
    assert labels == {"zürich": "Zürich", "google": "Google"}


def test_spellings_seen_less_than_twenty_times_are_not_learnt() -> None:
    """Not even as the way to show a level that was seen often enough in all."""
    texts = ["Zürich"] * 40 + ["zurich"] * 19 + ["Meier"] * 19 + ["ACME"] * 15 + ["acme"] * 15 + ["Acme"] * 15
    aliases, labels = infer.spellings(pl.Series(texts), cells.PLACEHOLDERS)
    assert aliases == {}
    assert labels == {"zürich": "Zürich"}


def test_merged_spellings_are_counted_under_a_name_that_is_not_rare() -> None:
    texts = ["Google"] * 50 + ["google "] * 30 + ["GOOGLE"] * 3 + ["Meier"] * 15 + ["meier"] * 10
    assert infer.merged(pl.Series(texts)) == {"Google": 33}


@given(st.permutations(["A"] * 25 + ["a"] * 25 + ["Á"] * 25 + ["b"] * 5))
def test_spellings_do_not_depend_on_the_order_of_rows(texts: list[str]) -> None:
    found = infer.spellings(pl.Series(texts), ())
    assert found == infer.spellings(pl.Series(sorted(texts)), ())
    assert found == ({"Á": "a"}, {"a": "A"})


EMAILS = [f"{word}@example.org" for word in words(1, 100)]
PHONES = [f"+49 30 {number}" for number in range(1234500, 1234600)]


@pytest.mark.parametrize(
    ("name", "texts", "role"),
    [
        ("Contact", EMAILS, "personal"),
        ("anything", EMAILS[:90] + [""] * 10, "personal"),
        ("Reach", PHONES, "personal"),
        ("Reach", [f"+48 600 {k // 1000:03} {k % 1000:03}" for k in range(123_400, 123_500)], "personal"),
        ("Phone", [str(number) for number in range(1234500, 1234600)], "personal"),
        ("Phone given", repeated("yes", "no"), "feature"),
        ("First Name", words(2, 100), "personal"),
        ("Name", words(2, 200) * 50, "personal"),
        ("Phone given", ["yes", "no"] * 500, "feature"),
        ("Campaign Name", repeated("spring", "autumn"), "feature"),
        ("Email opens", [str(k % 30) for k in range(100)], "feature"),
        ("Email Open Rate", [f"0.{k:03}" for k in range(100)], "feature"),
        ("Days Since Last Email", [str(k) for k in range(100)], "feature"),
        ("Phone Minutes", [str(k) for k in range(100)], "feature"),
        ("Phone Score", [str(k) for k in range(100)], "feature"),
        ("City Name", words(4, 120) * 10, "feature"),
        ("Industry Name", words(5, 30) * 10, "feature"),
        ("Email Domain", words(6, 90) * 3, "feature"),
        ("Home Owner Status", repeated("Own", "Rent", "Other"), "feature"),
        ("DoNotCall", repeated("Yes", "No"), "consent"),
        ("hs_email_optout", repeated("true", ""), "consent"),
        ("Do Not Call", repeated("Yes", "No", "Ask first", "Temporary"), "consent"),
        ("Do Not Call", repeated("2024-02-29", "2024-03-01", "2024-04-01", "2024-05-01"), "consent"),
        ("Do Not Call", words(4, 100), "feature"),
        ("No. Calls", [str(k % 30) for k in range(100)], "feature"),
        ("DNC", repeated("0", "1", "2"), "consent"),
        ("Do not phone", repeated("X", ""), "consent"),
        ("No Call", repeated("X", ""), "consent"),
        ("No Calls", repeated("X", ""), "consent"),
        ("Do not contact", repeated("X", ""), "consent"),
        ("Do not mail", repeated("X", ""), "consent"),
        ("Marketing Consent", repeated(*"abcdef"), "consent"),
        ("Marketing Consent", repeated(*"abcdefg"), "feature"),
        ("Consent given on", repeated("2024-02-29", "2024-03-01"), "feature"),
        ("Consent text", words(3, 100), "feature"),
        ("Lead Owner", repeated("anna", "ben"), "owner"),
        ("Gender", repeated("f", "m"), "sensitive"),
        ("Deal value", [str(k) for k in range(100)], "value"),
        ("Deal value", repeated("high", "low"), "feature"),
        ("First call", repeated("2024-02-29"), "contacted_at"),
        ("First call", repeated("good", "bad"), "feature"),
        ("Lead Source", repeated("google", "direct"), "feature"),
        ("Prices", [f"{k}.5" for k in range(100)], "feature"),
        ("Time Spent", [str(1000000 + k) for k in range(100)], "feature"),
    ],
)
def test_roles_need_the_name_and_the_values(name: str, texts: list[str], role: str) -> None:
    series = pl.Series(name, texts)
    assert infer.role_of(name, series, infer.kind_of(series)) == role


@pytest.mark.parametrize(
    ("series", "unique"),
    [
        (pl.Series(["a", "b"]), True),
        (pl.Series(["a", "a "]), False),
        (pl.Series(["a", ""]), False),
        (pl.Series(["a", "\u00a0"]), False),
        (pl.Series(["a", None]), False),
        (pl.Series([1, 2]), True),
        (pl.Series([1.0, float("nan")]), False),
        (pl.Series(["007", "7"]), True),
        (pl.Series([2**53, 2**53 + 1]), True),
    ],
)
def test_unique_is_meant_of_what_an_id_is_read_as(series: pl.Series, unique: bool) -> None:
    assert infer.is_unique(series) is unique


@given(st.permutations([f"id-{k}" for k in range(30)] + ["two words"]))
def test_opaque_is_meant_of_all_rows(texts: list[str]) -> None:
    series = pl.Series(texts)
    assert not infer.is_opaque(series, infer.kind_of(series))


@pytest.mark.parametrize(
    ("series", "opaque"),
    [
        (pl.Series([f"LEAD-{k}" for k in range(50)]), True),
        (pl.Series(range(50)), True),
        (pl.Series([float(k) for k in range(50)]), True),
        (pl.Series([k + 0.5 for k in range(50)]), False),
        (pl.Series([f"{k}.0" for k in range(50)]), True),
        (pl.Series([f"Anna Meier {k}" for k in range(50)]), False),
        (pl.Series([date(2024, 1, 1 + k) for k in range(28)]), False),
        (pl.Series(["", ""]), False),
    ],
)
def test_opaque_values_tell_rows_apart(series: pl.Series, opaque: bool) -> None:
    assert infer.is_opaque(series, infer.kind_of(series)) is opaque
    texts = frame.as_text(series)
    assert infer.is_opaque(texts, infer.kind_of(texts)) is opaque


def test_columns_of_a_frame() -> None:
    raw = pl.DataFrame(
        {
            "Lead Source": repeated("Google", "google", times=30),
            "Visits": [str(k % 7 + 2) for k in range(60)],
            "Do Not Call": repeated("Yes", "No", times=30),
            "Mail": EMAILS[:60],
        }
    )
    found = {column.name: column for column in infer.columns(raw)}
    assert [column.kind for column in found.values()] == ["category", "number", "flag", "text"]
    assert [column.role for column in found.values()] == ["feature", "feature", "consent", "personal"]
    assert found["Lead Source"].labels == {"google": "Google"}
    assert found["Lead Source"].group == "source"
    assert found["Do Not Call"].labels == {"yes": "Yes", "no": "No"}
    assert not found["Mail"].labels
    assert not found["Mail"].aliases


def test_a_flag_is_shown_by_its_most_frequent_spelling() -> None:
    texts = ["Yes"] * 100 + ["Y"] * 30 + ["no"] * 100 + ["FALSE"] * 25
    (column,) = infer.columns(pl.DataFrame({"x": texts}))
    assert [column.label(level) for level in ("yes", "no")] == ["Yes", "no"]


@pytest.mark.parametrize(
    "name", ["count", "rows", "value", "index", "literal", "id", "content", "", " ", "*", "^x"]
)
def test_any_name_will_do(name: str) -> None:
    raw = pl.DataFrame({name: repeated("Google", "google", "Zürich")})
    (column,) = infer.columns(raw)
    assert (column.name, column.labels) == (name, {"google": "Google", "zürich": "Zürich"})
    assert column.read(raw[name]).n_unique() == 2
