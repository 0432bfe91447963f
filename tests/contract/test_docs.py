"""The reference pages are what the code says, and the docs name every command."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from leadlight.data.config import parse, record
from tests.contract.house import ROOT, tracked
from tools.reference import FOLDER, family, is_option, pages, walk

PAGES = [path for path in tracked() if path.suffix == ".md"]


@pytest.fixture(scope="module")
def commands() -> dict[str, object]:
    """Every command by what is typed to call it."""
    from typer.main import get_command

    from leadlight.cli import app

    return dict(walk(get_command(app), "leadlight"))


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


def test_every_setting_is_on_the_page_of_the_configuration() -> None:
    """Each key of leadlight.toml."""
    text = (ROOT / "docs/leadlight-toml.md").read_text(encoding="utf-8")
    sections = (record.TargetConfig, record.PointsConfig, record.GradesConfig, record.TrainConfig)
    kinds = (*sections, record.ColumnConfig)
    keys = {item.name for kind in kinds for item in fields(kind) if not item.metadata.get("place")}
    assert not [key for key in sorted(keys) if f"`{key}`" not in text and f"{key} =" not in text]


def test_the_configuration_page_s_example_is_accepted() -> None:
    text = (ROOT / "docs/leadlight-toml.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert example
    assert parse(example.group(1)).target.column == "Stage"
