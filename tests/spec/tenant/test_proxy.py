"""The proxy: programs with Microsoft's addresses written into them reach the tenant, and nothing else by accident."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest

from vedette.catalogue.clouds import api_hosts, graph_hosts, identity_hosts, portal_hosts
from vedette.errors import ConfigurationError
from vedette.tenant import LocalTenant
from vedette.tenant.certificates import microsoft_hosts
from vedette.tenant.proxy import Proxy, Upstream
from vedette.tenant.serve import Route, environment
from vedette.tenant.server import Listeners, listen


@pytest.fixture(scope="module")
def variables(tenant: LocalTenant) -> dict[str, str]:
    """The environment that `vedette run` gives to programs."""
    route = Route(
        proxy_url=tenant.proxy_url,
        ca_bundle=Path(tenant.ca_bundle),
        trust_store=tenant.certificates.trust_store,
        ready_file=tenant.ready_file,
        tenant_port=tenant.port,
    )
    return environment(route, os.environ)


def test_curl_reaches_the_api_under_its_own_name(variables: dict[str, str], app_token: Callable[[str], str]) -> None:
    done = subprocess.run(
        [
            "curl",
            "--silent",
            "--show-error",
            "--fail-with-body",
            "--header",
            f"Authorization: Bearer {app_token('soc-reader')}",
            "https://api.securitycenter.microsoft.com/api/alerts?$top=1",
        ],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith(
        '{"@odata.context":"https://api.securitycenter.microsoft.com/api/$metadata#Alerts","value":[{"id":'
    )


def test_requests_signs_in_at_the_real_authority(tenant: LocalTenant, variables: dict[str, str]) -> None:
    app = tenant.apps["soc-automation"]
    program = """
import os, requests
answer = requests.post(
    f"https://login.microsoftonline.com/{os.environ['TENANT']}/oauth2/v2.0/token",
    data={"grant_type": "client_credentials", "client_id": os.environ["CLIENT"], "client_secret": os.environ["SECRET"],
          "scope": "https://api.securitycenter.microsoft.com/.default"},
)
token = answer.json()["access_token"]
alerts = requests.get(
    "https://api.security.microsoft.com/api/alerts?$top=2", headers={"Authorization": f"Bearer {token}"}
)
print(answer.status_code, alerts.status_code, len(alerts.json()["value"]))
"""
    given = {"TENANT": tenant.tenant_id, "CLIENT": app.client_id, "SECRET": str(app.client_secret)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=variables | given, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("200 200 2\n", "")


@pytest.mark.parametrize("host", sorted(identity_hosts() | graph_hosts() | api_hosts() | portal_hosts()))
def test_every_microsoft_host_ends_in_the_tenant_with_a_certificate_of_that_name(
    tenant: LocalTenant, host: str
) -> None:
    from ssl import create_default_context

    context = create_default_context(cafile=tenant.ca_bundle)
    with _tunnel(tenant, f"{host}:443") as (status, connection):
        assert status == "HTTP/1.1 200 Connection established"
        with context.wrap_socket(connection, server_hostname=host) as secured:
            secured.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            assert secured.recv(9) == b"HTTP/1.1 "


def test_the_tenants_own_address_passes_with_its_port_and_as_msal_asks_without(tenant: LocalTenant) -> None:
    for name, port in product(("localhost", "127.0.0.1", "[::1]"), (tenant.port, 443)):
        with _tunnel(tenant, f"{name}:{port}") as (status, _):
            assert status == "HTTP/1.1 200 Connection established"


def test_other_hosts_are_refused_by_name_with_the_way_out(tenant: LocalTenant) -> None:
    with _tunnel(tenant, "pypi.example:443") as (status, _):
        assert status == (
            "HTTP/1.1 403 Forbidden (pypi.example is refused: only the Microsoft hosts of the local tenant are "
            "reachable here. hint: to let programs reach it, start with --allow-host pypi.example)"
        )


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        ("CONNECT login.microsoftonline.com:80 HTTP/1.1", 403),
        ("CONNECT graph.microsoft.com.evil.example:443 HTTP/1.1", 403),
        ("CONNECT localhost:1 HTTP/1.1", 403),
        ("CONNECT login.microsoftonline.com HTTP/1.1", 400),
        ("CONNECT login.microsoftonline.com:99999 HTTP/1.1", 400),
        ("GET http://login.microsoftonline.com/ HTTP/1.1", 403),
        ("GET / HTTP/1.1", 403),
        ("nonsense", 400),
    ],
)
def test_what_is_no_tunnel_to_the_tenant_is_refused(tenant: LocalTenant, request_head: str, status: int) -> None:
    assert _asked(tenant, f"{request_head}\r\n\r\n".encode()).split(" ")[1] == str(status)


@pytest.mark.parametrize("line", ["CONNECT socket.example:443", "GET http://socket.example/live"])
def test_a_web_socket_to_another_host_is_refused_by_name(tenant: LocalTenant, line: str) -> None:
    head = f"{line} HTTP/1.1\r\nHost: socket.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    answer = _asked(tenant, head.encode())

    assert answer.startswith("HTTP/1.1 403 ")
    assert "socket.example" in answer.partition("\r\n")[0]


def test_vedette_run_works_beside_a_proxy_that_is_set_already(tenant: LocalTenant) -> None:
    # Nothing answers at that proxy: what goes to Microsoft's hosts must not go there.
    variables = {**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    url = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"
    program = f"import urllib.request; print(urllib.request.urlopen({url!r}).status)"
    command = [sys.executable, "-m", "vedette.cli.main", "run", "--state", str(tenant.ready_file.parent), "--"]
    done = subprocess.run(
        [*command, sys.executable, "-c", program],
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.stdout, done.returncode) == ("200\n", 0), done.stderr


def test_plain_http_is_told_to_use_https(tenant: LocalTenant) -> None:
    answer = _asked(tenant, b"GET http://api.securitycenter.microsoft.com/api/alerts?q=1 HTTP/1.1\r\n\r\n")

    assert answer.endswith(
        "vedette proxy: GET http://api.securitycenter.microsoft.com/api/alerts is refused: this proxy tunnels HTTPS "
        "only. Use https://api.securitycenter.microsoft.com/.\n"
    )


def test_a_head_without_end_is_refused(tenant: LocalTenant) -> None:
    answer = _asked(tenant, b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\nX: " + b"x" * 100_000)

    assert answer.startswith("HTTP/1.1 431 ")


def test_an_allowed_host_is_let_through_in_both_directions() -> None:
    with _echo() as port, _proxy(allow_hosts=["127.0.0.1"]) as proxy, _connected(proxy, f"127.0.0.1:{port}") as line:
        message = os.urandom(3_000_000)  # more than any buffer on the way
        sender = threading.Thread(target=line.sendall, args=(message,))
        sender.start()
        received = b""
        while len(received) < len(message):
            received += line.recv(1 << 16)
        sender.join()

        assert received == message


def test_a_wildcard_allows_the_hosts_below_and_not_the_name_itself() -> None:
    with _proxy(allow_hosts=["*.example.test"]) as proxy:
        assert _status(proxy, "a.b.example.test:443") == 502  # allowed, and there is no such host
        assert _status(proxy, "example.test:443") == 403
        assert _status(proxy, "badexample.test:443") == 403


def test_allowed_hosts_are_reached_through_the_proxy_that_was_set_before() -> None:
    with _echo() as port, _proxy(allow_hosts=["127.0.0.1"]) as outer:
        upstream = Upstream.from_environment({"HTTPS_PROXY": f"http://127.0.0.1:{outer}"})
        with (
            _proxy(allow_hosts=["127.0.0.1", "other.test"], upstream=upstream) as inner,
            _connected(inner, f"127.0.0.1:{port}") as line,
        ):
            line.sendall(b"through both")
            assert line.recv(100) == b"through both"
            # The outer proxy refuses, and its refusal is passed on as such.
            assert _status(inner, "other.test:443") == 502


def test_credentials_of_that_proxy_are_sent_and_never_shown() -> None:
    upstream = Upstream.from_environment({"https_proxy": "http://ana:p%40ss@proxy.example:3128"})

    assert upstream is not None
    assert upstream.authorization == "Basic YW5hOnBAc3M="
    assert repr(upstream) == "Upstream(proxy.example:3128)"


def test_a_proxy_of_another_kind_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY names a socks5 proxy"):
        Upstream.from_environment({"HTTPS_PROXY": "socks5://127.0.0.1:1080"})


def test_many_tunnels_at_once() -> None:
    async def ask(port: int, echo: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"CONNECT 127.0.0.1:{echo} HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"hello")
        answer = await reader.readexactly(5)
        writer.close()
        return answer

    async def ask_all(port: int, echo: int) -> list[bytes]:
        return await asyncio.gather(*(ask(port, echo) for _ in range(200)))

    with _echo() as echo, _proxy(allow_hosts=["127.0.0.1"]) as proxy:
        assert asyncio.run(ask_all(proxy, echo)) == [b"hello"] * 200


def test_the_environment_covers_the_usual_languages(tenant: LocalTenant, variables: dict[str, str]) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        assert variables[name] == tenant.proxy_url
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        assert variables[name] == tenant.ca_bundle
    assert variables["NO_PROXY"] == variables["no_proxy"] == "localhost,127.0.0.1,::1"
    assert variables["NODE_USE_ENV_PROXY"] == "1"
    assert variables["NODE_OPTIONS"].endswith('/tenant/route.cjs"')
    route = json.loads(variables["VEDETTE_ROUTE"])
    assert (route["port"], set(route["hosts"]), route["allow"]) == (tenant.port, microsoft_hosts(), [])
    assert variables["VEDETTE_TENANT"] == str(tenant.ready_file)
    assert f"-Djavax.net.ssl.trustStore={tenant.certificates.trust_store}" in variables["JAVA_TOOL_OPTIONS"].split()


# How the tests talk to a proxy


@contextmanager
def _proxy(*, allow_hosts: list[str], upstream: Upstream | None = None) -> Iterator[int]:
    """A proxy in front of no tenant; gives its port."""
    sockets = listen("127.0.0.1", 0)
    listeners = Listeners(proxy=Proxy(1, allow_hosts=allow_hosts, upstream=upstream), proxy_sockets=sockets)
    listeners.start()
    try:
        yield sockets[0].getsockname()[1]
    finally:
        listeners.stop()


@contextmanager
def _echo() -> Iterator[int]:
    """A server that says what it is told; gives its port."""

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=repeat, args=(line,), daemon=True).start()

    def repeat(line: socket.socket) -> None:
        with line:
            while data := line.recv(1 << 16):
                line.sendall(data)

    with socket.create_server(("127.0.0.1", 0), backlog=300) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def _connected(proxy_port: int, target: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy_port), timeout=30) as line:
        line.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        assert _head(line) == "HTTP/1.1 200 Connection established"
        yield line


@contextmanager
def _tunnel(tenant: LocalTenant, target: str) -> Iterator[tuple[str, socket.socket]]:
    port = int(tenant.proxy_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        yield _head(line), line


def _status(proxy_port: int, target: str) -> int:
    with socket.create_connection(("127.0.0.1", proxy_port), timeout=30) as line:
        line.sendall(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
        return int(_head(line).split(" ")[1])


def _asked(tenant: LocalTenant, request: bytes) -> str:
    port = int(tenant.proxy_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(request)
        answer = b""
        while data := line.recv(1 << 16):
            answer += data
        return answer.decode()


def _head(line: socket.socket) -> str:
    """The status line; what follows the head stays in the socket."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += line.recv(1)
    return head.decode().partition("\r\n")[0]
