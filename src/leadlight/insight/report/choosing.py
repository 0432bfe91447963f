"""How the model was chosen: which columns were kept, which settings were tried, what balancing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from leadlight.insight.charts import choosing as charts
from leadlight.insight.page import Block, Figure, Section, Table, Words
from leadlight.insight.report.glance import named
from leadlight.insight.report.record import Record
from leadlight.insight.wording import counted, decimal, measure, percent, quoted
from leadlight.insight.wording import figure as figure_name
from leadlight.training.difference import LOWER_IS_BETTER

COLUMNS: Final = 40
SETTINGS: Final = 3
FEWEST: Final = 4
WIDE: Final = 20.0

Family = Mapping[str, Any]


def choosing(record: Record) -> Section | None:
    """Only what was asked for at training."""
    training = record.training
    blocks: list[Block] = []
    if training.selection:
        blocks.append(_selection(training.selection))
    if training.tuning:
        blocks += _tuning(training.tuning)
    if training.balance:
        blocks += _balance(training.balance)
    return Section("choosing", "How it was chosen", tuple(blocks)) if blocks else None


def _selection(selection: Mapping[str, Any]) -> Figure:
    rows = sorted(selection["columns"], key=lambda row: (-row["strength"], row["column"]))
    kept = [row for row in rows if row["kept"]]
    folds = selection["folds"]
    steady = sum(row["in_folds"] == folds for row in kept)
    title = (
        f"Of {counted(len(rows), 'column')} {len(kept)} were kept by {selection['method']}, {steady} of them "
        "in each "
        f"of {folds} folds; the strongest is {quoted(rows[0]['column'])}."
    )
    table = Table.of(
        ("column", "strength", "kept", "kept in folds"),
        [
            (
                row["column"],
                measure(row["strength"]),
                "yes" if row["kept"] else "no",
                f"{row['in_folds']} of {folds}",
            )
            for row in rows
        ],
    )
    shown = [{**row, "folds": f"{row['in_folds']}/{folds}"} for row in rows[:COLUMNS]]
    note = (
        "Dashed: what chance allows; a column stays that exceeds it. Chosen anew in each fold, so that the "
        "figures say what choosing is worth; beside the bars, in how many folds."
    )
    return Figure("selection", title, charts.columns(shown), note, table)


def _tuning(tuning: Mapping[str, Any]) -> list[Block]:
    metric = str(tuning["metric"])
    blocks: list[Block] = []
    for number, family in enumerate(tuning["families"], start=1):
        if len(family["trials"]) > 1:
            blocks.append(_history(family, metric, number))
            blocks += _mattered(family, metric, number)
    return blocks


def _history(family: Family, metric: str, number: int) -> Figure:
    trials = family["trials"]
    title = _outcome(family, _best(trials, metric), metric)
    rows, leading = [], None
    for trial in trials:
        if trial["complete"]:
            leading = trial["value"] if leading is None else _better(leading, trial["value"], metric)
        kind = "finished" if trial["complete"] else "given up early"
        kind = kind if trial["number"] else "default"
        rows.append({"number": trial["number"], "value": trial["value"], "best": leading, "kind": kind})
    table = Table.of(
        ("trial", figure_name(metric), "settings"),
        [(str(trial["number"]), decimal(trial["value"], 4), _written(trial["settings"])) for trial in trials],
    )
    return Figure(
        f"tuning-{number}",
        title,
        charts.history(rows, figure_name(metric)),
        "Teal: the best so far. What was given up early was measured on the first folds alone, which may be "
        "easier or harder than the rest.",
        table,
    )


def _outcome(family: Family, best: Mapping[str, Any], metric: str) -> str:
    """Whether other settings are worth taking, and why not."""
    trials = family["trials"]
    default, tried = trials[0], f"Tuning {named(family['family'])}: "
    if best["number"] == default["number"]:
        return (
            f"{tried}none of {counted(len(trials) - 1, 'trial')} is better than the default "
            f"({_figure(metric, default)})."
        )
    end = "they were taken" if family["adopted"] else "the default stays"
    return (
        f"{tried}the best of {counted(len(trials) - 1, 'trial')} reaches {_figure(metric, best)}, the "
        "default "
        f"{decimal(default['value'], 4)}; ahead by {decimal(family['gain'], 4)}, where luck alone would "
        "explain "
        f"{decimal(family['needed'], 4)}: {end}."
    )


def _figure(metric: str, trial: Mapping[str, Any]) -> str:
    return f"{figure_name(metric)} {decimal(trial['value'], 4)}"


def _better(one: float, other: float, metric: str) -> float:
    return min(one, other) if metric in LOWER_IS_BETTER else max(one, other)


def _best(trials: Sequence[Mapping[str, Any]], metric: str) -> Mapping[str, Any]:
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    return max((trial for trial in trials if trial["complete"]), key=lambda trial: sign * trial["value"])


def _written(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in settings.items()) or "default"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else measure(float(value))


def _mattered(family: Family, metric: str, number: int) -> list[Block]:
    importance = sorted(family["importance"].items(), key=lambda row: (-row[1], row[0]))
    if not importance:
        return []
    rows = [{"setting": name, "share": share} for name, share in importance]
    title = (
        f"Of the settings of {named(family['family'])}, {quoted(importance[0][0])} mattered most "
        f"({percent(importance[0][1])})."
    )
    table = Table.of(("setting", "share"), [(name, percent(share)) for name, share in importance])
    blocks: list[Block] = [Figure(f"mattered-{number}", title, charts.mattered(rows), "", table)]
    for place, (name, _) in enumerate(importance[:SETTINGS], start=1):
        made = _setting(family, name, metric, f"setting-{number}-{place}")
        blocks += [made] if made is not None else []
    return blocks


def _setting(family: Family, name: str, metric: str, figure: str) -> Figure | None:
    rows = [
        {"setting": trial["settings"][name], "value": trial["value"]}
        for trial in family["trials"]
        if trial["complete"] and name in trial["settings"]
    ]
    if len(rows) < FEWEST:
        return None
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    best = max(rows, key=lambda row: sign * row["value"])
    title = (
        f"{quoted(name)}: the best trial was at {_value(best['setting'])} ({figure_name(metric)} "
        f"{decimal(best['value'], 4)})."
    )
    table = Table.of((name, metric), [(_value(row["setting"]), decimal(row["value"], 4)) for row in rows])
    chart = charts.setting(rows, name, figure_name(metric), _kind([row["setting"] for row in rows]))
    return Figure(figure, title, chart, "", table)


def _kind(values: Sequence[Any]) -> str:
    """Words, numbers, or numbers over more than one power of ten."""
    if any(isinstance(value, str) for value in values):
        return "words"
    return "log" if min(values) > 0 and max(values) / min(values) > WIDE else "numbers"


def _balance(balance: Mapping[str, Any]) -> list[Block]:
    """What it changed, in a line and a table."""
    ours, none = balance["balanced"], balance["none"]
    gap = balance["auc_difference"]
    said = (
        f"Balancing by {balance['method']} changed the AUC from {decimal(none['auc'], 4)} to "
        f"{decimal(ours['auc'], 4)} "
        f"(difference {_signed(gap['difference'])}, standard error {decimal(gap['standard_error'], 4)}), the "
        "recall at the line "
        f"from {percent(none['recall'])} to {percent(ours['recall'])} and the calibration error from "
        f"{decimal(none['ece'], 4)} "
        f"to {decimal(ours['ece'], 4)}, out of fold."
    )
    rows = [(figure_name(name), decimal(none[name], 4), decimal(ours[name], 4)) for name in ours]
    return [Words(said), Table.of(("figure", "without", f"with {balance['method']}"), rows)]


def _signed(value: float | None) -> str:
    return "none" if value is None else f"{value:+.4f}"
