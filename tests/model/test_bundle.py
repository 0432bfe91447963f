"""A bundle comes back as it was written; a damaged or hostile one is refused before anything runs."""

from __future__ import annotations

import io
import json
import pickle
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadlight.errors import BundleError, OutputError
from leadlight.model.bundle import Bundle
from tests.model.trained import bundle, sample

FAMILIES = ("bayes", "logistic", "glassbox", "lightgbm", "neural")


def resealed(data: bytes, change: Callable[[dict[str, bytes]], None], **extra: Any) -> bytes:
    """The same bundle with other contents and a checksum that is right."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
    change(entries)
    return sealed(entries, **extra)


def sealed(entries: dict[str, bytes], mode: int = 0o600, compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.compress_type = compression
            info.external_attr = mode << 16
            archive.writestr(info, content)
        archive.comment = b"0" * 64
    body = buffer.getvalue()[:-64]
    return body + sha256(body).hexdigest().encode()


def edit(part: str, change: Callable[[Any], None]) -> Callable[[dict[str, bytes]], None]:
    def apply(entries: dict[str, bytes]) -> None:
        plain = json.loads(entries[f"{part}.json"])
        change(plain)
        entries[f"{part}.json"] = json.dumps(plain).encode()

    return apply


def edit_array(
    name: str, dtype: str, change: Callable[[np.ndarray], None]
) -> Callable[[dict[str, bytes]], None]:
    def apply(entries: dict[str, bytes]) -> None:
        values = np.frombuffer(entries[f"arrays/{name}.bin"], dtype=dtype).copy()
        change(values)
        entries[f"arrays/{name}.bin"] = values.tobytes()

    return apply


def put(entries_to_add: dict[str, bytes]) -> Callable[[dict[str, bytes]], None]:
    return lambda entries: entries.update(entries_to_add)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_was_written_comes_back(family: str) -> None:
    """Bytes, hash and every score."""
    before = bundle(family)
    data = before.to_bytes()
    after = Bundle.from_bytes(data)
    after.check()
    assert after.to_bytes() == data
    assert after.hash == before.hash == sha256(data[:-64]).hexdigest()
    leads = sample().leads
    assert np.array_equal(before.scorer.score(leads).probability, after.scorer.score(leads).probability)


def test_no_value_of_a_person_is_in_it() -> None:
    """No row, no rare level, no name, no address."""
    data = bundle().to_bytes()
    leads = sample().leads
    for column in ("Lead ID", "Email", "Phone", "Name"):
        name = next((each for each in leads.columns if each.lower().startswith(column.lower())), None)
        if name is not None:
            for value in leads[name].drop_nulls().head(500).to_list():
                assert str(value).encode() not in data


def test_nothing_rarer_than_twenty_is_in_it() -> None:
    """Levels below the rule of twenty do not occur among those of the encoder."""
    made = bundle()
    leads = sample().leads
    for feature in made.scorer.encoder.features:
        if feature.take == "level":
            column = made.scorer.schema[feature.column]
            counts = dict(column.read(leads[feature.column]).drop_nulls().value_counts().iter_rows())
            assert all(counts.get(level, 0) >= 20 for level in feature.levels)


def damaged(data: bytes, flips: int, cuts: int) -> list[bytes]:
    draw = np.random.Generator(np.random.PCG64(3))
    found = []
    for place, bit in zip(draw.integers(0, len(data), flips), draw.integers(0, 8, flips), strict=True):
        changed = bytearray(data)
        changed[int(place)] ^= 1 << int(bit)
        found.append(bytes(changed))
    return found + [data[: int(end)] for end in draw.integers(0, len(data), cuts)]


@pytest.mark.parametrize("family", ["glassbox", "lightgbm"])
def test_damaged_bundles_are_refused(family: str, count: Callable[[int], int]) -> None:
    """Each flipped bit and each truncation, by the checksum alone."""
    for data in damaged(bundle(family).to_bytes(), count(1000) or 10, count(200) or 10):
        with pytest.raises(BundleError) as caught:
            Bundle.from_bytes(data, "model.leadlight")
        assert caught.value.where == "model.leadlight"
        assert caught.value.hint


POINTS: dict[str, Callable[[dict[str, bytes]], None]] = {
    "a table that is too short": edit("manifest", lambda m: m["arrays"]["table_0"][1].__setitem__(0, 1)),
    "NaN in a table": edit_array("table_0", "<f8", lambda a: a.__setitem__(0, np.nan)),
    "infinity in a table": edit_array("table_0", "<f8", lambda a: a.__setitem__(0, np.inf)),
    "a huge value in a table": edit_array("table_0", "<f8", lambda a: a.__setitem__(0, 1e300)),
    "a pair index out of range": edit("model", lambda m: m["pairs"][0].__setitem__(0, 9999)),
    "a negative pair index": edit("model", lambda m: m["pairs"][0].__setitem__(0, -1)),
    "a pair with itself": edit("model", lambda m: m["pairs"][0].__setitem__(1, m["pairs"][0][0])),
    "a bin out of range": edit_array("pair_0_first", "|u1", lambda a: a.__setitem__(0, 255)),
    "another number of tables": edit("model", lambda m: m.__setitem__("tables", 1)),
    "a base that is no number": edit("model", lambda m: m.__setitem__("base", "x")),
    "an object array": edit("manifest", lambda m: m["arrays"]["table_0"].__setitem__(0, "|O")),
    "an array of text": edit("manifest", lambda m: m["arrays"]["table_0"].__setitem__(0, "<U8")),
    "a negative shape": edit("manifest", lambda m: m["arrays"]["table_0"].__setitem__(1, [-1])),
    "a huge shape": edit("manifest", lambda m: m["arrays"]["table_0"].__setitem__(1, [2**40])),
    "an array that is not there": edit("manifest", lambda m: m["arrays"].__setitem__("more", ["<f8", [1]])),
    "an unknown runtime": edit("manifest", lambda m: m.__setitem__("runtime", "os")),
    "NaN in JSON": lambda e: e.__setitem__(
        "calibrator.json", b'{"slope": NaN, "intercept": 0, "lift": null}'
    ),
    "a huge number in JSON": lambda e: e.__setitem__(
        "calibrator.json", b'{"slope":1e999,"intercept":0,"lift":null}'
    ),
    "a key twice": lambda e: e.__setitem__("grades.json", b'{"hot": 1, "hot": 2}'),
    "JSON nested without end": lambda e: e.__setitem__(
        "training.json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    ),
    "no JSON at all": lambda e: e.__setitem__("schema.json", b"\xff\xfe"),
    "a list for an object": lambda e: e.__setitem__("encoder.json", b"[]"),
    "edges that fall": edit(
        "encoder", lambda m: next(f for f in m["features"] if len(f["edges"]) > 1)["edges"].reverse()
    ),
    "a level twice": edit(
        "encoder",
        lambda m: next(f for f in m["features"] if f["levels"])["levels"].append(
            next(f for f in m["features"] if f["levels"])["levels"][0]
        ),
    ),
    "a feature of an unknown column": edit(
        "encoder", lambda m: m["features"][0].__setitem__("column", "other")
    ),
    "a missing code out of range": edit("encoder", lambda m: m["features"][0].__setitem__("missing", 70000)),
    "a falling calibration": edit("calibrator", lambda m: m.__setitem__("slope", -1.0)),
    "an unknown role": edit("schema", lambda m: m["columns"][0].__setitem__("role", "root")),
    "a column twice": edit("schema", lambda m: m["columns"].append(m["columns"][0])),
    "warm above hot": edit("grades", lambda m: m.update(warm=m["hot"] + 1)),
    "a pickle": put({"arrays/evil.bin": pickle.dumps(print)}),
    "a pickle for an array": lambda e: e.__setitem__("arrays/table_0.bin", pickle.dumps(print)),
    "a path outside": put({"../outside.json": b"{}"}),
    "an absolute path": put({"/etc/outside.json": b"{}"}),
    "a Windows path": put({"..\\outside.json": b"{}"}),
    "a Python file": put({"model.py": b"print(1)"}),
    "an entry too many": put({"arrays/more.bin": b""}),
    "an entry missing": lambda e: e.pop("grades.json") and None,
}


@pytest.mark.parametrize("kind", POINTS)
def test_hostile_tables_are_refused(kind: str) -> None:
    """A right checksum does not help contents that a model cannot have."""
    refused(resealed(bundle("glassbox").to_bytes(), POINTS[kind]))


TREES: dict[str, Callable[[dict[str, bytes]], None]] = {
    "a feature out of range": edit_array("feature", "<i4", lambda a: a.__setitem__(0, 10_000)),
    "a negative feature": edit_array("feature", "<i4", lambda a: a.__setitem__(0, -1)),
    "a child out of range": edit_array("left", "<i4", lambda a: a.__setitem__(0, 10_000)),
    "a leaf out of range": edit_array("right", "<i4", lambda a: a.__setitem__(0, -10_000)),
    "a cycle": edit_array("left", "<i4", lambda a: a.__setitem__(0, 0)),
    "a shared child": lambda e: edit_array(
        "left", "<i4", lambda a: a.__setitem__(0, np.frombuffer(e["arrays/right.bin"], dtype="<i4")[0])
    )(e),
    "a threshold out of range": edit_array("threshold", "<i4", lambda a: a.__setitem__(0, 70_000)),
    "NaN in a leaf": edit_array("leaf_value", "<f8", lambda a: a.__setitem__(0, np.nan)),
    "a leaf count of zero": edit_array("leaves", "<i4", lambda a: a.__setitem__(0, 0)),
    "counts that overflow": edit_array("leaves", "<i4", lambda a: a.fill(2**31 - 1)),
    "negative rows": edit_array("rows", "<i4", lambda a: a.__setitem__(0, -5)),
    "another number of features": edit("model", lambda m: m.__setitem__("features", 1)),
    "another type of array": edit("manifest", lambda m: m["arrays"]["feature"].__setitem__(0, "<f4")),
}


@pytest.mark.parametrize("kind", TREES)
def test_hostile_trees_are_refused(kind: str) -> None:
    """Before any engine sees them."""
    refused(resealed(bundle("lightgbm").to_bytes(), TREES[kind]))


NETWORK: dict[str, Callable[[dict[str, bytes]], None]] = {
    "NaN in a table": edit_array("deep", "<f4", lambda a: a.__setitem__(0, np.nan)),
    "a table that is off its grain": edit_array("deep", "<f4", lambda a: a.__setitem__(0, 1e-20)),
    "tables that reach too far": edit_array("deep", "<f4", lambda a: a.fill(1000.0)),
    "infinity in the output": edit_array("output", "<f8", lambda a: a.__setitem__(0, np.inf)),
    "a huge value in the output": edit_array("output", "<f8", lambda a: a.__setitem__(0, 1e300)),
    "a variance below zero": edit_array("spread", "<f8", lambda a: a.__setitem__(0, -1.0)),
    "a huge covariance": edit_array("shared", "<f8", lambda a: a.fill(1e300)),
    "another number of units": edit("model", lambda m: m.__setitem__("units", m["units"] - 1)),
    "units below zero": edit("model", lambda m: m.__setitem__("units", -1)),
    "units without end": edit("model", lambda m: m.__setitem__("units", 2**62)),
    "a base that is no number": edit("model", lambda m: m.__setitem__("base", "x")),
    "a huge base": edit("model", lambda m: m.__setitem__("base", 1e300)),
    "another type of array": edit("manifest", lambda m: m["arrays"]["deep"].__setitem__(0, "<i4")),
    "sides exchanged": edit("manifest", lambda m: m["arrays"]["deep"][1].reverse()),
    "a negative side": edit("manifest", lambda m: m["arrays"]["deep"][1].__setitem__(0, -1)),
    "an array that is cut off": lambda e: e.__setitem__("arrays/shared.bin", e["arrays/shared.bin"][:-8]),
    "an array that is missing": lambda e: e.pop("arrays/bias.bin") and None,
    "the runtime of tables": edit("manifest", lambda m: m.__setitem__("runtime", "points")),
    "the runtime of trees": edit("manifest", lambda m: m.__setitem__("runtime", "trees")),
}


@pytest.mark.parametrize("kind", NETWORK)
def test_hostile_networks_are_refused(kind: str) -> None:
    """Whatever shape, size or value a network cannot have."""
    refused(resealed(bundle("neural").to_bytes(), NETWORK[kind]))


def refused(data: bytes) -> None:
    with pytest.raises(BundleError) as caught:
        Bundle.from_bytes(data, "model.leadlight")
    assert caught.value.message
    assert caught.value.where == "model.leadlight"


def test_links_and_compressed_entries_are_refused() -> None:
    """A link, a folder, a packed entry: no model has them."""
    data = bundle().to_bytes()
    refused(resealed(data, lambda entries: None, mode=0o120777))
    refused(resealed(data, lambda entries: None, mode=0o040755))
    refused(resealed(data, lambda entries: None, compression=zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("data", [b"", b"PK", b"0" * 64, pickle.dumps([1]), b"tree\nversion=v4\n" * 99])
def test_other_files_are_refused(data: bytes) -> None:
    """Whatever is not a bundle."""
    refused(data)


def test_a_newer_format_is_refused_with_a_sentence() -> None:
    """The sentence says which format it is and which are read."""
    data = resealed(bundle().to_bytes(), edit("manifest", lambda m: m.__setitem__("format", 99)))
    with pytest.raises(BundleError, match="99") as caught:
        Bundle.from_bytes(data)
    assert caught.value.code == "newer"


def test_a_model_that_scores_otherwise_is_found_out() -> None:
    """The self-test notices libraries or tables that give other scores than training did."""
    data = resealed(bundle().to_bytes(), edit("selftest", lambda m: m["probabilities"].__setitem__(0, 0.5)))
    with pytest.raises(BundleError) as caught:
        Bundle.from_bytes(data).check()
    assert caught.value.code == "selftest"


def test_loading_runs_nothing() -> None:
    """No code is compiled or imported, no process started, nothing opened, whatever the bundle holds."""
    events: list[str] = []
    watched = (
        "exec",
        "compile",
        "subprocess.Popen",
        "os.system",
        "socket.connect",
        "open",
        "pickle.find_class",
    )
    listening = [True]
    sys.addaudithook(lambda event, _: events.append(event) if listening[0] and event in watched else None)
    hostile = [resealed(bundle("glassbox").to_bytes(), change) for change in POINTS.values()]
    Bundle.from_bytes(bundle("glassbox").to_bytes())
    events.clear()
    for data in hostile:
        with pytest.raises(BundleError):
            Bundle.from_bytes(data)
    listening[0] = False
    assert events == []


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves the old model; nothing half-written lies about; an existing file needs force."""
    path = tmp_path / "model.leadlight"
    bundle("bayes").save(path)
    old = path.read_bytes()
    with pytest.raises(OutputError):
        bundle("glassbox").save(path)
    assert path.read_bytes() == old
    bundle("glassbox").save(path, force=True)
    assert Bundle.load(path).family == "glassbox"
    assert [each.name for each in tmp_path.iterdir()] == ["model.leadlight"]


def test_a_full_disk_leaves_the_old_model(tmp_path: Path) -> None:
    """A size limit on the process stands for the full disk: the real error comes from the system."""
    import subprocess

    path = tmp_path / "model.leadlight"
    bundle("bayes").save(path)
    old = path.read_bytes()
    (tmp_path / "new").write_bytes(bundle("glassbox").to_bytes())
    code = (
        "import resource, signal, sys\n"
        "from leadlight.model.bundle import Bundle\n"
        "made = Bundle.load(sys.argv[2])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "made.save(sys.argv[1], force=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path / "new")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "OutputError" in done.stderr
    assert path.read_bytes() == old
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.leadlight", "new"]


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="could not be read") as caught:
        Bundle.load(tmp_path / "none.leadlight")
    assert "leadlight train" in (caught.value.hint or "")
