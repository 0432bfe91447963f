"""The model card: what the model is, what it is for and what not, how good and fair it is, where it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from leadlight.insight.fairness import Fairness, Treatment, fairness
from leadlight.insight.page.markup import UNSEEN
from leadlight.insight.report.given import Given
from leadlight.insight.report.glance import TEST_LEADS, named
from leadlight.insight.report.record import Record
from leadlight.insight.sentences import balance, lapsed
from leadlight.insight.wording import counted, decimal, listed, percent, with_decimals, with_span
from leadlight.insight.wording import figure as figure_name
from leadlight.model.bundle import Bundle
from leadlight.model.grade import LEAST_ROWS
from leadlight.model.points import Points
from leadlight.training.evaluate import FIGURES

MARKS: Final = re.compile(r"([\\`*_\[\]<>|~&#!@{}$])")
USES: Final = (
    "ranking a company’s own leads by how likely they are to buy, so that people follow up the best first",
    "planning calls: how many, by whom, and how many sales to expect of them",
    "learning which sources and kinds of engagement bring leads that buy",
)
REFUSED: Final = (
    "prices, discounts or credit: a score says who buys, not what anyone can pay or deserves",
    "hiring, insurance, housing, health or benefits",
    "refusing anyone a service, an answer or an offer that others get",
    "a decision with legal or similar effect on a person that no human looks at (GDPR, article 22)",
    "reaching people who have said that they do not want to be contacted",
    "another company, market or product than the leads came from, before it was tested there",
)


def card(bundle: Bundle, leads: pl.DataFrame | None = None) -> str:
    """Markdown; fairness is told where leads with sensitive columns are given."""
    record = Record.of(bundle)
    given = None if leads is None else Given.of(bundle, leads)
    parts = [
        f"# Model card: who will be won, by “{plain(record.target)}”",
        *_model(record),
        *_data(record),
        *_uses(),
        *_metrics(record),
        *_grades(record),
        *_fairness(record, given),
        *_limits(record),
    ]
    return "\n\n".join(parts) + "\n"


def plain(text: str) -> str:
    """A name or value that is shown as it is and formats nothing."""
    shown = UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text).replace("\n", " ").replace("\t", " ")
    return MARKS.sub(r"\\\1", shown).replace("://", r":\//").replace("www.", r"www\.")


def _items(words: Sequence[str]) -> str:
    return "\n".join(f"- {each}" for each in words)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _names(names: Sequence[str]) -> str:
    return listed([f"“{plain(name)}”" for name in names]) if names else "none"


def _model(record: Record) -> Iterator[str]:
    bundle = record.bundle
    readable = isinstance(bundle.scorer.learner, Points)
    yield "## The model"
    yield _items(
        [
            f"fingerprint: `{bundle.name}`"
            + (f", made by Leadlight {plain(bundle.version)}" if bundle.version else ""),
            f"kind: {named(bundle.family)}, "
            f"{'readable table by table' if readable else 'explained lead by lead'}; "
            "calibrated, so that a score of 64 means that 64 of a hundred such leads are won",
            f"columns it learns from ({len(record.columns)}): {_names(record.columns)}",
        ]
    )


def _data(record: Record) -> Iterator[str]:
    rows, split, target = record.training.rows, record.training.split, record.bundle.target
    how = TEST_LEADS[split.by]
    schema = record.bundle.scorer.schema
    yield "## Data"
    yield _items(
        [
            " ".join(filter(None, (balance(rows), lapsed(rows) and f"({lapsed(rows)[:-1]})"))),
            f"won means {_names(target.positive)} in “{plain(target.column)}”, lost means "
            f"{_names(target.negative)}",
            f"of the decided leads that it learnt from {percent(record.parts['train'].base_rate)} were won",
            f"{split.train_rows:,} leads to learn from, {split.test_rows:,} for the test: {how}",
            f"left out: {_names([str(each.column) for each in record.training.excluded])}",
            "carried along, never learnt from: "
            f"{_names([column.name for column in schema.with_role('personal')])}",
            f"sensitive: {_names([column.name for column in schema.with_role('sensitive')])}",
        ]
    )


def _uses() -> Iterator[str]:
    yield "## What it is for"
    yield _items(USES)
    yield "## What it must not be used for"
    yield _items(REFUSED)


def _metrics(record: Record) -> Iterator[str]:
    yield "## How good it is"
    yield (
        f"On {counted(record.test.rows, 'test lead')} that it had not seen; in brackets the interval that "
        "holds the figure "
        "nine times in ten."
    )
    rows = []
    for name in FIGURES:
        figures = [record.parts[part].figures[name] for part in ("test", "validation", "train")]
        rows.append(
            (figure_name(name), *(with_decimals(each.value, each.low, each.high) for each in figures))
        )
    yield _table(("figure", "test", "out of fold", "leads learnt from"), rows)


def _grades(record: Record) -> Iterator[str]:
    won = max(1, record.policy.conversions)
    yield "## Whom it calls"
    yield f"Leads are called from a probability of {decimal(record.line, 3)} on. On the test leads:"
    rows = [
        (
            plain(grade.name),
            f"{grade.leads:,}",
            percent(grade.share),
            with_span(grade.rate.value, grade.rate.low, grade.rate.high),
            percent(grade.conversions / won),
        )
        for grade in record.policy.grades
        if grade.leads >= LEAST_ROWS
    ]
    yield _table(("grade", "leads", "share", "won", "share of all sales"), rows)


def _fairness(record: Record, given: Given | None) -> Iterator[str]:
    sensitive = [column.name for column in record.bundle.scorer.schema.with_role("sensitive")]
    yield "## Fairness"
    if not sensitive:
        yield (
            "No column is marked as sensitive, so nothing can be said. To check one, give it the role "
            "`sensitive` in "
            "leadlight.toml and train again."
        )
        return
    yield from _proxies(record)
    if given is None:
        yield f"Not measured: make the card with leads that hold {_names(sensitive)}."
        return
    yield _measured_on(given)
    found = list(fairness(given))
    for each in found:
        yield from _fair(each)
    silent = [name for name in sensitive if name not in {each.column for each in found}]
    if silent:
        yield f"Too few leads with a value to compare groups: {_names(silent)}."


def _measured_on(given: Given) -> str:
    leads = counted(given.height, "lead")
    if not given.is_labelled:
        return f"On {leads}; too few of them have an outcome to judge by."
    more = f" ({given.open:,} more are open)" if given.open else ""
    return (
        f"On {leads} whose outcome is known{more}. Where the model learnt from them, its promises hold "
        "better than they will for others."
    )


def _proxies(record: Record) -> Iterator[str]:
    proxies = [str(each.column) for each in record.training.findings if each.code == "proxy"]
    if proxies:
        yield (
            "Go together with a sensitive column, so that leaving that one out does not make the model "
            f"blind to it: {_names(proxies)}."
        )


def _fair(found: Fairness) -> Iterator[str]:
    yield f"### {plain(found.column)}"
    yield _table(
        ("group", "leads", "called", "won", "of the won, called", "foretold", "promise"),
        [_treatment(group) for group in found.groups],
    )
    if found.ratio is not None:
        yield (
            f"The group that is called least is called {decimal(found.ratio, 2)} times as often as the one "
            "called most. "
            "Under 0.80 one should be able to say why; groups that buy at different rates are called at "
            "different rates."
        )


def _treatment(group: Treatment) -> tuple[str, ...]:
    promise = {True: "holds", False: "off", None: "too few"}[group.holds]
    shares = (
        with_span(*each) if each[0] is not None else "too few"
        for each in (group.called, group.won, group.found)
    )
    return plain(group.group), f"{group.leads:,}", *shares, percent(group.foretold), promise


def _limits(record: Record) -> Iterator[str]:
    yield "## Where it ends"
    yield _items([*_computed(record), *_general()])


def _computed(record: Record) -> Iterator[str]:
    ece = record.test.figures["ece"]
    yield f"on average a probability is off by {with_decimals(ece.value, ece.low, ece.high)}"
    if record.training.refit:
        yield "the figures are those of the tested model; it was then learnt once more on all decided leads"
    mixed = record.training.split.random
    auc = record.parts["validation"].figures["auc"].value
    if mixed and auc is not None:
        yield (
            f"looking ahead in time it reaches AUC {decimal(auc)}, where folds that mix old and new would "
            "claim "
            f"{decimal(mixed.auc)}"
        )
    if record.training.split.by == "random":
        yield "the test leads are no newer than the others: how it does on later leads has not been measured"
    suspects = [str(each.column) for each in record.training.findings if each.code == "suspect"]
    if suspects:
        yield f"may be known only once sales work a lead, and were kept: {_names(suspects)}"


def _general() -> Iterator[str]:
    yield "it knows no value that fewer than 20 leads had; such values count as “other”"
    yield "it says who is likely to buy, not whether a call makes them buy"
    yield "it grows old: watch it, and train again when it raises an alarm"
