"""Reading leadlight.toml: every key, every type and every contradiction is checked, and the line is named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, Final

from leadlight.data import cells
from leadlight.data.config import values
from leadlight.data.config.contradict import NAMES, refuse_contradictions
from leadlight.data.config.place import Path, TomlSource
from leadlight.data.config.record import (
    RETRAINING,
    ColumnConfig,
    Config,
    ConnectConfig,
    GradesConfig,
    PlaybookConfig,
    PointsConfig,
    SystemConfig,
    TargetConfig,
    TrainConfig,
    WatchConfig,
    WebhookConfig,
)
from leadlight.data.expressions import parse as parse_expression
from leadlight.data.schema import ANSWERS, GROUPS, KINDS, ROLES
from leadlight.errors import ConfigError, ExpressionError

MOST_CHARACTERS: Final = 1_000_000
_DEEP: Final = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++\s*+\.\s*+){50}")
_WORDS: Final = values.distinct(values.word)
_NAMES: Final = values.distinct(values.text)
_TARGET: Final[Mapping[str, values.Reader]] = {
    "column": values.text,
    "positive": _WORDS,
    "negative": _WORDS,
    "open": _WORDS,
}
_COLUMN: Final[Mapping[str, values.Reader]] = {
    "role": values.one_of(*ROLES),
    "kind": values.one_of(*KINDS),
    "placeholders": _WORDS,
    "aliases": values.table_of(values.word),
    "missing": values.either(values.one_of("level", "mode", "median"), values.number, values.text),
    "decimal": values.one_of(".", ","),
    "thousands": values.one_of("", ",", ".", " ", "'", "\u2019", "\u00a0", "\u202f"),
    "date_format": values.one_of(*cells.DATE_ORDERS),
    "actionable": values.truth,
    "group": values.one_of(*GROUPS),
    "yes": values.one_of(*ANSWERS),
    "points": values.table_of(values.number),
}
_POINTS: Final[Mapping[str, values.Reader]] = {"rate": values.share, "double": values.positive}
_GRADES: Final[Mapping[str, values.Reader]] = {
    "names": values.distinct(values.text, counts=(3,)),
    "cuts": values.table_of(values.share),
    "capacity": values.whole(1, 1_000_000_000),
    "per": values.one_of("day", "week", "month"),
    "arrivals": values.positive,
    "precision": values.share,
    "call_cost": values.positive,
    "deal_value": values.positive,
    "meet": values.truth,
}
_PLAYBOOK: Final[Mapping[str, values.Reader]] = {
    "do": values.text,
    "within": values.text,
    "by": values.text,
}
_TRAIN: Final[Mapping[str, values.Reader]] = {
    "folds": values.whole(2, 50),
    "test": values.either(values.share, values.text),
    "models": values.either(values.text, _NAMES),
    "seed": values.whole(0, 2**32 - 1),
    "metric": values.text,
    "select": values.text,
    "tune": values.whole(0, 100_000),
    "tune_minutes": values.positive,
    "balance": values.text,
    "drop": _NAMES,
    "keep": _NAMES,
    "only": _NAMES,
}


_CONNECT: Final[Mapping[str, values.Reader]] = {"private": _NAMES}
_SYSTEM: Final[Mapping[str, values.Reader]] = {
    "address": values.text,
    "account": values.text,
    "user": values.text,
    "objects": _NAMES,
    "fields": _NAMES,
    "history": _NAMES,
    "won": _NAMES,
    "lost": _NAMES,
    "horizon_days": values.whole(0, 10_000),
    "write": values.truth,
    "hysteresis": values.share,
    "answer_seconds": values.positive,
    "dispute": values.text,
}
_WATCH: Final[Mapping[str, values.Reader]] = {
    "retrain": values.one_of(*RETRAINING),
    "promote": values.truth,
}
_WEBHOOK: Final[Mapping[str, values.Reader]] = {"hot": values.text}
_SECTIONS: Final = (
    "target",
    "columns",
    "features",
    "grades",
    "train",
    "points",
    "playbooks",
    "connect",
    "watch",
    "webhook",
)


def parse(text: str, where: str = "leadlight.toml") -> Config:
    """Read the text of a leadlight.toml."""
    source = TomlSource(text.removeprefix("\ufeff"), where)
    tables = _tables(source)
    _refuse_unknown(source, (), tables, _SECTIONS)
    config = Config(
        target=TargetConfig(**_section(source, ("target",), tables, _TARGET)),
        columns={
            name: _column(source, name, tables["columns"]) for name in _table(source, ("columns",), tables)
        },
        features=_features(source, tables),
        grades=GradesConfig(**_section(source, ("grades",), tables, _GRADES)),
        train=TrainConfig(**_section(source, ("train",), tables, _TRAIN)),
        points=PointsConfig(**_section(source, ("points",), tables, _POINTS)),
        playbooks={
            name: PlaybookConfig(**_section(source, ("playbooks", name), tables["playbooks"], _PLAYBOOK))
            for name in _table(source, ("playbooks",), tables)
        },
        connect=_connect(source, tables),
        watch=WatchConfig(**_section(source, ("watch",), tables, _WATCH)),
        webhook=WebhookConfig(**_section(source, ("webhook",), tables, _WEBHOOK)),
    )
    refuse_contradictions(source, config)
    return replace(config, grades=_from_best_to_worst(config.grades))


def _connect(source: TomlSource, tables: Mapping[str, Any]) -> ConnectConfig:
    table = _table(source, ("connect",), tables)
    own = {key: value for key, value in table.items() if key in _CONNECT}
    said = {key: _value(source, ("connect", key), value, _CONNECT[key]) for key, value in own.items()}
    systems = {
        name: SystemConfig(**_section(source, ("connect", name), table, _SYSTEM))
        for name in table
        if name not in _CONNECT
    }
    return ConnectConfig(**said, systems=systems)


def _column(source: TomlSource, name: str, tables: Mapping[str, Any]) -> ColumnConfig:
    column = ColumnConfig(**_section(source, ("columns", name), tables, _COLUMN))
    at = source.place(("columns", name, "points")) if column.points else ""
    return replace(column, points_at=at)


def _from_best_to_worst(grades: GradesConfig) -> GradesConfig:
    cuts = {name: grades.cuts[name] for name in grades.names or NAMES if name in grades.cuts}
    return replace(grades, cuts=cuts)


def _tables(source: TomlSource) -> dict[str, Any]:
    if len(source.text) > MOST_CHARACTERS:
        raise ConfigError("The configuration is longer than a million characters.", where=source.where)
    if _DEEP.search(source.text):
        raise ConfigError("A key of more than 50 parts makes no sense here.", where=source.where)
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(source, str(error)) from None
    except (ValueError, RecursionError):
        raise ConfigError(
            "This is not valid TOML: a number is too long or lists are too deep.", where=source.where
        ) from None


def _not_toml(source: TomlSource, message: str) -> ConfigError:
    match = re.fullmatch(r"(.*) \(at (?:(line \d+, column \d+)|end of document)\)", message, re.DOTALL)
    said, place = (match[1], match[2]) if match else (message, None)
    last = len(source.text.splitlines())
    return ConfigError(
        f"This is not valid TOML: {said}.",
        where=f"{source.where}, {place or f'line {last}'}",
        hint="Texts stand in quotes, lists in [ ], and a section begins with its name in [ ].",
    )


def _table(source: TomlSource, path: Path, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    table = tables.get(path[-1], {})
    if not isinstance(table, dict):
        raise source.problem(path, f"{path[-1]!r} has to be a section.", f"Begin it with {_header(path)}.")
    return table


def _header(path: Path) -> str:
    return f"[{path[0]}]" if len(path) == 1 else f"[{path[0]}.{path[1]!r}]"


def _section(
    source: TomlSource, path: Path, tables: Mapping[str, Any], readers: Mapping[str, values.Reader]
) -> dict[str, Any]:
    table = _table(source, path, tables)
    _refuse_unknown(source, path, table, readers)
    return {key: _value(source, (*path, key), value, readers[key]) for key, value in table.items()}


def _value(source: TomlSource, path: Path, value: Any, reader: values.Reader) -> Any:
    try:
        return reader(value)
    except ConfigError as expected:
        raise source.problem(path, f"{path[-1]!r} takes {expected.message}.") from None


def _refuse_unknown(source: TomlSource, path: Path, table: Mapping[str, Any], known: Any) -> None:
    for key in table:
        if key not in known:
            close = get_close_matches(key.lower(), known, n=1)
            meant = f"Did you mean {close[0]!r}? " if close else ""
            raise source.problem(
                (*path, key), f"There is no setting {key!r}.", f"{meant}There are: {', '.join(known)}."
            )


def _features(source: TomlSource, tables: Mapping[str, Any]) -> dict[str, str]:
    features = {}
    for name, text in _table(source, ("features",), tables).items():
        features[name] = _value(source, ("features", name), text, values.text)
        try:
            parse_expression(text)
        except ExpressionError as error:
            problem = source.problem(("features", name), f"Feature {name!r}: {error.message}", error.hint)
            problem.where = ", ".join(part for part in (problem.where, error.where) if part)
            raise problem from None
    return features
