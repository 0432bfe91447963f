"""A model that is ready for use: it scores, explains, plans and tells how good it is.

Nothing that learns is imported here, and what a single score does not need only where it is used: whoever
loads a model to score one lead waits for little more than polars.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.one_lead import find_one
from leadlight.errors import InputError
from leadlight.leads import read, read_given, same_kind
from leadlight.model import whatif
from leadlight.model.answer import Answer
from leadlight.model.bundle import Bundle
from leadlight.model.event_source import EventSource, complete_leads, source_of
from leadlight.model.lead_scorer import LeadScorer
from leadlight.model.outcome import outcomes_of
from leadlight.model.policy import Policy
from leadlight.model.probability import probability
from leadlight.model.scoring import BatchScorer, check_columns, moment
from leadlight.model.whatif import Explanation

if TYPE_CHECKING:
    from leadlight.insight.accounts import Accounts
    from leadlight.insight.advice import Advised
    from leadlight.insight.channels import Channels
    from leadlight.insight.engagement import Engagement
    from leadlight.insight.followup import FollowUp
    from leadlight.insight.money import PlanTerms
    from leadlight.insight.plan import Caller, Plan
    from leadlight.insight.population import Population
    from leadlight.insight.segments import Playbooks, Segments
    from leadlight.insight.watching import Watched
    from leadlight.training.evaluate import Evaluation


def load(path: str | Path) -> Model:
    """Load a bundle; a damaged or hostile one is refused with a BundleError."""
    return Model(Bundle.load(path))


class Model:
    """A trained model: scores with reasons, and all that is known of how good they are."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def __repr__(self) -> str:
        return f"<Model {self.bundle.name}: {self.bundle.family}, {len(self.columns)} columns>"

    def _repr_html_(self) -> str:
        from leadlight.insight import frames

        return frames.summary_html(self.bundle)

    @property
    def columns(self) -> list[str]:
        """The columns that the model looks at."""
        return [column.name for column in self.bundle.scorer.schema.inputs]

    @property
    def training(self) -> Mapping[str, Any]:
        """Candidates, figures on training, validation and test, what was left out, findings."""
        return self.bundle.training

    @cached_property
    def _lead_scorer(self) -> LeadScorer:
        return LeadScorer(self.bundle.scorer)

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write the bundle; the file is there whole or not at all."""
        self.bundle.save(path, force=force)

    def score(
        self,
        leads: Any,
        *,
        reasons: int = 0,
        groups: bool = False,
        events: Any = None,
        at: Any = None,
        allow_missing: bool = False,
    ) -> Any:
        """The id and our columns, a row a lead in the same order; a dataframe gives the same kind back.

        `events` are what the leads did, for a model that was trained with events; they are looked at as of
        `at`, by default now.
        """
        source = self._events(events, _moment_or_now(at))
        scorer = BatchScorer(self.bundle, reasons=reasons, groups=groups, at=moment(at))
        raw = complete_leads(self.bundle, read(leads), source, at=scorer.at, allow_missing=allow_missing)
        return same_kind(scorer.identities(raw).hstack(scorer.score(raw).frame), leads)

    def _events(self, events: Any, at: float | None) -> EventSource | None:
        """What the leads did, as of `at`; without it as in training, so many days after each arrived."""
        return None if events is None else source_of(self.bundle, read(events), at, time.time())

    def score_one(self, lead: Mapping[str, Any], *, reasons: int = 0, at: Any = None) -> Answer:
        """One lead as a dictionary; the answer names what is missing, unreadable or unknown in it."""
        return self._lead_scorer.answer(lead, reasons, moment(at))

    def predict_proba(self, leads: Any, *, allow_missing: bool = False) -> np.ndarray:
        """The chances of losing and of winning each lead, as scikit-learn gives them."""
        raw = read(leads)
        check_columns(self.bundle.scorer, raw.columns, allow_missing=allow_missing)
        won = self.bundle.scorer.score(raw).probability
        return np.column_stack([1.0 - won, won])

    def importance(self) -> pl.DataFrame:
        """How far each column moves the log-odds of a lead, on average, largest first."""
        from leadlight.insight import frames

        return frames.importance(self.bundle)

    def tables(self) -> pl.DataFrame:
        """The whole glass box: what each value of a column, or of a pair, adds to the log-odds."""
        from leadlight.insight import frames

        return frames.tables(self.bundle)

    def coefficients(self) -> pl.DataFrame:
        """The odds ratios of the logistic regression, where it was among the candidates."""
        from leadlight.insight import frames

        return frames.coefficients(self.bundle)

    def leaderboard(self) -> pl.DataFrame:
        """The models that were compared and their out-of-fold figures, with the one that was chosen."""
        from leadlight.insight import frames

        return frames.leaderboard(self.bundle)

    def evaluate(self, leads: Any, *, events: Any = None, allow_missing: bool = False) -> Evaluation:
        """How well the model does on leads whose outcome is known; events count as they did in training."""
        from leadlight.model.repeats import equal_leads
        from leadlight.training.evaluate import evaluate

        source = self._events(events, None)
        raw = complete_leads(self.bundle, read(leads), source, allow_missing=allow_missing)
        outcome = outcomes_of(self.bundle, raw)
        decided = raw.filter(outcome.is_not_null())
        if not decided.height:
            raise InputError("None of these leads has a known outcome.", code="no_outcomes")
        margin = self.bundle.scorer.score(decided).margin
        seen = outcome.drop_nulls().to_numpy().astype(np.float64)
        return evaluate(
            seen,
            margin,
            probability(margin),
            cut=self.bundle.scorer.grades.line,
            blocks=equal_leads(decided, self.bundle.scorer.schema),
        )

    def watch(
        self, leads: Any, *, earlier: Any = None, at: Any = None, allow_missing: bool = False
    ) -> Watched:
        """Hold leads against those that the model was trained on; `earlier` is the batch before, if any."""
        from leadlight.insight.watching import watched

        raw = read(leads)
        check_columns(self.bundle.scorer, raw.columns, allow_missing=allow_missing)
        before = None if earlier is None else read(earlier)
        return watched(self.bundle, raw, earlier=before, at=moment(at))

    def explain(
        self,
        leads: Any,
        id: Any = None,  # noqa: A002
        *,
        events: Any = None,
        at: Any = None,
        allow_missing: bool = False,
    ) -> Explanation:
        """Every factor of one lead's odds, and what would change them; a dictionary may lack columns."""
        raw = read([leads] if isinstance(leads, Mapping) else leads)
        source = self._events(events, _moment_or_now(at))
        if not isinstance(leads, Mapping):
            raw = complete_leads(self.bundle, raw, source, allow_missing=allow_missing)
        elif source is not None:
            raw = source.beside(raw)
        one = find_one(raw, self.bundle.scorer.schema, id)
        return whatif.explain(self.bundle.scorer, one.row(0, named=True), self.bundle.scorer.encode(one))

    def report(
        self, path: str | Path, leads: Any = None, *, over: Sequence[str] = (), force: bool = False
    ) -> None:
        """The model in pictures, in one HTML file; with leads it shows what moves them and how they ended."""
        from leadlight.insight import page
        from leadlight.insight.report import report

        page.check()
        made = report(self.bundle, None if leads is None else read(leads), over=over)
        write_bytes_atomically(path, page.written(made).encode(), force=force)

    def card(self, leads: Any = None) -> str:
        """What it is for and what not, how good and how fair, in Markdown; fairness needs the leads."""
        from leadlight.insight.card import card

        return card(self.bundle, None if leads is None else read(leads))

    def to_sql(
        self,
        dialect: str,
        *,
        table: str = "leads",
        carry: Sequence[str] = (),
        reasons: int = 0,
        at: Any = None,
        suppress_table: str | None = None,
    ) -> str:
        """One SELECT that scores a table of raw leads in a warehouse; `carry` names columns beside the id."""
        from leadlight.model import sql

        return sql.select(
            self.bundle,
            dialect,
            table=table,
            carry=carry,
            reasons=reasons,
            at=moment(at),
            suppress_table=suppress_table,
        )

    def to_xlsx(
        self, path: str | Path, lead: Mapping[str, Any] | None = None, *, force: bool = False
    ) -> None:
        """A workbook with live formulas: type a lead, and score, grade and reasons move."""
        from leadlight.insight.workbook import workbook

        write_bytes_atomically(path, workbook(self.bundle, lead), force=force)

    def plan(
        self,
        leads: Any,
        *,
        reasons: int = 3,
        suppressed: Any = None,
        capacity: int | None = None,
        callers: int | Sequence[Caller] | pl.DataFrame | None = None,
        above: bool = False,
        events: Any = None,
        at: Any = None,
        allow_missing: bool = False,
        deal_value: float | None = None,
        terms: PlanTerms | None = None,
    ) -> Plan:
        """Whom to call, in which order, by whom, and what to expect of it.

        `suppressed` marks those of the leads who must not be called; `capacity` is how many can be, `callers`
        by how many or by whom; `above` keeps to the model's line where there is a capacity, too. What that is
        worth is in `money`, by a column of values or `deal_value`; `terms` say the cost of a call and a goal.
        """
        from leadlight.insight.deal_values import values_of
        from leadlight.insight.money import terms_among
        from leadlight.insight.plan import planned
        from leadlight.insight.pool import Pool

        source = self._events(events, _moment_or_now(at))
        raw = complete_leads(self.bundle, read(leads), source, allow_missing=allow_missing)
        pool = Pool.of(self.bundle, raw, suppressed=suppressed)
        batch = BatchScorer(self.bundle, reasons=reasons, at=moment(at)).score(pool.frame)
        return planned(
            self.bundle,
            pool,
            batch,
            capacity=capacity,
            callers=callers,
            above=above,
            values=values_of(self.bundle, raw, deal_value),
            terms=None if terms is None else terms_among(terms, self.bundle.scorer, raw),
        )

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
        allow_missing: bool = False,
    ) -> Accounts:
        """The leads of each company as one account, the most promising first; `table()` gives a frame."""
        from leadlight.insight.accounts import roll_up

        raw = read(leads)
        check_columns(self.bundle.scorer, raw.columns, allow_missing=allow_missing)
        chances = self.bundle.scorer.score(raw).probability
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
        self, leads: Any, *, contacts: Any = None, outcomes: Any = None, within: float = 24.0, at: Any = None
    ) -> FollowUp:
        """How soon leads are contacted, what contact within so many hours is worth, and who grows cold."""
        from leadlight.insight.beside import Beside
        from leadlight.insight.followup import follow_up

        logs = read_given({"contacts": contacts, "outcomes": outcomes})
        return follow_up(Beside.of(self.bundle, read(leads), logs, moment(at)).history, within)

    def advice(
        self,
        leads: Any,
        *,
        contacts: Any = None,
        outcomes: Any = None,
        spend: Any = None,
        currency: str | None = None,
        deal_value: float | None = None,
        at: Any = None,
    ) -> Advised:
        """What to do next, the most money first: what follow-up and channels say with enough certainty."""
        from leadlight.insight.advice import advise_on
        from leadlight.insight.beside import Beside

        logs = read_given({"contacts": contacts, "outcomes": outcomes, "spend": spend})
        found = Beside.of(self.bundle, read(leads), logs, moment(at), currency)
        return advise_on(found.history, found.spend, deal_value)

    def with_policy(self, policy: Policy) -> Model:
        """This model with its grades and its line set anew; nothing is learnt."""
        from leadlight.model.regrade import regraded

        return Model(regraded(self.bundle, policy))


def _moment_or_now(at: Any) -> float | None:
    return time.time() if at is None else moment(at)
