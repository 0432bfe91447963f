"""Which systems can be connected, and opening one by its name."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

from leadlight.connect.addresses import PORTS, AllowedHosts
from leadlight.connect.credentials import SecretReader
from leadlight.data.config.record import ConnectConfig
from leadlight.errors import ConfigError

SYSTEMS: Final = {
    "hubspot": "HubSpot",
    "salesforce": "Salesforce",
    "odoo": "Odoo",
    "mailchimp": "Mailchimp",
    "googleads": "Google Ads",
    "ga4": "Google Analytics 4",
    "metaads": "Meta Ads",
    "linkedinads": "LinkedIn Ads",
}
"""Each is a module of this package with a function `connect`, and its `HOST` or `HOSTS`."""


def is_system(place: object) -> bool:
    """Whether a place where leads are names a system, such as hubspot://contacts."""
    return isinstance(place, str) and "://" in place and place.partition("://")[0].lower() in SYSTEMS


def system_of(place: str) -> str:
    return place.partition("://")[0].lower()


def open_system(name: str, config: ConnectConfig, secret: SecretReader) -> Any:
    """The connector of a system, with the hosts that it may call and no others."""
    if name not in SYSTEMS:
        raise ConfigError(
            f"There is no connector for {name!r}.",
            code="unknown_system",
            hint=f"There are: {', '.join(SYSTEMS)}.",
        )
    module, asked = import_module(f"leadlight.connect.{name}"), config.of(name)
    public = {*getattr(module, "HOSTS", (module.HOST,))} - {""}
    host = urlsplit(asked.address or "").hostname
    if host and f"{host}:{_port(asked.address)}" not in config.private:
        public = {host}
    hosts = AllowedHosts(frozenset(public), frozenset(config.private))
    if not asked.dispute:
        return module.connect(asked, hosts, secret)
    asked = replace(asked, fields=(*dict.fromkeys((*asked.fields, asked.dispute)),))
    found = module.connect(asked, hosts, secret)
    if hasattr(found, "mapping"):
        found.mapping = replace(found.mapping, dispute=asked.dispute)
    return found


def _port(address: str | None) -> int | None:
    parts = urlsplit(address or "")
    try:
        return parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
