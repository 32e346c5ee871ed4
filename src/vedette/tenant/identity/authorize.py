"""The authorize endpoint: checks the request, then lets a browser flow take over.

As long as client or redirect URI are in doubt, errors are pages: nothing is ever sent to an address that the app did
not register. From then on the app is told.
"""

from __future__ import annotations

import re
from typing import Literal, cast

from starlette.responses import Response

from vedette.tenant.directory import Application
from vedette.tenant.identity import sessions
from vedette.tenant.identity.client_authentication import find_application
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.flows import Turn, proceed, start, survey
from vedette.tenant.identity.issued import AuthorizeRequest, ClientKind, Wanted
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.redirects import choose
from vedette.tenant.identity.rendering import refusal_page
from vedette.tenant.identity.request import Form, missing, parse_form, read_form
from vedette.tenant.identity.responding import refuse
from vedette.tenant.identity.scopes import read

ResponseMode = Literal["query", "fragment", "form_post"]

_S256 = re.compile(r"[A-Za-z0-9_-]{43}")
_PLAIN = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_PROMPTS = frozenset({"login", "none", "consent", "select_account", "create", "admin_consent"})
_TYPES = frozenset({"code", "id_token", "token"})
_SECONDS = re.compile(r"[0-9]{1,9}")
_MARKUP = re.compile(r"<[^>]*>")


async def authorize(exchange: Exchange) -> Response:
    """Sign somebody in for an app. Errors that concern client or redirect URI are pages; the rest the app is told."""
    try:
        form = await parameters(exchange)
        application = find_application(exchange, _required(exchange, form, "client_id"))
        redirect_uri, kind = choose(application, form.filled("redirect_uri"))
        mode = response_mode(form)
    except Refused as refused:
        return refusal_page(exchange, refused)
    request = AuthorizeRequest(
        app_id=application.app_id,
        redirect_uri=redirect_uri,
        kind=kind,
        response_types=form.get("response_type", "").split(),
        response_mode=mode,
        wanted=Wanted(
            version=exchange.version,
            scope=form.get("scope", ""),
            resource=form.filled("resource"),
            claims=form.filled("claims"),
        ),
        state=_MARKUP.sub("", form["state"]) if "state" in form else None,
        nonce=form.filled("nonce"),
        prompt=form.get("prompt", ""),
        login_hint=form.get("login_hint", ""),
        max_age=int(form["max_age"]) if _SECONDS.fullmatch(form.get("max_age", "")) else None,
        challenge=form.filled("code_challenge"),
        challenge_method=cast(
            Literal["S256", "plain"] | None,
            form.filled("code_challenge_method") or ("plain" if form.filled("code_challenge") else None),
        ),
        wants_client_info=form.get("client_info") == "1",
    )
    try:
        check(exchange, application, request, kind)
        return begin(exchange, request)
    except Refused as refused:
        return refuse(exchange, request, refused)


async def parameters(exchange: Exchange) -> Form:
    """The parameters, from the query or a posted form. Raises: Refused (9002313)."""
    if exchange.request.method == "POST":
        return await read_form(exchange.request)
    return parse_form(exchange.request.scope["query_string"])


def response_mode(form: Form) -> ResponseMode:
    """How the answer travels. Raises: Refused (70007), also where a token would end up in a query."""
    asked = form.filled("response_mode")
    has_tokens = bool({"id_token", "token"} & set(form.get("response_type", "").split()))
    if asked is None:
        return "fragment" if has_tokens else "query"
    if asked not in ("query", "fragment", "form_post") or (asked == "query" and has_tokens):
        raise Refused(70007, response_mode=asked)
    return cast(ResponseMode, asked)


def check(exchange: Exchange, application: Application, request: AuthorizeRequest, kind: ClientKind) -> None:
    """Everything that the app can be told. Raises: Refused."""
    types = set(request.response_types)
    if not types:
        raise missing(exchange.version, "response_type")
    if not types <= _TYPES or (types == {"code", "token"}):
        raise Refused(70005, response_type=" ".join(request.response_types))
    if "id_token" in types and not application.issues_id_tokens:
        raise Refused(700054)
    if "token" in types and not application.issues_access_tokens:
        raise Refused(70005, response_type=" ".join(request.response_types))
    if "id_token" in types and request.nonce is None:
        raise missing(exchange.version, "nonce")
    if not set(request.prompt.split()) <= _PROMPTS or ("none" in request.prompt.split() and request.prompt != "none"):
        raise Refused(9002313)
    _check_challenge(request, kind)
    read(request.wanted)


def begin(exchange: Exchange, request: AuthorizeRequest) -> Response:
    """Start the flow with whoever is signed in already. Raises: Refused."""
    turn = start(exchange, "authorize", app_id=request.app_id, tenant_name=exchange.tenant_name, request=request)
    accounts = sessions.accounts(exchange, exchange.authority)
    if request.max_age is not None:
        accounts = [a for a in accounts if (exchange.now - a.sign_in.auth_time).total_seconds() <= request.max_age]
    hinted = [a for a in accounts if a.user.upn.lower() == request.login_hint.lower()]
    usable = hinted if request.login_hint else accounts
    if "login" not in turn.prompts and "select_account" not in turn.prompts and len(usable) == 1:
        account = usable[0]
        turn.change(user_name=account.user.upn, user_id=account.user.id, sign_in=account.sign_in)
    elif request.login_hint and "select_account" not in turn.prompts and "@" in request.login_hint:
        turn.change(user_name=request.login_hint)
    if "none" in turn.prompts:
        return _silently(turn)
    if turn.flow.sign_in is None and accounts and "login" not in turn.prompts and not turn.flow.user_name:
        return turn.seal(turn.page("accounts", accounts=[account.user for account in accounts]))
    return turn.seal(proceed(turn))


def _silently(turn: Turn) -> Response:
    """Complete without a page, or say which page would have been needed. Raises: Refused."""
    now = survey(turn)
    application = turn.application()
    match now.need:
        case None:
            return turn.seal(proceed(turn))
        case "user_name" | "password":
            raise Refused(50058)
        case "consent" | "approval":
            raise Refused(65001, client_id=application.app_id, name=application.display_name)
        case _:
            raise Refused("interaction_required")


def _required(exchange: Exchange, form: Form, name: str) -> str:
    value = form.filled(name)
    if value is None:
        raise missing(exchange.version, name)
    return value


def _check_challenge(request: AuthorizeRequest, kind: ClientKind) -> None:
    """PKCE: S256 or plain, and a must for single-page apps. Raises: Refused (50147, 501491)."""
    if request.challenge is None:
        if request.challenge_method is not None or (kind == "spa" and "code" in request.response_types):
            raise Refused(50147)
        return
    if request.challenge_method not in ("S256", "plain"):
        raise Refused(50147)
    pattern = _S256 if request.challenge_method == "S256" else _PLAIN
    if not pattern.fullmatch(request.challenge):
        raise Refused(501491)
