"""Consent: grants of delegated permissions, and assignments of app roles."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from vedette.catalogue import graph as wire
from vedette.catalogue.graph import NO_APP_ROLE
from vedette.catalogue.graph_operations import GRAPH_ROLE_CONSENTERS
from vedette.tenant.directory import (
    AppRoleAssignment,
    DelegatedGrant,
    ServicePrincipal,
    User,
    delegated_grant_id,
)
from vedette.tenant.graph import shapes
from vedette.tenant.graph.call import NO_CONTENT, Answer, Call
from vedette.tenant.graph.decode import guid, json_object, read
from vedette.tenant.graph.problems import bad_request, denied, duplicate, invalid_property, invalid_value, not_found
from vedette.tenant.graph.query import EntitySet, listing, single
from vedette.tenant.graph.routes import handles

GRANTS = EntitySet("oauth2PermissionGrants", "oAuth2PermissionGrant", wire.OAuth2PermissionGrant)
ASSIGNMENTS = EntitySet("appRoleAssignments", "appRoleAssignment", wire.AppRoleAssignment)

# Old scripts send the times of the preview version; they never had an effect.
_WITHOUT_EFFECT = ("startTime", "expiryTime")


# -- delegated permissions --------------------------------------------------------------------------------------------


@handles("oauth2PermissionGrants.list")
def list_grants(call: Call) -> Answer:
    """All grants of the tenant."""
    return _grants(call, call.directory.delegated_grants.where(tenant_id=call.tenant.id))


@handles("servicePrincipals.oauth2PermissionGrants")
def list_grants_of(call: Call) -> Answer:
    """What one client was granted."""
    client = call.service_principal()
    return _grants(call, call.directory.delegated_grants.where(client_id=client.id))


@handles("oauth2PermissionGrants.get")
def get_grant(call: Call) -> Answer:
    """One grant."""
    return single(call, GRANTS, shapes.grant(_grant(call)))


@handles("oauth2PermissionGrants.create")
def create_grant(call: Call) -> Answer:
    """Grant delegated permissions, to everybody or to one user.

    A scope that the API does not publish is accepted; it never shows in a token.
    """
    sent = json_object(call.body)
    for name in _WITHOUT_EFFECT:
        sent.pop(name, None)
    asked = read(msgspec.json.encode(sent), wire.OAuth2PermissionGrant, read_only=frozenset({"id"}))
    for name in ("clientId", "consentType", "resourceId"):
        if name not in sent:
            raise invalid_value(name, "a value is expected.")
    client = _principal(call, asked.client_id, "clientId")
    resource = _principal(call, asked.resource_id, "resourceId")
    user_id = _for_whom(call, asked)
    present = call.directory.delegated_grants.first(
        client_id=client.id,
        resource_id=resource.id,
        consent_type=asked.consent_type,
        principal_id=user_id,
    )
    record = DelegatedGrant(
        id=delegated_grant_id(client.id, resource.id, user_id),
        tenant_id=call.tenant.id,
        client_id=client.id,
        resource_id=resource.id,
        consent_type="AllPrincipals" if user_id is None else "Principal",
        principal_id=user_id,
        scope=asked.scope,
    )
    if present is not None or not call.directory.delegated_grants.add(record):
        raise duplicate("Permission entry already exists.")
    return single(call, GRANTS, shapes.grant(record), status=201)


@handles("oauth2PermissionGrants.update")
def update_grant(call: Call) -> Answer:
    """Replace the scopes of a grant."""
    record = _grant(call)
    sent = json_object(call.body)
    for name in sent:
        if name not in wire.OAuth2PermissionGrant.__struct_encode_fields__:
            raise invalid_property(name)
        if name != "scope":
            raise bad_request(f"Property '{name}' is read-only and cannot be set.", target=name, detail="InvalidUpdate")
    if not isinstance(sent.get("scope"), str):
        raise invalid_value("scope", "a text of scopes separated by blanks is expected.")
    call.directory.delegated_grants.put(msgspec.structs.replace(record, scope=sent["scope"]))
    return NO_CONTENT


@handles("oauth2PermissionGrants.delete")
def delete_grant(call: Call) -> Answer:
    """Take a grant back. Tokens that were issued stay good until they end."""
    call.directory.delegated_grants.delete(_grant(call).id)
    return NO_CONTENT


def _grants(call: Call, records: Iterable[DelegatedGrant]) -> Answer:
    return listing(call, GRANTS, (shapes.grant(record) for record in records))


def _grant(call: Call) -> DelegatedGrant:
    grant_id = call.path["grant"]
    found = call.directory.delegated_grants.get(grant_id)
    if found is None or found.tenant_id != call.tenant.id:
        raise not_found(grant_id)
    return found


def _for_whom(call: Call, asked: wire.OAuth2PermissionGrant) -> str | None:
    if asked.consent_type == "AllPrincipals":
        if asked.principal_id is not None:
            raise invalid_value("principalId", "null is expected for AllPrincipals.")
        return None
    if asked.consent_type != "Principal":
        raise invalid_value("consentType", "AllPrincipals or Principal is expected.")
    user = call.directory.users.get(guid(asked.principal_id, "principalId"))
    if user is None or user.tenant_id != call.tenant.id:
        raise not_found(asked.principal_id or "")
    return user.id


# -- app roles --------------------------------------------------------------------------------------------------------


@handles("servicePrincipals.appRoleAssignments")
def list_held(call: Call) -> Answer:
    """The app roles that this service principal holds."""
    return _assignments(call, call.directory.app_role_assignments.where(principal_id=call.service_principal().id))


@handles("servicePrincipals.appRoleAssignedTo")
def list_assigned(call: Call) -> Answer:
    """Who holds app roles of this service principal."""
    return _assignments(call, call.directory.app_role_assignments.where(resource_id=call.service_principal().id))


@handles("servicePrincipals.addAppRoleAssignment")
def add_held(call: Call) -> Answer:
    """Give this service principal an app role."""
    return _assign(call, "principalId")


@handles("servicePrincipals.addAppRoleAssignedTo")
def add_assigned(call: Call) -> Answer:
    """Give somebody an app role of this service principal."""
    return _assign(call, "resourceId")


@handles("servicePrincipals.removeAppRoleAssignment")
def remove_held(call: Call) -> Answer:
    """Take an app role from this service principal."""
    return _unassign(call, "principal_id")


@handles("servicePrincipals.removeAppRoleAssignedTo")
def remove_assigned(call: Call) -> Answer:
    """Take an app role of this service principal from somebody."""
    return _unassign(call, "resource_id")


def _assign(call: Call, named_by_path: str) -> Answer:
    named = call.service_principal()
    sent = json_object(call.body)
    asked = read(call.body, wire.AppRoleAssignment, read_only=_ASSIGNED_BY_US)
    for name in ("principalId", "resourceId", "appRoleId"):
        guid(sent.get(name), name)
    if str(sent[named_by_path]).lower() != named.id:
        raise invalid_value(named_by_path, "it differs from the service principal in the address.")
    resource = _principal(call, asked.resource_id, "resourceId")
    holder = _holder(call, asked.principal_id)
    _check_may_assign(call, resource)
    role_id = asked.app_role_id.lower()
    _check_role(call, resource, holder, role_id)
    directory = call.directory
    with directory.database.transaction():
        present = directory.app_role_assignments.first(
            principal_id=holder.id, resource_id=resource.id, app_role_id=role_id
        )
        if present is not None:
            raise bad_request(
                "Permission being assigned already exists on the object", target="appRoleId", detail="InvalidUpdate"
            )
        record = directory.assign_role(holder.id, resource, role_id, call.now)
    return single(call, ASSIGNMENTS, shapes.assignment(record, directory), status=201)


_ASSIGNED_BY_US = frozenset(
    {
        "id", "createdDateTime", "deletedDateTime", "principalDisplayName", "principalType", "resourceDisplayName",
    }
)  # fmt: skip


def _unassign(call: Call, side: str) -> Answer:
    named = call.service_principal()
    assignment_id = call.path["assignment"]
    found = call.directory.app_role_assignments.first(id=assignment_id, **{side: named.id})
    if found is None:
        raise not_found(assignment_id)
    resource = call.directory.service_principals.get(found.resource_id)
    if resource is not None:
        _check_may_assign(call, resource)
    call.directory.app_role_assignments.delete(found.id)
    return NO_CONTENT


def _assignments(call: Call, records: Iterable[AppRoleAssignment]) -> Answer:
    return listing(call, ASSIGNMENTS, (shapes.assignment(record, call.directory) for record in records))


def _check_may_assign(call: Call, resource: ServicePrincipal) -> None:
    """App roles of Microsoft Graph itself are for the highest administrators alone. Raises: GraphProblem."""
    if call.user and shapes.is_graph(resource) and not GRAPH_ROLE_CONSENTERS & set(call.user.directory_roles):
        raise denied()


def _check_role(call: Call, resource: ServicePrincipal, holder: ServicePrincipal | User, role_id: str) -> None:
    if role_id == NO_APP_ROLE:
        return
    published = shapes.service_principal(resource, call.directory).app_roles
    role = next((role for role in published if role.id.lower() == role_id and role.is_enabled), None)
    if role is None:
        raise bad_request(
            f"Permission being assigned was not found on application '{resource.app_id}'.", target="appRoleId"
        )
    if ("User" if isinstance(holder, User) else "Application") not in role.allowed_member_types:
        raise invalid_value("appRoleId", "the role cannot be given to this kind of principal.")


def _principal(call: Call, id: str, target: str) -> ServicePrincipal:
    found = call.directory.service_principals.get(guid(id, target))
    if found is None or found.tenant_id != call.tenant.id:
        raise not_found(id)
    return found


def _holder(call: Call, id: str) -> ServicePrincipal | User:
    found: ServicePrincipal | User | None = call.directory.service_principals.get(id) or call.directory.users.get(id)
    if found is None or found.tenant_id != call.tenant.id:
        raise not_found(id)
    return found
