"""Lines of the file of rights that this home did not write: nobody takes an act back with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leadlight.errors import StoreError
from leadlight.store import Home, Store, backup, create_store, erasure, restore, rights_file, upkeep
from tests.store.people import WHO, take, who

PERSON = {"5": {"Email": "bob@example.com"}}


@pytest.fixture
def forgotten(store: Store) -> Store:
    take(store, PERSON)
    erasure.forget(store, who(store, id="5"), WHO, 5.0)
    return store


def lines(store: Store) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (store.home.folder / rights_file.FILE).read_text().splitlines()]


def put(store: Store, told: list[dict[str, Any]]) -> None:
    content = "".join(json.dumps(line) + "\n" for line in told)
    (store.home.folder / rights_file.FILE).write_text(content)


def without_mark(line: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "mark"} | changes


def forged(store: Store, form: str) -> list[dict[str, Any]]:
    """The file with everybody allowed again by somebody who has not the key."""
    told = lines(store)
    later = {"act": "allowed", "at": 9.0}
    if form == "unsigned":
        return [*told, *(without_mark(line, **later) for line in told)]
    if form == "copied mark":
        return [*told, *(line | later for line in told)]
    if form == "put first":
        return [*(without_mark(line, **later) for line in told), *told]
    return [without_mark(line, **later) for line in told]


@pytest.mark.parametrize("form", ["unsigned", "copied mark", "put first", "all marks gone"])
def test_a_forged_line_is_refused_and_obeyed_nowhere(forgotten: Store, form: str, tmp_path: Path) -> None:
    backup.write(forgotten, tmp_path / "saved.db", WHO, 6.0)
    put(forgotten, forged(forgotten, form))
    (failed,) = (check for check in upkeep.checks(forgotten) if not check.passed)
    assert failed.name == "rights"
    assert "not written by this home" in failed.detail
    for door in (
        lambda: restore.repair(forgotten, WHO, 10.0),
        lambda: restore.restore(forgotten.home, tmp_path / "saved.db", WHO, 10.0),
    ):
        with pytest.raises(StoreError) as found:
            door()
        assert found.value.code == "forged_rights"
        assert "line " in str(found.value.where)
    assert take(forgotten, PERSON, 11.0).forgotten == 1


def test_lines_of_before_signing_count_and_are_told(tmp_path: Path) -> None:
    """As where the database was lost, and its file is one that an earlier Leadlight wrote."""
    home = Home.of(tmp_path / "home", tmp_path)
    old = create_store(home)
    take(old, PERSON)
    erasure.forget(old, who(old, id="5"), WHO, 5.0)
    put(old, [without_mark(line) for line in lines(old)])
    old.close()
    for path in home.folder.glob("leadlight.db*"):
        path.unlink()
    new = create_store(home)
    assert take(new, PERSON, 6.0).forgotten == 1
    (rights,) = (check for check in upkeep.checks(new) if check.name == "rights")
    assert (rights.passed, "2 lines are of before signing" in rights.detail) == (True, True)
    put(new, [*lines(new), *(without_mark(line, act="allowed", at=9.0) for line in lines(new))])
    assert not all(check.passed for check in upkeep.checks(new))
    new.close()
