"""Users, the signed-in user and the organisation: read only."""

from __future__ import annotations

from vedette.catalogue import graph as wire
from vedette.tenant.graph import shapes
from vedette.tenant.graph.call import Answer, Call
from vedette.tenant.graph.problems import bad_request, not_found
from vedette.tenant.graph.query import EntitySet, listing, single
from vedette.tenant.graph.routes import handles

USERS = EntitySet("users", "user", wire.DirectoryUser, frozenset({"accountEnabled", "userType"}))
ORGANIZATION = EntitySet("organization", "organization", wire.Organization)


@handles("users.list")
def list_users(call: Call) -> Answer:
    """The users of the tenant."""
    return listing(call, USERS, map(shapes.user, call.directory.users.where(tenant_id=call.tenant.id)))


@handles("users.get")
def get_user(call: Call) -> Answer:
    """One user, by object id or user principal name."""
    name = call.path["user"]
    found = call.directory.users.get(name) or call.directory.user(call.tenant.id, name)
    if found is None or found.tenant_id != call.tenant.id:
        raise not_found(name)
    return single(call, USERS, shapes.user(found))


@handles("me.get")
def me(call: Call) -> Answer:
    """The signed-in user."""
    if call.user is None:
        raise bad_request("/me request is only valid with delegated authentication flow.")
    return single(call, USERS, shapes.user(call.user))


@handles("organization.list")
def list_organization(call: Call) -> Answer:
    """The tenant, as a list of one."""
    return listing(call, ORGANIZATION, [shapes.organization(call.tenant)])


@handles("organization.get")
def get_organization(call: Call) -> Answer:
    """The tenant."""
    tenant_id = call.path["organization"]
    if tenant_id.lower() != call.tenant.id:
        raise not_found(tenant_id)
    return single(call, ORGANIZATION, shapes.organization(call.tenant))
