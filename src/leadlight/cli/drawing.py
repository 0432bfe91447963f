"""What commands that draw have in common: one HTML file, and a folder of figures where it is asked for."""

from __future__ import annotations

from pathlib import Path

from leadlight.cli.output import check_free
from leadlight.cli.page import Page as Terminal
from leadlight.data.atomic import write_bytes_atomically
from leadlight.errors import DependencyError, OutputError
from leadlight.insight.page import ReportPage, check, pictures, written
from leadlight.insight.report import report
from leadlight.insight.wording import counted
from leadlight.training.fit import Trained


def can_draw() -> bool:
    """Whether what charts need is installed."""
    try:
        check()
    except DependencyError:
        return False
    return True


def check_places(output: Path | None, figures: Path | None, *, force: bool) -> None:
    """Before any work is done: charts can be drawn, and what is to be written can be."""
    if output is None and figures is None:
        return
    check()
    check_free(*([] if output is None else [output]), force=force)
    if figures is not None and not figures.is_dir() and (figures.exists() or not figures.parent.is_dir()):
        raise _no_folder(figures)


def _no_folder(figures: Path) -> OutputError:
    return OutputError(
        "The folder for the figures cannot be made.",
        code="no_folder",
        where=str(figures),
        hint="Make the folder that it is to be in, or choose another name.",
    )


def of_training(trained: Trained) -> ReportPage:
    """The report right after a training: the test leads, as the tested model sees them."""
    prepared = trained.prepared
    leads = prepared.raw[prepared.testing.tolist()]
    return report(trained.bundle, leads, tested=trained.tested, seconds=trained.seconds)


def write(page: ReportPage, output: Path | None, figures: Path | None, *, force: bool) -> None:
    """The page, and each of its figures."""
    if output is not None:
        write_bytes_atomically(output, written(page).encode(), force=force)
    if figures is not None:
        _write_figures(page, figures, force=force)


def _write_figures(page: ReportPage, folder: Path, *, force: bool) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        raise _no_folder(folder) from None
    for picture in pictures(page):
        write_bytes_atomically(folder / f"{picture.name}.svg", picture.svg, force=force)
        write_bytes_atomically(folder / f"{picture.name}.png", picture.png, force=force)


def tell(terminal: Terminal, page: ReportPage, output: Path | None, figures: Path | None) -> None:
    """Where everything is."""
    terminal.heading("Files")
    if output is not None:
        terminal.line(
            f"{output}: {page.title}, {counted(len(list(page.figures)), 'figure')}; opens in any browser"
        )
    if figures is not None:
        terminal.line(f"{figures}: each figure as PNG and as SVG")
