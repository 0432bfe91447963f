"""The verbs that learn or look at leads: train, inspect, cross_validate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl

from leadlight import settings
from leadlight.data import cells
from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.expressions import parse_feature
from leadlight.errors import ConfigError
from leadlight.leads import read
from leadlight.model.probability import probability
from leadlight.ready import Model
from leadlight.training import early_model, inspection
from leadlight.training import fit as training
from leadlight.training.choose import check as families
from leadlight.training.evaluate import FIGURES, evaluate
from leadlight.training.fit import Trained
from leadlight.training.holdout_check import ACCEPTED
from leadlight.training.options import SEEDS, Options
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


def train(leads: Any, target: str | None = None, *, config: str | Path | None = None, **asked: Any) -> Model:
    """Train a model that one can trust and read; see `Options` for all that may be asked."""
    return Model(trained(leads, options(leads, config, target=target, **asked)).bundle)


def trained(leads: Any, wanted: Options, observe: Observe = silent) -> Trained:
    """The same with the way there: what was prepared, and how long each candidate took."""
    held_out = None
    if isinstance(wanted.test, str) and wanted.test not in ("auto", "time", "random"):
        held_out = read(wanted.test)
    return early_model.train_or_start(
        read(leads), wanted, held_out=held_out, version=__version__, clock=perf_counter, observe=observe
    )


def inspect(
    leads: Any, target: str | None = None, *, config: str | Path | None = None, **asked: Any
) -> Inspection:
    """Look at the leads without learning from them: roles, kinds, quality, leakage."""
    raw = read(leads)
    found = inspection.inspect(raw, options(leads, config, target=target, **asked))
    return Inspection(**vars(found), leads=raw)


@dataclass(frozen=True)
class Inspection(inspection.InspectedLeads):
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
    if isinstance(cv, int):
        prepared = prepare(raw, wanted)
        raw = prepared.raw
        folds = prepared.folds(np.arange(raw.height), cv, by_time=False)
        pairs: list[tuple[Any, Any]] = [(fold.train, fold.validation) for fold in folds]
    else:
        pairs = list(cv)
    found = [_held_out_figures(raw, replace(wanted, models=name), name, pairs) for name in names]
    return pl.DataFrame(found)


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
    margin, outcome = np.concatenate(margins), np.concatenate(outcomes)
    figures = evaluate(
        outcome, margin, probability(margin), cut=float(np.mean(lines)), seed=wanted.seed
    ).to_json()
    return {
        "model": name,
        **{key: figures[key] for key in ("auc", "log_loss", "brier", "ece", "accuracy", "f1")},
    }
