"""Settings that are fine by themselves and cannot hold together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from leadlight.data import cells, rules
from leadlight.data.config.place import TomlSource
from leadlight.data.config.record import ColumnConfig, Config, GradesConfig, TargetConfig
from leadlight.data.schema import FLAG_SPELLINGS
from leadlight.errors import ConfigError

NAMES: Final = ("hot", "warm", "cold")
_POLICIES: Final = {
    "cuts": ("cuts",),
    "capacity": ("capacity", "per", "arrivals"),
    "precision": ("precision",),
    "value": ("call_cost", "deal_value"),
    "meet": ("meet",),
}
_KINDS_OF: Final = {
    "decimal": ("number",),
    "thousands": ("number",),
    "date_format": ("date",),
    "aliases": ("category", "flag"),
}


def refuse_contradictions(source: TomlSource, config: Config) -> None:
    """Refuse what contradicts itself."""
    _target(source, config.target)
    _roles(source, config)
    for name, column in config.columns.items():
        _column(source, name, column)
        if column.points:
            _points(source, config, name, column)
    _grades(source, config.grades)
    _choice_of_columns(source, config)


def _target(source: TomlSource, target: TargetConfig) -> None:
    said = {"positive": target.positive, "negative": target.negative, "open": target.open}
    counts = Counter(cells.clean(word) for words in said.values() for word in words)
    for key, words in said.items():
        if any(counts[cells.clean(word)] > 1 for word in words):
            raise source.problem(("target", key), "A value of the target is named twice.")


def _roles(source: TomlSource, config: Config) -> None:
    for role in ("target", "id", "time"):
        names = [name for name, column in config.columns.items() if column.role == role]
        if role == "target" and config.target.column is not None:
            names = list(dict.fromkeys([config.target.column, *names]))
        if len(names) > 1:
            message = f"There can be one {role} column, and {names[0]!r} is one already."
            raise source.problem(("columns", names[1], "role"), message)
    for name, column in config.columns.items():
        if name == config.target.column and column.role not in (None, "target"):
            raise source.problem(("columns", name, "role"), "The target column cannot have another role.")


def _column(source: TomlSource, name: str, column: ColumnConfig) -> None:
    for key, kinds in _KINDS_OF.items():
        if column.kind not in (None, *kinds) and getattr(column, key):
            message = f"{key!r} does not go with kind {column.kind!r}."
            raise source.problem(("columns", name, key), message, f"It goes with: {', '.join(kinds)}.")
    if column.missing == "median" and column.kind not in (None, "number"):
        raise source.problem(("columns", name, "missing"), "Only numbers have a median.")
    if isinstance(column.missing, float) and column.kind not in (None, "number"):
        raise source.problem(("columns", name, "missing"), "A number can stand in for a missing number only.")
    if (column.decimal or ".") == column.thousands:
        key = "decimal" if column.decimal else "thousands"
        raise source.problem(
            ("columns", name, key), "One mark cannot separate both the thousands and the decimals."
        )


def _points(source: TomlSource, config: Config, name: str, column: ColumnConfig) -> None:
    """Points that nothing could ever be given, or that say two things of one lead."""
    path = ("columns", name, "points")
    if name == config.target.column or column.role not in (None, "feature", "consent"):
        role = "target" if name == config.target.column else column.role
        raise source.problem(
            path, f"A column of role {role!r} cannot have points.", "Give them to a feature."
        )
    if rules.MISSING in map(cells.clean, column.points) and column.missing not in (None, "level"):
        message = f"'missing' has points, and missing = {column.missing!r} leaves no lead without a value."
        raise source.problem(path, message, "Take one of them out.")
    double = rules.DOUBLE if config.points.double is None else config.points.double
    if len(column.points) > rules.MOST or max(map(abs, column.points.values())) > rules.FARTHEST * double:
        message = f"There are more than {rules.MOST:,} of them, or some double the odds more than 20 times."
        raise source.problem(path, message, f"{double:g} points double the odds: see 'double' in [points].")
    try:
        _read_points(column)
    except ConfigError as problem:
        raise source.problem(path, f"Points of {name!r}: {problem.message}", problem.hint) from None


def _read_points(column: ColumnConfig) -> None:
    """Where nothing is said of the kind, it is known only once the leads are."""
    if column.kind is not None:
        told = (*column.placeholders, "") if column.placeholders is not None else cells.PLACEHOLDERS
        own = dict(FLAG_SPELLINGS) if column.kind == "flag" else {}
        own |= {cells.clean(spelling): cells.clean(level) for spelling, level in column.aliases.items()}
        rules.settled(column.points, column.kind, own, tuple(map(cells.clean, told)))


def _grades(source: TomlSource, grades: GradesConfig) -> None:
    used = [name for name, keys in _POLICIES.items() if any(_is_said(getattr(grades, key)) for key in keys)]
    if len(used) > 1:
        key = next(key for key in _POLICIES[used[1]] if _is_said(getattr(grades, key)))
        raise source.problem(("grades", key), f"One policy at a time: there is {used[0]!r} already.")
    if used == ["value"]:
        _together(source, grades, ("call_cost", "deal_value"))
    if used == ["capacity"]:
        _together(source, grades, ("capacity", "per", "arrivals"))
    if grades.cuts:
        _cuts(source, grades)


def _is_said(value: object) -> bool:
    return value is not None and value != {} and value is not False


def _together(source: TomlSource, grades: GradesConfig, keys: Sequence[str]) -> None:
    if any(getattr(grades, key) is None for key in keys):
        raise source.problem(("grades",), f"These belong together: {', '.join(keys)}.")


def _cuts(source: TomlSource, grades: GradesConfig) -> None:
    best, middle, _ = grades.names or NAMES
    heights = [grades.cuts.get(name) for name in (best, middle)]
    if heights[0] is None or not set(grades.cuts) <= {best, middle}:
        message = f"'cuts' names {best}, and {middle} if wanted: the least probability of each."
        raise source.problem(("grades", "cuts"), message)
    if heights[1] is not None and heights[1] >= heights[0]:
        raise source.problem(
            ("grades", "cuts"), f"{best!r} has to begin at a higher probability than {middle!r}."
        )


def _choice_of_columns(source: TomlSource, config: Config) -> None:
    train = config.train
    for key, names in (("keep", train.keep), ("only", train.only)):
        if both := set(train.drop) & set(names):
            raise source.problem(("train", key), f"{min(both)!r} is both in 'drop' and in {key!r}.")
