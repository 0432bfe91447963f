"""Make an environment from the locked requirements; needs nothing but a Python of 3.11 or newer.

python3 tools/environment.py core     .venv with what `leadlight` needs to run
python3 tools/environment.py test     all extras and the test tools as well
python3 tools/environment.py bench    on top of these, what the benchmarks compare with
python3 tools/environment.py spark    .venv-spark: `leadlight` with PySpark, and what its tests need
python3 tools/environment.py airflow  .venv-airflow: Airflow alone, which calls the command of .venv
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEVELS = {"core": ["core"], "test": ["core", "test"], "bench": ["bench"]}
APART = ("spark", "airflow")
WITHOUT_LEADLIGHT = ("airflow",)
DRIVER = "org.postgresql:postgresql:42.7.8"
RECENT = "import sys; sys.exit(sys.version_info < (3, 11))"
IMPORTED = (
    "leadlight.cli, leadlight.cli.train, leadlight.cli.score, lightgbm, sklearn.linear_model, scipy.optimize"
)
NO_PIP = (
    "this Python has no pip and cannot make one: install its venv module "
    "(on Debian and Ubuntu: apt-get install python3-venv) and try again"
)


def main(arguments: list[str]) -> None:
    """Install one level and leave the stamps that make looks at."""
    level = arguments[0] if arguments else "test"
    if level not in (*LEVELS, *APART):
        raise SystemExit(f"unknown level {level!r}: it is one of {', '.join([*LEVELS, *APART])}")
    home = ROOT / (f".venv-{level}" if level in APART else ".venv")
    python = str(home / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    stamps = LEVELS.get(level, [level])
    create(home, python)
    bootstrap(python)
    install(python, stamps[-1])
    if level not in APART:
        keep_byte_code(python)
    if level == "spark":
        bring_driver(home / "jars")
    for name in stamps:
        (home / f"{name}.stamp").touch()


def create(home: Path, python: str) -> None:
    """Make an empty environment, unless there is one whose Python is recent enough."""
    if succeeds(python, "-c", RECENT):
        return
    if not succeeds(sys.executable, "-c", RECENT):
        found = ".".join(map(str, sys.version_info[:2]))
        raise SystemExit(f"this is Python {found}; Leadlight needs 3.11 or newer: make PYTHON=python3.12 ...")
    shutil.rmtree(home, ignore_errors=True)
    run(sys.executable, "-m", "venv", "--without-pip", str(home))


def bootstrap(python: str) -> None:
    """Put the locked uv and build tools into an environment, by whichever pip this Python offers."""
    if has_locked_uv(python):
        return
    if succeeds(python, "-m", "pip", "--version") or succeeds(python, "-m", "ensurepip"):
        pip = [python, "-m", "pip"]
    elif succeeds(sys.executable, "-m", "pip", "--version"):
        pip = [sys.executable, "-m", "pip", "--python", python]
    else:
        raise SystemExit(NO_PIP)
    run(*pip, "install", "--quiet", "--require-hashes", "-r", lock("setup"))


def has_locked_uv(python: str) -> bool:
    """Whether an environment holds uv at the version that the lock names."""
    lines = Path(lock("setup")).read_text(encoding="utf-8").splitlines()
    version = next(line.split("==")[1].split()[0] for line in lines if line.startswith("uv=="))
    check = "import importlib.metadata as m, sys; sys.exit(m.version('uv') != sys.argv[1])"
    return succeeds(python, "-c", check, version)


def install(python: str, name: str) -> None:
    """Install the locked requirements, then the package itself, editable, where it belongs."""
    uv = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    run(*uv, "--require-hashes", "-r", lock("setup"))
    run(*uv, "--require-hashes", "-r", lock(name))
    if name not in WITHOUT_LEADLIGHT:
        run(*uv, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def keep_byte_code(python: str) -> None:
    """Compile what the commands import, once and here: uv leaves that to whoever starts the first one."""
    writing = {name: value for name, value in environment().items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([python, "-c", f"import {IMPORTED}"], check=False, capture_output=True, env=writing)


def bring_driver(folder: Path) -> None:
    """The driver by which Spark reaches PostgreSQL, where Maven is here to bring it."""
    copy = ["mvn", "--quiet", "--batch-mode", "dependency:copy", f"-Dartifact={DRIVER}"]
    if shutil.which("mvn") is None or not succeeds(*copy, f"-DoutputDirectory={folder}"):
        print("no driver for PostgreSQL: Maven did not bring one", file=sys.stderr)


def lock(name: str) -> str:
    """The path of a lock file."""
    return str(ROOT / "requirements" / f"{name}.txt")


def run(*command: str) -> None:
    """Run a command; where it fails, stop, its own message standing above ours."""
    code = subprocess.run(command, check=False, env=environment()).returncode
    if code:
        raise SystemExit(f"set-up stopped (exit code {code}) at: {' '.join(command)}")


def succeeds(*command: str) -> bool:
    """Whether a command runs through."""
    try:
        return subprocess.run(command, check=False, capture_output=True, env=environment()).returncode == 0
    except OSError:
        return False


def environment() -> dict[str, str]:
    """Our environment without what would show another Python's packages to this one."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}


if __name__ == "__main__":
    main(sys.argv[1:])
