"""App registrations of the tenant: what they ask for, and what has been agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response

from vedette.catalogue.permission import RESOURCES, Kind, Resource
from vedette.tenant.directory import Application, Directory, ServicePrincipal
from vedette.tenant.portal.visit import Visit

Consent = Literal["everybody", "some users", "none"]


@dataclass(frozen=True, slots=True)
class AskedPermission:
    """A permission in an app's registration, and whether it is granted."""

    api: str
    value: str
    kind: Kind
    consent: Consent


@dataclass(frozen=True, slots=True)
class AppRow:
    """One registration."""

    application: Application
    kind: str
    permissions: list[AskedPermission]


async def show(visit: Visit) -> Response:
    """Every registration of the user's own tenant."""
    directory, tenant_id = visit.state.directory, visit.tenant.id
    rows = [
        AppRow(application, _kind(application), _permissions(directory, tenant_id, application))
        for application in directory.applications.where(tenant_id=tenant_id)
        if application.deleted is None
    ]
    rows.sort(key=lambda row: row.application.display_name.casefold())
    return visit.page("apps", section="apps", title="Apps", rows=rows)


def _kind(application: Application) -> str:
    if application.password_credentials or application.key_credentials:
        return "Confidential"
    return "Public" if application.public_redirect_uris or application.is_fallback_public_client else "No credential"


def _permissions(directory: Directory, tenant_id: str, application: Application) -> list[AskedPermission]:
    client = directory.service_principal(tenant_id, application.app_id)
    found: list[AskedPermission] = []
    for required in application.required_resource_access:
        resource = next((each for each in RESOURCES if each.app_id == required.resource_app_id), None)
        api = directory.service_principal(tenant_id, required.resource_app_id)
        if resource is None:
            continue
        for access in required.resource_access:
            kind: Kind = "delegated" if access.type == "Scope" else "application"
            permission = resource.permission_by_id(access.id, kind)
            if permission is not None:
                consent = _consent(directory, client, api, resource, permission.value, kind)
                found.append(AskedPermission(resource.name, permission.value, kind, consent))
    return sorted(found, key=lambda each: (each.api, each.kind, each.value))


def _consent(
    directory: Directory,
    client: ServicePrincipal | None,
    api: ServicePrincipal | None,
    resource: Resource,
    value: str,
    kind: Kind,
) -> Consent:
    if client is None or api is None:
        return "none"
    if kind == "application":
        return "everybody" if value in directory.granted_roles(client, api, resource) else "none"
    if value in directory.granted_scopes(client, api, None):
        return "everybody"
    grants = directory.delegated_grants.where(client_id=client.id, resource_id=api.id)
    return "some users" if any(value in grant.scope.split() for grant in grants) else "none"
