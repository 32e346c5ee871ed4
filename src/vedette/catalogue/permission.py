"""The APIs that a token can be for, and the permissions each publishes.

Here: WindowsDefenderATP, Microsoft Graph (the part that registers apps, grants consent and hunts) and the XDR resource
that `https://api.security.microsoft.com` names as an audience; the roles that a Defender user may hold. Not here: which
operation needs which permission (each operation declares that) and which users hold which roles (the tenant does).

A delegated permission (a scope, in `scp`) and an application permission (a role, in `roles`) are never the same thing,
even where they share the value: each has its own row, looked up by kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal

Kind = Literal["delegated", "application"]
MemberType = Literal["Application", "User"]

SERVICE_TENANT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The tenant that owns Microsoft's own APIs; `appOwnerOrganizationId` of their service principals."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission that a resource publishes."""

    id: str
    """The GUID by which app registrations and role assignments name it."""
    value: str
    """What a token carries in `scp` or `roles`. Compared whole and case-sensitively."""
    kind: Kind
    admin_description: str
    """What it allows, as an administrator would read it. Our words."""
    user_description: str
    """The same for the consent page of a single user."""
    needs_admin: bool | None = None
    """Whether only an administrator may consent. None: not confirmed by any public source."""
    members: tuple[MemberType, ...] = ("Application",)
    """Who an application permission may be assigned to. `User`: an app role for people, such as `secop`."""
    note: str = ""


@dataclass(frozen=True)
class Resource:
    """An API that access tokens are issued for."""

    name: str
    app_id: str
    owner_tenant: str
    identifier_uris: tuple[str, ...]
    """Every registered audience, each also with a trailing slash. The first is the one to ask for."""
    permissions: tuple[Permission, ...]
    note: str = ""

    @cached_property
    def scopes(self) -> Mapping[str, Permission]:
        """Delegated permissions by value."""
        return self._of("delegated")

    @cached_property
    def roles(self) -> Mapping[str, Permission]:
        """Application permissions by value."""
        return self._of("application")

    @property
    def audience(self) -> str:
        """The identifier URI that clients should ask for."""
        return self.identifier_uris[0]

    def permission(self, value: str, kind: Kind) -> Permission:
        """The permission of this value and kind.

        Raises: KeyError, naming the published spelling where `value` is a known misprint.
        """
        found = (self.scopes if kind == "delegated" else self.roles).get(value)
        if found is None:
            published = MISPRINTS.get(value)
            meant = f" (a misprint of {published})" if published else ""
            raise KeyError(f"{self.name} publishes no {kind} permission {value}{meant}")
        return found

    def permission_by_id(self, id: str, kind: Kind | None = None) -> Permission | None:
        """The permission with this GUID, in any letter case; one id may serve both kinds."""
        wanted = id.lower()
        return next((p for p in self.permissions if p.id == wanted and kind in (None, p.kind)), None)

    def _of(self, kind: Kind) -> Mapping[str, Permission]:
        return MappingProxyType({p.value: p for p in self.permissions if p.kind == kind})


def _with_slashes(*uris: str) -> tuple[str, ...]:
    return tuple(form for uri in uris for form in (uri, f"{uri}/"))


def _scope(value: str, id: str, text: str, *, needs_admin: bool | None = None, note: str = "") -> Permission:
    return Permission(
        id, value, "delegated", f"{text}, on behalf of the signed-in user.", f"{text} for you.", needs_admin, (), note
    )


def _role(
    value: str, id: str, text: str, *, members: tuple[MemberType, ...] = ("Application",), note: str = ""
) -> Permission:
    return Permission(id, value, "application", f"{text}, with no user signed in.", "", True, members, note)


DEFENDER = Resource(
    name="WindowsDefenderATP",
    app_id="fc780465-2017-40d4-a0c5-307022471b92",
    owner_tenant=SERVICE_TENANT,
    identifier_uris=_with_slashes(
        "https://api.securitycenter.microsoft.com",
        "https://api.securitycenter.windows.com",
        "https://securitycenter.onmicrosoft.com/windowsatpservice",
        "https://api-us.securitycenter.microsoft.com",
        "https://api-eu.securitycenter.microsoft.com",
        "https://api-uk.securitycenter.microsoft.com",
        "https://api-gcc.securitycenter.microsoft.us",
        "https://api-gov.securitycenter.microsoft.us",
        "https://api.securitycenter.windows.us",
        "https://securitycenter.microsoft.com/mtp",
    ),
    permissions=(
        _scope("AdvancedQuery.Read", "1fb6e712-1bd9-4184-b1c0-5e71e759196b", "Run advanced hunting queries"),
        _scope("Alert.Read", "b2069dc0-9fe9-4e6d-9aca-ccf3dd503819", "Read alerts"),
        _scope("Alert.ReadWrite", "cbc3b413-21e6-416d-95a4-af87687efbd0", "Read and change alerts"),
        _scope("File.Read.All", "8fce64a0-67c8-4e39-8f47-cac9ff7e13bb", "Read file profiles"),
        _scope(
            "IntegrationConfiguration.ReadWrite",
            "7c6f6912-60e9-4fcd-bb2a-c25bc35e8c59",
            "Read and change the settings of integrations",
            note="Shares its id with the application permission.",
        ),
        _scope("Ip.Read.All", "b65a97e8-c8e8-4908-b19a-f654615de1a9", "Read profiles of IP addresses"),
        _scope("Library.Manage", "5998a3da-2c9b-4bf3-99bd-44c9fe337ad2", "Manage files of the live response library"),
        _scope(
            "Machine.CollectForensics", "5eb7b9dc-cbce-4c7e-9d73-5be248260ae6", "Collect forensic data from machines"
        ),
        _scope(
            "Machine.Isolate", "479231ef-3b86-4933-ae6b-1fa84bba9e31", "Cut machines off the network and reconnect them"
        ),
        _scope("Machine.LiveResponse", "25fb0c21-5877-492a-8d0c-e7893a9585cc", "Run live response on machines"),
        _scope("Machine.Offboard", "29d1c73a-07f6-495f-b62b-1554a954d0a3", "Offboard machines"),
        _scope("Machine.Read", "fbd3d33a-b1f5-4573-906c-51b39682fbcf", "Read machines and the actions sent to them"),
        _scope("Machine.ReadWrite", "f6846c57-9e3c-4a65-81aa-2f5e09ff4f0b", "Read and change machine records"),
        _scope(
            "Machine.RestrictExecution", "abddfa88-80bb-4aef-81ff-18cbf29363a9", "Restrict which programs machines run"
        ),
        _scope("Machine.Scan", "b4618115-647e-42a5-bd0d-0ea9878fb376", "Scan machines"),
        _scope(
            "Machine.StopAndQuarantine", "69e036b7-3f10-4d4c-a85e-82295629eca8", "Stop and quarantine files on machines"
        ),
        _scope("RemediationTasks.Read", "19956c04-168f-4f44-b471-48c8f50dc0c8", "Read remediation tasks"),
        _scope("Score.Read", "df4ed126-3a4c-460a-b0fc-67aea84fc332", "Read exposure and secure scores"),
        _scope("SecurityBaselinesAssessment.Read", "d42e2aa1-a664-43a9-b7c6-2766d44a6687", "Read baseline assessments"),
        _scope("SecurityConfiguration.Read", "4ac83e46-552f-4948-91c2-f7eaff971018", "Read security configurations"),
        _scope(
            "SecurityConfiguration.ReadWrite",
            "bfc81a3a-4f6d-4bfe-b945-d7fe6747d2a0",
            "Read and change security configurations",
        ),
        _scope("SecurityRecommendation.Read", "1ab96238-1253-4059-a32f-4087f20ed65d", "Read security recommendations"),
        _scope("Software.Read", "5f216ada-3f51-4a22-ace5-06b198328476", "Read the software inventory"),
        _scope("Ti.ReadWrite", "650ff1f9-dd5f-48ee-8c58-7beef332c818", "Read and change indicators"),
        _scope("Url.Read.All", "42b4777c-6196-49ad-9cfc-207e73f2eb61", "Read URL and domain profiles"),
        _scope("User.Read.All", "ffd6563e-842b-4cfc-b349-06006e0473a3", "Read user profiles"),
        _scope("Vulnerability.Read", "63a677ce-818c-4409-9d12-5c6d2e2a6bfe", "Read vulnerabilities"),
        _role("AdvancedQuery.Read.All", "93489bf5-0fbc-4f2d-b901-33f2fe08ff05", "Run advanced hunting queries"),
        _role("Alert.Read.All", "71fe6b80-7034-4028-9ed8-0f316df9c3ff", "Read all alerts"),
        _role("Alert.ReadWrite.All", "0f7000ec-157b-497f-b70e-ef0b0584f140", "Read and change all alerts"),
        _role("Event.Write", "84ddd701-5fac-4c30-b0ad-aa73a67bea1a", "Write events to machine timelines"),
        _role("File.Read.All", "8788f1a9-beca-4e26-ba58-10513f3b896f", "Read all file profiles"),
        _role(
            "IntegrationConfiguration.ReadWrite",
            "7c6f6912-60e9-4fcd-bb2a-c25bc35e8c59",
            "Read and change the settings of integrations",
            note="Shares its id with the delegated permission.",
        ),
        _role("Ip.Read.All", "47bf842d-354b-49ef-b741-3a6dd815bc13", "Read all profiles of IP addresses"),
        _role("Library.Manage", "41d209c7-2511-4fc9-b899-8008a3976f09", "Manage files of the live response library"),
        _role(
            "Machine.CollectForensics", "15405ab2-2103-4a3c-ad80-e829841cedcc", "Collect forensic data from machines"
        ),
        _role(
            "Machine.Isolate", "7e4e1300-e1b9-4102-88ba-f0cb6e6d5974", "Cut machines off the network and reconnect them"
        ),
        _role("Machine.LiveResponse", "1629b959-c0af-42a1-92f0-f6162060bdf1", "Run live response on machines"),
        _role("Machine.Offboard", "594435bf-36dd-4548-83bd-1bdafe157d7a", "Offboard machines"),
        _role(
            "Machine.Read.All", "ea8291d3-4b9a-44b5-bc3a-6cea3026dc79", "Read all machines and the actions sent to them"
        ),
        _role("Machine.ReadWrite.All", "aa027352-232b-4ed4-b963-a705fc4d6d2c", "Read and change all machine records"),
        _role(
            "Machine.RestrictExecution", "96b6b35d-074d-4e2d-b167-8d68d9269648", "Restrict which programs machines run"
        ),
        _role("Machine.Scan", "a86d9824-b2b6-45f8-b042-16bc4922ed4e", "Scan machines"),
        _role(
            "Machine.StopAndQuarantine", "96e72b5e-7e68-4171-aad1-3937599e4751", "Stop and quarantine files on machines"
        ),
        _role("RemediationTasks.Read.All", "6a33eedf-ba73-4e5a-821b-f057ef63853a", "Read all remediation tasks"),
        _role("Score.Read.All", "02b005dd-f804-43b4-8fc7-078460413f74", "Read exposure and secure scores"),
        _role(
            "SecurityBaselinesAssessment.Read.All",
            "e870c0c1-c1a2-41ca-948e-a33912d2d3f0",
            "Read all baseline assessments",
        ),
        _role(
            "SecurityConfiguration.Read.All", "227f2ea0-c2c2-4428-b7af-9ff40f1a720e", "Read all security configurations"
        ),
        _role(
            "SecurityConfiguration.ReadWrite.All",
            "e5e05709-32a3-4c85-89c8-67596eb94f24",
            "Read and change all security configurations",
        ),
        _role(
            "SecurityRecommendation.Read.All",
            "6443965c-7dd2-4cfd-b38f-bb7772bee163",
            "Read all security recommendations",
        ),
        _role("Software.Read.All", "37f71c98-d198-41ae-964d-2c49aab74926", "Read the whole software inventory"),
        _role("Ti.Read.All", "528ca142-c849-4a5b-935e-10b8b9c38a84", "Read all indicators"),
        _role(
            "Ti.ReadWrite",
            "a8bc2240-f96a-46a1-bad5-6a960b7327a1",
            "Read and change the indicators that this app made",
            note="Indicators of other makers stay invisible; Ti.ReadWrite.All shows them.",
        ),
        _role("Ti.ReadWrite.All", "fc511a58-3adf-4d71-af24-00f13e35e479", "Read and change all indicators"),
        _role("Url.Read.All", "721af526-ffa8-42d7-9b84-1a56244dd99d", "Read all URL and domain profiles"),
        _role("User.Read.All", "a833834a-4cf1-4732-8acf-bbcfa13fb610", "Read all user profiles"),
        _role("Vulnerability.Read.All", "41269fc5-d04d-4bfd-bce7-43a51cea049a", "Read all vulnerabilities"),
        _role(
            "readonly",
            "f820e656-f1d1-4cb8-a566-31d18eeecb40",
            "Look at the portal",
            members=("User",),
            note="An app role for people; it gives no call of the API.",
        ),
        _role(
            "secop",
            "2261fd4a-5f23-4b74-9e4d-f4ac92dc86a2",
            "Look at the portal and act in it",
            members=("User",),
            note="An app role for people; it gives no call of the API.",
        ),
    ),
    note="Absent from tenants that never used Defender for Endpoint.",
)

_SEEN = "The id is taken from several independent public listings, not from the API's own documentation."

GRAPH = Resource(
    name="Microsoft Graph",
    app_id="00000003-0000-0000-c000-000000000000",
    owner_tenant=SERVICE_TENANT,
    identifier_uris=_with_slashes(
        "https://graph.microsoft.com", "https://graph.microsoft.us", "https://dod-graph.microsoft.us"
    ),
    permissions=(
        _scope("openid", "37f7f235-527c-4136-accd-4a02d197296e", "Sign in", needs_admin=False),
        _scope("profile", "14dad69e-099b-42c9-810b-d002981feec1", "Read the basic profile", needs_admin=False),
        _scope("email", "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", "Read the mail address", needs_admin=False),
        _scope(
            "offline_access",
            "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
            "Keep the access that was granted while the user is away",
            needs_admin=False,
        ),
        _scope(
            "User.Read",
            "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
            "Sign in and read the user's own profile",
            needs_admin=False,
        ),
        _scope(
            "Application.Read.All",
            "c79f8feb-a9db-4090-85f9-90d820caa0eb",
            "Read app registrations and service principals",
            needs_admin=True,
            note=_SEEN,
        ),
        _scope(
            "Application.ReadWrite.All",
            "bdfbf15f-ee85-4955-8675-146e8e5296b5",
            "Read and change app registrations and service principals",
            needs_admin=True,
        ),
        _scope(
            "DelegatedPermissionGrant.ReadWrite.All",
            "41ce6ca6-6826-4807-84f1-1c82854f7ee5",
            "Manage grants of delegated permissions",
            needs_admin=True,
        ),
        _scope(
            "AppRoleAssignment.ReadWrite.All",
            "84bccea3-f856-4a8a-967b-dbe0a3d53a64",
            "Manage assignments of app roles",
            needs_admin=True,
        ),
        _scope(
            "Directory.Read.All",
            "06da0dbc-49e2-44d2-8312-53f166ab848a",
            "Read the directory",
            needs_admin=True,
            note=_SEEN,
        ),
        _scope(
            "ThreatHunting.Read.All",
            "b152eca8-ea73-4a48-8c98-1a6742673d99",
            "Run hunting queries",
            needs_admin=True,
            note=_SEEN,
        ),
        _role(
            "Application.Read.All",
            "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
            "Read all app registrations and service principals",
            note=_SEEN,
        ),
        _role(
            "Application.ReadWrite.All",
            "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
            "Read and change all app registrations and service principals",
        ),
        _role(
            "Application.ReadWrite.OwnedBy",
            "18a4783c-866b-4cc7-a460-3d5e5662c884",
            "Create app registrations and change those that this app owns",
            note=_SEEN,
        ),
        _role(
            "DelegatedPermissionGrant.ReadWrite.All",
            "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
            "Manage all grants of delegated permissions",
        ),
        _role(
            "AppRoleAssignment.ReadWrite.All",
            "06b708a9-e830-4db3-a914-8e69da51d44f",
            "Manage all assignments of app roles",
        ),
        _role("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61", "Read the whole directory", note=_SEEN),
        _role(
            "ThreatHunting.Read.All",
            "dd98c7f5-2d42-42d3-a0e4-633161547251",
            "Run hunting queries",
            note=f"{_SEEN} One of them has another id for the US Government clouds.",
        ),
    ),
    note="Only the permissions that registering apps, granting consent and hunting need.",
)

OIDC_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
"""Scopes asked for without a resource. They are recorded on the Graph grant, whatever resource they came with."""

XDR = Resource(
    name="Microsoft Threat Protection",
    app_id="8ee8fdad-f234-4243-8f3b-15c294843740",
    owner_tenant=SERVICE_TENANT,
    identifier_uris=_with_slashes(
        "https://api.security.microsoft.com",
        "https://security.microsoft.com/mtp",
        "https://api-gcc.security.microsoft.us",
        "https://api-gov.security.microsoft.us",
    ),
    permissions=(
        _scope("AdvancedHunting.Read", "15f11de4-5113-4268-a2d1-0bad43d781f9", "Run hunting queries", note=_SEEN),
        _scope(
            "CustomDetections.ReadWrite",
            "ddbb8d0c-c86b-4ece-bcb7-0f031a9cf103",
            "Read and change custom detections",
            note=_SEEN,
        ),
        _scope("Incident.Read", "12c153a4-4204-4224-aa3c-4626e2f47c2b", "Read incidents", note=_SEEN),
        _scope("Incident.ReadWrite", "2af415cc-88cf-4146-a0c8-444c3a80d5db", "Read and change incidents", note=_SEEN),
        _role("AdvancedHunting.Read.All", "7734e8e5-8dde-42fc-b5ae-6eafea078693", "Run hunting queries", note=_SEEN),
        _role(
            "CustomDetections.ReadWrite.All",
            "a7deff90-e2f5-4e4e-83a3-2c74e7002e28",
            "Read and change custom detections",
            note=_SEEN,
        ),
        _role("Incident.Read.All", "a9790345-4595-42e4-971a-ccdc79f19b7c", "Read all incidents", note=_SEEN),
        _role(
            "Incident.ReadWrite.All",
            "8d90f441-09cf-4fdc-ab45-e874fa3a28e8",
            "Read and change all incidents",
            note=_SEEN,
        ),
    ),
    note=(
        "The documentation sends Defender for Endpoint calls to this host name, yet as an audience it names this "
        "resource instead. The second identifier is what several clients ask for, on no page; those of the US "
        "Government clouds are taken to equal the API host."
    ),
)

RESOURCES: tuple[Resource, ...] = (DEFENDER, GRAPH, XDR)

_BY_IDENTIFIER: Mapping[str, Resource] = {uri: resource for resource in RESOURCES for uri in resource.identifier_uris}
_BY_APP_ID: Mapping[str, Resource] = {resource.app_id: resource for resource in RESOURCES}


def resource_by_identifier(identifier: str) -> Resource | None:
    """The resource that an audience names, or None.

    Identifier URIs compare exactly, each registered with and without one trailing slash; an app id is a GUID and
    compares in any letter case.
    """
    return _BY_IDENTIFIER.get(identifier) or _BY_APP_ID.get(identifier.lower())


MISPRINTS: Mapping[str, str] = MappingProxyType(
    {
        "Alerts.ReadWrite.All": "Alert.ReadWrite.All",
        "URL.Read.All": "Url.Read.All",
        "RemediationTask.Read": "RemediationTasks.Read",
        "RemediationTask.Read.Read": "RemediationTasks.Read",
        "Machine.Read.Write": "Machine.ReadWrite",
        "Machine.StopAndQuarantineMachine.LiveResponse": "Machine.StopAndQuarantine and Machine.LiveResponse",
    }
)
"""Names that pages of the documentation print → what the resource publishes.

The authenticated-scan pages also print Machine.Read.All as a delegated scope; Machine.Read is meant. That is not
listed, because Machine.Read.All is right for applications.
"""

UserRoleName = Literal[
    "View Data",
    "Alerts investigation",
    "Active remediation actions",
    "Manage security settings",
    "Manage portal system settings",
    "Live response capabilities",
    "Security baselines",
]


@dataclass(frozen=True, slots=True)
class UserRole:
    """One permission inside a Defender user role. Delegated calls need it beside the scope."""

    name: UserRoleName
    gives: str
    parts: tuple[str, ...] = ()
    """Sub-permissions that the portal offers one by one. Empty: it is given whole."""
    aliases: tuple[str, ...] = ()
    """Other spellings on the pages."""


USER_ROLES: Mapping[str, UserRole] = MappingProxyType(
    {
        role.name: role
        for role in (
            UserRole(
                "View Data",
                "See what the portal shows.",
                ("Security operations", "Defender Vulnerability Management"),
                ("ViewData", "TvmViewData"),
            ),
            UserRole(
                "Alerts investigation",
                "Work on alerts, start investigations and scans, collect packages, tag machines.",
                (),
                ("Alerts Investigation",),
            ),
            UserRole(
                "Active remediation actions",
                "Act on machines and files, decide on pending actions, keep the indicator lists.",
                (
                    "Security operations",
                    "Vulnerability management: exceptions",
                    "Vulnerability management: remediation",
                    "Vulnerability management: applications",
                ),
            ),
            UserRole(
                "Manage security settings",
                "Suppress alerts, set exclusions, onboard and offboard machines, keep the indicator lists.",
                (),
                ("Manage security setting", "Manage security settings in Security Center", "ManageSecurity"),
            ),
            UserRole(
                "Manage portal system settings",
                "Set storage, roles and device groups. Only the built-in administrator role has it.",
            ),
            UserRole(
                "Live response capabilities",
                "Basic: open a session and read. Advanced: upload, run library scripts, fetch any file.",
                ("Basic", "Advanced"),
            ),
            UserRole("Security baselines", "Keep baseline profiles."),
        )
    }
)

_USER_ROLE_NAMES: Mapping[str, UserRole] = {
    spelling.casefold(): role for role in USER_ROLES.values() for spelling in (role.name, *role.aliases)
}


def user_role(name: str) -> UserRole | None:
    """The user role of this name or alias, in any letter case; None when there is none."""
    return _USER_ROLE_NAMES.get(name.casefold())
