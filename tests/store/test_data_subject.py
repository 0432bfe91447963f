"""Who a person is, and what it means that they objected."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from leadlight.data.sample import generate
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.model.bundle import Bundle
from leadlight.store import (
    Home,
    Store,
    backup,
    data_subject,
    erasure,
    handle_keys,
    intake,
    leads,
    open_store,
    restore,
    rights_file,
    rights_log,
    scores,
    upkeep,
)
from leadlight.store.tables import rights as log
from leadlight.store.tables import tombstones
from tests.store.people import WHO, asked, ids, take, who

ANN = {
    "1": {"Email": "Ann@Example.com", "Mobile": "+44 7700 900123"},
    "2": {"Work e-mail": "ann@example.com"},
    "3": {"Phone": "07700 900123"},
    "4": {"Email": "husband@example.com", "Phone": "07700900123"},
    "5": {"Email": "bob@example.com"},
}


@pytest.mark.parametrize(
    ("named", "own", "related"),
    [
        ({"id": "1"}, ["1", "2", "3"], ["4"]),
        ({"id": "2"}, ["1", "2", "3"], ["4"]),
        ({"id": "3"}, ["1", "3", "4"], ["2"]),
        ({"email": " ANN@example.com "}, ["1", "2", "3"], ["4"]),
        ({"phone": "0044 7700 900 123"}, ["1", "2", "3", "4"], []),
        ({"phone": "7700900123"}, ["1", "2", "3", "4"], []),
        ({"id": "1", "email": "husband@example.com"}, ["1", "2", "3", "4"], []),
        ({"email": "bob@example.com"}, ["5"], []),
        ({"id": "9"}, [], []),
    ],
    ids=str,
)
def test_all_leads_of_a_person(
    store: Store, named: dict[str, str], own: list[str], related: list[str]
) -> None:
    """By any of their handles; a phone alone joins no two who have different e-mails."""
    take(store, ANN)
    found = who(store, **named)
    assert (ids(found.leads), ids(found.related)) == (own, related)


def test_a_shared_phone_bars_nobody_else(store: Store) -> None:
    """Who shares a phone with somebody who was erased may come in again."""
    take(store, ANN)
    erasure.forget(store, who(store, email="ann@example.com"), WHO, 2.0)
    assert take(store, ANN, 3.0).forgotten == 3
    assert take(store, {"4": ANN["4"] | {"City": "York"}}, 3.0).changed == 1


@pytest.mark.parametrize("cell", ["bob@x.org; ANN@y.org", "bob@x.org,ann@y.org", "bob@x.org\nAnn@y.org"])
def test_each_address_in_a_cell_is_barred(store: Store, cell: str) -> None:
    """Of the lead that is erased, and of those that come later."""
    take(store, {"1": {"Email": cell}, "2": {"Email": "ann@y.org"}, "3": {"Email": "somebody@x.org"}})
    assert ids(who(store, email="ann@y.org").leads) == ["1", "2"]
    erasure.forget(store, who(store, id="1"), WHO, 2.0)
    later = {"7": {"Email": "ann@y.org"}, "8": {"Email": "new@y.org bob@x.org"}, "9": {"Email": "b@x.org"}}
    assert take(store, later, 3.0).forgotten == 2
    assert ids(who(store, id="9").leads) == ["9"]


def test_an_objection_by_a_phone_is_taken_back_by_its_other_spelling(store: Store) -> None:
    """Of a lead that is here, and of somebody who was forgotten."""
    abroad, at_home = "+44 7700 900123", "07700 900123"
    data_subject.suppress(store, who(store, phone=abroad), WHO, "asked", 1.0)
    take(store, {"1": {"Phone": at_home}}, 2.0)
    data_subject.allow(store, who(store, id="1"), WHO, 3.0)
    assert [lead.suppressed for lead in who(store, id="1").leads] == [False]
    erasure.forget(store, who(store, phone=abroad), WHO, 4.0)
    data_subject.allow(store, who(store, id="1", phone=at_home), WHO, 5.0)
    assert take(store, {"1": {"Phone": at_home}}, 6.0).new == 1


def test_what_was_named_and_is_in_no_lead_is_told(store: Store) -> None:
    take(store, ANN)
    found = who(store, id="1", email="nobody@example.com", phone="07700 900123")
    assert [each.text for each in found.strangers] == ["nobody@example.com"]


def test_an_address_from_before_leads_to_the_lead_and_bars_nobody(store: Store) -> None:
    """It may have been another person's, typed by mistake; who is asked can name it."""
    take(store, {"1": {"Email": "bob@x.org", "Phone": "07700 900123"}, "2": {"Email": "cara@x.org"}})
    take(store, {"1": {"Email": "ann@y.org"}}, 2.0)
    found = who(store, email="bob@x.org")
    assert (ids(found.leads), ids(found.related)) == ([], ["1"])
    take(store, {"3": {"Email": "bob@x.org"}}, 3.0)
    assert [ids(each) for each in (who(store, id="3").leads, who(store, id="3").related)] == [["3"], ["1"]]
    assert [ids(each) for each in (who(store, id="1").leads, who(store, id="1").related)] == [["1"], ["3"]]
    assert who(store, id="1").mails_before == 1
    assert who(store, id="1", email="bob@x.org").mails_before == 0
    erasure.forget(store, who(store, id="1"), WHO, 4.0)
    assert take(store, {"4": {"Email": "bob@x.org"}, "5": {"Email": "ann@y.org"}}, 5.0).forgotten == 1
    assert ids(who(store, email="bob@x.org").related) == []
    erasure.forget(store, who(store, id="2", email="former@x.org"), WHO, 6.0)
    assert take(store, {"6": {"Email": "former@x.org"}}, 7.0).forgotten == 1


def test_an_address_that_goes_and_comes_back_is_the_leads_own(store: Store) -> None:
    for turn in range(6):
        take(store, {"1": {"Email": ("bob@x.org", "ann@y.org")[turn % 2], "Turn": turn}}, float(turn))
    found = who(store, email="ann@y.org")
    assert (ids(found.leads), ids(found.related), found.mails_before) == (["1"], [], 1)
    take(store, {"1": {"Turn": 9}}, 9.0)
    assert ids(who(store, email="ann@y.org").leads) == ["1"]
    data_subject.suppress(store, who(store, email="ann@y.org"), WHO, "asked", 10.0)
    assert take(store, {"2": {"Email": "bob@x.org"}, "3": {"Email": "ann@y.org"}}, 11.0).suppressed == 1


def scored(store: Store) -> set[str]:
    """The ids of leads with a score that counts."""
    with store.reading() as connection:
        found = [lead for page in leads.pages(connection) for lead in page]
        return {lead.id for lead in found if scores.latest(connection, lead.number) is not None}


def test_who_objects_is_scored_no_more(store: Store, bundle: Bundle) -> None:
    raw = generate(50, 5).leads
    name = raw.columns[0]
    promote_bundle(store, bundle, 1.0, WHO)
    take_leads(store, raw, name, "test", 2.0)
    score_waiting(store, 3.0)
    first = str(raw[name][0])
    assert data_subject.suppress(store, who(store, id=first), WHO, "asked", 4.0) == 1
    assert scored(store) == set(raw[name]) - {first}
    score_waiting(store, 5.0, everything=True)
    assert first not in scored(store)
    assert data_subject.allow(store, who(store, id=first), WHO, 6.0)[0] > 0
    assert score_waiting(store, 7.0).looked_at == 1
    assert first in scored(store)


def test_an_objection_of_somebody_unknown_waits_for_them(store: Store, bundle: Bundle) -> None:
    promote_bundle(store, bundle, 1.0, WHO)
    data_subject.suppress(store, who(store, email="ann@example.com"), WHO, "asked", 1.0)
    assert take(store, ANN, 2.0).suppressed == 2
    score_waiting(store, 3.0)
    assert scored(store) == {"3", "4", "5"}


def test_a_lead_that_turns_out_to_be_of_an_objector_loses_its_score(store: Store, bundle: Bundle) -> None:
    promote_bundle(store, bundle, 1.0, WHO)
    data_subject.suppress(store, who(store, email="ann@example.com"), WHO, "asked", 1.0)
    take(store, {"7": {"Visits": 3}})
    score_waiting(store, 2.0)
    assert scored(store) == {"7"}
    take(store, {"7": {"Email": "ann@example.com"}}, 3.0)
    assert scored(store) == set()
    score_waiting(store, 4.0)
    assert scored(store) == set()


def test_of_many_objectors_none_is_scored(store: Store, bundle: Bundle, count: Callable[[int], int]) -> None:
    """Through import, scoring anew, scoring all, and a look-up of leads that are not stored."""
    raw = generate(max(200, 2 * count(10_000)), 6).leads
    name = raw.columns[0]
    promote_bundle(store, bundle, 1.0, WHO)
    barred = [str(each) for each in raw[name][::2]]
    with store.reading() as connection:
        found = data_subject.find(store, connection, [each for one in barred for each in asked(id=one)])
    data_subject.suppress(store, found, WHO, "asked", 1.0)
    take_leads(store, raw, name, "test", 2.0)
    score_waiting(store, 3.0)
    score_waiting(store, 4.0, everything=True)
    assert scored(store).isdisjoint(barred)
    assert len(scored(store)) == raw.height - len(barred)
    with store.reading() as connection:
        told = handle_keys.are_barred(store, connection, raw[name].to_list(), intake.records_of(raw))
    assert [each for each, hidden in zip(raw[name], told, strict=True) if hidden] == barred


def test_what_was_asked_for_is_in_the_second_file(store: Store) -> None:
    take(store, ANN)
    data_subject.suppress(store, who(store, id="5"), WHO, "asked", 2.0)
    erasure.forget(store, who(store, id="1"), WHO, 3.0)
    noted = rights_file.read_standing(store.home)
    assert {line.reason for line in noted.objected.values()} == {"asked"}
    assert len(noted.objected) == 2
    assert {kind for kind, _ in noted.forgotten} == {"id", "email"}
    assert all(check.passed for check in upkeep.checks(store))


def test_a_database_that_lacks_what_was_noted_is_told(store: Store) -> None:
    rights_file.append(store.home, rights_file.FORGOTTEN, [("id", b"0" * 16)], 1.0)
    assert [check.name for check in upkeep.checks(store) if not check.passed] == ["rights"]


def test_a_database_that_was_put_back_by_other_means_is_repaired(store: Store) -> None:
    """As after pg_dump or a copy of the file."""
    take(store, ANN)
    person = who(store, id="5")
    keys = list(person.keys)
    rights_file.append(store.home, rights_file.FORGOTTEN, keys[:1], 2.0)
    rights_file.append(store.home, rights_file.OBJECTED, who(store, id="2").keys, 2.0, "asked")
    found = restore.repair(store, WHO, 3.0)
    assert found is not None
    assert (found.erased.leads, found.held) == (1, 3)
    assert who(store, id="5").leads == ()
    assert all(check.passed for check in upkeep.checks(store))
    assert restore.repair(store, WHO, 4.0) is None


@pytest.fixture
def second(store: Store, tmp_path: Path) -> Iterator[Store]:
    """Another machine on the same database: its key is the same, its second file its own."""
    folder = tmp_path / "second"
    folder.mkdir()
    shutil.copy(store.home.folder / "secret.key", folder)
    opened = open_store(Home(folder, store.home.url))
    yield opened
    opened.close()


def sound(*stores: Store) -> bool:
    return all(check.passed for store in stores for check in upkeep.checks(store))


def test_who_was_allowed_again_on_another_machine_stays(store: Store, second: Store, tmp_path: Path) -> None:
    """Though its clock is behind, neither a repair nor a restore goes by the older act in a file."""
    take(store, ANN)
    erasure.forget(store, who(store, id="5"), WHO, 5.0)
    data_subject.suppress(store, who(store, id="2"), WHO, "asked", 6.0)
    data_subject.allow(second, who(second, id="5", email="bob@example.com"), WHO, 3.0)
    data_subject.allow(second, who(second, id="2"), WHO, 4.0)
    take(second, {"5": ANN["5"]}, 7.0)
    assert sound(store, second)
    assert restore.repair(store, WHO, 8.0) is None
    backup.write(store, tmp_path / "saved.db", WHO, 9.0)
    found = restore.restore(store.home, tmp_path / "saved.db", WHO, 10.0)
    assert (found.applied.erased.leads, found.applied.held) == (0, 0)
    assert ids(who(store, id="5").leads) == ["5"]
    assert sound(store, second)


def test_who_was_forgotten_again_on_another_machine_stays_out(
    store: Store, second: Store, tmp_path: Path
) -> None:
    take(store, ANN)
    backup.write(store, tmp_path / "saved.db", WHO, 1.0)
    erasure.forget(store, who(store, id="5"), WHO, 5.0)
    data_subject.allow(store, who(store, id="5", email="bob@example.com"), WHO, 6.0)
    take(store, {"5": ANN["5"]}, 7.0)
    erasure.forget(second, who(second, id="5"), WHO, 4.0)
    assert restore.restore(store.home, tmp_path / "saved.db", WHO, 8.0).applied.erased.leads == 1
    assert take(store, {"5": ANN["5"]}, 9.0).forgotten == 1
    assert sound(store, second)


def test_machines_that_repair_one_after_the_other_come_to_the_last_act(store: Store, second: Store) -> None:
    """After a database was put back that is older than what both files tell."""
    take(store, ANN)
    erasure.forget(store, who(store, id="5"), WHO, 5.0)
    data_subject.suppress(store, who(store, id="2"), WHO, "asked", 6.0)
    data_subject.allow(second, who(second, id="5", email="bob@example.com"), WHO, 7.0)
    with store.writing() as connection:
        for table in (log, tombstones):
            connection.execute(delete(table))
    assert [sound(each) for each in (store, second)] == [False, True]
    assert restore.repair(store, WHO, 8.0) is not None
    assert take(store, {"5": ANN["5"]}, 9.0).forgotten == 1
    assert [sound(each) for each in (store, second)] == [True, False]
    assert restore.repair(second, WHO, 10.0) is not None
    assert take(store, {"5": ANN["5"]}, 11.0).new == 1
    assert sound(store, second)


def test_each_act_is_later_than_the_one_before(store: Store) -> None:
    """However the clocks go, so that the order of times is the order of acts."""
    for at in (5.0, 5.0, 1.0):
        data_subject.suppress(store, who(store, id="9"), WHO, "asked", at)
    with store.reading() as connection:
        times = [line.at for line in rights_log.all_lines(connection)]
        assert rights_log.all_lines(connection) == rights_file.read_lines(store.home)
    assert times[0] == 5.0
    assert times == sorted(set(times))


def test_a_date_of_a_call_is_no_phone(store: Store) -> None:
    """Else who was called on one day would be one person."""
    day = {"Last Phone Call": "2026-03-31", "Phone": "31/03/2026"}
    take(store, {"1": day, "2": day, "3": day})
    assert ids(who(store, id="1").leads) == ["1"]
    erasure.forget(store, who(store, id="1"), WHO, 2.0)
    assert take(store, {"2": day | {"City": "York"}, "4": day}, 3.0) == intake.Taken(new=1, changed=1)


LINKED = {
    "phones": (
        {"a": {"Email": "a@x.org", "Phone": "0171 2345678"}, "b": {"Phone": "0171 2345678; 0171 8765432"}},
        {"c": {"Email": "c@x.org", "Phone": "0171 8765432"}},
    ),
    "e-mails": (
        {"a": {"Email": "a@x.org"}, "b": {"Email": "a@x.org; c@x.org"}},
        {"c": {"Email": "c@x.org"}},
    ),
}


@pytest.mark.parametrize("linked", LINKED)
def test_what_another_lead_has_is_not_marked(linked: str, store: Store) -> None:
    """Whoever is a step further is told of, stays, and may change and come again."""
    theirs, others = LINKED[linked]
    take(store, {**theirs, **others})
    found = who(store, id="a")
    assert (ids(found.leads), ids(found.related)) == (["a", "b"], ["c"])
    data_subject.suppress(store, found, WHO, "asked", 2.0)
    assert take(store, {"c": others["c"] | {"City": "Bath"}}, 3.0) == intake.Taken(changed=1)
    erasure.forget(store, found, WHO, 4.0)
    assert take(store, {"c": others["c"] | {"City": "York"}}, 5.0) == intake.Taken(changed=1)
    assert take(store, theirs, 6.0).forgotten == 2
    rights_file.append(store.home, rights_file.FORGOTTEN, [("id", b"0" * 16)], 7.0)
    restore.repair(store, WHO, 8.0)
    assert ids(who(store, id="c").leads) == ["c"]


def test_an_address_under_another_name_leads_to_one_lead_alone(store: Store) -> None:
    """A colleague's address, which many leads have, makes no person of them."""
    take(store, {"1": {"Contact": "ann@x.org"}, "2": {"Desk": "rep@x.org"}, "3": {"Desk": "rep@x.org"}})
    assert ids(who(store, email="ann@x.org").leads) == ["1"]
    found = who(store, id="2")
    assert (ids(found.leads), ids(found.related)) == (["2"], ["3"])
    found = who(store, email="rep@x.org")
    assert (ids(found.leads), ids(found.related)) == ([], ["2", "3"])
    erasure.forget(store, who(store, id="2"), WHO, 2.0)
    erasure.forget(store, who(store, id="1"), WHO, 2.0)
    later = {"4": {"Desk": "rep@x.org"}, "5": {"emailaddress1": "ann@x.org"}}
    assert take(store, later, 3.0) == intake.Taken(new=1, forgotten=1)


def test_an_objection_goes_on_to_a_new_address(store: Store) -> None:
    """By the database and by the second file; whoever shares the phone alone is not barred."""
    take(store, {"1": {"Email": "ann@x.org"}, "2": {"Email": "bob@x.org", "Phone": "0171 2345678"}})
    data_subject.suppress(store, who(store, id="1"), WHO, "asked", 2.0)
    changed = {"Email": "ann@new.org", "Phone": "0171 2345678"}
    take(store, {"1": changed, "3": {"Email": "ANN@new.org"}}, 3.0)
    assert [lead.suppressed for lead in who(store, email="ann@new.org").leads] == [True, True]
    later = {"4": {"Email": "ann@new.org"}, "5": {"Email": "cy@x.org", "Phone": "0171 2345678"}}
    assert take(store, later | {"2": {"City": "York"}}, 4.0).suppressed == 1
    assert {line.reason for line in rights_file.read_standing(store.home).objected.values()} == {"asked"}
    assert all(check.passed for check in upkeep.checks(store))
    data_subject.allow(store, who(store, email="ann@new.org"), WHO, 5.0)
    assert take(store, {"6": {"Email": "ann@new.org"}}, 6.0).suppressed == 0
    with store.reading() as connection:
        assert rights_log.all_lines(connection) == rights_file.read_lines(store.home)


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        ("Phone", ["+49 (0)30 1234567", "+49 30 1234567", "0049 30 1234567"]),
        ("Email", ["\u200bann@x.org", "ann@x.org"]),
    ],
)
def test_an_objection_in_one_spelling_is_taken_back_in_any(
    kind: str, spellings: list[str], store: Store
) -> None:
    for one in spellings:
        for other in spellings:
            data_subject.suppress(store, who(store, **{kind.lower(): one}), WHO, "asked", 1.0)
            data_subject.allow(store, who(store, **{kind.lower(): other}), WHO, 2.0)
            for again in spellings:
                assert take(store, {f"{one} {other} {again}": {kind: again}}, 3.0).suppressed == 0
