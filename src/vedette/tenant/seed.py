"""Gives a new tenant its contents: organisations, people, apps and consent from a tenant file or our default.

Ids come from names, so the same file gives the same tenant anywhere; passwords and secrets are random unless given.
The database keeps hashes only. Whoever started the server reads the clear texts from `tenant.json`, which is written
before the seeding is committed: a server that is killed in between starts again from nothing, and knows them.
What happened on the machines is `world`'s matter.
"""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from vedette.catalogue.permission import DEFENDER, GRAPH, OIDC_SCOPES, RESOURCES, Resource, user_role
from vedette.errors import ConfigurationError
from vedette.simulation.enterprise import COMPANY, DEVICE_GROUPS, DNS
from vedette.tenant.config import (
    ROLES,
    AccountTypes,
    AppEntry,
    RedirectUris,
    TenantEntry,
    TenantFile,
    UserEntry,
    permission_of,
)
from vedette.tenant.directory import (
    Application,
    Directory,
    KeyCredential,
    PasswordCredential,
    Record,
    RequiredResourceAccess,
    ResourceAccess,
    ServicePrincipal,
    SignInAudience,
    Tenant,
    User,
    hash_secret,
)
from vedette.tenant.graph.well_known import ensure_well_known
from vedette.tenant.store.collection import Collection

AppKind = Literal["public", "confidential"]

NATIVE_CLIENT = "https://login.microsoftonline.com/common/oauth2/nativeclient"
_NAMESPACE = uuid.UUID("2f6d5c0a-6e0b-5d1e-9a53-8b1c7d1f4e02")
_SECRET_LIFE = timedelta(days=730)
_AUDIENCES: dict[AccountTypes, SignInAudience] = {
    "single-tenant": "AzureADMyOrg",
    "multi-tenant": "AzureADMultipleOrgs",
    "multi-tenant-and-personal": "AzureADandPersonalMicrosoftAccount",
    "personal": "PersonalMicrosoftAccount",
}


class UserAccess(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody signs in. The password is None where only its hash is known."""

    upn: str
    password: str | None
    role: str

    def __repr__(self) -> str:
        return f"UserAccess({self.upn!r}, role={self.role!r})"


class AppAccess(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an app signs in. Public clients, and those with a certificate, have no secret."""

    name: str
    client_id: str
    kind: AppKind
    client_secret: str | None = None

    def __repr__(self) -> str:
        return f"AppAccess({self.name!r}, {self.client_id!r}, {self.kind})"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody and everything that can sign in, as far as seeding made it."""

    users: list[UserAccess] = []
    apps: list[AppAccess] = []


class Seeding(Record, frozen=True, kw_only=True):
    """Says in the directory's database that it has been seeded."""

    id: Literal["directory"] = "directory"
    at: datetime
    default_tenant_id: str


def default_tenants() -> list[TenantEntry]:
    """The organisation of the simulation."""
    return [TenantEntry(domain=DNS, name=COMPANY)]


def default_users(domain: str) -> list[UserEntry]:
    """One person for each documented kind of role, and one who sees a single device group."""
    return [
        UserEntry(
            upn=f"admin@{domain}",
            name="Ada Administrator",
            role="administrator",
            directory_roles=["Global Administrator"],
        ),
        UserEntry(
            upn=f"secadmin@{domain}",
            name="Sena Secadmin",
            role="security-administrator",
            directory_roles=["Security Administrator"],
        ),
        UserEntry(upn=f"analyst@{domain}", name="Ana Analyst", role="analyst"),
        UserEntry(upn=f"responder@{domain}", name="Rex Responder", role="responder"),
        UserEntry(upn=f"tier1@{domain}", name="Tia Tierone", role="analyst", device_groups=[DEVICE_GROUPS[1]]),
    ]


def default_apps() -> list[AppEntry]:
    """A client for people, two for programs, and the one that registers apps."""
    roles = [role.value for role in DEFENDER.roles.values() if "Application" in role.members]
    reading = [role for role in roles if role.endswith((".Read.All", ".Read"))]
    hunting = ["xdr:AdvancedHunting.Read.All", "graph:ThreatHunting.Read.All"]
    return [
        AppEntry(
            name="soc-cli",
            public_client=True,
            redirect_uris=RedirectUris(public=["http://localhost", NATIVE_CLIENT]),
            delegated=[
                *DEFENDER.scopes,
                "xdr:AdvancedHunting.Read",
                "graph:ThreatHunting.Read.All",
                "graph:User.Read",
            ],
        ),
        AppEntry(name="soc-automation", secret=True, application=[*roles, *hunting]),
        AppEntry(name="soc-reader", secret=True, application=[*reading, *hunting]),
        AppEntry(
            name="vedette-admin",
            public_client=True,
            redirect_uris=RedirectUris(public=["http://localhost", NATIVE_CLIENT]),
            delegated=[
                f"graph:{name}"
                for name in (
                    "Application.ReadWrite.All",
                    "DelegatedPermissionGrant.ReadWrite.All",
                    "AppRoleAssignment.ReadWrite.All",
                    "Directory.Read.All",
                    "User.Read",
                )
            ],
        ),
    ]


def complete(file: TenantFile) -> TenantFile:
    """The file with the default tenant's parts where it names none."""
    tenants = file.tenants or default_tenants()
    return msgspec.structs.replace(
        file,
        tenants=tenants,
        users=default_users(tenants[0].domain) if file.users is None else file.users,
        apps=default_apps() if file.apps is None else file.apps,
    )


def tenant_id_of(entry: TenantEntry) -> str:
    """The id in the file, or the one that follows from the domain."""
    return entry.id.lower() if entry.id else _made_id("tenant", entry.domain.lower())


def seeding_of(directory: Directory) -> Seeding | None:
    """When the directory was seeded; None for a new one."""
    return Collection(directory.database, Seeding).get("directory")


def seed(directory: Directory, file: TenantFile, now: datetime, tell: Callable[[Access], None]) -> Access:
    """Fill a new directory from a completed file, in one transaction.

    `tell` is given the clear passwords and secrets before anything counts as done.
    Raises: ConfigurationError for a certificate that cannot be read.
    """
    planter = _Planter(directory, now.replace(microsecond=0))
    with directory.database.transaction():
        for entry in file.tenants:
            planter.tenant(entry)
        for user in file.users or ():
            planter.user(user)
        for app in file.apps or ():
            planter.app(app, file.tenants[0])
        access = Access(users=planter.users, apps=planter.apps)
        tell(access)
        seeding = Seeding(at=now, default_tenant_id=tenant_id_of(file.tenants[0]))
        Collection(directory.database, Seeding).put(seeding)
    return access


class _Planter:
    def __init__(self, directory: Directory, now: datetime) -> None:
        self._directory = directory
        self._now = now
        self._tenants: dict[str, Tenant] = {}
        self._apis: dict[str, dict[str, ServicePrincipal]] = {}
        self.users: list[UserAccess] = []
        self.apps: list[AppAccess] = []

    def tenant(self, entry: TenantEntry) -> None:
        tenant = Tenant(
            id=tenant_id_of(entry),
            domain=entry.domain.lower(),
            display_name=entry.name or entry.domain,
            created=self._now,
            users_may_consent=entry.users_may_consent,
            sign_in_frequency_s=int(entry.sign_in_frequency_h * 3600) if entry.sign_in_frequency_h else None,
        )
        self._directory.tenants.put(tenant)
        self._tenants[tenant.domain] = tenant
        resources = [each for each in RESOURCES if entry.defender or each is GRAPH]
        self._apis[tenant.domain] = ensure_well_known(self._directory, tenant, self._now, resources)

    def user(self, entry: UserEntry) -> None:
        domain = entry.upn.partition("@")[2].lower()
        given, _, surname = entry.name.partition(" ")
        password = entry.password or _random_password()
        title, permissions = ROLES[entry.role]
        if entry.permissions is not None:
            permissions = tuple(role.name for name in entry.permissions if (role := user_role(name)))
            title = title or "Custom"
        self._directory.users.put(
            User(
                id=_made_id("user", entry.upn.lower()),
                tenant_id=self._tenants[domain].id,
                upn=entry.upn,
                display_name=entry.name or entry.upn.partition("@")[0],
                given_name=given,
                surname=surname,
                password_hash=hash_secret(password, is_random=entry.password is None),
                is_enabled=not entry.disabled,
                directory_roles=list(entry.directory_roles),
                defender_role=title or None,
                defender_permissions=list(permissions),
                device_groups=None if entry.device_groups is None else list(entry.device_groups),
                password_changed=self._now,
                totp_secret=entry.totp,
                password_expired=entry.password_expired,
                must_register_factor=entry.must_register_factor,
                has_external_challenge=entry.external_challenge,
            )
        )
        for domain in entry.guest_in:
            self._guest(entry, self._tenants[domain.lower()])
        titles = {name.casefold(): name for name in (title, *entry.directory_roles) if name}
        self.users.append(UserAccess(upn=entry.upn, password=password, role=", ".join(titles.values()) or "none"))

    def _guest(self, entry: UserEntry, tenant: Tenant) -> None:
        """The person as they stand in another tenant: no password of their own, no role there."""
        name, _, domain = entry.upn.partition("@")
        upn = f"{name}_{domain}#EXT#@{tenant.domain}"
        given, _, surname = entry.name.partition(" ")
        self._directory.users.put(
            User(
                id=_made_id("user", upn.lower()),
                tenant_id=tenant.id,
                upn=upn,
                display_name=entry.name or name,
                given_name=given,
                surname=surname,
                home_user_id=_made_id("user", entry.upn.lower()),
            )
        )

    def app(self, entry: AppEntry, first: TenantEntry) -> None:
        tenant = self._tenants[(entry.tenant or first.domain).lower()]
        key = f"{tenant.domain}:{entry.name}"
        client_id = entry.client_id.lower() if entry.client_id else _made_id("client", key)
        texts = [(secret.name, secret.value or "", secret.expires) for secret in entry.secrets]
        if entry.secret:
            texts.append(("made at first start", _random_secret(), None))
        self._directory.applications.put(
            Application(
                id=_made_id("application", key),
                app_id=client_id,
                tenant_id=tenant.id,
                display_name=entry.name,
                sign_in_audience=_AUDIENCES[entry.account_types],
                created=self._now,
                web_redirect_uris=list(entry.redirect_uris.web),
                spa_redirect_uris=list(entry.redirect_uris.spa),
                public_redirect_uris=list(entry.redirect_uris.public),
                is_fallback_public_client=entry.public_client or None,
                required_resource_access=_requested(entry),
                password_credentials=[self._secret(*each) for each in texts],
                key_credentials=[_certificate(Path(path)) for path in entry.certificates],
                requested_access_token_version=2 if "personal" in entry.account_types else None,
                is_disabled=entry.disabled == "everywhere",
            )
        )
        self._restrict(entry, tenant, client_id)
        principal = ServicePrincipal(
            id=_made_id("principal", key),
            tenant_id=tenant.id,
            app_id=client_id,
            display_name=entry.name,
            owner_tenant_id=tenant.id,
            created=self._now,
            is_enabled=entry.disabled != "in-tenant",
            assignment_required=entry.assignment_required,
            tags=["WindowsAzureActiveDirectoryIntegratedApp"],
        )
        self._directory.service_principals.put(principal)
        self._consent(entry, tenant, principal)
        kind: AppKind = "confidential" if texts or entry.certificates else "public"
        secret = texts[-1][1] if texts else None
        self.apps.append(AppAccess(name=entry.name, client_id=client_id, kind=kind, client_secret=secret))

    def _restrict(self, entry: AppEntry, tenant: Tenant, client_id: str) -> None:
        """Put the app on the list of the tenant's policy that the file names."""
        lists = {
            "blocked": "blocked_app_ids",
            "compliant-device": "compliant_device_app_ids",
            "joined-device": "joined_device_app_ids",
        }
        if (name := lists.get(entry.conditional_access)) is None:
            return
        present = self._tenants[tenant.domain]
        changed = msgspec.structs.replace(present, **{name: [*getattr(present, name), client_id]})
        self._tenants[tenant.domain] = changed
        self._directory.tenants.put(changed)

    def _secret(self, name: str, text: str, expires: datetime | None) -> PasswordCredential:
        return PasswordCredential(
            key_id=str(uuid.uuid4()),
            secret_hash=hash_secret(text, is_random=True),
            hint=text[:3],
            start=self._now,
            end=expires or self._now + _SECRET_LIFE,
            display_name=name or None,
        )

    def _consent(self, entry: AppEntry, tenant: Tenant, principal: ServicePrincipal) -> None:
        if entry.consent == "none":
            return
        users: list[str | None] = [None]
        if isinstance(entry.consent, list):
            users = [_made_id("user", upn.lower()) for upn in entry.consent]
        apis = self._apis[tenant.domain]
        for resource, scopes in _by_api(entry.delegated, "delegated"):
            wanted = [*scopes, *sorted(OIDC_SCOPES)] if resource is GRAPH else scopes
            for user_id in users:
                if resource.app_id in apis:
                    self._directory.grant_scopes(principal, apis[resource.app_id], wanted, user_id=user_id)
        for resource, roles in _by_api(entry.application, "application"):
            for role in roles if entry.consent == "tenant" and resource.app_id in apis else ():
                self._directory.assign_role(principal.id, apis[resource.app_id], resource.roles[role].id, self._now)


def _by_api(texts: Iterable[str], kind: Literal["delegated", "application"]) -> Iterable[tuple[Resource, list[str]]]:
    found: dict[str, tuple[Resource, list[str]]] = {}
    for text in texts:
        resource, value = permission_of(text, kind)
        found.setdefault(resource.app_id, (resource, []))[1].append(value)
    return found.values()


def _requested(entry: AppEntry) -> list[RequiredResourceAccess]:
    wanted: dict[str, list[ResourceAccess]] = {}
    for resource, values in _by_api(entry.delegated, "delegated"):
        ids = [ResourceAccess(id=resource.scopes[value].id, type="Scope") for value in values]
        wanted.setdefault(resource.app_id, []).extend(ids)
    for resource, values in _by_api(entry.application, "application"):
        ids = [ResourceAccess(id=resource.roles[value].id, type="Role") for value in values]
        wanted.setdefault(resource.app_id, []).extend(ids)
    return [RequiredResourceAccess(resource_app_id=api, resource_access=access) for api, access in wanted.items()]


def _certificate(path: Path) -> KeyCredential:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as failure:
        raise ConfigurationError(f"{path} holds no certificate in PEM form.", path=str(path)) from failure
    return KeyCredential(
        key_id=str(uuid.uuid4()),
        certificate=certificate.public_bytes(Encoding.DER),
        # `x5t` is defined over SHA-1; nothing rests on its strength, since assertions are verified with the key.
        thumbprint_sha1=_base64url(certificate.fingerprint(SHA1())),  # noqa: S303
        thumbprint_sha256=_base64url(certificate.fingerprint(SHA256())),
        start=certificate.not_valid_before_utc,
        end=certificate.not_valid_after_utc,
        display_name=path.name,
    )


def _made_id(kind: str, name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}"))


# No letters that are mistaken for digits, and nothing that a form or a shell reads as something else.
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def _random_password() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def _random_secret() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(40))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
