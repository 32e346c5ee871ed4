"""Microsoft Graph, as far as registering apps and granting consent needs it: shapes, limits, error codes.

Here: what the objects look like on the wire, and the rules for supported account types. Not here: the operations
(`graph_operations`), the permissions that Graph publishes (`permission.GRAPH`) and what the operations do
(`vedette.tenant.graph`). Attributes are the wire names in Python's spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from vedette.catalogue.permission import Permission, Resource

SignInAudience = Literal[
    "AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"
]
ConsentType = Literal["AllPrincipals", "Principal"]

PAGE_SIZE = 100
"""Items on a page where the request names no `$top`."""

LARGEST_PAGE = 999
"""Largest `$top`."""

DELETED_FOR = timedelta(days=30)
"""How long a deleted application can be restored."""

SECRET_YEARS = 2
"""How long a client secret lasts where its end is not given."""

CALLS_IN_TEN_SECONDS = 3500
"""Calls of one application in one tenant before Graph answers 429. The service weighs calls; here each counts one."""

PROOF_AUDIENCE = "00000002-0000-0000-c000-000000000000"
"""`aud` of the proof that addKey and removeKey take."""


class GraphType(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A value as Graph sends it. Members that an answer leaves out have their default."""


# -- applications ---------------------------------------------------------------------------------------------------


class PasswordCredential(GraphType, frozen=True, kw_only=True):
    """A client secret. `secret_text` is there only in the answer to addPassword."""

    custom_key_identifier: str | None = None
    display_name: str | None = None
    end_date_time: datetime | None = None
    hint: str | None = None
    """The first three characters of the secret."""
    key_id: str = ""
    secret_text: str | None = None
    start_date_time: datetime | None = None

    def __repr__(self) -> str:
        return f"PasswordCredential(key_id={self.key_id!r}, display_name={self.display_name!r}, hint={self.hint!r})"


class KeyCredential(GraphType, frozen=True, kw_only=True):
    """A certificate. `key` is null on reading unless `$select=keyCredentials` asks for it."""

    custom_key_identifier: str | None = None
    """The certificate's SHA-1 thumbprint in upper-case hexadecimal digits."""
    display_name: str | None = None
    end_date_time: datetime | None = None
    key: str | None = None
    """The certificate: base64 of its DER."""
    key_id: str = ""
    start_date_time: datetime | None = None
    type: str = "AsymmetricX509Cert"
    usage: str = "Verify"


class ResourceAccess(GraphType, frozen=True, kw_only=True):
    """One permission that an application asks for."""

    id: str
    type: Literal["Scope", "Role"]


class RequiredResourceAccess(GraphType, frozen=True, kw_only=True):
    """The permissions that an application asks of one API."""

    resource_app_id: str
    resource_access: list[ResourceAccess] = []


class PermissionScope(GraphType, frozen=True, kw_only=True):
    """A delegated permission that an API publishes."""

    admin_consent_description: str | None = None
    admin_consent_display_name: str | None = None
    id: str = ""
    is_enabled: bool = True
    type: str = "User"
    """`User`: users may consent for themselves. `Admin`: only administrators may."""
    user_consent_description: str | None = None
    user_consent_display_name: str | None = None
    value: str | None = None


class AppRole(GraphType, frozen=True, kw_only=True):
    """An application permission that an API publishes."""

    allowed_member_types: list[str] = []
    description: str | None = None
    display_name: str | None = None
    id: str = ""
    is_enabled: bool = True
    origin: str = "Application"
    value: str | None = None


class PreAuthorizedApplication(GraphType, frozen=True, kw_only=True):
    """A client that needs no consent for some scopes of an API."""

    app_id: str = ""
    delegated_permission_ids: list[str] = []


class ApiApplication(GraphType, frozen=True, kw_only=True):
    """What an application is as an API."""

    accept_mapped_claims: bool | None = None
    known_client_applications: list[str] = []
    requested_access_token_version: int | None = None
    oauth2_permission_scopes: list[PermissionScope] = []
    pre_authorized_applications: list[PreAuthorizedApplication] = []


class ImplicitGrantSettings(GraphType, frozen=True, kw_only=True):
    """Whether the authorize endpoint may answer tokens itself."""

    enable_access_token_issuance: bool = False
    enable_id_token_issuance: bool = False


class RedirectUriSettings(GraphType, frozen=True, kw_only=True):
    """The place of one redirect URI in the list."""

    uri: str = ""
    index: int | None = None


class WebApplication(GraphType, frozen=True, kw_only=True):
    """The web platform: clients that keep a secret."""

    home_page_url: str | None = None
    logout_url: str | None = None
    redirect_uris: list[str] = []
    implicit_grant_settings: ImplicitGrantSettings = ImplicitGrantSettings()
    redirect_uri_settings: list[RedirectUriSettings] = []


class SpaApplication(GraphType, frozen=True, kw_only=True):
    """The single-page platform: clients in a browser."""

    redirect_uris: list[str] = []


class PublicClientApplication(GraphType, frozen=True, kw_only=True):
    """The mobile and desktop platform: clients that cannot keep a secret."""

    redirect_uris: list[str] = []


class InformationalUrl(GraphType, frozen=True, kw_only=True):
    """Links shown on the consent page."""

    logo_url: str | None = None
    marketing_url: str | None = None
    privacy_statement_url: str | None = None
    support_url: str | None = None
    terms_of_service_url: str | None = None


class ParentalControlSettings(GraphType, frozen=True, kw_only=True):
    """Where minors may not use the application."""

    countries_blocked_for_minors: list[str] = []
    legal_age_group_rule: str = "Allow"


class VerifiedPublisher(GraphType, frozen=True, kw_only=True):
    """The publisher whose identity was verified."""

    added_date_time: datetime | None = None
    display_name: str | None = None
    verified_publisher_id: str | None = None


class Application(GraphType, frozen=True, kw_only=True):
    """An app registration."""

    id: str = ""
    """Object id."""
    deleted_date_time: datetime | None = None
    app_id: str = ""
    """Application (client) id."""
    application_template_id: str | None = None
    disabled_by_microsoft_status: str | None = None
    created_date_time: datetime | None = None
    display_name: str = ""
    description: str | None = None
    group_membership_claims: str | None = None
    identifier_uris: list[str] = []
    is_device_only_auth_supported: bool | None = None
    is_fallback_public_client: bool | None = None
    notes: str | None = None
    publisher_domain: str | None = None
    service_management_reference: str | None = None
    sign_in_audience: str = "AzureADandPersonalMicrosoftAccount"
    tags: list[str] = []
    token_encryption_key_id: str | None = None
    unique_name: str | None = None
    saml_metadata_url: str | None = None
    default_redirect_uri: str | None = None
    certification: dict[str, Any] | None = None  # Any: kept, never read
    optional_claims: dict[str, Any] | None = None
    service_principal_lock_configuration: dict[str, Any] | None = None
    request_signature_verification: dict[str, Any] | None = None
    add_ins: list[dict[str, Any]] = []
    api: ApiApplication = ApiApplication()
    app_roles: list[AppRole] = []
    info: InformationalUrl = InformationalUrl()
    key_credentials: list[KeyCredential] = []
    parental_control_settings: ParentalControlSettings = ParentalControlSettings()
    password_credentials: list[PasswordCredential] = []
    public_client: PublicClientApplication = PublicClientApplication()
    required_resource_access: list[RequiredResourceAccess] = []
    verified_publisher: VerifiedPublisher = VerifiedPublisher()
    web: WebApplication = WebApplication()
    spa: SpaApplication = SpaApplication()


# -- service principals, grants, assignments --------------------------------------------------------------------------


class ServicePrincipal(GraphType, frozen=True, kw_only=True):
    """An application as it stands in one tenant."""

    id: str = ""
    """Object id."""
    deleted_date_time: datetime | None = None
    account_enabled: bool = True
    alternative_names: list[str] = []
    app_description: str | None = None
    app_display_name: str = ""
    app_id: str = ""
    application_template_id: str | None = None
    app_owner_organization_id: str = ""
    app_role_assignment_required: bool = False
    created_date_time: datetime | None = None
    description: str | None = None
    disabled_by_microsoft_status: str | None = None
    display_name: str = ""
    homepage: str | None = None
    login_url: str | None = None
    logout_url: str | None = None
    notes: str | None = None
    notification_email_addresses: list[str] = []
    preferred_single_sign_on_mode: str | None = None
    reply_urls: list[str] = []
    service_principal_names: list[str] = []
    service_principal_type: str = "Application"
    sign_in_audience: str = ""
    tags: list[str] = []
    token_encryption_key_id: str | None = None
    app_roles: list[AppRole] = []
    info: InformationalUrl = InformationalUrl()
    key_credentials: list[KeyCredential] = []
    oauth2_permission_scopes: list[PermissionScope] = []
    password_credentials: list[PasswordCredential] = []
    verified_publisher: VerifiedPublisher = VerifiedPublisher()


class OAuth2PermissionGrant(GraphType, frozen=True, kw_only=True):
    """Consent to delegated permissions."""

    client_id: str = ""
    """Object id of the client's service principal."""
    consent_type: str = "AllPrincipals"
    id: str = ""
    principal_id: str | None = None
    """Object id of the user, for a grant of type Principal."""
    resource_id: str = ""
    """Object id of the API's service principal."""
    scope: str = ""
    """Scope values, separated by blanks."""


class AppRoleAssignment(GraphType, frozen=True, kw_only=True):
    """An app role that was given to a service principal or a user."""

    id: str = ""
    deleted_date_time: datetime | None = None
    app_role_id: str = ""
    created_date_time: datetime | None = None
    principal_display_name: str | None = None
    principal_id: str = ""
    principal_type: str = "ServicePrincipal"
    resource_display_name: str | None = None
    resource_id: str = ""


NO_APP_ROLE = "00000000-0000-0000-0000-000000000000"
"""Assigns a user to an application without any of its roles."""


# -- people -----------------------------------------------------------------------------------------------------------


class DirectoryUser(GraphType, frozen=True, kw_only=True):
    """A user of the tenant. `account_enabled` and `user_type` are sent only when they are selected."""

    business_phones: list[str] = []
    display_name: str = ""
    given_name: str | None = None
    job_title: str | None = None
    mail: str | None = None
    mobile_phone: str | None = None
    office_location: str | None = None
    preferred_language: str | None = None
    surname: str | None = None
    user_principal_name: str = ""
    id: str = ""
    account_enabled: bool | None = None
    user_type: str | None = None


class VerifiedDomain(GraphType, frozen=True, kw_only=True):
    """A domain that belongs to an organisation."""

    capabilities: str = "Email, OfficeCommunicationsOnline"
    is_default: bool = True
    is_initial: bool = True
    name: str = ""
    type: str = "Managed"


class Organization(GraphType, frozen=True, kw_only=True):
    """The tenant."""

    id: str = ""
    deleted_date_time: datetime | None = None
    created_date_time: datetime | None = None
    display_name: str = ""
    tenant_type: str = "AAD"
    verified_domains: list[VerifiedDomain] = []


# -- rules for supported account types --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AudienceRules:
    """What an application may hold, by its supported account types. None: the service states no limit of its own."""

    portal_text: str
    takes_personal_accounts: bool
    redirect_uris: int
    secrets: int | None
    permissions: int
    permissions_per_api: int | None
    identifier_uris: int | None
    identifier_uri_length: int
    display_name_length: int
    app_roles: bool
    scope_name_length: int
    scopes: int | None
    required_apis: int = 50


def _work(portal_text: str) -> AudienceRules:
    return AudienceRules(portal_text, False, 256, None, 400, None, None, 255, 120, True, 120, None)


def _personal(portal_text: str) -> AudienceRules:
    return AudienceRules(portal_text, True, 100, 2, 200, 30, 50, 120, 90, False, 40, 100)


AUDIENCES: Mapping[str, AudienceRules] = MappingProxyType(
    {
        "AzureADMyOrg": _work("Accounts in this organizational directory only"),
        "AzureADMultipleOrgs": _work("Accounts in any organizational directory"),
        "AzureADandPersonalMicrosoftAccount": _personal(
            "Accounts in any organizational directory and personal Microsoft accounts"
        ),
        "PersonalMicrosoftAccount": _personal("Personal Microsoft accounts only"),
    }
)
DEFAULT_AUDIENCE: SignInAudience = "AzureADandPersonalMicrosoftAccount"
"""What an application that names no audience gets from Graph. The portal preselects `AzureADMyOrg` instead."""

REDIRECT_URI_LENGTH = 256
REDIRECT_URI_FORBIDS = "!$'(),;*"
"""Characters that no redirect URI may hold; `*` because wildcards are left to old registrations."""
TAG_LENGTH = 256
ITEMS_OVER_ALL_COLLECTIONS = 1000
"""About this many items fit into all collections of one application together."""


# -- errors -----------------------------------------------------------------------------------------------------------

GraphErrorCode = Literal[
    "InvalidAuthenticationToken",
    "Authorization_RequestDenied",
    "Request_ResourceNotFound",
    "Request_BadRequest",
    "InvalidAccessTokenVersion",
    "Request_MultipleObjectsWithSameKeyValue",
    "TooManyRequests",
]

ERROR_STATUS: Mapping[GraphErrorCode, int] = MappingProxyType(
    {
        "InvalidAuthenticationToken": 401,
        "Authorization_RequestDenied": 403,
        "Request_ResourceNotFound": 404,
        "Request_BadRequest": 400,
        "InvalidAccessTokenVersion": 400,
        "Request_MultipleObjectsWithSameKeyValue": 409,
        "TooManyRequests": 429,
    }
)


# -- what APIs publish ------------------------------------------------------------------------------------------------


def published_scopes(resource: Resource) -> list[PermissionScope]:
    """The delegated permissions of an API, as its service principal lists them."""
    return [_scope(permission) for permission in resource.scopes.values()]


def published_roles(resource: Resource) -> list[AppRole]:
    """The app roles of an API, as its service principal lists them."""
    return [
        AppRole(
            allowed_member_types=list(role.members),
            description=role.admin_description,
            display_name=role.value,
            id=role.id,
            value=role.value,
        )
        for role in resource.roles.values()
    ]


def _scope(permission: Permission) -> PermissionScope:
    return PermissionScope(
        admin_consent_description=permission.admin_description,
        admin_consent_display_name=permission.value,
        id=permission.id,
        # Where no source says that an administrator is needed, sign-in lets users consent; this is to agree with it.
        type="Admin" if permission.needs_admin else "User",
        user_consent_description=permission.user_description,
        user_consent_display_name=permission.value,
        value=permission.value,
    )
