"""A sign-in service made of a function: what it was asked, and what it answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx2

TENANT = "0f9c1f2e-6d3e-4a77-9d9a-5b0f6a3c2e11"
ORIGIN = "https://localhost:8443"
SCOPE = "https://api.securitycenter.microsoft.com/.default"


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def refused(number: int, error: str, status: int = 400, **members: str) -> httpx2.Response:
    body = {
        "error": error,
        "error_description": f"AADSTS{number}: Something is wrong. Trace ID: t-1 Correlation ID: c-1 Timestamp: now",
        "error_codes": [number],
        "trace_id": "t-1",
        "correlation_id": "c-1",
        **members,
    }
    return httpx2.Response(status, json=body)


@dataclass
class SignInService:
    """Answers metadata and user realm by itself, and token requests from a queue, or with a numbered token."""

    queue: list[httpx2.Response] = field(default_factory=list)
    requests: list[httpx2.Request] = field(default_factory=list)
    metadata: httpx2.Response | None = None
    lifetime: int = 3600
    issued: int = 0

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._answer)

    @property
    def forms(self) -> list[Mapping[str, str]]:
        """The forms that were posted."""
        return [
            dict(parse_qsl(r.content.decode(), keep_blank_values=True)) for r in self.requests if r.method == "POST"
        ]

    @property
    def gets(self) -> list[str]:
        return [str(request.url) for request in self.requests if request.method == "GET"]

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        self.issued += 1
        body: dict[str, Any] = {
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "access_token": f"token-{self.issued}",
            "scope": form.get("scope", ""),
        }
        if form["grant_type"] != "client_credentials":
            claims = {
                "aud": form["client_id"],
                "iss": f"{ORIGIN}/{TENANT}/v2.0",
                "oid": "o1",
                "sub": "s",
                "tid": TENANT,
            }
            claims |= {"preferred_username": "alice@contoso.com", "exp": 4102444800, "iat": 0}
            body["refresh_token"] = f"refresh-{self.issued}"
            body["id_token"] = f"{part({'alg': 'RS256'})}.{part(claims)}.c2ln"
            body["client_info"] = part({"uid": "o1", "utid": TENANT})
        return body

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        path = request.url.path
        if path.endswith("/.well-known/openid-configuration"):
            tenant = f"{ORIGIN}/{TENANT}"
            return self.metadata or httpx2.Response(
                200,
                json={
                    "issuer": f"{tenant}/v2.0",
                    "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{tenant}/oauth2/v2.0/token",
                    "device_authorization_endpoint": f"{tenant}/oauth2/v2.0/devicecode",
                },
            )
        if "/userrealm/" in path:
            return httpx2.Response(200, json={"account_type": "Managed", "domain_name": "contoso.com"})
        if self.queue:
            return self.queue.pop(0)
        form = dict(parse_qsl(request.content.decode()))
        if path.endswith("/devicecode"):
            code = {"user_code": "F7CG945YZ", "device_code": "d", "verification_uri": f"{ORIGIN}/device"}
            return httpx2.Response(200, json={**code, "expires_in": 900, "interval": 0, "message": "Enter F7CG945YZ."})
        body = self.token(form)
        if path.endswith("/oauth2/token"):  # v1 writes numbers as text
            body["expires_in"] = str(body["expires_in"])
        return httpx2.Response(200, json=body)
