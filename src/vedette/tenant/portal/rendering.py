"""Turns templates into pages, and sends the headers that keep a page from doing anything that it should not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

_HERE = Path(__file__).parent
_STATIC: Mapping[str, str] = {"portal.css": "text/css; charset=utf-8", "mark.svg": "image/svg+xml"}


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"when": _when, "segment": lambda text: quote(str(text), safe=""), "words": _words}
    environment.globals["address"] = _address
    return environment


def page(name: str, *, status: int = 200, leads_to: str = "", **values: object) -> Response:
    """A page. `leads_to`: where the redirect that answers one of its forms may go beside this server."""
    html = _templates().get_template(f"{name}.html").render(**values)
    response = Response(html, status, media_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self'",
            f"form-action 'self' {leads_to}".rstrip(),
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )
    return response


def message(
    title: str, text: str, *, status: int, hint: str = "", link: tuple[str, str] = ("/portal", "Overview")
) -> Response:
    """A page that says one thing, for when there is nothing else to show."""
    return page("message", status=status, title=title, text=text, hint=hint, link=link)


def see_other(location: str) -> Response:
    """Go there with a GET."""
    return Response(status_code=303, headers={"Location": location})


def static(name: str) -> Response:
    """A style sheet or image."""
    if name not in _STATIC:
        return message("Not found", "There is no such file.", status=404)
    content = (_HERE / "static" / name).read_bytes()
    return Response(content, media_type=_STATIC[name], headers={"Cache-Control": "public, max-age=300"})


def _when(moment: datetime | None) -> Markup:
    """A time to the minute in UTC, with the exact one for programs."""
    if moment is None:
        return Markup('<span class="none">never</span>')
    moment = moment.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), f"{moment:%Y-%m-%d %H:%M}")


def _words(name: str | None) -> str:
    """`MultiStagedAttack` → `Multi staged attack`."""
    if not name or name.isupper():
        return name or ""
    parts: list[str] = []
    for letter in name:
        if letter.isupper() and parts and not parts[-1].isupper() and parts[-1] != " ":
            parts.append(" ")
            parts.append(letter.lower())
        else:
            parts.append(letter)
    return "".join(parts)


def _address(path: str, **parameters: object) -> str:
    given = {name: value for name, value in parameters.items() if value not in ("", None, 1)}
    return f"{path}?{urlencode(given)}" if given else path
