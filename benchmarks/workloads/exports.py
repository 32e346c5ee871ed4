"""A file export of vulnerabilities: downloading and reading it, against `requests`, `gzip` and `json`.

Both fetch the same files over loopback HTTP from the same server and read every row. Ours also verifies each file and
holds a block of rows at a time, as typed entities or as dicts; the other holds a whole file and gives dicts.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import requests

from harness import Comparison, compare
from vedette import Defender
from vedette.catalogue.exported_rows import AssetVulnerability

FILES = 4
ROWS = 10_000


def measure() -> Iterator[Comparison]:
    """Typed entities, and dicts."""
    files = {f"/part-{number:05}.json.gz": _file(number) for number in range(FILES)}
    with _served(files) as origin:
        defender = Defender.from_token("x", base_url=origin, pace=False)
        session = requests.Session()
        total = FILES * ROWS

        def plain() -> int:
            links = session.get(f"{origin}/api/machines/SoftwareVulnerabilitiesExport", timeout=60).json()
            return sum(
                len([json.loads(line) for line in gzip.decompress(session.get(link, timeout=60).content).splitlines()])
                for link in links["exportFiles"]
            )

        def ours() -> int:
            return sum(map(len, defender.exports.software_vulnerabilities().blocks()))

        def as_dicts() -> int:
            return sum(1 for _ in defender.exports.software_vulnerabilities().dicts())

        if not plain() == ours() == as_dicts() == total:
            raise RuntimeError("the two do not read the same rows")
        size = sum(map(len, files.values())) / 1e6
        for name, work in (("typed entities", ours), ("dicts", as_dicts)):
            yield compare(
                f"client: export of {total:,} rows, {size:.1f} MB packed, as {name}",
                work,
                plain,
                against="requests + gzip + json, dicts",
                rounds=7,
            )


def _file(number: int) -> bytes:
    encoder = msgspec.json.Encoder()
    rows = (_row(number * ROWS + position) for position in range(ROWS))
    return gzip.compress(b"".join(encoder.encode(row) + b"\n" for row in rows), 6, mtime=0)


def _row(number: int) -> AssetVulnerability:
    device = hashlib.sha1(str(number // 40).encode()).hexdigest()
    return AssetVulnerability(
        id=f"{device}_vendor_product-{number % 40}_1.{number % 9}.{number % 7}_CVE-2026-{number % 5000}",
        device_id=device,
        rbac_group_id=number % 5,
        rbac_group_name="Workstations",
        device_name=f"ws-{number // 40:05}.halden.example",
        os_platform="Windows11",
        os_version="23H2",
        os_architecture="x64",
        software_vendor="vendor",
        software_name=f"product-{number % 40}",
        software_version=f"1.{number % 9}.{number % 7}",
        cve_id=f"CVE-2026-{number % 5000}",
        vulnerability_severity_level=("Low", "Medium", "High", "Critical")[number % 4],
        recommended_security_update=f"Product {number % 40} 2.0",
        disk_paths=[f"C:\\Program Files\\Vendor\\Product {number % 40}\\app.exe"],
        registry_paths=[f"HKEY_LOCAL_MACHINE\\SOFTWARE\\Vendor\\Product {number % 40}"],
        last_seen_timestamp="2026-11-22 11:12:13",
        first_seen_timestamp="2026-09-01 08:00:00",
        exploitability_level="NoExploit",
        recommendation_reference=f"va-_-vendor-_-product-{number % 40}",
        cvss_score=7.5,
        security_update_available=True,
    )


class _served:  # noqa: N801  (used as a context manager)
    """Answers the links, and the files behind them, over plain HTTP on loopback."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        digests = {path: base64.b64encode(hashlib.md5(content).digest()).decode() for path, content in files.items()}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                content = files.get(path)
                if content is None:
                    origin = f"http://{self.headers['Host']}"
                    content = json.dumps({"exportFiles": [f"{origin}{each}?sig=x" for each in files]}).encode()
                self.send_response(200)
                if path in digests:
                    self.send_header("Content-MD5", digests[path])
                    self.send_header("ETag", f'"{digests[path]}"')
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
