"""Names and level words. One pool serves honest columns and leaks alike, so that no name tells them apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BUSINESS = {
    "category": "Segment|Interest|Category|Channel|Type|Tier|Group|Region|Programme|Product Line|Profile|"
    "Topic|Route|Cluster|Family|Branch|Format|Class Code|Focus|Plan",
    "number": "Index|Units|Volume|Points|Level|Total|Quantity|Size|Factor|Measure|Number of Items|Balance|"
    "Rank|Depth|Ratio|Load|Net|Gross|Band Value|Weight",
    "flag": "Checked|Marked|Express|Special|Standard|Bundle|Pilot|Premium|Digital|Priority|Listed|Verified",
    "date": "Date 1|Date 2|Reference Date|Key Date|Start Date|Booking Date|Effective Date|Entry Date|"
    "Valid From|Second Date|Term|Update Date",
    "text": "Remark|Details|Comment|Info|Extra|Memo|Description|Particulars|Number Text|Reference|Code|"
    "Label Text",
}
AMBIGUOUS = {
    "category": "Status|Reason|Quality|Activity|Rating|Tags|State|Result Code|Follow-up|Disposition",
    "number": "Score|Rating|Amount|Calls|Value|Activity Score|Quality Points|Contacts",
    "flag": "Qualified|Active|Customer Area|Accepted|Engaged|Reached",
    "date": "Last Activity|Modified|Follow-up Date|Last Contact|Status Date|Review Date",
    "text": "Notes|Reason Text|Follow-up Notes|Contract|Document|Case",
}
GERMAN = {
    "category": "Merkmal|Kategorie|Gruppe|Bereich|Sparte|Kanal|Thema|Art|Klasse",
    "number": "Anzahl|Wert|Menge|Punkte|Kennzahl|Stufe|Summe",
    "flag": "Kennzeichen|Haken|Sonderfall|Geprüft|Aktiv",
    "date": "Datum|Stichtag|Termin|Eintrag am|Gültig ab",
    "text": "Bemerkung|Notiz|Text|Hinweis|Beschreibung",
}
STYLES = ("field", "column", "letter", "custom", "camel", "business", "business", "german", "ambiguous")


def several(words: str) -> list[str]:
    """The words of one line."""
    return words.split("|")


SOURCES = several(
    "Google|Bing|LinkedIn|Facebook|Referral|Webinar|Trade fair|Partner|Direct|Newsletter|Radio|Podcast|"
    "YouTube|Chat|Phone|Letter|Shop|Portal|Blog|Forum|Press|Display|Affiliate|University|Club|Event|Flyer|"
    "Poster|App|Other"
)
WON_WORDS = several(
    "Order confirmed|Signed|Paid in full|Handed to delivery|Price agreed|Account opened|Welcome sent"
)
LOST_WORDS = several(
    "Not interested|Ringing|Wrong number|Too expensive|Chose another|No budget|Never answered|Switched off|"
    "Not eligible|Bad timing"
)
MIXED_WORDS = several("Will call back|In talks|Mail sent|Visited|Waiting|Proposal")


class Names:
    """Hands out column names in one company's style, none twice."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self.style = str(rng.choice(STYLES))
        self._taken: set[str] = set()
        self._numbers: Iterator[int] = iter(rng.permutation(np.arange(1, 400)).tolist())

    def __call__(self, form: str) -> str:
        for _ in range(20):
            name = self._one(form)
            if name not in self._taken:
                break
        else:
            name = f"{name} {next(self._numbers)}"
        self._taken.add(name)
        return name

    def _one(self, form: str) -> str:
        number = next(self._numbers)
        plain = {
            "field": f"field_{number}",
            "column": f"Column {number}",
            "letter": f"x{number}",
            "custom": f"Custom_{number:03d}__c",
            "camel": f"prop{number}Value",
        }
        if self.style in plain:
            return plain[self.style]
        pool = {"business": BUSINESS, "german": GERMAN, "ambiguous": AMBIGUOUS}[self.style]
        if self.style == "ambiguous" and self._rng.random() < 0.6:
            pool = BUSINESS
        return str(self._rng.choice(several(pool[form])))


def levels(rng: np.random.Generator, number: int) -> list[str]:
    """That many level names in one of four styles; the order says nothing."""
    style = rng.integers(0, 4)
    if style == 0 and number <= len(SOURCES):
        return [str(word) for word in rng.permutation(SOURCES)[:number]]
    if style == 1:
        return [
            f"Type {letter}"
            for letter in rng.permutation(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890"))[:number]
        ]
    if style == 2:
        return [str(code) for code in rng.permutation(np.arange(100, 1000))[:number]]
    return [f"L{code:02d}" for code in rng.permutation(np.arange(1, 90))[:number]]


def status(
    rng: np.random.Generator, won: int, lost: int, mixed: int
) -> tuple[list[str], list[str], list[str]]:
    """Words as sales note them, or in half of the cases codes that say nothing."""
    if rng.random() < 0.5:
        codes = levels(rng, won + lost + mixed)
        return codes[:won], codes[won : won + lost], codes[won + lost :]
    pools = ((WON_WORDS, won), (LOST_WORDS, lost), (MIXED_WORDS, mixed))
    chosen = [[str(word) for word in rng.permutation(pool)[:number]] for pool, number in pools]
    return chosen[0], chosen[1], chosen[2]
