"""The last steps of every grant that acts for a user: API, conditions on the user, consent.

The order is the one that clients of the service can see: resource and scope, second factor and access conditions,
assignment, consent.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from vedette.tenant.directory import Application, ServicePrincipal, Tenant, User
from vedette.tenant.identity import consent
from vedette.tenant.identity.accounts import is_too_old, must_register_factor, needs_second_factor
from vedette.tenant.identity.apis import Api, find_api
from vedette.tenant.identity.client_authentication import Client, principal_in
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.issued import ClientKind, SignIn, Wanted
from vedette.tenant.identity.problems import Refused, new_guid
from vedette.tenant.identity.scopes import Ask, Question, check_values, read


@dataclass(frozen=True, slots=True)
class Delegation:
    """What tokens for a user are made from."""

    client: Client
    kind: ClientKind
    principal: ServicePrincipal
    tenant: Tenant
    user: User
    api: Api
    ask: Ask
    question: Question
    wanted: Wanted
    scopes: frozenset[str]
    """Everything that is granted for this user, app and API."""
    sign_in: SignIn


def delegate(
    exchange: Exchange, client: Client, user: User, sign_in: SignIn, wanted: Wanted, *, kind: ClientKind
) -> Delegation:
    """What the client may have for this user.

    Raises: Refused (the rows of scope and resource, those of `check_conditions`, 50105, 65001).
    """
    question = read(wanted)
    ask = question.single(wanted.scope)
    tenant = tenant_of(exchange, sign_in)
    application = client.application
    api = find_api(exchange.state.directory, tenant, ask.audience)
    check_values(ask, api)
    principal = principal_in(exchange, tenant, application)
    held = consent.granted(exchange.state.directory, principal, api, user)
    if question.version == 1 and not held:
        consent.check_registered(exchange.state.directory, tenant, application, ask, api)
    check_conditions(exchange, application, tenant, user, sign_in, resource=ask.audience)
    check_assigned(exchange, application, principal, user)
    if principal is None or not consent.holds(ask, held):
        raise Refused(65001, client_id=application.app_id, name=application.display_name)
    return Delegation(client, kind, principal, tenant, user, api, ask, question, wanted, held, sign_in)


def tenant_of(exchange: Exchange, sign_in: SignIn) -> Tenant:
    """The tenant that the user signed in to. Raises: Refused (90002) where it is gone."""
    tenant = exchange.state.directory.tenants.get(sign_in.tenant_id)
    if tenant is None:
        raise Refused(90002, tenant=sign_in.tenant_id)
    return tenant


def check_conditions(
    exchange: Exchange, application: Application, tenant: Tenant, user: User, sign_in: SignIn, *, resource: str
) -> None:
    """What the tenant's policies ask of app, user and sign-in.

    Raises: Refused (53003, 53000, 53001 for the app; 50079, 50076, 50158 for the user; 70043 for an old sign-in).
    """
    app_id = application.app_id.lower()
    policies = (
        (53003, tenant.blocked_app_ids),
        (53000, tenant.compliant_device_app_ids),
        (53001, tenant.joined_device_app_ids),
    )
    for number, app_ids in policies:
        if app_id in (each.lower() for each in app_ids):
            raise Refused(number, claims=challenge())
    if must_register_factor(exchange.state, user):
        raise Refused(50079, claims=challenge(), resource=resource)
    if needs_second_factor(exchange.state, user) and "mfa" not in sign_in.amr:
        raise Refused(50076, claims=challenge(), resource=resource)
    if user.has_external_challenge and not sign_in.met_challenge:
        raise Refused(50158)
    if is_too_old(tenant, sign_in, exchange.now):
        raise Refused(70043)


def check_assigned(
    exchange: Exchange, application: Application, principal: ServicePrincipal | None, user: User
) -> None:
    """Where the app takes assigned users only, whether this one is. Raises: Refused (50105)."""
    if principal is None or not principal.assignment_required:
        return
    assigned = exchange.state.directory.app_role_assignments.first(principal_id=user.id, resource_id=principal.id)
    if assigned is None:
        raise Refused(50105, client_id=application.app_id, name=application.display_name)


def challenge() -> str:
    """A claims challenge: which policy is to be met. Clients pass it back as it is."""
    policy = {"access_token": {"capolids": {"essential": True, "values": [new_guid()]}}}
    return msgspec.json.encode(policy).decode()
