"""Erasing: nothing of the person is left anywhere, and nothing brings them back."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import Table, text

from leadlight.data.sample import generate
from leadlight.errors import StoreError
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.model.bundle import Bundle
from leadlight.store import (
    Home,
    Store,
    audit,
    create_store,
    data_subject,
    erasure,
    leads,
    overrides,
    rights_file,
    tables,
    upkeep,
)
from leadlight.store.intake import Taken
from leadlight.store.overrides import Override
from leadlight.store.tables import leads as leads_table
from tests.store.people import WHO, bytes_of, canary, contents, happen, take, who

PEOPLE = 40
OTHERS = 300


@pytest.fixture
def full(store: Store, bundle: Bundle) -> Store:
    """Many leads that grew and changed, so that pages split, and people with all that may hang on them."""
    chance = random.Random(3)
    promote_bundle(store, bundle, 1.0, WHO)
    raw = generate(OTHERS, 8).leads
    take_leads(store, raw, raw.columns[0], "crm", 1.0)
    for _ in range(2):
        told = {
            f"canary-{n:05d}": canary(n) | {"Notes": "x" * chance.randrange(2_000)} for n in range(PEOPLE)
        }
        order = list(told)
        chance.shuffle(order)
        take(store, {name: told[name] for name in order}, 2.0 + chance.random())
        score_waiting(store, 3.0)
    for number in range(PEOPLE):
        happen(store, f"canary-{number:05d}", canary(number))
    said = Override(0.9, "Ann", "Canarybird00000 called us", 4.0)
    overrides.give(store, "canary-00000", said, WHO)
    return store


@pytest.fixture
def some(store: Store) -> Store:
    """The same people with nothing but their values."""
    take(store, {f"canary-{number:05d}": canary(number) for number in range(PEOPLE)})
    return store


def traces(number: int) -> list[str]:
    """What would show that a person was here."""
    digits = f"{number:05d}"
    return [f"canary{digits}@", f"canarybird{digits}", f"canary-{digits}", f"40 77{digits}"]


def left(data: bytes, number: int) -> list[str]:
    found = data.lower()
    return [each for each in traces(number) if each.encode() in found]


def test_nothing_of_the_person_is_left(full: Store) -> None:
    """No row in any table, and in a folder no byte of them in any file, journals included."""
    gone = range(0, PEOPLE, 2)
    for number in gone:
        found = erasure.forget(
            full, who(full, email=canary(number)["Email"]), WHO, 5.0, clean=number == gone[-1]
        )
        assert found.counts == {"leads": 1, "letters": 1, "answers": 1}
    assert found.clean
    rows = repr(contents(full)).encode()
    assert [left(rows, number) for number in gone if left(rows, number)] == []
    assert left(rows, 1)
    if full.home.is_sqlite:
        data = bytes_of(full)
        assert [left(data, number) for number in gone if left(data, number)] == []
        assert left(data, 1)


@pytest.mark.parametrize(
    ("emptied", "failed"),
    [
        ([leads_table], "leads"),
        ([leads_table, tables.current, tables.scores], "leads"),
        ([tables.inputs], "inputs"),
    ],
)
def test_a_check_finds_what_was_left_behind(full: Store, emptied: list[Table], failed: str) -> None:
    """Scores and inputs refer to no lead, so that what takes leads away has to take them too."""
    assert all(check.passed for check in upkeep.checks(full))
    with full.writing() as connection:
        for table in emptied:
            connection.execute(table.delete())
    assert [check.name for check in upkeep.checks(full) if not check.passed] == [failed]


def test_what_only_mentions_others_stays(full: Store) -> None:
    erasure.forget(full, who(full, id="canary-00001"), WHO, 5.0)
    kept = contents(full)
    assert len(kept["dead_letters"]) == 2 * PEOPLE - 1
    assert len(kept["idempotency"]) == PEOPLE - 1
    assert len(kept["leads"]) == OTHERS + PEOPLE - 1


@pytest.mark.parametrize(
    "named", [{"id": "canary-00003"}, {"email": canary(3)["Email"]}, {"phone": canary(3)["Phone"]}]
)
def test_who_was_forgotten_does_not_come_in_again(some: Store, named: dict[str, str]) -> None:
    """Neither under the same id nor under another with the same e-mail or phone, however it is written."""
    erasure.forget(some, who(some, **named), WHO, 5.0, clean=False)
    again = canary(3)
    assert take(some, {"canary-00003": {"Visits": 1}}, 6.0).forgotten == 1
    assert take(some, {"new-1": {"E-mail": again["Email"].upper()}}, 6.0).forgotten == 1
    assert take(some, {"new-2": {"Mobile": again["Phone"].replace("+358 ", "0")}}, 6.0).forgotten == 1
    assert take(some, {"new-3": {"Mobile": "00358" + again["Phone"][4:]}}, 6.0).forgotten == 1
    assert who(some, **named).leads == ()


def test_scoring_everything_brings_nobody_back(full: Store) -> None:
    erasure.forget(full, who(full, id="canary-00004"), WHO, 5.0, clean=False)
    score_waiting(full, 6.0, everything=True)
    rows = repr(contents(full)).encode()
    assert left(rows, 4) == []


def test_the_trail_tells_of_it_without_a_value(some: Store) -> None:
    person = who(some, id="canary-00005")
    erasure.forget(some, person, WHO, 5.0, clean=False)
    with some.reading() as connection:
        row = audit.latest(connection, 1)[0]
        assert audit.verify(some, connection).sound
    assert (row.who, row.act, row.detail) == (WHO, "forget", '{"leads":1,"letters":0,"answers":0}')
    assert bytes(row.subject) == person.subject


def test_a_lead_that_came_after_the_person_was_looked_for_is_erased_too(some: Store) -> None:
    person = who(some, id="canary-00001")
    take(some, {"late": {"Email": canary(1)["Email"]}}, 4.0)
    assert erasure.forget(some, person, WHO, 5.0, clean=False).leads == 2
    assert who(some, id="late").leads == ()


def test_models_that_may_have_learnt_from_it_are_named(some: Store, bundle: Bundle, other: Bundle) -> None:
    """Also one that was kept before the lead came in: it may have learnt from the file that it came from."""
    promote_bundle(some, bundle, 0.5, WHO)
    promote_bundle(some, other, 9.0, WHO)
    done = erasure.forget(some, who(some, id="canary-00006"), WHO, 9.5, clean=False)
    assert set(done.models) == {bundle.name, other.name}
    assert erasure.forget(some, who(some, id="nobody"), WHO, 9.5, clean=False).models == ()


def test_nothing_is_erased_that_could_not_be_noted(some: Store) -> None:
    """The second file comes first: without it an old backup would bring the person back."""
    (some.home.folder / rights_file.FILE).mkdir()
    with pytest.raises(StoreError) as found:
        erasure.forget(some, who(some, id="canary-00007"), WHO, 5.0)
    assert found.value.code == "rights_file"
    assert len(who(some, id="canary-00007").leads) == 1


def test_who_is_allowed_again_may_come_in(some: Store) -> None:
    person = who(some, id="canary-00008")
    erasure.forget(some, person, WHO, 5.0, clean=False)
    data_subject.allow(
        some, who(some, id="canary-00008", email=canary(8)["Email"], phone=canary(8)["Phone"]), WHO, 6.0
    )
    assert take(some, {"canary-00008": canary(8)}, 7.0).new == 1
    assert all(check.passed for check in upkeep.checks(some))


def lose(store: Store) -> None:
    """The database is gone, with everything in it; what lies in the folder is there."""
    if store.home.is_sqlite:
        store.close()
        for path in store.home.folder.glob("leadlight.db*"):
            path.unlink()
        return
    with store.writing() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")


def test_a_new_database_in_the_place_of_a_lost_one_lets_nobody_back_in(some: Store) -> None:
    """Nor is who objected scored, and who was allowed again may come in."""
    for number in (1, 2):
        erasure.forget(some, who(some, id=f"canary-{number:05d}"), WHO, 5.0, clean=False)
    handles = {"email": canary(2)["Email"], "phone": canary(2)["Phone"]}
    data_subject.suppress(some, who(some, id="canary-00003"), WHO, "asked", 6.0)
    data_subject.allow(some, who(some, id="canary-00002", **handles), WHO, 7.0)
    lose(some)
    new = create_store(some.home)
    told = {f"canary-{number:05d}": canary(number) for number in range(1, 5)}
    assert take(new, told, 8.0) == Taken(new=3, forgotten=1, suppressed=1)
    assert [lead.suppressed for lead in who(new, id="canary-00003").leads] == [True]
    assert who(new, id="canary-00001").leads == ()
    assert all(check.passed for check in upkeep.checks(new))
    new.close()


def test_a_torn_line_of_the_second_file_is_passed_over(tmp_path: Path) -> None:
    """A crash in the middle of a line was before the change that it tells of."""
    home = Home.of(tmp_path, tmp_path).create()
    rights_file.append(home, rights_file.FORGOTTEN, [("id", b"a" * 16)], 1.0)
    path = tmp_path / rights_file.FILE
    path.write_bytes(path.read_bytes() + b'{"act":"forgotten","kind":"id","ha')
    rights_file.append(home, rights_file.FORGOTTEN, [("id", b"b" * 16)], 2.0)
    assert list(rights_file.read_standing(home).forgotten) == [("id", b"a" * 16), ("id", b"b" * 16)]


def test_a_strange_line_of_the_second_file_is_refused(tmp_path: Path) -> None:
    home = Home.of(tmp_path, tmp_path).create()
    (tmp_path / rights_file.FILE).write_text('{"act":1}\n')
    with pytest.raises(StoreError):
        rights_file.read_standing(home)
    with pytest.raises(StoreError):
        create_store(home)
    (tmp_path / rights_file.FILE).unlink()
    (tmp_path / rights_file.FILE).mkdir()
    with pytest.raises(StoreError) as found:
        rights_file.read_standing(home)
    assert found.value.code == "rights_file"


def test_a_page_that_was_split_keeps_copies_until_it_is_written_anew(tmp_path: Path) -> None:
    """Why erasing ends with a vacuum: secure_delete alone leaves bytes of what moved between pages."""
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    chance = random.Random(1)
    for _ in range(5):
        order = chance.sample(range(1_200), 600)
        take(
            store,
            {f"canary-{n:05d}": canary(n) | {"N": "x" * chance.randrange(2_500)} for n in order},
            chance.random(),
        )
    gone = chance.sample(range(1_200), 100)
    with store.writing() as connection:
        names = ", ".join(f"'canary-{n:05d}'" for n in gone)
        connection.execute(text(f"DELETE FROM leads WHERE id IN ({names})"))
    upkeep.vacuum(store)
    data = bytes_of(store)
    assert [number for number in gone if left(data, number)] == []
    with store.reading() as connection:
        assert leads.count(connection) > 900


@pytest.mark.long
def test_a_reader_who_holds_the_journal_is_told_of(some: Store) -> None:
    """The person is gone at once; their bytes leave the files when the reader has ended."""
    if not some.home.is_sqlite:
        pytest.skip("the journal is SQLite's")
    with some.reading() as reader:
        leads.count(reader)
        assert not erasure.forget(some, who(some, id="canary-00009"), WHO, 5.0).clean
        with some.reading() as connection:
            assert leads.find(connection, "canary-00009") is None
    upkeep.vacuum(some)
    assert left(bytes_of(some), 9) == []
