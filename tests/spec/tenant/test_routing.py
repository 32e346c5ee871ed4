"""Which application answers: by host for Microsoft's names, by path for this machine's, and none for any other."""

from __future__ import annotations

import socket
import ssl

import httpx2
import pytest

from vedette.tenant import LocalTenant


@pytest.mark.parametrize(
    ("path", "sign"),
    [
        ("/api/alerts", "x-ms-request-id"),
        ("/v1.0/me", "client-request-id"),
        ("/beta/me", "client-request-id"),
        ("/common/discovery/keys", "x-ms-ests-server"),
    ],
)
def test_on_this_machine_the_path_decides(client: httpx2.Client, path: str, sign: str) -> None:
    assert sign in client.get(path).headers


@pytest.mark.parametrize(
    ("host", "sign"),
    [
        ("api.security.microsoft.com", "x-ms-request-id"),
        ("api-gov.securitycenter.microsoft.us", "x-ms-request-id"),
        ("graph.microsoft.com", "client-request-id"),
        ("login.microsoftonline.com", "x-ms-ests-server"),
        ("login.windows.net:443", "x-ms-ests-server"),
        ("LOGIN.MICROSOFTONLINE.US", "x-ms-ests-server"),
    ],
)
def test_for_microsofts_names_the_host_decides(client: httpx2.Client, host: str, sign: str) -> None:
    assert sign in client.get("/v1.0/me", headers={"Host": host}).headers


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:8443", "127.0.0.5", "[::1]:8443"])
def test_names_of_this_machine_are_answered(client: httpx2.Client, host: str) -> None:
    assert client.get("/common/discovery/keys", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "login.microsoftonline.com.evil.example",
        "evil-login.microsoftonline.com",
        "192.0.2.1",
        "[2001:db8::1]",
        "localhost:evil",
        "localhost, login.microsoftonline.com",
        "",
    ],
)
def test_a_name_that_was_pointed_here_gets_nothing(client: httpx2.Client, host: str) -> None:
    answer = client.get("/common/discovery/keys", headers={"Host": host})

    assert answer.status_code == 421
    assert "keys" not in answer.text


@pytest.mark.parametrize(
    ("host", "path", "header"),
    [
        ("login.microsoftonline.com", "/common/discovery/keys", "max-age=31536000; includeSubDomains"),
        ("security.microsoft.com", "/portal", "max-age=31536000"),
        ("localhost:8443", "/common/discovery/keys", None),
        ("localhost:8443", "/portal", None),
        ("127.0.0.1:8443", "/portal", None),
    ],
)
def test_browsers_are_held_to_https_under_microsofts_names_alone(
    client: httpx2.Client, host: str, path: str, header: str | None
) -> None:
    answer = client.get(path, headers={"Host": host})

    assert answer.headers.get("strict-transport-security") == header


def test_a_name_that_the_server_was_given_is_answered() -> None:
    with LocalTenant(machines=8, days=1, names=["tenant.lab.example"], telemetry="none") as tenant:
        context = ssl.create_default_context(cafile=tenant.ca_bundle)
        with (
            socket.create_connection(("127.0.0.1", tenant.port)) as plain,
            context.wrap_socket(plain, server_hostname="tenant.lab.example") as line,
        ):
            line.sendall(
                b"GET /common/discovery/keys HTTP/1.1\r\nHost: tenant.lab.example\r\nConnection: close\r\n\r\n"
            )
            assert line.recv(15) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("count", [0, 2])
def test_a_request_names_one_host(tenant: LocalTenant, count: int) -> None:
    assert _raw(tenant, b"GET /common/discovery/keys HTTP/1.1\r\n" + b"Host: localhost\r\n" * count).startswith(
        b"HTTP/1.1 421 "
    )


def test_a_head_that_is_too_large_is_refused(tenant: LocalTenant) -> None:
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Filler: " + b"x" * 70_000 + b"\r\n"

    assert _raw(tenant, head).startswith(b"HTTP/1.1 400 ")


def test_the_server_does_not_say_what_it_is_made_of(client: httpx2.Client) -> None:
    assert "server" not in client.get("/common/discovery/keys").headers


def _raw(tenant: LocalTenant, head: bytes) -> bytes:
    context = ssl.create_default_context(cafile=tenant.ca_bundle)
    with (
        socket.create_connection(("127.0.0.1", tenant.port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        line.sendall(head + b"Connection: close\r\n\r\n")
        return line.recv(4096)
