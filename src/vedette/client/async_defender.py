"""The asynchronous client. The blocking one, and what the two have in common, are in `defender` and `exchange`."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import httpx2

from vedette.auth.credential import AsyncCredential, Credential, StaticToken, Token
from vedette.auth.profile import Profile
from vedette.catalogue.advanced_hunting import AdvancedHunting, HuntingWay
from vedette.catalogue.advanced_queries import AdvancedQueries
from vedette.catalogue.alerts import Alerts
from vedette.catalogue.authenticated_scans import AuthenticatedScans, ScanAgents
from vedette.catalogue.baselines import Baselines
from vedette.catalogue.browser_extensions import BrowserExtensionPermissions
from vedette.catalogue.data_export_settings import DataExport
from vedette.catalogue.device_groups import DeviceGroups
from vedette.catalogue.device_health import DeviceHealth
from vedette.catalogue.domains import Domains
from vedette.catalogue.files import Files
from vedette.catalogue.firmware import FirmwareInventory
from vedette.catalogue.incidents import Incidents
from vedette.catalogue.indicators import Indicators
from vedette.catalogue.investigations import Investigations
from vedette.catalogue.ips import Ips
from vedette.catalogue.library_files import LiveResponseLibrary
from vedette.catalogue.machines import Machines
from vedette.catalogue.metadata import Metadata
from vedette.catalogue.operation import Arguments, Async, Operation
from vedette.catalogue.page import AsyncPaged, Page
from vedette.catalogue.recommendations import Recommendations
from vedette.catalogue.remediation_tasks import RemediationTasks
from vedette.catalogue.scores import Scores
from vedette.catalogue.software import SoftwareInventory
from vedette.catalogue.timespans import Timespan
from vedette.catalogue.users import Users
from vedette.catalogue.vulnerabilities import Vulnerabilities
from vedette.client.async_exports import AwaitedExports
from vedette.client.decode import decode
from vedette.client.exchange import Acquire, Call, Exchange, Send, Step, Wait
from vedette.client.hunting import HuntingResult, hunting_call, with_parameters
from vedette.client.machine_actions import AwaitedMachineActions
from vedette.client.pacing import Pacer, Waiting, log_wait
from vedette.client.paging import Pages
from vedette.client.retry import Retries
from vedette.client.settings import Place, channel, file_downloads, page_call, profile_of, raw_call
from vedette.client.tokens import ask, fitting, is_good
from vedette.client.transport import TIMEOUT_S, Answer, AsyncHttpTransport, AsyncTransport, ConnectionLost

if TYPE_CHECKING:
    from vedette.client.downloads import Downloads

T = TypeVar("T")


class AsyncDefender:
    """Microsoft Defender for Endpoint, for `await` and `async for`. Belongs to one event loop.

    ```python
    async with AsyncDefender.from_profile("soc") as defender:
        async for alert in defender.alerts.list(filter="severity eq 'High'"):
            print(alert.id, alert.title)
    ```
    """

    def __init__(
        self,
        credential: Credential | AsyncCredential | None = None,
        *,
        tenant_id: str | None = None,
        client_id: str | None = None,
        cloud: str = "commercial",
        region: str | None = None,
        base_url: str | None = None,
        ca_bundle: str | os.PathLike[str] | None = None,
        transport: AsyncTransport | httpx2.AsyncBaseTransport | None = None,
        pace: bool | Pacer = True,
        retries: Retries | bool = True,
        timeout_s: float = TIMEOUT_S,
        user_agent: str | None = None,
        on_wait: Callable[[Waiting], None] = log_wait,
        sleep: Callable[[float], Any] = asyncio.sleep,  # Any: awaited, what it answers is not used
    ) -> None:
        """As `Defender`. A credential that blocks is asked in a thread. Raises: ConfigurationError."""
        bundle = None if ca_bundle is None else os.fspath(ca_bundle)
        if credential is None:
            profile = profile_of(
                cloud=cloud,
                region=region,
                tenant_id=tenant_id,
                client_id=client_id,
                base_url=base_url,
                ca_bundle=bundle,
            )
            credential = profile.make_credential()
            cloud, region = profile.cloud, profile.region or None
            base_url, bundle = profile.base_url or None, profile.ca_bundle or None
        self.credential = credential
        self._place = Place.of(cloud, region, base_url)
        self._channel = channel(pace=pace, retries=retries, user_agent=user_agent)
        self._transport: AsyncTransport = (
            AsyncHttpTransport(ca_bundle=bundle, timeout_s=timeout_s, transport=transport)
            if transport is None or isinstance(transport, httpx2.AsyncBaseTransport)
            else transport
        )
        # Files are downloaded in threads, with a blocking client.
        self._make_downloads = functools.partial(
            file_downloads,
            ca_bundle=bundle,
            timeout_s=timeout_s,
            transport=transport if isinstance(transport, httpx2.BaseTransport) else None,
            channel=self._channel,
            on_wait=on_wait,
            sleep=time.sleep,
        )
        self._downloads: Downloads | None = None
        self._downloads_lock = threading.Lock()
        self._tokens = {
            app_id: AsyncTokenHolder(credential, door.scope, time.time) for app_id, door in self._place.doors.items()
        }
        self._on_wait = on_wait
        self._sleep = sleep
        self.alerts: Alerts[Async] = Alerts(self._invoke)
        self.machines: Machines[Async] = Machines(self._invoke)
        self.machine_actions: AwaitedMachineActions = AwaitedMachineActions(
            self._invoke, self._file_downloads, self._sleep, lambda: self._channel.clock()
        )
        self.library_files: LiveResponseLibrary[Async] = LiveResponseLibrary(self._invoke)
        self.indicators: Indicators[Async] = Indicators(self._invoke)
        self.investigations: Investigations[Async] = Investigations(self._invoke)
        self.advanced_queries: AdvancedQueries[Async] = AdvancedQueries(self._invoke)
        self.advanced_hunting: AdvancedHunting[Async] = AdvancedHunting(self._invoke)
        self.files: Files[Async] = Files(self._invoke)
        self.ips: Ips[Async] = Ips(self._invoke)
        self.domains: Domains[Async] = Domains(self._invoke)
        self.users: Users[Async] = Users(self._invoke)
        self.vulnerabilities: Vulnerabilities[Async] = Vulnerabilities(self._invoke)
        self.software: SoftwareInventory[Async] = SoftwareInventory(self._invoke)
        self.recommendations: Recommendations[Async] = Recommendations(self._invoke)
        self.remediation_tasks: RemediationTasks[Async] = RemediationTasks(self._invoke)
        self.scores: Scores[Async] = Scores(self._invoke)
        self.exports: AwaitedExports = AwaitedExports(self._invoke, self._file_downloads, self._channel.now)
        self.baselines: Baselines[Async] = Baselines(self._invoke)
        self.browser_extensions: BrowserExtensionPermissions[Async] = BrowserExtensionPermissions(self._invoke)
        self.device_health: DeviceHealth[Async] = DeviceHealth(self._invoke)
        self.authenticated_scans: AuthenticatedScans[Async] = AuthenticatedScans(self._invoke)
        self.scan_agents: ScanAgents[Async] = ScanAgents(self._invoke)
        self.device_groups: DeviceGroups[Async] = DeviceGroups(self._invoke)
        self.firmware: FirmwareInventory[Async] = FirmwareInventory(self._invoke)
        self.incidents: Incidents[Async] = Incidents(self._invoke)
        self.data_export_settings: DataExport[Async] = DataExport(self._invoke)
        self.metadata: Metadata[Async] = Metadata(self._invoke)

    @classmethod
    def from_profile(
        cls,
        name: str | None = None,
        *,
        path: str | os.PathLike[str] | None = None,
        transport: AsyncTransport | httpx2.AsyncBaseTransport | None = None,
        pace: bool | Pacer = True,
        retries: Retries | bool = True,
        timeout_s: float = TIMEOUT_S,
        user_agent: str | None = None,
        on_wait: Callable[[Waiting], None] = log_wait,
    ) -> Self:
        """As a profile describes it; None takes `VEDETTE_PROFILE`, else `default`. Raises: ConfigurationError."""
        profile = Profile.load(name, path=path)
        return cls(
            profile.make_credential(),
            cloud=profile.cloud,
            region=profile.region or None,
            base_url=profile.base_url or None,
            ca_bundle=profile.ca_bundle or None,
            transport=transport,
            pace=pace,
            retries=retries,
            timeout_s=timeout_s,
            user_agent=user_agent,
            on_wait=on_wait,
        )

    @classmethod
    def from_token(
        cls,
        token: str,
        *,
        cloud: str = "commercial",
        region: str | None = None,
        base_url: str | None = None,
        ca_bundle: str | os.PathLike[str] | None = None,
        transport: AsyncTransport | httpx2.AsyncBaseTransport | None = None,
        pace: bool | Pacer = True,
        retries: Retries | bool = True,
        timeout_s: float = TIMEOUT_S,
        user_agent: str | None = None,
        on_wait: Callable[[Waiting], None] = log_wait,
    ) -> Self:
        """A client with a token that is already here. It works until the token ends."""
        return cls(
            StaticToken(token),
            cloud=cloud,
            region=region,
            base_url=base_url,
            ca_bundle=ca_bundle,
            transport=transport,
            pace=pace,
            retries=retries,
            timeout_s=timeout_s,
            user_agent=user_agent,
            on_wait=on_wait,
        )

    @property
    def base_url(self) -> str:
        """Origin that calls go to."""
        return self._place.base

    @property
    def scope(self) -> str:
        """What the credential is asked a token for."""
        return self._place.scope

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
    ) -> Answer:
        """Any call of the API, with token, retries and pacing, but without the catalogue's types.

        `path` is what follows the host, such as `/api/alerts`; its query may be in `params`, which are encoded.
        Raises: ServiceError and its kin, NoAnswer, SignInError; ConfigurationError for an address at another host.
        """
        return await self._run(self._channel.call(raw_call(method, self._place.own(path, params), json)))

    async def hunt(
        self,
        query: str,
        params: Mapping[str, object] | None = None,
        *,
        through: HuntingWay = "endpoint",
        timespan: Timespan | None = None,
    ) -> HuntingResult:
        """Run a hunting query: KQL over the last 30 days, at most 100,000 rows.

        params: values for names in the query, put in front of it as `let` statements: never paste values into its text.
        through: `endpoint` and `xdr` are the older APIs; `graph` is the one that the documentation recommends. Each
        takes a token and a permission of its own, which the credential is asked for.
        timespan: what time to look at, through Graph only: a span until now, a moment to begin at, a pair of ends, or
        ISO 8601. The shorter of it and what the query itself says counts.
        Raises: ServiceError and its kin for a query that the service refuses; NoAnswer, SignInError; ConfigurationError
        for a fixed token that is for another API; ValueError for a timespan that does not go.
        """
        operation, arguments = hunting_call(with_parameters(query, params), through, timespan)
        return HuntingResult.of(await self._invoke(operation, arguments))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()
        if self._downloads is not None:
            await asyncio.to_thread(self._downloads.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncDefender({self.credential!r}, base_url={self.base_url!r})"

    def _file_downloads(self) -> Downloads:
        """What fetches files from links; made on the first use, with connections of its own."""
        with self._downloads_lock:
            if self._downloads is None:
                self._downloads = self._make_downloads()
            return self._downloads

    # Any: the operation says what it answers, and its descriptor gives that type to the caller.
    def _invoke(self, operation: Operation[Any, Any], arguments: Arguments, /) -> Any:
        if not operation.is_listing:
            return self._answer(operation, arguments)
        pages = Pages(operation, arguments, self._place.base)

        async def fetch(link: str | None) -> Page[Any]:
            answer = await self._run(self._channel.call(page_call(operation, arguments, pages, link)))
            return pages.accept(link, decode(operation, answer.content))

        return AsyncPaged(fetch)

    async def _answer(self, operation: Operation[Any, Any], arguments: Arguments) -> Any:
        answer = await self._run(self._channel.call(Call.of(operation, arguments, self._place.base_of(operation.api))))
        return decode(operation, answer.content)

    async def _run(self, exchange: Exchange[T]) -> T:
        try:
            step = next(exchange)
            while True:
                try:
                    outcome = await self._perform(step)
                except ConnectionLost as lost:
                    step = exchange.throw(lost)
                else:
                    step = exchange.send(outcome)
        except StopIteration as end:
            value: T = end.value
            return value

    async def _perform(self, step: Step) -> object:
        match step:
            case Acquire(claims, api):
                return fitting(await self._tokens[api.app_id].get(claims), api)
            case Send(request):
                return await self._transport.send(request)
            case Wait(waiting):
                self._on_wait(waiting)
                await self._sleep(waiting.seconds)
                return None


class AsyncTokenHolder:
    """One token for all tasks of a client. A credential that blocks is asked in a thread."""

    def __init__(self, credential: Credential | AsyncCredential, scope: str, clock: Callable[[], float]) -> None:
        self._credential = credential
        self._scope = scope
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: Token | None = None

    async def get(self, claims: str | None = None) -> Token:
        """A token that is good for minutes. `claims` forces a new one. Raises: what the credential raises."""
        async with self._lock:
            if claims is not None or not is_good(self._token, self._clock()):
                self._token = await self._ask(claims)
            return cast("Token", self._token)

    async def _ask(self, claims: str | None) -> Token:
        if inspect.iscoroutinefunction(self._credential.get_token):
            return await cast("Awaitable[Token]", ask(self._credential, self._scope, claims))
        answer = await asyncio.to_thread(ask, self._credential, self._scope, claims)
        return cast("Token", await answer if inspect.isawaitable(answer) else answer)
