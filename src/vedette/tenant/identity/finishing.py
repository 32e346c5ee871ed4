"""What a sign-in leads to once nothing more has to be asked: a code for the app, an approved device, an answer.

Each purpose ends in one of two ways: `complete`, or `decline` with the reason.
"""

from __future__ import annotations

import base64
import hashlib

import msgspec
from starlette.responses import Response

from vedette.tenant.directory import User
from vedette.tenant.identity.client_authentication import Client, find_application
from vedette.tenant.identity.delegation import delegate, tenant_of
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.issued import (
    CODE_LIFE,
    AuthorizationCode,
    AuthorizeRequest,
    Flow,
    SignIn,
    hashed,
    new_secret,
)
from vedette.tenant.identity.problems import Refused, new_guid
from vedette.tenant.identity.rendering import page, refusal_page
from vedette.tenant.identity.responding import refuse, respond
from vedette.tenant.identity.scopes import read
from vedette.tenant.identity.tokens import ACCESS_TOKEN_LIFE_S, access_token_alone, client_info, id_token, visible


def complete(exchange: Exchange, flow: Flow, user: User, sign_in: SignIn) -> Response:
    """Hand over what the sign-in was for. Raises: Refused."""
    exchange.ledger.flows.delete(flow.id)
    if flow.purpose == "device":
        return _approve_device(exchange, flow, sign_in)
    if flow.request is None:
        return page("done", heading="Done", text="You can close this page.")
    if flow.purpose == "admin_consent":
        granted = {"admin_consent": "True", "tenant": sign_in.tenant_id}
        scope = {"scope": flow.request.wanted.scope} if flow.version == 2 and flow.request.wanted.scope else {}
        return respond(flow.request, granted | scope)
    return respond(flow.request, _members(exchange, flow, flow.request, user, sign_in))


def decline(exchange: Exchange, flow: Flow, refused: Refused) -> Response:
    """Tell whoever began the sign-in that it comes to nothing."""
    exchange.ledger.flows.delete(flow.id)
    if flow.purpose == "device" and flow.device_code_id is not None:
        code = exchange.ledger.device_codes.get(flow.device_code_id)
        if code is not None and code.state == "pending":
            exchange.ledger.device_codes.put(msgspec.structs.replace(code, state="declined"))
        return page("done", heading="Nothing was signed in", text="You can close this page.")
    if flow.request is None:
        return refusal_page(exchange, refused)
    return refuse(exchange, flow.request, refused)


def _approve_device(exchange: Exchange, flow: Flow, sign_in: SignIn) -> Response:
    with exchange.ledger.database.transaction():
        code = exchange.ledger.device_codes.get(flow.device_code_id or "")
        if code is None or code.state != "pending" or exchange.now >= code.expires:
            return refusal_page(exchange, Refused(70020))
        exchange.ledger.device_codes.put(msgspec.structs.replace(code, state="approved", sign_in=sign_in))
    application = find_application(exchange, code.app_id)
    return page(
        "done",
        heading="You are signed in",
        text=f"{application.display_name} goes on by itself on your device. You can close this page.",
    )


def _members(exchange: Exchange, flow: Flow, request: AuthorizeRequest, user: User, sign_in: SignIn) -> dict[str, str]:
    """What an authorize request asked for."""
    application = find_application(exchange, request.app_id)
    sign_in = msgspec.structs.replace(sign_in, nonce=request.nonce, max_age=request.max_age)
    members: dict[str, str] = {}
    hashes: dict[str, object] = {}
    if "code" in request.response_types:
        members["code"] = _code(exchange, request, sign_in)
        hashes["c_hash"] = half_hash(members["code"])
    if "token" in request.response_types:
        delegation = delegate(exchange, Client(application, "none"), user, sign_in, request.wanted, kind=request.kind)
        members |= {
            "access_token": access_token_alone(exchange, delegation),
            "token_type": "Bearer",
            "expires_in": str(ACCESS_TOKEN_LIFE_S),
            "scope": " ".join(map(delegation.ask.written, visible(delegation.scopes))),
        }
        hashes["at_hash"] = half_hash(members["access_token"])
    if "id_token" in request.response_types:
        tenant, oidc = tenant_of(exchange, sign_in), read(request.wanted).oidc
        members["id_token"] = id_token(exchange, application, tenant, user, sign_in, oidc=oidc, extra=hashes)
    if request.wants_client_info:
        members["client_info"] = client_info(exchange, user)
    if "admin_consent" in request.prompt.split() and flow.consented:
        members["admin_consent"] = "True"
    return {**members, "session_state": new_guid()}


def _code(exchange: Exchange, request: AuthorizeRequest, sign_in: SignIn) -> str:
    secret = new_secret("1.")
    exchange.ledger.codes.put(
        AuthorizationCode(
            id=hashed(secret),
            expires=exchange.now + CODE_LIFE,
            app_id=request.app_id,
            redirect_uri=request.redirect_uri,
            kind=request.kind,
            wanted=request.wanted,
            sign_in=sign_in,
            challenge=request.challenge,
            challenge_method=request.challenge_method,
        )
    )
    return secret


def half_hash(text: str) -> str:
    """`at_hash` and `c_hash`: the left half of the SHA-256."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode("ascii")).digest()[:16]).rstrip(b"=").decode()
