"""The domain that a company is known by, from a web address or an e-mail address."""

from __future__ import annotations

import re
from typing import Final

from leadlight.data import handles

_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*:/*|^//", re.IGNORECASE)
_END: Final = re.compile(r"[/?#\\\s,;]")
_HOST: Final = re.compile(r"(?:[\w](?:[\w-]{0,61}[\w])?\.)+[^\W\d_][\w-]{1,62}")
_SECOND_LEVELS_LISTED: Final = (
    "co com org net ac gov edu gob gouv or ne go ltd plc me nom mil in gen firm ind"
)
_SECOND_LEVELS: Final = frozenset(_SECOND_LEVELS_LISTED.split())
_SHARED_LISTED: Final = """
    blogspot.com wordpress.com wixsite.com github.io gitlab.io netlify.app vercel.app herokuapp.com
    weebly.com squarespace.com myshopify.com jimdo.com jimdosite.com webnode.com business.site
    azurewebsites.net web.app firebaseapp.com pages.dev notion.site
"""
_SHARED: Final = frozenset(_SHARED_LISTED.split())
_NOBODYS_LISTED: Final = """
    facebook.com linkedin.com instagram.com twitter.com x.com youtube.com xing.com google.com
    linktr.ee example.com example.org example.net localhost bit.ly
"""
_NOBODYS: Final = frozenset(_NOBODYS_LISTED.split())
"""Sites on which everybody has a page: such an address tells nothing of who it is."""


def domain_of(address: str) -> str | None:
    """The domain that was registered: "https://www.shop.acme.co.uk/de" is "acme.co.uk"."""
    text = _SCHEME.sub("", address.strip().lower())
    host = _END.split(text, maxsplit=1)[0].rpartition("@")[2].partition(":")[0].strip(".")
    if not host.isascii() or "xn--" in host:
        host = _in_own_letters(host)
    if len(host) > 253 or not _HOST.fullmatch(host):
        return None
    found = _registered(host)
    return None if found in _NOBODYS else found


def _in_own_letters(host: str) -> str:
    found = handles.in_cell("email", f"x@{host}")
    return found[0].text.rpartition("@")[2] if found else host


def _registered(host: str) -> str:
    labels = host.removeprefix("www.").split(".")
    country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS
    kept = ".".join(labels[-3 if country else -2 :])
    return ".".join(labels[-3:]) if kept in _SHARED else kept
