"""The blocking client. `AsyncDefender`, with the same resources, arguments and answers, is in `async_defender`.

What a call is and how it goes is in `exchange`; here the steps are carried out. Resources come from the catalogue: each
is named once in each client, so that type checkers and editors know them.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx2

from vedette.auth.credential import Credential, StaticToken
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
from vedette.catalogue.operation import Arguments, Operation, Sync
from vedette.catalogue.page import Page, Paged
from vedette.catalogue.recommendations import Recommendations
from vedette.catalogue.remediation_tasks import RemediationTasks
from vedette.catalogue.scores import Scores
from vedette.catalogue.software import SoftwareInventory
from vedette.catalogue.timespans import Timespan
from vedette.catalogue.users import Users
from vedette.catalogue.vulnerabilities import Vulnerabilities
from vedette.client.decode import decode
from vedette.client.exchange import Acquire, Call, Exchange, Send, Step, Wait, carry_out
from vedette.client.exports import BlockingExports
from vedette.client.hunting import HuntingResult, hunting_call, with_parameters
from vedette.client.machine_actions import BlockingMachineActions
from vedette.client.pacing import Pacer, Waiting, log_wait
from vedette.client.paging import Pages
from vedette.client.retry import Retries
from vedette.client.settings import Place, channel, file_downloads, page_call, profile_of, raw_call
from vedette.client.tokens import TokenHolder, fitting
from vedette.client.transport import TIMEOUT_S, Answer, HttpTransport, Transport

if TYPE_CHECKING:
    from vedette.client.downloads import Downloads

T = TypeVar("T")


class Defender:
    """Microsoft Defender for Endpoint, blocking. Safe to share between threads.

    ```python
    with Defender.from_profile("soc") as defender:
        for alert in defender.alerts.list(filter="severity eq 'High'", expand=["evidence"]):
            print(alert.id, alert.title, alert.machine_id)
    ```
    """

    def __init__(
        self,
        credential: Credential | None = None,
        *,
        tenant_id: str | None = None,
        client_id: str | None = None,
        cloud: str = "commercial",
        region: str | None = None,
        base_url: str | None = None,
        ca_bundle: str | os.PathLike[str] | None = None,
        transport: Transport | httpx2.BaseTransport | None = None,
        pace: bool | Pacer = True,
        retries: Retries | bool = True,
        timeout_s: float = TIMEOUT_S,
        user_agent: str | None = None,
        on_wait: Callable[[Waiting], None] = log_wait,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is sent before the first call.

        `credential`: anything with `get_token(*scopes)`. None builds one from `tenant_id`, `client_id`, the default
        profile and `VEDETTE_*` variables.
        `region`: the code of a regional host. `base_url`: origin of the API where it is neither, such as a local
        tenant's. `ca_bundle`: PEM file of the authorities to trust.
        `pace`: stay under the documented limits by waiting; a `Pacer` may be shared by clients that act as one app.
        `on_wait` is told of every wait before it begins.
        Raises: ConfigurationError.
        """
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
        self._transport: Transport = (
            HttpTransport(ca_bundle=bundle, timeout_s=timeout_s, transport=transport)
            if transport is None or isinstance(transport, httpx2.BaseTransport)
            else transport
        )
        self._make_downloads = functools.partial(
            file_downloads,
            ca_bundle=bundle,
            timeout_s=timeout_s,
            transport=transport if isinstance(transport, httpx2.BaseTransport) else None,
            channel=self._channel,
            on_wait=on_wait,
            sleep=sleep,
        )
        self._downloads: Downloads | None = None
        self._downloads_lock = threading.Lock()
        self._tokens = {
            app_id: TokenHolder(credential, door.scope, time.time) for app_id, door in self._place.doors.items()
        }
        self._on_wait = on_wait
        self._sleep = sleep
        self.alerts: Alerts[Sync] = Alerts(self._invoke)
        self.machines: Machines[Sync] = Machines(self._invoke)
        self.machine_actions: BlockingMachineActions = BlockingMachineActions(
            self._invoke, self._file_downloads, self._sleep, lambda: self._channel.clock()
        )
        self.library_files: LiveResponseLibrary[Sync] = LiveResponseLibrary(self._invoke)
        self.indicators: Indicators[Sync] = Indicators(self._invoke)
        self.investigations: Investigations[Sync] = Investigations(self._invoke)
        self.advanced_queries: AdvancedQueries[Sync] = AdvancedQueries(self._invoke)
        self.advanced_hunting: AdvancedHunting[Sync] = AdvancedHunting(self._invoke)
        self.files: Files[Sync] = Files(self._invoke)
        self.ips: Ips[Sync] = Ips(self._invoke)
        self.domains: Domains[Sync] = Domains(self._invoke)
        self.users: Users[Sync] = Users(self._invoke)
        self.vulnerabilities: Vulnerabilities[Sync] = Vulnerabilities(self._invoke)
        self.software: SoftwareInventory[Sync] = SoftwareInventory(self._invoke)
        self.recommendations: Recommendations[Sync] = Recommendations(self._invoke)
        self.remediation_tasks: RemediationTasks[Sync] = RemediationTasks(self._invoke)
        self.scores: Scores[Sync] = Scores(self._invoke)
        self.exports: BlockingExports = BlockingExports(self._invoke, self._file_downloads, self._channel.now)
        self.baselines: Baselines[Sync] = Baselines(self._invoke)
        self.browser_extensions: BrowserExtensionPermissions[Sync] = BrowserExtensionPermissions(self._invoke)
        self.device_health: DeviceHealth[Sync] = DeviceHealth(self._invoke)
        self.authenticated_scans: AuthenticatedScans[Sync] = AuthenticatedScans(self._invoke)
        self.scan_agents: ScanAgents[Sync] = ScanAgents(self._invoke)
        self.device_groups: DeviceGroups[Sync] = DeviceGroups(self._invoke)
        self.firmware: FirmwareInventory[Sync] = FirmwareInventory(self._invoke)
        self.incidents: Incidents[Sync] = Incidents(self._invoke)
        self.data_export_settings: DataExport[Sync] = DataExport(self._invoke)
        self.metadata: Metadata[Sync] = Metadata(self._invoke)

    @classmethod
    def from_profile(
        cls,
        name: str | None = None,
        *,
        path: str | os.PathLike[str] | None = None,
        transport: Transport | httpx2.BaseTransport | None = None,
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
        transport: Transport | httpx2.BaseTransport | None = None,
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

    def request(
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
        return self._run(self._channel.call(raw_call(method, self._place.own(path, params), json)))

    def hunt(
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
        return HuntingResult.of(self._invoke(operation, arguments))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()
        if self._downloads is not None:
            self._downloads.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Defender({self.credential!r}, base_url={self.base_url!r})"

    def _file_downloads(self) -> Downloads:
        """What fetches files from links; made on the first use, with connections of its own."""
        with self._downloads_lock:
            if self._downloads is None:
                self._downloads = self._make_downloads()
            return self._downloads

    # Any: the operation says what it answers, and its descriptor gives that type to the caller.
    def _invoke(self, operation: Operation[Any, Any], arguments: Arguments, /) -> Any:
        if not operation.is_listing:
            answer = self._run(self._channel.call(Call.of(operation, arguments, self._place.base_of(operation.api))))
            return decode(operation, answer.content)
        pages = Pages(operation, arguments, self._place.base)

        def fetch(link: str | None) -> Page[Any]:
            answer = self._run(self._channel.call(page_call(operation, arguments, pages, link)))
            return pages.accept(link, decode(operation, answer.content))

        return Paged(fetch)

    def _run(self, exchange: Exchange[T]) -> T:
        return carry_out(exchange, self._perform)

    def _perform(self, step: Step) -> object:
        match step:
            case Acquire(claims, api):
                return fitting(self._tokens[api.app_id].get(claims), api)
            case Send(request):
                return self._transport.send(request)
            case Wait(waiting):
                self._on_wait(waiting)
                return self._sleep(waiting.seconds)
