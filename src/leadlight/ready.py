"""A model that is ready for use: it scores, explains, plans and tells how good it is.

Nothing that learns is imported here, and what a single score does not need only where it is used: whoever
loads a model to score one lead waits for little more than polars.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.one_lead import find_one
from leadlight.errors import InputError
from leadlight.insights import LeadInsights, moment_or_now
from leadlight.leads import read, same_kind
from leadlight.model import whatif
from leadlight.model.answer import Answer
from leadlight.model.bundle import Bundle
from leadlight.model.event_source import complete_leads
from leadlight.model.lead_scorer import LeadScorer
from leadlight.model.outcome import outcomes_of
from leadlight.model.policy import Policy
from leadlight.model.probability import probability
from leadlight.model.scoring import BatchScorer, check_columns, moment
from leadlight.model.whatif import Explanation

if TYPE_CHECKING:
    from leadlight.insight.money import PlanTerms
    from leadlight.insight.plan import Caller, Plan
    from leadlight.insight.watching import Watched
    from leadlight.training.evaluate import Evaluation


def load(path: str | Path) -> Model:
    """Load a bundle; a damaged or hostile one is refused with a BundleError."""
    return Model(Bundle.load(path))


class Model(LeadInsights):
    """A trained model: scores with reasons, and all that is known of how good they are."""

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
        source = self._events(events, moment_or_now(at))
        scorer = BatchScorer(self.bundle, reasons=reasons, groups=groups, at=moment(at))
        raw = complete_leads(self.bundle, read(leads), source, at=scorer.at, allow_missing=allow_missing)
        return same_kind(scorer.identities(raw).hstack(scorer.score(raw).frame), leads)

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
        source = self._events(events, moment_or_now(at))
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
        events_table: str | None = None,
    ) -> str:
        """One SELECT that scores a table of raw leads in a warehouse; `carry` names columns beside the id.

        `events_table` holds what leads did (lead, type, time, known_at), as of `at`, else as of the query.
        """
        from leadlight.model import sql

        return sql.select(
            self.bundle,
            dialect,
            table=table,
            carry=carry,
            reasons=reasons,
            at=moment(at),
            suppress_table=suppress_table,
            events_table=events_table,
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

        source = self._events(events, moment_or_now(at))
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

    def with_policy(self, policy: Policy) -> Model:
        """This model with its grades and its line set anew; nothing is learnt."""
        from leadlight.model.regrade import regraded

        return Model(regraded(self.bundle, policy))
