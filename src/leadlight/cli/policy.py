"""`leadlight policy`: another line and other grades for a model, without training it again."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from leadlight.cli import parameters as given
from leadlight.cli import policy_options, story
from leadlight.cli.command import line
from leadlight.cli.output import Output, check_free
from leadlight.cli.page import Page
from leadlight.model.bundle import Bundle
from leadlight.model.grade import PolicyOutcome
from leadlight.model.regrade import outcome_on_test, regraded


def policy(
    model: given.Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the changed model goes.")],
    cuts: given.Cuts = None,
    capacity: given.Capacity = None,
    per: given.Per = "week",
    arrivals: given.Arrivals = None,
    precision: given.Precision = None,
    call_cost: given.CallCost = None,
    deal_value: given.DealValue = None,
    meet: given.Meet = False,
    names: given.Names = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Set the line and the grades of a model anew.

    Nothing is trained: the line goes where calls, precision or value want it, and the leads that the model
    was tested on show what that would have given.
    """
    check_free(output, force=force)
    bundle = Bundle.load(model)
    if capacity is not None and arrivals is None:
        arrivals = policy_options.missing_arrivals(per)
    wanted = policy_options.policy_of(
        cuts=cuts,
        capacity=capacity,
        arrivals=arrivals,
        precision=precision,
        call_cost=call_cost,
        deal_value=deal_value,
        meet=meet,
    )
    changed = regraded(bundle, policy_options.named(wanted, names, bundle.scorer.grades.policy))
    changed.save(output, force=force)
    outcome = None if changed.is_early else outcome_on_test(changed)
    figures = {} if outcome is None else outcome.to_json()
    Output(as_json).show(
        {"model": str(output), "policy": changed.scorer.grades.to_json(), **figures},
        partial(_tell, changed, outcome, output),
    )


def _tell(changed: Bundle, outcome: PolicyOutcome | None, output: Path, page: Page) -> None:
    story.policy(page, changed.scorer.grades, outcome)
    page.heading("Files")
    page.line(f"{output}  (model {changed.name})")
    page.heading("Next")
    page.typed(line("plan", output, "LEADS", "-o", "list.xlsx"))
