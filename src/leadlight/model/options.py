"""What may be asked of training; every default is the one that the documentation names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from leadlight.data.config import ColumnConfig
from leadlight.model.grade import Policy


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
    features: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, ColumnConfig] = field(default_factory=dict)
    models: str | Sequence[str] = "fast"
    metric: str = "log_loss"
    folds: int = 5
    test: str | float = "auto"
    seed: int = 0
    refit: bool = True
    policy: Policy | None = None
