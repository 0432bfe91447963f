"""How the name of a column speaks of leave to approach somebody, in the languages that a CRM speaks.

English, German, French, Spanish, Italian, Portuguese, Dutch, Polish and Swedish, and their neighbours where
they share the words. All functions take the words of a name as `names.words` gives them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Final

_FAR: Final = 5
"""A refusal reaches no farther: "darf nicht per Telefon kontaktiert werden"."""


class _Words:
    """A set of words; a star stands for any further letters, in front or behind."""

    def __init__(self, text: str) -> None:
        listed = text.split()
        self._whole = frozenset(word for word in listed if "*" not in word)
        self._stems = tuple(word[:-1] for word in listed if word.endswith("*"))
        self._ends = tuple(word[1:] for word in listed if word.startswith("*"))

    def __contains__(self, word: str) -> bool:
        return word in self._whole or word.startswith(self._stems) or word.endswith(self._ends)

    def places(self, words: Iterable[str]) -> list[int]:
        return [place for place, word in enumerate(words) if word in self]


_CALLING: Final = _Words("""
    call calls calling phone phones phoning telephon* telefon* mobile cell dial dnc donotcall sms
    whatsapp anruf* angerufen rufen ruf appel* llam* chiam* ligar ligue ligacao ligacoes chamada
    chamadas chamar bellen bel belt opbellen gebeld dzwon* zadzwonic ring ringa ringas ringer ringes
    samtal opkald nixtelefon bloctel handy
""")
_MAILING: Final = _Words("""
    email* mail mails mailing mailings mailen maila mailas maile mailowac maili newsletter* unsubscri*
    mejl* epost* courriel* correo correos infolettre boletin boletines nieuwsbrief nyhetsbrev biuletyn*
    mailsperre donotemail abbestellt desabonn* desinscri* desuscri* disiscri* descadastr* uitgeschreven
    wypisan* avregistrer*
""")
_WRITING: Final = _Words("mailing mailings post posta courrier fax text marketing")
_ADDRESSING: Final = _Words("""
    contacting solicit solicitation disturb advertise advertising advertisement advertisements
    kontaktieren kontaktaufnahme ansprechen anschreiben belastigen storen werben werbe* werbung akquise
    reklam* contacter demarch* prospecter prospection sollicit* publicite* relancer ecrire contactar
    molestar enviar envios publicidad publicidade escribir contattare contattatemi disturbare pubblicita
    scrivere inviare contatar perturbar incomodar contacteren benaderen reclame kontaktowac wysylac
    pisac niepokoic kontakta kontaktas utskick stora
""")
_MEETING: Final = _Words("contact contacts kontakt kontakte kontaktu contacto contato contatto contatti")
"""A contact that there is none of may not have come about yet."""
_ORDERED: Final = _Words("""
    ring kontakta maila mejla bel mail email ruf contacteer benader ringas kontaktas reklam
""")
"""Where the refusal follows: "ring ej", "bel me niet"."""
_DONE: Final = _Words("""
    contacted called emailed mailed phoned kontaktiert angerufen angeschrieben contacte contactee
    contactes appele appelee contactado contactada llamado llamada contattato contattata chiamato
    chiamata contatado contatada gebeld gecontacteerd benaderd skontaktowan* kontaktad ringd kontaktet
""")
_BEING: Final = _Words("""
    be werden worden wird etre ser sein essere bli blive byc will wil mochte souhaite wants
""")
_REFUSING: Final = _Words("""
    not never dont no nicht kein keine keinen keinem keinerlei niemals nie ne pas jamais aucun aucune
    nunca ningun ninguna non nessun nessuna nao nenhum nenhuma niet geen nooit inte ej ingen inga aldrig
    ikke
""")
_FORBIDDEN: Final = _Words("""
    forbidden prohibited verboten untersagt unerwunscht interdit interdite prohibido prohibida vietato
    vietata proibido proibida verboden zakaz zabronion* forbjud* avbojd
""")
_REFUSED: Final = _Words("""
    dnc donotcall donotemail donotcontact optout optedout optsout unsubscribe unsubscribed withdrawn
    refused revoked declined denied robinson* nixtelefon nix bloctel *widerspruch widerspruch*
    werbewiderspruch* widersprochen widerrufen abgemeldet abbestellt anrufsperre* anrufersperre
    werbesperre* kontaktsperre* mailsperre* emailsperre* telefonsperre* newslettersperre* mailingsperre*
    postsperre* marketingsperre* desabonn* desinscri* opposition oppositions oppose refus desuscri*
    oposicion rechaza rechazo disiscri* opposizione opposizioni rifiuta rifiuto descadastr* oposicao
    recusa afgemeld uitgeschreven verzet bezwaar sprzeciw* wypisan* avregistrer* avanmal* motsatter
    nekat reklamsparr* frabedt
""")
_LEAVE: Final = _Words("""
    consent consents consented consentement consentimiento consentimento consenso consensi permission
    optin optedin subscribed einwilligung* werbeeinwilligung* einverstandnis* einverstanden zustimmung*
    erlaubnis autorisation autorizacion autorizacao autorizzazione permiso permissao permesso
    toestemming instemming zgoda zgody samtyck* medgivande samtykke
""")
_MAY: Final = _Words("""
    may ok okay allow allowed allows permit permitted darf erlaubt erwunscht gestattet accepte autorise
    acepta permite puede accetta permette puo aceita pode mag toegestaan mozna wolno far tillat* gewenst
""")
_BLOCKED: Final = _Words("""
    *sperre sperr* gesperrt block blocked blocklist blacklist blacklisted exclude excluded exclusion
    suppress suppressed suppression ausschluss ausgeschlossen bloque exclu exclure baja bloqueado
    bloqueada excluido excluida bloccato bloccata escluso esclusa geblokkeerd uitgesloten zablokowan*
    sparrad sparr stop
""")
_ORDERS: Final = _Words("""
    call phone anrufen telefonieren kontaktieren appeler telephoner contacter llamar telefonear
    contactar chiamare telefonare contattare ligar telefonar contatar bellen opbellen contacteren
    dzwonic telefonowac kontaktowac ringa kontakta
""")
_JOINED: Final = (
    (" e mail", " email"),
    (" opt out ", " optout "),
    (" opted out ", " optedout "),
    (" opts out ", " optsout "),
    (" opt in ", " optin "),
    (" opted in ", " optedin "),
    (" yes no ", " "),
    (" no of ", " count of "),
    (" don t ", " dont "),
    (" ruf nicht an ", " nicht anrufen "),
    (" not contact ", " not contacting "),
)


def _parts(text: str) -> list[str]:
    for written, joined in _JOINED:
        text = text.replace(written, joined)
    return text.split()


def refuses(text: str) -> bool:
    """Whether a yes under this name forbids to approach the lead, in whatever way."""
    parts = _parts(text)
    return _forbids(parts) or bool(_REFUSED.places(parts)) or (_refuses_any(parts) and _permits(parts))


def permits(text: str) -> bool:
    """Whether a yes under this name means that one may, and a no that one must not."""
    parts = _parts(text)
    return _permits(parts) and not (_refuses_any(parts) or _REFUSED.places(parts))


def is_plain(text: str) -> bool:
    """Whether the name refuses in so many words, so that whatever is given under it is a refusal."""
    return _forbids(_parts(text))


def gives_leave(text: str) -> bool:
    """Whether the name speaks of consent itself."""
    return bool(_LEAVE.places(_parts(text)))


def could_refuse(text: str) -> bool:
    """Whether a yes or no under this name may be a refusal, which nobody can know from the name alone."""
    parts = _parts(text)
    speaks = _after(parts, _REFUSING, _MEETING) or _after(parts, _REFUSING, _DONE)
    return speaks or bool(_BLOCKED.places(parts)) or (len(parts) == 1 and parts[0] in _ORDERS)


def channels(text: str) -> set[str]:
    """The ways of approaching that a name speaks of: call, email; none where it speaks of all of them."""
    parts = _parts(text)
    found = {name for name, known in (("call", _CALLING), ("email", _MAILING)) if known.places(parts)}
    return set() if _MEETING.places(parts) or (_ADDRESSING.places(parts) and len(found) > 1) else found


def _forbids(parts: list[str]) -> bool:
    approaching = (_CALLING, _MAILING, _WRITING, _ADDRESSING)
    if _DONE.places(parts) and not _BEING.places(parts):
        parts = [part for part in parts if part not in _DONE]
    said = any(_after(parts, _REFUSING, known) for known in approaching) or _after(parts, _ORDERED, _REFUSING)
    meant = _FORBIDDEN.places(parts) and any(known.places(parts) for known in (*approaching, _MEETING))
    return said or bool(meant) or (_refuses_any(parts) and bool(_BEING.places(parts) and _DONE.places(parts)))


def _permits(parts: list[str]) -> bool:
    if _LEAVE.places(parts):
        return True
    approaching = (_CALLING, _MAILING, _WRITING, _ADDRESSING, _MEETING, _DONE)
    return bool(_MAY.places(parts)) and any(known.places(parts) for known in approaching)


def _refuses_any(parts: list[str]) -> bool:
    return bool(_REFUSING.places(parts) or _FORBIDDEN.places(parts))


def _after(parts: list[str], first: _Words, second: _Words) -> bool:
    """Whether a word of the second kind follows one of the first, not far behind."""
    pairs = product(first.places(parts), second.places(parts))
    return any(0 < there - here <= _FAR for here, there in pairs)
