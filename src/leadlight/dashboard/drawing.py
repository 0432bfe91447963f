"""How pages become HTML: templates in which every value is text, whatever it holds."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from urllib.parse import quote, urlencode

import jinja2
from fastapi import Response
from markupsafe import Markup

from leadlight import settings
from leadlight.dashboard import assets
from leadlight.dashboard.visitor import ADMIN, LOOK, MANAGE, NOTE, PageVisit
from leadlight.insight import wording
from leadlight.insight.page.markup import UNSEEN
from leadlight.model.answer import displayed, factor
from leadlight.serve import login

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)
NAVIGATION: Final = (
    ("today", "/today", "Today", LOOK),
    ("leads", "/leads", "Leads", LOOK),
    ("accounts", "/accounts", "Accounts", LOOK),
    ("plan", "/plan", "Plan", LOOK),
    ("channels", "/channels", "Channels", LOOK),
    ("followup", "/followup", "Follow-up", LOOK),
    ("engagement", "/engagement", "Engagement", LOOK),
    ("segments", "/segments", "Segments", LOOK),
    ("model", "/model", "Model", LOOK),
    ("health", "/health", "Health", LOOK),
    ("score", "/score", "Score", LOOK),
    ("setup", "/setup", "Set-up", ADMIN),
    ("stream", "/stream", "Stream", ADMIN),
    ("connections", "/connections", "Connections", ADMIN),
    ("people", "/people", "People and keys", ADMIN),
)


def page(visit: PageVisit, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page for somebody who is logged in."""
    known = {
        "visit": visit,
        "user": visit.user,
        "form": visit.token,
        "navigation": [each for each in NAVIGATION if visit.may(each[3])],
        "may_note": visit.may(NOTE),
        "may_manage": visit.may(MANAGE),
        "may_admin": visit.may(ADMIN),
        "section": template.split("/")[0].removesuffix(".html"),
        "now": time.time(),
    }
    response = whole(template, status, **{**known, **values})
    if visit.request.cookies.get(login.FORM_COOKIE) != visit.token:
        login.set_cookie(visit.request, response, login.FORM_COOKIE, visit.token)
    return response


def whole(template: str, status: int = 200, *, ancestors: str = "'none'", **values: Any) -> Response:
    """A page for anybody."""
    text = _environment().get_template(template).render(status=status, **values)
    response = Response(text, status, media_type="text/html")
    response.headers["content-security-policy"] = POLICY.format(ancestors=ancestors)
    return response


def framed(template: str, **values: Any) -> Response:
    """A page that the sites of the setting may show in a frame of theirs."""
    sites = settings.frame_ancestors()
    response = whole(template, ancestors=" ".join(sites) or "'none'", **values)
    if sites:
        response.headers.update({"x-frame-options": "", "cross-origin-resource-policy": "cross-origin"})
    return response


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("leadlight.dashboard", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["asset"] = assets.address
    made.filters |= {
        "percent": wording.percent,
        "whole": wording.whole,
        "factor": factor,
        "when": when,
        "day": day,
        "ago": ago,
        "money": wording.money,
        "span": wording.span,
        "signed": wording.signed_figure,
        "hours": wording.hours,
        "points": lambda found: wording.points(found.value, found.low, found.high),
        "score": score,
        "path": path,
        "query": _query,
        "short": wording.short,
        "counted": wording.counted,
    }
    return made


def _seen(value: Any) -> Any:
    """Characters that cannot be seen, or that turn a line around, are shown as being there."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", value)
    return "" if value is None else value


def path(identity: str) -> str:
    """An id as a part of an address."""
    return quote(identity, safe="")


def _query(values: dict[str, Any], **changed: Any) -> str:
    """The address of the same view with something changed."""
    kept = {name: value for name, value in {**values, **changed}.items() if value not in (None, "")}
    return urlencode(kept, doseq=True)


def when(at: float) -> str:
    """2026-03-31 09:00, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%-d %b %Y")


def ago(at: float, now: float) -> str:
    """3 hours ago."""
    passed = max(0.0, now - at)
    for size, noun in ((86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute")):
        if passed >= size:
            return f"{wording.counted(int(passed // size), noun)} ago"
    return "just now"


def score(probability: float) -> str:
    """64.0, as a score is shown everywhere."""
    return f"{displayed(probability):.1f}"
