"""Who has agreed to what: the consent model.

A delegated permission holds for a user when it was granted for everybody in the tenant or by that user. The list of
permissions in an app registration grants nothing: it says what to ask for when the client does not name anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vedette.catalogue.permission import GRAPH, OIDC_SCOPES, Permission
from vedette.tenant.directory import Application, Directory, ServicePrincipal, Tenant, User
from vedette.tenant.identity.apis import Api, api_of_app_id, find_api
from vedette.tenant.identity.problems import Refused, new_guid
from vedette.tenant.identity.scopes import Ask, Question, check_values
from vedette.tenant.state import State


@dataclass(frozen=True, slots=True)
class Request:
    """Permissions of one API that somebody has to agree to."""

    api: Api
    scopes: tuple[Permission, ...] = ()
    roles: tuple[Permission, ...] = ()
    """Application permissions: only an administrator grants these."""

    @property
    def needs_admin(self) -> bool:
        """Whether a user's own agreement is not enough."""
        return bool(self.roles) or any(permission.needs_admin for permission in self.scopes)


def granted(directory: Directory, client: ServicePrincipal | None, api: Api, user: User | None) -> frozenset[str]:
    """The delegated permissions that hold. A value that the API does not publish never holds."""
    if client is None:
        return frozenset()
    held = directory.granted_scopes(client, api.principal, user.id if user else None)
    return frozenset(held & set(api.resource.scopes))


def holds(ask: Ask, held: frozenset[str]) -> bool:
    """Whether what is granted is enough for what is asked. Without names, anything granted is enough."""
    return ask.values <= held if ask.values else bool(held)


def check_registered(directory: Directory, tenant: Tenant, application: Application, ask: Ask, api: Api) -> None:
    """On v1 an app reaches only the APIs in its registration, if that is in order. Raises: Refused (650057, 65005)."""
    registered_all(directory, tenant, application)
    listed = [each.resource_app_id.lower() for each in application.required_resource_access]
    if api.resource.app_id in listed or api.resource.app_id == application.app_id.lower():
        return
    known = (api_of_app_id(directory, tenant, app_id) for app_id in listed)
    raise Refused(
        650057,
        client_id=application.app_id,
        name=application.display_name,
        resource=ask.audience,
        resource_app_id=api.resource.app_id,
        valid_resources=", ".join(each.resource.name for each in known if each) or "none",
    )


def requested(state: State, tenant: Tenant, application: Application, question: Question) -> list[Request]:
    """What a consent page for this question lists.

    Named permissions are listed as named. `.default` and v1 list what the registration asks for: of every API on v2,
    of the asked one on v1. Raises: Refused (500011, 70011, and 65001 where it asks for nothing).
    """
    requests: list[Request] = []
    for ask in question.asks:
        api = find_api(state.directory, tenant, ask.audience)
        check_values(ask, api)
        if not ask.is_default:
            requests.append(Request(api, tuple(api.resource.scopes[value] for value in sorted(ask.values))))
        elif question.version == 1:
            requests += [each for each in registered(state.directory, tenant, application) if _same(each.api, api)]
        else:
            requests += registered(state.directory, tenant, application)
    if not requests:
        raise Refused(65001, client_id=application.app_id, name=application.display_name)
    return _with_oidc(state.directory, tenant, requests, question.oidc)


def registered(directory: Directory, tenant: Tenant, application: Application) -> list[Request]:
    """The delegated permissions that the registration asks for, API by API."""
    return [Request(each.api, each.scopes) for each in registered_all(directory, tenant, application) if each.scopes]


def registered_all(directory: Directory, tenant: Tenant, application: Application) -> list[Request]:
    """Everything that the registration asks for, application permissions included.

    Raises: Refused (65005) for a permission that the API does not publish.
    """
    requests = []
    for required in application.required_resource_access:
        api = api_of_app_id(directory, tenant, required.resource_app_id)
        if api is None:
            continue
        by_kind: dict[str, list[Permission]] = {"Scope": [], "Role": []}
        for access in required.resource_access:
            kind = "delegated" if access.type == "Scope" else "application"
            permission = next(
                (p for p in api.resource.permissions if (p.id, p.kind) == (access.id.lower(), kind)), None
            )
            if permission is None:
                raise Refused(65005, resource=api.resource.name)
            by_kind[access.type].append(permission)
        requests.append(Request(api, tuple(by_kind["Scope"]), tuple(by_kind["Role"])))
    return requests


def grant(
    state: State, tenant: Tenant, application: Application, requests: Iterable[Request], *, user: User | None
) -> ServicePrincipal:
    """Write down that a user (`None`: an administrator, for everybody) agrees. Nothing granted before is lost.

    The app's service principal is made where the tenant has none yet. Roles are granted for everybody only.
    """
    directory = state.directory
    with directory.database.transaction():
        client = ensure_principal(state, tenant, application)
        for request in requests:
            if request.scopes:
                values = [permission.value for permission in request.scopes]
                directory.grant_scopes(client, request.api.principal, values, user_id=user.id if user else None)
            if user is None:
                for role in request.roles:
                    directory.assign_role(client.id, request.api.principal, role.id, state.clock.now())
    return client


def ensure_principal(state: State, tenant: Tenant, application: Application) -> ServicePrincipal:
    """The app's service principal in this tenant, made where it is missing."""
    present = state.directory.service_principal(tenant.id, application.app_id)
    if present is not None:
        return present
    made = ServicePrincipal(
        id=new_guid(),
        tenant_id=tenant.id,
        app_id=application.app_id,
        display_name=application.display_name,
        owner_tenant_id=application.tenant_id,
        created=state.clock.now(),
    )
    state.directory.service_principals.put(made)
    return made


def _with_oidc(directory: Directory, tenant: Tenant, requests: list[Request], oidc: frozenset[str]) -> list[Request]:
    """OIDC scopes are Graph's, whatever API they were asked with, and are recorded there."""
    graph = api_of_app_id(directory, tenant, GRAPH.app_id)
    if graph is None or not oidc:
        return requests
    extra = tuple(graph.resource.scopes[value] for value in sorted(oidc & OIDC_SCOPES))
    others = [each for each in requests if not each.api.is_graph]
    own = tuple(scope for each in requests if each.api.is_graph for scope in each.scopes)
    return [*others, Request(graph, tuple(dict.fromkeys((*own, *extra))))]


def _same(one: Api, other: Api) -> bool:
    return one.principal.id == other.principal.id
