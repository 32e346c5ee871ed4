"""Microsoft's own client libraries sign in, unchanged: MSAL Python and azure-identity, in-process.

Their requests go through `requests`, whose adapter here hands them to the application instead of a socket. They read
the wall clock, so the server stands at the present moment. The browser part is played by a person who fills in pages.
"""

from __future__ import annotations

import base64
import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msal
import msgspec
import pytest
import requests
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import (
    CertificateCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
    OnBehalfOfCredential,
    UsernamePasswordCredential,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from requests.adapters import BaseAdapter

from tests.spec.sign_in.cloud import (
    CLI,
    DAEMON,
    DEFENDER_AUDIENCE,
    HOST,
    PASSWORD,
    SECRET,
    TENANT,
    Browser,
    Cloud,
    Page,
    claims,
)
from tests.spec.sign_in.test_client_authentication import certificate, thumbprint
from vedette.tenant.directory import KeyCredential, PublishedPermission

DEFAULT = f"{DEFENDER_AUDIENCE}/.default"
ALERTS = f"{DEFENDER_AUDIENCE}/Alert.Read"
API = "c0000000-0000-4000-8000-0000000000a1"

# The libraries advise against passwords and against response_mode=query; both have to work all the same.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:response_mode:UserWarning"),
]


class InProcess(BaseAdapter):
    """Hands requests to the application and remembers them."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self.cloud = cloud
        self.seen: list[str] = []
        self.hosts: list[str] = []

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(request.url)
        self.seen.append(f"{request.method} {parts.path}")
        self.hosts.append(parts.netloc)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = {name: str(value) for name, value in request.headers.items()} | {"Host": parts.netloc}
        answer = self.cloud.send(request.method, path, content=request.body, headers=headers)
        response = requests.Response()
        response.status_code = answer.status_code
        response.headers.update(answer.headers)
        response.raw = BytesIO(answer.content)
        response.url, response.request = request.url, request
        return response

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud(moment=datetime.now(UTC))
    cloud.consent(cloud.cli, "Alert.Read")
    cloud.assign(cloud.daemon, "Alert.Read.All")
    now = cloud.clock.now()
    credential = KeyCredential(
        key_id="k1",
        certificate=certificate("daemon")[1],
        thumbprint_sha1=thumbprint("sha1"),
        thumbprint_sha256=thumbprint(),
        start=now - timedelta(days=1),
        end=now + timedelta(days=1),
    )
    cloud.daemon = msgspec.structs.replace(cloud.daemon, key_credentials=[credential])
    cloud.directory.applications.put(cloud.daemon)
    return cloud


@pytest.fixture
def wire(cloud: Cloud) -> InProcess:
    return InProcess(cloud)


@pytest.fixture
def http(wire: InProcess) -> requests.Session:
    session = requests.Session()
    session.mount("https://", wire)
    return session


@pytest.fixture
def public(http: requests.Session) -> msal.PublicClientApplication:
    return msal.PublicClientApplication(CLI, authority=f"{HOST}/{TENANT}", instance_discovery=False, http_client=http)


@pytest.fixture
def azure(http: requests.Session) -> dict[str, Any]:
    transport = RequestsTransport(session=http, session_owner=False)
    return {"authority": HOST, "disable_instance_discovery": True, "transport": transport, "retry_total": 0}


def approve(cloud: Cloud, user_code: str) -> None:
    browser = Browser(cloud)
    page = browser.open("/common/oauth2/deviceauth").submit("deviceauth", user_code=user_code)
    assert browser.sign_in(page, cloud.alice).submit("confirm").heading == "You are signed in"


def test_msal_signs_in_by_password_and_then_silently(cloud: Cloud, public: Any, wire: InProcess) -> None:
    result = public.acquire_token_by_username_password(cloud.alice.upn, PASSWORD, [ALERTS])
    assert claims(result["access_token"])["scp"] == "Alert.Read"
    account = public.get_accounts()[0]
    assert account["home_account_id"] == f"{cloud.alice.id}.{TENANT}"
    assert account["username"] == cloud.alice.upn

    wire.seen.clear()
    cached = public.acquire_token_silent([ALERTS], account)
    assert cached["access_token"] == result["access_token"]
    assert wire.seen == []
    fresh = public.acquire_token_silent([ALERTS], account, force_refresh=True)
    assert fresh["access_token"] != result["access_token"]
    assert wire.seen == [f"POST /{TENANT}/oauth2/v2.0/token"]


def test_msal_finds_default_in_its_cache(cloud: Cloud, public: Any, wire: InProcess) -> None:
    public.acquire_token_by_username_password(cloud.alice.upn, PASSWORD, [DEFAULT])
    wire.seen.clear()

    assert "access_token" in public.acquire_token_silent([DEFAULT], public.get_accounts()[0])
    assert wire.seen == []


def test_msal_signs_in_by_device_code(cloud: Cloud, public: Any) -> None:
    flow = public.initiate_device_flow([ALERTS])
    assert flow["verification_uri"] == f"{HOST}/common/oauth2/deviceauth"
    approve(cloud, flow["user_code"])

    result = public.acquire_token_by_device_flow(flow)

    assert result["id_token_claims"]["preferred_username"] == cloud.alice.upn
    assert result["scope"] == ALERTS


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_msal_signs_in_by_browser_with_pkce_and_nonce(cloud: Cloud, public: Any, mode: str) -> None:
    flow = public.initiate_auth_code_flow([ALERTS], redirect_uri="http://localhost:5001", response_mode=mode)
    parts = urlsplit(flow["auth_uri"])
    browser = Browser(cloud)
    first = browser.open(parts.path, **{name: values[0] for name, values in parse_qs(parts.query).items()})
    page: Page = browser.sign_in(first, cloud.alice)

    result = public.acquire_token_by_auth_code_flow(flow, page.target)

    assert claims(result["access_token"])["scp"] == "Alert.Read"
    assert public.get_accounts()[0]["username"] == cloud.alice.upn


def test_msal_shows_the_refusal_as_it_was_sent(cloud: Cloud, public: Any) -> None:
    result = public.acquire_token_by_username_password(cloud.alice.upn, "wrong", [ALERTS])

    assert (result["error"], result["error_codes"]) == ("invalid_grant", [50126])


def _confidential(http: requests.Session, credential: Any) -> Any:
    return msal.ConfidentialClientApplication(
        DAEMON, credential, authority=f"{HOST}/{TENANT}", instance_discovery=False, http_client=http
    )


def _private_key() -> str:
    key = certificate("daemon")[0]
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_msal_acts_as_an_app_by_secret_and_by_certificate(cloud: Cloud, http: requests.Session) -> None:
    by_thumbprint = {"private_key": _private_key(), "thumbprint": _hex_thumbprint()}
    strengths = []
    for credential in (SECRET, by_thumbprint):
        result = _confidential(http, credential).acquire_token_for_client([DEFAULT])
        assert claims(result["access_token"])["roles"] == ["Alert.Read.All"]
        strengths.append(claims(result["access_token"])["appidacr"])

    assert strengths == ["1", "2"]


def _hex_thumbprint() -> str:
    return base64.urlsafe_b64decode(thumbprint("sha1") + "=").hex().upper()


def test_msal_stays_at_the_real_host_name_when_it_came_in_by_it(
    cloud: Cloud, http: requests.Session, wire: InProcess
) -> None:
    app = msal.PublicClientApplication(CLI, authority=f"https://login.microsoftonline.com/{TENANT}", http_client=http)
    result = app.acquire_token_by_username_password(cloud.alice.upn, PASSWORD, [ALERTS])

    assert claims(result["access_token"])["scp"] == "Alert.Read"
    assert app.get_accounts()[0]["environment"] == "login.microsoftonline.com"
    assert set(wire.hosts) == {"login.microsoftonline.com"}


def test_azure_identity_acts_as_an_app(azure: dict[str, Any]) -> None:
    pem = _private_key().encode() + _certificate_pem()
    by_secret = ClientSecretCredential(TENANT, DAEMON, SECRET, **azure)
    by_certificate = CertificateCredential(TENANT, DAEMON, certificate_data=pem, **azure)

    for credential in (by_secret, by_certificate):
        assert claims(credential.get_token(DEFAULT).token)["appid"] == DAEMON


def _certificate_pem() -> bytes:
    body = base64.encodebytes(certificate("daemon")[1])
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


def test_azure_identity_signs_in_by_password(cloud: Cloud, azure: dict[str, Any]) -> None:
    credential = UsernamePasswordCredential(CLI, cloud.alice.upn, PASSWORD, tenant_id=TENANT, **azure)

    assert claims(credential.get_token(DEFAULT).token)["scp"] == "Alert.Read"


def test_azure_identity_signs_in_by_device_code(cloud: Cloud, azure: dict[str, Any]) -> None:
    shown = threading.Event()

    def prompt(uri: str, user_code: str, expires_on: datetime) -> None:
        approve(cloud, user_code)
        shown.set()

    credential = DeviceCodeCredential(CLI, tenant_id=TENANT, prompt_callback=prompt, **azure)
    record = credential.authenticate(scopes=[DEFAULT])

    assert shown.is_set()
    assert (record.username, record.tenant_id) == (cloud.alice.upn, TENANT)
    assert claims(credential.get_token(DEFAULT).token)["oid"] == cloud.alice.id


def test_azure_identity_goes_on_behalf_of_a_user(cloud: Cloud, azure: dict[str, Any]) -> None:
    scope = PublishedPermission(id="11111111-1111-4111-8111-111111111111", value="act")
    api = cloud.add_app(API, "Middle", secrets=[SECRET], published_scopes=[scope])
    cloud.consent(api, "Alert.Read")
    cloud.directory.grant_scopes(cloud.principal(CLI), cloud.principal(API), ["act"])
    assertion = cloud.password_token(scope=f"api://{API}/act").json()["access_token"]

    credential = OnBehalfOfCredential(TENANT, API, client_secret=SECRET, user_assertion=assertion, **azure)

    found = claims(credential.get_token(DEFAULT).token)
    assert (found["appid"], found["oid"]) == (API, cloud.alice.id)
