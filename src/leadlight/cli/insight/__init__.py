"""`leadlight insight`: what the leads of the past say about channels, follow-up and what to do next."""

from __future__ import annotations

import typer

from leadlight.cli.command import Command
from leadlight.cli.insight.accounts import accounts
from leadlight.cli.insight.advice import advice
from leadlight.cli.insight.channels import channels
from leadlight.cli.insight.engagement import engagement
from leadlight.cli.insight.followup import followup
from leadlight.cli.insight.segments import segments

app = typer.Typer(
    no_args_is_help=True, help="Say what leads do and bring: channels, follow-up, and what to do next."
)
app.command(cls=Command)(channels)
app.command(cls=Command)(accounts)
app.command(cls=Command)(engagement)
app.command(cls=Command)(segments)
app.command(cls=Command)(followup)
app.command(cls=Command)(advice)
