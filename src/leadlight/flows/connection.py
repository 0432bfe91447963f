"""One connection: what it would read, a run of it from reading to writing back, and its fields for scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from leadlight.connect import systems
from leadlight.connect.connector import Connector, Missing, Record, ScoreTaker, SourceMapping
from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.config import Config, parse, render_roles
from leadlight.data.config.record import SystemConfig
from leadlight.data.secret import Secret
from leadlight.errors import ConfigError, ConnectorError, LeadlightError
from leadlight.flows.deliver import HYSTERESIS, Sent, deliver
from leadlight.flows.pull import Clock, Observe, Pulled, mapping_of, pull, sample
from leadlight.flows.score import Scored, score_waiting
from leadlight.store import Store, connections, models

SAMPLE: Final = 5
CONFIG: Final = "leadlight.toml"
SYSTEMS: Final = systems.SYSTEMS


@dataclass(frozen=True)
class ConnectionCheck:
    """What a run would read, and what it would lack; nothing of it is kept."""

    name: str
    title: str
    parts: Sequence[Any]
    mapping: SourceMapping | None
    sample: Sequence[Record]
    missing: Sequence[Missing]
    fields: Sequence[str]
    """Fields for scores that the system does not have yet."""


@dataclass
class ConnectionRun:
    """What became of one run."""

    pulled: Pulled
    wrote: Path | None = None
    """Where it was written what the columns are taken for."""
    scored: Scored | None = None
    sent: Sent | None = None

    @property
    def counts(self) -> dict[str, int]:
        counts = self.pulled.to_json()
        if self.scored is not None:
            counts["scored"] = self.scored.written
        if self.sent is not None:
            refused = self.sent.refused.total()
            counts |= {"sent": self.sent.sent, "later": self.sent.later, "refused": refused}
        return counts


def config_of(store: Store) -> Config:
    """The leadlight.toml of the home."""
    path = store.home.folder / CONFIG
    return parse(path.read_text("utf-8"), str(path)) if path.is_file() else Config()


def open_connection(store: Store, name: str, secret: Callable[[str, Path], Secret]) -> Connector:
    """The connector of a system, as leadlight.toml in the home says; secrets by their name and the home."""
    config, folder = config_of(store).connect, store.home.folder
    found: Connector = systems.open_system(name, config, lambda each: secret(each, folder))
    return found


def check_connection(connector: Connector, system: SystemConfig) -> ConnectionCheck:
    """Ask the system what there is."""
    return ConnectionCheck(
        connector.name,
        connector.title,
        connector.parts,
        mapping_of(connector, system.horizon_days),
        sample(connector, SAMPLE),
        list(connector.missing()),
        list(connector.missing_fields()) if isinstance(connector, ScoreTaker) else [],
    )


def run_connection(
    store: Store,
    connector: Connector,
    clock: Clock,
    *,
    again: bool = False,
    score: bool = True,
    write: bool = True,
    observe: Observe = lambda _: None,
) -> ConnectionRun:
    """Read, score, write back; how it ended is kept beside the connection, also where it failed."""
    system = config_of(store).connect.of(connector.name)
    with store.writing() as connection:
        number = connections.begin_run(connection, connector.name, clock())
    try:
        horizon = system.horizon_days
        pulled = pull(store, connector, clock, again=again, horizon_days=horizon, observe=observe)
        done = ConnectionRun(pulled, keep_mapping(store.home.folder, connector, pulled))
        if score and has_model(store):
            done.scored = score_waiting(store, clock())
        if write and system.write:
            done.sent = _write_back(store, connector, system, clock, observe)
    except BaseException as problem:
        _end(store, number, clock(), {}, problem)
        raise
    _end(store, number, clock(), done.counts, done.sent.problem if done.sent else None)
    return done


def _end(
    store: Store, number: int, at: float, counts: Mapping[str, int], problem: BaseException | None
) -> None:
    told, step = "", ""
    if isinstance(problem, LeadlightError):
        told, step = problem.message, problem.hint or ""
    elif problem is not None:
        told = "The run was cut off."
    with store.writing() as connection:
        connections.end_run(connection, number, at, counts, told, step)


def has_model(store: Store) -> bool:
    with store.reading() as connection:
        return models.in_service(connection) is not None


def _write_back(
    store: Store,
    connector: Connector,
    system: SystemConfig,
    clock: Clock,
    observe: Callable[[str], None],
) -> Sent | None:
    """Send what changed; a system that does not show scores, or has no fields for them, is left alone."""
    if not isinstance(connector, ScoreTaker) or not has_model(store):
        return None
    try:
        if connector.missing_fields():
            return Sent(problem=_no_fields(connector.name, connector.title))
    except ConnectorError as problem:
        return Sent(problem=problem)
    hysteresis = HYSTERESIS if system.hysteresis is None else system.hysteresis
    name = connector.name
    return deliver(store, name, connector, clock, source=name, hysteresis=hysteresis, observe=observe)


def _no_fields(name: str, title: str) -> ConnectorError:
    return ConnectorError(
        f"{title} has no fields for scores yet.",
        code="no_fields",
        hint=f"See and make them: leadlight sync {name}:// --setup --home HOME",
    )


def keep_mapping(folder: Path, connector: Connector, pulled: Pulled) -> Path | None:
    """Write what the connector says of its columns, where leadlight.toml says nothing of any column yet."""
    mapping, path = mapping_of(connector), folder / CONFIG
    before = path.read_text("utf-8") if path.is_file() else ""
    said = parse(before, str(path))
    if mapping is None or said.columns or said.target.column or not pulled.columns:
        return None
    roles = render_roles(_roles(mapping, [*pulled.columns]), "won", "lost")
    text = f"{before.rstrip()}\n\n{roles}" if before.strip() else roles
    write_bytes_atomically(path, text.encode(), force=True)
    return path


def _roles(mapping: SourceMapping, columns: Sequence[str]) -> dict[str, str]:
    """The role of each column that a mapping knows, and that came."""
    roles = {mapping.id: "id", mapping.time: "time", mapping.outcome: "target"}
    roles |= dict.fromkeys(mapping.after, "after") | dict.fromkeys(mapping.personal, "personal")
    return {name: role for name, role in roles.items() if name in columns}


def score_taker(connector: Connector) -> ScoreTaker:
    """The connector as one that takes scores; refused where its system takes none."""
    if not isinstance(connector, ScoreTaker):
        raise ConfigError(f"{connector.title} takes no scores.", code="no_scores")
    return connector
