"""Pages: sound, closed to the outside, and blind to what names and values hold."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.insight.page import Card, Cards, Figure, ReportPage, Section, Table, Words, pictures, written
from leadlight.insight.page.markup import html, text
from tests.insight import pages


def page_of(word: str) -> ReportPage:
    table = Table.of((word, "n"), [(word, "1")], caption=word)
    folded = Table(table.head, table.rows, table.right, word, folded=True)
    cards = Cards((Card("note", word, word, word),))
    blocks = (Words(word), table, folded, cards, Figure("figure-1", word, None, word, table))
    return ReportPage(word, (word,), (Section("one", word, blocks),))


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
def test_a_text_is_what_is_read_and_nothing_else(word: str) -> None:
    """Whatever a name holds, the page has the same tags, and shows the name."""
    made = html(page_of(word), lambda figure: "<svg></svg>")
    read, plain = pages.Read.of(made), pages.Read.of(html(page_of("x"), lambda figure: "<svg></svg>"))
    assert read.tags == plain.tags
    assert not read.unbalanced
    assert not read.reaches_out


@pytest.mark.parametrize("attack", pages.ATTACKS)
def test_markup_in_a_text_is_shown(attack: str) -> None:
    read = pages.Read.of(f"<p>{text(attack)}</p>")
    assert read.tags == ["p"]
    if attack.isprintable():
        assert "".join(read.words) == attack


def test_what_steers_the_reading_is_taken_out() -> None:
    assert text("a\u202eb\x00c\u2066d") == "a\ufffdb\ufffdc\ufffdd"


@pytest.mark.parametrize("place", [0, 1], ids=["inspect", "report"])
def test_hostile_names_and_values_stay_text(place: int) -> None:
    """Nothing that a column is called or a cell holds becomes markup, in the page or in its pictures."""
    page = pages.check_page(pages.attacked_pages()[place])
    assert "<script>window.hit=1</script>" in page.text
    assert page.text.count("window.hit") > 20


@pytest.mark.parametrize("made", [pages.explored, pages.reported], ids=["inspect", "report"])
def test_a_report_is_sound_and_closed(made) -> None:
    page = pages.check_page(made())
    assert page.tags.count("h1") == 1
    assert page.tags.count("svg") == page.tags.count("figure") > 20
    links = {value[1:] for tag, name, value in page.attributes if (tag, name) == ("a", "href")}
    assert links
    assert links <= set(page.ids)


@pytest.mark.parametrize("made", [pages.exploring, pages.reporting], ids=["inspect", "report"])
def test_every_picture_has_a_sentence_with_a_number_or_a_name(made) -> None:
    for figure in made().figures:
        assert figure.title.endswith("."), figure.name
        assert any(mark in figure.title for mark in "0123456789“"), figure.name
        assert "nan" not in figure.title.split()
        assert "None" not in figure.title
        assert figure.numbers is not None or figure.name in {"thresholds", "boundary", "seconds"}, figure.name


def test_figures_as_files() -> None:
    """Each figure by itself, with its sentence, as SVG and PNG."""
    page = pages.reporting()
    some = ReportPage(
        page.title, (), tuple(section for section in page.sections if section.name in ("grades", "ranking"))
    )
    found = list(pictures(some))
    assert [picture.name for picture in found] == [figure.name for figure in some.figures]
    for picture, figure in zip(found, some.figures, strict=True):
        assert picture.png.startswith(b"\x89PNG")
        root = ElementTree.fromstring(picture.svg)
        shown = " ".join("".join(root.itertext()).split())
        assert figure.title.split()[0] in shown


def test_a_page_is_the_same_every_time() -> None:
    page = pages.reporting()
    some = ReportPage(page.title, page.summary, page.sections[:1])
    assert written(some) == written(some)
