"""Secrets that we give out: a typed prefix, 256 random bits, a checksum; only their SHA-256 is kept.

The checksum lets scanners of code find a key that leaked, without asking us.
"""

from __future__ import annotations

import re
import secrets
import zlib
from hashlib import sha256
from typing import Final

SCOPES: Final = {"score": "s", "read": "r", "write": "w", "admin": "a"}
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM: Final = 43
_CHECK: Final = 6
_FORM: Final = re.compile(rf"ll_[a-z]_[0-9A-Za-z]{{{_RANDOM + _CHECK}}}")


def make(letter: str) -> str:
    """A new secret; the letter says what it is for."""
    head = f"ll_{letter}_" + _written(secrets.randbits(256), _RANDOM)
    return head + _checksum(head)


def digest(secret: str) -> bytes:
    """What is kept of it. The secret is random, so that no slow hash is needed."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_whole(secret: str) -> bool:
    """Whether it has the form of one of ours and its checksum fits."""
    return _FORM.fullmatch(secret) is not None and secret[-_CHECK:] == _checksum(secret[:-_CHECK])


def _checksum(head: str) -> str:
    return _written(zlib.crc32(head.encode("ascii")), _CHECK)


def _written(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
