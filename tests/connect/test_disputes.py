"""Disputes from a CRM: what people write there becomes a dispute here, once, and is no column."""

from __future__ import annotations

from pathlib import Path

from leadlight.store import disputes
from leadlight.store.disputes import Dispute
from tests.cli.calls import call
from tests.connect.hubspot_standin import Account
from tests.connect.standin import Standin
from tests.connect.test_hubspot import account, configure, everything, home, opened, standin, sync

__all__ = ["account", "home", "standin"]


def said(home: Path) -> list[Dispute]:
    store = opened(home)
    with store.reading() as connection:
        found = disputes.latest(connection)
    store.close()
    return found[::-1]


def own(account: Account, name: str) -> None:
    """A property that somebody made by hand."""
    account.properties[name] = {"name": name, "hubspotDefined": False}


def test_a_field_of_hubspot_becomes_a_dispute_once(home: Path, account: Account) -> None:
    """Routed by its words; the same text again is nothing new; cleared there, it is settled here."""
    own(account, "leadlight_dispute")
    account.put("contacts", "1003", leadlight_dispute="A student, not a buyer")
    account.put("contacts", "1004", leadlight_dispute="")
    told = sync(home)
    assert told["rows"]["disputed"] == 1
    (one,) = said(home)
    assert (one.id, one.kind, one.who, one.settled) == ("1003", "rule", "hubspot", None)
    assert not any("leadlight_dispute" in lead for lead in everything(home).values())
    account.put("contacts", "1003", city="Bern")
    assert sync(home)["rows"]["disputed"] == 0
    account.put("contacts", "1003", leadlight_dispute="Already a customer")
    assert sync(home)["rows"]["disputed"] == 1
    account.put("contacts", "1003", leadlight_dispute=None)
    assert sync(home)["rows"]["disputed"] == 0
    first, second = said(home)
    assert (first.note, first.settlement) == ("A student, not a buyer", "written anew in hubspot")
    assert (second.kind, second.settlement) == ("label", "cleared in hubspot")
    assert call("disputes", "--home", home, "--json").json["routes"][0]["settled"] == 1
    assert "A student" not in (home / "leadlight.toml").read_text("utf-8")


def test_another_field_may_be_named(home: Path, account: Account, standin: Standin) -> None:
    """And what was settled here stays settled while the text there is the same."""
    configure(home, standin, 'dispute = "sales_says"\n')
    own(account, "sales_says")
    account.put("contacts", "1003", sales_says="x" * 2_000)
    told = call("sync", "hubspot://contacts", "--home", home, "--check", "--json").json
    assert "sales_says" in str(told["mapping"])
    sync(home)
    (one,) = said(home)
    assert len(one.note) == 1_000
    assert call("disputes", "--home", home, "--settle", one.number, "--how", "seen").code == 0
    account.put("contacts", "1003", city="Bern")
    sync(home)
    assert len(said(home)) == 1
