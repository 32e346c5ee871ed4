"""One call of Graph on its way through the chain: what every step and every handler may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from vedette.catalogue.graph_operations import OWNED_ONLY, REGISTRARS, GraphOperation
from vedette.tenant.authenticate import Caller
from vedette.tenant.directory import Application, Directory, ServicePrincipal, Tenant, User
from vedette.tenant.graph.problems import denied, not_found
from vedette.tenant.state import State

R = TypeVar("R", Application, ServicePrincipal)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers. `content` is encoded as JSON unless it is text already."""

    content: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


NO_CONTENT = Answer(status=204)


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated call."""

    state: State
    operation: GraphOperation
    caller: Caller
    tenant: Tenant
    user: User | None
    """The signed-in user of a delegated call."""
    principal: ServicePrincipal
    """How the calling application stands in the tenant."""
    base: str
    """Where the client reached Graph, with the version: `https://graph.microsoft.com/v1.0`."""
    address: str
    """The request's address without its query."""
    path: Mapping[str, str]
    """What stands in the places of the operation's path; `application` also as `application.appId`."""
    query: tuple[tuple[str, str], ...]
    is_eventual: bool
    """Whether the request carries `ConsistencyLevel: eventual`."""
    body: bytes

    @property
    def now(self) -> datetime:
        """The present moment of the tenant, in whole seconds as Graph keeps times."""
        return self.state.clock.now().replace(microsecond=0)

    @property
    def directory(self) -> Directory:
        """The directory of all tenants."""
        return self.state.directory

    @property
    def is_limited_to_owned(self) -> bool:
        """Whether the caller reaches only what it owns."""
        roles = self.caller.roles
        groups = self.operation.application or ()
        return self.user is None and any(
            OWNED_ONLY in group and not (set(group) - {OWNED_ONLY}) & roles for group in groups
        )

    @property
    def owner_id(self) -> str:
        """Who owns what this call makes: the user, or the application's service principal."""
        return self.user.id if self.user else self.principal.id

    def owners_of(self, record: Application | ServicePrincipal) -> list[str]:
        """Object ids of the owners; a service principal has those of its application."""
        if isinstance(record, Application):
            return record.owner_ids
        application = self.directory.application(record.app_id)
        return application.owner_ids if application and application.tenant_id == record.tenant_id else []

    def sees(self, record: Application | ServicePrincipal) -> bool:
        """Whether the caller may know of it: it is old enough to be readable, and owned where only that counts."""
        delay = timedelta(seconds=self.state.options.read_after_write_delay_s)
        if delay and self.state.clock.now() < record.created + delay:
            return False
        return not self.is_limited_to_owned or self.owner_id in self.owners_of(record)

    def check_change(self, record: Application | ServicePrincipal) -> None:
        """Refuse a change of what the caller neither owns nor administers. Raises: GraphProblem (403)."""
        if self.user is None:
            permitted = not self.is_limited_to_owned
        else:
            permitted = bool(REGISTRARS & set(self.user.directory_roles))
        if not permitted and self.owner_id not in self.owners_of(record):
            raise denied()

    def application(self, *, for_change: bool = False) -> Application:
        """The application that the path names. Raises: GraphProblem (404, 403)."""
        return self._named(
            "application",
            self.directory.applications.get,
            self.directory.application,
            for_change,
        )

    def service_principal(self, *, for_change: bool = False) -> ServicePrincipal:
        """The service principal that the path names. Raises: GraphProblem (404, 403)."""
        return self._named(
            "servicePrincipal",
            self.directory.service_principals.get,
            lambda app_id: self.directory.service_principal(self.tenant.id, app_id),
            for_change,
        )

    def _named(
        self, place: str, by_id: Callable[[str], R | None], by_app_id: Callable[[str], R | None], for_change: bool
    ) -> R:
        app_id = self.path.get(f"{place}.appId")
        key = app_id if app_id is not None else self.path[place]
        found = by_app_id(key) if app_id is not None else by_id(key)
        is_here = found is not None and found.tenant_id == self.tenant.id and getattr(found, "deleted", None) is None
        if found is None or not is_here:
            raise not_found(key)
        if for_change:
            self.check_change(found)
        if self.is_limited_to_owned and self.owner_id not in self.owners_of(found):
            raise denied()
        if not self.sees(found):
            raise not_found(key)
        return found
