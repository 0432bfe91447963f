"""Make .venv from the locked requirements; needs nothing but a Python of 3.11 or newer.

python3 tools/environment.py core    what `leadlight` needs to run
python3 tools/environment.py test    all extras and the test tools as well
python3 tools/environment.py bench   on top of these, what the benchmarks compare with
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv"
PYTHON = str(HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
LEVELS = {"core": ["core"], "test": ["core", "test"], "bench": ["bench"]}
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
    if level not in LEVELS:
        raise SystemExit(f"unknown level {level!r}: it is one of {', '.join(LEVELS)}")
    create()
    bootstrap()
    install(LEVELS[level][-1])
    keep_byte_code()
    for name in LEVELS[level]:
        (HOME / f"{name}.stamp").touch()


def create() -> None:
    """Make an empty .venv, unless there is one whose Python is recent enough."""
    if succeeds(PYTHON, "-c", RECENT):
        return
    if not succeeds(sys.executable, "-c", RECENT):
        found = ".".join(map(str, sys.version_info[:2]))
        raise SystemExit(f"this is Python {found}; Leadlight needs 3.11 or newer: make PYTHON=python3.12 ...")
    shutil.rmtree(HOME, ignore_errors=True)
    run(sys.executable, "-m", "venv", "--without-pip", str(HOME))


def bootstrap() -> None:
    """Put the locked uv and build tools into .venv, by whichever pip this Python offers."""
    if has_locked_uv():
        return
    if succeeds(PYTHON, "-m", "pip", "--version") or succeeds(PYTHON, "-m", "ensurepip"):
        pip = [PYTHON, "-m", "pip"]
    elif succeeds(sys.executable, "-m", "pip", "--version"):
        pip = [sys.executable, "-m", "pip", "--python", PYTHON]
    else:
        raise SystemExit(NO_PIP)
    run(*pip, "install", "--quiet", "--require-hashes", "-r", lock("setup"))


def has_locked_uv() -> bool:
    """Whether .venv holds uv at the version that the lock names."""
    lines = Path(lock("setup")).read_text(encoding="utf-8").splitlines()
    version = next(line.split("==")[1].split()[0] for line in lines if line.startswith("uv=="))
    check = "import importlib.metadata as m, sys; sys.exit(m.version('uv') != sys.argv[1])"
    return succeeds(PYTHON, "-c", check, version)


def install(name: str) -> None:
    """Install the locked requirements, then the package itself, editable."""
    uv = [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", PYTHON]
    run(*uv, "--require-hashes", "-r", lock("setup"))
    run(*uv, "--require-hashes", "-r", lock(name))
    run(*uv, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def keep_byte_code() -> None:
    """Compile what the commands import, once and here: uv leaves that to whoever starts the first one."""
    writing = {name: value for name, value in environment().items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([PYTHON, "-c", f"import {IMPORTED}"], check=False, capture_output=True, env=writing)


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
