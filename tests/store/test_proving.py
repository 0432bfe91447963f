"""Lines and probabilities that move, challengers, the gate, holdbacks and disputes, in a home."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import leadlight as ll
from leadlight.connect.webhook import Webhook
from leadlight.data.sample import generate
from leadlight.errors import InputError, StoreError
from leadlight.flows.adjust import accept, adjust_home, undo
from leadlight.flows.challenge import challenge
from leadlight.flows.compare_kept import compare_kept
from leadlight.flows.gated import promote_past_gate
from leadlight.flows.held import holdback_result
from leadlight.flows.plan import plan_home
from leadlight.flows.promote import model_in_service, promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.flows.tell_alarms import tell_webhook
from leadlight.insight.disputes import route_of, summaries
from leadlight.model.bundle import Bundle
from leadlight.model.policy import Policy
from leadlight.model.probability import logit, probability
from leadlight.ready import Model
from leadlight.store import Home, Store, create_store, disputes, holdbacks, models, watched_leads, watching
from leadlight.training.options import Options

DAY = 86_400.0
WHO = "cli:tests"
ROWS, LEARNT = 6_000, 2_500


@pytest.fixture(scope="module")
def leads() -> pl.DataFrame:
    """Leads in order of time; of those after the training half as many buy as before."""
    made = generate(ROWS, 5)
    truth = made.truth["Probability"].to_numpy()
    rare = probability(logit(truth) - 0.95)
    late = np.arange(ROWS) >= LEARNT
    won = np.random.default_rng(5).random(ROWS) < np.where(late, rare, truth)
    return made.leads.with_columns(Converted=pl.Series(won.astype(int)))


@pytest.fixture(scope="module")
def learnt(leads: pl.DataFrame) -> Bundle:
    model = ll.train(leads[:LEARNT], target="Converted", time="Created", models=["logistic"], folds=3)
    return model.with_policy(Policy.capacity(calls=200, arrivals=1_000)).bundle


def end_of(leads: pl.DataFrame) -> float:
    return float(leads["Created"].str.to_datetime().dt.epoch("s").max() or 0) + DAY


def filled(store: Store, leads: pl.DataFrame, bundle: Bundle) -> float:
    """All leads taken in and scored; gives the moment of now."""
    now = end_of(leads)
    promote_bundle(store, bundle, now - 30 * DAY, WHO)
    for start in range(0, leads.height, 3_000):
        take_leads(store, leads[start : start + 3_000], "Lead ID", "file", now)
    score_waiting(store, now)
    return now


@pytest.fixture
def proven(tmp_path: Path, leads: pl.DataFrame, learnt: Bundle) -> Iterator[tuple[Store, float]]:
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    yield store, filled(store, leads, learnt)
    store.close()


def test_probabilities_are_proposed_accepted_and_undone(proven: tuple[Store, float], learnt: Bundle) -> None:
    """The model in service changes only when somebody says so, and comes back whole."""
    store, now = proven
    found = adjust_home(store, now, WHO)
    assert [(each.kind, each.status) for each in found] == [("recalibration", "proposed")]
    serving = model_in_service(store)
    assert serving is not None
    assert serving.hash == learnt.hash
    accept(store, found[0].number, now, WHO)
    serving = model_in_service(store)
    assert serving is not None
    assert serving.hash == found[0].bundle.hash != learnt.hash
    score_waiting(store, now)
    assert adjust_home(store, now + DAY, WHO) == [], "at most once a week"
    undo(store, found[0].number, now + DAY, WHO)
    serving = model_in_service(store)
    assert serving is not None
    assert serving.hash == learnt.hash
    with pytest.raises(StoreError):
        undo(store, found[0].number, now + DAY, WHO)
    with store.reading() as connection:
        acts = connection.exec_driver_sql("SELECT act FROM audit ORDER BY number").scalars().all()
    assert [act for act in acts if act.startswith("recalibration")] == [
        "recalibration_proposed",
        "recalibration_applied",
        "recalibration_undone",
    ]


def test_within_the_bounds_it_is_done_at_once(proven: tuple[Store, float]) -> None:
    """And after the probabilities are right, the line is left where it is or moves within its bounds."""
    store, now = proven
    assert [each.status for each in adjust_home(store, now, WHO, apply=True)] == ["applied"]
    score_waiting(store, now)
    again = adjust_home(store, now + 7 * DAY, WHO, apply=True)
    assert all(each.kind == "line" for each in again)


def test_a_challenger_that_learnt_from_noise_is_refused(
    proven: tuple[Store, float], leads: pl.DataFrame, learnt: Bundle
) -> None:
    """`promote` says why; an override is in the trail; a model that calls the same leads passes."""
    store, now = proven
    mixed = leads[:LEARNT].with_columns(
        pl.Series("Converted", np.random.default_rng(2).permutation(leads["Converted"][:LEARNT].to_numpy()))
    )
    half = pl.concat([leads[:400], mixed[400:]])
    worse = ll.train(half, target="Converted", time="Created", models=["bayes"], folds=3, refuse=False)
    with pytest.raises(StoreError) as refused:
        promote_past_gate(store, worse.bundle, now, WHO)
    assert refused.value.code == "gate"
    assert "challenger" in refused.value.message
    same = Model(learnt).with_policy(Policy.cuts(0.6)).bundle
    assert promote_past_gate(store, same, now, WHO).model == same.name
    found = promote_past_gate(store, worse.bundle, now, WHO, override="to try it")
    assert found.is_overridden
    with store.reading() as connection:
        acts = connection.exec_driver_sql("SELECT act FROM audit").scalars().all()
    assert "gate_override" in acts


def test_a_challenger_is_trained_and_judged_on_later_leads(proven: tuple[Store, float]) -> None:
    """One that is not proven better scores in the shadow."""
    store, now = proven
    found = challenge(store, now, Options(models=["logistic"], folds=3), WHO)
    assert found.verdict.is_measured
    assert found.status in ("passed", "refused")
    with store.reading() as connection:
        kept = watching.adjustments_of(connection, "challenger")[0]
        shadows = connection.exec_driver_sql("SELECT count(*) FROM shadows").scalar()
    assert kept.after == found.challenger
    assert (shadows == 0) is found.verdict.passes


def test_held_back_leads_are_left_out_of_the_list(
    tmp_path: Path, leads: pl.DataFrame, learnt: Bundle
) -> None:
    """A keyed hash draws them on arrival; as large a part of them is called, in the order of their draw."""
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    promote_bundle(store, learnt, 1.0, WHO)
    with pytest.raises(StoreError) as refused:
        holdback_result(store)
    assert refused.value.code == "no_holdback"
    open_leads = leads[:1_500].with_columns(pl.lit(None).alias("Converted"))
    take_leads(store, open_leads[:500], "Lead ID", "file", 50.0)
    holdbacks.start(store, 0.2, 100.0, WHO)
    take_leads(store, open_leads[500:], "Lead ID", "file", 150.0)
    found = plan_home(store, learnt)
    assert found.held is not None
    held = {*found.held.drawn}
    with store.reading() as connection:
        running = holdbacks.running(connection)
        since = watched_leads.created_since(connection, 100.0)
    assert running is not None
    marked = {each for each in since if running.draws(store, [each])[0] < 0.2}
    assert 130 < len(marked) < 270
    assert held <= marked
    assert not marked & {*found.leads["id"].to_list()}
    counts = found.plan.counts
    assert len(held) == round(found.held.left_out * counts.listed / (counts.listed + counts.below))
    holdbacks.stop(store, 200.0, WHO)
    with pytest.raises(StoreError):
        holdbacks.stop(store, 201.0, WHO)
    with pytest.raises(StoreError):
        holdbacks.start(store, 0.9, 300.0, WHO)
    assert plan_home(store, learnt).held is None
    store.close()


def test_what_a_holdback_brought_is_told(tmp_path: Path, leads: pl.DataFrame, learnt: Bundle) -> None:
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    promote_bundle(store, learnt, 1.0, WHO)
    running = holdbacks.start(store, 0.3, 100.0, WHO)
    batch = leads[LEARNT : LEARNT + 2_000]
    ids = batch["Lead ID"].to_list()
    held = running.held(store, ids, np.full(len(ids), 150.0))
    rng = np.random.default_rng(1)
    won = rng.random(len(ids)) < np.where(held, 0.1, 0.2)
    take_leads(store, batch.with_columns(Converted=pl.Series(won.astype(int))), "Lead ID", "file", 150.0)
    score_waiting(store, 151.0)
    found = holdback_result(store)
    assert found.whole.at_random.leads == held.sum()
    assert found.whole.low <= 0.1 <= found.whole.high
    assert found.whole.is_proven
    assert found.segments
    store.close()


def test_disputes_go_where_their_words_say(store: Store, bundle: Bundle) -> None:
    """Kept with the score of then; settled ones show how far it moved; erased with the lead."""
    assert route_of("He is a student!") == "rule"
    assert route_of("Already bought last year") == "label"
    assert route_of("The company size is a typo") == "data"
    assert route_of("Far too high") == "model"
    promote_bundle(store, bundle, 1.0, WHO)
    take_leads(store, generate(50, 1).leads, "Lead ID", "file", 2.0)
    score_waiting(store, 3.0)
    identity = generate(50, 1).leads["Lead ID"][0]
    with store.writing() as connection:
        number = disputes.add(connection, identity, "rule", "a student", WHO, 4.0)
        with pytest.raises(InputError):
            disputes.add(connection, identity, "rule", "  ", WHO, 4.0)
        with pytest.raises(InputError):
            disputes.add(connection, "nobody", "rule", "a student", WHO, 4.0)
        disputes.settle(connection, number, "a rule", 5.0)
        with pytest.raises(InputError):
            disputes.settle(connection, number, "again", 6.0)
        found = disputes.latest(connection)
    assert [(each.id, each.settled) for each in found] == [(identity, 5.0)]
    told = summaries(found)
    assert (told[0].kind, told[0].disputes, told[0].settled) == ("rule", 1, 1)
    assert told[0].before == pytest.approx(told[0].now)


def test_alarms_are_told_once_and_signed(tmp_path: Path) -> None:
    """Standard Webhooks: id, time and body under one secret; what failed is sent the next time."""
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    finding = {"code": "unit_changed", "column": "Minutes", "message": "m", "next_step": "n", "evidence": {}}
    with store.writing() as connection:
        watching.raise_alarms(connection, 1.0, "model", [finding])
    received: list[tuple[dict[str, str], bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    key = bytes(range(32))
    secret = "whsec_" + base64.b64encode(key).decode()
    webhook = Webhook.of(f"http://127.0.0.1:{server.server_port}/alarms", secret)
    assert tell_webhook(store, webhook, 10.0) == 1
    assert tell_webhook(store, webhook, 11.0) == 0
    server.shutdown()
    (headers, body), *rest = received
    assert not rest
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(body)["data"][0]["code"] == "unit_changed"
    store.close()


def test_two_kept_models_are_held_together_on_leads_that_neither_learnt_from(
    proven: tuple[Store, float], leads: pl.DataFrame, learnt: Bundle
) -> None:
    store, now = proven
    wanted = ["Lead Source", "Industry", "Country"]
    other = ll.train(
        leads[:LEARNT].select("Lead ID", "Created", *wanted, "Converted"),
        target="Converted",
        time="Created",
        models=["logistic"],
        folds=3,
    ).bundle
    still_open = leads[-200:].with_columns(pl.lit(None, pl.Int64).alias("Converted"))
    renamed = still_open.with_columns(pl.concat_str(pl.lit("open-"), "Lead ID").alias("Lead ID"))
    take_leads(store, renamed, "Lead ID", "file", now)
    with store.writing() as connection:
        models.add(connection, other, now)
    found = compare_kept(store, learnt.name[:8], other.name)
    figures = found.figures
    assert figures is not None
    assert figures.caution is None
    assert 0 <= figures.leads - (ROWS - LEARNT) < 20  # a model keeps the day of its 20th last lead
    assert figures.figures["auc"][0] > figures.figures["auc"][1]
    assert figures.better("auc") == "A"
    assert found.open == 200
    assert 0 < found.regraded <= 200
    assert found.moved[0].grades[0] != found.moved[0].grades[1]
    assert found.moved[0].id.startswith("open-")
    assert found.columns[1] == ()
    assert "Asked for Demo" in found.columns[0]
    told = found.to_json()
    assert sum(each["leads"] for each in told["open"]["grades"]) == 200
    with pytest.raises(StoreError, match="one and the same"):
        compare_kept(store, other.name, other.name)
