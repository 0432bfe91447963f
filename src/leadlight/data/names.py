"""What a column's name suggests. A name alone never decides: the values have to agree."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from leadlight.data import consent_words

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BREAK = re.compile(r"[^a-z0-9]+")
_STROKES = str.maketrans("\u0142\u00f8\u0111\u00e6\u0153\u0131", "lodaoi")
"""Letters that are not taken apart into a plain one and its accent."""


def fold(text: str) -> str:
    """Bring spellings together that differ only in case, blanks or accents."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())


def words(name: str) -> str:
    """The words of a name, each between single blanks: "DoNotCall" and "do_not_call" are " do not call "."""
    spaced = _CAMEL.sub(" ", name)
    return f" {_BREAK.sub(' ', fold(spaced).translate(_STROKES)).strip()} "


_ROLES: Final[Mapping[str, Sequence[str]]] = {
    "consent": (
        *("dnc", "donotcall", "donotemail", "opt out", "opted out", "optout", "hs email optout"),
        *("email opt", "call opt", "unsubscribe", "unsubscribed"),
    ),
    "contacted_at": (
        "contacted at",
        "last contacted",
        "first contacted",
        "contacted on",
        "first call",
        "last call",
    ),
    "personal": (
        "email",
        "e mail",
        "mail address",
        "phone",
        "mobile",
        "telephone",
        "fax",
        "first name",
        "last name",
        "full name",
        "contact name",
        "lead name",
        "surname",
        "firstname",
        "lastname",
        "street",
        "address",
        "ip address",
        "linkedin url",
        "name",
    ),
    "sensitive": (
        "gender",
        "sex",
        "race",
        "ethnicity",
        "ethnic",
        "religion",
        "marital",
        "marital status",
        "disability",
        "sexual orientation",
        "political",
        "union member",
        "nationality",
        "age",
        "birth",
        "birthday",
        "date of birth",
        "health",
    ),
    "owner": ("owner", "assigned to", "account executive", "sales rep", "salesperson", "sdr", "lead owner"),
    "value": (
        "deal value",
        "expected value",
        "deal amount",
        "opportunity amount",
        "expected revenue",
        "contract value",
        "order value",
    ),
    "time": (
        "created",
        "create date",
        "created at",
        "createdate",
        "creation",
        "arrived",
        "arrival",
        "received",
        "inquiry date",
        "enquiry date",
        "lead date",
        "submitted",
        "signup date",
        "signed up",
        "registered at",
        "registration date",
        "timestamp",
        *(
            "erstellt",
            "erstellungsdatum",
            "erstelldatum",
            "anlagedatum",
            "angelegt",
            "eingang",
            "eingangsdatum",
        ),
        *("eingegangen", "anfragedatum", "erfasst", "erfassungsdatum", "registriert", "anmeldedatum"),
        *("cree", "creee", "date d inscription", "recu", "date d arrivee", "date de demande"),
        *(
            "creado",
            "creada",
            "creacion",
            "recibido",
            "fecha de alta",
            "fecha de entrada",
            "fecha de registro",
        ),
        *("creato", "creata", "creazione", "ricevuto", "inserimento", "data di arrivo", "data richiesta"),
        *("criado", "criada", "criacao", "recebido", "cadastro", "data de entrada"),
        *("aangemaakt", "aanmaakdatum", "ontvangen", "gemaakt op", "binnengekomen"),
        *("utworzono", "utworzenia", "utworzony", "otrzymano", "data dodania", "zgloszenia", "wplynal"),
        *("skapad", "skapat", "skapades", "mottagen", "mottaget", "inkom", "inkommen", "registrerad"),
    ),
}
_PLAIN_DATE: Final = frozenset(("date", "datum", "fecha", "data", "dato", "day", "tag", "jour", "when"))
_TARGETS: Final = (
    "converted",
    "is converted",
    "conversion",
    "won",
    "is won",
    "target",
    "label",
    "outcome",
    "purchased",
    "bought",
    "sold",
    "closed won",
    "deal won",
    *("gewonnen", "verkauft", "gagne", "vendu", "ganado", "vendido", "vinto", "venduto", "ganho", "verkocht"),
    *(
        "wygrany",
        "wygrana",
        "sprzedane",
        "vunnen",
        "sald",
        "abgeschlossen",
        "converti",
        "convertido",
        "konvertiert",
    ),
    "became customer",
    "is customer",
    "result",
    "y",
    "class",
    "status",
    "lead status",
    "stage",
    "lead stage",
    "deal stage",
    "dealstage",
    *(
        "ergebnis",
        "resultat",
        "resultado",
        "risultato",
        "wynik",
        "phase",
        "statut",
        "estado",
        "stato",
        "etapa",
    ),
    *("fase", "stadium", "etap", "steg", "etape", "stufe"),
)
_AFTER: Final = (
    "close",
    "closed",
    "close date",
    "closing",
    "lost reason",
    "win reason",
    "won reason",
    "reason",
    "outcome",
    "invoice",
    "contract",
    "onboarding",
    "payment",
    "paid",
    "refund",
    "renewal",
    "disposition",
    "call result",
    "tags",
    "tag",
    "lead quality",
    "quality",
    "rating",
    "sales notes",
    "qualified",
    "follow up",
    "stage",
    "status",
    "last activity",
    "last modified",
    "conversion date",
)
_SCORED: Final = ("score", "scores", "scoring", "index", "grade", "rank", "propensity", "likelihood")
_LATEST: Final = re.compile(
    r" (last|latest|recent) (\w+ )?(activity|action|contact|interaction|step|touch|update) "
)
_GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "source": (
        "source",
        "origin",
        "channel",
        "campaign",
        "medium",
        "referrer",
        "referral",
        "utm",
        "hear about",
        "did you hear",
        "advertisement",
        "newspaper",
        "magazine",
        "recommendations",
        "ad",
        "keyword",
        "landing",
        "search",
        *("channels", "media", "forum", "forums", "first interaction", "first touch"),
    ),
    "engagement": (
        "visit",
        "visits",
        "visited",
        "totalvisits",
        "page",
        "pages",
        "views",
        "time spent",
        "minutes",
        "session",
        "sessions",
        "click",
        "clicks",
        "clicked",
        "open",
        "opens",
        "opened",
        "download",
        "downloads",
        "activity",
        "webinar",
        "demo",
        "trial",
        "email opens",
        "engagement",
        "newsletter",
        "events",
        "logins",
        "chat",
        "form",
        *("purchase", "purchases", "orders", "accepted", "responded", "replied", "replies", "attended"),
        *("free copy", "brochure", "whitepaper", "ebook", "profile completed", "watched"),
    ),
    "timing": ("date", "time", "day", "month", "hour", "week", "recency", "since", "days"),
}


def says(text: str, phrases: Sequence[str]) -> bool:
    """Whether one of the phrases is among these words of a name."""
    return any(f" {phrase} " in text for phrase in phrases)


def role(name: str) -> str | None:
    """The role that a name suggests, if any."""
    text = words(name)
    if text == " name ":
        return "personal"
    if consent_words.is_plain(text) or consent_words.gives_leave(text):
        return "consent"
    return next(
        (role for role, phrases in _ROLES.items() if says(text, phrases) and not _names_a_thing(role, text)),
        None,
    )


_THINGS: Final[Mapping[str, Sequence[str]]] = {
    "personal": (
        "company",
        "campaign",
        "course",
        "product",
        "page",
        "event",
        "account",
        "opens",
        "clicks",
        "count",
        "sent",
        "rate",
        "days",
        "minutes",
        "hours",
        "visits",
        "since",
        "domain",
        "city",
        "country",
        "region",
        "industry",
        "brand",
        "plan",
        "form",
        "list",
        "segment",
        "file",
    ),
    "owner": ("home", "house", "property", "car", "vehicle", "pet"),
    "sensitive": ("lead", "account", "company", "domain", "website", "page", "days", "deal", "contract"),
}


def _names_a_thing(role: str, text: str) -> bool:
    """ "Company name", "email opens" and "lead age" name things and acts, not people."""
    return says(text, _THINGS.get(role, ()))


def target_rank(name: str) -> int | None:
    """How strongly a name suggests the outcome: 0 is strongest; None not at all."""
    text = words(name).strip()
    return next((rank for rank, phrase in enumerate(_TARGETS) if text == phrase), None)


def is_plain_date(name: str) -> bool:
    """Whether a name says that it is a date, and nothing about which."""
    return words(name).strip() in _PLAIN_DATE


def suggests_after(name: str) -> bool:
    """Whether a name suggests a column that is filled once sales worked the lead or the outcome was known."""
    text = words(name)
    return says(text, _AFTER) or _LATEST.search(text) is not None


def suggests_scored(name: str) -> bool:
    """Whether a name suggests what another scorer made of the lead, at whatever time."""
    return says(words(name), _SCORED)


def group(name: str, kind: str) -> str:
    """Which part of the explanation a column belongs to: fit, engagement, timing or source."""
    text = words(name)
    if kind == "date":
        return "timing"
    return next((group for group, phrases in _GROUPS.items() if says(text, phrases)), "fit")
