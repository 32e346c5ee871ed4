"""The clouds that Defender for Endpoint runs in, their hosts, and the sign-in service beside each.

A host is where requests go; a resource id is what tokens are for. In the commercial cloud they differ: the documented
base is `https://api.security.microsoft.com`, the audience `https://api.securitycenter.microsoft.com`.
Not here: what the resources publish (`permission`) and how endpoints of the sign-in service are laid out (the tenant).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

CloudName = Literal["commercial", "gcc", "gcc-high", "dod"]
RegionName = Literal["us", "eu", "uk", "au", "swa", "ina"]


@dataclass(frozen=True, slots=True)
class Region:
    """A regional host of the commercial cloud: nearer to the tenant's data, so faster."""

    name: RegionName
    place: str
    """Empty: no page says which place the code stands for."""
    api_host: str
    older_host: str | None = None
    """The spelling in samples and identifier URIs, where there is one."""
    xdr_host: str | None = None
    """The spelling on the pages of the XDR API, where there is one. Newer ones of them use that of Endpoint."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud: addresses are origins, without a path."""

    name: CloudName
    title: str
    api_hosts: tuple[str, ...]
    """The first is the documented base."""
    authority: str
    resource_id: str
    """Audience of access tokens."""
    xdr_base: str
    """Origin of the XDR API, and the audience of tokens for it."""
    portal: str
    graph: str
    notes: tuple[str, ...] = ()

    @property
    def api_base(self) -> str:
        """The documented origin of the API."""
        return self.api_hosts[0]

    @property
    def regions(self) -> Mapping[str, Region]:
        """Regional hosts by code. Empty outside the commercial cloud."""
        return REGIONS if self.name == "commercial" else _NO_REGIONS

    @property
    def default_scope(self) -> str:
        """The scope that stands for every permission already granted."""
        return f"{self.resource_id}/.default"

    @property
    def xdr_scope(self) -> str:
        """The same for the XDR API."""
        return f"{self.xdr_base}/.default"

    @property
    def graph_scope(self) -> str:
        """The same for Graph."""
        return f"{self.graph}/.default"

    @property
    def graph_base(self) -> str:
        """Root of the Graph version that registers apps and grants consent."""
        return f"{self.graph}/v1.0"

    def token_endpoint(self, tenant: str, *, version: Literal[1, 2] = 2) -> str:
        """Where tokens of this tenant (GUID or verified domain) are asked for."""
        return f"{self.authority}/{tenant}/oauth2/{'v2.0/' if version == 2 else ''}token"


REGIONS: Mapping[str, Region] = MappingProxyType(
    {
        region.name: region
        for region in (
            Region(
                "us",
                "United States",
                "https://us.api.security.microsoft.com",
                "https://api-us.securitycenter.microsoft.com",
                "https://api-us.security.microsoft.com",
            ),
            Region(
                "eu",
                "Europe",
                "https://eu.api.security.microsoft.com",
                "https://api-eu.securitycenter.microsoft.com",
                "https://api-eu.security.microsoft.com",
            ),
            Region(
                "uk",
                "United Kingdom",
                "https://uk.api.security.microsoft.com",
                "https://api-uk.securitycenter.microsoft.com",
                "https://api-uk.security.microsoft.com",
            ),
            Region("au", "Australia", "https://au.api.security.microsoft.com"),
            Region("swa", "", "https://swa.api.security.microsoft.com", note="Probably Switzerland; no page says so."),
            Region("ina", "", "https://ina.api.security.microsoft.com", note="Probably India; no page says so."),
        )
    }
)
"""Regional hosts. Only the commercial cloud has them."""

_NO_REGIONS: Mapping[str, Region] = MappingProxyType({})
_INFERRED = "The resource id is taken to equal the API host: it is registered as an identifier, but no page states it."
_XDR_INFERRED = "The audience for the XDR API is taken to equal its host, as clients have it; no page states it."

CLOUDS: Mapping[str, Cloud] = MappingProxyType(
    {
        cloud.name: cloud
        for cloud in (
            Cloud(
                name="commercial",
                title="Commercial",
                api_hosts=(
                    "https://api.security.microsoft.com",
                    "https://api.securitycenter.microsoft.com",
                    "https://api.securitycenter.windows.com",
                ),
                authority="https://login.microsoftonline.com",
                resource_id="https://api.securitycenter.microsoft.com",
                xdr_base="https://api.security.microsoft.com",
                portal="https://security.microsoft.com",
                graph="https://graph.microsoft.com",
                notes=(
                    "The second host is the one in most samples, the third the one in the oldest.",
                    "A token for the resource id works with each of the hosts.",
                ),
            ),
            Cloud(
                name="gcc",
                title="US Government GCC",
                api_hosts=("https://api-gcc.securitycenter.microsoft.us",),
                authority="https://login.microsoftonline.com",
                resource_id="https://api-gcc.securitycenter.microsoft.us",
                xdr_base="https://api-gcc.security.microsoft.us",
                portal="https://security.microsoft.com",
                graph="https://graph.microsoft.com",
                notes=(
                    _INFERRED,
                    _XDR_INFERRED,
                    "Signs in, and uses Graph, where the commercial cloud does.",
                    "Tenants in transition use the portal https://transition.security.microsoft.com.",
                ),
            ),
            Cloud(
                name="gcc-high",
                title="US Government GCC High",
                api_hosts=("https://api-gov.securitycenter.microsoft.us",),
                authority="https://login.microsoftonline.us",
                resource_id="https://api-gov.securitycenter.microsoft.us",
                xdr_base="https://api-gov.security.microsoft.us",
                portal="https://security.microsoft.us",
                graph="https://graph.microsoft.us",
                notes=(
                    _INFERRED,
                    _XDR_INFERRED,
                    "The Graph host is stated by Graph's own pages, not by those of Defender.",
                ),
            ),
            Cloud(
                name="dod",
                title="US Government DoD",
                api_hosts=("https://api-gov.securitycenter.microsoft.us",),
                authority="https://login.microsoftonline.us",
                resource_id="https://api-gov.securitycenter.microsoft.us",
                xdr_base="https://api-gov.security.microsoft.us",
                portal="https://security.apps.mil",
                graph="https://dod-graph.microsoft.us",
                notes=(
                    _INFERRED,
                    _XDR_INFERRED,
                    "Shares its API host with GCC High.",
                    "The Graph host is stated by Graph's own pages, not by those of Defender.",
                ),
            ),
        )
    }
)

GRAPH_HOSTS_SOURCE = "https://learn.microsoft.com/graph/deployments"
API_HOSTS_SOURCE = "https://learn.microsoft.com/defender-endpoint/gov"
XDR_HOSTS_SOURCES = (
    "https://learn.microsoft.com/defender-xdr/api-supported",
    "https://learn.microsoft.com/defender-xdr/usgov",
)

TRANSITION_PORTAL = "https://transition.security.microsoft.com"
"""Portal of GCC tenants that are being moved."""


@dataclass(frozen=True, slots=True)
class SignInInstance:
    """Names of one and the same sign-in service, as instance discovery lists them."""

    preferred_network: str
    preferred_cache: str
    aliases: tuple[str, ...]


SIGN_IN_INSTANCES: tuple[SignInInstance, ...] = (
    SignInInstance(
        "login.microsoftonline.com",
        "login.windows.net",
        ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"),
    ),
    SignInInstance(
        "login.partner.microsoftonline.cn",
        "login.partner.microsoftonline.cn",
        ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    ),
    SignInInstance("login.microsoftonline.de", "login.microsoftonline.de", ("login.microsoftonline.de",)),
    SignInInstance(
        "login.microsoftonline.us", "login.microsoftonline.us", ("login.microsoftonline.us", "login.usgovcloudapi.net")
    ),
    SignInInstance("login-us.microsoftonline.com", "login-us.microsoftonline.com", ("login-us.microsoftonline.com",)),
)
"""What instance discovery answers from api-version 1.1 on. Defender is documented in no Chinese or German cloud."""


class UnknownCloud(ValueError):
    """No cloud or region of this name. The message names the nearest one and lists the others."""


def cloud(name: str) -> Cloud:
    """The cloud of this name; letter case, `_` and blanks do not matter (`gcc_high`, `GCC High`).

    Raises: UnknownCloud.
    """
    spelled = name.strip().casefold().replace("_", "-").replace(" ", "-")
    try:
        return CLOUDS[spelled]
    except KeyError:
        raise UnknownCloud(_unknown("cloud", name, spelled, CLOUDS)) from None


def api_base(cloud_name: str | Cloud, region: str | None = None) -> str:
    """Origin that requests go to: the documented base, or the host of a region.

    Raises: UnknownCloud, also for a region of a cloud that has none.
    """
    chosen = cloud_name if isinstance(cloud_name, Cloud) else cloud(cloud_name)
    if region is None:
        return chosen.api_base
    if not chosen.regions:
        raise UnknownCloud(f"{chosen.title} has no regional hosts; leave the region out (it was {region!r})")
    try:
        return chosen.regions[region.strip().casefold()].api_host
    except KeyError:
        raise UnknownCloud(_unknown("region", region, region.strip().casefold(), chosen.regions)) from None


def _unknown(what: str, given: str, spelled: str, known: Mapping[str, object]) -> str:
    nearest = difflib.get_close_matches(spelled, known, n=1, cutoff=0.5)
    meant = f"; did you mean {nearest[0]}?" if nearest else ";"
    return f"there is no {what} {given!r}{meant} known: {', '.join(known)}"


def identity_hosts() -> frozenset[str]:
    """Host names of the sign-in services."""
    return frozenset(alias for instance in SIGN_IN_INSTANCES for alias in instance.aliases)


def graph_hosts() -> frozenset[str]:
    """Host names of Microsoft Graph."""
    return frozenset(_host(each.graph) for each in CLOUDS.values())


def api_hosts() -> frozenset[str]:
    """Host names of the Defender API: every cloud, region and older spelling."""
    return frozenset(map(_host, _api_origins()))


def xdr_hosts() -> frozenset[str]:
    """Host names of the XDR API: every cloud, region and spelling. Some are also hosts of the Defender API."""
    regional = (origin for region in REGIONS.values() for origin in (region.api_host, region.xdr_host) if origin)
    return frozenset(map(_host, (*(each.xdr_base for each in CLOUDS.values()), *regional)))


def portal_hosts() -> frozenset[str]:
    """Host names of the portals."""
    return frozenset(_host(origin) for origin in (*(each.portal for each in CLOUDS.values()), TRANSITION_PORTAL))


def _api_origins() -> Iterator[str]:
    for each in CLOUDS.values():
        yield from each.api_hosts
    for region in REGIONS.values():
        yield region.api_host
        if region.older_host is not None:
            yield region.older_host


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""
