"""What goes with a service principal when it is removed."""

from __future__ import annotations

from vedette.tenant.directory import Directory, ServicePrincipal


def remove_service_principal(directory: Directory, principal: ServicePrincipal) -> None:
    """Remove it with every grant and assignment that it holds or that others hold on it."""
    with directory.database.transaction():
        for side in ("client_id", "resource_id"):
            for grant in list(directory.delegated_grants.where(**{side: principal.id})):
                directory.delegated_grants.delete(grant.id)
        for side in ("principal_id", "resource_id"):
            for assignment in list(directory.app_role_assignments.where(**{side: principal.id})):
                directory.app_role_assignments.delete(assignment.id)
        directory.service_principals.delete(principal.id)
