"""Who objected is on no list, whatever language the export speaks."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.cli.calls import call

ROWS = 600
QUICK = ("--target", "Won", "--models", "bayes", "--folds", "3")

LANGUAGES = {
    "english": (("Yes", "No"), ("Do not call", "Do not contact", "Please do not phone", "Call Opt Out")),
    "german": (
        ("Ja", "Nein"),
        ("Nicht anrufen", "Darf nicht kontaktiert werden", "Keine Anrufe", "Anrufsperre"),
    ),
    "french": (("Oui", "Non"), ("Ne pas appeler", "Ne pas contacter", "Pas d'appel", "Opposition")),
    "spanish": (
        ("S\u00ed", "No"),
        ("No llamar", "No contactar", "No desea recibir llamadas", "Prohibido llamar"),
    ),
    "italian": (("S\u00ec", "No"), ("Non chiamare", "Non contattare", "Non disturbare", "Opposizione")),
    "portuguese": (
        ("Sim", "N\u00e3o"),
        ("N\u00e3o ligar", "N\u00e3o contatar", "N\u00e3o incomodar", "Oposi\u00e7\u00e3o"),
    ),
    "dutch": (("Ja", "Nee"), ("Niet bellen", "Bel me niet", "Niet contacteren", "Bezwaar")),
    "polish": (
        ("Tak", "Nie"),
        ("Nie dzwoni\u0107", "Nie kontaktowa\u0107", "Zakaz kontaktu", "Sprzeciw"),
    ),
    "swedish": (("Ja", "Nej"), ("Ring ej", "Kontakta inte", "F\u00e5r ej kontaktas", "Nixtelefon")),
}
ALLOWING = {
    "german": "Werbeeinwilligung",
    "french": "Accepte les appels",
    "spanish": "Consentimiento",
    "italian": "Consenso",
    "portuguese": "Pode ligar",
    "dutch": "Mag gebeld worden",
    "polish": "Zgoda na kontakt",
    "swedish": "F\u00e5r kontaktas",
}
MAILING = {
    "english": "Do not email",
    "german": "Keine E-Mail",
    "french": "D\u00e9sabonn\u00e9",
    "spanish": "No enviar correo",
    "italian": "Non inviare email",
    "portuguese": "N\u00e3o enviar e-mail",
    "dutch": "Niet mailen",
    "polish": "Nie wysy\u0142a\u0107 maili",
    "swedish": "Mejla inte",
}


def export(column: str, answers: tuple[str, str], *, forbids: bool = True) -> pl.DataFrame:
    """Leads of which a sixth objected, those with the best chances among them."""
    dice = np.random.default_rng(7)
    visits = dice.poisson(4, ROWS)
    objects = dice.random(ROWS) < np.where(visits > 4, 0.3, 0.05)
    won = dice.random(ROWS) < 1 / (1 + np.exp(3 - 0.7 * visits))
    outcome = np.where(np.arange(ROWS) % 3 == 0, "", np.where(won, "Yes", "No"))
    yes, no = answers
    return pl.DataFrame(
        {
            "Lead ID": [f"L{number:05}" for number in range(ROWS)],
            "Visits": visits,
            "Source": dice.choice(["Web", "Fair", "Partner"], ROWS),
            column: np.where(objects == forbids, yes, no),
            "Objected": objects,
            "Won": outcome,
        }
    )


def barred(leads: pl.DataFrame) -> set[str]:
    return set(leads.filter(pl.col("Objected"))["Lead ID"])


def planned(leads: pl.DataFrame, *more: str) -> tuple[set[str], str]:
    """Who is listed after a training on these leads, and what was said about it."""
    leads.drop("Objected").write_csv("leads.csv")
    answer = call("train", "leads.csv", *QUICK, *more, "-o", "m.leadlight", "--force")
    assert answer.code == 0, answer.err
    answer = call("plan", "m.leadlight", "leads.csv", "--capacity", "150", "-o", "list.csv", "--force")
    assert answer.code == 0, answer.err
    return set(pl.read_csv("list.csv", infer_schema=False)["Lead ID"]), answer.out


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_who_objected_is_listed(language: str, here: Path) -> None:
    """Neither by a column that the model was trained with nor by one that came since."""
    answers, names = LANGUAGES[language]
    leads = export(names[0], answers)
    listed, said = planned(leads)
    assert len(listed) > 100
    assert not listed & barred(leads)
    assert f"Who must not be called is read from {names[0]!r}." in said
    for later in names[1:]:
        leads.rename({names[0]: later}).drop("Objected").write_csv("later.csv")
        plan = ("plan", "m.leadlight", "later.csv", "--allow-missing", "--capacity", "150", "--json")
        answer = call(*plan, "-o", "later_list.csv", "--force")
        assert answer.json["respects"] == [later]
        listed = set(pl.read_csv("later_list.csv", infer_schema=False)["Lead ID"])
        assert len(listed) > 100
        assert not listed & barred(leads), later


@pytest.mark.parametrize("language", ALLOWING)
def test_a_no_to_consent_is_an_objection(language: str, here: Path) -> None:
    leads = export(ALLOWING[language], LANGUAGES[language][0], forbids=False)
    listed, _ = planned(leads)
    assert len(listed) > 100
    assert not listed & barred(leads)


@pytest.mark.parametrize("language", MAILING)
def test_who_wants_no_mail_may_be_called(language: str, here: Path) -> None:
    leads = export(MAILING[language], LANGUAGES[language][0])
    listed, said = planned(leads)
    assert listed & barred(leads)
    assert "No column says who must not be called: nobody is left out for that." in said
    found = call("inspect", "leads.csv", "--target", "Won", "--json").json
    roles = {column["name"]: column["role"] for column in found["columns"]}
    assert roles[MAILING[language]] == "consent"


@pytest.mark.parametrize(
    ("column", "answers"),
    [
        ("Sperre", ("Ja", "Nein")),
        ("Anrufen", ("Ja", "Nein")),
        ("Non contact\u00e9", ("Oui", "Non")),
        ("Baja", ("S\u00ed", "No")),
        ("Blocked", ("1", "0")),
    ],
)
def test_what_could_be_an_objection_is_asked_about(column: str, answers: tuple[str, str], here: Path) -> None:
    leads = export(column, answers)
    leads.drop("Objected").write_csv("leads.csv")
    answer = call("train", "leads.csv", *QUICK)
    assert (answer.code, answer.error) == (2, "which_consent")
    assert f"Does a yes in {column!r} mean that the lead must not be contacted?" in answer.err
    command = next(line for line in answer.err.splitlines() if line.startswith("    leadlight "))
    assert shlex.split(command)[-2:] == ["--objection", column]
    listed, _ = planned(leads, "--objection", column)
    assert not listed & barred(leads)
    listed, said = planned(leads, "--keep", column)
    assert listed & barred(leads)
    assert f"Not read, though it may say so too: {column!r}." in said


def test_a_yes_that_allows_can_be_said(here: Path) -> None:
    leads = export("Anrufen", ("Ja", "Nein"), forbids=False)
    listed, _ = planned(leads, "--permission", "Anrufen")
    assert not listed & barred(leads)
    leads.drop("Objected").write_csv("leads.csv")
    call("inspect", "leads.csv", *QUICK[:2], "--permission", "Anrufen", "--write", "leadlight.toml")
    assert 'yes = "allows"' in Path("leadlight.toml").read_text()
    listed, _ = planned(leads)
    assert not listed & barred(leads)


@pytest.mark.parametrize(
    "column", ["Newsletter", "Phone verified", "Kein Bedarf", "Not interested", "Email opened", "Kontaktart"]
)
def test_honest_answers_are_features(column: str, here: Path) -> None:
    leads = export(column, ("Yes", "No"))
    leads.drop("Objected").write_csv("leads.csv")
    found = call("inspect", "leads.csv", "--target", "Won", "--json").json
    assert found["problem"] is None
    assert next(each for each in found["columns"] if each["name"] == column)["role"] == "feature"
