"""A home from the command line: made, filled, scored, and read wherever LEADS may stand."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.cli.calls import call

LEARN = ("--models", "bayes", "--folds", "3", "-o", "new.leadlight")

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def running(here: Path, leads: Path, model: Path) -> Path:
    """A home with a model in service and leads that it has scored."""
    place = here / "home"
    for words in (("init",), ("promote", model), ("sync", leads)):
        answer = call(*words, "--home", place)
        assert answer.code == 0, answer.err
    return place


def test_a_folder_with_other_things_is_not_closed_to_others(here: Path) -> None:
    (here / "mine.txt").touch()
    mode = here.stat().st_mode
    answer = call("init", "--home", ".")
    assert answer.code == 2
    assert "init --home home" in answer.err
    assert here.stat().st_mode == mode


def test_a_home_has_one_database(here: Path) -> None:
    answer = call("init", "--home", "postgresql://a@h/x", "--database", "postgresql://b@h/y")
    assert answer.code == 2
    assert "--database" in answer.err


def test_making_a_home_again_says_so(running: Path) -> None:
    assert call("init", "--home", running, "--json").json["new"] is False
    (running / "secret.key").unlink()
    answer = call("db", "check", "--home", running)
    assert answer.code == 2
    assert "secret.key" in answer.err


def test_leads_that_came_by_another_name_of_their_id_are_listed(
    running: Path, here: Path, frame: pl.DataFrame
) -> None:
    """Over HTTP a lead may say `id` where the model's column is `Lead ID`."""
    name = frame.columns[0]
    more = frame[:3].with_columns(pl.Series("id", ["new 1", "new 2", "new 3"])).drop(name)
    more.write_csv(here / "more.csv")
    assert call("sync", "more.csv", "--id", "id", "--home", running).code == 0
    scored = call("score", "--home", running, "-o", "all.csv")
    assert scored.code == 0, scored.err
    assert pl.read_csv(here / "all.csv")[name].to_list()[-3:] == ["new 1", "new 2", "new 3"]
    assert call("plan", "--home", running, "-o", "list.csv").code == 0
    assert call("train", *LEARN, "--home", running).code == 0


def test_the_model_in_service_is_promoted_once(running: Path) -> None:
    """Else the way back would lead to the same model."""
    assert call("train", *LEARN, "--home", running).code == 0
    before = call("models", "list", "--home", running, "--json").json["models"][0]["name"]
    for _ in range(2):
        assert call("promote", "new.leadlight", "--home", running).code == 0
    assert call("models", "rollback", "--home", running, "--json").json["model"] == before


def test_a_home_takes_leads_in_once(running: Path, leads: Path, frame: pl.DataFrame) -> None:
    again = call("sync", leads, "--home", running, "--json").json
    assert again["rows"] == {
        "in": frame.height,
        "new": 0,
        "changed": 0,
        "same": frame.height,
        "forgotten": 0,
        "suppressed": 0,
        "rejected": 0,
    }
    assert again["scored"]["looked_at"] == 0


def test_odd_rows_are_told_apart(running: Path, here: Path, frame: pl.DataFrame) -> None:
    """Rows in = new + changed + same + forgotten + rejected."""
    name = frame.columns[0]
    odd = pl.concat([frame[:2], frame[:1], frame[3:4].with_columns(pl.lit("").alias(name))])
    odd.write_csv(here / "odd.csv")
    answer = call("sync", "odd.csv", "--home", running, "--json")
    assert answer.code == 1
    rows = answer.json["rows"]
    assert rows["in"] == 4 == sum(rows[key] for key in ("new", "changed", "same", "forgotten", "rejected"))
    assert answer.json["rejected"] == {"blank_id": 1, "duplicate_id": 1}
    assert (here / "odd.rejected.csv").read_text().splitlines() == [
        "line,reason",
        "4,duplicate_id",
        "5,blank_id",
    ]


@pytest.mark.parametrize("command", ["sync", "score"])
def test_what_an_earlier_run_rejected_is_replaced_and_no_other_file(
    command: str, running: Path, model: Path, here: Path, frame: pl.DataFrame
) -> None:
    name = frame.columns[0]
    blank = frame[:2].with_columns(pl.Series(name, [frame[0, 0], ""]))
    blank.write_csv(here / "odd.csv")
    words = {
        "sync": ("sync", "odd.csv", "--home", running),
        "score": ("score", model, "odd.csv", "-o", "-"),
    }[command]
    assert [call(*words).code for _ in range(2)] == [1, 1]
    rejects = here / "odd.rejected.csv"
    assert rejects.read_text() == "line,reason\n3,blank_id\n"
    blank[:1].write_csv(here / "odd.csv")
    assert call(*words).code == 0
    assert not rejects.exists()
    rejects.write_text("line,reasons of mine\n")
    refused = call(*words)
    assert (refused.code, refused.error) == (2, "exists")
    assert rejects.read_text() == "line,reasons of mine\n"


def test_a_home_scores_like_a_file(running: Path, leads: Path, model: Path, here: Path) -> None:
    """To the last digit, whoever asks."""
    assert call("score", "--home", running, "-o", "home.csv", "--only-scores").code == 0
    assert call("score", model, leads, "-o", "file.csv", "--only-scores").code == 0
    assert (here / "home.csv").read_text() == (here / "file.csv").read_text()


@pytest.mark.parametrize("command", ["evaluate", "explain", "plan", "inspect"])
def test_a_home_stands_where_leads_may_stand(command: str, running: Path, frame: pl.DataFrame) -> None:
    more = {"explain": ("--id", frame[0, 0]), "plan": ("-o", "list.csv")}.get(command, ())
    answer = call(command, "--home", running, *more)
    assert answer.code == 0, answer.err


def test_a_model_is_learnt_from_a_home_and_taken_back(running: Path, model: Path) -> None:
    """Train, promote, look, roll back."""
    answer = call("train", *LEARN, "--home", running)
    assert answer.code == 0, answer.err
    assert call("promote", "new.leadlight", "--home", running).code == 0
    kept = call("models", "list", "--home", running, "--json").json["models"]
    assert [each["in_service"] for each in kept] == [True, False]
    back = call("models", "rollback", "--home", running, "--json").json["model"]
    assert back == kept[1]["name"]
    assert call("promote", kept[0]["name"], "--home", running, "--json").json["model"] == kept[0]["name"]


def test_the_home_may_stand_in_the_environment(running: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLIGHT_HOME", str(running))
    assert call("models", "list").code == 0
    assert call("score").code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("score", "--home", "nowhere"), "no_home"),
        (("score",), "nothing_named"),
        (("models", "list"), "which_home"),
        (("promote", "none.leadlight", "--home", "home"), "no_home"),
    ],
)
def test_what_is_missing_is_told(words: tuple[str, ...], code: str) -> None:
    answer = call(*words)
    assert (answer.code, answer.error) == (2, code)
    assert "next:" in answer.err


def test_doctor_looks_at_a_home(running: Path) -> None:
    found = call("doctor", "--home", running, "--json").json["checks"]
    assert {check["name"] for check in found if check["passed"]} >= {"home", "writers", "model"}


def test_doctor_tells_what_a_home_lacks() -> None:
    call("init", "--home", "home")
    answer = call("doctor", "--home", "home", "--json")
    assert answer.code == 1
    assert [check["name"] for check in answer.json["checks"] if not check["passed"]] == ["model"]


def test_a_home_without_leads_is_told(here: Path, model: Path) -> None:
    for words in (("init",), ("promote", model)):
        assert call(*words, "--home", "new").code == 0
    for words in (("plan", "-o", "list.csv"), ("score", "-o", "scores.csv"), ("inspect",)):
        assert call(*words, "--home", "new").error == "no_leads"


def test_nothing_to_score_with_is_told(here: Path) -> None:
    call("init", "--home", "home")
    answer = call("score", "--home", "home")
    assert (answer.code, answer.error) == (2, "no_model")


def test_without_a_model_the_column_of_ids_is_found_where_it_is_plain(
    here: Path, leads: Path, frame: pl.DataFrame
) -> None:
    call("init", "--home", "home")
    assert call("sync", leads, "--home", "home", "--json").json["rows"]["new"] == frame.height
    stored = call("db", "find", frame[0, "Lead ID"], "--home", "home", "--json").json["leads"]
    assert [lead["id"] for lead in stored] == [frame[0, "Lead ID"]]


@pytest.mark.parametrize(
    ("head", "rows"),
    [("Company", ["a", "b", "c"]), ("Visits", ["1", "2", "3"]), ("Lead ID", ["1", "1", "1"])],
)
def test_a_column_of_ids_that_is_not_plain_is_asked_for(head: str, rows: list[str], here: Path) -> None:
    """By its name alone, or by its values alone, it may be another."""
    call("init", "--home", "home")
    pl.DataFrame({head: rows, "City": ["York", "Bath", "York"]}).write_csv("odd.csv")
    answer = call("sync", "odd.csv", "--home", "home")
    assert (answer.code, answer.error) == (2, "which_id")
    assert f"--id '{head}'" in answer.err
    assert call("db", "check", "--home", "home").code == 0


@pytest.mark.parametrize(
    ("words", "code", "next_step"),
    [
        (("promote", "missing.leadlight"), "unreadable", "leadlight train LEADS -o missing.leadlight"),
        (("promote", "abc123"), "no_model", "leadlight models list --home 'the home'"),
        (("db", "restore", "missing.db"), "backup", "leadlight db backup FILE --home 'the home'"),
        (("db", "restore", "."), "backup", "leadlight db backup FILE --home 'the home'"),
        (("keys", "revoke", "nobody"), "no_key", "leadlight keys list --home 'the home'"),
        (("score",), "no_model", "leadlight promote MODEL --home 'the home'"),
    ],
)
def test_the_next_step_can_be_typed_as_it_is_said(
    words: tuple[str, ...], code: str, next_step: str, here: Path
) -> None:
    call("init", "--home", "the home")
    answer = call(*words, "--home", "the home", "--json")
    assert (answer.code, answer.error) == (2, code)
    assert next_step in answer.json["error"]["next_step"]
    assert next_step in answer.err


def test_one_is_no_plural(running: Path, frame: pl.DataFrame, here: Path) -> None:
    frame[:1].with_columns(pl.lit("L-9").alias("Lead ID")).write_csv("one.csv")
    assert "1 lead looked at" in call("sync", "one.csv", "--home", running).out


@pytest.mark.parametrize(
    ("columns", "known", "said"),
    [
        (
            {
                "emailaddress1": "ann@x.org",
                "Handy": "0171 2345678",
                "Contact": "bob@x.org",
                "Do Not Email": "no",
            },
            {"emailaddress1": "email", "Handy": "phone"},
            "'Lead ID' (id), 'emailaddress1' (e-mail) and 'Handy' (phone).",
        ),
        ({"Contact": "ann@x.org", "Lead Owner": "rep@x.org"}, {"Contact": "email"}, "'Contact' (e-mail)."),
        ({"City": "York", "Last Phone Call": "2026-03-31"}, {}, "'Lead ID' (id) alone"),
    ],
)
def test_it_is_said_which_columns_people_are_known_by(
    columns: dict[str, str], known: dict[str, str], said: str, here: Path
) -> None:
    call("init", "--home", "home")
    pl.DataFrame(
        {"Lead ID": ["x-1", "x-2"], **{name: [text, None] for name, text in columns.items()}}
    ).write_csv("odd.csv")
    answer = call("sync", "odd.csv", "--id", "Lead ID", "--home", "home")
    assert said in " ".join(answer.out.split())
    assert "@" not in answer.out
    again = call("sync", "odd.csv", "--id", "Lead ID", "--home", "home", "--json")
    assert again.json["known_by"] == {"Lead ID": "id", **known}


def test_a_file_without_the_outcome_is_told(running: Path, here: Path, frame: pl.DataFrame) -> None:
    """Its new leads count as open; those that are known keep theirs."""
    new = frame.head(3).with_columns(pl.Series("Lead ID", ["new 1", "new 2", "new 3"])).drop("Converted")
    new.write_csv("new.csv")
    answer = call("sync", "new.csv", "--home", running)
    assert answer.code == 0
    told = " ".join(answer.out.split())
    assert "There is no column 'Converted', which says who was won: the new leads count as open." in told
    frame.head(3).drop("Converted").write_csv("known.csv")
    assert "Converted" not in call("sync", "known.csv", "--home", running).out


def test_two_kept_models_are_compared_on_the_leads_of_the_home(running: Path) -> None:
    assert call("train", *LEARN, "--home", running).code == 0
    assert call("promote", "new.leadlight", "--override", "a test", "--home", running).code == 0
    names = [each["name"] for each in call("models", "list", "--home", running, "--json").json["models"]]
    told = call("models", "compare", *names, "--home", running, "--json").json
    assert [told["a"], told["b"]] == names
    assert told["decided"]["caution"]
    shown = call("models", "compare", *names, "--home", running)
    assert shown.code == 0, shown.err
    assert "would have another grade" in shown.out
    assert call("models", "compare", names[0], names[0], "--home", running).code == 2
