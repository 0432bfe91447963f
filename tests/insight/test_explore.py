"""The report on leads before anything is learnt."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadlight.data.config import ColumnConfig
from leadlight.data.schema import Column
from leadlight.insight.explore import explore
from leadlight.insight.explore.counts import by_bin, grouping
from leadlight.insight.explore.leads import ExploredLeads
from leadlight.insight.page import Figure, ReportPage, written
from leadlight.insight.wording import percent
from leadlight.training import inspection
from leadlight.training.options import Options
from tests.insight import pages


def figure(page: ReportPage, start: str) -> Figure:
    return next(each for each in page.figures if each.title.startswith(start))


def test_every_section_is_there() -> None:
    assert [section.name for section in pages.exploring().sections] == [
        "findings",
        "telling",
        "time",
        "columns",
        "together",
        "missing",
        "repeated",
    ]


def test_the_sentence_of_a_column_holds_what_can_be_counted() -> None:
    leads = pages.leads()
    won = leads.filter(pl.col("Stage").is_in(["Won", "Lost"])).with_columns(won=pl.col("Stage") == "Won")
    referred = won.filter(pl.col("Lead Source").str.to_lowercase() == "referral")
    said = figure(pages.exploring(), "“Lead Source”").title
    assert f"{percent(referred['won'].mean())} of the {referred.height} leads with “Referral”" in said
    assert f"all leads {percent(won['won'].mean())}" in said


def test_what_the_summary_says_adds_up() -> None:
    said = " ".join(pages.exploring().summary)
    leads = pages.leads()
    decided = leads.filter(pl.col("Stage").is_in(["Won", "Lost"])).height
    assert f"{leads.height:,} rows = {decided:,} decided + {leads.height - decided:,} open" in said


def test_nothing_that_few_leads_have_and_nobody_is_named() -> None:
    """The rule of twenty, and no values of columns that name leads or people."""
    text = pages.Read.of(pages.explored()).text
    leads = pages.leads()
    assert pages.RARE not in text
    assert "diverse" not in text
    for name in ("Lead ID", "Name", "E-mail", "Phone"):
        values = [value for value in leads[name].drop_nulls().unique().to_list() if len(value) > 5]
        assert not [value for value in values if value in text], name


def test_findings_stand_with_their_next_step() -> None:
    text = pages.Read.of(pages.explored()).text
    found = inspection.inspect(pages.leads(), Options(**pages.OPTIONS)).findings
    assert all(finding.message[:60] in text for finding in found)
    assert all(finding.next_step[:60] in text for finding in found)


def test_a_leak_is_named_as_the_strongest_and_as_left_out() -> None:
    said = next(each for each in pages.exploring().figures if each.name == "strengths").title
    assert said.startswith("“Call Result” alone tells won from lost best")
    assert "but is left out" in said


def test_without_an_outcome_the_columns_are_shown_all_the_same() -> None:
    frame = pages.leads().drop("Stage", "Call Result")
    found = inspection.inspect(frame, Options())
    page = explore(frame, found)
    pages.check_page(written(page))
    assert found.problem is not None
    assert any("stands in the way" in sentence for sentence in page.summary)
    assert {"columns", "together", "missing"} <= {section.name for section in page.sections}
    assert not any("convert" in each.title for each in page.figures)


@pytest.mark.parametrize("rows", [1, 19, 60])
def test_few_leads_make_a_short_page(rows: int) -> None:
    frame = pages.leads().head(rows)
    page = explore(frame, inspection.inspect(frame, Options(**pages.OPTIONS)))
    pages.check_page(written(page))


def test_many_leads_are_thinned() -> None:
    rows = 410_000
    frame = pl.DataFrame({"x": np.arange(rows) % 50, "won": np.arange(rows) % 3 == 0})
    leads = ExploredLeads.of(frame, inspection.inspect(frame, Options(target="won", models=("bayes",))))
    assert leads.height <= 210_000
    assert leads.every == 3


def test_columns_of_every_kind() -> None:
    """Dates, texts, constants, empty columns, one value and a gap, huge and tiny numbers."""
    rows = 400
    dice = np.random.Generator(np.random.PCG64(1))
    frame = pl.DataFrame(
        {
            "won": dice.integers(0, 2, rows).astype(str),
            "born": [f"19{60 + k % 40}-0{1 + k % 9}-1{k % 9}" for k in range(rows)],
            "remark": ["some words " * (k % 7) for k in range(rows)],
            "nothing": [None] * rows,
            "one": ["same"] * rows,
            "half": [None if k % 2 else "same" for k in range(rows)],
            "huge": (10.0 ** dice.uniform(-6, 12, rows)).astype(str),
            "twice " + "x" * 60 + "1": dice.normal(size=rows).round(2).astype(str),
            "twice " + "x" * 60 + "2": dice.normal(size=rows).round(2).astype(str),
        }
    )
    page = explore(frame, inspection.inspect(frame, Options(target="won")))
    pages.check_page(written(page))


def told(frame: pl.DataFrame, **asked: object) -> str:
    options = Options(**{"target": "won", **asked})  # type: ignore[arg-type]
    return pages.check_page(written(explore(frame, inspection.inspect(frame, options)))).text


def drawn(rows: int, seed: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64((seed, rows)))


@pytest.mark.parametrize("rows", [1000, 4000])
def test_columns_of_chance_have_no_interplay(rows: int) -> None:
    """45 pairs are asked, so that one stands out a little by chance."""
    dice = drawn(rows)
    noise = {f"column {k}": [f"level {code}" for code in dice.integers(0, 6, rows)] for k in range(10)}
    assert "tell more together than apart" not in told(
        pl.DataFrame({**noise, "won": dice.integers(0, 2, rows)})
    )


def test_what_was_said_of_columns_holds_where_training_would_refuse() -> None:
    """All leads have one outcome; a column that names people is not shown all the same."""
    frame = pl.DataFrame({"won": ["yes"] * 200, "Advisor": ["Ann Smith", "Bo Li"] * 100})
    asked = {"columns": {"Advisor": ColumnConfig(role="personal")}, "positive": ("yes",)}
    assert "Ann Smith" in told(frame, positive=("yes",))
    assert "Ann Smith" not in told(frame, **asked)


def test_texts_are_told_by_their_length_and_scattered_values_as_such() -> None:
    rows = 1200
    dice = drawn(rows)
    frame = pl.DataFrame(
        {
            "won": dice.integers(0, 2, rows),
            "Company": [f"{chr(97 + k % 26) * (5 + k % 3)} & sons {k}" for k in range(rows)],
            "City": [f"town {code}" for code in dice.integers(0, 400, rows)],
        }
    )
    text = told(frame)
    assert "characters”" in text
    assert "or none that 20 leads share, so there is nothing to show: “City”" in text


def test_repeats_are_counted_over_the_same_leads() -> None:
    rows = 1000
    dice = drawn(rows)
    number = [f"{value:.6f}" for value in dice.normal(size=rows)]
    frame = pl.DataFrame({"won": dice.integers(0, 2, rows), "size": number})
    few = frame.with_columns(size=pl.Series([*number[:5], *number[:5], *number[10:]]))
    many = frame.with_columns(size=pl.Series([*number[:15], *number[:15], *number[30:]]))
    assert "the same as another one" not in told(few)
    assert "30 of 1,000 leads are the same as another one" in told(many)
    assert "15 leads told 30 times" in told(many)


def test_numbers_that_go_apart_are_not_said_to_rise_together() -> None:
    rows = 400
    dice = drawn(rows)
    age = dice.integers(20, 70, rows)
    frame = pl.DataFrame(
        {
            "won": dice.integers(0, 2, rows),
            "Age": age,
            "Born in": 2026 - age,
            "Height": dice.normal(170, 9, rows).round(1),
        }
    )
    text = told(frame)
    assert "“Born in” and “Age” go most clearly in opposite directions (Pearson -1.00" in text
    assert "goes with winning most: whether it goes with winning at all is not sure" in text


def test_neighbouring_bins_have_names_of_their_own() -> None:
    values = np.round(drawn(2000).uniform(52.5, 52.54, 2000), 5)
    labels = by_bin(values).labels
    assert len(set(labels)) == len(labels)
    assert all(label.count("52.5") for label in labels[:-1])


def test_dates_are_grouped_by_date() -> None:
    born = pl.Series("born", [f"19{60 + k % 40}-03-01" for k in range(400)])
    column = Column("born", kind="date", date_format="iso")
    labels = grouping(column, column.read(born), 4).labels
    assert labels[0].startswith("up to 19")
    assert labels[0].count("-") == 2
