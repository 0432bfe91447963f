"""Lead files as a sales process leaves them: a second kind of made-up company, with habits of its own.

Leads arrive with an interest and a fit that no column shows fully; engagement columns come in blocks that
go together, forms in blocks that are missing together, and some honest levels are nearly pure (a referral, a
bought list). The outcome is drawn once: the strong honest column has its AUC in expectation, not in the
sample. Then sales work a part of the leads and leave traces, each a kind of leak. Honest columns may sound
late, leaks may not.

call_result     what the call came to; nothing for leads that were not called
grade           a seller's grade after the call; nothing for leads that were not called
lost_reason     why a lead was lost, noted for some of the lost
product_sold    what was bought, noted for most of the won
score           another scorer's number that already knew
calls           how often was called: buyers more often
invoice_date    a date after the lead, for most of the won
touched         the last touch of the lead, buyers' longer after the lead
stage           the stage of the pipeline, now and then wrong
closer          who closed: three sellers close nearly everything
amount          the amount of the deal, else zero
talked          minutes on the telephone, more with buyers
discount        a discount, given to most buyers and few others
survey          a survey's mark, given by some of the customers only
next_step       what sales planned, noted for a part of the leads, and telling there
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Random = np.random.Generator

EPOCH = np.datetime64("2022-03-01", "ms")
DAY = 86_400_000.0
PARTIAL = ("lost_reason", "survey", "next_step")


@dataclass(frozen=True)
class Firm:
    """One firm's leads, the strong honest column if any, and the leaks by kind."""

    frame: pl.DataFrame
    target: str
    strong: str | None
    leaks: Mapping[str, str]


@dataclass(frozen=True)
class Arrived:
    """What is true of the leads when they arrive."""

    days: Array
    interest: Array
    fit: Array

    def __len__(self) -> int:
        return len(self.days)


def firm(seed: int, *, leak: str | None = None, strong_auc: float | None = None) -> Firm:
    """A firm by seed, of 800 to 8,000 leads, 4 to 50 % won; the strong column's kind goes with the seed."""
    rng = np.random.default_rng([seed, 4242])
    rows = int(np.exp(rng.uniform(np.log(800), np.log(8_000))))
    leads = Arrived(np.sort(rng.uniform(0, 500, rows)), rng.normal(size=rows), rng.normal(size=rows))
    base = max(float(np.exp(rng.uniform(np.log(0.04), np.log(0.5)))), 60 / rows)
    columns, push = _ordinary(rng, leads)
    chance, strong = _chance(rng, seed, leads, push, base, strong_auc)
    won = rng.random(rows) < chance
    if strong is not None:
        columns.append(strong)
    leaks = {}
    if leak is not None:
        trace = LEAKS[leak](rng, leads, won)
        name = str(rng.choice([LATE[leak], f"Field {rng.integers(10, 99)}"]))
        columns.append(trace.alias(name))
        leaks[name] = leak
    body = [columns[place] for place in rng.permutation(len(columns))]
    words = (("no", "yes"), ("Lost", "Won"), ("0", "1"))[rng.integers(0, 3)]
    outcome = pl.Series("Won", words).gather(won.astype(np.int64))
    front = [pl.Series("Record", [f"R-{number}" for number in rng.permutation(rows) + 1000])]
    if rng.random() < 0.7 or leak in ("touched",):
        front.append(_date(leads.days).alias("Created At"))
    frame = pl.DataFrame([*front, *body, outcome])
    return Firm(frame, "Won", None if strong is None else strong.name, leaks)


def _ordinary(rng: Random, leads: Arrived) -> tuple[list[pl.Series], Array]:
    """Columns that each know a little, and what they push the log-odds by."""
    rows = len(leads)
    visits = rng.poisson(np.exp(0.3 + 0.6 * leads.interest))
    pages = visits * rng.poisson(2, rows) + visits
    minutes = np.round(pages * rng.gamma(2.0, 1.5, rows), 1)
    by_phone = rng.random(rows) < rng.uniform(0.05, 0.35)
    form = {
        "Industry": ("Retail", "Software", "Health", "Public", "Steel"),
        "Staff": ("1-9", "10-99", "100+"),
        "Purpose": ("Replace", "First", "Compare"),
    }
    blank = pl.Series(by_phone)
    columns = [
        pl.Series("Visits", visits.astype(np.int64)),
        pl.Series("Pages Seen", pages.astype(np.int64)),
        pl.Series("Minutes", minutes).set(pl.Series(visits == 0), None),
        pl.Series("Newsletter", np.where(rng.random(rows) < 0.2, "yes", "no")),
        pl.Series("do_not_call", np.where(rng.random(rows) < 0.05, "yes", "no")),
        pl.Series("E-mail", [f"p{number}@mail.example" for number in rng.permutation(rows)]),
    ]
    push = 0.5 * leads.interest + 0.6 * leads.fit - rng.uniform(0, 1.5) * by_phone
    for name, words in form.items():
        place = np.clip((leads.fit + rng.normal(0, 1.2, rows) + 2) * len(words) / 4, 0, len(words) - 0.01)
        columns.append(pl.Series(name, words).gather(place.astype(np.int64)).set(blank, None))
    source, effect = _source(rng, rows)
    return [*columns, source], push + effect


def _source(rng: Random, rows: int) -> tuple[pl.Series, Array]:
    """Where leads come from: referrals nearly always buy, a bought list hardly ever."""
    words = ("Search", "Social", "Fair", "Referral", "Bought list", "Partner")
    shares = np.array([0.4, 0.22, 0.1, rng.uniform(0.005, 0.03), rng.uniform(0.02, 0.2), 0.1])
    effects = np.array([0.0, -0.4, 0.3, rng.uniform(2, 6), rng.uniform(-5, -1), 0.4])
    place = rng.choice(len(words), rows, p=shares / shares.sum())
    return pl.Series("Source", words).gather(place), effects[place]


STRONG: Mapping[str, Callable[[Random, Arrived], tuple[pl.Series, Array]]]


def line(rng: Random, leads: Arrived) -> tuple[pl.Series, Array]:
    values = np.round(np.exp(7 + leads.fit + rng.normal(0, 0.5, len(leads))), -1)
    return pl.Series(values), np.log(values + 1)


def threshold(rng: Random, leads: Arrived) -> tuple[pl.Series, Array]:
    values = np.round(rng.gamma(2.0, 20.0, len(leads)), 1)
    return pl.Series(values), (values > np.quantile(values, rng.uniform(0.5, 0.85))).astype(float)


def valley(rng: Random, leads: Arrived) -> tuple[pl.Series, Array]:
    values = np.round(rng.uniform(-10, 10, len(leads)), 2)
    return pl.Series(values), np.abs(values)


def levels(rng: Random, leads: Arrived) -> tuple[pl.Series, Array]:
    number = int(rng.integers(4, 26))
    place = rng.choice(number, len(leads), p=rng.dirichlet(np.full(number, 2.0)))
    return pl.Series([f"G{code}" for code in range(number)]).gather(place), rng.normal(size=number)[place]


def ticked(rng: Random, leads: Arrived) -> tuple[pl.Series, Array]:
    yes = rng.random(len(leads)) < rng.uniform(0.1, 0.5)
    return pl.Series(np.where(yes, "yes", "no")), yes.astype(float)


def answers(rng: Random, leads: Arrived) -> tuple[pl.Series, Array]:
    values = rng.binomial(8, 1 / (1 + np.exp(-leads.interest)))
    return pl.Series(values.astype(np.int64)), values.astype(float)


def told(rng: Random, leads: Arrived) -> tuple[pl.Series, Array]:
    given = rng.random(len(leads)) < rng.uniform(0.2, 0.8)
    values = pl.Series(np.round(rng.lognormal(3, 1, len(leads)), 0)).set(pl.Series(~given), None)
    return values, given.astype(float)


def bought_before(rng: Random, leads: Arrived) -> tuple[pl.Series, Array]:
    gap = rng.exponential(200.0, len(leads)) + 1
    known = rng.random(len(leads)) < rng.uniform(0.4, 1.0)
    return _date(np.where(known, leads.days - gap, np.nan)), np.where(known, -np.log(gap), -6.0)


def letter(rng: Random, leads: Arrived) -> tuple[pl.Series, Array]:
    count = rng.poisson(np.exp(2 + 0.7 * leads.interest))
    return pl.Series([" ".join(["lorem", "ipsum", "dolor"] * 30)[: 7 * c] + str(c) for c in count]), np.log1p(
        count
    )


STRONG = {
    maker.__name__: maker
    for maker in (line, threshold, valley, levels, ticked, answers, told, bought_before, letter)
}


def _chance(
    rng: Random, seed: int, leads: Arrived, push: Array, base: float, wanted: float | None
) -> tuple[Array, pl.Series | None]:
    push = push * rng.uniform(0.3, 1.3)
    if wanted is None:
        return _shifted(push, base), None
    maker = list(STRONG)[seed % len(STRONG)]
    values, shape = STRONG[maker](rng, leads)
    shape = (shape - shape.mean()) / max(float(shape.std()), 1e-9)
    low, high = 0.0, 8.0
    for _ in range(18):
        middle = (low + high) / 2
        chance = _shifted(push + middle * shape, base)
        enough = expected(chance, shape) >= wanted or _purest(chance, values) > 0.96
        low, high = (low, middle) if enough else (middle, high)
    name = str(rng.choice(["Budget", "Engagement Score", "Input 7", "Interest Index", "Need", "Segment"]))
    return _shifted(push + low * shape, base), values.alias(name)


def _purest(chance: Array, values: pl.Series) -> float:
    """The highest true rate of a common value: what is purer cannot be told from a leak by anyone."""
    rates = pl.DataFrame({"value": values.cast(pl.String).fill_null(""), "chance": chance})
    common = rates.group_by("value").agg(pl.len(), pl.col("chance").mean()).filter(pl.col("len") >= 20)
    return float(common["chance"].max() or 0.0)  # type: ignore[arg-type]


def _shifted(margin: Array, base: float) -> Array:
    low, high = -40.0, 40.0
    for _ in range(50):
        middle = (low + high) / 2
        mean = float((1 / (1 + np.exp(-(margin + middle)))).mean())
        low, high = (middle, high) if mean < base else (low, middle)
    return 1 / (1 + np.exp(-(margin + low)))


def expected(chance: Array, score: Array) -> float:
    """The area under the curve of a score, on average over the outcomes."""
    _, place = np.unique(score, return_inverse=True)
    won, lost = np.bincount(place, chance), np.bincount(place, 1 - chance)
    below = np.cumsum(lost) - lost
    return float((won * (below + lost / 2)).sum() / (won.sum() * lost.sum()))


def _date(days: Array) -> pl.Series:
    known = np.where(np.isnan(days), 0.0, days)
    moments = pl.Series(EPOCH + (known * DAY).astype("timedelta64[ms]"))
    return moments.set(pl.Series(np.isnan(days)), None)


def _worked(rng: Random, leads: Arrived, won: Flags) -> Flags:
    """Sales work the interesting leads first, and every lead that is won."""
    share = rng.uniform(0.4, 1.0)
    keen = leads.interest + rng.normal(0, 1, len(leads)) > np.quantile(leads.interest, 1 - share)
    return keen | won


def _words(rng: Random, where: Flags, words: tuple[str, ...], others: tuple[str, ...]) -> NDArray[np.str_]:
    return np.where(where, rng.choice(words, len(where)), rng.choice(others, len(where)))


def _blanked(values: NDArray[np.str_] | Array, keep: Flags) -> pl.Series:
    return pl.Series(values).set(pl.Series(~keep), None)


def call_result(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    heard = _words(rng, won, ("Keen", "Sold", "Visit set"), ("No answer", "Refused", "Wrong number"))
    slip, later = (
        rng.random(len(won)) < rng.uniform(0.01, 0.06),
        rng.random(len(won)) < rng.uniform(0.05, 0.25),
    )
    heard = np.where(slip, _words(rng, ~won, ("Keen", "Sold"), ("No answer", "Refused")), heard)
    return _blanked(np.where(later, "Call again", heard), _worked(rng, leads, won))


def grade(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    seen = rng.normal(size=len(won)) + rng.uniform(2.0, 3.5) * won
    place = np.searchsorted(np.quantile(seen, [0.3, 0.55, 0.75, 0.9]), seen)
    return _blanked(np.array(["cold", "cool", "mild", "warm", "hot"])[place], _worked(rng, leads, won))


def lost_reason(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    noted = rng.random(len(won)) < np.where(won, 0.003, rng.uniform(0.4, 0.98))
    return _blanked(rng.choice(["price", "timing", "rival", "no need"], len(won)), noted)


def product_sold(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    noted = rng.random(len(won)) < np.where(won, rng.uniform(0.7, 1.0), 0.003)
    return _blanked(rng.choice(["basic", "plus", "pro"], len(won)), noted)


def score(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    return pl.Series(np.round(50 + 10 * (rng.normal(size=len(won)) + rng.uniform(1.8, 4) * won), 1))


def calls(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    worked = _worked(rng, leads, won)
    return pl.Series(rng.poisson(np.where(won, rng.uniform(7, 12), 2.0)) * worked)


def invoice_date(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    sent = rng.random(len(won)) < np.where(won, rng.uniform(0.7, 1.0), 0.01)
    return _date(np.where(sent, leads.days + rng.gamma(2, 15, len(won)), np.nan))


def touched(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    lag = np.where(won, rng.lognormal(4, 0.4, len(won)), rng.lognormal(3, rng.uniform(0.3, 0.5), len(won)))
    return _date(leads.days + lag)


def stage(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    wrong = rng.random(len(won)) < rng.uniform(0.01, 0.08)
    return pl.Series(_words(rng, won ^ wrong, ("S5", "S6"), ("S1", "S2", "S3", "S4")))


def closer(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    handed = won & (rng.random(len(won)) < rng.uniform(0.8, 1.0))
    return pl.Series(_words(rng, handed, ("Kim", "Lee", "Mo"), ("Ann", "Bob", "Cy", "Di", "Ed", "Flo")))


def amount(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    dealt = rng.random(len(won)) < np.where(won, rng.uniform(0.75, 1.0), rng.uniform(0, 0.01))
    return pl.Series(np.where(dealt, np.round(rng.lognormal(8, 1, len(won)), 2), 0.0))


def talked(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    minutes = rng.lognormal(np.where(won, rng.uniform(2.6, 3.5), 1.0), 0.9)
    return pl.Series(np.round(minutes * _worked(rng, leads, won), 1))


def discount(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    given = rng.random(len(won)) < np.where(won, rng.uniform(0.8, 0.97), rng.uniform(0.0, 0.06))
    return _blanked(rng.choice([5.0, 10.0, 15.0, 20.0], len(won)), given)


def survey(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    answered = rng.random(len(won)) < np.where(won, rng.uniform(0.35, 0.7), 0.0)
    return _blanked(np.round(rng.uniform(1, 10, len(won))), answered)


def next_step(rng: Random, leads: Arrived, won: Flags) -> pl.Series:
    planned = _words(rng, won, ("contract", "kick-off"), ("archive", "drop", "park"))
    wrong = rng.random(len(won)) < 0.02
    planned = np.where(wrong, "contract", planned)
    return _blanked(planned, rng.random(len(won)) < rng.uniform(0.3, 0.6))


LATE = {
    "call_result": "Call Result",
    "grade": "Lead Grade",
    "lost_reason": "Lost Reason",
    "product_sold": "Product",
    "score": "Points",
    "calls": "Calls",
    "invoice_date": "Invoice Date",
    "touched": "Last Touch",
    "stage": "Pipeline",
    "closer": "Team Member",
    "amount": "Sum",
    "talked": "Talk Time",
    "discount": "Discount",
    "survey": "Satisfaction",
    "next_step": "Next Step",
}
LEAKS: Mapping[str, Callable[[Random, Arrived, Flags], pl.Series]] = {
    maker.__name__: maker
    for maker in (
        call_result,
        grade,
        lost_reason,
        product_sold,
        score,
        calls,
        invoice_date,
        touched,
        stage,
        closer,
        amount,
        talked,
        discount,
        survey,
        next_step,
    )
}
