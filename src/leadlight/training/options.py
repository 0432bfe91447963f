"""What may be asked of training; every default is the one that the documentation names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypedDict

from leadlight.data.config import ColumnConfig, Config, GradesConfig
from leadlight.model.policy import Policy
from leadlight.training.learners.settings import Settings


class Choices(TypedDict, total=False):
    """What may be said in Python, each by its keyword; `Options` has the defaults."""

    positive: Any
    negative: Any
    open: Any
    id: str | None
    time: str | None
    drop: str | Sequence[str]
    keep: str | Sequence[str]
    only: str | Sequence[str]
    objection: str | Sequence[str]
    permission: str | Sequence[str]
    features: Mapping[str, str] | Sequence[str]
    columns: Mapping[str, ColumnConfig]
    metric: str
    folds: int
    test: str | float | Path
    seed: int
    select: str
    tune: int
    tune_minutes: float | None
    study: str | Path | None
    balance: str
    refit: bool
    refuse: bool
    accept: str | Sequence[str]
    policy: Policy | None
    rate: float | None
    double: float | None


@dataclass(frozen=True)
class Options:
    """Answers given beforehand; what is left out is inferred or asked."""

    target: str | None = None
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    id: str | None = None
    time: str | None = None
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    objection: tuple[str, ...] = ()
    permission: tuple[str, ...] = ()
    features: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, ColumnConfig] = field(default_factory=dict)
    models: str | Sequence[str] = "fast"
    metric: str = "auc"
    folds: int = 5
    test: str | float = "auto"
    seed: int = 0
    select: str = "none"
    tune: int = 0
    tune_minutes: float | None = None
    study: Path | None = None
    balance: str = "none"
    refit: bool = True
    refuse: bool = True
    accept: tuple[str, ...] = ()
    policy: Policy | None = None
    rate: float | None = None
    double: float | None = None
    late: Mapping[str, float] = field(default_factory=dict)
    """Told by the history of fields, not by whoever trains: `LeadLogs.late`."""

    @property
    def has_points(self) -> bool:
        """Whether points were set by hand."""
        return any(told.points for told in self.columns.values())

    def settings_of(self, family: str) -> Settings:
        """What was said of a family beforehand: what hand-set points mean."""
        said = {"rate": self.rate, "double": self.double} if family == "rules" else {}
        return {name: value for name, value in said.items() if value is not None}

    @staticmethod
    def of(config: Config) -> Options:
        """What leadlight.toml says; what it leaves out keeps its default."""
        told = {
            "target": config.target.column,
            "positive": config.target.positive,
            "negative": config.target.negative,
            "open": config.target.open,
            "id": _with_role(config, "id"),
            "time": _with_role(config, "time"),
            "features": config.features,
            "columns": config.columns,
            "policy": policy_of(config.grades),
            "rate": config.points.rate,
            "double": config.points.double,
            **{name: getattr(config.train, name) for name in (*_PLAIN, "drop", "keep", "only")},
        }
        return Options(**{name: value for name, value in told.items() if value is not None})


SEEDS: Final = 2**32
"""How many seeds there are: scikit-learn takes no larger one."""

_PLAIN = ("models", "metric", "folds", "test", "seed", "select", "tune", "tune_minutes", "balance")


def _with_role(config: Config, role: str) -> str | None:
    return next((name for name, column in config.columns.items() if column.role == role), None)


def policy_of(grades: GradesConfig) -> Policy | None:
    """The policy that [grades] asks for; None leaves the default."""
    policy = _policy_of(grades)
    if not grades.names:
        return policy
    return (policy or Policy()).named(*grades.names)


def _policy_of(grades: GradesConfig) -> Policy | None:
    if grades.cuts:
        hot, warm = [*grades.cuts.values(), None][:2]
        return None if hot is None else Policy.cuts(hot, warm)
    if grades.capacity is not None and grades.arrivals is not None:
        return Policy.capacity(grades.capacity, grades.arrivals)
    if grades.precision is not None:
        return Policy.precision(grades.precision)
    if grades.call_cost is not None and grades.deal_value is not None:
        return Policy.value(grades.call_cost, grades.deal_value)
    return None
