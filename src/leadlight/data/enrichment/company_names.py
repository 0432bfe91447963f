"""Names of companies in forms that can be compared: without legal forms, accents, case and punctuation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from leadlight.data.names import fold

LONGEST: Final = 160
"""Longer names are cut: nobody writes them, and comparing takes as long as they are."""
_STROKES: Final = str.maketrans("łøđæœı", "lodaoi")
_ABBREVIATED: Final = re.compile(r"(?<=\b\w)\.(?=\s?\w\b|\s|$|,)|['\u2019`\u00b4]")
_STROKED: Final = re.compile(r"\b([a-z])/([a-z])\b")
_APART: Final = re.compile(r"[^\w]+|_+")

_ONE_WORD: Final = """
    gmbh mbh ag kg kgaa ohg gbr ug ek ev eg se gesmbh gesellschaft haftungsbeschrankt
    inc incorporated llc llp lp lllp pllc ltd limited plc corp corporation co company cic
    sa sas sasu sarl sca scs eurl srl sc spa sapa snc sl slu sll slne sociedad anonima limitada
    bv nv vof cv bvba cvba ab hb as asa ans da oy oyj ky tmi aps is ivs
    spolka sp zoo oo z spk sro spol kft zrt nyrt bt kkt doo dd jdoo dooel eood ood ad ead uab sia ou
    lda ltda mei epp eireli cv sab sapi pte pty pvt pt tbk bhd sdn kk yk gk ooo zao oao pao pjsc jsc llcs
    fzco fze fzc dmcc wll
"""
_LEGAL_FORMS: Final = frozenset(_ONE_WORD.split())
_SEVERAL_WORDS: Final = (
    "gesellschaft mit beschrankter haftung",
    "gmbh co kgaa",
    "gmbh und co kg",
    "gmbh co kg",
    "ag und co kg",
    "ag co kg",
    "e k",
    "e v",
    "e g",
    "societe anonyme",
    "societa per azioni",
    "sp z o o",
    "s r o",
    "d o o",
    "s p a",
    "s a",
    "n v",
    "b v",
)
_FIRST: Final = frozenset(("the", "firma", "fa"))
_WEAK_WORDS: Final = "group gruppe groupe grupo gruppo holding holdings international intl global und and"
_WEAK: Final = frozenset(_WEAK_WORDS.split())
_SPELT_OUT: Final = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def plain_name(text: str) -> str:
    """The words of a name without its legal form: "ACME Systems, Inc." and "Acme Systems" are one."""
    words = _words(text)
    kept = _without_legal_form(words)
    if len(kept) > 1 and kept[0] in _FIRST:
        kept = kept[1:]
    return " ".join(kept or words)


def _words(text: str) -> list[str]:
    folded = fold(text[:LONGEST]).translate(_STROKES)
    joined = _STROKED.sub(r"\1\2", _ABBREVIATED.sub("", folded))
    return _APART.sub(" ", joined.replace("&", " und ").replace("+", " und ")).split()


def _without_legal_form(words: list[str]) -> list[str]:
    """Legal forms stand at the end, sometimes several of them."""
    kept = list(words)
    while kept:
        tail = next((form for form in _FORMS.get(kept[-1], ()) if kept[-len(form) :] == form), None)
        if tail is not None:
            del kept[-len(tail) :]
        elif kept[-1] in _LEGAL_FORMS or (kept[-1] == "und" and len(kept) < len(words)):
            kept.pop()
        else:
            break
    return kept


def _by_last_word(forms: Sequence[str]) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for form in forms:
        words = form.split()
        found.setdefault(words[-1], []).append(words)
    return found


_FORMS: Final = _by_last_word(_SEVERAL_WORDS)


def loose_name(plain: str) -> str:
    """The words that tell a company from others, in the order of the alphabet, without the blanks."""
    words = [word for word in plain.split() if word not in _WEAK] or plain.split()
    return "".join(sorted(map(_transliterated, words)))


def squeezed_name(plain: str) -> str:
    """The name without blanks: "Nord Wind" and "Nordwind" are one."""
    return _transliterated(plain.replace(" ", ""))


def _transliterated(text: str) -> str:
    """Mueller as Muller, which is what is left of Müller without its dots."""
    for spelt, letter in _SPELT_OUT:
        text = text.replace(spelt, letter)
    return text
