"""`leadlight demo`: the main job from end to end, on made-up leads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from leadlight import api
from leadlight.cli import drawing, homes, story
from leadlight.cli.command import line
from leadlight.cli.page import Page, progress
from leadlight.cli.score import score_store
from leadlight.cli.train import plan_open_leads, whom_to_call
from leadlight.connect import files
from leadlight.data import frame
from leadlight.data.planted import Planted
from leadlight.data.sample import DAYS
from leadlight.data.sample_history import HistorySample, generate_history
from leadlight.errors import OutputError
from leadlight.flows.history import take_history
from leadlight.flows.promote import promote_bundle
from leadlight.flows.row_accounting import open_rejects
from leadlight.flows.score_file import ScoringJob
from leadlight.flows.sync import sync_leads
from leadlight.model.event_source import source_of
from leadlight.store import Home, create_store
from leadlight.training.fit import Trained

FOLDER: Final = Path("leadlight-demo")
ROWS: Final = 6_000
REASONS: Final = 3
SHOWN: Final = 3
LOGS: Final = ("events.csv", "contacts.csv", "outcomes.csv", "spend.csv")
_ANSWERS: Final = ("--target", "Stage", "--positive", "Won", "--negative", "Lost")


def demo() -> None:
    """Do the main job from end to end, on made-up leads.

    Makes leads, looks at them, learns from them and scores them; all of it goes to ./leadlight-demo.
    """
    _run(Page.of())


def _run(page: Page) -> None:
    """Sample, train, score, draw."""
    start = perf_counter()
    leads, model, scores, report = (
        FOLDER / name for name in ("leads.csv", "model.leadlight", "scores.csv", "report.html")
    )
    made = _make()
    page.say(f"1. {ROWS:,} leads of a made-up company, as a CRM exports them: {leads}")
    page.say(f"What they did, who called them, how they ended, what it cost: {', '.join(LOGS)} beside them.")
    trained = _train(leads, made)
    trained.bundle.save(model, force=True)
    drawable = _draw(trained, report)
    page.say("2. Learn from those that were won or lost:")
    logs = ("--events", FOLDER / "events.csv", "--outcomes", FOLDER / "outcomes.csv")
    page.typed(line("train", leads, *_ANSWERS, *logs, "-o", model, *_report(report if drawable else None)))
    _tell(page, trained)
    ends = frame.seconds_of(made.ends)
    events = source_of(trained.bundle, made.events, ends, ends)
    job = ScoringJob(trained.bundle, str(scores), reasons=REASONS, at=ends, events=events)
    with progress("scoring") as observe, open_rejects(scores.with_suffix(".rejected.csv")) as odd:
        found = job.run(files.read_batches(leads), odd, force=True, observe=observe)
    page.line()
    page.say("3. Score all of them, with reasons:")
    at = made.ends.strftime("%Y-%m-%d")
    page.typed(line("score", model, leads, *logs[:2], "--at", at, "--reasons", str(REASONS), "-o", scores))
    page.line(f"{found.balance}.")
    whom_to_call(page, *plan_open_leads(trained.bundle, trained.prepared.open), SHOWN)
    _keep(trained, leads, made)
    page.heading(f"Done in {perf_counter() - start:.0f} seconds")
    written = [*([report] if drawable else []), model, scores]
    page.say(f"{', '.join(map(str, written))} and {leads} are yours to look at.")
    if not drawable:
        page.say("For a report in pictures as well: pip install 'leadlight[report]'")
    page.say("The folder is also a home, which keeps leads, models and every score:")
    page.typed(line("plan", "--home", FOLDER, "-o", "list.xlsx"))
    page.typed(line("serve", "--home", FOLDER))
    page.say("Now your own leads, an export of your CRM with won, lost and open ones:")
    page.typed(line("train", "your-leads.csv"))


def _make() -> HistorySample:
    """Leads of the two years until today, with their history, in files."""
    try:
        FOLDER.mkdir(exist_ok=True)
    except OSError:
        raise OutputError(
            "The folder of the demo cannot be made.",
            code="no_folder",
            where=str(FOLDER),
            hint="Move what is in its place, or run it in another folder.",
        ) from None
    today = datetime.fromtimestamp(homes.now(), UTC).date()
    made = generate_history(ROWS, planted=Planted(leak=True), start=today - timedelta(days=DAYS))
    for name in ("leads.csv", *LOGS):
        with files.open_writer(FOLDER / name, force=True) as writer:
            writer.write(getattr(made, name.removesuffix(".csv")))
    return made


def _keep(trained: Trained, leads: Path, made: HistorySample) -> None:
    """Keep the made-up leads, what happened to them and their scores in a home."""
    store = create_store(Home.of(FOLDER, FOLDER))
    (FOLDER / homes.DEMO).touch()
    try:
        promote_bundle(store, trained.bundle, homes.now(), homes.who())
        with progress("taking leads in") as observe, open_rejects(leads.with_suffix(".rejected.csv")) as odd:
            sync_leads(store, files.read_batches(leads), odd, homes.now)
            observe("taking in what happened to them")
            take_history(store, made)
        score_store(store)
    finally:
        store.close()


def _train(leads: Path, made: HistorySample) -> Trained:
    wanted = api.options(None, target="Stage", positive="Won", negative="Lost")
    with progress("looking at the columns") as observe:
        return api.trained(leads, wanted, observe, api.lead_logs(made.events, made.outcomes))


def _tell(page: Page, trained: Trained) -> None:
    """The part of a training's story that shows what is special."""
    found = trained.bundle.record
    leaks = [finding for finding in trained.prepared.audit.findings if finding.code == "leak"]
    for finding in leaks:
        page.line(finding.message)
    story.candidates(page, found, trained.seconds)
    story.promise(page, trained.bundle, brief=True)


def _report(path: Path | None) -> list[str]:
    return [] if path is None else ["--report", str(path)]


def _draw(trained: Trained, report: Path) -> bool:
    """The model in pictures, where what charts need is installed."""
    if not drawing.can_draw():
        return False
    with progress("drawing"):
        drawing.write(drawing.of_training(trained), report, None, force=True)
    return True
