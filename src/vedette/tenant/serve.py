"""`serve` keeps a tenant running until it is told to stop; `run` runs a program against one. Both belong to the CLI.

Signals, the ready file, the environment of other programs and what people are told live here.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from vedette.errors import ConfigurationError
from vedette.tenant.certificates import TRUST_STORE_PASSWORD, Certificates, microsoft_hosts
from vedette.tenant.local import READY_NAME, Limits, LocalTenant, default_state, write_private
from vedette.tenant.mono import configuration_home
from vedette.tenant.proxy import Proxy, Upstream
from vedette.tenant.server import LOOPBACK, Listeners, listen

Say = Callable[[str], object]

HTTPS_PORT = 8443
PROXY_PORT = 8480
_NODE_SCRIPT = Path(__file__).parent / "route.cjs"
_NO_PROXY = "localhost,127.0.0.1,::1"
_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def serve(
    *,
    host: str = LOOPBACK,
    port: int = HTTPS_PORT,
    proxy_port: int = PROXY_PORT,
    listen_443: bool = False,
    state: Path | str | None = None,
    ephemeral: bool = False,
    config: Path | str | None = None,
    ready_file: Path | str | None = None,
    limits: Limits | str = "documented",
    machines: int | None = None,
    days: int | None = None,
    seed: int | None = None,
    telemetry: Path | str | None = None,
    rules: Sequence[Path | str] = (),
    faults: Sequence[str] = (),
    names: Collection[str] = (),
    allow_hosts: Collection[str] = (),
    say: Say = print,
) -> None:
    """Serve a tenant until SIGTERM or Ctrl-C; then stop within two seconds. A second Ctrl-C ends it at once.

    listen_443: answer on port 443 as well, for programs that drop the port or whose hosts are led here by name.
    ready_file: where to write what `LocalTenant.ready` says, once everything answers. names: host names that the server
    is reached by besides `localhost`.
    Raises: ConfigurationError when a port or the state folder is in use, or the tenant file is wrong.
    """
    ready_path = Path(ready_file) if ready_file is not None else None
    if ready_path is not None:
        if not ready_path.parent.is_dir():
            raise ConfigurationError(f"the ready file cannot be written: there is no folder {ready_path.parent}.")
        ready_path.unlink(missing_ok=True)  # nobody may take an old server's file for this one's
    tenant = LocalTenant(
        config=config,
        state=state,
        ephemeral=ephemeral,
        host=host,
        port=port,
        proxy_port=proxy_port,
        listen_443=listen_443,
        names=names,
        machines=machines,
        days=days,
        seed=seed,
        telemetry=telemetry,
        limits=limits_from(limits),
        rules=rules,
        faults=faults,
        allow_hosts=allow_hosts,
        progress=_progress(say),
    )
    is_filling = False
    with _Ending() as ending, tenant:
        for line in describe(tenant, host=host):
            say(line)
        if config is not None and tenant.seeded_before is not None:
            say(
                f"The state folder holds this tenant since {tenant.seeded_before:%Y-%m-%d %H:%M} UTC; tenants, users, "
                "apps and telemetry of a tenant file count for a new one only."
            )
        try:
            if ready_path is not None:
                write_private(ready_path, tenant.ready())
            tenant.fill_telemetry()
            ending.wait()
        finally:  # a signal can come as soon as the file is there
            if ready_path is not None:
                ready_path.unlink(missing_ok=True)  # who waits for the next server must not find this one's
            is_filling = tenant.is_filling
    if is_filling and threading.current_thread() is threading.main_thread():
        # Parquet files are being finished by threads that cannot be interrupted and would hold the process for seconds.
        # Nothing is lost: they count only when all of them are there, and the next start writes them again.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def run(
    command: Sequence[str],
    *,
    state: Path | str | None = None,
    config: Path | str | None = None,
    allow_hosts: Collection[str] = (),
    limits: Limits | str = "documented",
    machines: int | None = None,
    days: int | None = None,
    telemetry: Path | str | None = None,
    say: Say = print,
) -> int:
    """Run a program with all traffic for the Microsoft hosts led to a local tenant; gives its exit status.

    Joins the tenant that runs on the state folder (`state`, else the usual one). Where none runs, one is started for
    as long as the program takes: on that folder if it was named, else in memory.
    Raises: ConfigurationError for a command that cannot be started, besides what `LocalTenant` raises.
    """
    if not command:
        raise ConfigurationError("there is no command to run.", hint="vedette run -- python playbook.py")
    program = shutil.which(command[0])
    if program is None:
        raise ConfigurationError(f"{command[0]} is not a program that can be run.")
    upstream = Upstream.from_environment(os.environ) if allow_hosts else None
    with contextlib.ExitStack() as stack:
        folder = Path(state) if state is not None else default_state()
        ready_path = running_at(folder)
        if ready_path is None:
            tenant = LocalTenant(
                config=config,
                state=state,
                ephemeral=state is None,
                proxy_port=None,
                machines=machines,
                days=days,
                telemetry=telemetry,
                limits=limits_from(limits),
                progress=_progress(say),
            )
            ready_path = stack.enter_context(tenant).ready_file
        ready = json.loads(ready_path.read_text())
        # The proxy is the program's own, so that what it may reach does not depend on who started the tenant.
        sockets = listen(LOOPBACK, 0)
        proxy = Proxy(urlsplit(ready["authority"]).port or 443, allow_hosts=allow_hosts, upstream=upstream)
        listeners = Listeners(proxy=proxy, proxy_sockets=sockets)
        stack.callback(listeners.stop)
        listeners.start()
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vedette-run-")))
        ca = Path(ready["ca_bundle"])
        route = Route(
            proxy_url=f"http://{LOOPBACK}:{sockets[0].getsockname()[1]}",
            ca_bundle=_with_usual_roots(ca, scratch, os.environ) if allow_hosts else ca,
            trust_store=Certificates(ca.parent).trust_store,
            ready_file=ready_path,
            tenant_port=urlsplit(ready["authority"]).port or 443,
            allow_hosts=tuple(allow_hosts),
        )
        variables = environment(route, os.environ)
        if (home := configuration_home(Certificates(ca.parent), scratch, os.environ)) is not None:
            variables["XDG_CONFIG_HOME"] = str(home)
        return _run([program, *command[1:]], variables)


@dataclass(frozen=True)
class Route:
    """How a program reaches a tenant."""

    proxy_url: str
    ca_bundle: Path
    trust_store: Path
    ready_file: Path
    tenant_port: int
    allow_hosts: tuple[str, ...] = ()


def environment(route: Route, base: Mapping[str, str]) -> dict[str, str]:
    """The environment in which programs of any language find the tenant where they look for Microsoft.

    Node before 24 heeds no proxy, so a small script that it loads first leads its connections; Java takes its proxy and
    trust store from system properties; everything else goes by the usual variables.
    """
    changed = dict(base)
    for name in ("ALL_PROXY", "all_proxy"):
        changed.pop(name, None)
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        changed[name] = route.proxy_url
    for name in ("NO_PROXY", "no_proxy"):
        changed[name] = _NO_PROXY
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        changed[name] = str(route.ca_bundle)
    changed["NODE_USE_ENV_PROXY"] = "1"
    changed["NODE_OPTIONS"] = " ".join([*base.get("NODE_OPTIONS", "").split(), f'--require "{_NODE_SCRIPT}"'])
    hosts = {"port": route.tenant_port, "hosts": sorted(microsoft_hosts()), "allow": list(route.allow_hosts)}
    changed["VEDETTE_ROUTE"] = json.dumps(hosts)
    changed["JAVA_TOOL_OPTIONS"] = " ".join([*base.get("JAVA_TOOL_OPTIONS", "").split(), *_java_options(route)])
    changed["VEDETTE_TENANT"] = str(route.ready_file)
    return changed


def _java_options(route: Route) -> list[str]:
    proxy = urlsplit(route.proxy_url)
    return [
        f"-Dhttps.proxyHost={proxy.hostname}",
        f"-Dhttps.proxyPort={proxy.port}",
        f"-Dhttp.proxyHost={proxy.hostname}",
        f"-Dhttp.proxyPort={proxy.port}",
        "-Dhttp.nonProxyHosts=localhost|127.0.0.1|[::1]",
        f"-Djavax.net.ssl.trustStore={route.trust_store}",
        "-Djavax.net.ssl.trustStoreType=PKCS12",
        f"-Djavax.net.ssl.trustStorePassword={TRUST_STORE_PASSWORD}",
    ]


def exports(ready: Mapping[str, Any]) -> dict[str, str]:  # Any: JSON
    """Variables for a shell whose programs are to use a running tenant (`vedette env`)."""
    ca = Path(ready["ca_bundle"])
    route = Route(
        proxy_url=ready["proxy_url"],
        ca_bundle=ca,
        trust_store=Certificates(ca.parent).trust_store,
        ready_file=ca.parent.parent / READY_NAME,
        tenant_port=urlsplit(ready["authority"]).port or 443,
    )
    return environment(route, {})


def running_at(folder: Path) -> Path | None:
    """The ready file of the tenant that runs on a state folder now; None where none does."""
    try:
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        ready = folder / READY_NAME
        for _ in range(100):  # somebody holds the folder; the file says `authority` once all answers
            with contextlib.suppress(OSError, ValueError):
                if "authority" in json.loads(ready.read_text()):
                    return ready
            time.sleep(0.1)
        raise ConfigurationError(f"a tenant is being started on {folder}, and is not ready after 10 seconds.") from None
    finally:
        os.close(handle)
    return None


def limits_from(text: Limits | str) -> Limits:
    """`documented`, `off`, or a factor such as `x10` or 10. Raises: ConfigurationError."""
    if isinstance(text, (int, float)):
        return float(text)
    if text in ("documented", "off"):
        return text  # type: ignore[return-value]  # one of the two
    with contextlib.suppress(ValueError):
        factor = float(text.removeprefix("x"))
        if factor > 0:
            return factor
    raise ConfigurationError(f"there are no limits {text!r}.", hint="documented, off, or a factor such as x10.")


def describe(tenant: LocalTenant, *, host: str = LOOPBACK) -> Iterator[str]:
    """What whoever started the tenant is told: addresses, people and apps, with their passwords and secrets."""
    yield f"Vedette local tenant {tenant.tenant_domain} is ready."
    yield ""
    yield from _columns(
        [
            ("portal", tenant.portal_url),
            ("authority", f"{tenant.authority}/{tenant.tenant_id}"),
            ("API base", tenant.api_base),
            ("Graph", tenant.graph_base),
            ("tenant id", tenant.tenant_id),
            ("proxy", tenant.proxy_url or "none"),
            *([("direct", "port 443, under every name that leads here")] if tenant.listens_on_443 else []),
            ("CA bundle", tenant.ca_bundle),
            ("for scripts", str(tenant.ready_file)),
        ]
    )
    yield ""
    yield from _columns(
        [("user", "password", "role"), *((u.upn, u.password or "?", u.role) for u in tenant.users.values())]
    )
    yield ""
    apps = (
        (a.name, a.client_id, a.client_secret or ("(public)" if a.kind == "public" else "?"))
        for a in tenant.apps.values()
    )
    yield from _columns([("app", "client id", "secret"), *apps])
    yield ""
    if host not in (LOOPBACK, "localhost", "::1"):
        yield f"Exposed: whoever reaches {host}:{tenant.port} can try these passwords. The proxy stays on {LOOPBACK}."
    yield "Ctrl-C stops it."


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        yield "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _progress(say: Say) -> Callable[[str, Path, int, int], None]:
    """Says how far an import is, at most once a second."""
    last = time.monotonic()

    def told(doing: str, file: Path, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            say(f"{doing} {file.name}: {100 * done // max(total, 1)} %")

    return told


class _Asked(BaseException):
    """The process was asked to end before it waited for that."""


class _Ending:
    """Waits for SIGTERM or Ctrl-C, once; after the first, Ctrl-C has its usual effect: the process ends at once.

    A signal that comes while the tenant is being started breaks that off.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._is_waiting = False
        self._before: dict[int, Any] = {}  # Any: what signal.signal gives back

    def __enter__(self) -> _Ending:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        return kind is _Asked

    def wait(self) -> None:
        """Return once the process is asked to end."""
        self._is_waiting = True
        self._asked.wait()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._asked.is_set():
            return
        self._asked.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if not self._is_waiting:
            raise _Asked


def _run(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run to the end, handing on signals. A program ended by a signal counts as 128 and its number, as in shells."""
    # The command is what the user asked to run, and no shell reads it.
    try:
        child = subprocess.Popen(command, env=dict(variables))  # noqa: S603
    except OSError as failure:
        raise ConfigurationError(f"{command[0]} cannot be started: {failure.strerror}.") from failure

    def forward(number: int, frame: FrameType | None) -> None:
        # From a terminal, Ctrl-C reaches the program as well; it must not get it twice.
        if number != signal.SIGINT or not sys.stdin.isatty():
            child.send_signal(number)

    is_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, forward) for number in _FORWARDED} if is_main else {}
    try:
        status = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status


def _with_usual_roots(ca: Path, scratch: Path, base: Mapping[str, str]) -> Path:
    """One PEM file with the tenant's CA and those that the machine trusts, for the hosts that are let through."""
    paths = ssl.get_default_verify_paths()
    usual = next(
        (Path(p) for p in (base.get("SSL_CERT_FILE"), paths.cafile, paths.openssl_cafile) if p and Path(p).is_file()),
        None,
    )
    bundle = scratch / "bundle.pem"
    bundle.write_bytes(ca.read_bytes() + (usual.read_bytes() if usual else b""))
    return bundle
