"""`leadlight policy`: another line and other grades for a model, without training it again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadlight.cli import parameters as given


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
    from leadlight.cli import choice, story
    from leadlight.cli.command import line
    from leadlight.cli.output import check_free
    from leadlight.cli.page import Page, print_json
    from leadlight.model.bundle import Bundle
    from leadlight.model.regrade import outcome_on_test, regraded

    check_free(output, force=force)
    bundle = Bundle.load(model)
    if capacity is not None and arrivals is None:
        arrivals = choice.missing_arrivals(per)
    wanted = choice.policy_of(
        cuts=cuts,
        capacity=capacity,
        arrivals=arrivals,
        precision=precision,
        call_cost=call_cost,
        deal_value=deal_value,
        meet=meet,
    )
    changed = regraded(bundle, choice.named(wanted, names, bundle.scorer.grades.policy))
    changed.save(output, force=force)
    outcome = None if changed.is_early else outcome_on_test(changed)
    if as_json:
        figures = {} if outcome is None else outcome.to_json()
        print_json({"model": str(output), "policy": changed.scorer.grades.to_json(), **figures})
        return
    page = Page.of()
    story.policy(page, changed.scorer.grades, outcome)
    page.heading("Files")
    page.line(f"{output}  (model {changed.name})")
    page.heading("Next")
    page.typed(line("plan", output, "LEADS", "-o", "list.xlsx"))
