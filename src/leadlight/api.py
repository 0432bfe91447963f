"""The verbs that learn or look at leads: train, inspect, enrich, cross_validate."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from numbers import Integral
from pathlib import Path
from time import perf_counter
from typing import Any, Final, Protocol, Unpack

import numpy as np
import polars as pl

from leadlight import settings
from leadlight.data import cells
from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.enrichment.enrich import CompanyTable, EnrichmentCounts, enriched
from leadlight.data.enrichment.lead_columns import LeadColumns
from leadlight.data.expressions import parse_feature
from leadlight.data.target import nearest
from leadlight.errors import ConfigError
from leadlight.leads import read, same_kind
from leadlight.model.probability import probability
from leadlight.ready import Model
from leadlight.training import early_model, inspection
from leadlight.training import fit as training
from leadlight.training.as_of import MOMENT, LeadLogs
from leadlight.training.choose import check as families
from leadlight.training.evaluate import FIGURES, evaluate, fold_spread
from leadlight.training.fit import Trained
from leadlight.training.holdout_check import ACCEPTED
from leadlight.training.options import SEEDS, Choices, Options
from leadlight.training.prepare import prepare
from leadlight.training.progress import Observe, silent
from leadlight.version import __version__


def options(leads: Any = None, config: str | Path | None = None, **asked: Any) -> Options:
    """What leadlight.toml says, with what is asked here on top."""
    given = {name: value for name, value in asked.items() if value not in (None, (), [], {})}
    for name in ("positive", "negative", "open", "drop", "keep", "only", "objection", "permission", "accept"):
        if name in given:
            value = given[name]
            given[name] = (value,) if isinstance(value, str) else tuple(str(each) for each in value)
    if isinstance(given.get("features"), Sequence):
        given["features"] = dict(_declared(text) for text in given["features"])
    if "test" in given:
        given["test"] = _share_or_word(given["test"])
    if "study" in given:
        given["study"] = Path(given["study"])
    _check_names(asked)
    wanted = replace(Options.of(settings.find(leads, config)), **given)
    _check_kinds(wanted)
    _check(wanted)
    return wanted


def _declared(text: str) -> tuple[str, str]:
    name, expression = parse_feature(text)
    return name, str(expression)


def _share_or_word(test: Any) -> float | str:
    number = cells.parse_number(str(test))
    return str(test) if number is None else number


def _check_names(asked: Mapping[str, Any]) -> None:
    """Refuse what nothing is called like, with what was probably meant."""
    known = Options.__dataclass_fields__
    for name in asked:
        if name not in known:
            raise ConfigError(
                f"There is nothing to ask for that is called {name!r}.",
                code="unknown_option",
                hint=nearest(name, known, "names"),
            )


def _check_kinds(wanted: Options) -> None:
    """Refuse a list where a number is asked for, and its like."""
    for kind, what, names in _KINDS:
        for name in names:
            value = getattr(wanted, name)
            if not isinstance(value, kind) or isinstance(value, bool):
                own = " Folds of your own are for cross_validate(cv=...)." if name == "folds" else ""
                raise ConfigError(f"{name} takes {what}.{own}", code="option_kind")


_KINDS: Final = (
    (Integral, "a whole number", ("folds", "seed", "tune")),
    (str, "a word", ("metric", "select", "balance")),
)


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
    if not 0 <= wanted.seed < SEEDS:
        raise ConfigError(f"The seed must be a whole number from 0 to {SEEDS - 1:,}.", code="seed")
    unknown = [code for code in wanted.accept if code not in ACCEPTED]
    if unknown:
        raise ConfigError(
            f"There is no refusal {unknown[0]!r} that could be accepted.",
            code="accept",
            hint=f"These can be: {', '.join(ACCEPTED)}.",
        )
    if wanted.folds < 2:
        raise ConfigError("At least two folds are needed.", code="folds")
    if isinstance(wanted.test, float) and not 0.0 < wanted.test < 1.0:
        raise ConfigError(
            "The share that is held out must lie between 0 and 1.",
            code="test_share",
            hint="Give 0.2, or a file.",
        )


def train(
    leads: Any,
    target: str | None = None,
    *,
    models: str | Sequence[str] | None = None,
    config: str | Path | None = None,
    events: Any = None,
    outcomes: Any = None,
    moment: float = MOMENT,
    **asked: Unpack[Choices],
) -> Model:
    """Train a model that one can trust and read; see `Options` for all that may be asked.

    `events` are what leads did (lead, type, time), looked at `moment` days after each lead arrived;
    `outcomes` (lead, at) say when leads were decided: those too young to know how they end are left out, and
    those that are open for longer than leads take to buy count as lost.
    """
    wanted = options(leads, config, target=target, models=models, **asked)
    return Model(trained(leads, wanted, logs=lead_logs(events, outcomes, moment)).bundle)


def lead_logs(events: Any, outcomes: Any = None, moment: float = MOMENT) -> LeadLogs | None:
    """What lies beside the leads for training, checked against the clock."""
    if events is None and outcomes is None:
        return None
    done, ended = (None if each is None else read(each) for each in (events, outcomes))
    return LeadLogs(done, ended, moment, time.time())


def trained(leads: Any, wanted: Options, observe: Observe = silent, logs: LeadLogs | None = None) -> Trained:
    """A model with the way there: what was prepared, and how long each candidate took."""
    held_out = None
    if isinstance(wanted.test, str) and wanted.test not in ("auto", "time", "random"):
        held_out = read(wanted.test)
    return early_model.train_or_start(
        read(leads),
        wanted,
        held_out=held_out,
        logs=logs,
        version=__version__,
        clock=perf_counter,
        observe=observe,
    )


def inspect(
    leads: Any,
    target: str | None = None,
    *,
    config: str | Path | None = None,
    events: Any = None,
    outcomes: Any = None,
    moment: float = MOMENT,
    **asked: Unpack[Choices],
) -> Inspection:
    """Look at the leads without learning from them: roles, kinds, quality, leakage."""
    raw = read(leads)
    wanted = options(leads, config, target=target, **asked)
    found = inspection.inspect(raw, wanted, lead_logs(events, outcomes, moment))
    return Inspection(**vars(found), leads=raw if found.frame is None else found.frame)


@dataclass(frozen=True)
class Inspection(inspection.InspectedLeads):
    """What the leads are, and the leads themselves to make a report of."""

    leads: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False, compare=False)

    def report(self, path: str | Path, *, force: bool = False) -> None:
        """The leads in pictures, in one HTML file that works offline."""
        from leadlight.insight import page
        from leadlight.insight.explore import explore

        page.check()
        write_bytes_atomically(path, page.written(explore(self.leads, self)).encode(), force=force)


@dataclass(frozen=True)
class EnrichedLeads:
    """Leads with columns added, in the kind of dataframe they came in, and what was found for how many."""

    leads: Any = field(repr=False, compare=False)
    added: tuple[str, ...]
    counts: EnrichmentCounts


def enrich(
    leads: Any,
    companies: Any = None,
    *,
    company: str | None = None,
    website: str | None = None,
    email: str | None = None,
    title: str | None = None,
    table_name: str | None = None,
    table_domain: str | None = None,
    exact: bool = False,
) -> EnrichedLeads:
    """Add what a table of companies knows of each lead, and what its mailbox and job title say.

    Both may be a path, a dataframe or a list of dictionaries. Companies are looked up by domain, then by
    name, then by a name with few letters wrong (not with `exact`); what could be several is left alone.
    """
    raw = read(leads)
    used = LeadColumns.among(raw.columns, name=company, website=website, email=email, title=title)
    table = None
    if companies is not None:
        table = CompanyTable.of(read(companies), name=table_name, domain=table_domain)
    found = enriched(raw, used, table, fuzzy=not exact)
    return EnrichedLeads(same_kind(found.frame, leads), found.added, found.counts)


class Splitter(Protocol):
    """What makes folds, as those of scikit-learn do."""

    def split(self, X: Any, y: Any = None) -> Iterable[tuple[Any, Any]]: ...


def cross_validate(
    leads: Any,
    target: str | None = None,
    *,
    models: str | Sequence[str] = "fast",
    cv: int | Splitter | Iterable[tuple[Any, Any]] = 5,
    config: str | Path | None = None,
    **asked: Unpack[Choices],
) -> pl.DataFrame:
    """Out-of-fold figures of each model, and how far they deviate from fold to fold.

    `cv` is how many folds, a splitter of scikit-learn such as KFold(3), or (train rows, test rows) pairs.
    """
    wanted = options(leads, config, target=target, models=models, **asked)
    raw = read(leads)
    names = families(wanted)
    raw, pairs = _folds(raw, wanted, cv)
    found = [_held_out_figures(raw, replace(wanted, models=name), name, pairs) for name in names]
    return pl.DataFrame(found)


def _folds(raw: pl.DataFrame, wanted: Options, cv: Any) -> tuple[pl.DataFrame, list[tuple[Any, Any]]]:
    """The leads and the pairs of rows; where the folds are not given, of decided leads alone."""
    if isinstance(cv, Integral) and not isinstance(cv, bool) and int(cv) > 1:
        prepared = prepare(raw, wanted)
        folds = prepared.folds(np.arange(prepared.raw.height), int(cv), by_time=False)
        return prepared.raw, [(fold.train, fold.validation) for fold in folds]
    if hasattr(cv, "split") and not isinstance(cv, str):
        prepared = prepare(raw, wanted)
        try:
            return prepared.raw, list(cv.split(np.zeros((prepared.raw.height, 1)), prepared.outcome))
        except ValueError as problem:
            raise ConfigError(f"cv cannot split these leads: {problem}", code="cv", hint=_PAIRS) from None
    pairs = list(cv) if isinstance(cv, Iterable) and not isinstance(cv, str) else []
    if not pairs or not all(isinstance(pair, Sized) and len(pair) == 2 for pair in pairs):
        raise ConfigError("cv is not a way to split leads.", code="cv", hint=_PAIRS)
    return raw, pairs


_PAIRS: Final = (
    "Give how many folds (2 or more), a splitter such as KFold(3), or (train rows, test rows) pairs."
)


def _held_out_figures(
    raw: pl.DataFrame, wanted: Options, name: str, pairs: Sequence[tuple[Any, Any]]
) -> Mapping[str, Any]:
    margins, outcomes, lines = [], [], []
    for left, right in pairs:
        bundle = training.train(raw[np.asarray(left).tolist()], wanted).bundle
        seen = raw[np.asarray(right).tolist()]
        ended = bundle.target.apply(seen)
        decided = ended.is_not_null()
        margins.append(bundle.scorer.score(seen.filter(decided)).margin)
        outcomes.append(ended.filter(decided).to_numpy().astype(np.float64))
        lines.append(bundle.scorer.grades.line)
    margin, outcome, cut = np.concatenate(margins), np.concatenate(outcomes), float(np.mean(lines))
    share, fold = probability(margin), np.repeat(np.arange(len(margins)), [len(each) for each in margins])
    figures = evaluate(outcome, margin, share, cut=cut, seed=wanted.seed).to_json()
    spread = fold_spread(outcome, margin, share, fold, cut=cut)
    told: dict[str, Any] = {"model": name}
    for figure in ("auc", "log_loss", "brier", "ece", "accuracy", "f1"):
        told[figure] = figures[figure]
        told[f"{figure}_deviation"] = spread[figure].deviation if figure in spread else None
    return told
