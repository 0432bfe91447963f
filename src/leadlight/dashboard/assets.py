"""What pages load besides themselves: the sheet, htmx from its package, our script, the icon."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request, Response

from leadlight.errors import DependencyError, RequestError
from leadlight.insight.page.style import sheet
from leadlight.serve import login

FOREVER: Final = "public, max-age=31536000, immutable"
HTMX: Final = ("js_lib_htmx", "static/htmx/htmx.min.js")
KINDS: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Asset:
    """A file as it is sent; its address changes with what is in it."""

    name: str
    body: bytes

    @property
    def address(self) -> str:
        stem, _, ending = self.name.rpartition(".")
        return f"/assets/{stem}-{sha256(self.body).hexdigest()[:12]}.{ending}"


@cache
def _all() -> dict[str, Asset]:
    own = files("leadlight.dashboard").joinpath("assets")
    found = [
        Asset("leadlight.css", sheet().encode()),
        Asset("htmx.js", _htmx()),
        *(Asset(name, own.joinpath(name).read_bytes()) for name in ("dashboard.js", "icon.svg")),
    ]
    return {asset.name: asset for asset in found}


def _htmx() -> bytes:
    package, name = HTMX
    try:
        return files(package).joinpath(name).read_bytes()
    except ModuleNotFoundError:
        raise DependencyError(
            "The dashboard needs a part that is not installed.",
            code="missing_extra",
            hint="pip install 'leadlight[serve,report,dashboard]'",
        ) from None


def address(name: str) -> str:
    """Where a page finds it."""
    return _all()[name].address


@router.get("/assets/{name}", dependencies=[login.ANYBODY])
def asset(request: Request, name: str) -> Response:
    found = next((each for each in _all().values() if each.address == request.url.path), None)
    if found is None:
        raise RequestError(404, "There is nothing here.", code="no_such_route", hint="Load the page again.")
    ending = name.rpartition(".")[2]
    return Response(found.body, media_type=KINDS[ending], headers={"cache-control": FOREVER})
