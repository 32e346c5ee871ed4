"""The directory: tenants, users, applications, service principals and grants, shared by sign-in and Graph.

This is what Entra ID knows, in our own terms; `identity` issues tokens from it and `graph` shows it in Graph's shapes.
Passwords and client secrets are kept as scrypt hashes only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from vedette.catalogue.graph_operations import CONSENTERS, GRAPH_ROLE_CONSENTERS
from vedette.catalogue.permission import Resource
from vedette.tenant.store.collection import Collection
from vedette.tenant.store.database import Database

SignInAudience = Literal[
    "AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"
]
ConsentType = Literal["AllPrincipals", "Principal"]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Something the directory keeps."""


class Tenant(Record, frozen=True, kw_only=True):
    """An organisation."""

    id: str
    domain: str
    """The verified domain, such as `halden.example`."""
    display_name: str
    created: datetime
    users_may_consent: bool = True
    """Whether a user may consent to permissions of type User for themselves."""
    blocked_app_ids: list[str] = []
    """Apps that Conditional Access blocks for every user."""
    compliant_device_app_ids: list[str] = []
    """Apps that Conditional Access opens on compliant devices only; no device of a local tenant is one."""
    joined_device_app_ids: list[str] = []
    """Apps that Conditional Access opens on domain-joined devices only; no device of a local tenant is one."""
    sign_in_frequency_s: int | None = None
    """After how long a sign-in has to be repeated; None: a refresh token prolongs it."""


class User(Record, frozen=True, kw_only=True):
    """A person who signs in."""

    id: str
    """Object id."""
    tenant_id: str
    upn: str
    """User principal name; compared without regard to letter case."""
    display_name: str
    given_name: str = ""
    surname: str = ""
    password_hash: str | None = None
    is_enabled: bool = True
    directory_roles: list[str] = []
    """Names such as `Global Administrator`. An administrator may consent for the organisation."""
    defender_role: str | None = None
    """Name of the Defender role; None: the user may sign in but sees nothing in Defender."""
    defender_permissions: list[str] = []
    """The role permissions that go with it, such as `View Data`."""
    device_groups: list[str] | None = None
    """Names of the device groups that the user may see; None: all of them."""
    password_changed: datetime | None = None
    failed_sign_ins: int = 0
    locked_until: datetime | None = None
    totp_secret: str | None = None
    """Base32. Where it is set, signing in takes a second factor."""
    must_register_factor: bool = False
    """A second factor is required, and none has been set up yet: a browser sign-in sets it up."""
    has_external_challenge: bool = False
    """Signing in takes the consent of a service outside of the directory as well."""
    password_expired: bool = False
    sessions_valid_from: datetime | None = None
    """Refresh tokens and sessions from before this moment are revoked; an administrator sets it."""
    home_user_id: str | None = None
    """For a guest: object id of the same person in the tenant that knows the password."""

    def may_consent_for_everybody(self, *, graph_roles: bool = False) -> bool:
        """Whether the user may consent for the whole organisation. `graph_roles`: to Graph's own app roles too."""
        return bool((GRAPH_ROLE_CONSENTERS if graph_roles else CONSENTERS) & set(self.directory_roles))


class PasswordCredential(Record, frozen=True, kw_only=True):
    """A client secret; the text itself is shown once, when it is made."""

    key_id: str
    secret_hash: str
    hint: str
    start: datetime
    end: datetime
    display_name: str | None = None


class KeyCredential(Record, frozen=True, kw_only=True):
    """A certificate that an application signs assertions with."""

    key_id: str
    certificate: bytes
    """DER."""
    thumbprint_sha1: str
    """Base64url without padding, as `x5t` carries it."""
    thumbprint_sha256: str
    """Base64url without padding, as `x5t#S256` carries it."""
    start: datetime
    end: datetime
    display_name: str | None = None


class ResourceAccess(Record, frozen=True, kw_only=True):
    """One permission in an application's request list."""

    id: str
    type: Literal["Scope", "Role"]


class RequiredResourceAccess(Record, frozen=True, kw_only=True):
    """The permissions that an application asks of one API. Asking grants nothing."""

    resource_app_id: str
    resource_access: list[ResourceAccess]


class PublishedPermission(Record, frozen=True, kw_only=True):
    """A permission that a registered application publishes as an API of its own."""

    id: str
    value: str
    description: str = ""
    needs_admin: bool = False
    """For a delegated permission: only an administrator may consent."""
    members: tuple[Literal["Application", "User"], ...] = ("Application",)
    """For an app role: who it may be assigned to."""
    is_enabled: bool = True


class Application(Record, frozen=True, kw_only=True):
    """An app registration, in its home tenant."""

    id: str
    """Object id."""
    app_id: str
    """Application (client) id."""
    tenant_id: str
    display_name: str
    sign_in_audience: SignInAudience
    created: datetime
    web_redirect_uris: list[str] = []
    spa_redirect_uris: list[str] = []
    public_redirect_uris: list[str] = []
    is_fallback_public_client: bool | None = None
    """"Allow public client flows": decides the type where no redirect URI is in play."""
    required_resource_access: list[RequiredResourceAccess] = []
    password_credentials: list[PasswordCredential] = []
    key_credentials: list[KeyCredential] = []
    identifier_uris: list[str] = []
    requested_access_token_version: int | None = None
    published_scopes: list[PublishedPermission] = []
    """Delegated permissions that this app publishes (`api.oauth2PermissionScopes`)."""
    published_roles: list[PublishedPermission] = []
    """App roles that this app publishes (`appRoles`)."""
    issues_id_tokens: bool = False
    """`web.implicitGrantSettings.enableIdTokenIssuance`: the authorize page may answer an ID token."""
    issues_access_tokens: bool = False
    """`web.implicitGrantSettings.enableAccessTokenIssuance`: the authorize page may answer an access token."""
    is_disabled: bool = False
    """Disabled everywhere, as Microsoft does with a harmful app; a service principal is disabled in its tenant."""
    deleted: datetime | None = None
    """When it was moved to the recycle bin."""
    owner_ids: list[str] = []
    """Object ids of users and service principals that may change it."""
    extra: dict[str, msgspec.Raw] = {}
    """Members of the Graph object that nothing here acts on, kept as they were sent."""


class ServicePrincipal(Record, frozen=True, kw_only=True):
    """An application as it stands in one tenant. APIs such as WindowsDefenderATP have one too."""

    id: str
    """Object id."""
    tenant_id: str
    app_id: str
    display_name: str
    owner_tenant_id: str
    created: datetime
    is_enabled: bool = True
    assignment_required: bool = False
    tags: list[str] = []
    notes: str | None = None


class DelegatedGrant(Record, frozen=True, kw_only=True):
    """Consent to delegated permissions: an oauth2PermissionGrant."""

    id: str
    tenant_id: str
    client_id: str
    """Object id of the client's service principal."""
    resource_id: str
    """Object id of the API's service principal."""
    consent_type: ConsentType
    principal_id: str | None = None
    """Object id of the user, for a grant of type Principal."""
    scope: str = ""
    """Scope values, separated by blanks."""


class AppRoleAssignment(Record, frozen=True, kw_only=True):
    """An application permission that was granted (or a user assigned to an app)."""

    id: str
    tenant_id: str
    principal_id: str
    """Object id of the client's service principal, or of a user."""
    resource_id: str
    """Object id of the API's service principal."""
    app_role_id: str
    created: datetime


class Directory:
    """Everything that sign-in and Graph read and write, for all tenants of the server."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tenants = Collection(database, Tenant, columns=["domain"], any_case=["id", "domain"])
        self.users = Collection(database, User, columns=["tenant_id", "upn", "home_user_id"], any_case=["id", "upn"])
        self.applications = Collection(
            database, Application, columns=["app_id", "tenant_id", "display_name"], any_case=["id", "app_id"]
        )
        self.service_principals = Collection(
            database, ServicePrincipal, columns=["tenant_id", "app_id", "display_name"], any_case=["id", "app_id"]
        )
        self.delegated_grants = Collection(
            database, DelegatedGrant, columns=["tenant_id", "client_id", "resource_id", "consent_type", "principal_id"]
        )
        self.app_role_assignments = Collection(
            database, AppRoleAssignment, columns=["tenant_id", "principal_id", "resource_id", "app_role_id"]
        )

    def tenant(self, name: str) -> Tenant | None:
        """The tenant with this id or verified domain."""
        return self.tenants.first(id=name) or self.tenants.first(domain=name)

    def user(self, tenant_id: str, upn: str) -> User | None:
        """The user of this tenant with this user principal name."""
        return self.users.first(tenant_id=tenant_id, upn=upn)

    def application(self, app_id: str) -> Application | None:
        """The registration with this client id that is not in the recycle bin."""
        return next((a for a in self.applications.where(app_id=app_id) if a.deleted is None), None)

    def service_principal(self, tenant_id: str, app_id: str) -> ServicePrincipal | None:
        """How this application stands in this tenant, if it does."""
        return self.service_principals.first(tenant_id=tenant_id, app_id=app_id)

    def granted_scopes(self, client: ServicePrincipal, resource: ServicePrincipal, user_id: str | None) -> set[str]:
        """Delegated permissions that hold for this user: those granted for everybody and the user's own."""
        scopes: set[str] = set()
        for grant in self.delegated_grants.where(client_id=client.id, resource_id=resource.id):
            if grant.consent_type == "AllPrincipals" or grant.principal_id == user_id:
                scopes.update(grant.scope.split())
        return scopes

    def grant_scopes(
        self, client: ServicePrincipal, resource: ServicePrincipal, scopes: Iterable[str], *, user_id: str | None = None
    ) -> DelegatedGrant:
        """Add to what is granted, for one user or (`user_id=None`) for everybody; nothing that was granted is lost."""
        with self.database.transaction():
            present = self.delegated_grants.first(
                client_id=client.id,
                resource_id=resource.id,
                consent_type="AllPrincipals" if user_id is None else "Principal",
                principal_id=user_id,
            )
            merged = sorted({*(present.scope.split() if present else ()), *scopes})
            grant = DelegatedGrant(
                id=present.id if present else delegated_grant_id(client.id, resource.id, user_id),
                tenant_id=client.tenant_id,
                client_id=client.id,
                resource_id=resource.id,
                consent_type="AllPrincipals" if user_id is None else "Principal",
                principal_id=user_id,
                scope=" ".join(merged),
            )
            self.delegated_grants.put(grant)
            return grant

    def granted_roles(self, client: ServicePrincipal, resource: ServicePrincipal, catalogue: Resource) -> set[str]:
        """Application permissions that the client holds on the API."""
        held = {a.app_role_id for a in self.app_role_assignments.where(principal_id=client.id, resource_id=resource.id)}
        return {role.value for role in catalogue.roles.values() if role.id in held}

    def assign_role(
        self, principal_id: str, resource: ServicePrincipal, app_role_id: str, now: datetime
    ) -> AppRoleAssignment:
        """Grant an application permission; a permission that is granted already stays as it is."""
        present = self.app_role_assignments.first(
            principal_id=principal_id, resource_id=resource.id, app_role_id=app_role_id
        )
        if present is not None:
            return present
        assignment = AppRoleAssignment(
            id=_short_id(principal_id, str(uuid.uuid4())),
            tenant_id=resource.tenant_id,
            principal_id=principal_id,
            resource_id=resource.id,
            app_role_id=app_role_id,
            created=now,
        )
        self.app_role_assignments.put(assignment)
        return assignment


def delegated_grant_id(client_id: str, resource_id: str, user_id: str | None) -> str:
    """How the service names a delegated grant: its GUIDs, little-endian, one after the other in base64url."""
    return _short_id(client_id, resource_id, *([user_id] if user_id else []))


def _short_id(*guids: str) -> str:
    return base64.urlsafe_b64encode(b"".join(uuid.UUID(guid).bytes_le for guid in guids)).rstrip(b"=").decode()


_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024}
_SCRYPT_SECRET = {**_SCRYPT, "n": 2**10}


def hash_secret(text: str, *, is_random: bool = False) -> str:
    """A scrypt hash with its salt. `is_random`: we made the secret, nobody can guess it, so a quick hash serves."""
    salt = os.urandom(16)
    parameters = _SCRYPT_SECRET if is_random else _SCRYPT
    digest = hashlib.scrypt(text.encode(), salt=salt, **parameters)
    return f"scrypt${parameters['n']}${salt.hex()}${digest.hex()}"


def secret_matches(text: str, hashed: str) -> bool:
    """Whether the secret is the one that was hashed; takes the same time whatever the answer."""
    _, n, salt, digest = hashed.split("$")
    parameters = {**_SCRYPT, "n": int(n)}
    return hmac.compare_digest(
        hashlib.scrypt(text.encode(), salt=bytes.fromhex(salt), **parameters),
        bytes.fromhex(digest),
    )
