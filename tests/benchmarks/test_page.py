"""The page of the benchmarks shows the results that are kept."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.measure import RESULTS, Figure, Table, line, machine
from benchmarks.page import BEGIN, END, ORDER, PAGE, filled

EMPTY = f"# Title\n\n{BEGIN}\n\nstale\n\n{END}\n"


def keep(folder: Path, *figures: Figure) -> None:
    result = {"name": "one", "commit": "0123456789abcdef", "machine": machine()}
    result["figures"] = [line(figure) for figure in figures]
    (folder / "one.json").write_text(json.dumps(result), encoding="utf-8")


def test_the_page_is_what_the_results_say() -> None:
    """After a benchmark was run: `python -m benchmarks.page`."""
    text = PAGE.read_text(encoding="utf-8")
    assert filled(text, RESULTS) == text


def test_each_figure_is_a_line_of_the_table(tmp_path: Path) -> None:
    keep(tmp_path, Figure("one lead", "s", 2.0, 10.0, 4.0, of_ratio=True, against="pipeline"))
    text = filled(EMPTY, tmp_path)
    assert "| one lead (s) | 2 | 10 pipeline | 5 x | 4 x | met |" in text
    assert "0123456789;" in text
    assert "stale" not in text
    assert filled(text, tmp_path) == text


def test_a_figure_without_a_unit_is_shown_too(tmp_path: Path) -> None:
    keep(tmp_path, Figure("fast: AUC", "", 0.88, bar=0.876, lower_is_better=False))
    assert "| fast: AUC | 0.88 |  |  | 0.876 | met |" in filled(EMPTY, tmp_path)


def test_a_machine_with_other_work_to_do_is_told_of(tmp_path: Path) -> None:
    keep(tmp_path, Figure("one lead", "s", 2.0))
    path = tmp_path / "one.json"
    result = json.loads(path.read_text(encoding="utf-8"))
    for load, shared in ((0.9, False), (3.1, True)):
        machine = result["machine"] | {"cores": 2, "load": load}
        path.write_text(json.dumps(result | {"machine": machine}), encoding="utf-8")
        assert ("The machine was shared: 3.1 processes" in filled(EMPTY, tmp_path)) is shared


def test_tables_stand_below_the_figures(tmp_path: Path) -> None:
    keep(tmp_path, Figure("one lead", "s", 2.0))
    path = tmp_path / "one.json"
    result = json.loads(path.read_text(encoding="utf-8"))
    several = asdict(Table("Many leads", ("model", "AUC"), [("fast", "0.88"), ("all", "0.89")]))
    path.write_text(json.dumps(result | {"tables": [several]}), encoding="utf-8")
    text = filled(EMPTY, tmp_path)
    assert "Many leads\n\n| model | AUC |\n| --- | --- |\n| fast | 0.88 |\n| all | 0.89 |" in text
    assert text.index("| one lead (s) |") < text.index("Many leads")


def test_without_results_the_page_is_empty_between_its_marks(tmp_path: Path) -> None:
    assert filled(EMPTY, tmp_path) == f"# Title\n\n{BEGIN}\n\n{END}\n"


def test_what_was_not_measured_is_said(tmp_path: Path) -> None:
    for name in ORDER:
        if name != "studies":
            result = {"name": name, "commit": "0123456789abcdef", "machine": machine(), "figures": []}
            (tmp_path / f"{name}.json").write_text(json.dumps(result), encoding="utf-8")
    assert "Not yet measured at full size: **studies**." in filled(EMPTY, tmp_path)
    assert "Not yet" not in filled(EMPTY, tmp_path / "nowhere")
