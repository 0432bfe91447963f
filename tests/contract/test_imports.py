"""Who may import whom, what is imported late, and what stays pure."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.house import PACKAGE, ROOT, Import, Module, benchmarks, imports, listed, modules, used

LEARNT = {"training", "model", "insight", "connect.files", "data", "errors"}
SURFACE = {"flows", "store", "insight", "model", "data", "settings", "errors"}
ALLOWED = {
    "errors": set(),
    "data": {"errors"},
    "model": {"data", "errors"},
    "training": {"model", "data", "errors"},
    "insight": {"training", "model", "data", "errors"},
    "settings": {"data", "errors"},
    "connect": {"data", "errors"},
    "store": {"data", "errors", "model.answer", "model.bundle"},
    "flows": {"store", "connect", "insight", "training", "model", "data", "errors"},
    "serve": SURFACE,
    "dashboard": SURFACE | {"serve.login"},
    "run": SURFACE,
    "version": set(),
    "__init__": LEARNT | {"api", "ready", "version"},
    "leads": {"connect.files", "data", "errors"},
    "insights": LEARNT | {"leads"},
    "ready": LEARNT | {"leads", "insights"},
    "api": LEARNT | {"settings", "leads", "ready", "version"},
    "sklearn": LEARNT | {"api", "leads", "ready", "version"},
    "testing": LEARNT,
    "cli": SURFACE
    | LEARNT
    | {"", "api", "leads", "ready", "version", "connect", "serve", "dashboard", "run", "sklearn", "testing"},
}

SLOW = listed("sklearn scipy lightgbm pandas pyarrow xlsxwriter narwhals")
OPTIONAL = listed(
    "xgboost catboost optuna altair vl_convert fastapi uvicorn starlette sqlalchemy alembic dash plotly "
    "confluent_kafka pyspark airflow duckdb psycopg sqlglot openpyxl matplotlib"
)
OWNERS = {
    "serve": {"fastapi", "uvicorn", "starlette"},
    "dashboard": {"fastapi", "starlette"},
    "sklearn": {"sklearn"},
    "store": {"sqlalchemy", "alembic"},
    "run": {"confluent_kafka", "pyspark", "airflow"},
}

PURE = ("data", "model", "training", "insight")
NETWORK = listed("socket ssl urllib http ftplib smtplib requests httpx urllib3 aiohttp asyncio")
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv"}
CLOCK = {f"time.{name}" for name in ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime", "sleep")}
CLOCK |= {f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")} | {"datetime.date.today"}
CHANCE = {"os.urandom", "uuid.uuid1", "uuid.uuid4"}
SEEDED = {"default_rng", "Generator", "PCG64", "PCG64DXSM", "Philox", "SFC64", "SeedSequence", "BitGenerator"}


def each(parts: tuple[str, ...] | None = None) -> pytest.MarkDecorator:
    chosen = [module for module in modules() if parts is None or module.part in parts]
    return pytest.mark.parametrize("module", chosen, ids=lambda module: module.place)


def permitted(module: Module, target: str) -> bool:
    """Whether a file may import this module of the package."""
    inner = target.removeprefix(PACKAGE).removeprefix(".")
    allowed = ALLOWED[module.part] | {module.part}
    return any(inner == edge or (edge and inner.startswith(f"{edge}.")) for edge in allowed)


def own(target: str) -> bool:
    return target.split(".")[0] == PACKAGE


def test_every_part_has_its_line_in_the_table() -> None:
    """A new part of the house says first whom it may import."""
    assert {module.part for module in modules()} <= ALLOWED.keys()


@each()
def test_imports_go_one_way(module: Module) -> None:
    """DESIGN's directions hold, late imports and imports for type checkers included."""
    wrong = [
        f"{module.place}:{found.line} imports {found.target}"
        for found in imports(module)
        if own(found.target) and not permitted(module, found.target)
    ]
    assert not wrong


@each()
def test_slow_and_optional_libraries_are_imported_late(module: Module) -> None:
    """Only a part's own library may stand at the top of its files."""
    barred = (SLOW | OPTIONAL) - OWNERS.get(module.part, set())
    wrong = [
        f"{module.place}:{found.line} imports {found.target}"
        for found in imports(module)
        if found.target.split(".")[0] in barred and at_import_time(found)
    ]
    assert not wrong


@pytest.mark.parametrize("files", [modules(), benchmarks()], ids=["package", "benchmarks"])
def test_no_file_imports_itself_round_a_circle(files: tuple[Module, ...]) -> None:
    """Inside a package as well, late imports included: what stands below knows nothing of what uses it."""
    assert circles(graph(files)) == []


def test_the_rule_sees_a_circle() -> None:
    found = circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()})
    assert found == [["b", "c"]]


def graph(files: tuple[Module, ...]) -> dict[str, set[str]]:
    """Which files each file imports, by their names."""
    names = {module.name for module in files}
    found: dict[str, set[str]] = {}
    for module in files:
        targets = {file_of(each.target, names) for each in imports(module)}
        found[module.name] = {target for target in targets if target and target != module.name}
    return found


def file_of(target: str, names: set[str]) -> str:
    """The file that an import of a module, or of a name in it, reads."""
    while target and target not in names:
        target = target.rpartition(".")[0]
    return target


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """The groups of files of which each reaches every other."""
    reached = {name: reachable(name, edges) for name in edges}
    groups = {frozenset(other for other in reached[name] if name in reached[other]) for name in edges}
    return sorted(sorted(group) for group in groups if group)


def reachable(name: str, edges: dict[str, set[str]]) -> set[str]:
    """All that a file imports, directly or through others; itself only round a circle."""
    found: set[str] = set()
    waiting = list(edges[name])
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += edges[each]
    return found


def at_import_time(found: Import) -> bool:
    return not (found.late or found.typing)


@each(PURE)
def test_pure_parts_reach_for_no_network(module: Module) -> None:
    """What is learnt from leads comes from the leads."""
    assert not [found for found in imports(module) if found.target.split(".")[0] in NETWORK]


@each(PURE)
def test_pure_parts_read_no_clock_environment_or_global_chance(module: Module) -> None:
    """The same leads, settings and seed give the same answer on any day and machine."""
    assert not [f"{module.place}:{node.lineno} {name}" for name, node in used(module) if impure(name)]


@each(PURE)
def test_pure_parts_draw_from_a_given_seed_and_keep_no_state(module: Module) -> None:
    """Chance comes from a seed that was handed in; no function rebinds a name of its module."""
    calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    unseeded = [
        node.lineno for node in calls if ast.unparse(node.func).endswith("default_rng") and not node.args
    ]
    rebound = [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.Global)]
    assert not unseeded + rebound, module.place


def impure(name: str) -> bool:
    head, _, last = name.rpartition(".")
    if head == "numpy.random":
        return last not in SEEDED
    return name in ENVIRONMENT | CLOCK | CHANCE or head in {"random", "secrets"}


@pytest.mark.parametrize("name", ["numpy.random.rand", "random.random", "time.time", "os.environ"])
def test_the_rule_sees_impurity(name: str) -> None:
    assert impure(name)


def loaded_by(code: str, among: set[str]) -> set[str]:
    """Which of these libraries a fresh interpreter has loaded after running the code."""
    report = f"{code}\nimport sys; print(*sorted({among!r} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.split())


def test_importing_the_package_is_light() -> None:
    """`import leadlight`, and with it the command, waits for no library that takes long to load."""
    assert not loaded_by("import leadlight", SLOW | OPTIONAL | {"numpy", "polars"})


def test_importing_the_command_is_light() -> None:
    """`leadlight --help` answers at once."""
    assert not loaded_by("import leadlight.cli", SLOW | OPTIONAL | {"numpy", "polars"})


def test_what_scores_is_light() -> None:
    """numpy and polars are all that data, model and connect load before they are called."""
    names = [
        module.name
        for module in modules()
        if module.part in {"errors", "data", "model", "training", "connect"}
    ]
    assert not loaded_by(f"import {', '.join(names)}", SLOW | OPTIONAL)


SCORES = """
import sys
from leadlight.ready import load
model = load({path!r})
lead = {{column.name: None for column in model.bundle.scorer.schema.columns}}
assert model.score_one({{"Visits": 3}}, reasons=3).reasons
assert len(model.score([lead], reasons=3)) == 1
"""
STORED_MODEL = str(ROOT / "tests" / "fixtures" / "bundles" / "glassbox.leadlight")


def test_a_process_that_scores_learns_nothing() -> None:
    """Neither what trains is loaded, nor a store, nor any library that takes long."""
    barred = {"leadlight.training", "leadlight.store", "sqlalchemy"} | SLOW | OPTIONAL
    assert not loaded_by(SCORES.format(path=STORED_MODEL), barred)


def test_a_server_learns_nothing() -> None:
    """The worker of the service scores; it loads nothing that trains."""
    code = "import leadlight.serve.worker, leadlight.serve.application"
    assert not loaded_by(code, {"leadlight.training", "sklearn", "lightgbm"})


def test_reading_a_file_loads_neither_databases_nor_the_network(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("Visits\n3\n")
    code = f"from leadlight.connect import files; files.read({str(tmp_path / 'leads.csv')!r})"
    assert not loaded_by(code, {"leadlight.connect.databases", "leadlight.connect.web_files", "sqlite3"})


def test_scoring_a_file_opens_no_store() -> None:
    """`leadlight score MODEL LEADS` waits for no database."""
    assert not loaded_by("import leadlight.cli.score", {"sqlalchemy", "leadlight.training"})
