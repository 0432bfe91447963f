"""The work of `leadlight plan` and what it tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from leadlight.cli import choice, story
from leadlight.cli.page import Page, print_json
from leadlight.cli.scoring import blank_ids
from leadlight.cli.suppression import Gate
from leadlight.connect import files
from leadlight.connect.files import Leads
from leadlight.data import cells
from leadlight.errors import PolicyError
from leadlight.insight.consent import Respected
from leadlight.insight.plan import Plan, planned
from leadlight.insight.pool import Pool
from leadlight.insight.wording import counted
from leadlight.model.bundle import Bundle
from leadlight.model.policy import Policy
from leadlight.model.regrade import regraded
from leadlight.model.scoring import BatchScorer, check_columns, moment


@dataclass(frozen=True)
class Filled:
    """The list, and the rows that did not come into question."""

    plan: Plan
    decided: int
    rejected: int
    objected: int
    respected: Respected

    @property
    def rows(self) -> dict[str, int]:
        """What became of each row that came in; who objected was not scored."""
        counts = self.plan.to_json()["counts"]
        total = counts["leads"] + self.objected
        return {
            "in": total + self.decided + self.rejected + counts["duplicates"],
            "decided": self.decided,
            "rejected": self.rejected,
            **counts,
            "leads": total,
            "suppressed": counts["suppressed"] + self.objected,
        }


@dataclass(frozen=True)
class Order:
    """The list that was ordered; `above`: a line was asked for, which a capacity does not replace."""

    bundle: Bundle
    capacity: int | None
    callers: int | pl.DataFrame | None
    gate: Gate
    at: float | None
    above: bool = False

    @staticmethod
    def of(
        bundle: Bundle,
        wanted: Policy | None,
        names: str | None,
        capacity: int | None,
        *,
        callers: str | None,
        gate: Gate,
        at: str | None,
    ) -> Order:
        if wanted is not None or names is not None:
            bundle = regraded(bundle, choice.named(wanted, names, bundle.scorer.grades.policy))
        return Order(
            bundle,
            capacity,
            None if callers is None else _staff(callers),
            gate,
            moment(at),
            above=wanted is not None,
        )

    def fill(self, leads: Leads, *, reasons: int, allow_missing: bool) -> Filled:
        """Score the leads that are not decided, and list them."""
        scorer, names = self.bundle.scorer, leads.frame.columns
        check_columns(scorer, names, at=self.at, allow_missing=allow_missing, where=leads.source)
        self.gate.check(names)
        blank = blank_ids(leads.frame, scorer.schema.name_of("id"))
        raw = leads.frame.filter(~blank)
        pool = Pool.of(self.bundle, raw, objecting=self.gate.mask(raw))
        batch = BatchScorer(self.bundle, reasons=reasons, at=self.at).score(pool.frame)
        plan = planned(
            self.bundle, pool, batch, capacity=self.capacity, callers=self.callers, above=self.above
        )
        rejected = int(blank.sum()) + len(leads.rejected)
        return Filled(plan, pool.decided, rejected, pool.objected, pool.respected)


def _staff(callers: str) -> int | pl.DataFrame:
    """A number, or a table of names and capacities."""
    number = cells.parse_number(callers)
    if number is None:
        return files.read(callers).frame
    if number < 1 or number != int(number):
        raise PolicyError("--callers takes a whole number from 1 on, or a file.", code="callers")
    return int(number)


def save(filled: Filled, output: Path, *, force: bool) -> None:
    with files.open_writer(output, force=force) as writer:
        writer.write(filled.plan.frame)


def tell(order: Order, filled: Filled, leads: Leads, output: Path, per: str | None, *, as_json: bool) -> None:
    """What the list holds, who got what, and what became of the other rows."""
    plan = filled.plan
    if as_json:
        told = {"output": str(output), "model": order.bundle.name, **plan.to_json(), "counts": filled.rows}
        respects = {"respects": list(filled.respected.columns), "unread": list(filled.respected.unread)}
        print_json({**told, **respects, **order.gate.to_json()})
        return
    page = Page.of()
    expected, counts, rows = plan.expected, plan.counts, filled.rows
    page.say(
        f"{counted(counts.listed, 'lead')} to call{f' this {per}' if per else ''}. If all are called,"
        f" expect {expected.conversions:,.0f} to buy ({expected.low:,.0f} to {expected.high:,.0f})."
    )
    page.say(
        f"{rows['in']:,} in = {counts.listed:,} listed + {counts.below:,} below"
        f" + {rows['suppressed']:,} suppressed + {filled.decided:,} decided already"
        f" + {counted(counts.duplicates, 'duplicate')} + {filled.rejected:,} rejected."
    )
    for note in (*filled.respected.sentences, *order.gate.notes):
        page.say(note)
    if filled.decided and not counts.leads:
        page.say("All of them are won or lost already; give it an export with open leads.")
    if plan.shares and counts.listed:
        page.heading("Who calls")
        page.table(
            ("caller", "calls", "of them own leads", "to buy"),
            [(each.caller, each.calls, each.owned, f"{each.conversions:.0f}") for each in plan.shares],
            right=("calls", "of them own leads", "to buy"),
        )
    if counts.listed:
        page.heading("The first ones")
        story.first_rows(page, plan)
    page.heading("Files")
    page.line(f"{output}  (model {order.bundle.name})")
