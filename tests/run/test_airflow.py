"""Both DAGs as Airflow runs them: twice for one interval, and with a task that is killed, to one end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AIRFLOW = ROOT / ".venv-airflow/bin/airflow"
COMMAND = Path(sys.executable).with_name("leadlight")
DAGS = ROOT / "deploy/airflow/dags"
TIER = os.environ.get("LEADLIGHT_TIER", "quick")
DAY, MONTH = "2026-03-01", "2026-03"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not AIRFLOW.exists(), reason="the environment of Airflow is not here: make airflow"),
]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A home with a model in service, and the leads of a day in the folder of exports."""
    drop = tmp_path / "drop"
    drop.mkdir()
    leads = str(drop / f"leads-{DAY}.csv")
    for words in (
        ["sample", "-o", leads, "--rows", "1500"],
        ["train", leads, "--models", "logistic", "-o", str(tmp_path / "first.leadlight")],
        ["init", "--home", str(tmp_path / "home")],
        ["promote", str(tmp_path / "first.leadlight"), "--home", str(tmp_path / "home")],
    ):
        subprocess.run([COMMAND, *words], check=True, capture_output=True, cwd=tmp_path)
    return tmp_path


def environment(place: Path) -> dict[str, str]:
    return os.environ | {
        "AIRFLOW_HOME": str(place / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "PATH": f"{AIRFLOW.parent}{os.pathsep}{os.environ['PATH']}",
        "LEADLIGHT_HOME": str(place / "home"),
        "LEADLIGHT_DROP": str(place / "drop"),
        "LEADLIGHT_COMMAND": str(COMMAND),
        "LEADLIGHT_RETRY_SECONDS": "1",
    }


def airflow(place: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [AIRFLOW, *words], env=environment(place) | more, capture_output=True, text=True, check=False
    )


def end_state(place: Path) -> dict[str, object]:
    """What is left: every file of the drop, and how the leads of the home stand."""
    files = {
        str(path.relative_to(place)): sha256(path.read_bytes()).hexdigest()
        for path in sorted((place / "drop").rglob("*"))
        if path.is_file() and path.suffix != ".json"
    }
    listed = subprocess.run(
        [COMMAND, "models", "list", "--home", str(place / "home"), "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    serving = [each["name"] for each in json.loads(listed.stdout)["models"] if each["in_service"]]
    return files | {"serving": serving}


def test_the_dags_are_read_and_hold_their_tasks_in_order(tmp_path: Path) -> None:
    """Neither a database nor a scheduler is asked."""
    code = (
        "import runpy, sys\n"
        "for path in sys.argv[1:]:\n"
        "    print(*(task.task_id for task in runpy.run_path(path)['dag'].topological_sort()))\n"
    )
    python = AIRFLOW.with_name("python")
    paths = [str(DAGS / f"leadlight_{name}.py") for name in ("daily", "monthly")]
    answer = subprocess.run(
        [python, "-c", code, *paths], env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert answer.stdout.splitlines()[-2:] == ["sync inspect score write_back", "train gate promote"]


@pytest.mark.skipif(TIER != "proof", reason="minutes of Airflow: make proof")
def test_a_day_and_a_month_run_twice_with_one_end_and_once_with_a_task_killed(place: Path) -> None:
    """A killed command is tried again by Airflow, and what it left is what an undisturbed run leaves."""
    assert airflow(place, "db", "migrate").returncode == 0
    day, month = f"{DAY}T04:00:00+00:00", "2026-04-01T05:00:00+00:00"
    following = "2026-03-02T04:00:00+00:00"
    ends = []
    for more in ({}, {}, {"LEADLIGHT_COMMAND": str(killing(place))}):
        for dag, moment in (("leadlight_daily", following), ("leadlight_monthly", month)):
            answer = airflow(place, "dags", "test", dag, moment, **more)
            assert answer.returncode == 0, f"{dag} {day} {answer.stdout[-3000:]}"
        ends.append(end_state(place))
    assert ends[0] == ends[1] == ends[2]
    assert len(list(place.glob("killed-*"))) == 4
    assert f"drop/scored/{DAY}.csv" in ends[0]
    assert f"drop/models/{MONTH}.leadlight" in ends[0]


def killing(place: Path) -> Path:
    """The command, but the first call of each of these verbs is killed in its midst."""
    script = place / "killing"
    script.write_text(
        "#!/bin/bash\n"
        f'mark="{place}/killed-$1"\n'
        'case "$1" in sync|score|train|promote) if [ ! -e "$mark" ]; then touch "$mark";\n'
        f'    "{COMMAND}" "$@" & child=$!; sleep 1; kill -9 $child; wait $child; exit 137; fi ;; esac\n'
        f'exec "{COMMAND}" "$@"\n'
    )
    script.chmod(0o755)
    return script


def test_the_gate_keeps_a_weak_model_and_one_that_is_worse_out(tmp_path: Path) -> None:
    gate = ROOT / "deploy/airflow/gate.py"
    trained, compared = tmp_path / "trained.json", tmp_path / "compared.json"

    def ends(auc: float, low: float, high: float | None = None) -> int:
        trained.write_text(json.dumps({"test": {"auc": auc, "auc_low": low}}))
        compared.write_text(json.dumps({"metrics": {"auc": {"low": -0.1, "high": high}}}))
        paths = [trained] if high is None else [trained, compared]
        return subprocess.run([sys.executable, gate, *paths], capture_output=True, check=False).returncode

    assert ends(0.8, 0.75) == ends(0.8, 0.75, 0.01) == 0
    assert ends(0.55, 0.52) == ends(0.7, 0.48) == ends(0.8, 0.75, -0.01) == 99
    assert shutil.which("bash")
