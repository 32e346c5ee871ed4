"""One running tenant for all clients, and what each of them has to show for itself in the end: a token that works."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from vedette import TokenClaims, validate_token
from vedette.tenant import LocalTenant
from vedette.tenant.config import AppEntry, RedirectUris, TenantFile, UserEntry
from vedette.tenant.seed import UserAccess, default_apps, default_tenants, default_users

API = "https://api.securitycenter.microsoft.com"
GRAPH = "https://graph.microsoft.com"
LOOPBACK = RedirectUris(public=["http://localhost"])
READING = ["Alert.Read.All", "Machine.Read.All"]
ALICE_PASSWORD = "P@ss.word-1"  # with a letter that the documented request sends without encoding it
ODD_PASSWORD = "a+b&c=d%41 é;#"


@dataclass(frozen=True)
class Certificate:
    """A certificate that an app signs in with."""

    private_key: str
    """PEM."""
    thumbprint: str
    """SHA-1, in hexadecimal, as MSAL and adal ask for it."""
    thumbprint_sha256: str
    public_pem: Path
    both_pem: Path


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A self-signed certificate, registered with the app `signs-with-certificate`."""
    folder = tmp_path_factory.mktemp("certificate")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signs-with-certificate")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = made.public_bytes(Encoding.PEM)
    (folder / "public.pem").write_bytes(public)
    (folder / "both.pem").write_bytes(private + public)
    thumbprint = made.fingerprint(hashes.SHA1()).hex()
    sha256 = made.fingerprint(hashes.SHA256()).hex()
    return Certificate(private.decode(), thumbprint, sha256, folder / "public.pem", folder / "both.pem")


@pytest.fixture(scope="session")
def tenant(certificate: Certificate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalTenant]:
    """The default tenant, with Alice, and with apps that stand for what may be wrong with one."""
    tenants = default_tenants()
    domain = tenants[0].domain
    users = [
        *default_users(domain),
        UserEntry(upn=f"alice@{domain}", name="Alice Berg", password=ALICE_PASSWORD, role="analyst"),
        UserEntry(upn=f"olga@{domain}", name="Olga Odd", password=ODD_PASSWORD, role="analyst"),
    ]
    apps = [
        *default_apps(),
        AppEntry(name="signs-with-certificate", certificates=[str(certificate.public_pem)], application=READING),
        AppEntry(
            name="nobody-agreed", public_client=True, redirect_uris=LOOPBACK, delegated=["Alert.Read"], consent="none"
        ),
        AppEntry(
            name="asks-first", public_client=True, redirect_uris=LOOPBACK, delegated=["Alert.Read"], consent="none"
        ),
        AppEntry(name="reads-alerts", public_client=True, delegated=["Alert.Read"]),
        AppEntry(
            name="reads-alerts-v1",
            secret=True,
            redirect_uris=RedirectUris(web=["https://soc.example/cb"]),
            delegated=["Alert.Read"],
        ),
        AppEntry(name="triage-api", secret=True, delegated=["Alert.Read"]),
    ]
    file = TenantFile(tenants=tenants, users=users, apps=apps)
    state = tmp_path_factory.mktemp("tenant")  # so that `vedette run` can join it
    with LocalTenant(config=file, state=state, machines=8, days=1, limits="off") as running:
        yield running


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no trust store from outside: each test says what its client is told."""
    for name in list(os.environ):
        if name.upper() in {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}:
            monkeypatch.delenv(name)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def proxied(tenant: LocalTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two variables that lead an unchanged program to the tenant instead of to Microsoft."""
    monkeypatch.setenv("HTTPS_PROXY", tenant.proxy_url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", tenant.ca_bundle)


@pytest.fixture(scope="session")
def alice(tenant: LocalTenant) -> UserAccess:
    return tenant.users["alice"]


@pytest.fixture(scope="session")
def http(tenant: LocalTenant) -> requests.Session:
    """Plain HTTP to the tenant, trusting its certificate authority and nothing from the environment."""
    session = requests.Session()
    session.trust_env = False
    session.verify = tenant.ca_bundle
    return session


class Witness:
    """Looks at an access token as the API does that it is for: in full, then by calling the API with it."""

    def __init__(self, tenant: LocalTenant, http: requests.Session) -> None:
        self._tenant, self._http = tenant, http

    def checks(self, token: str, *, scopes: str = "", roles: str = "", audience: str = API) -> TokenClaims:
        """Everything about the token is in order, and the alerts are there for it."""
        claims = validate_token(
            token,
            tenant_id=self._tenant.tenant_id,
            audience=audience,
            scopes=scopes.split(),
            roles=roles.split(),
            authority=self._tenant.authority,
            ca_bundle=self._tenant.ca_bundle,
        )
        answer = self._http.get(
            f"{self._tenant.api_base}/api/alerts?$top=1", headers={"Authorization": f"Bearer {token}"}
        )
        assert (answer.status_code, len(answer.json()["value"])) == (200, 1)
        return claims


@pytest.fixture(scope="session")
def witness(tenant: LocalTenant, http: requests.Session) -> Witness:
    return Witness(tenant, http)


@pytest.fixture(scope="session")
def triage_scope(tenant: LocalTenant, http: requests.Session) -> str:
    """A scope that the app `triage-api` publishes and `soc-cli` may use; registered and granted through Graph."""
    graph = _Graph(tenant, http)
    api = graph.call("GET", f"/applications(appId='{tenant.apps['triage-api'].client_id}')")
    scope = {
        "id": str(uuid.uuid4()),
        "value": "access_as_user",
        "type": "User",
        "isEnabled": True,
        "adminConsentDisplayName": "Triage alerts",
        "adminConsentDescription": "Triage alerts on behalf of the signed-in user.",
    }
    change = {"identifierUris": [f"api://{api['appId']}"], "api": {"oauth2PermissionScopes": [scope]}}
    graph.call("PATCH", f"/applications/{api['id']}", change)
    grant = {
        "clientId": graph.principal(tenant.apps["soc-cli"].client_id),
        "consentType": "AllPrincipals",
        "resourceId": graph.principal(api["appId"]),
        "scope": "access_as_user",
    }
    graph.call("POST", "/oauth2PermissionGrants", grant)
    return f"api://{api['appId']}/access_as_user"


class _Graph:
    """Graph, called as the administrator."""

    def __init__(self, tenant: LocalTenant, http: requests.Session) -> None:
        self._base, self._http = tenant.graph_base, http
        admin = tenant.users["admin"]
        answer = http.post(
            f"{tenant.authority}/{tenant.tenant_id}/oauth2/v2.0/token",
            data={
                "grant_type": "password",
                "client_id": tenant.apps["vedette-admin"].client_id,
                "username": admin.upn,
                "password": admin.password,
                "scope": f"{GRAPH}/.default",
            },
        )
        self._headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:  # Any: JSON
        answer = self._http.request(method, f"{self._base}{path}", json=body, headers=self._headers)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def principal(self, app_id: str) -> str:
        principal: str = self.call("GET", f"/servicePrincipals(appId='{app_id}')")["id"]
        return principal
