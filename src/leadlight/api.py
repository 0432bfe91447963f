"""The Python API: train, load, inspect, cross_validate and the model itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl

from leadlight import __version__, settings
from leadlight.connect import files
from leadlight.data import cells, frame
from leadlight.data import target as outcomes
from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.expressions import parse_feature
from leadlight.errors import ColumnError, ConfigError, InputError, QuestionError, TrainingError
from leadlight.insight import consent
from leadlight.insight import plan as planning
from leadlight.insight.plan import Caller, Chances, Plan
from leadlight.model import early, inspection, whatif
from leadlight.model import train as training
from leadlight.model.bundle import Bundle
from leadlight.model.evaluate import FIGURES, Evaluation, evaluate
from leadlight.model.options import Options
from leadlight.model.policy import Policy
from leadlight.model.prepare import prepare
from leadlight.model.probability import probability
from leadlight.model.regrade import regraded
from leadlight.model.scoring import Batch, BatchScorer, beside, check_columns, moment
from leadlight.model.search import check as families
from leadlight.model.single import One, Single
from leadlight.model.train import Trained
from leadlight.model.whatif import Explanation

Watch = Callable[[str], None]


def read(leads: Any) -> pl.DataFrame:
    """Leads from a path, a dataframe of any library or a list of dictionaries."""
    if isinstance(leads, str | Path):
        return files.read(leads).frame
    return frame.as_frame(leads)


def options(leads: Any = None, config: str | Path | None = None, **asked: Any) -> Options:
    """What leadlight.toml says, with what is asked here on top."""
    given = {name: value for name, value in asked.items() if value not in (None, (), [], {})}
    for name in ("positive", "negative", "open", "drop", "keep", "only"):
        if name in given:
            value = given[name]
            given[name] = (value,) if isinstance(value, str) else tuple(str(each) for each in value)
    if isinstance(given.get("features"), Sequence):
        given["features"] = dict(_declared(text) for text in given["features"])
    if "test" in given:
        given["test"] = _share_or_word(given["test"])
    if "study" in given:
        given["study"] = Path(given["study"])
    wanted = replace(Options.of(settings.find(leads, config)), **given)
    _check(wanted)
    return wanted


def _declared(text: str) -> tuple[str, str]:
    name, expression = parse_feature(text)
    return name, str(expression)


def _share_or_word(test: Any) -> float | str:
    number = cells.parse_number(str(test))
    return str(test) if number is None else number


def _check(wanted: Options) -> None:
    if wanted.metric not in FIGURES:
        raise ConfigError(
            f"There is no metric {wanted.metric!r}.",
            code="unknown_metric",
            hint=f"The metrics are: {', '.join(FIGURES)}.",
        )
    if wanted.tune < 0 or (wanted.tune_minutes is not None and not wanted.tune_minutes > 0):
        raise ConfigError(
            "Tuning takes a number of trials, and a number of minutes above 0 if any.", code="tuning"
        )
    if wanted.folds < 2:
        raise ConfigError("At least two folds are needed.", code="folds")
    if isinstance(wanted.test, float) and not 0.0 < wanted.test < 1.0:
        raise ConfigError(
            "The share that is held out must lie between 0 and 1.",
            code="test_share",
            hint="Give 0.2, or a file.",
        )


def train(leads: Any, target: str | None = None, *, config: str | Path | None = None, **asked: Any) -> Model:
    """Train a model that one can trust and read; see `Options` for all that may be asked."""
    return Model(trained(leads, options(leads, config, target=target, **asked)).bundle)


def trained(leads: Any, wanted: Options, observe: Watch = training.silent) -> Trained:
    """The same with the way there: what was prepared, and how long each candidate took."""
    held_out = None
    if isinstance(wanted.test, str) and wanted.test not in ("auto", "time", "random"):
        held_out = read(wanted.test)
    raw = read(leads)
    try:
        return training.train(
            raw, wanted, held_out=held_out, version=__version__, clock=perf_counter, observe=observe
        )
    except (QuestionError, TrainingError) as problem:
        if problem.code not in early.CODES or not wanted.has_points:
            raise
        if families(wanted) != ("rules",):
            raise early.suggested(problem) from None
        return early.train(raw, wanted, __version__)


def load(path: str | Path) -> Model:
    """Load a bundle; a damaged or hostile one is refused with a BundleError."""
    return Model(Bundle.load(path))


def inspect(
    leads: Any, target: str | None = None, *, config: str | Path | None = None, **asked: Any
) -> Inspection:
    """Look at the leads without learning from them: roles, kinds, quality, leakage."""
    raw = read(leads)
    found = inspection.inspect(raw, options(leads, config, target=target, **asked))
    return Inspection(**vars(found), leads=raw)


@dataclass(frozen=True)
class Inspection(inspection.Inspection):
    """What the leads are, and the leads themselves to make a report of."""

    leads: pl.DataFrame = field(repr=False, compare=False)

    def report(self, path: str | Path, *, force: bool = False) -> None:
        """The leads in pictures, in one HTML file that works offline."""
        from leadlight.insight import page
        from leadlight.insight.explore import explore

        page.check()
        write_bytes_atomically(path, page.written(explore(self.leads, self)).encode(), force=force)


def cross_validate(
    leads: Any,
    target: str | None = None,
    *,
    models: str | Sequence[str] = "fast",
    cv: int | Iterable[tuple[Any, Any]] = 5,
    config: str | Path | None = None,
    **asked: Any,
) -> pl.DataFrame:
    """Out-of-fold figures of each model on your own folds: (train rows, test rows) pairs, or how many."""
    wanted = options(leads, config, target=target, models=models, **asked)
    raw = read(leads)
    names = families(wanted)
    pairs = _folds(raw, wanted, cv) if isinstance(cv, int) else list(cv)
    found = [_held_out_figures(raw, replace(wanted, models=name), name, pairs) for name in names]
    return pl.DataFrame(found)


def _folds(raw: pl.DataFrame, wanted: Options, count: int) -> list[tuple[Any, Any]]:
    from sklearn.model_selection import StratifiedKFold

    prepared = prepare(raw, wanted)
    outcome = prepared.structure.target.apply(raw)
    decided = np.flatnonzero(outcome.is_not_null().to_numpy())
    folds = StratifiedKFold(count, shuffle=True, random_state=wanted.seed)
    seen = outcome.drop_nulls().to_numpy()
    return [(decided[left], decided[right]) for left, right in folds.split(decided, seen)]


def _held_out_figures(
    raw: pl.DataFrame, wanted: Options, name: str, pairs: Sequence[tuple[Any, Any]]
) -> Mapping[str, Any]:
    margins, outcomes, lines = [], [], []
    for left, right in pairs:
        bundle = training.train(raw[np.asarray(left).tolist()], wanted).bundle
        seen = raw[np.asarray(right).tolist()]
        margins.append(bundle.scorer.score(seen).margin)
        outcomes.append(bundle.target.apply(seen).to_numpy().astype(np.float64))
        lines.append(bundle.scorer.grades.line)
    margin, outcome = np.concatenate(margins), np.concatenate(outcomes)
    figures = evaluate(
        outcome, margin, probability(margin), cut=float(np.mean(lines)), seed=wanted.seed
    ).to_json()
    return {
        "model": name,
        **{key: figures[key] for key in ("auc", "log_loss", "brier", "ece", "accuracy", "f1")},
    }


class Model:
    """A trained model: scores with reasons, and all that is known of how good they are."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def __repr__(self) -> str:
        return f"<Model {self.bundle.name}: {self.bundle.family}, {len(self.columns)} columns>"

    @property
    def columns(self) -> list[str]:
        """The columns that the model looks at."""
        return [column.name for column in self.bundle.scorer.schema.inputs]

    @property
    def training(self) -> Mapping[str, Any]:
        """Candidates, figures on training, validation and test, what was left out, findings."""
        return self.bundle.training

    @cached_property
    def _single(self) -> Single:
        return Single(self.bundle.scorer)

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write the bundle; the file is there whole or not at all."""
        self.bundle.save(path, force=force)

    def score(
        self,
        leads: Any,
        *,
        reasons: int = 0,
        groups: bool = False,
        at: Any = None,
        allow_missing: bool = False,
    ) -> Any:
        """The id and our columns, a row a lead in the same order; a dataframe gives the same kind back."""
        raw = read(leads)
        scorer = BatchScorer(self.bundle, reasons=reasons, groups=groups, at=moment(at))
        check_columns(self.bundle.scorer.schema, raw.columns, allow_missing=allow_missing)
        return same_kind(scorer.identities(raw).hstack(scorer.score(raw).frame), leads)

    def score_one(self, lead: Mapping[str, Any], *, reasons: int = 0, at: Any = None) -> One:
        """One lead as a dictionary; an absent column is missing."""
        return self._single.score(lead, reasons, moment(at))

    def evaluate(self, leads: Any) -> Evaluation:
        """How well the model does on leads whose outcome is known."""
        raw = read(leads)
        outcome = outcomes_of(self.bundle, raw)
        decided = raw.filter(outcome.is_not_null())
        if not decided.height:
            raise InputError("None of these leads has a known outcome.", code="no_outcomes")
        margin = self.bundle.scorer.score(decided).margin
        seen = outcome.drop_nulls().to_numpy().astype(np.float64)
        return evaluate(seen, margin, probability(margin), cut=self.bundle.scorer.grades.line)

    def explain(self, leads: Any, id: Any = None) -> Explanation:  # noqa: A002
        """Every factor of one lead's odds, and what would change them."""
        raw = [leads] if isinstance(leads, Mapping) else leads
        one = _find(read(raw), self.bundle.scorer.schema.name_of("id"), id)
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

    def plan(self, leads: Any, *, reasons: int = 3, **asked: Any) -> Plan:
        """Whom to call, in which order, by whom, and what to expect of it; see `planned`."""
        raw = read(leads)
        raw = raw.filter(~decided(self.bundle, raw))
        return planned(self.bundle, raw, BatchScorer(self.bundle, reasons=reasons).score(raw), **asked)

    def with_policy(self, policy: Policy) -> Model:
        """The same model with its grades and its line set anew; nothing is learnt."""
        return Model(regraded(self.bundle, policy))


def planned(
    bundle: Bundle,
    raw: pl.DataFrame,
    batch: Batch,
    *,
    capacity: int | None = None,
    callers: int | Sequence[Caller] | pl.DataFrame | None = None,
    suppressed: np.ndarray | None = None,
) -> Plan:
    """The list out of scored leads: all above the line, or the best that there is capacity for."""
    schema, scores = bundle.scorer.schema, batch.scores
    kept_out = consent.barred(schema, raw, "call")
    return planning.plan(
        beside(raw, batch.frame),
        Chances(scores.margin, scores.probability, scores.low, scores.high),
        line=bundle.scorer.grades.line if capacity is None else None,
        capacity=capacity,
        callers=callers,
        owner=_present(schema.name_of("owner"), raw),
        suppressed=kept_out if suppressed is None else kept_out | suppressed,
        id=_present(schema.name_of("id"), raw),
    )


def outcomes_of(bundle: Bundle, raw: pl.DataFrame) -> pl.Series:
    """1 for won, 0 for lost, missing for open; values that the model was not told of are refused."""
    try:
        return target_of(bundle, raw).apply(raw)
    except QuestionError as question:
        raise QuestionError(
            question.message,
            code=question.code,
            hint="Take these leads out, or train a model that is told what the values mean.",
        ) from None


def target_of(bundle: Bundle, raw: pl.DataFrame) -> outcomes.Target:
    """The outcome that the model was told of; one made before there were any takes it from the leads."""
    known = bundle.target
    if known.has_meanings:
        return known
    return outcomes.resolve(raw, known.column or outcomes.find(raw))


def decided(bundle: Bundle, raw: pl.DataFrame) -> np.ndarray:
    """The leads that were won or lost already, where the leads say so."""
    try:
        outcome = target_of(bundle, raw)
    except (ColumnError, QuestionError):
        outcome = bundle.target
    if outcome.column not in raw.columns:
        return np.zeros(raw.height, dtype=bool)
    values = outcomes.levels(raw[outcome.column])
    return values.is_in((*outcome.positive, *outcome.negative)).fill_null(False).to_numpy()


def _present(name: str | None, raw: pl.DataFrame) -> str | None:
    return name if name in raw.columns else None


def _find(raw: pl.DataFrame, column: str | None, wanted: Any) -> pl.DataFrame:
    if wanted is None and raw.height == 1:
        return raw
    if wanted is None or column is None:
        raise ColumnError("Which lead? Name its id.", code="which_lead", hint="explain(leads, id=...)")
    found = raw.filter(frame.as_text(raw[column]).str.strip_chars() == str(wanted).strip())
    if not found.height:
        raise InputError(f"No lead has this id in {column!r}.", code="no_such_lead")
    return found[:1]


def same_kind(result: pl.DataFrame, leads: Any) -> Any:
    """Our columns as a dataframe of the library that the leads came in."""
    if isinstance(leads, str | Path | pl.DataFrame | pl.LazyFrame | Sequence):
        return result
    module = type(leads).__module__.split(".")[0]
    if module == "pandas":
        import pandas

        return pandas.DataFrame(result.to_dict(as_series=False))
    return result.to_arrow() if module == "pyarrow" else result
