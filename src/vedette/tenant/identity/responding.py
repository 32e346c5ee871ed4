"""Sends the outcome of an authorize request to its redirect URI: by query, by fragment, or by a form that posts."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from starlette.responses import Response

from vedette.tenant.identity import problems
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.issued import AuthorizeRequest
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.redirects import form_target, with_path
from vedette.tenant.identity.rendering import page


def respond(request: AuthorizeRequest, members: Mapping[str, str]) -> Response:
    """The answer that the app reads at its redirect URI. `state` goes back as it came."""
    members = {**members, **({"state": request.state} if request.state is not None else {})}
    if request.response_mode == "form_post":
        return page(
            "form_post",
            leads_to=form_target(request.redirect_uri),
            scripted=True,
            target=request.redirect_uri,
            members=members,
        )
    return redirect(request.redirect_uri, members, in_fragment=request.response_mode == "fragment")


def refuse(exchange: Exchange, request: AuthorizeRequest, refused: Refused) -> Response:
    """The refusal, told to the app."""
    return respond(request, problems.redirect_members(refused, exchange.trace, origin=exchange.origin))


def redirect(uri: str, members: Mapping[str, str], *, in_fragment: bool = False) -> Response:
    """A redirect with these members added to the URI."""
    parts = urlsplit(with_path(uri))
    encoded = urlencode(members)
    if in_fragment:
        parts = parts._replace(fragment=encoded)
    else:
        parts = parts._replace(query="&".join(filter(None, (parts.query, encoded))))
    return Response(status_code=302, headers={"Location": parts.geturl()})
