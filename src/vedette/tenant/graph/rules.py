"""What an application may look like: account types with their limits, redirect URIs, identifier URIs.

Pure: an application shape in, nothing or a `GraphProblem` out. That identifier URIs are not taken is checked by the
caller, who knows the other applications.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from vedette.catalogue.graph import (
    AUDIENCES,
    ITEMS_OVER_ALL_COLLECTIONS,
    REDIRECT_URI_FORBIDS,
    REDIRECT_URI_LENGTH,
    TAG_LENGTH,
    Application,
    AudienceRules,
)
from vedette.tenant.graph.decode import guid
from vedette.tenant.graph.problems import GraphProblem, invalid_value

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_BLANK_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f\\]")
_HTTP_HOSTS = frozenset({"localhost", "127.0.0.1"})
_ACTIVE_SCHEMES = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})


def check_application(application: Application, *, verified_domain: str, tenant_id: str) -> None:
    """Refuse an application that breaks a rule. Raises: GraphProblem naming the property."""
    audience = AUDIENCES.get(application.sign_in_audience)
    if audience is None:
        raise invalid_value("signInAudience", f"one of {', '.join(AUDIENCES)} is expected.")
    if audience.takes_personal_accounts and application.api.requested_access_token_version != 2:
        raise GraphProblem(
            "InvalidAccessTokenVersion",
            "Property api.requestedAccessTokenVersion is invalid.",
            target="api.requestedAccessTokenVersion",
            detail="InvalidAccessTokenVersion",
        )
    if application.api.requested_access_token_version not in (None, 1, 2):
        raise invalid_value("api.requestedAccessTokenVersion", "1, 2 or null is expected.")
    if not application.display_name.strip():
        raise invalid_value("displayName", "a name is expected.")
    _at_most("displayName", len(application.display_name), audience.display_name_length, "characters")
    _check_redirect_uris(application, audience)
    _check_permissions(application, audience)
    _check_identifier_uris(application, audience, verified_domain, tenant_id)
    _check_published(application, audience)
    _at_most("passwordCredentials", len(application.password_credentials), audience.secrets, "secrets")
    for tag in application.tags:
        if not 1 <= len(tag) <= TAG_LENGTH or any(character.isspace() for character in tag):
            raise invalid_value("tags", f"1 to {TAG_LENGTH} characters without blanks are expected.")
    _at_most("application", _items(application), ITEMS_OVER_ALL_COLLECTIONS, "items in all collections together")


def check_redirect_uri(uri: str, platform: str, *, may_have_query: bool = True) -> None:
    """Refuse a redirect URI that the platform (`web`, `spa`, `publicClient`) does not take. Raises: GraphProblem."""
    target = f"{platform}.redirectUris"
    why = _why_not(uri, platform, may_have_query)
    if why:
        raise invalid_value(target, why)


def _why_not(uri: str, platform: str, may_have_query: bool) -> str:
    if not uri or len(uri) > REDIRECT_URI_LENGTH:
        return f"1 to {REDIRECT_URI_LENGTH} characters are expected."
    if _BLANK_OR_CONTROL.search(uri):
        return "blanks, control characters and backslashes are not allowed."
    forbidden = sorted(set(uri) & set(REDIRECT_URI_FORBIDS))
    if forbidden:
        return f"the character {forbidden[0]} is not allowed."
    if "#" in uri:
        return "a fragment is not allowed."
    if "?" in uri and not may_have_query:
        return "a query is not allowed where personal accounts can sign in."
    scheme, colon, rest = uri.partition(":")
    scheme = scheme.lower()
    if not colon or not _SCHEME.fullmatch(scheme):
        return "an absolute URI is expected."
    if scheme in ("http", "https"):
        return _why_not_http(uri, scheme)
    if scheme == "urn":
        return "" if platform == "web" else "urn: is taken for the web platform only."
    if platform != "publicClient":
        return "https is expected, or http for localhost."
    if scheme in _ACTIVE_SCHEMES or not rest.startswith("//"):
        return "a custom scheme is written like myapp://auth."
    return ""


def _why_not_http(uri: str, scheme: str) -> str:
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "an absolute URI is expected."
    if not host:
        return "an absolute URI is expected."
    if "@" in parts.netloc:
        return "user names are not allowed in it."
    if host.startswith("[") or ":" in host:
        return "IPv6 addresses are not supported."
    if scheme == "http" and host not in _HTTP_HOSTS:
        return "https is expected; http is for localhost."
    return ""


def _check_redirect_uris(application: Application, audience: AudienceRules) -> None:
    platforms = {
        "web": application.web.redirect_uris,
        "spa": application.spa.redirect_uris,
        "publicClient": application.public_client.redirect_uris,
    }
    for platform, uris in platforms.items():
        for uri in uris:
            check_redirect_uri(uri, platform, may_have_query=not audience.takes_personal_accounts)
        if len(set(uris)) != len(uris):
            raise invalid_value(f"{platform}.redirectUris", "a URI is listed twice.")
    _at_most("redirectUris", sum(map(len, platforms.values())), audience.redirect_uris, "redirect URIs")


def _check_permissions(application: Application, audience: AudienceRules) -> None:
    target = "requiredResourceAccess"
    asked = application.required_resource_access
    _at_most(target, len(asked), audience.required_apis, "APIs")
    _at_most(target, sum(len(api.resource_access) for api in asked), audience.permissions, "permissions")
    seen: set[str] = set()
    for api in asked:
        api_id = guid(api.resource_app_id, f"{target}.resourceAppId")
        if api_id in seen:
            raise invalid_value(target, f"the API {api_id} is listed twice.")
        seen.add(api_id)
        _at_most(target, len(api.resource_access), audience.permissions_per_api, "permissions of one API")
        for access in api.resource_access:
            guid(access.id, f"{target}.resourceAccess.id")


def _check_identifier_uris(
    application: Application, audience: AudienceRules, verified_domain: str, tenant_id: str
) -> None:
    target = "identifierUris"
    uris = application.identifier_uris
    _at_most(target, len(uris), audience.identifier_uris, "identifier URIs")
    for uri in uris:
        _at_most(target, len(uri), audience.identifier_uri_length, "characters")
        scheme, colon, _ = uri.partition(":")
        if not colon or not _SCHEME.fullmatch(scheme) or _BLANK_OR_CONTROL.search(uri):
            raise invalid_value(target, "an absolute URI is expected.")
        if audience.takes_personal_accounts and (scheme.lower() == "urn" or "?" in uri or "#" in uri):
            raise invalid_value(target, "urn:, queries and fragments are not allowed with personal accounts.")
        if application.sign_in_audience != "AzureADMyOrg" and not _is_globally_unique(
            uri, application.app_id, verified_domain, tenant_id
        ):
            raise invalid_value(
                target, f"other organizations need a URI on the verified domain {verified_domain}, or api://<appId>."
            )


def _is_globally_unique(uri: str, app_id: str, verified_domain: str, tenant_id: str) -> bool:
    try:
        host = (urlsplit(uri).hostname or "").lower()
    except ValueError:
        return False
    if host in (app_id.lower(), tenant_id.lower()):
        return uri.lower().startswith("api://")
    domain = verified_domain.lower()
    return host == domain or host.endswith(f".{domain}")


def _check_published(application: Application, audience: AudienceRules) -> None:
    if application.app_roles and not audience.app_roles:
        raise invalid_value("appRoles", "app roles are not supported with personal accounts.")
    scopes = application.api.oauth2_permission_scopes
    _at_most("api.oauth2PermissionScopes", len(scopes), audience.scopes, "scopes")
    for scope in scopes:
        guid(scope.id, "api.oauth2PermissionScopes.id")
        _at_most("api.oauth2PermissionScopes", len(scope.value or ""), audience.scope_name_length, "characters")
        if scope.type not in ("User", "Admin"):
            raise invalid_value("api.oauth2PermissionScopes.type", "User or Admin is expected.")
    for role in application.app_roles:
        guid(role.id, "appRoles.id")
        if not role.allowed_member_types or set(role.allowed_member_types) - {"User", "Application"}:
            raise invalid_value("appRoles.allowedMemberTypes", "User, Application or both are expected.")
    for target, items in (("api.oauth2PermissionScopes", scopes), ("appRoles", application.app_roles)):
        _unique(target, [item.id.lower() for item in items])
        _unique(target, [item.value for item in items if item.value])


def _unique(target: str, values: Sequence[str]) -> None:
    if len(set(values)) != len(values):
        raise invalid_value(target, "ids and values must be unique.")


def _items(application: Application) -> int:
    return (
        len(application.identifier_uris)
        + len(application.web.redirect_uris)
        + len(application.spa.redirect_uris)
        + len(application.public_client.redirect_uris)
        + len(application.app_roles)
        + len(application.api.oauth2_permission_scopes)
        + len(application.key_credentials)
        + len(application.password_credentials)
        + len(application.tags)
        + sum(len(api.resource_access) for api in application.required_resource_access)
    )


def _at_most(target: str, number: int, limit: int | None, what: str) -> None:
    if limit is not None and number > limit:
        raise invalid_value(target, f"at most {limit} {what} are allowed, not {number}.")
