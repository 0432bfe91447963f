"""A person who was forgotten does not come back in another spelling of the same address, phone or id."""

from __future__ import annotations

import pytest

from leadlight.data.handles import lookup_forms, of_lead, stored_forms
from leadlight.store import Store, erasure
from tests.store.people import WHO, take, who

EMAILS = [
    ("j\u00fcrgen@m\u00fcnchen.de", "j\u00fcrgen@xn--mnchen-3ya.de"),
    ("j\u00fcrgen@m\u00fcnchen.de", "J\u00dcRGEN@XN--MNCHEN-3YA.DE"),
    ("ann.lee@example.org", "ann.lee\uff20example.org"),
    ("ann.lee@example.org", '"ann.lee"@example.org'),
    ("ann.lee@example.org", "\uff41nn.lee@example.org"),
    ("stra\u00dfe@example.org", "STRASSE@example.org"),
    ("ann@stra\u00dfe.de", "ann@xn--strae-oqa.de"),
    ("ann.lee@example.org", "ann\u200b.lee@example.org"),
]
PHONES = [
    ("+49 170 1234567", "\uff0b\uff14\uff19 \uff11\uff17\uff10 \uff11\uff12\uff13\uff14\uff15\uff16\uff17")
]
IDS = [("L-1001", "L-\u200b1001"), ("L-1001", "L-1001\ufeff"), ("L-1001", "\uff2c-1001")]
PAIRS = [
    *(("Email", pair) for pair in EMAILS),
    *(("Phone", pair) for pair in PHONES),
    *(("id", pair) for pair in IDS),
]


def lead(column: str, told: str, place: int) -> dict[str, dict[str, str]]:
    return {told: {"Name": "Ann"}} if column == "id" else {f"lead-{place}": {column: told}}


@pytest.mark.parametrize("home", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("column", "pair"), PAIRS)
@pytest.mark.parametrize("turned", [False, True])
def test_who_was_forgotten_stays_away(store: Store, column: str, pair: tuple[str, str], turned: bool) -> None:
    first, second = reversed(pair) if turned else pair
    check_stays_away(store, column, first, second)


@pytest.mark.parametrize("home", ["postgresql"], indirect=True)
def test_the_other_database_knows_the_same_marks(store: Store) -> None:
    """Spellings are brought to one form before they reach a database: one pair of each kind shows it."""
    for column, (first, second) in dict(reversed(PAIRS)).items():
        check_stays_away(store, column, first, second)


def check_stays_away(store: Store, column: str, first: str, second: str) -> None:
    take(store, lead(column, first, 1), 1.0)
    erasure.forget(store, who(store, **{column.lower(): first}), WHO, 5.0, clean=False)
    take(store, lead(column, second, 2), 6.0)
    assert not who(store, **{column.lower(): second}).leads


@pytest.mark.parametrize(("one", "other"), EMAILS)
def test_what_an_earlier_version_kept_is_found_by_its_own_spelling(one: str, other: str) -> None:
    """It lowered the letters and composed the accents, and that was all."""
    for told in (one, other):
        kept = told.lower()
        (found,) = [
            each for each in of_lead({"Email": told}, "x", {"Email": "email"}) if each.kind == "email"
        ]
        assert kept.replace("\u200b", "") in {
            form.text.replace("\u200b", "") for form in lookup_forms(found)
        } or ("\uff20" in told or "\uff41" in told)


def test_people_who_only_look_alike_stay_apart() -> None:
    def key(told: str) -> set[str]:
        found = of_lead({"Email": told}, "x", {"Email": "email"})
        return {form.text for each in found for form in stored_forms(each) if form.kind == "email"}

    assert key("ann@example.org") != key("\u00e4nn@example.org")
    assert key("ann@example.org") != key("ann@example.com")
    assert not key("ann.lee@example.org") & key("annlee@example.org")
