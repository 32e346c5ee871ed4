"""Applications: creating, reading, changing, deleting, and bringing back from the recycle bin."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import msgspec

from vedette.catalogue import graph as wire
from vedette.catalogue.graph import DEFAULT_AUDIENCE, DELETED_FOR
from vedette.tenant.directory import Application, ServicePrincipal, User
from vedette.tenant.graph import shapes
from vedette.tenant.graph.call import NO_CONTENT, Answer, Call
from vedette.tenant.graph.decode import Json, check_members, convert, json_object, merged
from vedette.tenant.graph.problems import bad_request, duplicate, invalid_value, not_found
from vedette.tenant.graph.query import EntitySet, count, listing, selects, single
from vedette.tenant.graph.removal import remove_service_principal
from vedette.tenant.graph.routes import handles
from vedette.tenant.graph.rules import check_application

APPLICATIONS = EntitySet("applications", "application", wire.Application)

READ_ONLY = frozenset(
    {
        "id", "appId", "createdDateTime", "deletedDateTime", "publisherDomain", "applicationTemplateId",
        "disabledByMicrosoftStatus", "verifiedPublisher", "certification",
    }
)  # fmt: skip


@handles("applications.create")
def create(call: Call) -> Answer:
    """Register an application. Secrets are added afterwards."""
    sent = _checked(call, {"passwordCredentials"})
    if "displayName" not in sent:
        raise invalid_value("displayName", "a name is expected.")
    start: Json = msgspec.to_builtins(wire.Application(sign_in_audience=DEFAULT_AUDIENCE))
    shape = convert(merged(start, sent), wire.Application)
    audience = wire.AUDIENCES.get(shape.sign_in_audience)
    if audience and audience.takes_personal_accounts and "requestedAccessTokenVersion" not in (sent.get("api") or {}):
        shape = msgspec.structs.replace(shape, api=msgspec.structs.replace(shape.api, requested_access_token_version=2))
    blank = Application(
        id=str(uuid.uuid4()),
        app_id=str(uuid.uuid4()),
        tenant_id=call.tenant.id,
        display_name=shape.display_name,
        sign_in_audience=DEFAULT_AUDIENCE,
        created=call.now,
        owner_ids=[call.owner_id],
    )
    record = _accepted(call, blank, msgspec.structs.replace(shape, app_id=blank.app_id))
    call.directory.applications.put(record)
    return single(call, APPLICATIONS, shapes.application(record, call.tenant), status=201)


@handles("applications.list")
def list_applications(call: Call) -> Answer:
    """The applications of the tenant that the caller sees."""
    return listing(call, APPLICATIONS, _seen(call))


@handles("applications.count")
def count_applications(call: Call) -> Answer:
    """How many there are."""
    return count(call, APPLICATIONS, _seen(call))


@handles("applications.get")
def get(call: Call) -> Answer:
    """One application."""
    return single(call, APPLICATIONS, _shape(call, call.application()))


@handles("applications.update")
def update(call: Call) -> Answer:
    """Change the members that were sent: collections are replaced whole, complex members merged."""
    record = call.application(for_change=True)
    sent = _checked(call, set())
    if sent.pop("passwordCredentials", []) != []:
        raise bad_request(
            "Secrets are added with addPassword and removed with removePassword.",
            target="passwordCredentials",
            detail="InvalidUpdate",
        )
    present: Json = msgspec.to_builtins(shapes.application(record, call.tenant))
    changed = _accepted(call, record, convert(merged(present, sent), wire.Application))
    with call.directory.database.transaction():
        call.directory.applications.put(changed)
        principal = call.directory.service_principal(call.tenant.id, record.app_id)
        if principal is not None and changed.display_name != record.display_name:
            call.directory.service_principals.put(msgspec.structs.replace(principal, display_name=changed.display_name))
    return NO_CONTENT


@handles("applications.delete")
def delete(call: Call) -> Answer:
    """Move to the recycle bin; the service principal in the home tenant goes with it, and all it was granted."""
    record = call.application(for_change=True)
    with call.directory.database.transaction():
        call.directory.applications.put(msgspec.structs.replace(record, deleted=call.now))
        principal = call.directory.service_principal(call.tenant.id, record.app_id)
        if principal is not None:
            remove_service_principal(call.directory, principal)
    return NO_CONTENT


# -- the recycle bin --------------------------------------------------------------------------------------------------


@handles("deletedItems.list")
def list_deleted(call: Call) -> Answer:
    """Applications that were deleted within the last 30 days."""
    return listing(call, APPLICATIONS, [_shape(call, record) for record in _deleted(call)])


@handles("deletedItems.get")
def get_deleted(call: Call) -> Answer:
    """One deleted application."""
    return single(call, APPLICATIONS, _shape(call, _deleted_named(call)))


@handles("deletedItems.restore")
def restore(call: Call) -> Answer:
    """Bring an application back. Its service principal and grants stay gone: it needs consent again."""
    record = _deleted_named(call)
    call.check_change(record)
    restored = msgspec.structs.replace(record, deleted=None)
    call.directory.applications.put(restored)
    return single(call, APPLICATIONS, _shape(call, restored))


@handles("deletedItems.delete")
def purge(call: Call) -> Answer:
    """Delete for good."""
    record = _deleted_named(call)
    call.check_change(record)
    call.directory.applications.delete(record.id)
    return NO_CONTENT


# -- owners -----------------------------------------------------------------------------------------------------------


@handles("applications.owners")
def owners(call: Call) -> Answer:
    """Users and service principals that may change the application."""
    found = [_owner(call, owner_id) for owner_id in call.application().owner_ids]
    value = [owner for owner in found if owner is not None]
    return Answer({"@odata.context": f"{call.base}/$metadata#directoryObjects", "value": value})


@handles("applications.addOwner")
def add_owner(call: Call) -> Answer:
    """Add an owner, named by `@odata.id`."""
    record = call.application(for_change=True)
    try:
        reference = msgspec.json.decode(call.body, type=dict[str, str])["@odata.id"]
    except (msgspec.MsgspecError, KeyError):
        raise bad_request('A reference is expected: {"@odata.id": "…/directoryObjects/{id}"}.') from None
    owner_id = reference.rstrip("/").rpartition("/")[2].lower()
    if _owner(call, owner_id) is None:
        raise not_found(owner_id)
    if owner_id in record.owner_ids:
        raise bad_request("One or more added object references already exist for the property 'owners'.")
    call.directory.applications.put(msgspec.structs.replace(record, owner_ids=[*record.owner_ids, owner_id]))
    return NO_CONTENT


@handles("applications.removeOwner")
def remove_owner(call: Call) -> Answer:
    """Remove an owner."""
    record = call.application(for_change=True)
    owner_id = call.path["owner"].lower()
    if owner_id not in record.owner_ids:
        raise not_found(owner_id)
    left = [owner for owner in record.owner_ids if owner != owner_id]
    call.directory.applications.put(msgspec.structs.replace(record, owner_ids=left))
    return NO_CONTENT


# -- parts ------------------------------------------------------------------------------------------------------------


def _checked(call: Call, refused: set[str]) -> Json:
    sent = json_object(call.body)
    check_members(sent, wire.Application, read_only=READ_ONLY | refused)
    return sent


def _accepted(call: Call, record: Application, shape: wire.Application) -> Application:
    """The record with these values, when no rule is against it. Raises: GraphProblem."""
    check_application(shape, verified_domain=call.tenant.domain, tenant_id=call.tenant.id)
    _check_identifier_uris_are_free(call, record, shape)
    return shapes.recorded(record, shape)


def _check_identifier_uris_are_free(call: Call, record: Application, shape: wire.Application) -> None:
    wanted = {uri.lower() for uri in shape.identifier_uris}
    if not wanted:
        return
    for other in call.directory.applications.where(tenant_id=call.tenant.id):
        if other.id != record.id and wanted & {uri.lower() for uri in other.identifier_uris}:
            raise duplicate("Another object with the same value for property identifierUris already exists.")


def _shape(call: Call, record: Application) -> wire.Application:
    return shapes.application(record, call.tenant, with_keys=selects(call, "keyCredentials"))


def _seen(call: Call) -> Iterator[wire.Application]:
    for record in call.directory.applications.where(tenant_id=call.tenant.id):
        if record.deleted is None and call.sees(record):
            yield _shape(call, record)


def _deleted(call: Call) -> Iterator[Application]:
    for record in call.directory.applications.where(tenant_id=call.tenant.id):
        if record.deleted is not None and call.now < record.deleted + DELETED_FOR and call.sees(record):
            yield record


def _deleted_named(call: Call) -> Application:
    object_id = call.path["deleted"]
    found = next((record for record in _deleted(call) if record.id == object_id.lower()), None)
    if found is None:
        raise not_found(object_id)
    return found


def _owner(call: Call, id: str) -> Json | None:
    found: User | ServicePrincipal | None = call.directory.users.get(id) or call.directory.service_principals.get(id)
    if found is None or found.tenant_id != call.tenant.id:
        return None
    if isinstance(found, User):
        return {"@odata.type": "#microsoft.graph.user", **msgspec.to_builtins(shapes.user(found))}
    shape = shapes.service_principal(found, call.directory)
    return {"@odata.type": "#microsoft.graph.servicePrincipal", **msgspec.to_builtins(shape)}
