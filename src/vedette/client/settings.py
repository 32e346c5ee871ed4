"""What a client is built from: addresses, scope and headers, shared by the blocking and the asynchronous one."""

from __future__ import annotations

import dataclasses
import functools
import platform
import random
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from vedette.auth.profile import Profile
from vedette.catalogue import clouds
from vedette.catalogue.operation import Arguments, Operation
from vedette.catalogue.permission import DEFENDER, GRAPH, XDR, Resource
from vedette.catalogue.resources import operations
from vedette.client.exchange import Call, Channel, encode_body
from vedette.client.pacing import Pacer, Waiting
from vedette.client.paging import Pages, origin_of, query_string
from vedette.client.retry import NO_RETRIES, Retries
from vedette.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx2

    from vedette.client.downloads import Downloads


@dataclasses.dataclass(frozen=True, slots=True)
class Door:
    """Where the calls of one API go, and what its tokens are asked for."""

    base: str
    scope: str


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a client sends its calls, and what its tokens are for."""

    base: str
    scope: str
    xdr: Door
    graph: Door

    @staticmethod
    def of(cloud: str, region: str | None, base_url: str | None) -> Place:
        """Raises: ConfigurationError for an unknown cloud or region, or a base that is no origin."""
        try:
            chosen = clouds.cloud(cloud)
            base = base_url or clouds.api_base(chosen, region)
        except clouds.UnknownCloud as error:
            raise ConfigurationError(str(error)) from None
        parts = urlsplit(base)
        if parts.scheme not in ("https", "http") or not parts.netloc or parts.username or parts.query:
            raise ConfigurationError(f"{base!r} is not the origin of an API", hint="base_url is https://HOST:PORT")
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ConfigurationError("tokens are sent over https only", hint=f"base_url is {base}")
        # A base that ends in /api is what people copy from the documentation; paths carry it themselves.
        base = re.sub(r"/api(/v1\.0)?/?\Z|/\Z", "", base)
        xdr, graph = chosen.xdr_base, chosen.graph_base
        if parts.hostname not in clouds.api_hosts() | clouds.xdr_hosts():
            xdr, graph = base, f"{base}/v1.0"  # a tenant of its own has all of them at one address
        elif parts.hostname in clouds.xdr_hosts():
            xdr = base
        return Place(base, chosen.default_scope, Door(xdr, chosen.xdr_scope), Door(graph, chosen.graph_scope))

    @property
    def doors(self) -> Mapping[str, Door]:
        """The APIs that a client calls, by app id."""
        return {DEFENDER.app_id: Door(self.base, self.scope), XDR.app_id: self.xdr, GRAPH.app_id: self.graph}

    def base_of(self, api: Resource) -> str:
        """Where the calls of an API go."""
        return self.doors[api.app_id].base

    def own(self, path: str, params: Mapping[str, str] | None) -> str:
        """The address of a path, or of an address of this API. Raises: ConfigurationError for any other address."""
        url = path if "://" in path else f"{self.base}/{quote(path.lstrip('/'), safe=_SAFE_IN_PATH)}"
        if origin_of(url) != origin_of(self.base):
            raise ConfigurationError(f"the token is for {self.base} and is not sent elsewhere", hint="pass a path")
        if not params:
            return url
        return f"{url}{'&' if '?' in url else '?'}{query_string(tuple(params.items()))}"


_SAFE_IN_PATH = "/?&=%$'(),:@+;!*~#"


def channel(*, pace: bool | Pacer, retries: Retries | bool, user_agent: str | None) -> Channel:
    """What the calls of one client share."""
    pacer = pace if isinstance(pace, Pacer) else Pacer() if pace else None
    patience = retries if isinstance(retries, Retries) else Retries() if retries else NO_RETRIES
    agent = f"{user_agent} {_own_agent()}" if user_agent else _own_agent()
    return Channel(
        retries=patience,
        pacer=pacer,
        headers={"Accept": "application/json", "User-Agent": agent},
        clock=time.monotonic,
        now=lambda: datetime.now(UTC),
        random=random.random,
    )


def file_downloads(
    *,
    ca_bundle: str | None,
    timeout_s: float,
    transport: httpx2.BaseTransport | None,
    channel: Channel,
    on_wait: Callable[[Waiting], None],
    sleep: Callable[[float], object],
) -> Downloads:
    """What fetches files for a client. It is given none of the client's tokens."""
    from vedette.client.downloads import Downloads

    return Downloads(
        ca_bundle=ca_bundle,
        timeout_s=timeout_s,
        transport=transport,
        user_agent=channel.headers["User-Agent"],
        retries=channel.retries,
        sleep=sleep,
        on_wait=on_wait,
    )


@functools.cache
def _own_agent() -> str:
    try:
        own = version("vedette")
    except PackageNotFoundError:
        own = "0"
    return f"vedette/{own} python/{platform.python_version()}"


def profile_of(
    *,
    cloud: str,
    region: str | None,
    tenant_id: str | None,
    client_id: str | None,
    base_url: str | None,
    ca_bundle: str | None,
) -> Profile:
    """The default profile with what was given in its place; what was given alone, for another app or tenant."""
    given = {
        "region": region,
        "tenant_id": tenant_id,
        "client_id": client_id,
        "base_url": base_url,
        "ca_bundle": ca_bundle,
        "cloud": None if cloud == "commercial" else cloud,
    }
    loaded = Profile.load()
    pairs = ((tenant_id, loaded.tenant_id), (client_id, loaded.client_id))
    if any(mine and theirs and mine != theirs for mine, theirs in pairs):
        loaded = Profile()  # another app: the profile's secret is none of its business
    profile = dataclasses.replace(loaded, **{key: value for key, value in given.items() if value})
    profile.check()
    return profile


def raw_call(method: str, url: str, body: object) -> Call:
    """A call by method and address. Where the catalogue knows it, its limits and permissions apply."""
    method = method.upper()
    content = None if body is None else encode_body(body)
    operation = known(method, urlsplit(url).path)
    if operation is None:
        return Call(f"{method} {urlsplit(url).path}", method, url, content, is_repeatable=method == "GET")
    return Call(
        name=operation.id,
        method=method,
        url=url,
        content=content,
        limits=operation.limits,
        application=operation.application,
        delegated=operation.delegated,
        is_repeatable=method == "GET",
        api=operation.api,
    )


def known(method: str, path: str) -> Operation[Any, Any] | None:  # Any: operations of every signature
    """The declared operation that a path belongs to; the one that says most of the path where several fit."""
    path = re.sub(r"^/api/v1\.0(?=/)", "/api", path.rstrip("/"), flags=re.IGNORECASE)
    return next((found for pattern, found in _patterns() if found.method == method and pattern.fullmatch(path)), None)


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], Operation[Any, Any]]]:
    def pattern(operation: Operation[Any, Any]) -> re.Pattern[str]:
        parts = re.split(r"{\w+}", operation.path)
        return re.compile("[^/]+".join(map(re.escape, parts)), re.IGNORECASE)

    def literal(operation: Operation[Any, Any]) -> int:
        return len(re.sub(r"{\w+}", "", operation.path))

    return sorted(((pattern(each), each) for each in operations()), key=lambda pair: -literal(pair[1]))


# Any: operations of every signature.
def page_call(operation: Operation[Any, Any], arguments: Arguments, pages: Pages, link: str | None) -> Call:
    """The call that fetches one page. The first is the operation's own; the others get the address they are given."""
    first = dataclasses.replace(Call.of(operation, arguments, ""), url=pages.url(link))
    return first if link is None else dataclasses.replace(first, method="GET", content=None, is_repeatable=True)
