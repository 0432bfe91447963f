"""`leadlight plan`: whom to call, in which order, by whom, and what to expect of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadlight.cli import parameters as given


def plan(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The list: an .xlsx, .csv, .parquet or .jsonl file.")
    ] = Path("list.xlsx"),
    cuts: given.Cuts = None,
    capacity: given.Capacity = None,
    per: given.Per = "week",
    arrivals: given.Arrivals = None,
    precision: given.Precision = None,
    call_cost: given.CallCost = None,
    deal_value: given.DealValue = None,
    meet: given.Meet = False,
    names: given.Names = None,
    callers: Annotated[
        str | None,
        typer.Option("--callers", help="How many call, or a file with the columns name and capacity."),
    ] = None,
    reasons: Annotated[
        int, typer.Option("--reasons", min=0, max=100, help="How many reasons for each lead.")
    ] = 3,
    suppress: given.Suppress = None,
    at: given.At = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Write the list of open leads to call, best first.

    All above the line are listed, or as many as there are calls; a line that is asked for here holds beside a
    capacity. They are dealt among callers, owners keep their own, and who must not be called is left out.
    """
    from leadlight.cli import choice, homes, planning
    from leadlight.cli.output import check_free

    check_free(output, force=force)
    wanted = choice.policy_of(
        cuts=cuts,
        capacity=capacity,
        arrivals=arrivals,
        precision=precision,
        call_cost=call_cost,
        deal_value=deal_value,
        meet=meet,
    )
    bundle = homes.model(model, home)
    order = planning.Order.of(
        bundle,
        wanted,
        names,
        None if arrivals else capacity,
        callers=callers,
        gate=homes.gate(suppress, leads, home, bundle),
        at=at,
    )
    read = homes.leads(
        leads,
        home,
        bundle=bundle,
        objecting=False,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
    )
    found = order.fill(read, reasons=reasons, allow_missing=allow_missing)
    planning.save(found, output, force=force)
    planning.tell(order, found, read, output, per if capacity else None, as_json=as_json)
