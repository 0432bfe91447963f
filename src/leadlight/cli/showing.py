"""The story that `leadlight demo` tells."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Final

from leadlight import api
from leadlight.cli import story, training
from leadlight.cli.command import line
from leadlight.cli.page import Page, progress
from leadlight.cli.scoring import Job
from leadlight.connect import files
from leadlight.data.sample import generate
from leadlight.errors import OutputError
from leadlight.model.train import Trained

FOLDER: Final = Path("leadlight-demo")
ROWS: Final = 6_000
REASONS: Final = 3
SHOWN: Final = 3
_ANSWERS: Final = ("--target", "Stage", "--positive", "Won", "--negative", "Lost")


def run(page: Page) -> None:
    """Sample, inspect, train, score."""
    start = perf_counter()
    leads, model, scores = (FOLDER / name for name in ("leads.csv", "model.leadlight", "scores.csv"))
    _make(leads)
    page.say(f"1. {ROWS:,} leads of a made-up company, as a CRM exports them: {leads}")
    trained = _train(leads)
    trained.bundle.save(model, force=True)
    page.say("2. Learn from those that were won or lost:")
    page.typed(line("train", leads, *_ANSWERS, "-o", model))
    _tell(page, trained)
    job = Job(trained.bundle, str(leads), str(scores), reasons=REASONS)
    found = job.run(files.read_batches(leads), force=True)
    page.line()
    page.say("3. Score all of them, with reasons:")
    page.typed(line("score", model, leads, "--reasons", str(REASONS), "-o", scores))
    page.line(f"{found.balance}.")
    training.whom_to_call(page, trained.bundle, trained.prepared.open, SHOWN)
    page.heading(f"Done in {perf_counter() - start:.0f} seconds")
    page.say(f"{model}, {scores} and {leads} are yours to look at.")
    page.say("Now your own leads, an export of your CRM with won, lost and open ones:")
    page.typed(line("train", "your-leads.csv"))


def _make(leads: Path) -> None:
    try:
        FOLDER.mkdir(exist_ok=True)
    except OSError:
        raise OutputError(
            "The folder of the demo cannot be made.",
            code="no_folder",
            where=str(FOLDER),
            hint="Move what is in its place, or run it in another folder.",
        ) from None
    with files.open_writer(leads, force=True) as writer:
        writer.write(generate(ROWS, stages=True, leak=True).leads)


def _train(leads: Path) -> Trained:
    wanted = api.options(None, target="Stage", positive="Won", negative="Lost")
    with progress("looking at the columns") as observe:
        return api.trained(leads, wanted, observe)


def _tell(page: Page, trained: Trained) -> None:
    """The part of a training's story that shows what is special."""
    found = trained.bundle.training
    leaks = [finding for finding in trained.prepared.audit.findings if finding.code == "leak"]
    for finding in leaks:
        page.line(finding.message)
    story.candidates(page, found, trained.seconds)
    story.promise(page, found, brief=True)
