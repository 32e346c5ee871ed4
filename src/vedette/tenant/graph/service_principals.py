"""Service principals: applications as they stand in the tenant, the well-known APIs among them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import msgspec

from vedette.catalogue import graph as wire
from vedette.catalogue.graph_operations import REGISTRARS
from vedette.catalogue.permission import resource_by_identifier
from vedette.tenant.directory import ServicePrincipal
from vedette.tenant.graph import shapes
from vedette.tenant.graph.call import NO_CONTENT, Answer, Call
from vedette.tenant.graph.decode import Json, check_members, convert, guid, json_object
from vedette.tenant.graph.problems import bad_request, denied, duplicate, invalid_value
from vedette.tenant.graph.query import EntitySet, count, listing, single
from vedette.tenant.graph.removal import remove_service_principal
from vedette.tenant.graph.routes import handles
from vedette.tenant.graph.well_known import ensure_well_known

SERVICE_PRINCIPALS = EntitySet("servicePrincipals", "servicePrincipal", wire.ServicePrincipal)

_WRITABLE = frozenset({"accountEnabled", "appRoleAssignmentRequired", "tags", "notes"})
_READ_ONLY = frozenset(wire.ServicePrincipal.__struct_encode_fields__) - _WRITABLE


@handles("servicePrincipals.create")
def create(call: Call) -> Answer:
    """Bring an application, or a well-known API, into the tenant."""
    sent = json_object(call.body)
    check_members(sent, wire.ServicePrincipal, read_only=_READ_ONLY - {"appId"})
    if "appId" not in sent:
        raise invalid_value("appId", "the id of an application is expected.")
    app_id = guid(sent.pop("appId"), "appId")
    if call.directory.service_principal(call.tenant.id, app_id) is not None:
        raise duplicate(
            "The service principal cannot be created, updated, or restored because the service principal name "
            f"{app_id} is already in use."
        )
    changes = _changes(sent)
    with call.directory.database.transaction():
        made = _made(call, app_id)
        record = msgspec.structs.replace(made, **changes)
        call.directory.service_principals.put(record)
    return single(call, SERVICE_PRINCIPALS, shapes.service_principal(record, call.directory), status=201)


def _made(call: Call, app_id: str) -> ServicePrincipal:
    resource = resource_by_identifier(app_id)
    if resource is not None:
        return ensure_well_known(call.directory, call.tenant, call.now, [resource])[app_id]
    application = call.directory.application(app_id)
    is_ours = application is not None and application.tenant_id == call.tenant.id
    if application is None or not (is_ours or application.sign_in_audience != "AzureADMyOrg"):
        raise bad_request(
            f"The appId '{app_id}' of the service principal does not reference a valid application object.",
            target="appId",
        )
    if is_ours:
        call.check_change(application)
    elif call.user is not None and not REGISTRARS & set(call.user.directory_roles):
        raise denied()
    return ServicePrincipal(
        id=str(uuid.uuid4()),
        tenant_id=call.tenant.id,
        app_id=application.app_id,
        display_name=application.display_name,
        owner_tenant_id=application.tenant_id,
        created=call.now,
    )


@handles("servicePrincipals.list")
def list_service_principals(call: Call) -> Answer:
    """The service principals of the tenant that the caller sees."""
    return listing(call, SERVICE_PRINCIPALS, _seen(call))


@handles("servicePrincipals.count")
def count_service_principals(call: Call) -> Answer:
    """How many there are."""
    return count(call, SERVICE_PRINCIPALS, _seen(call))


@handles("servicePrincipals.get")
def get(call: Call) -> Answer:
    """One service principal."""
    return single(call, SERVICE_PRINCIPALS, shapes.service_principal(call.service_principal(), call.directory))


@handles("servicePrincipals.update")
def update(call: Call) -> Answer:
    """Block sign-in, require assignment, label."""
    record = call.service_principal(for_change=True)
    sent = json_object(call.body)
    check_members(sent, wire.ServicePrincipal, read_only=_READ_ONLY)
    call.directory.service_principals.put(msgspec.structs.replace(record, **_changes(sent)))
    return NO_CONTENT


@handles("servicePrincipals.delete")
def delete(call: Call) -> Answer:
    """Remove from the tenant, with all that was granted to it and on it."""
    remove_service_principal(call.directory, call.service_principal(for_change=True))
    return NO_CONTENT


def _changes(sent: Json) -> dict[str, object]:
    shape = convert(sent, wire.ServicePrincipal)
    values = {
        "accountEnabled": ("is_enabled", shape.account_enabled),
        "appRoleAssignmentRequired": ("assignment_required", shape.app_role_assignment_required),
        "tags": ("tags", shape.tags),
        "notes": ("notes", shape.notes),
    }
    return dict(values[name] for name in sent)


def _seen(call: Call) -> Iterator[wire.ServicePrincipal]:
    for record in call.directory.service_principals.where(tenant_id=call.tenant.id):
        if call.sees(record):
            yield shapes.service_principal(record, call.directory)
