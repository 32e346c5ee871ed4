"""One HTTP request to the sign-in service: where it came in, when, and under which ids it is traced."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from starlette.requests import Request

from vedette.tenant.identity.authority import Authority, is_guid, resolve_authority
from vedette.tenant.identity.faults import Faults
from vedette.tenant.identity.issued import Ledger, Version
from vedette.tenant.identity.problems import Refused, Trace, new_guid
from vedette.tenant.identity.tries import Tries
from vedette.tenant.state import State

_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")


@dataclass(frozen=True)
class Exchange:
    """What every step of a sign-in may ask about the request that it serves."""

    state: State
    ledger: Ledger
    tries: Tries
    faults: Faults
    request: Request
    tenant_name: str
    version: Version
    trace: Trace

    @property
    def now(self) -> datetime:
        """When the request came in. One request has one time."""
        return self.trace.moment

    @cached_property
    def authority(self) -> Authority:
        """The door. Raises: Refused (900023, 90002)."""
        return resolve_authority(self.state.directory, self.tenant_name)

    @cached_property
    def host(self) -> str:
        """Host and port as the client sees them. Raises: Refused (9002313) where they cannot be a host."""
        host = self.request.headers.get("host", "")
        if not _HOST.fullmatch(host):
            raise Refused(9002313)
        return host

    @property
    def origin(self) -> str:
        """Scheme, host and port as the client sees them: the base of every address that is given out."""
        return f"{self.request.scope['scheme']}://{self.host}"

    @property
    def safe_origin(self) -> str:
        """The origin for error answers, which must not fail: the service's own where the host is unusable."""
        host = self.request.headers.get("host", "")
        return (
            f"{self.request.scope['scheme']}://{host}" if _HOST.fullmatch(host) else "https://login.microsoftonline.com"
        )

    @property
    def address(self) -> str:
        """Network address of the client."""
        return self.request.client.host if self.request.client else "127.0.0.1"

    @property
    def is_v1(self) -> bool:
        """Whether the older endpoints were asked."""
        return self.version == 1


def new_trace(request: Request, now: datetime) -> Trace:
    """Fresh ids; the correlation id is the client's own where it sent a GUID."""
    asked = request.headers.get("client-request-id") or request.query_params.get("client-request-id") or ""
    return Trace(trace_id=new_guid(), correlation_id=asked.lower() if is_guid(asked) else new_guid(), moment=now)
