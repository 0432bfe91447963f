"""Keys: shown once, kept as hashes, revoked and renewed."""

from __future__ import annotations

import pytest

from leadlight.errors import StoreError
from leadlight.store import Store, keys, secret


def test_a_key_is_known_by_its_hash_alone(store: Store) -> None:
    with store.writing() as connection:
        made, text = keys.create(connection, ["score", "read"], 10.0, name="web", expires=99.0, per_minute=60)
    with store.reading() as connection:
        (found,) = keys.all_keys(connection)
        rows = [repr(row) for row in connection.exec_driver_sql("SELECT * FROM keys")]
    assert found == made
    assert found.hash == secret.digest(text)
    assert text.startswith(f"ll_r_{text[5:]}")
    assert (found.scopes, found.expires, found.per_minute) == (frozenset({"score", "read"}), 99.0, 60)
    assert text not in "".join(rows)
    assert "hash" not in found.to_json()


def test_a_revoked_key_stands_no_more(store: Store) -> None:
    with store.writing() as connection:
        first, text = keys.create(connection, ["score"], 1.0)
        second, _ = keys.create(connection, ["admin"], 2.0, name="second")
        keys.revoke(connection, keys.find_by_name(connection, text), 3.0)
        assert [key.number for key in keys.valid_keys(connection)] == [second.number]
        assert [key.revoked for key in keys.all_keys(connection)] == [None, 3.0]
        with pytest.raises(StoreError, match="No key"):
            keys.find_by_name(connection, first.prefix)


def test_a_rotated_key_may_do_what_the_old_one_did(store: Store) -> None:
    with store.writing() as connection:
        old, _ = keys.create(connection, ["write"], 1.0, name="crm", per_minute=5)
        new, text = keys.rotate(connection, old, 10.0, grace=60.0)
        assert (new.scopes, new.name, new.per_minute) == (old.scopes, old.name, old.per_minute)
        standing = {key.number: key.expires for key in keys.valid_keys(connection)}
        assert standing == {old.number: 70.0, new.number: None}
        newest, _ = keys.rotate(connection, keys.find_by_name(connection, text), 20.0)
        assert {key.number for key in keys.valid_keys(connection)} == {old.number, newest.number}


@pytest.mark.parametrize("scopes", [[], ["everything"], ["score", "root"]])
def test_only_scopes_that_there_are(store: Store, scopes: list[str]) -> None:
    with pytest.raises(StoreError), store.writing() as connection:
        keys.create(connection, scopes, 1.0)


def test_what_fits_more_than_one_key_names_none(store: Store) -> None:
    with store.writing() as connection:
        keys.create(connection, ["score"], 1.0)
        keys.create(connection, ["score"], 1.0)
        for name in ("ll_", ""):
            with pytest.raises(StoreError, match="More than one"):
                keys.find_by_name(connection, name)


def test_a_name_is_that_of_the_newest_key(store: Store) -> None:
    """It is rotated again while others live in their grace, and after it is over its name is free."""
    with store.writing() as connection:
        first, _ = keys.create(connection, ["score"], 1.0, name="web")
        second, _ = keys.rotate(connection, first, 2.0, grace=60.0)
        third, _ = keys.rotate(connection, keys.find_by_name(connection, "web", 3.0), 3.0, grace=60.0)
        assert keys.find_by_name(connection, "web", 4.0) == third
        assert keys.find_by_name(connection, first.prefix, 4.0).number == first.number
        keys.revoke(connection, third, 5.0)
        with pytest.raises(StoreError) as refused:
            keys.create(connection, ["score"], 62.5, name="web")
        assert refused.value.code == "key_name"
        assert keys.find_by_name(connection, "web", 62.5).number == second.number
        with pytest.raises(StoreError, match="No key"):
            keys.find_by_name(connection, "web", 63.0)
        keys.create(connection, ["score"], 63.0, name="web")


def test_a_name_is_revoked_with_those_that_live_in_their_grace(store: Store) -> None:
    """By how it begins, one key alone is."""
    with store.writing() as connection:
        first, _ = keys.create(connection, ["score"], 1.0, name="web")
        second, _ = keys.rotate(connection, first, 2.0, grace=60.0)
        third, _ = keys.rotate(connection, second, 2.0, grace=60.0)
        assert [key.number for key in keys.revoke_named(connection, second.prefix, 3.0)] == [second.number]
        ended = keys.revoke_named(connection, "web", 4.0)
        assert [key.number for key in ended] == [third.number, first.number]
        assert keys.valid_keys(connection) == []


def test_a_name_is_free_again_once_its_key_is_revoked(store: Store) -> None:
    with store.writing() as connection:
        made, _ = keys.create(connection, ["score"], 1.0, name="web")
        with pytest.raises(StoreError) as refused:
            keys.create(connection, ["read"], 2.0, name="web")
        assert refused.value.code == "key_name"
        keys.revoke(connection, made, 3.0)
        keys.create(connection, ["read"], 4.0, name="web")
        keys.create(connection, ["read"], 4.0)
        keys.create(connection, ["read"], 4.0)


def test_last_use_is_kept(store: Store) -> None:
    with store.writing() as connection:
        made, _ = keys.create(connection, ["score"], 1.0)
        keys.note_use(connection, {made.number: 55.0})
        assert keys.all_keys(connection)[0].used == 55.0
