"""What leads say as a whole, asked of a model: engagement, segments, accounts, channels, what to do next."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from leadlight.leads import read, read_given
from leadlight.model.bundle import Bundle
from leadlight.model.event_source import EventSource, as_learnt, complete_leads, source_of
from leadlight.model.scoring import moment

if TYPE_CHECKING:
    from leadlight.insight.accounts import Accounts
    from leadlight.insight.advice import Advised
    from leadlight.insight.channels import Channels
    from leadlight.insight.engagement import Engagement
    from leadlight.insight.followup import FollowUp
    from leadlight.insight.population import Population
    from leadlight.insight.segments import Playbooks, Segments


class LeadInsights:
    """The verbs of a model that look at leads as a whole; `events` are needed by one that learnt from any."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def _events(self, events: Any, at: float | None) -> EventSource | None:
        """What the leads did, as of `at`; without it as in training, so many days after each arrived."""
        return None if events is None else source_of(self.bundle, read(events), at, time.time())

    def engagement(
        self,
        leads: Any,
        *,
        events: Any = None,
        deal_value: float | None = None,
        at: Any = None,
        allow_missing: bool = False,
    ) -> Engagement:
        """The score as fit and engagement: `leads` has the sub-scores, `of("A1")` what a cell brought."""
        from leadlight.insight.engagement import engagement

        return engagement(self._population(leads, events, deal_value, at, allow_missing))

    def segments(
        self,
        leads: Any,
        *,
        playbooks: Playbooks | None = None,
        events: Any = None,
        deal_value: float | None = None,
        at: Any = None,
        allow_missing: bool = False,
    ) -> Segments:
        """What to do about each grade, and personas: `leads` has both, `personas.each` what these are."""
        from leadlight.insight.segments import segments

        return segments(self._population(leads, events, deal_value, at, allow_missing), playbooks)

    def _population(
        self, leads: Any, events: Any, deal_value: float | None, at: Any, allow_missing: bool
    ) -> Population:
        """All leads; events count as they did in training, so many days after each arrived."""
        from leadlight.insight.population import Population

        source, ages_at = self._events(events, None), moment(at)
        raw = complete_leads(self.bundle, read(leads), source, at=ages_at, allow_missing=allow_missing)
        return Population.of(self.bundle, raw, deal_value=deal_value, at=ages_at)

    def accounts(
        self,
        leads: Any,
        *,
        company: str | None = None,
        website: str | None = None,
        email: str | None = None,
        events: Any = None,
        at: Any = None,
        allow_missing: bool = False,
    ) -> Accounts:
        """The leads of each company as one account, the most promising first; `table()` gives a frame."""
        from leadlight.insight.accounts import roll_up

        source, ages_at = self._events(events, moment_or_now(at)), moment(at)
        raw = complete_leads(self.bundle, read(leads), source, at=ages_at, allow_missing=allow_missing)
        raw = as_learnt(self.bundle, raw, source)
        chances = self.bundle.scorer.score(raw, ages_at).probability
        return roll_up(self.bundle, raw, chances, name=company, website=website, email=email)

    def channels(
        self,
        leads: Any,
        column: str | None = None,
        *,
        spend: Any = None,
        currency: str | None = None,
        deal_value: float | None = None,
        events: Any = None,
        outcomes: Any = None,
        at: Any = None,
    ) -> Channels:
        """How leads of each source, or other value, did; with `spend` what they cost and brought.

        Logs are a path, a dataframe or a list of dictionaries, as the leads are.
        """
        from leadlight.insight.beside import Beside

        logs = {"spend": spend, "events": events, "outcomes": outcomes}
        return Beside.of(self.bundle, read(leads), read_given(logs), moment(at), currency).channels(
            column, deal_value
        )

    def followup(
        self,
        leads: Any,
        *,
        contacts: Any = None,
        events: Any = None,
        outcomes: Any = None,
        within: float = 24.0,
        at: Any = None,
    ) -> FollowUp:
        """How soon leads are contacted, what contact within so many hours is worth, and who grows cold."""
        from leadlight.insight.beside import Beside
        from leadlight.insight.followup import follow_up

        logs = read_given({"contacts": contacts, "events": events, "outcomes": outcomes})
        return follow_up(Beside.of(self.bundle, read(leads), logs, moment(at)).history, within)

    def advice(
        self,
        leads: Any,
        *,
        contacts: Any = None,
        events: Any = None,
        outcomes: Any = None,
        spend: Any = None,
        currency: str | None = None,
        deal_value: float | None = None,
        at: Any = None,
    ) -> Advised:
        """What to do next, the most money first: what follow-up and channels say with enough certainty."""
        from leadlight.insight.advice import advise_on
        from leadlight.insight.beside import Beside

        logs = read_given({"contacts": contacts, "events": events, "outcomes": outcomes, "spend": spend})
        found = Beside.of(self.bundle, read(leads), logs, moment(at), currency)
        return advise_on(found.history, found.spend, deal_value)


def moment_or_now(at: Any) -> float | None:
    return time.time() if at is None else moment(at)
