"""What the first segment of a path names: a tenant, or a door that several tenants share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from vedette.tenant.directory import Application, Directory, Tenant, User
from vedette.tenant.identity.problems import Refused

AuthorityKind = Literal["tenant", "common", "organizations", "consumers"]

PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant id that personal Microsoft accounts carry."""

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DNS_NAME = re.compile(r"(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Authority:
    """Where a request came in."""

    name: str
    """As written in the path."""
    kind: AuthorityKind
    tenant: Tenant | None
    """None for the doors that do not say which tenant is meant."""

    @property
    def issuer_tenant(self) -> str:
        """What stands for the tenant in issuers: its id, or the literal placeholder of the shared doors."""
        if self.kind == "consumers":
            return PERSONAL_TENANT
        return self.tenant.id if self.tenant else "{tenantid}"

    @property
    def path(self) -> str:
        """What stands for the tenant in endpoint paths: its id, or the name of the shared door."""
        return self.tenant.id if self.kind == "tenant" and self.tenant else self.kind

    def require_tenant(self) -> Tenant:
        """The tenant, where the request has to name one. Raises: Refused (50059)."""
        if self.tenant is None:
            raise Refused(50059)
        return self.tenant

    def admits(self, user: User) -> bool:
        """Whether somebody of this tenant may come in through this door."""
        match self.kind:
            case "tenant" | "consumers":
                return self.tenant is not None and user.tenant_id == self.tenant.id
            case "organizations":
                return user.tenant_id != PERSONAL_TENANT
            case "common":
                return True

    def check_audience(self, application: Application) -> None:
        """Whether the app's supported account types fit this door. Raises: Refused (50194, 700016)."""
        match application.sign_in_audience:
            case "AzureADMyOrg" if self.kind in ("common", "organizations"):
                raise Refused(50194, client_id=application.app_id, name=application.display_name)
            case "AzureADMyOrg":
                fits = self.tenant is not None and self.tenant.id == application.tenant_id
            case "AzureADMultipleOrgs":
                fits = self.kind != "consumers" and (self.tenant is None or self.tenant.id != PERSONAL_TENANT)
            case "PersonalMicrosoftAccount":
                fits = self.kind in ("common", "consumers")
            case _:
                fits = True
        if not fits:
            raise Refused(700016, client_id=application.app_id, tenant=self.name)


def is_guid(text: str) -> bool:
    """Whether this is a GUID in its usual spelling."""
    return _GUID.fullmatch(text) is not None


def resolve_authority(directory: Directory, name: str) -> Authority:
    """The authority of this path segment. Raises: Refused (900023 malformed, 90002 not found)."""
    lowered = name.lower()
    if lowered == "common":
        return Authority(name, "common", None)
    if lowered == "organizations":
        return Authority(name, "organizations", None)
    if lowered in ("consumers", PERSONAL_TENANT):
        return Authority(name, "consumers", directory.tenant(PERSONAL_TENANT))
    if not is_guid(name) and not _DNS_NAME.fullmatch(name):
        raise Refused(900023, tenant=name)
    tenant = directory.tenant(name)
    if tenant is None:
        raise Refused(90002, tenant=name)
    return Authority(name, "tenant", tenant)
