"""What was scored and left out, and the figures that matter most."""

from __future__ import annotations

from collections import Counter
from typing import Final

from leadlight.insight import findings
from leadlight.insight.page import Block, Section, Table, Words
from leadlight.insight.report.given import Given
from leadlight.insight.report.record import Record
from leadlight.insight.sentences import balance, lapsed
from leadlight.insight.wording import counted, percent, with_decimals
from leadlight.insight.wording import figure as figure_name
from leadlight.training.audit.audit import CODES

FAMILIES: Final = {
    "bayes": "naive Bayes",
    "logistic": "logistic regression",
    "glassbox_main": "a glass box of single columns",
    "glassbox": "a glass box",
    "lightgbm": "boosted trees (LightGBM)",
    "lightgbm_deep": "large boosted trees (LightGBM)",
    "xgboost": "boosted trees (XGBoost)",
    "catboost": "boosted trees (CatBoost)",
    "forest": "a random forest",
    "tree": "a decision tree",
    "neural": "a neural network",
    "ensemble": "an ensemble of models",
    "rules": "hand-set points",
}


TEST_LEADS: Final = {
    "time": "the newest",
    "random": "picked at random",
    "file": "those of a file kept for the test",
}


def named(family: str) -> str:
    """A family of models in words."""
    return FAMILIES.get(family, family)


def summary(record: Record) -> tuple[str, ...]:
    """The model in four sentences."""
    test, split = record.test, record.training.split
    figures = test.figures
    auc = figures["auc"]
    return (
        f"The model is {named(record.bundle.family)} over {counted(len(record.columns), 'column')}. It "
        f"learnt from {split.train_rows:,} leads and was tested once on {test.rows:,} others, "
        f"{TEST_LEADS[split.by]}.",
        f"Of two leads, one won and one lost, it puts the won one first in {percent(auc.value)} of all cases "
        f"(AUC {with_decimals(auc.value, auc.low, auc.high)}; 0.5 would be chance)."
        if auc.value is not None
        else "How well it ranks is not known: the test leads all ended the same way.",
        _calls(record),
        f"Its probabilities are off by {100 * (figures['ece'].value or 0.0):.1f} points on average.",
    )


def _calls(record: Record) -> str:
    policy = record.policy
    if not policy.leads:
        return "It has not been tested."
    if not policy.conversions:
        return f"Of the {policy.leads:,} test leads none was won, {policy.calls:,} would be called."
    return (
        f"Calling the {percent(policy.calls / policy.leads)} of the leads above the line reaches "
        f"{percent(policy.recall.value)} of all who buy, and {percent(policy.precision.value)} of the called "
        "buy."
    )


def rows(record: Record, given: Given | None, *, is_test: bool = False) -> Section:
    """Every row that came in, what was left out, and why."""
    found, split = record.training.rows, record.training.split
    aside = (
        f", {split.set_aside:,} set aside because they repeat a lead on the other side"
        if split.set_aside
        else ""
    )
    blocks: list[Block] = [
        Words(
            f"{balance(found)}. {found.repeated:,} of the decided repeat another one."
            f" {lapsed(found)}".rstrip()
        ),
        Words(
            f"Of the decided, {split.train_rows:,} were learnt from and {split.test_rows:,} kept for "
            f"the test{aside}."
        ),
    ]
    if record.training.refit:
        blocks.append(
            Words(
                "After the test the model was learnt once more on all decided leads, with the same columns "
                "and "
                "settings. The figures are those of the tested one."
            )
        )
    if given is not None:
        blocks.append(Words(_given(given, is_test=is_test)))
    blocks += [_excluded(record), _used(record)]
    return Section("rows", "What was scored, and what was left out", tuple(blocks))


def _given(given: Given, *, is_test: bool) -> str:
    leads = counted(given.height, "lead")
    if is_test:
        return f"Where single leads are shown, they are the {leads} of the test, scored by the tested model."
    if not given.is_labelled:
        return f"This report was made with {leads}; too few of them have an outcome to judge by."
    auc = given.evaluation.figures["auc"]
    return (
        f"This report was made with {leads} whose outcome is known ({given.open:,} more are open): the AUC "
        "on them is "
        f"{with_decimals(auc.value, auc.low, auc.high)}. If the model learnt from them, that flatters it."
    )


def _excluded(record: Record) -> Table | Words:
    excluded = record.training.excluded
    if not excluded:
        return Words("No column was left out.")
    rows = [(str(each.column), each.code.replace("_", " "), CODES.get(each.code, "")) for each in excluded]
    count = Counter(each.code.replace("_", " ") for each in excluded)
    kinds = ", ".join(f"{number} {code}" for code, number in count.most_common())
    title = f"{counted(len(rows), 'column')} left out ({kinds})"
    return Table.of(("column", "code", "meaning"), rows, left=3, caption=title)


def _used(record: Record) -> Table:
    scorer = record.bundle.scorer
    rows = [(name, scorer.schema[name].kind, scorer.schema[name].group) for name in record.columns]
    table = Table.of(
        ("column", "kind", "group"), rows, left=3, caption=f"The {len(rows)} columns learnt from"
    )
    return Table(table.head, table.rows, table.right, table.caption, folded=True)


def noticed(record: Record) -> Section:
    """The findings, without those that only say what was left out."""
    found = [
        each.to_json()
        for each in record.training.findings
        if each.severity != "excluded" or each.code == "leak"
    ]
    if not found:
        return Section(
            "findings", "What was noticed", (Words("Nothing that asks for attention was noticed."),)
        )
    title = f"What was noticed: {counted(len(found), 'finding')}"
    return Section("findings", title, (findings.cards(found),))


def figures_table(record: Record) -> Table:
    """Every figure on training, validation and test leads."""
    names = list(record.test.figures)[:11]
    rows = [(figure_name(name), *(_cell(record, part, name) for part in record.parts)) for name in names]
    return Table.of(("figure", *record.parts), rows)


def _cell(record: Record, part: str, name: str) -> str:
    figure = record.parts[part].figures[name]
    return with_decimals(figure.value, figure.low, figure.high)
