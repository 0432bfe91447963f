"""What proves who calls: a token that lies somewhere, or one that is exchanged for the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from leadlight.data.secret import Secret

SecretReader = Callable[[str], Secret]
"""What gives a token by its name, such as hubspot.token."""


class Credentials(Protocol):
    """What proves who calls."""

    def headers(self) -> Mapping[str, str]: ...

    def renew(self) -> bool:
        """After the token was refused: get another one; False where there is none."""


class NoCredentials:
    """For what is open to everybody."""

    def headers(self) -> Mapping[str, str]:
        return {}

    def renew(self) -> bool:
        return False


class BearerToken:
    """A token that is read anew when it is refused: it may have been replaced where it lies."""

    def __init__(self, read: Callable[[], Secret]) -> None:
        self._read, self._token = read, read()

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token.reveal()}"}

    def renew(self) -> bool:
        before, self._token = self._token, self._read()
        return self._token != before


class ExchangedToken:
    """A token that lives for a while and is exchanged for the next one, as OAuth does it."""

    def __init__(self, exchange: Callable[[], Secret]) -> None:
        self._exchange = exchange
        self._token: Secret | None = None

    def headers(self) -> Mapping[str, str]:
        self._token = self._token or self._exchange()
        return {"Authorization": f"Bearer {self._token.reveal()}"}

    def renew(self) -> bool:
        self._token = self._exchange()
        return True
