from __future__ import annotations

import json
import time

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some

from leadlight.errors import ColumnError, PolicyError
from leadlight.insight.expected import Chances, expected
from leadlight.insight.plan import Caller, Plan, plan
from leadlight.model.calibrate import Calibrator, Interval
from leadlight.model.probability import probability
from tests.model.bends import World


def scored(rows: int, seed: int = 0) -> tuple[pl.DataFrame, Chances]:
    """Leads with an id and an owner, and what a model would say of them; some margins are tied."""
    dice = np.random.default_rng(seed)
    margin = np.round(dice.normal(-0.5, 1.5, rows), 2)
    share = probability(margin)
    leads = pl.DataFrame(
        {
            "id": [f"L{number:05d}" for number in dice.permutation(rows)],
            "owner": dice.choice(np.array(["Ann", "Bob", "A", " ", None], dtype=object), rows).tolist(),
        },
        schema={"id": pl.String, "owner": pl.String},
    ).with_columns(chance=share)
    return leads, Chances(margin, share, np.maximum(share - 0.05, 0), np.minimum(share + 0.05, 1))


def calls_of(found: Plan) -> dict[str, int]:
    return {share.caller: share.calls for share in found.shares}


@given(
    rows=some.integers(0, 120),
    seed=some.integers(0, 20),
    line=some.sampled_from([None, -1.0, 0.5, 9.0]),
    capacity=some.sampled_from([None, 1, 7, 50, 500]),
    callers=some.one_of(
        some.none(),
        some.integers(1, 6),
        some.lists(some.one_of(some.none(), some.integers(0, 30)), min_size=1, max_size=4).map(
            lambda amounts: [Caller(name, amount) for name, amount in zip("ABCD", amounts, strict=False)]
        ),
    ),
    owner=some.sampled_from([None, "owner"]),
    blocked=some.floats(0, 1),
)
def test_every_lead_is_accounted_for_and_every_capacity_kept(
    rows: int,
    seed: int,
    line: float | None,
    capacity: int | None,
    callers: int | list[Caller] | None,
    owner: str | None,
    blocked: float,
) -> None:
    leads, chances = scored(rows, seed)
    suppressed = np.random.default_rng(seed).random(rows) < blocked
    found = plan(
        leads,
        chances,
        line=line,
        capacity=capacity,
        callers=callers,
        owner=owner,
        suppressed=suppressed,
        id="id",
    )
    counts = found.counts
    assert counts.leads == rows == counts.listed + counts.below + counts.suppressed
    assert counts.suppressed == suppressed.sum()
    assert counts.listed == found.frame.height == found.expected.calls
    assert capacity is None or counts.listed <= capacity
    _is_the_best(found, leads, chances, suppressed, line)
    if callers is None:
        assert found.shares == ()
        return
    assert sum(share.calls for share in found.shares) == counts.listed
    assert found.frame["caller"].null_count() == 0
    if isinstance(callers, list):
        assert all(
            each.capacity is None or share.calls <= each.capacity
            for each, share in zip(callers, found.shares, strict=True)
        )
    assert plan(
        leads,
        chances,
        line=line,
        capacity=capacity,
        callers=callers,
        owner=owner,
        suppressed=suppressed,
        id="id",
    ).frame.equals(found.frame)
    json.dumps(found.to_json(), allow_nan=False)


def _is_the_best(
    found: Plan, leads: pl.DataFrame, chances: Chances, suppressed: np.ndarray, line: float | None
) -> None:
    """The list is the top of those that may be called, by margin and then by id."""
    free = [
        (-margin, name)
        for margin, name, blocked in zip(chances.margin, leads["id"], suppressed, strict=True)
        if not blocked and (line is None or margin >= line)
    ]
    assert found.frame["id"].to_list() == [name for _, name in sorted(free)[: found.frame.height]]
    assert found.frame["rank"].to_list() == list(range(1, found.frame.height + 1))


def test_all_columns_come_along_and_ours_win_a_clash() -> None:
    leads, chances = scored(30)
    leads = leads.with_columns(rank=pl.lit("theirs"), caller=pl.lit("theirs"))
    found = plan(leads, chances, capacity=10, callers=2, id="id")
    assert found.frame.columns == [
        "rank",
        "caller",
        "id",
        "owner",
        "chance",
        "rank (input)",
        "caller (input)",
    ]
    assert plan(leads, chances, capacity=10).frame.columns[:2] == ["rank", "id"]


def test_a_marked_name_is_one_that_no_column_has() -> None:
    leads, chances = scored(30)
    leads = leads.rename({"id": "rank", "owner": "rank (input)", "chance": "rank (input 3)"})
    found = plan(leads, chances, capacity=10, id="rank", owner="rank (input)")
    assert found.frame.columns == ["rank", "rank (input 2)", "rank (input)", "rank (input 3)"]
    assert (found.id, found.owner) == ("rank (input 2)", "rank (input)")


@pytest.mark.parametrize("name", ["rank", "caller", "id"])
def test_the_list_tells_which_of_its_columns_holds_the_id(name: str) -> None:
    leads, chances = scored(30)
    found = plan(leads.rename({"id": name}), chances, capacity=10, callers=2, id=name, owner="owner")
    best = leads["id"][int(np.argmax(chances.margin))]
    assert found.frame[found.id or ""][0] == best
    assert found.owner == "owner"


def test_turns_give_even_calls_and_even_hopes() -> None:
    leads, chances = scored(1000)
    found = plan(leads, chances, capacity=200, callers=5, id="id")
    assert set(calls_of(found).values()) == {40}
    hopes = [share.conversions for share in found.shares]
    assert max(hopes) - min(hopes) < 0.1
    assert sum(hopes) == pytest.approx(found.expected.conversions)


def test_what_does_not_divide_goes_to_the_first() -> None:
    leads, chances = scored(100)
    assert list(calls_of(plan(leads, chances, capacity=11, callers=3)).values()) == [4, 4, 3]


def test_an_owner_keeps_the_leads_while_capacity_lasts() -> None:
    leads, chances = scored(400)
    staff = [Caller("Ann", 10), Caller("Bob", 90)]
    found = plan(leads, chances, callers=staff, owner="owner", id="id").frame
    ann = found.filter(pl.col("owner") == "Ann")
    assert ann["caller"][:10].to_list() == ["Ann"] * 10
    assert ann["caller"][10:].to_list() == ["Bob"] * (len(ann) - 10)
    assert set(found.filter(pl.col("owner") == "Bob")["caller"]) == {"Bob"}
    assert len(found) == 100


def test_owned_leads_count_in_the_turns() -> None:
    leads, chances = scored(400)
    leads = leads.with_columns(owner=pl.when(pl.int_range(400) < 100).then(pl.lit("Ann")))
    found = plan(leads, chances, line=1.0, callers=[Caller("Ann"), Caller("Bob")], owner="owner", id="id")
    assert abs(found.shares[0].calls - found.shares[1].calls) <= 1
    assert found.shares[0].owned == found.frame.filter(pl.col("owner") == "Ann").height
    assert found.shares[1].owned == 0


def test_a_part_time_caller_gets_good_leads_too() -> None:
    leads, chances = scored(1000)
    full, part = plan(leads, chances, callers=[Caller("full", 80), Caller("part", 20)]).shares
    assert full.conversions / full.calls == pytest.approx(part.conversions / part.calls, abs=0.02)


def test_callers_come_from_a_table() -> None:
    leads, chances = scored(200)
    staff = pl.DataFrame({"name": [" Ann ", "Bob", "Cid"], "capacity": ["5", None, "7.0"]})
    assert calls_of(plan(leads, chances, capacity=20, callers=staff)) == {"Ann": 5, "Bob": 8, "Cid": 7}
    assert sum(calls_of(plan(leads, chances, line=0.0, callers=staff[["name"]])).values()) > 20


@pytest.mark.parametrize(
    ("callers", "problem"),
    [
        (0, PolicyError),
        ([Caller("Ann"), Caller("Ann")], PolicyError),
        ([Caller("Ann", -1)], PolicyError),
        (pl.DataFrame({"who": ["Ann"]}), ColumnError),
        (pl.DataFrame({"name": ["Ann", None]}), ColumnError),
        (pl.DataFrame({"name": ["Ann"], "capacity": ["many"]}), ColumnError),
        (pl.DataFrame({"name": ["Ann"], "capacity": [2.5]}), ColumnError),
        (pl.DataFrame({"name": ["Ann"], "capacity": [-2]}), ColumnError),
    ],
    ids=str,
)
def test_callers_that_make_no_sense_are_refused(callers: object, problem: type[Exception]) -> None:
    leads, chances = scored(20)
    with pytest.raises(problem):
        plan(leads, chances, callers=callers)


def test_a_capacity_of_nothing_and_an_unknown_column_are_refused() -> None:
    leads, chances = scored(20)
    with pytest.raises(PolicyError):
        plan(leads, chances, capacity=0)
    for column in ("owner", "id"):
        with pytest.raises(ColumnError, match="nowhere"):
            plan(leads, chances, **{column: "nowhere"})


def test_without_an_interval_only_luck_is_unsure() -> None:
    share = np.full(400, 0.5)
    sure, unsure = (
        expected(Chances(share, share, *interval)) for interval in ((None, None), (share - 0.1, share + 0.1))
    )
    assert sure.conversions == unsure.conversions == 200
    assert sure.high - 200 == pytest.approx(1.645 * 10, abs=0.01)
    assert unsure.high - 200 == pytest.approx(np.hypot(16.45, 40), abs=0.01)
    assert 200 - unsure.low == pytest.approx(unsure.high - 200)


def test_what_is_expected_comes_about() -> None:
    """Learnt on 3,000 leads, 300 of the next 1,500 called: nine in ten intervals hold what happens."""
    held = []
    for seed in range(60):
        world = World("straight", 0.3, seed)
        y, margin, _ = world.draw(3000)
        line = Calibrator.fit(y, margin)
        interval = Interval.fit(y, line.apply(margin))
        fresh, place, _ = world.draw(1500)
        calibrated = line.apply(place)
        leads = pl.DataFrame({"won": fresh})
        chances = Chances(calibrated, probability(calibrated), *interval.apply(calibrated))
        found = plan(leads, chances, capacity=300)
        held.append(found.expected.low <= found.frame["won"].sum() <= found.expected.high)
    assert np.mean(held) >= 0.85


def test_a_hundred_thousand_leads_are_dealt_quickly() -> None:
    leads, chances = scored(100_000)
    start = time.process_time()
    plan(leads, chances, callers=20, owner="owner", id="id")
    assert time.process_time() - start < 3
