"""Views for Tableau, Power BI and the like, and on PostgreSQL a role that can read them and nothing else.

No view holds a name, an e-mail address or a phone, and nobody who objected to being scored is in one.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

import polars as pl
from sqlalchemy import Connection, select, table, text

from leadlight.errors import InputError

ROLE: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MOMENT: Final = {"sqlite": "datetime({}, 'unixepoch')", "postgresql": "to_timestamp({})"}
_DAY: Final = {"sqlite": "date({}, 'unixepoch')", "postgresql": "(to_timestamp({}) AT TIME ZONE 'UTC')::date"}
_SCORE: Final = "ROUND(CAST(100 * {} AS NUMERIC), 1)"
VIEWS: Final = {
    "bi_leads": """
        SELECT board.id, board.source, {created} AS created_at, {changed} AS changed_at, board.outcome,
            {score} AS score, current.probability, current.low AS probability_low,
            current.high AS probability_high, current.grade, current.call, models.name AS model
        FROM board
        LEFT JOIN current ON current.lead = board.lead
        LEFT JOIN models ON models.number = current.model""",
    "bi_scores_daily": """
        SELECT {day_scored} AS day, models.name AS model, scores.grade, COUNT(*) AS scores,
            AVG(scores.probability) AS mean_probability
        FROM scores JOIN models ON models.number = scores.model
        GROUP BY {day_scored}, models.name, scores.grade""",
    "bi_sources": """
        SELECT board.source, COUNT(*) AS leads, COUNT(current.lead) AS scored,
            SUM(CASE WHEN current.call THEN 1 ELSE 0 END) AS above_the_line,
            AVG(current.probability) AS mean_probability,
            SUM(CASE WHEN board.outcome = '' THEN 0 ELSE 1 END) AS with_outcome
        FROM board LEFT JOIN current ON current.lead = board.lead
        GROUP BY board.source""",
    "bi_outcomes": """
        SELECT {day_ended} AS day, outcomes.outcome, COUNT(*) AS leads, SUM(outcomes.value) AS value,
            AVG(current.probability) AS mean_probability
        FROM outcomes LEFT JOIN current ON current.lead = outcomes.lead
        GROUP BY {day_ended}, outcomes.outcome""",
    "bi_spend": "SELECT day, channel, amount, currency FROM spend",
}


def create(connection: Connection) -> list[str]:
    """Make the views anew; gives their names."""
    kind = connection.dialect.name
    times = {
        "created": _MOMENT[kind].format("board.created"),
        "changed": _MOMENT[kind].format("board.changed"),
        "day_scored": _DAY[kind].format("scores.at"),
        "day_ended": _DAY[kind].format("outcomes.at"),
        "score": _SCORE.format("current.probability"),
    }
    for name, query in VIEWS.items():
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {query.format(**times)}")
    return list(VIEWS)


def read(connection: Connection, name: str) -> pl.DataFrame:
    """A view as a table."""
    answer = connection.execute(select(text("*")).select_from(table(name)))
    rows = [tuple(row) for row in answer]
    return pl.DataFrame(rows, schema=list(answer.keys()), orient="row", infer_schema_length=None)


def grant(connection: Connection, role: str) -> str:
    """A PostgreSQL role that reads the views alone, made or with a new password, which is given once."""
    if connection.dialect.name != "postgresql":
        raise InputError(
            "SQLite has no roles: whoever may read the file may read all of it.",
            code="no_roles",
            hint="Give the BI tool what `leadlight db views --copy FOLDER` writes, or use PostgreSQL.",
        )
    if not ROLE.fullmatch(role):
        raise InputError(
            "A role is called by small letters, digits and underscores, a letter first.", code="role"
        )
    password = secrets.token_urlsafe(24)
    known = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).scalar()
    verb = "ALTER" if known else "CREATE"
    connection.exec_driver_sql(f"{verb} ROLE \"{role}\" LOGIN PASSWORD '{password}' NOSUPERUSER NOCREATEDB")
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        connection.exec_driver_sql(f'REVOKE ALL ON ALL {kind} IN SCHEMA public FROM "{role}"')
    connection.exec_driver_sql(f'GRANT USAGE ON SCHEMA public TO "{role}"')
    connection.exec_driver_sql(f'GRANT SELECT ON {", ".join(VIEWS)} TO "{role}"')
    return password
