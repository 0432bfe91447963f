"""leadlight.toml: reading, writing, and what it says on top of what was inferred."""

from leadlight.data.config.apply import applied, with_points
from leadlight.data.config.read import parse
from leadlight.data.config.record import (
    RETRAINING,
    ColumnConfig,
    Config,
    GradesConfig,
    PlaybookConfig,
    PointsConfig,
    TargetConfig,
    TrainConfig,
    WatchConfig,
)
from leadlight.data.config.write import Inferred, render, render_roles

__all__ = [
    "RETRAINING",
    "ColumnConfig",
    "Config",
    "GradesConfig",
    "Inferred",
    "PlaybookConfig",
    "PointsConfig",
    "TargetConfig",
    "TrainConfig",
    "WatchConfig",
    "applied",
    "parse",
    "render",
    "render_roles",
    "with_points",
]
