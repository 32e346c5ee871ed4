"""The service principals that every tenant has of Microsoft's own APIs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from vedette.catalogue.permission import RESOURCES, Resource
from vedette.tenant.directory import Directory, ServicePrincipal, Tenant


def well_known_id(tenant_id: str, app_id: str) -> str:
    """The object id of an API's service principal: always the same for the same tenant."""
    return str(uuid.uuid5(uuid.UUID(tenant_id), app_id))


def ensure_well_known(
    directory: Directory, tenant: Tenant, now: datetime, resources: Iterable[Resource] = RESOURCES
) -> dict[str, ServicePrincipal]:
    """Give the tenant the APIs' service principals that it lacks; answers all of them by app id.

    Leave `DEFENDER` out of `resources` for a tenant that never used Defender for Endpoint.
    """
    found: dict[str, ServicePrincipal] = {}
    with directory.database.transaction():
        for resource in resources:
            present = directory.service_principal(tenant.id, resource.app_id)
            if present is None:
                present = ServicePrincipal(
                    id=well_known_id(tenant.id, resource.app_id),
                    tenant_id=tenant.id,
                    app_id=resource.app_id,
                    display_name=resource.name,
                    owner_tenant_id=resource.owner_tenant,
                    created=now.replace(microsecond=0),
                )
                directory.service_principals.put(present)
            found[resource.app_id] = present
    return found
