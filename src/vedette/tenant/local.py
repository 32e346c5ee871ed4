"""A whole tenant in this process: `LocalTenant` opens the state, starts the listeners and knows all addresses.

`vedette serve`, `vedette run`, the pytest plugin and programs all go through this class. What the tenant contains is
`seed`'s and `world`'s matter, what it answers the applications'.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import msgspec
from starlette.types import ASGIApp

from vedette.catalogue.permission import DEFENDER
from vedette.catalogue.tables.world import World
from vedette.errors import ConfigurationError
from vedette.tenant.app import tenant_app
from vedette.tenant.certificates import Certificates, ensure_certificates, tenant_names
from vedette.tenant.clock import Clock, FixedClock, RunningClock
from vedette.tenant.config import TenantFile, UserEntry, read_tenant_file
from vedette.tenant.directory import Directory
from vedette.tenant.faults import Faults, FaultyApp
from vedette.tenant.identity.keys import KeyRing
from vedette.tenant.proxy import Proxy, Upstream
from vedette.tenant.seed import Access, AppAccess, UserAccess, complete, seed, seeding_of
from vedette.tenant.server import LOOPBACK, Listeners, listen
from vedette.tenant.state import Options, SignInFault, State
from vedette.tenant.store.database import Database
from vedette.tenant.store.defender import DefenderStore
from vedette.tenant.world import Filling, open_store

if TYPE_CHECKING:
    from vedette.client.async_defender import AsyncDefender
    from vedette.client.defender import Defender
    from vedette.telemetry.sources import Progress

Limits = Literal["documented", "off"] | float
READY_NAME = "tenant.json"
"""In a state folder: addresses, users and apps of the tenant, clear passwords among them (mode 0600)."""


DIRECT_PORT = 443
GIVE_UP_S = 0.5
"""How long stopping waits for telemetry that is being written."""


class Users(dict[str, UserAccess]):
    """Users by user principal name; those of the default tenant also by what is before the @."""

    def __init__(self, users: Sequence[UserAccess], domain: str) -> None:
        super().__init__((user.upn, user) for user in users)
        self._domain = domain

    def __missing__(self, name: str) -> UserAccess:
        if "@" in name:
            raise KeyError(name)
        return self[f"{name}@{self._domain}"]


class LocalTenant:
    """A local tenant: sign-in, Graph, the Defender API and the portal behind one HTTPS port, and a proxy beside it.

    ```python
    with LocalTenant() as tenant:
        with tenant.defender("soc-reader") as defender:
            print([alert.title for alert in defender.alerts.list(filter="severity eq 'High'")])
    ```

    config: a tenant file, or what one says. state: folder that the tenant lives in; without it everything is in memory
    and gone at the end, unless `ephemeral=False` asks for the default folder. port, proxy_port: 0 takes free ones.
    listen_443: answer on port 443 besides, where programs look that know no other.
    machines, days, seed: size of the simulation. telemetry: a folder with recordings, a world, or `"none"`.
    clock: a moment to stand still at, or a clock. limits: rate limits, so many times as wide, or `"off"`.
    rules: files and folders with detection rules, which run as the clock passes their frequency and raise alerts.
    faults: rules such as `GET /api/alerts: 5% 503, latency 200ms`; `tenant.faults` changes them while it runs.
    users: the people there are, instead of the usual ones. sockets: False for use through `asgi` alone.
    progress: told of the import of recordings, which can take a while.
    """

    def __init__(
        self,
        *,
        config: Path | str | TenantFile | None = None,
        state: Path | str | None = None,
        ephemeral: bool = True,
        host: str = LOOPBACK,
        port: int = 0,
        proxy_port: int | None = 0,
        listen_443: bool = False,
        names: Collection[str] = (),
        machines: int | None = None,
        days: int | None = None,
        seed: int | None = None,
        telemetry: Path | str | World | None = None,
        clock: Clock | datetime | None = None,
        limits: Limits | None = None,
        rules: Sequence[Path | str] = (),
        faults: Sequence[str] = (),
        users: Sequence[UserEntry] | None = None,
        allow_hosts: Collection[str] = (),
        sockets: bool = True,
        progress: Progress | None = None,
    ) -> None:
        file = config if isinstance(config, TenantFile) else TenantFile()
        if isinstance(config, (str, Path)):
            file = read_tenant_file(Path(config))
        self._world: World | None = None
        if telemetry is not None and not isinstance(telemetry, (str, Path)):
            self._world = telemetry
        self.faults = Faults([*file.service.disturbances, *faults])
        self._file = complete(_adjusted(file, machines, days, seed, telemetry, limits, users))
        self._rules = [*self._file.detections.rules, *rules]
        self._clock_given = clock
        self._folder = Path(state).expanduser() if state is not None else None if ephemeral else default_state()
        self._host, self._port, self._proxy_port = host, port, proxy_port
        self._listen_443 = listen_443
        self._names = list(names) if host in (LOOPBACK, "localhost") else [host, *names]
        self._allow_hosts, self._sockets, self._progress = list(allow_hosts), sockets, progress
        self._running: _Running | None = None

    def __repr__(self) -> str:
        return f"LocalTenant({self.authority if self._running else 'stopped'})"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Open the state and answer. Raises: ConfigurationError: port taken, state folder in use, wrong tenant file."""
        if self._running is None:
            with contextlib.ExitStack() as stack:
                running = self._open(stack)
                self._running = running
                stack.callback(self._forget)
                write_private(running.home / READY_NAME, self.ready())
                running.stack = stack.pop_all()
        return self

    def stop(self) -> None:
        """Finish the requests under way, within two seconds, and close the state. What is in memory is gone then."""
        if self._running is not None:
            self._running.stack.close()

    def restart(self) -> Self:
        """Stop and start on the same ports, state and certificates. Raises: RuntimeError for a tenant in memory."""
        if self._folder is None:
            raise RuntimeError("a tenant in memory ends when it stops; give it a state folder to restart it")
        if self._sockets:
            running = self._on
            self._port, self._proxy_port = running.port, running.proxy_port
        self.stop()
        return self.start()

    # Where it is

    @property
    def authority(self) -> str:
        """Origin of the sign-in service."""
        return self._on.origin

    @property
    def api_base(self) -> str:
        """Origin of the Defender API."""
        return self._on.origin

    @property
    def graph_base(self) -> str:
        """Microsoft Graph, with its version."""
        return f"{self._on.origin}/v1.0"

    @property
    def portal_url(self) -> str:
        """The portal's first page."""
        return f"{self._on.origin}/"

    @property
    def proxy_url(self) -> str:
        """The HTTPS proxy; empty where there is none."""
        port = self._on.proxy_port
        return f"http://{LOOPBACK}:{port}" if port is not None else ""

    @property
    def port(self) -> int:
        """The HTTPS port."""
        return self._on.port

    @property
    def listens_on_443(self) -> bool:
        """Whether it answers on the usual HTTPS port too."""
        return self._sockets and (self._listen_443 or self.port == DIRECT_PORT)

    @property
    def ca_bundle(self) -> str:
        """PEM file with the certificate authority that clients have to trust."""
        return str(self._on.certificates.ca_bundle)

    @property
    def certificates(self) -> Certificates:
        """All files of the certificate authority."""
        return self._on.certificates

    @property
    def ready_file(self) -> Path:
        """JSON file with all of this, readable by its owner alone; there while the tenant runs."""
        return self._on.home / READY_NAME

    # Who is there

    @property
    def tenant_id(self) -> str:
        """Id of the default tenant."""
        return self.state.default_tenant_id

    @property
    def tenant_domain(self) -> str:
        """Verified domain of the default tenant."""
        tenant = self.state.directory.tenants.get(self.tenant_id)
        return tenant.domain if tenant else ""

    @property
    def users(self) -> Users:
        """Users with their passwords: `tenant.users["analyst"].password`."""
        return Users(self._on.access.users, self.tenant_domain)

    @property
    def apps(self) -> dict[str, AppAccess]:
        """Apps with their secrets, by name."""
        return {app.name: app for app in self._on.access.apps}

    @property
    def seeded_before(self) -> datetime | None:
        """When the state folder was filled, if that was before this start: it keeps what it was filled with."""
        return self._on.seeded_before

    @property
    def state(self) -> State:
        """What the applications share."""
        return self._on.state

    @property
    def asgi(self) -> ASGIApp:
        """The tenant as an ASGI application, for use without sockets (`httpx2.ASGITransport(tenant.asgi)`)."""
        return self._on.app

    def ready(self) -> dict[str, Any]:  # Any: JSON
        """What programs need to know, clear passwords and secrets among it: the content of the ready file."""
        return {
            "authority": self.authority,
            "tenant_id": self.tenant_id,
            "tenant_domain": self.tenant_domain,
            "api_base": self.api_base,
            "graph_base": self.graph_base,
            "portal_url": self.portal_url,
            "proxy_url": self.proxy_url,
            "ca_bundle": self.ca_bundle,
            "users": msgspec.to_builtins(self._on.access.users),
            "apps": msgspec.to_builtins(self._on.access.apps),
        }

    @overload
    def defender(self, app: str = ..., *, asynchronous: Literal[False] = False) -> Defender: ...
    @overload
    def defender(self, app: str = ..., *, asynchronous: Literal[True]) -> AsyncDefender: ...
    def defender(self, app: str = "soc-automation", *, asynchronous: bool = False) -> Defender | AsyncDefender:
        """A client of this tenant, signed in as a confidential app. Close it after use."""
        from vedette.client.async_defender import AsyncDefender
        from vedette.client.defender import Defender
        from vedette.tenant.credential import TenantCredential

        access = self.apps[app]
        if access.client_secret is None:
            raise ConfigurationError(f"{app} has no client secret, so it cannot sign in on its own behalf.")
        credential = TenantCredential(
            access,
            self.state.clock,
            authority=self.authority,
            tenant_id=self.tenant_id,
            ca_bundle=self.ca_bundle,
        )
        client = AsyncDefender if asynchronous else Defender
        # Pacing waits by the wall clock, which says nothing where limits are off or the tenant's time is its own.
        clock = self.state.clock
        is_paced = self.state.options.limit_factor is not None and isinstance(clock, RunningClock) and clock.is_real
        return client(credential, base_url=self.api_base, ca_bundle=self.ca_bundle, pace=is_paced)

    # Time

    def set_clock(self, moment: datetime) -> None:
        """Move the tenant's time to a moment; it goes on from there, or stands there if it stood still."""
        self.advance(moment - self.state.clock.now())

    def advance(self, step: timedelta) -> None:
        """Move the tenant's time by `step`. Raises: TypeError for a clock of another kind that cannot be moved."""
        clock = self.state.clock
        if not isinstance(clock, (FixedClock, RunningClock)):
            raise TypeError(f"{type(clock).__name__} cannot be moved from here")
        clock.advance(step)

    # Telemetry

    def fill_telemetry(self, *, wait: bool = False) -> None:
        """Write the telemetry now instead of when it is first read: in the background, or waiting for its end."""
        for filling in self._on.fillings.values():
            if wait:
                filling.ensure()
            else:
                filling.begin()

    @property
    def is_filling(self) -> bool:
        """Whether telemetry is still being written."""
        return any(filling.is_writing for filling in self._on.fillings.values())

    # Inside

    @property
    def _on(self) -> _Running:
        if self._running is None:
            raise RuntimeError("the tenant is not running; use it in a with block, or call start() first")
        return self._running

    def _forget(self) -> None:
        self._running = None

    def _open(self, stack: contextlib.ExitStack) -> _Running:
        folder = self._folder
        if folder is None:
            home = Path(tempfile.mkdtemp(prefix="vedette-"))
            stack.callback(shutil.rmtree, home, ignore_errors=True)
        else:
            home = folder
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            home.chmod(0o700)
        # A tenant in memory holds its folder too, so that `vedette run` can tell that it runs, and join it.
        stack.enter_context(locked(home))
        # Ports come first: a port that is taken must not leave a new state folder behind that nobody asked for.
        sockets = listen(self._host, self._port) if self._sockets else []
        for each in sockets:
            stack.callback(each.close)
        if self._sockets and self._listen_443 and sockets[0].getsockname()[1] != DIRECT_PORT:
            direct = listen(self._host, DIRECT_PORT, option="--listen-443")
            for each in direct:
                stack.callback(each.close)
            sockets += direct
        proxy_sockets = []
        if self._sockets and self._proxy_port is not None:
            proxy_sockets = listen(LOOPBACK, self._proxy_port, option="--proxy-port")
            for each in proxy_sockets:
                stack.callback(each.close)
        certificates = ensure_certificates(home / "certificates", tenant_names(self._names))
        clock = self._clock()
        database = Database(folder / "directory.db" if folder else None)
        stack.callback(database.close)
        directory = Directory(database)
        present = seeding_of(directory)
        access = self._seeded(directory, clock.now(), home)
        seeding = seeding_of(directory)
        first = seeding.default_tenant_id if seeding else ""
        stores, fillings = self._stores(directory, first, home, clock.now(), stack)
        state = State(
            clock=clock,
            database=database,
            directory=directory,
            keys=KeyRing(database, clock),
            defender=stores,
            folder=folder,
            ca_bundle=certificates.ca_bundle,
            default_tenant_id=first,
            options=_options(self._file),
        )
        if self._rules and first in stores:
            from vedette.tenant.defender.detections import scheduled

            stores[first].schedule = scheduled(stores[first], self._rules, tenant_id=first)
        seeded_before = present.at if present else None
        app = FaultyApp(tenant_app(state, own_names=self._names), self.faults)
        running = _Running(home, state, app, access, certificates, fillings, seeded_before)
        if sockets:
            running.port = sockets[0].getsockname()[1]
            running.proxy_port = proxy_sockets[0].getsockname()[1] if proxy_sockets else None
            shown = "localhost" if self._host in (LOOPBACK, "localhost", "::1") else self._host
            running.origin = f"https://{shown}:{running.port}"
            state.proxy_url = f"http://{LOOPBACK}:{running.proxy_port}" if running.proxy_port is not None else ""
            proxy = Proxy(
                running.port,
                own_names=self._names,
                allow_hosts=self._allow_hosts,
                upstream=Upstream.from_environment(os.environ) if self._allow_hosts else None,
            )
            listeners = Listeners(
                app=app,
                context=certificates.context(),
                sockets=sockets,
                proxy=proxy if proxy_sockets else None,
                proxy_sockets=proxy_sockets,
            )
            stack.callback(listeners.stop)
            listeners.start()
        for filling in fillings.values():
            stack.callback(filling.cancel)
        return running

    def _clock(self) -> Clock:
        given, entry = self._clock_given, self._file.clock
        if isinstance(given, datetime):
            return FixedClock(given)
        if given is not None:
            return given
        if entry.frozen:
            return FixedClock(entry.start or RunningClock().now())
        return RunningClock(entry.start, speed=entry.speed)

    def _seeded(self, directory: Directory, now: datetime, home: Path) -> Access:
        path = home / READY_NAME
        if seeding_of(directory) is None:
            return seed(directory, self._file, now, lambda access: write_private(path, msgspec.to_builtins(access)))
        try:
            access = msgspec.json.decode(path.read_bytes(), type=Access)
        except (OSError, msgspec.MsgspecError):
            return Access()  # the file is gone, and with it the clear texts; the hashes still let people in
        write_private(path, msgspec.to_builtins(access))  # without the addresses of the last time
        return access

    def _stores(
        self, directory: Directory, first: str, home: Path, now: datetime, stack: contextlib.ExitStack
    ) -> tuple[Mapping[str, DefenderStore], Mapping[str, Filling]]:
        """Defender in each tenant that has it. The simulated world takes place in the first one."""
        stores: dict[str, DefenderStore] = {}
        fillings: dict[str, Filling] = {}
        for tenant in directory.tenants.all():
            if directory.service_principal(tenant.id, DEFENDER.app_id) is None:
                continue
            place = home / "defender" / tenant.id
            place.parent.mkdir(exist_ok=True, mode=0o700)
            database = Database(place / "entities.db" if self._folder else None)
            stack.callback(database.close)
            telemetry = self._file.telemetry
            if tenant.id != first:
                telemetry = msgspec.structs.replace(telemetry, source="none", recordings=None)
            store, filling = open_store(
                database,
                place / "lake",
                tenant_id=tenant.id,
                telemetry=telemetry,
                now=now,
                world=self._world if tenant.id == first else None,
                progress=self._progress,
            )
            stack.callback(store.close)
            stack.callback(filling.stop, GIVE_UP_S)
            stores[tenant.id], fillings[tenant.id] = store, filling
        return stores, fillings


class _Running:
    """What there is between start and stop."""

    def __init__(
        self,
        home: Path,
        state: State,
        app: ASGIApp,
        access: Access,
        certificates: Certificates,
        fillings: Mapping[str, Filling],
        seeded_before: datetime | None,
    ) -> None:
        self.seeded_before = seeded_before
        self.home, self.state, self.app, self.access = home, state, app, access
        self.certificates, self.fillings = certificates, fillings
        self.origin = "https://localhost"
        self.port = 443
        self.proxy_port: int | None = None
        self.stack = contextlib.ExitStack()


def default_state() -> Path:
    """Where a tenant lives that was given no folder: `vedette/tenants/default` among the user's data."""
    given = os.environ.get("XDG_DATA_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".local" / "share"
    return base / "vedette" / "tenants" / "default"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a state folder, so that no second server uses it. Raises: ConfigurationError when one does."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise ConfigurationError(
            f"the state folder {folder} is in use by a running tenant.",
            hint="stop that one, or choose another folder with --state, or none with --ephemeral.",
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def write_private(path: Path, content: object) -> None:
    """Replace a JSON file in one step; nobody else can read it at any moment."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _adjusted(
    file: TenantFile,
    machines: int | None,
    days: int | None,
    seed: int | None,
    telemetry: Path | str | World | None,
    limits: Limits | None,
    users: Sequence[UserEntry] | None,
) -> TenantFile:
    """The file with what was given beside it. Raises: ConfigurationError for a value that a file could not hold."""
    sizes = {
        name: value for name, value in (("machines", machines), ("days", days), ("seed", seed)) if value is not None
    }
    entry = msgspec.structs.replace(file.telemetry, **sizes)
    if telemetry == "none":
        entry = msgspec.structs.replace(entry, source="none", recordings=None)
    elif isinstance(telemetry, (str, Path)):
        entry = msgspec.structs.replace(entry, source="recordings", recordings=str(Path(telemetry).expanduser()))
    service = file.service if limits is None else msgspec.structs.replace(file.service, limits=limits)
    adjusted = msgspec.structs.replace(
        file, telemetry=entry, service=service, users=file.users if users is None else list(users)
    )
    try:
        return msgspec.convert(msgspec.to_builtins(adjusted), TenantFile)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"the tenant cannot be made so: {error}") from error


def _options(file: TenantFile) -> Options:
    limits = file.service.limits
    return Options(
        limit_factor=None if limits == "off" else 1.0 if limits == "documented" else float(limits),
        hide_unknown_users=file.service.hide_unknown_users,
        read_after_write_delay_s=file.service.read_after_write_delay_s,
        slow_down=file.service.slow_down,
        client_loop_limit=file.service.client_loop_limit,
        sign_in_faults=tuple(
            SignInFault(error=each.error, times=each.times, retry_after_s=each.retry_after_s)
            for each in file.service.faults
        ),
    )
