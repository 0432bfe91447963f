"""`leadlight db`: the care of a home and the rights of the people in it, as they are typed."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import update

from leadlight.store import audit, open_store
from leadlight.store.home import Home
from leadlight.store.tables import audit as trail
from leadlight.store.tables import board, current, models
from tests.cli.calls import call, start

MAIL = "E-mail"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, model: Path, leads: Path) -> Path:
    """A home with leads and their scores."""
    home = tmp_path_factory.mktemp("made") / "home"
    for words in (("init",), ("promote", model), ("sync", leads)):
        answer = call(*words, "--home", home)
        assert answer.code == 0, answer.err
    return home


@pytest.fixture
def kept(made: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return shutil.copytree(made, tmp_path / "home")


@pytest.fixture
def first(frame: pl.DataFrame) -> dict[str, str]:
    return frame.row(0, named=True)


def db(home: Path, *words: str | Path, code: int = 0) -> dict[str, object]:
    """What a command of the group says as JSON."""
    answer = call("db", *words, "--home", home, "--json")
    assert answer.code == code, answer.err
    return dict(answer.json)


def said(home: Path, *words: str | Path, code: int = 0) -> str:
    answer = call("db", *words, "--home", home)
    assert answer.code == code, answer.err
    return answer.out


def acts(home: Path) -> list[str]:
    entries = db(home, "audit")["entries"]
    return [entry["act"] for entry in reversed(entries)]  # type: ignore[call-overload]


def ids(found: object) -> list[str]:
    return [lead["id"] for lead in found]  # type: ignore[attr-defined]


def test_a_person_is_found_by_each_handle(kept: Path, first: dict[str, str]) -> None:
    """And that somebody looked is in the trail."""
    own = first["Lead ID"]
    assert own in ids(db(kept, "find", own)["leads"])
    assert own in ids(db(kept, "find", "--email", first[MAIL].upper())["leads"])
    assert own in said(kept, "find", own)
    assert acts(kept) == ["promote", "find", "find", "find"]


def test_an_export_and_its_letter(kept: Path, first: dict[str, str], tmp_path: Path) -> None:
    own = first["Lead ID"]
    told = json.loads(said(kept, "export", own))
    assert told["leads"][0]["fields"][MAIL] == first[MAIL]
    page = tmp_path / "letter.md"
    db(kept, "export", own, "--letter", "-o", page)
    assert "What we hold about you" in page.read_text()
    assert call("db", "export", own, "-o", page, "--home", kept).error == "exists"
    assert acts(kept) == ["promote", "export", "export"]


def test_forgetting(kept: Path, first: dict[str, str], leads: Path) -> None:
    """Told before, done, and kept out of the next import."""
    own = first["Lead ID"]
    assert db(kept, "forget", own, "--dry-run")["leads"]
    done = db(kept, "forget", own)
    assert (done["erased"]["leads"], done["clean"]) == (1, True)  # type: ignore[index]
    again = call("sync", leads, "--home", kept, "--json").json
    assert again["rows"]["forgotten"] >= 1
    assert db(kept, "find", own) == {"leads": [], "related": [], "objected": False, "forgotten": True}
    assert db(kept, "allow", own, "--email", first[MAIL], *phone(first))["erasures"]
    assert call("sync", leads, "--home", kept, "--json").json["rows"]["forgotten"] == 0


def test_a_lost_database_and_a_new_home_let_nobody_back_in(
    kept: Path, frame: pl.DataFrame, leads: Path
) -> None:
    db(kept, "forget", frame[0, "Lead ID"])
    db(kept, "suppress", frame[1, "Lead ID"])
    for path in kept.glob("leadlight.db*"):
        path.unlink()
    assert call("sync", leads, "--home", kept).error == "empty_database"
    assert call("init", "--home", kept).code == 0
    rows = call("sync", leads, "--no-score", "--home", kept, "--json").json["rows"]
    assert (rows["forgotten"] >= 1, rows["suppressed"] >= 1) == (True, True)
    assert db(kept, "check")["sound"]


def phone(lead: dict[str, str]) -> list[str]:
    return ["--phone", lead["Phone"]] if lead["Phone"] else []


def test_objecting(kept: Path, first: dict[str, str], leads: Path, model: Path, tmp_path: Path) -> None:
    """Holds for the home's scores, for files that are scored with it, and for lists to call."""
    own = first["Lead ID"]
    assert db(kept, "suppress", own)["scores_ended"] == 1
    assert call("score", "--home", kept, "--json").json["written"] == 0
    out = tmp_path / "out.csv"
    answer = call("score", model, leads, "-o", out, "--home", kept, "--json").json
    assert (answer["rows"]["suppressed"], answer["objections"]) == (1, "checked")
    assert own not in out.read_text()
    for words in ((model, leads), ()):
        refused = call("explain", *words, "--id", own, "--home", kept)
        assert (refused.error, refused.out) == ("objected", "")
    assert call("explain", model, leads, "--id", "L-000002", "--home", kept).code == 0
    assert db(kept, "allow", own)["objections"]
    assert call("score", "--home", kept, "--json").json["written"] >= 0
    answer = call("score", model, leads, "-o", out, "--home", kept, "--json", "--force").json
    assert answer["rows"]["suppressed"] == 0


def test_many_who_object_are_read_from_a_file(kept: Path, frame: pl.DataFrame, tmp_path: Path) -> None:
    stop = tmp_path / "stop.csv"
    frame[:100].select("Lead ID").write_csv(stop)
    done = db(kept, "suppress", "--file", stop)
    assert (done["leads"], done["scores_ended"]) == (100, 100)


@pytest.mark.parametrize("command", ["score", "plan"])
def test_where_objections_were_not_checked_it_is_told(
    command: str, stages_model: Path, stages: Path, here: Path
) -> None:
    answer = call(command, stages_model, stages, "-o", "out.csv", "--force")
    assert "Objections were not checked" in answer.out
    assert (
        call(command, stages_model, stages, "-o", "out.csv", "--force", "--json").json["objections"]
        == "not_checked"
    )
    (here / "stop.csv").write_text("nobody@example.com\n")
    words = ("-o", "out.csv", "--force", "--suppress", "stop.csv")
    assert "Objections" not in call(command, stages_model, stages, *words).out


def test_a_list_leaves_out_who_objected(stages_model: Path, stages: Path, here: Path) -> None:
    """They are not scored either, and the rows add up."""
    open_ones = pl.read_csv(stages, infer_schema=False)["Lead ID"].to_list()
    (here / "stop.csv").write_text("\n".join(["Lead ID", *open_ones[:600]]))
    words = ("-o", "out.csv", "--json", "--suppress", "stop.csv")
    found = call("plan", stages_model, stages, *words).json["counts"]
    assert found["suppressed"] > 100
    parts = ("listed", "below", "suppressed", "decided", "rejected")
    assert found["in"] == sum(found[name] for name in parts)
    assert set(pl.read_csv("out.csv", infer_schema=False)["Lead ID"]).isdisjoint(open_ones[:600])


def test_rows_of_a_list_that_name_nobody_are_told(
    kept: Path, model: Path, leads: Path, first: dict[str, str], here: Path
) -> None:
    (here / "stop.csv").write_text(f"Email\n{first['E-mail']}\nbob(at)example.org\n")
    told = "1 row of 2 in the list could not be read"
    assert told in said(kept, "suppress", "--file", "stop.csv").replace("\n", " ")
    assert db(kept, "suppress", "--file", "stop.csv")["unread"] == 1
    words = ("score", model, leads, "-o", "out.csv", "--force", "--suppress", "stop.csv")
    assert told in call(*words).out.replace("\n", " ")
    answer = call(*words, "--json").json
    assert (answer["rows"]["suppressed"], answer["suppress_unread"]) == (1, 1)


def test_an_empty_list_bars_nobody(kept: Path, here: Path) -> None:
    (here / "stop.csv").write_text("Email\n")
    done = db(kept, "suppress", "--file", "stop.csv")
    assert (done["rows"], done["keys"]) == (0, 0)


def test_addresses_from_before_are_told_of(
    kept: Path, frame: pl.DataFrame, first: dict[str, str], here: Path
) -> None:
    frame[:1].with_columns(pl.lit("new@example.org").alias("E-mail")).write_csv("changed.csv")
    assert call("sync", "changed.csv", "--home", kept).code == 0
    assert ids(db(kept, "find", "--email", first["E-mail"])["related"]) == [first["Lead ID"]]
    assert "1 other e-mail address before" in said(kept, "suppress", first["Lead ID"]).replace("\n", " ")
    done = db(kept, "forget", first["Lead ID"], "--email", first["E-mail"])
    assert (done["mails_before"], done["strangers"]) == (0, 1)


@pytest.mark.parametrize("act", ["forget", "suppress"])
@pytest.mark.parametrize(
    ("words", "told", "undo"),
    [
        (("stranger-1",), "1 id", "ID"),
        (("--email", "nobody@example.org"), "1 e-mail address", "--email ADDRESS"),
        (
            ("stranger-1", "stranger-2", "--phone", "+44 7700 900999"),
            "2 ids and 1 phone number",
            "ID --phone NUMBER",
        ),
    ],
)
def test_somebody_unknown_is_barred_and_it_is_told(
    act: str, words: tuple[str, ...], told: str, undo: str, kept: Path
) -> None:
    text = said(kept, act, *words)
    assert "Erased" not in text
    assert f"In no lead here: {told}" in text.replace("\n", " ")
    assert f"leadlight db allow {undo} --home {kept}" in text
    found = db(kept, act, *words)
    assert found["strangers"] == len([word for word in words if not word.startswith("--")])
    assert found["undo"] == f"leadlight db allow {undo} --home {kept}"
    taken = db(kept, "allow", *words)
    marks = taken["erasures" if act == "forget" else "objections"]
    assert marks == found["strangers"] + 2 * ("--phone" in words)


def test_what_is_named_beside_a_list_counts_as_well(kept: Path, frame: pl.DataFrame, here: Path) -> None:
    (here / "stop.csv").write_text(f"{frame[0, 0]}\n{frame[1, 0]}\n")
    found = db(kept, "suppress", frame[2, 0], "--file", "stop.csv")
    assert (found["leads"], found["strangers"], found["undo"]) == (3, 0, None)


def test_nothing_is_set_against_the_score_of_who_objected(kept: Path, first: dict[str, str]) -> None:
    own = first["Lead ID"]
    words = ("--probability", "0.9", "--name", "Ann", "--reason", "met")
    text = said(kept, "override", own, *words)
    assert "beside the model's score" in text
    db(kept, "suppress", own)
    answer = call("db", "override", own, *words, "--home", kept)
    assert (answer.code, answer.error) == (2, "objected")
    assert f"leadlight db allow ID --home {kept}" in answer.err
    assert db(kept, "override", own, "--end") == {"ended": True}


def test_overriding(kept: Path, first: dict[str, str]) -> None:
    own = first["Lead ID"]
    words = ("--probability", "0.9", "--name", "Ann", "--reason", "met at a fair")
    db(kept, "override", own, *words)
    assert json.loads(said(kept, "export", own))["leads"][0]["overrides"][0]["name"] == "Ann"
    assert db(kept, "override", own, "--end") == {"ended": True}
    assert call("db", "override", own, "--probability", "0.5", "--home", kept).error == "override_reason"
    unknown = call("db", "override", "nobody", *words, "--home", kept)
    assert (unknown.error, "db find --email ADDRESS" in unknown.err) == ("no_such_lead", True)


def test_backup_and_restore(kept: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.db"
    assert db(kept, "backup", saved)["rows"]["leads"] == 1_200  # type: ignore[index]
    assert call("db", "restore", saved, "--home", kept).error == "exists"
    assert db(kept, "restore", saved, "--force")["trail_kept"]
    assert db(kept, "check")["sound"]
    assert acts(kept) == ["promote", "backup", "restore"]
    assert "1,200 leads" in said(kept, "restore", saved, "--force")


def test_a_restore_into_a_home_whose_database_is_ruined(kept: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.db"
    db(kept, "backup", saved)
    (kept / "leadlight.db").write_bytes(b"ruined" * 9_000)
    assert call("db", "check", "--home", kept).error == "damaged"
    assert db(kept, "restore", saved, "--force")["aside"]
    assert db(kept, "check")["sound"]


def test_the_rest_of_the_care(kept: Path) -> None:
    assert db(kept, "upgrade")["version"]
    assert db(kept, "vacuum")["clean"]
    assert db(kept, "replay")["same"] == 1_200
    assert db(kept, "retention", "--days", "30", "--dry-run")["erased"]["leads"] == 0  # type: ignore[index]
    assert db(kept, "retention", "--days", "0.0000001")["erased"]["leads"] == 1_200  # type: ignore[index]
    assert acts(kept) == ["promote", "upgrade", "retention"]
    for words in (
        ("upgrade",),
        ("vacuum",),
        ("replay",),
        ("check",),
        ("audit",),
        ("retention", "--days", "9"),
    ):
        assert said(kept, *words)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("current", update(current).values(probability=current.c.probability / 2)),
        ("models", update(models).values(hash="0" * 64)),
    ],
)
def test_what_was_altered_in_the_database_is_a_failed_check(kept: Path, name: str, change: Any) -> None:
    with closing(open_store(Home.of(kept, kept))) as store, store.writing() as connection:
        connection.execute(change)
    found = db(kept, "check", code=1)
    assert name in [each["name"] for each in found["checks"] if not each["passed"]]  # type: ignore[attr-defined]


def test_a_model_that_was_altered_scores_nothing(kept: Path) -> None:
    with closing(open_store(Home.of(kept, kept))) as store, store.writing() as connection:
        connection.execute(update(models).values(hash="0" * 64))
    assert call("db", "replay", "--home", kept).error == "altered_model"


def test_lists_that_differ_from_the_store_are_written_anew(kept: Path) -> None:
    with closing(open_store(Home.of(kept, kept))) as store, store.writing() as connection:
        connection.execute(update(board).values(grade="hot", probability=0.999))
    assert not db(kept, "check", code=1)["sound"]
    assert db(kept, "check", "--repair")["sound"]


def test_a_file_with_more_columns_than_the_home_has_room_for_is_refused(kept: Path, tmp_path: Path) -> None:
    for part, code in (("a", 0), ("b", 2)):
        names = [f"{part}{k}" for k in range(6_000)]
        path = tmp_path / f"{part}.csv"
        path.write_text(f"Lead ID,{','.join(names)}\n{part}-1{',1' * len(names)}\n")
        answer = call("sync", path, "--home", kept, "--id", "Lead ID")
        assert answer.code == code, answer.err
    assert answer.error == "too_many_columns"


def test_a_trail_that_was_altered_is_a_failed_check(kept: Path, first: dict[str, str]) -> None:
    db(kept, "find", first["Lead ID"])
    head = str(db(kept, "audit", "--verify")["head"])
    assert "none altered" in said(kept, "audit", "--verify", "--head", head)
    db(kept, "audit", "--verify", "--head", "00" * 16, code=1)
    assert call("db", "audit", "--verify", "--head", "xyz", "--home", kept).error == "head"
    store = open_store(Home.of(kept, kept))
    with store.writing() as connection:
        connection.execute(trail.update().values(act="none"))
        assert not audit.verify(store, connection).sound
    store.close()
    assert db(kept, "audit", "--verify", code=1)["broken"] == 1
    db(kept, "check", code=1)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("find",), "who_is_meant"),
        (("find", "--email", "nonsense"), "no_handle"),
        (("forget", "--phone", "12"), "no_handle"),
        (("restore", "nothing.db", "--force"), "backup"),
        (("override", "nobody", "--end"), "no_such_lead"),
        (("retention", "--days", "0"), "retention_days"),
    ],
)
def test_what_is_refused(kept: Path, words: tuple[str, ...], code: str) -> None:
    """With nothing changed, and nothing of what was typed told."""
    answer = call("db", *words, "--home", kept)
    assert (answer.code, answer.error) == (2, code)
    assert "nonsense" not in answer.err


def test_no_command_tells_a_value_of_a_person(kept: Path, first: dict[str, str], tmp_path: Path) -> None:
    """Neither the trail nor the summaries; the export alone holds them."""
    name, mail = first["Name"], first[MAIL]
    own = first["Lead ID"]
    told = [
        start("db", *words, "--home", kept, folder=tmp_path, LEADLIGHT_DEBUG="1")
        for words in (
            ("find", "--email", mail),
            ("suppress", own),
            ("check",),
            ("forget", "--email", mail),
            ("audit",),
        )
    ]
    text = "".join(answer.out + answer.err for answer in told)
    assert "forget" in text
    assert name not in text
    assert mail not in text
