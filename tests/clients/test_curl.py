"""The documented requests, sent by `curl` as they are printed: token, alerts, one change, one refusal.

`test_*_here` go to the tenant's own address; the others to Microsoft's host names, through the tenant's proxy.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import API, Witness
from vedette import decode_token
from vedette.tenant import LocalTenant
from vedette.tenant.seed import UserAccess

CURL = shutil.which("curl")

pytestmark = pytest.mark.skipif(CURL is None, reason="there is no curl on this machine")

LOGIN = "https://login.microsoftonline.com"
FORM = "Content-Type: application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> dict[str, Any]:  # Any: JSON
        body: dict[str, Any] = json.loads(self.text)
        return body


@dataclass(frozen=True)
class Curl:
    """`curl` with the tenant's certificate authority, without anybody's configuration file."""

    ca_bundle: str
    home: Path
    proxy: str = ""

    def __call__(self, *arguments: str) -> Answer:
        kept = self.home / "headers"
        how = ["--disable", "--silent", "--show-error", "--cacert", self.ca_bundle, "--dump-header", str(kept)]
        if self.proxy:
            how += ["--proxy", self.proxy, "--suppress-connect-headers"]
        run = subprocess.run(
            [CURL or "curl", *how, *arguments], capture_output=True, text=True, timeout=30, check=True, env={}
        )
        first, *rest = kept.read_text().strip().splitlines()
        headers = dict(line.split(": ", 1) for line in rest if ": " in line)
        return Answer(int(first.split()[1]), {name.lower(): value for name, value in headers.items()}, run.stdout)


@pytest.fixture
def curl(tenant: LocalTenant, tmp_path: Path) -> Curl:
    return Curl(tenant.ca_bundle, tmp_path)


@pytest.fixture
def curl_by_proxy(tenant: LocalTenant, tmp_path: Path) -> Curl:
    return Curl(tenant.ca_bundle, tmp_path, tenant.proxy_url)


def test_app_token_v1_here(tenant: LocalTenant, curl: Curl, witness: Witness) -> None:
    app = tenant.apps["soc-reader"]

    answer = curl(
        "-X", "POST", f"{tenant.authority}/{tenant.tenant_id}/oauth2/token",
        "-H", FORM,
        "-d", f"resource={API}&client_id={app.client_id}&client_secret={app.client_secret}"
        "&grant_type=client_credentials",
    )  # fmt: skip

    assert answer.status == 200
    claims = witness.checks(answer.body["access_token"], roles="Alert.Read.All")
    assert answer.body == {
        "token_type": "Bearer",
        "expires_in": "3599",
        "ext_expires_in": "3599",
        "expires_on": str(claims.raw["exp"]),
        "not_before": str(claims.raw["nbf"]),
        "resource": API,
        "access_token": answer.body["access_token"],
    }


@pytest.mark.parametrize("resource", [API, "https://securitycenter.onmicrosoft.com/windowsatpservice"])
def test_app_token_v2_here(tenant: LocalTenant, curl: Curl, witness: Witness, resource: str) -> None:
    app = tenant.apps["soc-reader"]

    answer = curl(
        "-X", "POST", "-H", FORM,
        "-d", "grant_type=client_credentials",
        "-d", f"client_id={app.client_id}",
        "-d", f"scope={resource}/.default",
        "-d", f"client_secret={app.client_secret}",
        f"{tenant.authority}/{tenant.tenant_id}/oauth2/v2.0/token",
    )  # fmt: skip

    assert answer.status == 200
    assert {name: value for name, value in answer.body.items() if name != "access_token"} == {
        "token_type": "Bearer",
        "expires_in": 3599,
        "ext_expires_in": 3599,
    }
    claims = witness.checks(answer.body["access_token"], roles="Alert.Read.All", audience=resource)
    assert (claims.version, claims.issuer) == ("1.0", f"https://sts.windows.net/{tenant.tenant_id}/")


def password_request(tenant: LocalTenant, alice: UserAccess, password: str) -> str:
    """The body of the documented sample, which encodes neither user name nor password nor resource."""
    return (
        f"resource={API}&client_id={tenant.apps['reads-alerts'].client_id}&grant_type=password"
        f"&username={alice.upn}&password={password}"
    )


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=utf-8"])
def test_user_token_v1_here(
    tenant: LocalTenant, curl: Curl, alice: UserAccess, witness: Witness, content_type: str
) -> None:
    assert alice.password is not None
    assert "@" in alice.password

    answer = curl(
        f"{tenant.authority}/{tenant.tenant_id}/oauth2/token",
        "-H", content_type,
        "--data", password_request(tenant, alice, alice.password),
    )  # fmt: skip

    assert answer.status == 200
    claims = witness.checks(answer.body["access_token"], scopes="Alert.Read")
    assert claims.user_name == alice.upn
    told = {name: value for name, value in answer.body.items() if not name.endswith("_token")}
    assert told == {
        "token_type": "Bearer",
        "scope": "Alert.Read",
        "expires_in": "3599",
        "ext_expires_in": "3599",
        "expires_on": str(claims.raw["exp"]),
        "not_before": str(claims.raw["nbf"]),
        "resource": API,
    }
    assert {name for name in answer.body if name.endswith("_token")} == {"access_token", "refresh_token"}


def test_wrong_password_here(tenant: LocalTenant, curl: Curl, alice: UserAccess) -> None:
    asked = "5f0c3c6a-4b8e-4c57-9d5e-8f3c6a4b8e4c"

    answer = curl(
        f"{tenant.authority}/{tenant.tenant_id}/oauth2/token",
        "-H", f"client-request-id: {asked}", "-H", "return-client-request-id: true",
        "--data", password_request(tenant, alice, "not-her-password"),
    )  # fmt: skip

    body = answer.body
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["client-request-id"] == asked
    assert body == {
        "error": "invalid_grant",
        "error_description": "AADSTS50126: Error validating credentials due to invalid username or password. "
        f"Trace ID: {body['trace_id']} Correlation ID: {asked} Timestamp: {body['timestamp']}",
        "error_codes": [50126],
        "timestamp": body["timestamp"],
        "trace_id": answer.headers["x-ms-request-id"],
        "correlation_id": asked,
        "error_uri": f"{tenant.authority}/error?code=50126",
    }


def test_headers_of_every_sign_in_answer(tenant: LocalTenant, curl: Curl) -> None:
    for path in (f"/{tenant.tenant_id}/v2.0/.well-known/openid-configuration", f"/{tenant.tenant_id}/oauth2/token"):
        headers = curl(f"{tenant.authority}{path}").headers

        assert headers["cache-control"] == "no-store, no-cache"
        assert (headers["pragma"], headers["expires"]) == ("no-cache", "-1")
        assert headers["x-content-type-options"] == "nosniff"
        assert {"x-ms-request-id", "x-ms-ests-server", "p3p"} <= set(headers)
        assert "retry-after" not in headers


def test_a_get_at_the_token_endpoint(tenant: LocalTenant, curl: Curl) -> None:
    answer = curl(f"{tenant.authority}/{tenant.tenant_id}/oauth2/v2.0/token")

    assert (answer.status, answer.body["error_codes"]) == (405, [900561])


def user_token(tenant: LocalTenant, curl: Curl, user: UserAccess, *, app: str) -> str:
    answer = curl(
        f"{LOGIN}/{tenant.tenant_id}/oauth2/token",
        "-d", f"resource={API}&client_id={tenant.apps[app].client_id}&grant_type=password"
        f"&username={user.upn}&password={user.password}",
    )  # fmt: skip
    token: str = answer.body["access_token"]
    return token


def test_alerts(tenant: LocalTenant, curl_by_proxy: Curl, alice: UserAccess) -> None:
    token = user_token(tenant, curl_by_proxy, alice, app="reads-alerts")
    assert decode_token(token).scopes == {"Alert.Read"}

    answer = curl_by_proxy(f"{API}/api/alerts", "-H", f"Authorization: Bearer {token}")

    assert answer.status == 200
    assert answer.body["@odata.context"] == f"{API}/api/$metadata#Alerts"
    assert {"id", "title", "severity", "machineId", "alertCreationTime", "evidence"} <= set(answer.body["value"][0])
    assert answer.body["value"][0]["evidence"] == []


@pytest.mark.parametrize("address", ["api.securitycenter.microsoft.com", "api.security.microsoft.com"])
def test_filtered_alerts_with_evidence(
    tenant: LocalTenant, curl_by_proxy: Curl, alice: UserAccess, address: str
) -> None:
    token = user_token(tenant, curl_by_proxy, alice, app="reads-alerts")

    answer = curl_by_proxy(
        f"https://{address}/api/alerts?$filter=severity+eq+'High'&$top=2&$expand=evidence",
        "-H", f"Authorization: Bearer {token}",
    )  # fmt: skip

    assert answer.status == 200
    assert [(alert["severity"], bool(alert["evidence"])) for alert in answer.body["value"]] == [("High", True)] * 2


def test_one_alert_is_changed(tenant: LocalTenant, curl_by_proxy: Curl) -> None:
    responder = tenant.users["responder"]
    token = user_token(tenant, curl_by_proxy, responder, app="soc-cli")
    listed = curl_by_proxy(f"{API}/api/alerts?$top=1&$filter=status+eq+'New'", "-H", f"Authorization: Bearer {token}")
    alert = listed.body["value"][0]

    answer = curl_by_proxy(
        "-X", "PATCH", f"{API}/api/alerts/{alert['id']}",
        "-H", f"Authorization: Bearer {token}",
        "-H", "Content-Type: application/json",
        "-d", json.dumps(
            {
                "status": "Resolved",
                "assignedTo": responder.upn,
                "classification": "FalsePositive",
                "determination": "Malware",
                "comment": "Resolve my alert and assign to the responder",
            }
        ),
    )  # fmt: skip

    changed = answer.body
    assert answer.status == 200
    assert (changed["id"], changed["status"], changed["assignedTo"]) == (alert["id"], "Resolved", responder.upn)
    assert (changed["classification"], changed["determination"]) == ("FalsePositive", "Malware")
    assert changed["comments"][-1]["createdBy"] == responder.upn
    again = curl_by_proxy(f"{API}/api/alerts/{alert['id']}", "-H", f"Authorization: Bearer {token}")
    assert again.body["status"] == "Resolved"


def test_isolating_without_the_permission(tenant: LocalTenant, curl_by_proxy: Curl, alice: UserAccess) -> None:
    token = user_token(tenant, curl_by_proxy, alice, app="reads-alerts")
    machine = next(alert for alert in _alerts(curl_by_proxy, token) if alert["machineId"])["machineId"]

    answer = curl_by_proxy(
        "-X", "POST", f"{API}/api/machines/{machine}/isolate",
        "-H", f"Authorization: Bearer {token}",
        "-H", "Content-Type: application/json",
        "-d", '{"Comment": "Isolate machine due to alert 1234", "IsolationType": "Full"}',
    )  # fmt: skip

    error = answer.body["error"]
    assert answer.status == 403
    assert (set(error), error["code"]) == ({"code", "message", "target"}, "Forbidden")
    assert "Machine.Isolate" in error["message"]


def test_without_a_token(curl_by_proxy: Curl) -> None:
    answer = curl_by_proxy(f"{API}/api/alerts")

    assert (answer.status, answer.body["error"]["code"]) == (401, "Unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_other_hosts_are_refused_by_the_proxy(curl_by_proxy: Curl) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        curl_by_proxy("https://www.example.com/")

    assert refused.value.returncode == 56
    assert "403" in refused.value.stderr


def _alerts(curl: Curl, token: str) -> list[dict[str, Any]]:
    alerts: list[dict[str, Any]] = curl(f"{API}/api/alerts", "-H", f"Authorization: Bearer {token}").body["value"]
    return alerts
