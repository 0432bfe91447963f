"""A made-up directory of companies, and leads that write their names as people do: with the truth planted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

STEMS_LISTED = (
    "Nord Süd West Ost Berg Stein Wald Kron Licht Sonnen Silber Gold Eisen Adler Falken Blau Rhein Elb Alpen "
    "Hansa Terra Aqua Nova Delta Omni Vita Inno Opti Digi Green Bright Clear High North South Ever Iron "
    "River Stone Oak Maple Summit Blue Red Swift Prime Apex Core Quant Verd Lumi Astra Cala Monte Vila Castel"
)
STEMS = STEMS_LISTED.split()
ENDS_LISTED = (
    "tec werk haus bau data soft net plan form feld tal see hof land mark field wood ford ton ville bridge "
    "gate port line path wave point peak view med pharm chem steel wire craft ware trade loop bit cast "
    "nova vale"
)
ENDS = ENDS_LISTED.split()
NAMES_LISTED = (
    "Müller Schmidt Schneider Fischer Weber Wagner Becker Schulz Hoffmann Koch Richter Klein Wolf Schröder "
    "Neumann Schwarz Zimmermann Braun Krüger Hartmann Lange Werner Krause Lehmann Köhler Maier Mayer Smith "
    "Johnson Williams Brown Jones Garcia Miller Davis Martinez Anderson Taylor Thomas Moore Jackson Dubois "
    "Moreau Laurent Lefebvre Rossi Russo Ferrari Esposito Bianchi Silva Santos Pereira Kowalski Nowak Hansen"
)
NAMES = NAMES_LISTED.split()
TRADES_LISTED = (
    "Logistics|Consulting|Energy|Systems|Software|Maschinenbau|Elektrotechnik|Immobilien|Spedition|Pharma|"
    "Medizintechnik|Automotive|Solutions|Partners|Design|Media|Bau|Holzbau|Metallbau|Foods|Textil|Druck|"
    "Insurance|Capital|Robotics|Analytics|Security|Travel|Catering|Packaging"
)
TRADES = TRADES_LISTED.split("|")
FORMS_LISTED = (
    "|GmbH|AG|GmbH & Co. KG|KG|Inc.|Inc|LLC|Ltd|Limited|S.A.|SAS|S.r.l.|B.V.|UG (haftungsbeschränkt)"
)
FORMS = FORMS_LISTED.split("|")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Directory:
    """A table of companies, leads, and the row of the table that each lead means (None: not in there)."""

    companies: pl.DataFrame
    leads: pl.DataFrame
    truth: Sequence[int | None]


def directory(seed: int, *, companies: int = 4_000, leads: int = 5_000, absent: float = 0.2) -> Directory:
    """Leads of companies in the table and, for a share, of companies that are not."""
    rng = random.Random(seed)
    names = _names(rng, companies + round(companies * absent))
    listed = names[:companies]
    table = pl.DataFrame(
        {
            "Company": [_with_form(rng, name) for name in listed],
            "Industry": [rng.choice(TRADES) for _ in listed],
            "Employees": [round(rng.lognormvariate(4, 1.5)) + 1 for _ in listed],
        }
    )
    truth = [rng.randrange(len(names)) for _ in range(leads)]
    written = [as_written(rng, names[place]) for place in truth]
    frame = pl.DataFrame({"Lead": [str(k) for k in range(leads)], "Company": written})
    return Directory(table, frame, [place if place < companies else None for place in truth])


def _names(rng: random.Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found[_name(rng)] = None
    names = list(found)
    rng.shuffle(names)
    return names


def _name(rng: random.Random) -> str:
    made = rng.choice(STEMS) + rng.choice(ENDS)
    kind = rng.random()
    if kind < 0.45:
        return f"{made} {rng.choice(TRADES)}"
    if kind < 0.6:
        return f"{rng.choice(NAMES)} & {rng.choice(NAMES)} {rng.choice(TRADES)}"
    if kind < 0.8:
        return f"{rng.choice(NAMES)} {made} {rng.choice(TRADES)}"
    return f"{made} {rng.choice(STEMS)}{rng.choice(ENDS)}"


def _with_form(rng: random.Random, name: str) -> str:
    return f"{name} {rng.choice(FORMS)}".strip()


def as_written(rng: random.Random, name: str) -> str:
    """Half of them misspelt by a letter or two, in any case, with another legal form or none."""
    text = _with_form(rng, name)
    if rng.random() < 0.5:
        text = misspelt(rng, name)
        text = _with_form(rng, misspelt(rng, text) if rng.random() < 0.25 else text)
    return rng.choice((str, str.upper, str.lower, str.title, _spaced, _comma))(text)


def _spaced(text: str) -> str:
    return f"  {text.replace(' ', '  ')} "


def _comma(text: str) -> str:
    head, _, tail = text.rpartition(" ")
    return f"{head}, {tail}" if tail in FORMS and head else text


def misspelt(rng: random.Random, name: str) -> str:
    """One letter dropped, doubled, swapped with its neighbour or taken for another."""
    place = rng.choice(
        [k for k, letter in enumerate(name[:-1]) if letter.isalpha() and name[k + 1].isalpha()]
    )
    kind = rng.randrange(4)
    if kind == 0:
        return name[:place] + name[place + 1 :]
    if kind == 1:
        return name[:place] + name[place] + name[place:]
    if kind == 2:
        return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    return name[:place] + rng.choice(LETTERS) + name[place + 1 :]
