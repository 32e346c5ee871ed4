"""The page that explains an AADSTS number."""

from __future__ import annotations

from starlette.responses import Response

from vedette.catalogue.sign_in_errors import SIGN_IN_ERRORS
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.rendering import page


async def lookup(exchange: Exchange) -> Response:
    """What one number means and what to do about it; without a number, a box to ask for one."""
    asked = exchange.request.query_params.get("code", "").strip().upper().removeprefix("AADSTS")
    row = SIGN_IN_ERRORS.get(int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 12 else None
    return page("error_lookup", status=404 if asked and row is None else 200, asked=asked, row=row)
