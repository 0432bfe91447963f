"""What to try next, and what has mattered so far: Optuna's part of tuning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from leadlight.errors import DependencyError
from leadlight.training.learners.settings import Grid, Setting, Settings, Space, Span
from leadlight.training.study import Trial

FEWEST: Final = 6
"""Finished trials from which anything can be said of what matters."""
DIGITS: Final = 4
_SEEDS: Final = 2**32


def check() -> None:
    """Whether Optuna is there."""
    _optuna()


def settings(space: Space | Grid, trials: Sequence[Trial], seed: int, sign: float) -> Settings | None:
    """The next settings, which depend on nothing but these trials and the seed; None when all were tried."""
    if isinstance(space, tuple):
        left = space[1 + len(trials) :]
        return left[0] if left else None
    optuna = _optuna()
    sampler = optuna.samplers.TPESampler(seed=(seed * 100_003 + len(trials)) % _SEEDS, multivariate=True)
    ranges = _ranges(space)
    with _quietly(optuna):
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.add_trials([_told(optuna, trial, ranges, sign) for trial in trials])
        return {name: _short(value) for name, value in study.ask(ranges).params.items()}


def importance(space: Space | Grid, trials: Sequence[Trial]) -> dict[str, float]:
    """The share of each setting in what made trials differ (fANOVA)."""
    finished = [trial for trial in trials if trial.complete]
    if len(finished) < FEWEST or len({trial.value for trial in finished}) < 2:
        return {}
    optuna = _optuna()
    ranges = _ranges(space)
    with _quietly(optuna):
        study = optuna.create_study()
        study.add_trials([_told(optuna, trial, ranges, 1.0) for trial in finished])
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: round(float(share), 6) for name, share in found.items()}


def _ranges(space: Space | Grid) -> dict[str, Any]:
    """The settings in Optuna's words."""
    distributions = _optuna().distributions
    if isinstance(space, tuple):
        values = {name: tuple(dict.fromkeys(each[name] for each in space)) for name in space[0]}
        return {name: distributions.CategoricalDistribution(each) for name, each in values.items()}
    ranges: dict[str, Any] = {}
    for name, values_or_span in space.items():
        if not isinstance(values_or_span, Span):
            ranges[name] = distributions.CategoricalDistribution(values_or_span)
        else:
            low, high = values_or_span.low, values_or_span.high
            whole = isinstance(low, int) and isinstance(high, int)
            kind = distributions.IntDistribution if whole else distributions.FloatDistribution
            ranges[name] = kind(low, high, log=values_or_span.log)
    return ranges


def _told(optuna: Any, trial: Trial, ranges: dict[str, Any], sign: float) -> Any:
    state = optuna.trial.TrialState
    return optuna.trial.create_trial(
        state=state.COMPLETE if trial.complete else state.PRUNED,
        value=sign * trial.value,
        params=dict(trial.settings),
        distributions=ranges,
        intermediate_values={step: sign * value for step, value in enumerate(trial.values)},
    )


def _short(value: Setting) -> Setting:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


@contextmanager
def _quietly(optuna: Any) -> Iterator[None]:
    """Without a word of Optuna's own."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise DependencyError(
            "Tuning needs Optuna, which is not installed.",
            code="no_optuna",
            hint="Install it: pip install 'leadlight[tune]'",
        ) from None
    return optuna
