"""The story that `leadlight demo` tells."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Final

from leadlight import api
from leadlight.cli import homes, reporting, story, syncing, training
from leadlight.cli.command import line
from leadlight.cli.page import Page, progress
from leadlight.cli.scoring import Job
from leadlight.connect import files
from leadlight.data.sample import generate
from leadlight.errors import OutputError
from leadlight.flows.promote import promote_bundle
from leadlight.store import Home, Store
from leadlight.training.fit import Trained

FOLDER: Final = Path("leadlight-demo")
ROWS: Final = 6_000
REASONS: Final = 3
SHOWN: Final = 3
_ANSWERS: Final = ("--target", "Stage", "--positive", "Won", "--negative", "Lost")


def run(page: Page) -> None:
    """Sample, train, score, draw."""
    start = perf_counter()
    leads, model, scores, report = (
        FOLDER / name for name in ("leads.csv", "model.leadlight", "scores.csv", "report.html")
    )
    _make(leads)
    page.say(f"1. {ROWS:,} leads of a made-up company, as a CRM exports them: {leads}")
    trained = _train(leads)
    trained.bundle.save(model, force=True)
    drawable = _draw(trained, report)
    page.say("2. Learn from those that were won or lost:")
    page.typed(line("train", leads, *_ANSWERS, "-o", model, *_report(report if drawable else None)))
    _tell(page, trained)
    job = Job(trained.bundle, str(leads), str(scores), reasons=REASONS)
    found = job.run(files.read_batches(leads), force=True)
    page.line()
    page.say("3. Score all of them, with reasons:")
    page.typed(line("score", model, leads, "--reasons", str(REASONS), "-o", scores))
    page.line(f"{found.balance}.")
    training.whom_to_call(page, trained.bundle, trained.prepared.open, SHOWN)
    _keep(trained, leads)
    page.heading(f"Done in {perf_counter() - start:.0f} seconds")
    made = [*([report] if drawable else []), model, scores]
    page.say(f"{', '.join(map(str, made))} and {leads} are yours to look at.")
    if not drawable:
        page.say("For a report in pictures as well: pip install 'leadlight[report]'")
    page.say("The folder is also a home, which keeps leads, models and every score:")
    page.typed(line("plan", "--home", FOLDER, "-o", "list.xlsx"))
    page.typed(line("serve", "--home", FOLDER))
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


def _keep(trained: Trained, leads: Path) -> None:
    """The same leads and their scores in a home."""
    store = Store.create(Home.of(FOLDER, FOLDER))
    (FOLDER / homes.DEMO).touch()
    try:
        promote_bundle(store, trained.bundle, homes.now(), homes.who())
        syncing.run(store, str(leads), files.read_batches(leads), None, force=True)
        syncing.scored(store)
    finally:
        store.close()


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
    story.promise(page, trained.bundle, brief=True)


def _report(path: Path | None) -> list[str]:
    return [] if path is None else ["--report", str(path)]


def _draw(trained: Trained, report: Path) -> bool:
    """The model in pictures, where what charts need is installed."""
    if not reporting.can_draw():
        return False
    with progress("drawing"):
        reporting.write(reporting.of_training(trained), report, None, force=True)
    return True
