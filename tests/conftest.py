"""The tiers of the tests, the profiles of hypothesis, and the real leads where they are at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.brokers", "tests.databases"]

ROOT = Path(__file__).resolve().parent.parent
TIER = os.environ.get("LEADLIGHT_TIER", "quick")
SHARE = {"quick": 100, "ci": 10, "proof": 1}
EXAMPLES = {"quick": 25, "ci": 50, "proof": 1000}

# Threads of OpenMP that wait spin: two processes that train on the same cores are else twenty times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

for name, examples in EXAMPLES.items():
    settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,
        derandomize=name == "ci",
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )


def pytest_configure(config: pytest.Config) -> None:
    if TIER not in SHARE:
        raise pytest.UsageError(f"LEADLIGHT_TIER is {TIER!r}; it is one of {', '.join(SHARE)}")
    settings.load_profile(TIER)


def pytest_report_header(config: pytest.Config) -> str:
    return f"tier: {TIER}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "xeducation" in getattr(item, "fixturenames", ()):
            item.add_marker("xeducation")
    if TIER == "quick" and not config.option.markexpr:
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)


@pytest.fixture(scope="session")
def count() -> Callable[[int], int]:
    """Cut a full count to the tier: all of it in proof, a tenth in ci, a hundredth in quick."""
    return lambda full: max(1, full // SHARE[TIER])


@pytest.fixture(scope="session")
def xeducation() -> Path:
    """The X Education leads: the file that LEADLIGHT_XEDUCATION names, else the one beside the repository."""
    given = os.environ.get("LEADLIGHT_XEDUCATION")
    path = Path(given) if given else ROOT.parent / "shared/data/xeducation"
    path = path / "Leads.csv" if path.is_dir() else path
    if not path.is_file():
        pytest.skip("the X Education leads are not here: set LEADLIGHT_XEDUCATION to the path of Leads.csv")
    return path
