"""A tenant in memory and a client that sends Graph requests in-process, with tokens that the server itself signs."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from vedette.catalogue.permission import GRAPH
from vedette.tenant.clock import FixedClock
from vedette.tenant.directory import Application, Directory, ServicePrincipal, Tenant, User
from vedette.tenant.graph.app import graph_app
from vedette.tenant.graph.well_known import ensure_well_known
from vedette.tenant.identity.keys import KeyRing
from vedette.tenant.state import Options, State
from vedette.tenant.store.database import Database

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
TENANT = "0f3c1a52-7f0b-4d55-9d0a-1c2f0e5b6a01"
DOMAIN = "halden.example"
TOOL = "70010000-0000-4000-8000-000000000001"
EVERY_SCOPE = tuple(GRAPH.scopes)
EVERY_ROLE = tuple(value for value in GRAPH.roles if value != "Application.ReadWrite.OwnedBy")
EVENTUAL = {"ConsistencyLevel": "eventual"}


@cache
def shared_keys() -> KeyRing:
    return KeyRing(Database(None), FixedClock(NOW))


class GraphServer:
    """One tenant with an administrator, an application administrator, a plain user and the app that they sign in to."""

    def __init__(self, options: Options | None = None) -> None:
        self.clock = FixedClock(NOW)
        database = Database(None)
        self.directory = Directory(database)
        self.state = State(
            clock=self.clock,
            database=database,
            directory=self.directory,
            keys=shared_keys(),
            defender={},
            options=options or Options(),
        )
        self.tenant = Tenant(id=TENANT, domain=DOMAIN, display_name="Halden Works", created=NOW - timedelta(days=900))
        self.directory.tenants.put(self.tenant)
        self.apis = ensure_well_known(self.directory, self.tenant, NOW)
        self.admin = self.add_user("admin", ["Global Administrator"])
        self.appadmin = self.add_user("appadmin", ["Application Administrator"])
        self.alice = self.add_user("alice", [])
        self.tool = self.add_app(TOOL, "Directory tool")
        self._app = graph_app(self.state)

    def add_user(self, name: str, roles: list[str]) -> User:
        user = User(
            id=guid(name),
            tenant_id=TENANT,
            upn=f"{name}@{DOMAIN}",
            display_name=name.title(),
            given_name=name.title(),
            surname="Berg",
            directory_roles=roles,
        )
        self.directory.users.put(user)
        return user

    def add_app(self, app_id: str, name: str, **more: Any) -> ServicePrincipal:
        """An application with its service principal, put into the directory directly."""
        self.directory.applications.put(
            Application(
                id=guid(app_id, "object"),
                app_id=app_id,
                tenant_id=TENANT,
                display_name=name,
                created=NOW,
                **{"sign_in_audience": "AzureADMyOrg", **more},
            )
        )
        principal = ServicePrincipal(
            id=guid(app_id, "principal"),
            tenant_id=TENANT,
            app_id=app_id,
            display_name=name,
            owner_tenant_id=TENANT,
            created=NOW,
        )
        self.directory.service_principals.put(principal)
        return principal

    # Tokens

    def user_token(self, user: User, *scopes: str, **claims: Any) -> str:
        return self._token(oid=user.id, upn=user.upn, scp=" ".join(scopes or EVERY_SCOPE), **claims)

    def app_token(self, *roles: str, principal: ServicePrincipal | None = None, **claims: Any) -> str:
        principal = principal or self.tool
        return self._token(oid=principal.id, appid=principal.app_id, roles=list(roles), **claims)

    def _token(self, **claims: Any) -> str:
        now = int(self.clock.now().timestamp())
        usual = {
            "aud": "https://graph.microsoft.com",
            "iss": f"https://sts.windows.net/{TENANT}/",
            "ver": "1.0",
            "tid": TENANT,
            "iat": now,
            "nbf": now,
            "exp": now + 3599,
            "appid": TOOL,
            "sub": "pairwise-subject",
        }
        return self.state.keys.sign({**usual, **claims})

    # Requests

    def send(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        headers: Mapping[str, str] = {},
        version: str = "v1.0",
        **request: Any,
    ) -> httpx2.Response:
        """One request; without `token` as the administrator with every scope, with `""` anonymously."""
        bearer = self.user_token(self.admin) if token is None else token
        authorization = {"Authorization": f"Bearer {bearer}"} if bearer else {}

        async def go() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=self._app)
            async with httpx2.AsyncClient(transport=transport, base_url="https://graph.microsoft.com") as client:
                return await client.request(
                    method,
                    path if path.startswith(("https:", "/oidc")) else f"/{version}{path}",
                    headers={**authorization, **headers},
                    **request,
                )

        return asyncio.run(go())

    def get(self, path: str, **request: Any) -> Any:
        answer = self.send("GET", path, **request)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def create(self, path: str, body: Mapping[str, Any], **request: Any) -> Any:
        answer = self.send("POST", path, json=body, **request)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def names(self, path: str, **request: Any) -> list[str]:
        """The display names of a listing."""
        return [item["displayName"] for item in self.get(path, **request)["value"]]

    def new_app(self, name: str = "Playbook", **body: Any) -> Any:
        """A single-tenant application made through Graph."""
        return self.create("/applications", {"displayName": name, "signInAudience": "AzureADMyOrg", **body})


def guid(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)))


def error(answer: httpx2.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    body = answer.json()["error"]
    return answer.status_code, body["code"], body["message"]


@cache
def certificate(name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A self-signed certificate, the same for the same name within a run."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return key, made


def der(name: str) -> str:
    return base64.b64encode(certificate(name)[1].public_bytes(serialization.Encoding.DER)).decode()
