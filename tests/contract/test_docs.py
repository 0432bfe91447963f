"""The reference pages are what the code says, and the docs name every command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.house import ROOT, tracked
from tools.reference import FOLDER, family, is_option, pages, walk

PAGES = [path for path in tracked() if path.suffix == ".md"]


@pytest.fixture(scope="module")
def commands() -> dict[str, object]:
    """Every command by what is typed to call it."""
    cli = pytest.importorskip("leadlight.cli")
    if not hasattr(cli, "app"):
        pytest.skip("there are no commands yet")
    from typer.main import get_command

    return dict(walk(get_command(cli.app), "leadlight"))


def test_the_reference_is_what_the_code_says() -> None:
    """After a change of a command or an error: `make docs`."""
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert written == pages()


def test_every_command_and_option_is_in_the_reference(commands: dict) -> None:
    text = (FOLDER / "cli.md").read_text(encoding="utf-8")
    for path, command in commands.items():
        assert f"## {path}\n" in text
        for option in filter(is_option, command.params):
            assert option.hidden or all(f"{name}" in text for name in option.opts), f"{path} {option.opts}"


def test_every_command_and_parameter_says_what_it_is(commands: dict) -> None:
    silent = [path for path, command in commands.items() if not command.help]
    silent += [
        f"{path} {parameter.name}"
        for path, command in commands.items()
        for parameter in command.params
        if not parameter.hidden and not parameter.help
    ]
    assert not silent


def test_every_error_is_in_the_reference() -> None:
    from leadlight.errors import LeadlightError

    text = (FOLDER / "errors.md").read_text(encoding="utf-8")
    assert all(f"`{kind.__name__}`" in text for kind in family(LeadlightError))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert not [link for link in links if link and not (page.parent / link).exists()]


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs") for path in PAGES if path.is_relative_to(ROOT / "docs")]
    assert not [
        str(page) for page in pages if str(page) != "index.md" and f"({page.as_posix()})" not in index
    ]
