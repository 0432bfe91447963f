"""What the name of a stage says: won, lost or still under way, in the languages that a CRM speaks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from leadlight.data import cells, names

_WON: Final = frozenset(
    (
        *cells.TRUE_WORDS,
        *("won", "win", "closed won", "closedwon", "converted", "customer", "client", "sold", "bought"),
        *("purchased", "success", "successful", "signed", "enrolled", "subscribed"),
        *("ja", "gewonnen", "abgeschlossen gewonnen", "verkauft", "kunde", "gekauft"),
        *("oui", "gagne", "gagnee", "vendu", "conclu", "client"),
        *("si", "ganado", "ganada", "vendido", "vendida", "cliente", "cerrado ganado"),
        *("vinto", "vinta", "venduto", "venduta", "acquisito", "chiuso vinto"),
        *("sim", "ganho", "ganha", "fechado ganho", "verkocht", "klant", "gesloten gewonnen"),
        *("tak", "wygrany", "wygrana", "wygrane", "sprzedane", "klient"),
        *("vunnen", "vunnet", "vunna", "sald", "salt", "kund"),
    )
)
_LOST: Final = frozenset(
    (
        *cells.FALSE_WORDS,
        *("lost", "loss", "closed lost", "closedlost", "not converted", "unconverted", "unqualified"),
        *("disqualified", "rejected", "dead", "junk", "churned", "failed", "failure", "not interested"),
        *("nein", "verloren", "abgelehnt", "disqualifiziert", "kein interesse", "abgesagt"),
        *("non", "perdu", "perdue", "refuse", "abandonne"),
        *("perdido", "perdida", "rechazado", "descartado", "cerrado perdido"),
        *("perso", "persa", "chiuso perso", "rifiutato"),
        *("nao", "descartado", "fechado perdido"),
        *("nee", "afgewezen", "gesloten verloren"),
        *("nie", "przegrany", "przegrana", "przegrane", "utracony", "odrzucony", "stracony"),
        *("nej", "forlorad", "forlorat", "forlorade", "avbojd"),
    )
)
_LOSING: Final = frozenset(
    (
        *("lost", "disqualified", "rejected", "dead", "junk", "verloren", "abgelehnt", "disqualifiziert"),
        *("perdu", "perdue", "perdido", "perdida", "rechazado", "perso", "persa", "przegrany", "przegrana"),
        *("forlorad", "forlorat", "unqualified", "cancelled", "canceled", "storniert", "annule", "cancelado"),
    )
)
"""Each of them says so among other words, too: "lost to a competitor"."""
_UNDER_WAY: Final = (
    *("new", "open", "working", "in progress", "in process", "progress", "contacted", "attempted", "nurture"),
    *(
        "nurturing",
        "qualified",
        "qualifying",
        "pending",
        "proposal",
        "negotiation",
        "demo",
        "assigned",
        "active",
    ),
    *("ongoing", "follow up", "meeting", "trial", "prospecting", "engaging", "evaluating", "negotiating"),
    *("discovery", "on hold", "waiting", "quote", "quoted", "offer"),
    *(
        "offen",
        "neu",
        "in bearbeitung",
        "bearbeitung",
        "qualifiziert",
        "kontaktiert",
        "angebot",
        "verhandlung",
    ),
    *("laufend", "in arbeit", "wiedervorlage", "interessent", "in prufung", "termin", "in klarung"),
    *("ouvert", "nouveau", "nouvelle", "en cours", "qualifie", "contacte", "proposition", "negociation"),
    *("en attente", "a relancer", "devis", "prospection"),
    *(
        "abierto",
        "abierta",
        "nuevo",
        "nueva",
        "en curso",
        "en proceso",
        "cualificado",
        "contactado",
        "propuesta",
    ),
    *("negociacion", "pendiente", "calificado", "prospeccion", "seguimiento", "presupuesto"),
    *(
        "aperto",
        "aperta",
        "nuovo",
        "nuova",
        "in corso",
        "qualificato",
        "contattato",
        "proposta",
        "trattativa",
    ),
    *("in attesa", "preventivo", "in lavorazione"),
    *(
        "aberto",
        "aberta",
        "novo",
        "nova",
        "em andamento",
        "qualificado",
        "contatado",
        "negociacao",
        "pendente",
    ),
    *("em negociacao", "prospeccao", "orcamento"),
    *("nieuw", "lopend", "in behandeling", "gekwalificeerd", "gecontacteerd", "offerte", "onderhandeling"),
    *("otwarty", "otwarta", "nowy", "nowa", "w toku", "w trakcie", "zakwalifikowany", "oferta", "negocjacje"),
    *("oppen", "oppet", "ny", "nytt", "pagaende", "kvalificerad", "kontaktad", "offert", "forhandling"),
)
_EARLY: Final = frozenset(
    ("lead", "prospect", "opportunity", "marketing qualified lead", "sales qualified lead")
)


def is_won(value: str) -> bool:
    return _is_among(value, _WON)


def is_lost(value: str) -> bool:
    return _is_among(value, _LOST)


def sounds_lost(value: str) -> bool:
    """Whether a word of it says that the lead was lost, and none that it goes on."""
    return is_lost(value) or bool(_LOSING & set(names.words(value).split()))


def is_under_way(value: str) -> bool:
    """Whether the stage is one before the end."""
    if is_won(value) or is_lost(value):
        return False
    text = names.words(value)
    return _is_among(value, _EARLY) or any(f" {word} " in text for word in _UNDER_WAY)


def is_known(value: str) -> bool:
    """Whether its words tell which of the three it is."""
    return is_won(value) or sounds_lost(value) or is_under_way(value)


def _is_among(value: str, known: Collection[str]) -> bool:
    """Whether a value is one of the known words, however its words are joined."""
    return names.fold(value) in known or names.words(value).strip() in known
