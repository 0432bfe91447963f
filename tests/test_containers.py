"""The image keeps what its page promises: by what its files say, and for real where it can be built."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
TRAINS = {"scikit-learn", "scipy", "lightgbm", "joblib", "threadpoolctl", "xgboost-cpu", "catboost", "pandas"}
BASE = os.environ.get("LEADLIGHT_BASE_IMAGE")


def locked(name: str) -> dict[str, str]:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


@pytest.fixture(scope="module")
def final() -> str:
    """The last stage of the Dockerfile, which is what runs."""
    return (DEPLOY / "Dockerfile").read_text().rsplit("\nFROM ", 1)[1]


def test_what_serves_is_locked_and_learns_nothing() -> None:
    serving, core = locked("serving"), locked("core")
    assert not TRAINS & serving.keys()
    assert {"numpy", "polars", "fastapi", "uvicorn", "psycopg", "jinja2"} <= serving.keys()
    shared = serving.keys() & core.keys()
    assert {name: serving[name] for name in shared} == {name: core[name] for name in shared}


def test_everything_is_installed_by_its_hash() -> None:
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    installs = re.findall(r"pip install[^&\n]*", text)
    assert len(installs) == 3
    assert all("--require-hashes" in each or "--no-deps" in each for each in installs)


def test_it_runs_as_a_user_without_rights_and_brings_no_build_tools(final: str) -> None:
    assert "USER 10001:10001" in final
    assert "HEALTHCHECK" in final
    assert "/healthz" in final
    assert "PYTHONDONTWRITEBYTECODE=1" in final
    assert not re.search(r"apt-get|pip install|\bgcc\b|COPY (?!--from=build)", final)


def test_only_what_is_built_from_reaches_the_build() -> None:
    """No leads, models or homes that lie in the folder."""
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    assert {line for line in lines if line.startswith("!")} == {
        "!pyproject.toml",
        "!README.md",
        "!LICENSE",
        "!requirements/setup.txt",
        "!requirements/serving.txt",
        "!src",
        "!deploy/warm.py",
    }


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    import yaml

    told: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return told["services"]


@pytest.mark.parametrize("name", ["init", "service", "stream"])
def test_the_commands_of_compose_are_commands_of_ours(services: dict[str, Any], name: str) -> None:
    """Every word of them is one that the command line knows."""
    from typer.main import get_command

    from leadlight.cli import app

    verb, *words = services[name]["command"]
    command = get_command(app).commands[verb]
    known = {option for parameter in command.params for option in getattr(parameter, "opts", ())}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_containers_of_compose_can_write_to_their_volume_alone(services: dict[str, Any]) -> None:
    for name in ("init", "service", "stream"):
        said = services[name]
        assert said["read_only"]
        assert said["cap_drop"] == ["ALL"]
        assert said["volumes"] == ["home:/var/lib/leadlight"]
    assert services["service"]["ports"] == ["127.0.0.1:8000:8000"]
    assert not {"ports"} & services["db"].keys()
    assert not {"ports"} & services["kafka"].keys()


@pytest.mark.long
@pytest.mark.skipif(os.environ.get("LEADLIGHT_TIER") != "proof", reason="minutes of building: make proof")
@pytest.mark.skipif(
    not (BASE and shutil.which("buildah")), reason="needs buildah and a base: LEADLIGHT_BASE_IMAGE"
)
def test_the_image_is_built_small_and_scores(tmp_path: Path) -> None:
    """With the base that LEADLIGHT_BASE_IMAGE names, at most 420 MB unpacked and 150 MB packed."""
    words = ["buildah", "bud", "--format", "docker", "--build-arg", f"BASE={BASE}", "-t", "leadlight-proof"]
    certificates = "/etc/ssl/certs/ca-certificates.crt"
    words += ["--volume", f"{certificates}:{certificates}:ro", "-f", str(DEPLOY / "Dockerfile"), str(ROOT)]
    subprocess.run(words, check=True, capture_output=True)
    container = output("buildah", "from", "localhost/leadlight-proof")
    try:
        place = output("buildah", "mount", container)
        assert int(output("du", "-sm", place).split()[0]) <= 420
        packed = subprocess.run(
            ["bash", "-c", f"tar -C {place} --numeric-owner -cf - . | gzip -6 | wc -c"],
            check=True,
            capture_output=True,
        )
        assert int(packed.stdout) <= 150_000_000
        assert output("buildah", "run", container, "--", "id", "-u") == "10001"
        for given in (["sample", "-o", "leads.csv"], ["init"]):
            output("buildah", "run", container, "--", "leadlight", *given)
    finally:
        subprocess.run(["buildah", "rm", container], check=False, capture_output=True)


def output(*words: str) -> str:
    answer = subprocess.run(words, check=True, capture_output=True, text=True)
    return answer.stdout.strip()
