"""What a bundle remembers of its training: typed for those who read it, and the JSON that is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from types import NoneType
from typing import Any, Final, TypeVar

from leadlight.data.finding import Excluded, Finding
from leadlight.data.rows import RowCounts
from leadlight.errors import BundleError

Json = Mapping[str, Any]
READABLE: Final = ("rules", "bayes", "logistic", "glassbox_main", "glassbox")
"""The families whose models are tables of points."""


@dataclass(frozen=True, kw_only=True)
class RandomFolds:
    """What folds that do not look ahead in time would have claimed."""

    auc: float
    log_loss: float


@dataclass(frozen=True, kw_only=True)
class SplitRecord:
    """How the decided leads were parted into those to learn from and those to test on."""

    by: str = ""
    train_rows: int = 0
    test_rows: int = 0
    set_aside: int = 0
    folds: int = 0
    random: RandomFolds | None = None


@dataclass(frozen=True, kw_only=True)
class CandidateFigures:
    """How good one family of models is out of fold."""

    name: str
    auc: float
    auc_low: float
    auc_high: float
    log_loss: float
    accuracy: float
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, kw_only=True)
class EarlyStand:
    """How many leads were decided when too few were, and how many of each outcome are needed."""

    won: int
    lost: int
    needed: int


@dataclass(frozen=True, kw_only=True)
class LeakClaim:
    """What the model would have claimed with the leaks, and what it reaches without them."""

    columns: Sequence[str]
    family: str
    auc: float
    without: float


@dataclass(frozen=True, kw_only=True)
class PointRow:
    """One row of points that were set by hand, and what it is now; leads only where there are 20."""

    column: str
    value: str
    set: float
    learnt: float
    leads: int | None


@dataclass(frozen=True, kw_only=True)
class PointsRecord:
    """The points that were set by hand, and how far the outcomes have moved them."""

    rate: float | None
    double: float
    learnt: float
    rows: Sequence[PointRow]
    auc_set: float | None = None
    auc_learnt: float | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingRecord:
    """Every field is a name of the JSON; `written` and `more` see that it is given back as it came."""

    chosen: str = ""
    metric: str = ""
    candidates: Sequence[CandidateFigures] = ()
    train: Json = field(default_factory=dict)
    validation: Json = field(default_factory=dict)
    test: Json = field(default_factory=dict)
    split: SplitRecord = field(default_factory=SplitRecord)
    excluded: Sequence[Excluded] = ()
    findings: Sequence[Finding] = ()
    rows: RowCounts = field(default_factory=lambda: RowCounts(0))
    left_out: Sequence[Json] = ()
    settings: Json = field(default_factory=dict)
    selection: Json | None = None
    tuning: Json | None = None
    balance: Json | None = None
    importance: Mapping[str, float] = field(default_factory=dict)
    coefficients: Sequence[Json] = ()
    leaks: LeakClaim | None = None
    early: EarlyStand | None = None
    rules: PointsRecord | None = None
    policy: Json | None = None
    events: Json | None = None
    maturity: Json | None = None
    tally: Json = field(default_factory=dict)
    refit: bool = False
    seed: int = 0
    written: frozenset[str] = frozenset()
    """The names that stand in the JSON even where there is nothing behind them."""
    more: Json = field(default_factory=dict)
    """What another version wrote and this one does not know, as it came."""

    def to_json(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in NAMES}
        return {
            **{
                name: _plain(value)
                for name, value in given.items()
                if name in self.written or value != getattr(NOTHING, name)
            },
            **self.more,
        }

    @staticmethod
    def from_json(plain: Json) -> TrainingRecord:
        """What an older bundle lacks is empty; what is of another type than it can be is refused."""
        known = {name: _read(name, value) for name, value in plain.items() if name in NAMES}
        more = {
            name: value for name, value in plain.items() if name not in known or _plain(known[name]) != value
        }
        return TrainingRecord(**known, written=frozenset(known), more=more)

    def lacks(self, names: Sequence[str]) -> bool:
        """Whether any of these was never written down."""
        return any(
            name not in self.written and getattr(self, name) == getattr(NOTHING, name) for name in names
        )


NAMES: Final = tuple(each.name for each in fields(TrainingRecord) if each.name not in ("written", "more"))
NOTHING: Final = TrainingRecord()

_Part = TypeVar("_Part")
_NUMBER: Final = (int, float)
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "int | None": (int, NoneType),
    "float": _NUMBER,
    "float | None": (*_NUMBER, NoneType),
    "Json": (Mapping,),
    "Json | None": (Mapping, NoneType),
}


def _plain(value: Any) -> Any:
    """As JSON; what may be left out and is not there is left out."""
    if isinstance(value, Finding | Excluded | RowCounts):
        return value.to_json()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if not hasattr(value, "__dataclass_fields__"):
        return value
    given = {each.name: (getattr(value, each.name), each.default) for each in fields(value)}
    return {
        name: _plain(own) for name, (own, default) in given.items() if own is not None or default is not None
    }


def _read(name: str, value: Any) -> Any:
    try:
        return _READERS[name](value)
    except (BundleError, KeyError, TypeError, ValueError, AttributeError):
        raise BundleError(
            f"The training record of the bundle cannot be read: {name}.", code="contradiction"
        ) from None


def _of(annotation: str) -> Callable[[Any], Any]:
    kinds = _TYPES[annotation]

    def read(value: Any) -> Any:
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise TypeError
        return value

    return read


def _part(kind: type[_Part]) -> Callable[[Any], _Part]:
    """A nested record; names that it does not know are left to `more`."""
    known: Mapping[str, Any] = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]

    def read(plain: Any) -> _Part:
        missing = [name for name, each in known.items() if each.default is MISSING and name not in plain]
        if missing:
            raise KeyError
        own = {name: _NESTED.get(each.type) or _of(each.type) for name, each in known.items()}
        return kind(**{name: own[name](value) for name, value in plain.items() if name in known})

    return read


def _all(read: Callable[[Any], _Part]) -> Callable[[Any], tuple[_Part, ...]]:
    def read_all(plain: Any) -> tuple[_Part, ...]:
        if not isinstance(plain, list | tuple):
            raise TypeError
        return tuple(read(each) for each in plain)

    return read_all


def _numbers(plain: Any) -> Mapping[str, float]:
    given: Mapping[str, float] = dict(_of("Json")(plain))
    _all(_of("float"))(list(given.values()))
    return given


def _counts(plain: Any) -> RowCounts:
    _all(_of("int"))(list(plain.values()))
    return RowCounts.from_json(plain)


def _or_none(read: Callable[[Any], _Part]) -> Callable[[Any], _Part | None]:
    return lambda plain: None if plain is None else read(plain)


_NESTED: Final[Mapping[str, Callable[[Any], Any]]] = {
    "Mapping[str, float]": _numbers,
    "Sequence[str]": _all(_of("str")),
    "Sequence[Json]": _all(_of("Json")),
    "Sequence[PointRow]": _all(_part(PointRow)),
    "Sequence[CandidateFigures]": _all(_part(CandidateFigures)),
    "Sequence[Finding]": _all(Finding.from_json),
    "Sequence[Excluded]": _all(Excluded.from_json),
    "SplitRecord": _part(SplitRecord),
    "RandomFolds | None": _or_none(_part(RandomFolds)),
    "LeakClaim | None": _or_none(_part(LeakClaim)),
    "EarlyStand | None": _or_none(_part(EarlyStand)),
    "PointsRecord | None": _or_none(_part(PointsRecord)),
    "RowCounts": _counts,
}
_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    each.name: _NESTED.get(str(each.type)) or _of(str(each.type))
    for each in fields(TrainingRecord)
    if each.name in NAMES
}
