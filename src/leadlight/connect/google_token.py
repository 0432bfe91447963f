"""A Google account: a refresh token is exchanged for one that lives an hour; how Google refuses."""

from __future__ import annotations

import json
from typing import Any, Final

from leadlight.connect.addresses import AllowedHosts
from leadlight.connect.credentials import ExchangedToken, SecretReader
from leadlight.connect.transport import ApiCall, Transport
from leadlight.data.secret import Secret
from leadlight.errors import ConfigError, ConnectorError

HOST: Final = "oauth2.googleapis.com"
ADDRESS: Final = f"https://{HOST}/token"


def judge(status: int, body: Any) -> ConnectorError | None:
    """Google says in the body what went wrong; a token that is too old has a status of its own."""
    if isinstance(body, list):
        body = next((each for each in body if isinstance(each, dict) and "error" in each), None)
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    said = str(error.get("status", ""))
    if said == "UNAUTHENTICATED" or status == 401:
        return ConnectorError("The token was refused.", code="unauthorized", hint=_AGAIN)
    if said == "PERMISSION_DENIED":
        return ConnectorError("The token does not allow this.", code="forbidden", hint=_ACCOUNT)
    if said in {"RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED"}:
        return ConnectorError("Google asks to come back later.", code="rate_limited", again=True)
    if status < 300:
        return ConnectorError("The answer was an error.", code="error_body")
    return None


_AGAIN: Final = "Make a new refresh token and put it where the old one lies."
_ACCOUNT: Final = "Check the account in leadlight.toml, and what whoever gave the refresh token may see."


def google_secret(system: str, secret: SecretReader) -> SecretReader:
    """What gives client_id, client_secret, refresh_token and developer_token.

    They stand together in one text of JSON, as Google's own tools write it, under the name of the system
    (`ga4.token`), or each under a name of its own (`google.refresh_token`).
    """

    def read(name: str) -> Secret:
        try:
            whole = secret(f"{system}.token")
        except ConfigError:
            own = system if name == "developer_token" else "google"
            return secret(f"{own}.{name}")
        return _member(system, whole, name)

    return read


def _member(system: str, whole: Secret, name: str) -> Secret:
    try:
        said = json.loads(whole.reveal())[name]
    except (ValueError, KeyError, TypeError):
        said = None
    if not isinstance(said, str) or not said:
        raise ConfigError(
            f"The token of {system} is no JSON with a {name}.",
            code="odd_secret",
            hint='It looks like {"client_id": "...", "client_secret": "...", "refresh_token": "..."}.',
        )
    return Secret(said)


def google_token(hosts: AllowedHosts, secret: SecretReader, place: str | None) -> ExchangedToken:
    """Exchanged anew whenever the one in hand is refused; `secret` is that of `google_secret`.

    `place` is the address that leadlight.toml names in the place of Google's own.
    """
    address = f"{place.rstrip('/')}/token" if place else ADDRESS

    def exchange() -> Secret:
        names = ("client_id", "client_secret", "refresh_token")
        form = {"grant_type": "refresh_token", **{name: secret(name).reveal() for name in names}}
        with Transport("Google", hosts) as transport:
            try:
                body = transport.send(ApiCall("token", address, "POST", form=form)).body
            except ConnectorError as problem:
                if problem.status in {400, 401}:
                    raise _refused() from None
                raise
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str):
            raise _refused()
        return Secret(token)

    return ExchangedToken(exchange)


def _refused() -> ConnectorError:
    return ConnectorError(
        "Google does not take the refresh token.",
        code="refresh_refused",
        where="Google, token",
        hint="Make a new one, as the connector's page says, and put it where the old one lies.",
    )
