"""Views of the list: whose they are, what they are called, and that none names a person who was erased."""

from __future__ import annotations

import pytest

from leadlight.errors import InputError, RequestError
from leadlight.flows import save_view
from leadlight.flows.save_view import Holder
from leadlight.store import Store, audit, erasure, saved_views, users
from leadlight.store.saved_views import ListChoice
from tests.store.people import WHO, take, who

HOT = ListChoice(grade="hot", columns=("Job", "City"))
LOST = ListChoice(status="lost", sort="changed-down")


def holder(store: Store, name: str, role: str) -> Holder:
    with store.writing() as connection:
        user = users.add(connection, name, role, "a few words of mine", 1.0)
    return Holder(f"user:{user.number}", user.number, role in ("manager", "admin"))


def test_a_view_is_ones_own_until_a_manager_shares_it(store: Store) -> None:
    ann, bob = holder(store, "Ann", "sales"), holder(store, "Bob", "manager")
    with store.writing() as connection:
        own = save_view.save(store, connection, ann, " My hot ones ", HOT, 2.0, shared=False)
        shared = save_view.save(store, connection, bob, "Lost lately", LOST, 3.0, shared=True)
        with pytest.raises(RequestError) as refused:
            save_view.save(store, connection, ann, "For all", HOT, 4.0, shared=True)
        assert (refused.value.status, refused.value.code) == (403, "role")
        assert saved_views.seen_by(connection, ann.number) == [shared, own]
        assert saved_views.seen_by(connection, bob.number) == [shared]
        assert (own.name, own.shown, shared.owner) == ("My hot ones", HOT, None)
        for number, status in ((shared.number, 403), (own.number + 99, 404)):
            with pytest.raises(RequestError) as refused:
                save_view.remove(store, connection, ann, number, 5.0)
            assert refused.value.status == status
        with pytest.raises(RequestError, match="no such view"):
            save_view.remove(store, connection, bob, own.number, 5.0)
        save_view.rename(store, connection, bob, shared.number, "Lost", 6.0)
        save_view.remove(store, connection, ann, own.number, 7.0)
        assert [each.name for each in saved_views.seen_by(connection, ann.number)] == ["Lost"]
        acts = [(row.act, row.who, audit.detail(row)["shared"]) for row in audit.latest(connection, 4)]
    assert acts == [
        ("view_delete", ann.who, False),
        ("view_rename", bob.who, True),
        ("view_save", bob.who, True),
        ("view_save", ann.who, False),
    ]


def test_the_same_name_is_one_view_and_each_name_is_taken_once(store: Store) -> None:
    ann = holder(store, "Ann", "sales")
    with store.writing() as connection:
        first = saved_views.put(connection, ann.number, "Hot", HOT, ann.who, 1.0)
        again = saved_views.put(connection, ann.number, "Hot", LOST, ann.who, 2.0)
        other = saved_views.put(connection, ann.number, "Lost", LOST, ann.who, 2.0)
        team = saved_views.put(connection, None, "Hot", HOT, ann.who, 2.0)
        assert again.number == first.number
        assert saved_views.find(connection, first.number) == again
        with pytest.raises(InputError, match="Another view"):
            saved_views.rename(connection, other, "Hot")
        saved_views.rename(connection, team, "Hot")
        for wrong in ("", " ", "a\nb", "x" * 61):
            with pytest.raises(InputError) as refused:
                saved_views.put(connection, ann.number, wrong, HOT, ann.who, 3.0)
            assert refused.value.code == "view_name"
        for number in range(saved_views.MOST - 2):
            saved_views.put(connection, ann.number, f"view {number}", HOT, ann.who, 3.0)
        with pytest.raises(InputError) as refused:
            saved_views.put(connection, ann.number, "one more", HOT, ann.who, 3.0)
        assert refused.value.code == "too_many_views"


def test_views_that_name_a_person_go_when_the_person_is_erased(store: Store) -> None:
    take(store, {"L-000001": {"Email": "maria@example.com"}}, 1.0)
    with store.writing() as connection:
        for name, search in (("hers", "maria@example.com"), ("other", "marianne"), ("maria@example.com", "")):
            saved_views.put(connection, None, name, ListChoice(search=search), WHO, 2.0)
    erasure.forget(store, who(store, email="maria@example.com"), WHO, 3.0)
    with store.reading() as connection:
        assert [each.name for each in saved_views.every(connection)] == ["other"]
