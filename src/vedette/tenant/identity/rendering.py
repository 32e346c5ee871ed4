"""Turns templates into pages, and sends the headers that keep a page from doing anything that it should not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.problems import Refused

STATIC_PATH = "/common/static"
_HERE = Path(__file__).parent
_STATIC: Mapping[str, str] = {"site.css": "text/css; charset=utf-8", "submit.js": "text/javascript; charset=utf-8"}


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


def page(name: str, *, status: int = 200, leads_to: str = "", scripted: bool = False, **values: object) -> Response:
    """A page. `leads_to`: where its form, or the redirect that answers it, may go beside this server."""
    return render(name, values, status=status, leads_to=leads_to, scripted=scripted)


def render(
    name: str, values: Mapping[str, object], *, status: int = 200, leads_to: str = "", scripted: bool = False
) -> Response:
    """The same, with the values of the template in one mapping."""
    html = _templates().get_template(f"{name}.html").render(values, static=STATIC_PATH)
    response = Response(html, status, media_type="text/html; charset=utf-8")
    policy = [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        *(["script-src 'self'"] if scripted else []),
        f"form-action 'self' {leads_to}".rstrip(),
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
    response.headers["Content-Security-Policy"] = "; ".join(policy)
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def refusal_page(exchange: Exchange, refused: Refused, *, status: int | None = None) -> Response:
    """The page that tells a person why it went wrong, and what to do."""
    row = refused.row
    return page(
        "refused",
        status=status or (400 if row.status == 302 else row.status),
        text=refused.text,
        hint=row.hint,
        trace=exchange.trace,
        lookup=f"/error?code={row.number}" if row.has_error_uri else "",
    )


async def static(exchange: Exchange) -> Response:
    """A style sheet or script."""
    name = exchange.request.path_params["file"]
    if name not in _STATIC:
        return Response("Not found", 404, media_type="text/plain")
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response((_HERE / "static" / name).read_bytes(), media_type=_STATIC[name], headers=headers)
