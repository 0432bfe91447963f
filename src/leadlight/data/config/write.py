"""Writing leadlight.toml: all that was inferred, with the evidence as comments, ready to be edited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

import polars as pl

from leadlight.data import cells, frame
from leadlight.data.config.record import PointsConfig, TargetConfig
from leadlight.data.schema import ANSWERS, GROUPS, KINDS, ROLES, Column

SUPPORT: Final = 20
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_OPENING: Final = f"""\
# What Leadlight takes each column for. Change what is wrong; a line that is taken out is inferred again.
#   role          {", ".join(ROLES[:6])},
#                 {", ".join(ROLES[6:])}
#   kind          {", ".join(KINDS)}
#   placeholders  words that stand for missing       aliases  spelling = level
#   missing       "level", "mode", "median" or a value that takes the place of missing ones
#   group         {", ".join(GROUPS)}
#   yes           {" or ".join(ANSWERS)}: what a yes in a consent column does, where its name does not say it
#   points        set by hand, by level or range: {{ Reference = 40, missing = -10, other = 0 }}
#   actionable    true where somebody can change it: "what would change this score" looks at these only
"""
_CLOSING: Final = """\
# Features of your own, for example:
# [features]
# time_x_visits = '"Total Time" * Visits'
"""
_PLAYBOOKS: Final = """\
# What is to be done about the leads of each grade, for example:
# [playbooks.hot]
# do = "Call, then send the offer"
# within = "4 hours"
# by = "a senior caller"
"""


@dataclass(frozen=True)
class Inferred:
    """What was inferred about one column; `seen` counts its levels in plain form (`cells.clean`)."""

    name: str
    role: str
    kind: str
    placeholders: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    missing: str | float | None = None
    decimal: str = "."
    thousands: str = ""
    date_format: str = "iso"
    actionable: bool = False
    group: str | None = None
    yes: str = ""
    points: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    seen: Mapping[str, int] = field(default_factory=dict)

    @staticmethod
    def of(column: Column, series: pl.Series, note: str = "") -> Inferred:
        """A column of a schema, with how often its levels stand in the leads."""
        seen = {} if column.role in ("id", "personal") else _supported(series)
        return Inferred(
            name=column.name,
            role=column.role,
            kind=column.kind,
            placeholders=column.placeholders if any(word in seen for word in column.placeholders) else (),
            aliases={spelling: column.label(level) for spelling, level in column.aliases.items()},
            missing=None if column.missing == "level" else column.missing,
            decimal=column.decimal,
            thousands=column.thousands,
            date_format=column.date_format,
            actionable=column.actionable,
            group=column.group,
            yes=column.yes,
            note=note,
            seen=seen,
        )


def _supported(series: pl.Series) -> dict[str, int]:
    counts = frame.counted(frame.levels(series, ("",), {}))
    return {level: count for level, count in counts if count >= SUPPORT}


def render(
    columns: Iterable[Inferred],
    target: TargetConfig | None = None,
    features: Mapping[str, str] = MappingProxyType({}),
    points: PointsConfig | None = None,
) -> str:
    """The text of a leadlight.toml; nothing learnt that was seen fewer than 20 times is in it."""
    listed = [
        replace(column, role="target") if target and column.name == target.column else column
        for column in columns
    ]
    blocks = [_OPENING, *([_target(target, listed)] if target else []), *map(_column, listed)]
    blocks += [] if points in (None, PointsConfig()) else [_points(points)]
    return "\n".join([*blocks, _features(features) if features else _CLOSING, _PLAYBOOKS])


def _target(target: TargetConfig, columns: Sequence[Inferred]) -> str:
    seen = next((column.seen for column in columns if column.name == target.column), {})
    said: dict[str, object] = {} if target.column is None else {"column": target.column}
    left_out = 0
    for key, words in (("positive", target.positive), ("negative", target.negative), ("open", target.open)):
        kept = tuple(word for word in words if seen.get(cells.clean(word), 0) >= SUPPORT)
        left_out += len(words) - len(kept)
        said |= {key: kept} if kept else {}
    note = f"Values seen fewer than {SUPPORT} times are not written here: {left_out}." if left_out else ""
    return _block("[target]", said, note)


def _column(column: Inferred) -> str:
    said: dict[str, object] = {"role": column.role, "kind": column.kind} if column.kind else {}
    said["placeholders"] = tuple(
        word
        for word in column.placeholders
        if word and (word in cells.PLACEHOLDERS or _is_seen(column, word))
    )
    said["aliases"] = {
        spelling: level for spelling, level in column.aliases.items() if _is_seen(column, spelling)
    }
    said["missing"] = column.missing
    said["decimal"] = None if column.decimal == "." else column.decimal
    said["thousands"] = column.thousands or None
    said["date_format"] = None if column.date_format == "iso" else column.date_format
    said["actionable"] = column.actionable or None
    said["group"] = column.group
    said["yes"] = column.yes or None
    said["points"] = column.points
    kept = {key: value for key, value in said.items() if value not in (None, (), {})}
    return _block(f"[columns.{_key(column.name)}]", kept, column.note)


def _is_seen(column: Inferred, spelling: str) -> bool:
    return column.seen.get(cells.clean(spelling), 0) >= SUPPORT


def _points(points: PointsConfig | None) -> str:
    said = {key: value for key, value in vars(points).items() if value is not None}
    return _block("[points]", said, "What points mean: the share that buys, and how many double the odds.")


def _features(features: Mapping[str, str]) -> str:
    return _block("[features]", features, "Features of your own.")


def _block(header: str, said: Mapping[str, object], note: str) -> str:
    comments = [f"# {_CONTROL.sub(' ', line)}" for line in note.splitlines()]
    lines = [f"{_key(key)} = {_value(value)}" for key, value in said.items()]
    return "\n".join([*comments, header, *lines, ""])


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    escaped = "".join(_ESCAPES.get(letter, letter) for letter in text)
    return '"' + _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", escaped) + '"'


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {_value(each)}' for key, each in value.items())} }}"
    return repr(value)


def render_roles(roles: Mapping[str, str], positive: str, negative: str) -> str:
    """The text of a leadlight.toml that says what the columns of a connected system are.

    Outcomes other than these two are open.
    """
    target = next((name for name, role in roles.items() if role == "target"), None)
    blocks = [
        "# What the connector takes each column for. Change what is wrong; it is not written again.\n"
        "#   after     filled once sales worked the lead: never learnt from\n"
        "#   personal  names and addresses: carried to lists, never learnt from\n"
    ]
    if target is not None:
        said = {"column": target, "positive": (positive,), "negative": (negative,)}
        blocks.append(_block("[target]", said, ""))
    blocks += [
        _block(f"[columns.{_key(name)}]", {"role": role}, "")
        for name, role in roles.items()
        if role != "target"
    ]
    return "\n".join(blocks)
