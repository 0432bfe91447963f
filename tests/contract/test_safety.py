"""Nothing that could run a stranger's code, and nothing that ties the project to one machine or registry."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.contract.house import ROOT, Module, imports, listed, modules, tracked, used

PICKLES = listed("pickle cPickle _pickle dill cloudpickle joblib marshal shelve jsonpickle skops copyreg")
EVALUATION = {"eval", "exec", "compile", "__import__"}
EVALUATION |= {f"builtins.{name}" for name in EVALUATION} | {"os.system", "os.popen", "runpy.run_path"}
UNPICKLING = {"read_pickle", "to_pickle", "deserialize"}

# In pieces, so that this file does not hold what it looks for.
_HOSTS = "py|pi python|hosted npm|js ana|conda cra|tes mav|en.apache mav|en proxy.go|lang"
HOSTS = listed(_HOSTS.replace("|", ""))
REGISTRY = re.compile(
    rf"({'|'.join(map(re.escape, HOSTS))})\.(org|com|io)\b|--(extra-)?(index|find)-(url|links)"
)
FOLDERS = "|".join(listed("home Users root work mnt opt tmp"))
MACHINE = re.compile(rf"(?<![\w.~}}$-])/({FOLDERS})/\w|\b[A-Z]:\\+(Users|Windows)")
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def each() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("module", modules(), ids=lambda module: module.place)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


@each()
def test_no_pickle_family(module: Module) -> None:
    """A bundle is plain data; what can only be pickled is not a candidate."""
    assert not [
        f"{module.place}:{i.line} {i.target}" for i in imports(module) if i.target.split(".")[0] in PICKLES
    ]
    assert not [
        f"{module.place}:{n.lineno} {name}" for name, n in used(module) if name.split(".")[-1] in UNPICKLING
    ]


@each()
def test_arrays_are_read_without_pickle(module: Module) -> None:
    """numpy may load arrays of numbers only, and says so."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False, f"{module.place}:{node.value.lineno}"


@each()
def test_nothing_is_evaluated(module: Module) -> None:
    """Declared features are parsed to a tree; no text becomes Python."""
    calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    called = {id(node.func) for node in calls}
    wrong = [(name, node.lineno) for name, node in used(module) if name in EVALUATION and id(node) in called]
    assert not wrong, module.place
    shells = [keyword for node in calls for keyword in node.keywords if keyword.arg == "shell"]
    assert not shells, module.place


@pytest.mark.parametrize("pattern", [REGISTRY, MACHINE], ids=["registry", "machine"])
def test_no_tracked_file_names_a_registry_or_a_place_on_one_machine(pattern: re.Pattern[str]) -> None:
    """Where packages come from, and where files lie, is each machine's own business; images have places."""
    looked_at = [path for path in tracked() if pattern is REGISTRY or ROOT / "deploy" not in path.parents]
    found = [
        f"{path.relative_to(ROOT)}:{number} {match[0]}"
        for path in looked_at
        for number, line in enumerate(text(path).splitlines(), start=1)
        if (match := pattern.search(line))
    ]
    assert not found


@pytest.mark.parametrize(
    "pieces",
    [f"https://{min(HOSTS)}|.org/", "--index|-url", "see /ho|me/ann", "C:|\\Users", "'/tm|p/x'"],
)
def test_the_patterns_find_what_they_look_for(pieces: str) -> None:
    line = pieces.replace("|", "")
    assert REGISTRY.search(line) or MACHINE.search(line)


def pins(path: Path) -> dict[str, list[str]]:
    """Each pin of a lock file with its hashes."""
    blocks = re.split(r"\n(?=\S)", text(path).replace("\\\n", " "))
    return {
        block.split(";")[0].split()[0]: re.findall(r"--hash=sha256:[0-9a-f]{64}\b", block)
        for block in blocks
        if block.strip() and not block.startswith("#")
    }


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_by_version_and_hash_alone(path: Path) -> None:
    locked = pins(path)
    assert locked
    assert all(re.fullmatch(r"[a-z0-9-]+(\[[a-z,]+\])?==[0-9][\w.!+]*", pin) for pin in locked)
    assert all(locked.values())
    assert "://" not in text(path)
    assert not re.search(r"^\s*-[a-z-](?!-hash)", re.sub(r"--hash=\S+", "", text(path)), re.MULTILINE)


def test_the_locks_agree() -> None:
    """Demo and tests run on the same versions."""
    core, test = (set(pins(ROOT / "requirements" / f"{name}.txt")) for name in ("core", "test"))
    assert core <= test


def test_the_locks_satisfy_the_project() -> None:
    """A dependency that was added or raised is locked (`make lock`)."""
    project = tomllib.loads(text(ROOT / "pyproject.toml"))
    optional, groups = project["project"]["optional-dependencies"], project["dependency-groups"]
    extras = [line for name, lines in optional.items() if name not in ("all", "spark") for line in lines]
    spark = [line for line in optional["spark"] if not line.startswith("leadlight")]
    wanted = {
        "core": project["project"]["dependencies"],
        "setup": groups["setup"],
        "bench": groups["bench"],
        "spark": project["project"]["dependencies"] + optional["pandas"] + spark + groups["spark"],
        "airflow": groups["airflow"],
        "test": project["project"]["dependencies"] + extras + groups["test"],
    }
    for name, requirements in wanted.items():
        locked = dict(pin.split("==") for pin in pins(ROOT / "requirements" / f"{name}.txt"))
        for requirement in map(Requirement, requirements):
            assert requirement.name in locked, (
                f"{requirement.name} is not in requirements/{name}.txt: make lock"
            )
            assert requirement.specifier.contains(locked[requirement.name]), (
                f"{requirement} in {name}.txt: make lock"
            )
