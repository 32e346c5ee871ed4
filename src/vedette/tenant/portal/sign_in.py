"""Signs people in to the portal as any web app does: authorization code with PKCE, at the tenant's own pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime
from urllib.parse import urlencode

import httpx2
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from vedette.auth.tokens import decode_token
from vedette.catalogue.clouds import CLOUDS, portal_hosts
from vedette.catalogue.permission import DEFENDER
from vedette.errors import SignInError
from vedette.tenant.authenticate import Authenticator
from vedette.tenant.portal import rendering
from vedette.tenant.portal.registration import APP_ID, REQUESTED, SIGNED_IN_PATH, admit, register
from vedette.tenant.portal.sessions import (
    FLOW_COOKIE,
    FLOW_LIFE,
    SESSION_COOKIE,
    Flow,
    Kept,
    Session,
    delete_cookie,
    set_cookie,
)
from vedette.tenant.state import State

_DOOR = "/organizations/oauth2/v2.0"
_OWN_PATH = re.compile(r"/portal(/[A-Za-z0-9._~%/-]*)?(\?[A-Za-z0-9._~%=&+-]*)?")


def origin(request: Request) -> str:
    """Scheme, host and port of this server, as the browser knows it."""
    return f"{request.url.scheme}://{request.url.netloc}"


def sign_in_origin(request: Request) -> str:
    """Origin of the sign-in service: this server, or its host of the cloud where the portal has one of its own."""
    if request.url.hostname not in portal_hosts():
        return origin(request)
    return next(
        (cloud.authority for cloud in CLOUDS.values() if cloud.portal == f"https://{request.url.hostname}"),
        CLOUDS["commercial"].authority,
    )


class SignIn:
    """The portal as a client of the sign-in service."""

    def __init__(self, state: State, identity: ASGIApp) -> None:
        self._state = state
        self._secret = register(state)
        self._authenticator = Authenticator(state, DEFENDER.identifier_uris)
        self._http = httpx2.AsyncClient(transport=httpx2.ASGITransport(identity))
        self._flows: Kept[Flow] = Kept()
        self.sessions: Kept[Session] = Kept()

    def session(self, request: Request) -> Session | None:
        """The session of the browser that asks."""
        return self.sessions.get(request.cookies.get(SESSION_COOKIE, ""), self._state.clock.now())

    def begin(self, request: Request) -> Response:
        """Send the browser to the sign-in pages; `to` says where it wants to be afterwards."""
        redirect_uri = f"{origin(request)}{SIGNED_IN_PATH}"
        admit(self._state, redirect_uri)
        wanted = request.query_params.get("to", "")
        flow = Flow(
            browser=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            nonce=secrets.token_urlsafe(24),
            redirect_uri=redirect_uri,
            return_to=wanted if _OWN_PATH.fullmatch(wanted) else "/portal",
            expires=self._state.clock.now() + FLOW_LIFE,
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(flow.verifier.encode()).digest()).rstrip(b"=").decode()
        parameters = {
            "client_id": APP_ID,
            "response_type": "code",
            "response_mode": "query",
            "redirect_uri": redirect_uri,
            "scope": REQUESTED,
            "state": self._flows.add(flow),
            "nonce": flow.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **({"prompt": "select_account"} if "switch" in request.query_params else {}),
        }
        response = rendering.see_other(f"{sign_in_origin(request)}{_DOOR}/authorize?{urlencode(parameters)}")
        set_cookie(response, FLOW_COOKIE, flow.browser)
        return response

    async def finish(self, request: Request) -> Response:
        """The way back from the sign-in pages: exchange the code, begin a session."""
        answer = request.query_params
        flow = self._flows.pop(answer.get("state", ""), self._state.clock.now())
        browser = request.cookies.get(FLOW_COOKIE, "").encode("utf-8", "replace")
        if flow is None or not hmac.compare_digest(flow.browser.encode(), browser):
            return _again("This sign-in was not begun in this browser, or too long ago.", 400)
        if "code" not in answer:
            return _again(str(SignInError.from_answer(dict(answer))), 403)
        try:
            session = await self._redeem(sign_in_origin(request), flow, answer["code"])
        except SignInError as refused:
            return _again(refused.message, 403)
        response = rendering.see_other(flow.return_to)
        self.sessions.pop(request.cookies.get(SESSION_COOKIE, ""), self._state.clock.now())
        set_cookie(response, SESSION_COOKIE, self.sessions.add(session))
        delete_cookie(response, FLOW_COOKIE)
        return response

    def end(self, request: Request) -> Response:
        """Sign out, here and at the sign-in service."""
        self.sessions.pop(request.cookies.get(SESSION_COOKIE, ""), self._state.clock.now())
        back = urlencode({"post_logout_redirect_uri": f"{origin(request)}{SIGNED_IN_PATH}"})
        response = rendering.see_other(f"{sign_in_origin(request)}{_DOOR}/logout?{back}")
        delete_cookie(response, SESSION_COOKIE)
        return response

    async def _redeem(self, authority: str, flow: Flow, code: str) -> Session:
        answer = await self._http.post(
            f"{authority}{_DOOR}/token",
            data={
                "grant_type": "authorization_code",
                "client_id": APP_ID,
                "client_secret": self._secret,
                "code": code,
                "redirect_uri": flow.redirect_uri,
                "code_verifier": flow.verifier,
            },
        )
        tokens = answer.json()
        if answer.status_code != 200:
            raise SignInError.from_answer(tokens)
        # Both tokens come straight from the token endpoint; the nonce ties them to this browser's request.
        if decode_token(tokens["id_token"]).raw.get("nonce") != flow.nonce:
            raise SignInError("the sign-in answered another request than this browser's")
        caller = self._authenticator.caller([b"Bearer " + tokens["access_token"].encode()])
        return Session(
            user_id=str(caller.user_id),
            tenant_id=caller.tenant_id,
            access_token=tokens["access_token"],
            expires=datetime.fromtimestamp(float(str(caller.claims["exp"])), UTC),
        )


def _again(text: str, status: int) -> Response:
    return rendering.message("Not signed in", text, status=status, link=("/portal/sign-in?switch=1", "Sign in again"))
