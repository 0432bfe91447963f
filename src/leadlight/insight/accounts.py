"""Leads of one company as one account: how likely it is that somebody there buys.

The best open lead of an account counts in full, each further person less: with chances p1 >= p2 >= ... the
account's is 1 - (1 - p1) * (1 - p2)^w * (1 - p3)^w * ... The weight w is learnt from companies of which
several leads are decided: 1 where colleagues decide independently, 0 where they decide as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells, frame, persons, rows
from leadlight.data.enrichment import mail_kinds
from leadlight.data.enrichment.company_names import plain_name
from leadlight.data.enrichment.lead_columns import LeadColumns
from leadlight.data.enrichment.web_domains import domain_of
from leadlight.model.bundle import Bundle
from leadlight.model.probability import logit

UNKNOWN_WEIGHT: Final = 0.5
ENOUGH: Final = 50
"""So many companies with several decided people, some of them won, say what the weight is."""
SUREST: Final = 1.0 - 1e-12
WEIGHTS: Final = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class AccountLead:
    """A lead behind an account."""

    id: str
    probability: float
    grade: str
    outcome: str
    """open, won or lost."""


@dataclass(frozen=True)
class Account:
    """A company with at least one open lead; `probability` is that at least one of its people buys."""

    key: str
    name: str
    probability: float
    grade: str
    expected: float
    """How many of its open leads will buy, in the mean."""
    open: int
    people: int
    won: int
    lost: int
    leads: tuple[AccountLead, ...]


@dataclass(frozen=True)
class Accounts:
    """All accounts, the most promising first."""

    rows: tuple[Account, ...]
    weight: float
    learnt_from: int
    """How many companies with several decided people the weight comes from; 0 where they were too few."""
    without_company: int
    """Open leads that name no company and have no mailbox of one."""

    def to_json(self, most: int | None = None) -> dict[str, Any]:
        return {
            "accounts": [asdict(row) for row in self.rows[:most]],
            "count": len(self.rows),
            "weight": self.weight,
            "learnt_from": self.learnt_from,
            "without_company": self.without_company,
        }

    def find(self, key: str | None) -> Account | None:
        return next((row for row in self.rows if row.key == key), None)

    def table(self) -> pl.DataFrame:
        """One row an account, without the leads behind it."""
        names = [name for name in Account.__dataclass_fields__ if name != "leads"]
        return pl.DataFrame({name: [getattr(row, name) for row in self.rows] for name in names})


def account_probability(chances: Sequence[float], weight: float) -> float:
    """That at least one of several people buys, from the chance of each."""
    ordered = np.sort(np.asarray(chances, dtype=np.float64))[::-1]
    return float(-np.expm1(_log_none(ordered, weight)))


def _log_none(ordered: np.ndarray, weight: float) -> float:
    nobody = np.log1p(-np.minimum(ordered, SUREST))
    return float(nobody[0] + weight * nobody[1:].sum())


def roll_up(
    bundle: Bundle,
    raw: pl.DataFrame,
    probability: np.ndarray,
    *,
    name: str | None = None,
    website: str | None = None,
    email: str | None = None,
) -> Accounts:
    """Leads with their probabilities, row by row, as accounts; the columns are found if not named."""
    used = LeadColumns.among(raw.columns, name=name, website=website, email=email)
    schema = bundle.scorer.schema
    newest = rows.latest(rows.people(raw, schema.name_of("id")), schema.moments(raw))
    raw, probability = raw.filter(newest), probability[newest]
    keys = company_keys(raw, used)
    table = _table(bundle, raw, keys, probability)
    weight, learnt_from = _weight(table)
    found = _rolled(bundle, table.filter(pl.col("key").is_not_null()), _names(raw, used, keys), weight)
    waiting = table.filter((pl.col("outcome") == "open") & pl.col("key").is_null()).height
    return Accounts(tuple(found), weight, learnt_from, waiting)


def company_keys(raw: pl.DataFrame, used: LeadColumns) -> pl.Series:
    """What tells the company of each lead: its domain, else its name; missing where there is neither.

    A lead without a domain has that of the others who name its company, if they have but one.
    """
    used.check_company(raw.columns, "to tell accounts by")
    domains = _coalesced(raw.height, _domains(raw, used))
    if used.name is None:
        return domains.alias("key")
    names = frame.map_distinct(frame.as_text(raw[used.name]), _name, pl.String)
    known = pl.DataFrame({"name": names, "domain": domains}).drop_nulls().unique()
    alone = known.group_by("name").agg(pl.col("domain").first(), pl.len().alias("count"))
    only = alone.filter(pl.col("count") == 1)
    given = names.replace_strict(only["name"], only["domain"], default=None, return_dtype=pl.String)
    return _coalesced(raw.height, [domains, given, names]).alias("key")


def _name(text: str) -> str | None:
    plain = cells.clean(text)
    return None if plain in cells.PLACEHOLDERS else plain_name(text) or None


def _domains(raw: pl.DataFrame, used: LeadColumns) -> list[pl.Series]:
    """Of the website, then of the mailbox; those of free mailboxes are nobody's."""
    found = []
    for column, form in ((used.website, domain_of), (used.email, mail_kinds.mail_domain)):
        if column is not None:
            read = frame.map_distinct(frame.as_text(raw[column]), form, pl.String)
            found.append(mail_kinds.of_companies(read))
    return found


def _coalesced(height: int, parts: Sequence[pl.Series]) -> pl.Series:
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, height)
    table = pl.DataFrame([part.alias(str(k)) for k, part in enumerate([*parts, nothing])])
    return table.select(pl.coalesce(pl.all())).to_series()


def _table(bundle: Bundle, raw: pl.DataFrame, keys: pl.Series, probability: np.ndarray) -> pl.DataFrame:
    identity = bundle.scorer.schema.name_of("id")
    ids = frame.as_text(raw[identity]) if identity in raw.columns else pl.Series(map(str, range(raw.height)))
    return pl.DataFrame(
        {
            "key": keys,
            "id": ids,
            "person": persons.of_leads(raw),
            "probability": probability,
            "outcome": outcomes(bundle, raw),
            "grade": _grades(bundle, probability),
        }
    )


def outcomes(bundle: Bundle, raw: pl.DataFrame) -> pl.Series:
    """won, lost or open, where the leads say so."""
    words = {1.0: "won", 0.0: "lost"}
    return bundle.target.told(raw).replace_strict(words, default="open", return_dtype=pl.String)


def _weight(table: pl.DataFrame) -> tuple[float, int]:
    """The likeliest weight, by whether anybody bought at companies of which several people are decided."""
    decided = table.filter((pl.col("outcome") != "open") & pl.col("key").is_not_null())
    people = decided.group_by("key", "person").agg(
        pl.col("probability").max(), (pl.col("outcome") == "won").any().alias("won")
    )
    several = (
        people.group_by("key")
        .agg("probability", pl.col("won").any())
        .filter(pl.col("probability").list.len() > 1)
    )
    won = several["won"].to_numpy()
    if len(won) < ENOUGH or won.all() or not won.any():
        return UNKNOWN_WEIGHT, 0
    best, rest = _logs(several["probability"])
    nobody = best[:, None] + WEIGHTS * rest[:, None]
    somebody = np.log(-np.expm1(np.minimum(nobody, -1e-12)))
    likelihood = np.where(won[:, None], somebody, nobody).sum(axis=0)
    return float(WEIGHTS[int(likelihood.argmax())]), len(won)


def _logs(chances: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """The log of the chance that the best does not buy, and those of all others added up."""
    nobody = chances.list.eval((1.0 - pl.element().clip(0.0, SUREST)).log())
    best = nobody.list.min().to_numpy()
    return best, nobody.list.sum().to_numpy() - best


def _grades(bundle: Bundle, probability: np.ndarray) -> list[str]:
    """The grades of chances, by the cuts for leads."""
    grades = bundle.scorer.grades
    return [grades.names[place] for place in grades.apply(logit(probability))]


def _rolled(bundle: Bundle, table: pl.DataFrame, shown: Mapping[str, str], weight: float) -> list[Account]:
    """One account a company with an open lead, the most promising first."""
    waiting = table.filter(pl.col("outcome") == "open")
    people = waiting.group_by("key", "person").agg(pl.col("probability").max())
    chances = people.group_by("key").agg("probability").sort("key")
    if not chances.height:
        return []
    best, rest = _logs(chances["probability"])
    whole = chances.select("key", people=pl.col("probability").list.len()).with_columns(
        chance=pl.Series(-np.expm1(best + weight * rest))
    )
    whole = whole.with_columns(account_grade=pl.Series(_grades(bundle, whole["chance"].to_numpy())))
    behind = table.sort(
        pl.col("outcome") != "open", "probability", "id", descending=[False, True, False], nulls_last=True
    )
    gathered = behind.group_by("key", maintain_order=True).agg("id", "probability", "grade", "outcome")
    found = whole.join(gathered, on="key").sort("chance", "key", descending=[True, False])
    return [_account(row, shown) for row in found.iter_rows(named=True)]


def _account(row: Mapping[str, Any], shown: Mapping[str, str]) -> Account:
    leads = tuple(
        AccountLead(identity or "", chance, grade, outcome)
        for identity, chance, grade, outcome in zip(
            row["id"], row["probability"], row["grade"], row["outcome"], strict=True
        )
    )
    count = Counter(row["outcome"])
    return Account(
        key=row["key"],
        name=shown.get(row["key"], row["key"]),
        probability=row["chance"],
        grade=row["account_grade"],
        expected=sum(lead.probability for lead in leads if lead.outcome == "open"),
        open=count["open"],
        people=row["people"],
        won=count["won"],
        lost=count["lost"],
        leads=leads,
    )


def _names(raw: pl.DataFrame, used: LeadColumns, keys: pl.Series) -> dict[str, str]:
    """How most leads of a company spell its name."""
    if used.name is None:
        return {}
    said = pl.DataFrame({"key": keys, "name": frame.as_text(raw[used.name]).str.strip_chars(cells.BLANKS)})
    known = said.filter(pl.col("key").is_not_null() & (pl.col("name").str.len_chars() > 0))
    counts = known.group_by("key", "name").len().sort("key", "len", "name", descending=[False, True, False])
    first = counts.group_by("key", maintain_order=True).first()
    return dict(zip(first["key"].to_list(), first["name"].to_list(), strict=True))
