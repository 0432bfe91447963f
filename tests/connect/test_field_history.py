"""The history that a CRM keeps of a field says whether it was known when a lead arrived."""

from __future__ import annotations

from pathlib import Path

from leadlight.flows.late_fields import late_fields
from leadlight.store import event_rows
from tests.cli.calls import call
from tests.connect.hubspot_standin import Account
from tests.connect.standin import Standin
from tests.connect.test_hubspot import account, configure, home, opened, standin, sync

__all__ = ["account", "home", "standin"]
DAY = 86_400_000


def test_a_field_that_is_filled_later_is_not_learnt_from(
    home: Path, account: Account, standin: Standin
) -> None:
    """Though neither its name nor what it says would give it away."""
    configure(home, standin, 'fields = ["shoe"]\nhistory = ["shoe", "hs_analytics_source"]\n')
    for number, identity in enumerate(sorted(account.objects["contacts"])):
        late = 1_700_000_000_000 + (5 * DAY if number % 3 else 0)
        account.put("contacts", identity, late, shoe="ab"[number % 2])
    sync(home)
    found = call("inspect", "--home", home, "--json")
    assert found.code == 0, found.err
    leaks = [each for each in found.json["findings"] if each["code"] == "leak"]
    assert [each["column"] for each in leaks] == ["shoe"]
    assert "history shows that 67% of its values came over a day after the lead" in leaks[0]["message"]
    assert leaks[0]["evidence"]["filled_late"] == round(80 / 120, 4)
    kept = opened(home)
    assert late_fields(kept) == {"hs_analytics_source": 0.0, "shoe": 80 / 120}
    with kept.reading() as connection:
        assert not event_rows.has_events(connection)
        assert event_rows.event_table(connection).height == 0
    kept.close()
