"""Which redirect URIs each platform takes."""

from __future__ import annotations

import pytest

from tests.spec.graph.graph_server import GraphServer

NATIVE = "https://login.microsoftonline.com/common/oauth2/nativeclient"


@pytest.mark.parametrize(
    ("platform", "uri"),
    [
        ("web", "https://soc.example/cb"),
        ("web", "https://soc.example/cb?tenant=a"),
        ("web", "http://localhost"),
        ("web", "http://localhost:8400/cb"),
        ("web", "http://127.0.0.1/cb"),
        ("web", "urn:ietf:wg:oauth:2.0:oob"),
        ("web", "https://soc.example/" + "p" * 236),
        ("spa", "https://soc.example/cb"),
        ("spa", "http://localhost:3000"),
        ("publicClient", "http://localhost"),
        ("publicClient", "http://127.0.0.1"),
        ("publicClient", NATIVE),
        ("publicClient", "myapp://auth"),
        ("publicClient", "msal70010000-0000-4000-8000-000000000001://auth"),
    ],
)
def test_accepted(graph: GraphServer, platform: str, uri: str) -> None:
    assert graph.new_app(**{platform: {"redirectUris": [uri]}})[platform]["redirectUris"] == [uri]


@pytest.mark.parametrize(
    ("platform", "uri"),
    [
        ("web", "http://soc.example/cb"),
        ("web", "http://localhost.evil/cb"),
        ("web", "http://localhost@evil.example/cb"),
        ("web", "https://user:word@soc.example/cb"),
        ("web", "http://[::1]/cb"),
        ("web", "https://soc.example/cb#part"),
        ("web", "https://*.soc.example/cb"),
        ("web", "/cb"),
        ("web", "soc.example/cb"),
        ("web", "https://"),
        ("web", ""),
        ("web", "https://soc.example/" + "p" * 237),
        ("web", "https://soc.example/a b"),
        ("web", "https://soc.example/cb\r\nX: y"),
        ("web", "https:\\\\soc.example"),
        ("web", "https://soc.example:port/cb"),
        ("web", "myapp://auth"),
        *(("web", f"https://soc.example/a{character}b") for character in "!$'(),;"),
        ("spa", "urn:ietf:wg:oauth:2.0:oob"),
        ("spa", "myapp://auth"),
        ("publicClient", "urn:ietf:wg:oauth:2.0:oob"),
        ("publicClient", "javascript://x/%0Aalert"),
        ("publicClient", "http://soc.example"),
    ],
)
def test_refused(graph: GraphServer, platform: str, uri: str) -> None:
    answer = graph.send(
        "POST",
        "/applications",
        json={"displayName": "x", "signInAudience": "AzureADMyOrg", platform: {"redirectUris": [uri]}},
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "Request_BadRequest"
    assert answer.json()["error"]["details"][0]["target"] == f"{platform}.redirectUris"


def test_a_query_is_not_allowed_with_personal_accounts(graph: GraphServer) -> None:
    answer = graph.send(
        "POST", "/applications", json={"displayName": "x", "web": {"redirectUris": ["https://soc.example/cb?a=b"]}}
    )

    assert answer.json()["error"]["details"][0]["target"] == "web.redirectUris"
