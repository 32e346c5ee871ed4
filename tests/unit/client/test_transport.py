"""Real sockets: which certificates are trusted, and that connections are kept."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from vedette import AsyncDefender, Defender, NoAnswer

PORTS: list[int] = []


class Handler(BaseHTTPRequestHandler):
    """Answers every GET with an alert, and notes from which port it came."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        PORTS.append(self.client_address[1])
        body = b'{"id": "a1"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "ca.pem"


@pytest.fixture
def base(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    PORTS.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # failed handshakes
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_given_ca_bundle_is_trusted_and_the_connection_is_kept(base: str, certificate: Path) -> None:
    with Defender.from_token("t", base_url=base, ca_bundle=certificate) as defender:
        assert [defender.alerts.get("a").id, defender.alerts.get("b").id] == ["a1", "a1"]

    assert len(PORTS) == 2
    assert len(set(PORTS)) == 1


def test_the_environment_may_name_the_ca_bundle(base: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    with Defender.from_token("t", base_url=base) as defender:
        assert defender.alerts.get("a").id == "a1"


def test_an_unknown_authority_is_not_trusted_and_not_tried_twice(base: str) -> None:
    with Defender.from_token("t", base_url=base) as defender, pytest.raises(NoAnswer) as refused:
        defender.alerts.get("a")

    assert (refused.value.attempts, PORTS) == (1, [])
    assert "CA bundle" in refused.value.hint


def test_the_asynchronous_client_does_the_same(base: str, certificate: Path) -> None:
    async def run() -> list[str]:
        async with AsyncDefender.from_token("t", base_url=base, ca_bundle=certificate) as defender:
            return [(await defender.alerts.get(name)).id for name in ("a", "b")]

    assert asyncio.run(run()) == ["a1", "a1"]
    assert len(set(PORTS)) == 1
