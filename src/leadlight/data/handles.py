"""What people are found by: an id, an e-mail address, a phone number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from leadlight.data import cells, names, phones
from leadlight.data.phones import PhoneNumber

SHORTEST_ID: Final = 4
REMEMBERED: Final = 256
KINDS: Final = ("id", "email", "phone")
MAYBE: Final = "maybe"
"""The kind of a column whose name tells nothing: a cell of it that is an e-mail address as a whole counts."""
_MAIL: Final = re.compile(r"email| (?:e )?mail(?:s|box|address(?:es)?|adressen?)? | correo | courriel ")
_PHONE: Final = re.compile(
    r" (?:(?:[a-z]*(?:phone|telefon[eo]?|telefoon)|mobile?|cell|handy|(?:tele)?fax|tel)"
    r"(?:s|numbers?|num|no|nr|nummer)?|celular|cellular|movil|rufnummer|whatsapp) "
)
_NO_PHONE: Final = re.compile(
    r" (?:date|datum|time|timestamp|at|on|since|first|last|calls?|called|anrufe?|opt|optin|optout|counts?"
    r"|attempts?|seconds|minutes|hours|days?|duration|score) "
)
_COLLEAGUE: Final = re.compile(
    r"^ owner | (?:lead|contact|account|deal|opportunity|record) owner | assigned to "
    r"| (?:created|modified) by "
)
_OTHER: Final = re.compile(
    r" (?:owner|assigned|by|rep|agent|manager|executive|sdr|bdr|salesperson|advisor|consultant|partner"
    r"|referr?er|referred|referral|sender|from|source|campaign) "
)
_LETTERS_END: Final = re.compile(r"(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])")
_WORD: Final = re.compile(r"[^\s\"'<>,;:|=()\[\]{}\\]+")
_ADDRESS: Final = re.compile(r"[^\s\"<>,;:|=()\[\]{}\\@]+(?:@[\w.\-]+)?")
"""A word is read once, whether an address or not: a long one must not take long."""
_WHOLE_ADDRESS: Final = re.compile(r"[^\s\"<>,;:|=()\[\]{}\\@]+@[\w\-]+(?:\.[\w\-]+)+")
_EDGES: Final = "'./&-"


@dataclass(frozen=True, slots=True)
class Handle:
    """One way to find a person, in the one form that all spellings of it share.

    `also` are its other forms: those of a phone, and an address as an earlier Leadlight read it.
    """

    kind: str
    text: str
    also: tuple[Handle, ...] = field(default=(), compare=False, repr=False)


def kinds_of(name: str, identity: str | None) -> tuple[str, ...]:
    """What a column tells people by, from its name; one of ids may hold e-mail addresses or phones."""
    text = _spaced(name)
    is_id = identity is not None and names.words(name) == names.words(identity)
    named = _named(text)
    return (("id",) if is_id else ()) + ((named,) if named else ())


def kind_of(name: str, identity: str | None) -> str | None:
    """What a column tells people by in the first place."""
    return next(iter(kinds_of(name, identity)), None)


def _spaced(name: str) -> str:
    """The words of a name, with numbers as words of their own: "emailaddress1" is " emailaddress 1 "."""
    return _LETTERS_END.sub(" ", names.words(name))


def _named(text: str) -> str | None:
    """A colleague's address or phone, and when or how often somebody was called, is not the lead's."""
    if _COLLEAGUE.search(text):
        return None
    if _MAIL.search(text):
        return "email"
    return "phone" if _PHONE.search(text) and not _NO_PHONE.search(text) else None


def is_kind(name: str) -> bool:
    """Whether the name says what it tells people by and nothing else: "Mail", "Tel."."""
    text = _spaced(name)
    return any(told.fullmatch(each) for told in (_MAIL, _PHONE) for each in (text, text.strip()))


def in_cell(kind: str, value: Any) -> list[Handle]:
    """The handles of this kind that a value holds: an id is one, e-mails and phones may be several."""
    text = cells.trim(cells.text_of(value) or "")
    if not text:
        return []
    if kind == "id":
        return [of_id(text)]
    if kind == "phone":
        return [_phone(number) for number in phones.within(_plain(text))]
    return _emails(text) if kind == "email" or _WHOLE_ADDRESS.fullmatch(_plain(text)) else []


def of_id(text: str) -> Handle:
    """An id without what cannot be seen; its case may tell people apart."""
    plain = _plain(text) or text
    return Handle("id", plain, () if plain == text else (Handle("id", text),))


def _phone(number: PhoneNumber) -> Handle:
    at_home = (Handle("national", number.at_home),) if number.at_home else ()
    with_zero = (Handle("phone", number.with_zero),) if number.with_zero else ()
    return Handle("phone", number.digits, at_home + with_zero)


def _emails(text: str) -> list[Handle]:
    """Each address in the one form of all its spellings, with the forms that earlier ones were kept in."""
    if text.isascii() and not _SPELT_TWICE.search(text):
        return [Handle("email", each) for each in _mails(text)]
    earlier: dict[str, dict[str, None]] = {}
    for each in (*_mails(text), *_mails(_seen(text))):
        earlier.setdefault(_one_form(each), {})[each] = None
    return [
        Handle("email", each, tuple(Handle("email", form) for form in _forms(each, earlier) if form != each))
        for each in dict.fromkeys(_mails(_one_form(text)))
    ]


_SPELT_TWICE: Final = re.compile(r"xn--|\"@", re.IGNORECASE)
_QUOTED_NAME: Final = re.compile(r'"([^\s"@]+)"@')
_PUNYCODE: Final = re.compile(r"(?<=[@.])xn--([a-z0-9-]+)", re.IGNORECASE)


def _one_form(text: str) -> str:
    """Plain letters in one case, a name without the quotes round it, a domain in its own letters."""
    plain = _QUOTED_NAME.sub(r"\1@", _plain(text))
    return _plain(_PUNYCODE.sub(_spelt_out, plain)).casefold()


def _spelt_out(label: re.Match[str]) -> str:
    try:
        return label[1].encode().decode("punycode")
    except UnicodeError:
        return label[0]


def _forms(address: str, earlier: Mapping[str, Iterable[str]]) -> dict[str, None]:
    """How this address was kept before there was one form, and how its domain is written for machines."""
    name, _, domain = address.rpartition("@")
    labels = (
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
        for label in domain.split(".")
    )
    return dict.fromkeys([*earlier.get(address, ()), f"{name}@{'.'.join(labels)}"])


def _plain(text: str) -> str:
    """Letters and digits in their plain form, without characters that have no looks."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(each for each in plain if unicodedata.category(each) != "Cf")
    return cells.trim("".join(str(unicodedata.decimal(each, each)) for each in seen))


def _seen(text: str) -> str:
    """The text as an earlier Leadlight kept it: composed, and without characters that have no looks."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    return cells.trim("".join(each for each in composed if unicodedata.category(each) != "Cf"))


def _mails(text: str) -> list[str]:
    """Each address; where none is plain, as with a quoted name, all of the text that is around the sign."""
    found = _addresses(text) if text else []
    return found or ([text.lower()] if text and text[0] != "@" != text[-1] and "@" in text else [])


def _addresses(text: str) -> list[str]:
    words = (found.strip(_EDGES).lower() for found in _ADDRESS.findall(text) if "@" in found)
    return [word for word in words if word[0] != "@" != word[-1]]


def stored_forms(found: Handle) -> list[Handle]:
    """The forms under which a handle is kept: a phone also without its country, and with a zero after it."""
    return [found, *found.also] if found.kind == "phone" else [found]


def lookup_forms(found: Handle) -> list[Handle]:
    """The kept forms that are the same as this handle."""
    if found.kind != "phone":
        return [found, *found.also]
    also = (Handle("phone", each.text) for each in found.also)
    return [found, Handle("national", found.text), *also]


def columns(present: Iterable[str]) -> Mapping[str, str]:
    """The columns that hold an e-mail address or a phone number, and those that may, with their kind."""
    return _columns(tuple(present))


@lru_cache(REMEMBERED)
def _columns(present: tuple[str, ...]) -> Mapping[str, str]:
    """Leads of one source have the same columns, and names take long to read."""
    kinds = ((name, _named(text) or _maybe(text)) for name in present for text in (_spaced(name),))
    return MappingProxyType({name: kind for name, kind in kinds if kind})


def _maybe(text: str) -> str | None:
    """Whose name says that it is about others tells nothing of the lead."""
    return None if _OTHER.search(text) else MAYBE


def of_lead(lead: Mapping[str, Any], identity: str, kinds: Mapping[str, str]) -> list[Handle]:
    """The handles of one lead; `kinds` are its columns from `columns`.

    Where no address stands under its name, one that stands alone in a cell of another column is the lead's.
    """
    found = named(lead, identity, kinds)
    if any(each.kind == "email" for each in found):
        return found
    values = [lead.get(name) for name in kinds]
    texts = [value for value in values if type(value) is str and "@" in value]
    return _distinct([*found, *(each for text in texts for each in in_cell(MAYBE, text))])


def named(lead: Mapping[str, Any], identity: str, kinds: Mapping[str, str]) -> list[Handle]:
    """Those that stand under their name."""
    found = [of_id(identity)]
    for name, kind in kinds.items():
        if kind != MAYBE and (value := lead.get(name)) is not None:
            found += in_cell(kind, value)
    return _distinct(found)


def _distinct(found: Iterable[Handle]) -> list[Handle]:
    """Two spellings of a phone may be kept in different forms."""
    return list({(each, each.also): each for each in found}.values())


def mentioned(text: str) -> set[Handle]:
    """Everything in a text that could be somebody's e-mail, phone or id; a short id could be anything."""
    parts = [cells.trim(part) or "" for part in re.split(r"[\r\n,;\t|]", text)]
    words = _WORD.findall(text)
    found = {of_id(each) for each in (*parts, *words) if len(each) >= SHORTEST_ID}
    seen = dict.fromkeys((text, _seen(text), _one_form(text)))
    found |= {Handle("email", address) for each in seen for address in _addresses(each)}
    return found | {_phone(number) for number in phones.mentioned(_plain(text))}
