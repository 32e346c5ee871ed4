"""How what the directory keeps looks in Graph, and back again for applications."""

from __future__ import annotations

import base64
import uuid
from typing import Any, cast

import msgspec

from vedette.catalogue import graph as wire
from vedette.catalogue.permission import GRAPH, resource_by_identifier
from vedette.tenant import directory as kept
from vedette.tenant.graph.certificates import certificate_credential, sha1_hex
from vedette.tenant.graph.problems import bad_request

Json = dict[str, Any]
"""An object under wire names. Any: JSON of whatever type."""


# -- applications -----------------------------------------------------------------------------------------------------


def application(record: kept.Application, tenant: kept.Tenant, *, with_keys: bool = False) -> wire.Application:
    """The application as Graph shows it; certificates themselves only `with_keys`."""
    members: Json = {name: msgspec.json.decode(raw) for name, raw in record.extra.items()}
    web = members.get("web", {})
    implicit = {
        "enableAccessTokenIssuance": record.issues_access_tokens,
        "enableIdTokenIssuance": record.issues_id_tokens,
    }
    api = members.get("api", {})
    members |= {
        "id": record.id,
        "deletedDateTime": record.deleted,
        "appId": record.app_id,
        "createdDateTime": record.created,
        "displayName": record.display_name,
        "identifierUris": record.identifier_uris,
        "isFallbackPublicClient": record.is_fallback_public_client,
        "publisherDomain": tenant.domain,
        "signInAudience": record.sign_in_audience,
        "api": api
        | {
            "requestedAccessTokenVersion": record.requested_access_token_version,
            "oauth2PermissionScopes": _scopes(record, api.get("oauth2PermissionScopes", [])),
        },
        "appRoles": _roles(record, members.get("appRoles", [])),
        "web": web | {"redirectUris": record.web_redirect_uris, "implicitGrantSettings": implicit},
        "spa": {"redirectUris": record.spa_redirect_uris},
        "publicClient": {"redirectUris": record.public_redirect_uris},
        "requiredResourceAccess": [
            {"resourceAppId": api.resource_app_id, "resourceAccess": msgspec.to_builtins(api.resource_access)}
            for api in record.required_resource_access
        ],
        "keyCredentials": msgspec.to_builtins(
            [key_credential(key, with_key=with_keys) for key in record.key_credentials]
        ),
        "passwordCredentials": msgspec.to_builtins([password(secret) for secret in record.password_credentials]),
    }
    return msgspec.convert(members, wire.Application)


def _scopes(record: kept.Application, texts: list[Json]) -> list[Json]:
    """The published scopes, with the texts that were sent with them."""
    sent = {text.get("id"): text for text in texts}
    return [
        {
            "adminConsentDescription": scope.description,
            "adminConsentDisplayName": scope.description,
            **sent.get(scope.id, {}),
            "id": scope.id,
            "isEnabled": scope.is_enabled,
            "type": "Admin" if scope.needs_admin else "User",
            "value": scope.value,
        }
        for scope in record.published_scopes
    ]


def _roles(record: kept.Application, texts: list[Json]) -> list[Json]:
    sent = {text.get("id"): text for text in texts}
    return [
        {
            "displayName": role.value,
            **sent.get(role.id, {}),
            "allowedMemberTypes": list(role.members),
            "description": role.description,
            "id": role.id,
            "isEnabled": role.is_enabled,
            "value": role.value,
        }
        for role in record.published_roles
    ]


def recorded(record: kept.Application, shape: wire.Application) -> kept.Application:
    """The record as it is after everything that may be written has the values of `shape`. Raises: GraphProblem."""
    return msgspec.structs.replace(
        record,
        display_name=shape.display_name,
        sign_in_audience=cast(kept.SignInAudience, shape.sign_in_audience),
        web_redirect_uris=shape.web.redirect_uris,
        spa_redirect_uris=shape.spa.redirect_uris,
        public_redirect_uris=shape.public_client.redirect_uris,
        is_fallback_public_client=shape.is_fallback_public_client,
        identifier_uris=shape.identifier_uris,
        requested_access_token_version=shape.api.requested_access_token_version,
        required_resource_access=[
            kept.RequiredResourceAccess(
                resource_app_id=api.resource_app_id.lower(),
                resource_access=[kept.ResourceAccess(id=a.id.lower(), type=a.type) for a in api.resource_access],
            )
            for api in shape.required_resource_access
        ],
        key_credentials=_keys(record, shape.key_credentials),
        published_scopes=[
            kept.PublishedPermission(
                id=scope.id,
                value=scope.value or "",
                description=scope.admin_consent_description or scope.admin_consent_display_name or "",
                needs_admin=scope.type == "Admin",
                is_enabled=scope.is_enabled,
            )
            for scope in shape.api.oauth2_permission_scopes
        ],
        published_roles=[
            kept.PublishedPermission(
                id=role.id,
                value=role.value or "",
                description=role.description or "",
                members=cast(Any, role.allowed_member_types),  # checked by the rules
                is_enabled=role.is_enabled,
            )
            for role in shape.app_roles
        ],
        issues_id_tokens=shape.web.implicit_grant_settings.enable_id_token_issuance,
        issues_access_tokens=shape.web.implicit_grant_settings.enable_access_token_issuance,
        extra=_extra(shape),
    )


_KEPT_ELSEWHERE = frozenset(
    {
        "id", "deletedDateTime", "appId", "createdDateTime", "displayName", "identifierUris", "isFallbackPublicClient",
        "publisherDomain", "signInAudience", "spa", "publicClient", "requiredResourceAccess", "keyCredentials",
        "passwordCredentials",
    }
)  # fmt: skip


def _extra(shape: wire.Application) -> dict[str, msgspec.Raw]:
    sent: Json = msgspec.to_builtins(shape)
    usual: Json = msgspec.to_builtins(wire.Application())
    return {
        name: msgspec.Raw(msgspec.json.encode(value))
        for name, value in sent.items()
        if name not in _KEPT_ELSEWHERE and value != usual[name]
    }


def _keys(record: kept.Application, sent: list[wire.KeyCredential]) -> list[kept.KeyCredential]:
    """The certificates after an update: those that were sent along stay, those with a key are new, others vanish."""
    present = {key.key_id: key for key in record.key_credentials}
    keys: list[kept.KeyCredential] = []
    for credential in sent:
        if credential.key is None and credential.key_id in present:
            keys.append(present[credential.key_id])
            continue
        if credential.key is None:
            raise bad_request("A key credential that is new needs its key.", target="keyCredentials")
        keys.append(certificate_credential(credential, key_id=credential.key_id or str(uuid.uuid4())))
    return keys


def key_credential(key: kept.KeyCredential, *, with_key: bool = False) -> wire.KeyCredential:
    """A certificate as Graph shows it."""
    return wire.KeyCredential(
        custom_key_identifier=sha1_hex(key),
        display_name=key.display_name,
        end_date_time=key.end,
        key=base64.b64encode(key.certificate).decode() if with_key else None,
        key_id=key.key_id,
        start_date_time=key.start,
    )


def password(secret: kept.PasswordCredential, *, text: str | None = None) -> wire.PasswordCredential:
    """A client secret as Graph shows it; its text only in the answer that made it."""
    return wire.PasswordCredential(
        display_name=secret.display_name,
        end_date_time=secret.end,
        hint=secret.hint,
        key_id=secret.key_id,
        secret_text=text,
        start_date_time=secret.start,
    )


# -- service principals -----------------------------------------------------------------------------------------------


def service_principal(record: kept.ServicePrincipal, directory: kept.Directory) -> wire.ServicePrincipal:
    """The service principal as Graph shows it; what it publishes comes from the catalogue or from its application."""
    owner = directory.application(record.app_id)
    tenant = directory.tenants.get(owner.tenant_id) if owner else None
    shape = wire.ServicePrincipal(
        id=record.id,
        account_enabled=record.is_enabled,
        app_display_name=record.display_name,
        app_id=record.app_id,
        app_owner_organization_id=record.owner_tenant_id,
        app_role_assignment_required=record.assignment_required,
        created_date_time=record.created,
        display_name=record.display_name,
        notes=record.notes,
        tags=record.tags,
        sign_in_audience="AzureADMultipleOrgs",
        service_principal_names=[record.app_id],
    )
    if owner is not None and tenant is not None:
        app = application(owner, tenant)
        return msgspec.structs.replace(
            shape,
            app_description=app.description,
            app_display_name=app.display_name,
            homepage=app.web.home_page_url,
            logout_url=app.web.logout_url,
            reply_urls=[*app.web.redirect_uris, *app.spa.redirect_uris, *app.public_client.redirect_uris],
            service_principal_names=[*app.identifier_uris, app.app_id],
            sign_in_audience=app.sign_in_audience,
            app_roles=app.app_roles,
            info=app.info,
            oauth2_permission_scopes=app.api.oauth2_permission_scopes,
        )
    resource = resource_by_identifier(record.app_id)
    if resource is None:
        return shape
    return msgspec.structs.replace(
        shape,
        app_roles=wire.published_roles(resource),
        oauth2_permission_scopes=wire.published_scopes(resource),
        service_principal_names=[
            *(uri for uri in resource.identifier_uris if not uri.endswith("/")),
            resource.app_id,
        ],
    )


# -- grants and assignments -------------------------------------------------------------------------------------------


def grant(record: kept.DelegatedGrant) -> wire.OAuth2PermissionGrant:
    """Consent to delegated permissions as Graph shows it."""
    return wire.OAuth2PermissionGrant(
        client_id=record.client_id,
        consent_type=record.consent_type,
        id=record.id,
        principal_id=record.principal_id,
        resource_id=record.resource_id,
        scope=record.scope,
    )


def assignment(record: kept.AppRoleAssignment, directory: kept.Directory) -> wire.AppRoleAssignment:
    """An assigned app role as Graph shows it."""
    client = directory.service_principals.get(record.principal_id)
    person = None if client else directory.users.get(record.principal_id)
    resource = directory.service_principals.get(record.resource_id)
    named = client or person
    return wire.AppRoleAssignment(
        id=record.id,
        app_role_id=record.app_role_id,
        created_date_time=record.created,
        principal_display_name=named.display_name if named else None,
        principal_id=record.principal_id,
        principal_type="User" if person else "ServicePrincipal",
        resource_display_name=resource.display_name if resource else None,
        resource_id=record.resource_id,
    )


# -- people -----------------------------------------------------------------------------------------------------------


def user(record: kept.User) -> wire.DirectoryUser:
    """A user as Graph shows one."""
    return wire.DirectoryUser(
        display_name=record.display_name,
        given_name=record.given_name or None,
        surname=record.surname or None,
        mail=record.upn,
        user_principal_name=record.upn,
        id=record.id,
        account_enabled=record.is_enabled,
        user_type="Guest" if record.home_user_id else "Member",
    )


def organization(tenant: kept.Tenant) -> wire.Organization:
    """The tenant as Graph shows it."""
    return wire.Organization(
        id=tenant.id,
        created_date_time=tenant.created,
        display_name=tenant.display_name,
        verified_domains=[wire.VerifiedDomain(name=tenant.domain)],
    )


def is_graph(record: kept.ServicePrincipal) -> bool:
    """Whether this is Microsoft Graph's own service principal."""
    return record.app_id == GRAPH.app_id
