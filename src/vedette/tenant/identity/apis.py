"""The APIs that tokens are for, as a tenant knows them: Microsoft's own, and apps that publish permissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vedette.catalogue.permission import GRAPH, Permission, Resource, resource_by_identifier
from vedette.tenant.directory import Application, Directory, PublishedPermission, ServicePrincipal, Tenant
from vedette.tenant.identity.authority import is_guid
from vedette.tenant.identity.problems import Refused


@dataclass(frozen=True, slots=True)
class Api:
    """An API, and how it stands in one tenant."""

    resource: Resource
    principal: ServicePrincipal
    token_version: Literal[1, 2]

    @property
    def is_graph(self) -> bool:
        """Whether OIDC scopes are this API's own."""
        return self.resource.app_id == GRAPH.app_id


def find_api(directory: Directory, tenant: Tenant, identifier: str) -> Api:
    """The API that an audience names. Raises: Refused (500011) where the tenant has none."""
    resource = resource_by_identifier(identifier)
    version: Literal[1, 2] = 1
    if resource is None:
        application = _publisher(directory, identifier)
        if application is not None:
            resource = _published(application)
            version = 2 if application.requested_access_token_version == 2 else 1
    principal = directory.service_principal(tenant.id, resource.app_id) if resource else None
    if resource is None or principal is None or not principal.is_enabled:
        raise Refused(500011, resource=identifier, tenant=tenant.id)
    return Api(resource, principal, version)


def api_of_app_id(directory: Directory, tenant: Tenant, app_id: str) -> Api | None:
    """The API with this app id, where the tenant has it."""
    try:
        return find_api(directory, tenant, app_id)
    except Refused:
        return None


def _publisher(directory: Directory, identifier: str) -> Application | None:
    name = identifier.removeprefix("api://").rstrip("/")
    if is_guid(name) and (found := directory.application(name)) is not None:
        return found
    wanted = {identifier, identifier.rstrip("/")}
    return next(
        (each for each in directory.applications.all() if each.deleted is None and wanted & set(each.identifier_uris)),
        None,
    )


def _published(application: Application) -> Resource:
    return Resource(
        name=application.display_name,
        app_id=application.app_id,
        owner_tenant=application.tenant_id,
        identifier_uris=(*application.identifier_uris, f"api://{application.app_id}"),
        permissions=(
            *(_permission(each, "delegated") for each in application.published_scopes if each.is_enabled),
            *(_permission(each, "application") for each in application.published_roles if each.is_enabled),
        ),
    )


def _permission(published: PublishedPermission, kind: Literal["delegated", "application"]) -> Permission:
    return Permission(
        id=published.id.lower(),
        value=published.value,
        kind=kind,
        admin_description=published.description or published.value,
        user_description=published.description or published.value,
        needs_admin=published.needs_admin or kind == "application",
        members=() if kind == "delegated" else published.members,
    )
