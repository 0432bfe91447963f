"""The route that scores: the same bits as in Python and in files, and one model a request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from leadlight.data import frame
from leadlight.data.sample import generate
from leadlight.model import lead_scorer
from leadlight.model.scoring import BatchScorer
from leadlight.serve import scoring
from leadlight.serve.serving import Serving
from tests.model.trained import bundle
from tests.serve.running import Service, leads, live, service, serving


def records(count: int) -> list[dict[str, Any]]:
    rows = generate(count, 5).leads.drop("Converted").cast(str).to_dicts()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def test_batch_python_http_single_and_http_bulk_agree_bit_for_bit(
    served: Service, count: Callable[[int], int]
) -> None:
    asked = records(count(10_000))
    batch = BatchScorer(serving().bundle, reasons=3).score(frame.from_records(asked)).frame
    many = [
        result for start in range(0, len(asked), 400) for result in served.score(*asked[start : start + 400])
    ]
    for row, lead, result in zip(batch.iter_rows(named=True), asked, many, strict=True):
        (alone,) = served.score(lead)
        python = serving().scorer.answer(lead, 3).to_json()
        assert result == alone
        assert alone == {"id": lead["Lead ID"], **python}
        assert alone["probability"] == row["probability"]
        assert (alone["low"], alone["high"]) == (row["probability_low"], row["probability_high"])
        assert (alone["grade"], alone["call"], alone["id"]) == (row["grade"], row["call"], lead["Lead ID"])
        texts = [row[f"reason_{k}"] for k in (1, 2, 3)]
        assert [reason["text"] for reason in alone["reasons"]] == [text for text in texts if text]


@pytest.mark.parametrize("family", ["lightgbm", "logistic"])
def test_other_models_answer_alike(family: str) -> None:
    with service(family=family) as made:
        asked = leads(20)
        together = made.score(*asked)
        for lead, result in zip(asked, together, strict=True):
            (alone,) = made.score(lead)
            assert alone["probability"] == pytest.approx(result["probability"], abs=1e-9)
            assert [each["column"] for each in alone["reasons"]] == [
                each["column"] for each in result["reasons"]
            ]


def test_results_come_in_the_order_sent(served: Service) -> None:
    asked = leads(700)
    assert [each["id"] for each in served.score(*asked)] == [lead["Lead ID"] for lead in asked]


@pytest.mark.parametrize("reasons", [0, 1, 5, 100])
def test_as_many_reasons_as_were_asked_for(served: Service, reasons: int) -> None:
    for alone, result in zip(
        [served.score(lead, reasons=reasons)[0] for lead in leads(12)],
        served.score(*leads(12), reasons=reasons),
        strict=True,
    ):
        assert alone == result
        assert len(result["reasons"]) <= reasons
        strengths = [abs(each["odds"] - 1) > 0 for each in result["reasons"]]
        assert all(strengths)


@pytest.mark.parametrize("reasons", [-1, 101, 1.5, "3", True, None])
def test_reasons_are_a_small_whole_number(served: Service, reasons: Any) -> None:
    answer = served.post({"leads": [{}], "reasons": reasons})
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/reasons")


def test_a_moment_is_read_as_everywhere(served: Service) -> None:
    assert served.post({"leads": [{}], "at": "2026-03-31T09:00Z"}).status_code == 200
    answer = served.post({"leads": [{}], "at": "soon"})
    assert (answer.status_code, answer.json()["code"]) == (422, "moment")


def test_the_long_way_and_the_short_one_give_the_same() -> None:
    """Few leads are scored one by one, many together."""
    asked = scoring.ScoreRequest(records(lead_scorer.FEW * 4), 3, None)
    together = scoring.answer_many(serving(), asked)
    alone = [scoring.answer_many(serving(), asked, k, k + 1)[0] for k in range(len(asked.leads))]
    assert together == alone


def test_no_answer_mixes_two_models() -> None:
    """Models are swapped under load; every answer is whole, of one of them."""
    second = Serving.of(bundle("logistic"))
    asked = leads(3)
    with live() as (made, _):
        first = serving()
        expected = {
            each.name: scoring.answer_many(each, scoring.ScoreRequest(asked, 3, None))
            for each in (first, second)
        }
        over = threading.Event()

        def flip() -> None:
            while not over.is_set():
                for each in (second, first):
                    made.state.swap(each)
                    over.wait(0.01)

        flipping = threading.Thread(target=flip)
        flipping.start()
        seen = []
        for _ in range(150):
            answer = made.post({"leads": asked, "reasons": 3})
            assert answer.status_code == 200
            said = answer.json()
            assert said["results"] == expected[said["model"]]
            seen.append(said["model"])
        over.set()
        flipping.join()
    assert set(seen) == {first.name, second.name}


def test_a_model_that_scores_otherwise_than_it_was_saved_never_serves() -> None:
    from dataclasses import replace

    from leadlight.errors import BundleError

    good = bundle()
    wrong = [min(1.0, value + 1e-6) for value in good.selftest["probabilities"]]
    with pytest.raises(BundleError, match="does not give the scores"):
        Serving.of(replace(good, selftest={**good.selftest, "probabilities": wrong}))


def test_what_is_read_of_a_lead_is_what_the_reader_of_files_takes(served: Service) -> None:
    """What a file would count as unreadable is refused, everything else is scored as the file is."""
    texts = [
        "12",
        " 12 ",
        "1e2",
        "-3",
        "Select",
        "N/A",
        "",
        "12abc",
        "1,234",
        "1e400",
        "½",
        "1_000",
        "+5",
        ".5",
        "5.",
    ]
    raw = pl.DataFrame({"Visits": texts})
    column = serving().bundle.scorer.schema["Visits"]
    read = column.read(raw["Visits"]).to_list()
    unreadable = BatchScorer(serving().bundle).score(raw).noticed.unreadable["Visits"]
    refused = [text for text in texts if served.post({"leads": [{"Visits": text}]}).status_code == 422]
    assert len(refused) == unreadable
    assert all(read[texts.index(text)] is None for text in refused)
