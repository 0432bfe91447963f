"""Columns that say nothing, that tell rows apart, or that are not the model's business."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import frame, infer, permission, persons
from leadlight.data.finding import Finding
from leadlight.data.schema import Column
from leadlight.training.audit.audit_input import AuditInput
from leadlight.training.audit.strength import area

SUPPORT: Final = 20
FEW: Final = 100
DOMINANT: Final = 0.998
MOSTLY_MISSING: Final = 0.5
UNIQUE: Final = 0.9
PROXY: Final = 0.5
FIFTHS: Final = (0.2, 0.4, 0.6, 0.8)

Verdict = tuple[Column, Finding]


def flag(option: str, column: str) -> str:
    """What to type."""
    return f"{option} {shlex.quote(column)}"


def target(audited: AuditInput) -> Iterator[Finding]:
    """Too few leads of one outcome make every figure a matter of luck."""
    won, lost = audited.won, audited.lost
    evidence = {"won": won, "lost": lost}
    if min(won, lost) < SUPPORT:
        yield Finding(
            "target_rare",
            "refused",
            None,
            f"There are {won} won and {lost} lost leads to learn from; {SUPPORT} of each are the least.",
            "Wait for more outcomes, or add older leads.",
            evidence,
        )
    elif min(won, lost) < FEW:
        yield Finding(
            "target_few",
            "warning",
            None,
            f"There are {won} won and {lost} lost leads to learn from: every figure will be uncertain.",
            "Read the intervals, and train again once there are some hundreds of each.",
            evidence,
        )


def useless(audited: AuditInput) -> Iterator[Verdict]:
    """Inputs from which nothing can be learnt: empty, one value, hardly any other value, an id."""
    for column in audited.schema.inputs:
        if not column.expression and column.name in audited.typed.columns:
            yield from _useless(audited, column)


def _useless(audited: AuditInput, column: Column) -> Iterator[Verdict]:
    series = audited.typed[column.name]
    given = len(series) - series.null_count()
    usual = _usual(series) if given else 0
    if not given:
        yield _left_out(audited, column, "empty", "has no value in any lead", {"given": 0})
    elif usual == audited.height:
        yield _left_out(audited, column, "constant", "has one value in all leads", {"leads": usual})
    elif given < SUPPORT:
        text = f"has a value in fewer than {SUPPORT} leads, too few to learn from"
        yield _left_out(audited, column, "empty", text, {"given": given})
    elif audited.height - usual < SUPPORT:
        text = f"has another value than usual in fewer than {SUPPORT} leads, too few to learn from"
        yield _left_out(audited, column, "dominant", text, {"share": _round(usual / audited.height)})
    elif column.role == "feature" and is_identifier(series, audited.raw[column.name], column):
        found: dict[str, float | int | str] = {"distinct": series.n_unique(), "given": given}
        changed, finding = _left_out(audited, column, "id_like", "tells leads apart like an id", found)
        yield replace(changed, role="feature" if changed.used else "ignore"), finding


def _usual(series: pl.Series) -> int:
    """How many leads share the commonest value, or lack of one."""
    counts = frame.counted(series)
    return max(counts[0][1] if counts else 0, series.null_count())


def _left_out(
    audited: AuditInput, column: Column, code: str, text: str, evidence: dict[str, float | int | str]
) -> Verdict:
    if audited.is_settled(column.name):
        message = f"{column.name!r} {text}. It stays in, as you asked."
        return column, Finding(code, "warning", column.name, message, flag("--drop", column.name), evidence)
    message = f"{column.name!r} {text}. It is left out."
    step = f"Nothing to do; to use it all the same: {flag('--keep', column.name)}"
    return replace(column, used=False), Finding(code, "excluded", column.name, message, step, evidence)


def is_identifier(typed: pl.Series, raw: pl.Series, column: Column) -> bool:
    """Whether nearly each lead has its own word without blanks, or its own number as counters give it."""
    given = typed.drop_nulls()
    distinct = given.n_unique()
    if len(given) < UNIQUE * len(typed) or distinct < UNIQUE * len(given):
        return False
    if column.kind == "number":
        return distinct == len(given) and infer.is_run(given)
    return column.kind != "date" and infer.is_opaque(raw, infer.Kind(column.kind))


def dominant(audited: AuditInput, column: Column) -> Finding | None:
    """A column that holds one value in nearly all leads."""
    usual = _usual(audited.typed[column.name])
    if usual < DOMINANT * audited.height:
        return None
    share = usual / audited.height
    return Finding(
        "dominant",
        "note",
        column.name,
        f"{column.name!r} has its usual value in {share:.2%} of the leads.",
        f"To leave it out: {flag('--drop', column.name)}",
        {"share": _round(share), "others": audited.height - usual},
    )


def roles(audited: AuditInput) -> Iterator[Finding]:
    """Columns that are carried along but that the model does not read, and those that ask for restraint."""
    for column in audited.schema.columns:
        if column.role == "personal":
            text = "identifies people. It is carried to the lists and never learnt from."
            step = 'If it names nobody, give it role = "feature" in leadlight.toml.'
            yield Finding("personal", "note", column.name, f"{column.name!r} {text}", step)
        elif column.role == "sensitive" and not column.used:
            continue
        elif column.role == "sensitive":
            text = "is sensitive. It is kept for checks of fairness and not learnt from."
            step = f"To learn from it all the same: {flag('--keep', column.name)}"
            yield Finding("sensitive", "excluded", column.name, f"{column.name!r} {text}", step)
            yield from _proxies(audited, column)
        elif column.role == "consent":
            yield _consent(audited, column)


def _consent(audited: AuditInput, column: Column) -> Finding:
    barred = int(permission.forbidden(column, audited.raw[column.name]).sum())
    return Finding(
        "consent",
        "note",
        column.name,
        f"{column.name!r} says who may be contacted: lists respect it.",
        f"If it says something else, name its role in leadlight.toml: columns.{column.name!r}.role",
        {"barred": barred, "leads": audited.height} if barred >= SUPPORT else {"leads": audited.height},
    )


def _proxies(audited: AuditInput, sensitive: Column) -> Iterator[Finding]:
    """Inputs that tell a sensitive column: leaving that one out does not make the model blind to it."""
    kinds = grouped(sensitive.read(audited.raw[sensitive.name]))
    for name, parts in audited.parts.items():
        likeness = max(_association(kinds, part) for part in parts)
        if likeness >= PROXY:
            yield Finding(
                "proxy",
                "warning",
                name,
                f"{name!r} goes together with {sensitive.name!r}, which is sensitive.",
                f"If that must not count: {flag('--drop', name)}",
                {"association": _round(likeness), "sensitive": sensitive.name},
            )


def grouped(values: pl.Series) -> np.ndarray:
    """A group for each value, numbers in fifths."""
    if values.dtype.is_numeric():
        known = values.drop_nulls().to_numpy()
        edges = np.unique(np.quantile(known, FIFTHS)) if len(known) else np.zeros(0)
        fifth = pl.Series(np.searchsorted(edges, values.fill_null(0).to_numpy()))
        values = fifth.set(values.is_null(), None)
    return values.cast(pl.String).fill_null("").rank("dense").to_numpy().astype(np.int64) - 1


def _association(one: np.ndarray, other: np.ndarray) -> float:
    """Cramer's V, corrected for chance."""
    wide, high, rows = int(one.max()) + 1, int(other.max()) + 1, len(one)
    if wide > 50:
        return 0.0
    table = np.bincount(one + wide * other, minlength=wide * high).reshape(high, wide).astype(float)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    smaller = min(table.shape) - 1
    if smaller < 1:
        return 0.0
    expected = table.sum(axis=1)[:, None] * table.sum(axis=0)[None, :] / rows
    surprise = float(((table - expected) ** 2 / expected).sum())
    chance = (table.shape[0] - 1) * (table.shape[1] - 1)
    return float(np.sqrt(max(0.0, surprise - chance) / (rows * smaller)))


def spellings(audited: AuditInput) -> Iterator[Finding]:
    """Levels that differ in case, blanks or accents only and are read as one."""
    for column in audited.schema.inputs:
        if column.kind != "category" or column.name not in audited.raw.columns:
            continue
        others = infer.merged(audited.raw[column.name])
        if others:
            yield _spelling(audited, column, others)


def _spelling(audited: AuditInput, column: Column, others: dict[str, int]) -> Finding:
    rows = sum(others.values())
    who = f"{rows:,} leads" if rows >= SUPPORT else "A few leads"
    text = f"{who} spell a value of {column.name!r} in another way (case, blanks or accents)"
    evidence: dict[str, float | int | str] = {"leads": rows, "levels": len(others)}
    chief = max(others, key=lambda level: (others[level], level))
    shown = frame.as_text(audited.raw[column.name])
    if int((shown == chief).sum()) >= SUPPORT:
        text += f", most of them {chief!r}"
        evidence["level"] = chief
    step = f"If they are not the same, declare aliases in leadlight.toml for {column.name!r}."
    return Finding("spellings", "note", column.name, f"{text}: each is read as one.", step, evidence)


def dates(audited: AuditInput) -> Iterator[Finding]:
    """Columns whose dates have several forms, and how many of them could not be read for certain."""
    for column in audited.schema.columns:
        if not column.date_format.startswith("mixed") or column.name not in audited.raw.columns:
            continue
        given = audited.raw[column.name]
        unread = int((column.read(given).is_null() & permission.words(column, given).is_not_null()).sum())
        text = f"{column.name!r} holds dates in several forms: each is read by itself"
        missing = f", and {unread:,} that can be read in two ways or not at all are missing" if unread else ""
        step = 'Declare date_format = "dmy" or "mdy" in leadlight.toml if all have one order.'
        yield Finding("dates_mixed", "note", column.name, f"{text}{missing}.", step, {"unread": unread})


def repeats(audited: AuditInput) -> Iterator[Finding]:
    """Leads that are equal under different ids, and those of them that ended differently."""
    _, group = np.unique(audited.groups, return_inverse=True)
    size, won = np.bincount(group), np.bincount(group, audited.outcome)
    repeated = audited.height - len(size)
    if not repeated:
        return
    yield Finding(
        "repeated",
        "note",
        None,
        f"Of the {audited.height:,} leads that were looked at {repeated:,} equal another one, in all but ids"
        " and what sounds like the work of sales. They stay together.",
        "If they are the same person twice, give the id that says so with --id.",
        {"repeated": repeated, "share": _round(repeated / audited.height)},
    )
    mixed = (won > 0) & (won < size)
    if mixed.any():
        ceiling = area(audited.outcome, (won / size)[group])
        leads = int(size[mixed].sum())
        yield Finding(
            "contradicting",
            "note",
            None,
            f"{leads:,} leads equal another one that ended differently: {_bound(ceiling)}",
            "",
            {"leads": leads, "ceiling": _round(ceiling)},
        )


def same_person(audited: AuditInput) -> Iterator[Finding]:
    """People who stand under several leads, told by their e-mail address or phone number."""
    if audited.persons is None:
        return
    several = persons.under_several(audited.persons)
    leads = int(several.sum())
    if not leads:
        return
    people = len(np.unique(audited.persons[several]))
    yield Finding(
        "same_person",
        "note",
        None,
        f"{leads:,} leads are of {people:,} people who stand under several: they share an e-mail"
        " address or a phone number. They are on one side of every split.",
        "If a person should be one lead, make it so where the leads come from.",
        {"leads": leads, "people": people},
    )


def _bound(ceiling: float) -> str:
    if ceiling >= 0.9995:
        return "no model of these columns can tell them apart."
    return f"no model of these columns can exceed AUC {ceiling:.3f} here."


def _round(value: float) -> float:
    return round(float(value), 4)
