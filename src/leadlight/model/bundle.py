"""The bundle: one zip of plain data that holds a model whole, and no row of anyone's.

Its comment is the SHA-256 of every byte before it, checked before the zip is opened. Nothing in it is
compressed and nothing is code: JSON and flat arrays, every index checked.
"""

from __future__ import annotations

import json
import re
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np

from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.event_features import EventFeatures
from leadlight.data.frame import from_records
from leadlight.data.schema import Schema
from leadlight.data.target import Target
from leadlight.errors import BundleError, LeadlightError
from leadlight.model import selftest
from leadlight.model.blend import RUNTIMES, runtime_of
from leadlight.model.calibrate import Calibrator, Interval
from leadlight.model.encode import TAKES, Encoder
from leadlight.model.grade import Grades
from leadlight.model.reference import Reference
from leadlight.model.scorer import Scorer
from leadlight.model.training_record import TrainingRecord

FORMAT: Final = 2
"""What is read at most; a model that looks at events is written so, every other one as format 1."""
LARGEST_FILE: Final = 1 << 30
MOST_ENTRIES: Final = 65_000
PARTS: Final = (
    "manifest",
    "schema",
    "encoder",
    "model",
    "calibrator",
    "interval",
    "grades",
    "target",
    "training",
    "reference",
    "selftest",
)
CLOSE: Final = 1e-9
MOST_COLUMNS: Final = 20_000

_DIGEST = 64
_END = 22
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ARRAY = re.compile(r"arrays/[a-z0-9_]{1,60}\.bin")
_TYPES: Final = ("<f8", "<f4", "<i4", "|u1")


@dataclass(frozen=True)
class Bundle:
    """A scorer, what is known of its training, and what it needs to be watched and tested."""

    scorer: Scorer
    target: Target
    family: str
    record: TrainingRecord
    reference: Reference
    selftest: Mapping[str, Any]
    version: str = ""
    events: EventFeatures | None = None

    def to_bytes(self) -> bytes:
        """The file; one model always gives one run of bytes."""
        body = _zipped(_entries(self))
        return body + sha256(body).hexdigest().encode("ascii")

    @staticmethod
    def from_bytes(data: bytes, where: str = "") -> Bundle:
        try:
            return _restore(_opened(data))
        except BundleError as problem:
            raise BundleError(problem.message, code=problem.code, where=where or None, hint=_HINT) from None
        except (
            LeadlightError,
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            IndexError,
            OverflowError,
        ) as problem:
            raise BundleError(
                "The bundle contradicts itself.", code="contradiction", where=where or None, hint=_HINT
            ) from problem

    @cached_property
    def hash(self) -> str:
        """The fingerprint of the whole model."""
        return self.to_bytes()[-_DIGEST:].decode("ascii")

    @property
    def name(self) -> str:
        """The short form that scores carry."""
        return self.hash[:12]

    @cached_property
    def training(self) -> Mapping[str, Any]:
        """The record as it is stored."""
        return self.record.to_json()

    @property
    def is_early(self) -> bool:
        """Whether it was made before enough leads were decided to measure anything."""
        return self.record.early is not None

    def save(self, path: str | Path, *, force: bool = False) -> None:
        write_bytes_atomically(Path(path), self.to_bytes(), force=force)

    @staticmethod
    def load(path: str | Path) -> Bundle:
        file = Path(path)
        try:
            facts = file.stat()
            if not (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)):
                where = str(path)
                raise BundleError("This is a pipe or a device, not a model.", code="no_file", where=where)
            if facts.st_size > LARGEST_FILE:
                raise BundleError("The file is too large for a bundle.", code="too_large", where=str(path))
            return Bundle.from_bytes(file.read_bytes(), str(path))
        except OSError as problem:
            raise BundleError(
                f"The model could not be read: {(problem.strerror or 'unknown reason').lower()}.",
                code="unreadable",
                where=str(path),
                hint="Make one with: leadlight train LEADS -o " + str(path),
            ) from None

    def check(self) -> None:
        """Score the made-up rows and compare with what training wrote down."""
        scores = self.scorer.score(from_records(self.selftest["rows"]))
        wanted = np.array(self.selftest["probabilities"], dtype=np.float64)
        if (
            scores.probability.shape != wanted.shape
            or not (np.abs(scores.probability - wanted) <= CLOSE).all()
        ):
            raise BundleError("The model does not give the scores that it was saved with.", code="selftest")

    def with_scorer(self, scorer: Scorer) -> Bundle:
        return replace(self, scorer=scorer)


_HINT = "Copy the file again from where it was made, or train anew."


def _entries(bundle: Bundle) -> dict[str, bytes]:
    scorer = bundle.scorer
    arrays = {name: _little(values) for name, values in scorer.learner.to_arrays().items()}
    parts: dict[str, Any] = {
        "manifest": {
            "format": 1 if bundle.events is None else FORMAT,
            "version": bundle.version,
            "family": bundle.family,
            "runtime": runtime_of(scorer.learner),
            "arrays": {
                name: [values.dtype.str, list(values.shape)] for name, values in sorted(arrays.items())
            },
        },
        "schema": scorer.schema.to_json(),
        "encoder": scorer.encoder.to_json(),
        "model": scorer.learner.to_json(),
        "calibrator": scorer.calibrator.to_json(),
        "interval": scorer.interval.to_json(),
        "grades": scorer.grades.to_json(),
        "target": bundle.target.to_json(),
        "training": bundle.record.to_json(),
        "reference": bundle.reference.to_json(),
        "selftest": dict(bundle.selftest),
    }
    if bundle.events is not None:
        parts["manifest"]["events"] = bundle.events.to_json()
    entries = {f"{name}.json": _json(part) for name, part in parts.items()}
    return entries | {f"arrays/{name}.bin": values.tobytes() for name, values in sorted(arrays.items())}


def _little(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))


def _json(part: Any) -> bytes:
    text = json.dumps(part, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _zipped(entries: Mapping[str, bytes]) -> bytes:
    """Everything up to the comment, which has room for the digest."""
    if len(entries) > MOST_ENTRIES:
        raise BundleError(
            f"A model holds at most {MOST_ENTRIES:,} tables; this one has {len(entries):,}.",
            code="entries",
            hint="Learn from fewer columns, or by one kind of model.",
        )
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = 3
            info.external_attr = 0o600 << 16
            archive.writestr(info, content)
        archive.comment = b"0" * _DIGEST
    return buffer.getvalue()[:-_DIGEST]


def _opened(data: bytes) -> dict[str, bytes]:
    """The entries of an unharmed bundle; the digest is checked before anything is parsed."""
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    if len(body) < _END or sha256(body).hexdigest().encode("ascii") != digest:
        raise BundleError("The file is not a Leadlight model, or it was damaged.", code="damaged")
    if body[-_END:][:4] != b"PK\x05\x06" or int.from_bytes(body[-2:], "little") != _DIGEST:
        raise BundleError("The file is not a Leadlight model.", code="damaged")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _read_entries(archive, len(data))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise BundleError("The file is not a Leadlight model.", code="damaged") from None


def _read_entries(archive: zipfile.ZipFile, size: int) -> dict[str, bytes]:
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if (
        len(names) > MOST_ENTRIES
        or len(set(names)) != len(names)
        or sum(info.file_size for info in infos) > size
    ):
        raise BundleError("The bundle holds more than a model has.", code="entries")
    for info in infos:
        known = info.filename.removesuffix(".json") in PARTS or _ARRAY.fullmatch(info.filename)
        plain = info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 0x1
        regular = info.external_attr >> 16 in (0o600, 0)
        if not (known and plain and regular):
            raise BundleError("The bundle holds a file that no model has.", code="entries")
    return {info.filename: archive.read(info) for info in infos}


def _restore(entries: Mapping[str, bytes]) -> Bundle:
    manifest = _read_json(entries, "manifest")
    if type(manifest["format"]) is not int or manifest["format"] > FORMAT:
        raise BundleError(
            f"A newer Leadlight made this model: format {manifest['format']}; this one reads {FORMAT}.",
            code="newer",
        )
    arrays = _read_arrays(manifest["arrays"], entries)
    if len(entries) != len(PARTS) + len(arrays):
        raise BundleError("The bundle holds a file that its manifest does not name.", code="entries")
    parts = {name: _read_json(entries, name) for name in PARTS}
    if max(len(parts["schema"]["columns"]), len(parts["encoder"]["features"])) > MOST_COLUMNS:
        raise BundleError("The bundle has more columns than a model has.", code="too_large")
    schema, encoder = Schema.from_json(parts["schema"]), Encoder.from_json(parts["encoder"])
    _check_columns(schema, encoder)
    scorer = Scorer(
        schema=schema,
        encoder=encoder,
        learner=RUNTIMES[manifest["runtime"]].restore(parts["model"], arrays, encoder.sizes),
        calibrator=Calibrator.from_json(parts["calibrator"]),
        interval=Interval.from_json(parts["interval"]),
        grades=Grades.from_json(parts["grades"]),
    )
    return Bundle(
        scorer=scorer,
        target=Target.from_json(parts["target"]),
        family=str(manifest["family"]),
        record=TrainingRecord.from_json(parts["training"]),
        reference=Reference.from_json(parts["reference"]),
        selftest=selftest.checked(parts["selftest"], schema),
        version=str(manifest["version"]),
        events=EventFeatures.from_json(manifest["events"]) if "events" in manifest else None,
    )


def _check_columns(schema: Schema, encoder: Encoder) -> None:
    kinds = {column.name: column.kind for column in schema.inputs}
    fits = all(feature.take in TAKES[kinds.get(feature.column, "none")] for feature in encoder.features)
    dated = encoder.time is None or (
        isinstance(encoder.time, str) and encoder.time in schema and schema[encoder.time].kind == "date"
    )
    if not encoder.features or not fits or not dated:
        raise BundleError("The schema and the encoder of the bundle disagree.", code="schema")


def _read_json(entries: Mapping[str, bytes], name: str) -> dict[str, Any]:
    content = entries.get(f"{name}.json")
    if content is None:
        raise BundleError(f"The bundle lacks its {name}.", code="entries")
    try:
        part = json.loads(
            content.decode("utf-8", "surrogatepass"),
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except RecursionError:
        raise BundleError("The bundle is nested too deeply.", code="contradiction") from None
    if not isinstance(part, dict):
        raise BundleError(f"The {name} of the bundle is not an object.", code="contradiction")
    return part


def _refuse_constant(text: str) -> Any:
    raise BundleError("The bundle holds a number that is not finite.", code="contradiction")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise BundleError("The bundle names something twice.", code="contradiction")
    return dict(pairs)


def _read_arrays(declared: Mapping[str, Any], entries: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    arrays = {}
    for name, (kind, shape) in declared.items():
        content = entries.get(f"arrays/{name}.bin")
        sizes = [int(side) for side in shape]
        if content is None or kind not in _TYPES or len(sizes) > 3 or any(side < 0 for side in sizes):
            raise BundleError("An array of the bundle is missing or of an unknown type.", code="arrays")
        arrays[name] = np.frombuffer(content, dtype=np.dtype(kind)).reshape(sizes)
    return arrays
