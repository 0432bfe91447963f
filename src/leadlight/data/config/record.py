"""What leadlight.toml can say, as plain frozen records; None and empty mean that nothing was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

RETRAINING = ("never", "on-alarm", "weekly", "monthly")
"""When a challenger may be trained."""


@dataclass(frozen=True)
class TargetConfig:
    """`[target]`: the outcome column and which of its values are won, lost and open."""

    column: str | None = None
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnConfig:
    """`[columns."Name"]`: what a column is, how its cells are read, and points that were set by hand."""

    role: str | None = None
    kind: str | None = None
    placeholders: tuple[str, ...] | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    missing: str | float | None = None
    decimal: str | None = None
    thousands: str | None = None
    date_format: str | None = None
    actionable: bool | None = None
    group: str | None = None
    yes: str | None = None
    points: Mapping[str, float] = field(default_factory=dict)
    points_at: str = field(default="", metadata={"place": True})
    """Where the points are written: no key, but what an error can name once the leads are known."""


@dataclass(frozen=True)
class PointsConfig:
    """`[points]`: what points that are set by hand mean."""

    rate: float | None = None
    double: float | None = None


@dataclass(frozen=True)
class GradesConfig:
    """`[grades]`: the names from best to worst, and at most one policy."""

    names: tuple[str, ...] = ()
    cuts: Mapping[str, float] = field(default_factory=dict)
    capacity: int | None = None
    per: str | None = None
    arrivals: float | None = None
    precision: float | None = None
    call_cost: float | None = None
    deal_value: float | None = None
    meet: bool | None = None


@dataclass(frozen=True)
class PlaybookConfig:
    """`[playbooks.hot]`: what is to be done about the leads of a grade, within which time, by whom."""

    do: str = ""
    within: str = ""
    by: str = ""

    @property
    def text(self) -> str:
        """In one line; blank where nothing is written."""
        end = "".join(f" {word} {said}" for word, said in (("within", self.within), ("by", self.by)) if said)
        return f"{self.do}{end}".strip()


@dataclass(frozen=True)
class TrainConfig:
    """`[train]`: how training is done."""

    folds: int | None = None
    test: str | float | None = None
    models: str | tuple[str, ...] | None = None
    seed: int | None = None
    metric: str | None = None
    select: str | None = None
    tune: int | None = None
    tune_minutes: float | None = None
    balance: str | None = None
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class SystemConfig:
    """`[connect.hubspot]` and its like: what is read from a system, what it means, and what goes back."""

    address: str | None = None
    account: str | None = None
    user: str | None = None
    objects: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    history: tuple[str, ...] | None = None
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    horizon_days: int | None = None
    write: bool = True
    hysteresis: float | None = None
    answer_seconds: float | None = None
    """How far a probability has to move before its score is written again."""
    dispute: str | None = None
    """The field in which people write why a score is wrong: it becomes a dispute, and is no column."""

    def base(self, host: str) -> str:
        """Where the system is: the address that was named, else its public host."""
        return (self.address or f"https://{host}").rstrip("/")


@dataclass(frozen=True)
class ConnectConfig:
    """`[connect]`: the systems that leads come from, and hosts in one's own network that may be called."""

    private: tuple[str, ...] = ()
    systems: Mapping[str, SystemConfig] = field(default_factory=dict)

    def of(self, name: str) -> SystemConfig:
        return self.systems.get(name) or SystemConfig()


@dataclass(frozen=True)
class WatchConfig:
    """`[watch]`: when a challenger is trained, and whether one that passes the gate goes in service."""

    retrain: str = "never"
    promote: bool = False


@dataclass(frozen=True)
class WebhookConfig:
    """`[webhook]`: where it is told which leads became hot."""

    hot: str | None = None


@dataclass(frozen=True)
class Config:
    """A whole leadlight.toml; `Config()` is an empty one."""

    target: TargetConfig = field(default_factory=TargetConfig)
    columns: Mapping[str, ColumnConfig] = field(default_factory=dict)
    features: Mapping[str, str] = field(default_factory=dict)
    grades: GradesConfig = field(default_factory=GradesConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    points: PointsConfig = field(default_factory=PointsConfig)
    playbooks: Mapping[str, PlaybookConfig] = field(default_factory=dict)
    connect: ConnectConfig = field(default_factory=ConnectConfig)
    watch: WatchConfig = field(default_factory=WatchConfig)
    webhook: WebhookConfig = field(default_factory=WebhookConfig)

    def name_of(self, role: str) -> str | None:
        """The one column of a role such as id, target or time."""
        if role == "target" and self.target.column is not None:
            return self.target.column
        return next((name for name, column in self.columns.items() if column.role == role), None)
