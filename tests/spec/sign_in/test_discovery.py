"""Discovery documents say where to go, built from the address that the client used."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography import x509

from tests.spec.sign_in.cloud import DOMAIN, HOST, TENANT, Cloud, code_of


@pytest.mark.parametrize("name", [TENANT, DOMAIN, TENANT.upper()])
def test_v2_metadata_names_the_tenant_by_its_id(cloud: Cloud, name: str) -> None:
    document = cloud.send("GET", f"/{name}/v2.0/.well-known/openid-configuration").json()

    assert document["issuer"] == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert document["token_endpoint"] == f"{HOST}/{TENANT}/oauth2/v2.0/token"
    assert document["authorization_endpoint"] == f"{HOST}/{TENANT}/oauth2/v2.0/authorize"
    assert document["device_authorization_endpoint"] == f"{HOST}/{TENANT}/oauth2/v2.0/devicecode"
    assert document["jwks_uri"] == f"{HOST}/{TENANT}/discovery/v2.0/keys"
    assert document["response_modes_supported"] == ["query", "fragment", "form_post"]
    assert document["subject_types_supported"] == ["pairwise"]
    assert document["scopes_supported"] == ["openid", "profile", "email", "offline_access"]


def test_v1_metadata_has_the_issuer_with_a_slash_at_its_end(cloud: Cloud) -> None:
    document = cloud.send("GET", f"/{TENANT}/.well-known/openid-configuration").json()

    assert document["issuer"] == f"https://sts.windows.net/{TENANT}/"
    assert document["token_endpoint"] == f"{HOST}/{TENANT}/oauth2/token"
    assert document["jwks_uri"] == f"{HOST}/{TENANT}/discovery/keys"
    assert document["microsoft_multi_refresh_token"] is True
    assert document["scopes_supported"] == ["openid"]


@pytest.mark.parametrize(
    ("door", "issuer"),
    [
        ("common", "https://login.microsoftonline.com/{tenantid}/v2.0"),
        ("organizations", "https://login.microsoftonline.com/{tenantid}/v2.0"),
        ("consumers", "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
    ],
)
def test_shared_doors_keep_their_name_in_endpoints(cloud: Cloud, door: str, issuer: str) -> None:
    document = cloud.send("GET", f"/{door}/v2.0/.well-known/openid-configuration").json()

    assert document["issuer"] == issuer
    assert document["token_endpoint"] == f"{HOST}/{door}/oauth2/v2.0/token"


def test_endpoints_follow_the_host_that_was_asked(cloud: Cloud) -> None:
    host = "login.microsoftonline.com"
    document = cloud.send("GET", f"/{TENANT}/v2.0/.well-known/openid-configuration", headers={"Host": host}).json()

    assert document["token_endpoint"] == f"https://{host}/{TENANT}/oauth2/v2.0/token"


@pytest.mark.parametrize("host", ["evil.example/path", "evil.example@localhost", "a b"])
def test_a_host_header_that_is_no_host_is_refused(cloud: Cloud, host: str) -> None:
    answer = cloud.send("GET", f"/{TENANT}/v2.0/.well-known/openid-configuration", headers={"Host": host})

    assert (answer.status_code, code_of(answer)) == (400, 9002313)
    assert "evil" not in answer.text


def test_an_unknown_tenant_is_invalid_tenant(cloud: Cloud) -> None:
    answer = cloud.send("GET", "/nowhere.example/v2.0/.well-known/openid-configuration")

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_tenant"
    assert answer.json()["error_codes"] == [90002]
    assert answer.json()["error_uri"] == f"{HOST}/error?code=90002"


@pytest.mark.parametrize("name", ["contoso", "your_tenant", "-x-.com", "{tenant}", "a..b"])
def test_a_malformed_tenant_is_an_invalid_request(cloud: Cloud, name: str) -> None:
    answer = cloud.send("GET", f"/{name}/v2.0/.well-known/openid-configuration")

    assert (answer.status_code, answer.json()["error"], code_of(answer)) == (400, "invalid_request", 900023)


def test_keys_are_named_by_the_thumbprint_of_their_certificate(cloud: Cloud) -> None:
    keys = cloud.send("GET", f"/{TENANT}/discovery/v2.0/keys").json()["keys"]

    assert len(keys) == 2
    for key in keys:
        certificate = base64.b64decode(key["x5c"][0])
        thumbprint = base64.urlsafe_b64encode(hashlib.sha1(certificate).digest()).rstrip(b"=").decode()
        assert key["kid"] == key["x5t"] == thumbprint
        numbers = x509.load_der_x509_certificate(certificate).public_key().public_numbers()  # type: ignore[union-attr]
        assert int.from_bytes(base64.urlsafe_b64decode(key["n"] + "=="), "big") == numbers.n  # type: ignore[union-attr]
        assert (key["kty"], key["use"], key["e"]) == ("RSA", "sig", "AQAB")
        assert key["issuer"] == f"https://login.microsoftonline.com/{TENANT}/v2.0"
        assert "alg" not in key


def test_v1_keys_name_no_issuer(cloud: Cloud) -> None:
    keys = cloud.send("GET", "/common/discovery/keys").json()["keys"]

    assert all("issuer" not in key for key in keys)


def test_instance_discovery_knows_the_real_hosts_and_its_own(cloud: Cloud) -> None:
    endpoint = f"{HOST}/{TENANT}/oauth2/v2.0/authorize"
    query = {"api-version": "1.1", "authorization_endpoint": endpoint}
    answer = cloud.send("GET", "/common/discovery/instance", params=query).json()

    assert answer["tenant_discovery_endpoint"] == f"{HOST}/{TENANT}/v2.0/.well-known/openid-configuration"
    assert answer["metadata"][0]["preferred_cache"] == "login.windows.net"
    assert answer["metadata"][-1]["aliases"] == ["localhost:8443", "localhost"]


def test_instance_discovery_1_0_has_no_metadata(cloud: Cloud) -> None:
    endpoint = "https://login.microsoftonline.com/common/oauth2/authorize"
    query = {"api-version": "1.0", "authorization_endpoint": endpoint}
    answer = cloud.send("GET", "/common/discovery/instance", params=query).json()

    assert answer == {
        "tenant_discovery_endpoint": "https://login.microsoftonline.com/common/.well-known/openid-configuration",
        "api-version": "1.0",
    }


@pytest.mark.parametrize(
    ("endpoint", "error", "number"),
    [
        ("https://login.evil.example/common/oauth2/authorize", "invalid_instance", 50049),
        ("http://localhost:8443/common/oauth2/authorize", "invalid_request", 50050),
        ("", "invalid_request", 50050),
    ],
)
def test_instance_discovery_refuses_hosts_that_it_does_not_know(
    cloud: Cloud, endpoint: str, error: str, number: int
) -> None:
    query = {"api-version": "1.1", "authorization_endpoint": endpoint}
    answer = cloud.send("GET", "/common/discovery/instance", params=query)

    assert (answer.status_code, answer.json()["error"], code_of(answer)) == (400, error, number)


@pytest.mark.parametrize(
    "path", ["/common/userrealm/alice@halden.example", "/common/UserRealm/nobody%40halden.example"]
)
def test_the_user_realm_speaks_about_the_domain_only(cloud: Cloud, path: str) -> None:
    answer = cloud.send("GET", path, params={"api-version": "1.0"})

    assert answer.json() == {
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": "halden.example",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    }


def test_the_user_realm_of_another_domain_is_unknown(cloud: Cloud) -> None:
    assert cloud.send("GET", "/common/userrealm/x@elsewhere.example").json()["account_type"] == "Unknown"


def test_every_answer_carries_the_common_headers_and_echoes_the_request_id_when_asked(cloud: Cloud) -> None:
    own = "6E5C0A4D-3B52-4F68-9A4E-3B9B0F6E7C11"
    headers = {"client-request-id": own, "return-client-request-id": "true"}
    answer = cloud.send("POST", f"/{TENANT}/oauth2/v2.0/token", headers=headers)

    assert answer.headers["cache-control"] == "no-store, no-cache"
    assert answer.headers["pragma"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-ms-request-id"] == answer.json()["trace_id"]
    assert answer.headers["client-request-id"] == answer.json()["correlation_id"] == own.lower()
    assert "retry-after" not in answer.headers
