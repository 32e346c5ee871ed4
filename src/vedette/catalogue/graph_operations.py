"""The operations of Microsoft Graph that registering apps, granting consent and hunting takes, and what each needs.

One row per operation: address, permissions for signed-in users and for applications, and the directory role that a user
needs beside the scope. Shapes of what is sent and answered are in `graph`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from vedette.catalogue.advanced_hunting import GraphHunting

UserRule = Literal["member", "registrar", "consenter", "hunter"]
"""What a signed-in user must be beside the scope.

`member`: anybody. `registrar`: an owner of what is changed, or one of `REGISTRARS`. `consenter`: one of `CONSENTERS`.
`hunter`: has a role in Defender or one of `HUNTING_DIRECTORY_ROLES`.
"""

REGISTRARS = frozenset({"Global Administrator", "Application Administrator", "Cloud Application Administrator"})
"""Directory roles that may change every application and service principal."""

CONSENTERS = REGISTRARS | {"Privileged Role Administrator"}
"""Directory roles that may grant permissions for the organisation."""

GRAPH_ROLE_CONSENTERS = frozenset({"Global Administrator", "Privileged Role Administrator"})
"""Directory roles that may grant application permissions of Microsoft Graph itself."""

OWNED_ONLY = "Application.ReadWrite.OwnedBy"
"""The application permission that reaches only what the caller owns."""

Needs = tuple[tuple[str, ...], ...]
"""Groups of permissions: one of each group is needed."""


@dataclass(frozen=True, slots=True)
class GraphOperation:
    """One operation: where it is, and what it takes. The first permission of a group is the least one."""

    id: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    """After the version; `{application}` and `{servicePrincipal}` stand for `/id` or `(appId='…')`."""
    delegated: Needs | None
    """None: not offered to signed-in users."""
    application: Needs | None
    """None: not offered to applications on their own behalf."""
    user: UserRule = "member"
    namespace: str = ""
    """Of an action whose name may be written in full, as the official clients do."""


_READ = ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All")
_READ_APP = (*_READ, OWNED_ONLY)
_WRITE = ("Application.ReadWrite.All",)
_WRITE_APP = (OWNED_ONLY, "Application.ReadWrite.All")
_GRANT = ("DelegatedPermissionGrant.ReadWrite.All",)
_READ_GRANT = ("Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All")
_ASSIGN = ("AppRoleAssignment.ReadWrite.All",)
_READ_ASSIGNED = (*_READ, "AppRoleAssignment.ReadWrite.All")
_WHO = ("User.Read", "Directory.Read.All")
_DIRECTORY = ("Directory.Read.All",)


def _reads(id: str, path: str) -> GraphOperation:
    return GraphOperation(id, "GET", path, (_READ,), (_READ_APP,))


def _changes(
    id: str, method: Literal["POST", "PATCH", "DELETE"], path: str, user: UserRule = "registrar"
) -> GraphOperation:
    return GraphOperation(id, method, path, (_WRITE,), (_WRITE_APP,), user)


def _grants(id: str, method: Literal["POST", "PATCH", "DELETE"], path: str) -> GraphOperation:
    return GraphOperation(id, method, path, (_GRANT,), (_GRANT,), "consenter")


def _assigns(id: str, method: Literal["POST", "DELETE"], path: str) -> GraphOperation:
    return GraphOperation(id, method, path, (_ASSIGN, _READ), (_ASSIGN, _READ), "consenter")


def _assigned(id: str, path: str) -> GraphOperation:
    return GraphOperation(id, "GET", path, (_READ_ASSIGNED,), (_READ_ASSIGNED,))


def _hunting() -> GraphOperation:
    declared = GraphHunting.run_hunting_query
    return GraphOperation(
        "security.runHuntingQuery",
        "POST",
        declared.path,
        (declared.delegated,),
        (declared.application,),
        "hunter",
        namespace="microsoft.graph.security",
    )


def _people(id: str, path: str) -> GraphOperation:
    return GraphOperation(id, "GET", path, (_WHO,), (_DIRECTORY,))


OPERATIONS: Mapping[str, GraphOperation] = MappingProxyType(
    {
        operation.id: operation
        for operation in (
            _changes("applications.create", "POST", "/applications", "member"),
            _reads("applications.list", "/applications"),
            _reads("applications.count", "/applications/$count"),
            _reads("applications.get", "/applications{application}"),
            _changes("applications.update", "PATCH", "/applications{application}"),
            _changes("applications.delete", "DELETE", "/applications{application}"),
            _changes("applications.addPassword", "POST", "/applications{application}/addPassword"),
            _changes("applications.removePassword", "POST", "/applications{application}/removePassword"),
            # An application rolls its own certificates with no permission at all: the proof is what counts.
            GraphOperation(
                "applications.addKey", "POST", "/applications{application}/addKey", (_WRITE,), (), "registrar"
            ),
            GraphOperation(
                "applications.removeKey", "POST", "/applications{application}/removeKey", (_WRITE,), (), "registrar"
            ),
            _reads("applications.owners", "/applications{application}/owners"),
            _changes("applications.addOwner", "POST", "/applications{application}/owners/$ref"),
            _changes("applications.removeOwner", "DELETE", "/applications{application}/owners/{owner}/$ref"),
            _reads("deletedItems.list", "/directory/deletedItems/microsoft.graph.application"),
            _reads("deletedItems.get", "/directory/deletedItems/{deleted}"),
            _changes("deletedItems.restore", "POST", "/directory/deletedItems/{deleted}/restore"),
            _changes("deletedItems.delete", "DELETE", "/directory/deletedItems/{deleted}"),
            GraphOperation("servicePrincipals.create", "POST", "/servicePrincipals", (_WRITE,), (_WRITE,), "registrar"),
            _reads("servicePrincipals.list", "/servicePrincipals"),
            _reads("servicePrincipals.count", "/servicePrincipals/$count"),
            _reads("servicePrincipals.get", "/servicePrincipals{servicePrincipal}"),
            _changes("servicePrincipals.update", "PATCH", "/servicePrincipals{servicePrincipal}"),
            _changes("servicePrincipals.delete", "DELETE", "/servicePrincipals{servicePrincipal}"),
            GraphOperation(
                "servicePrincipals.oauth2PermissionGrants",
                "GET",
                "/servicePrincipals{servicePrincipal}/oauth2PermissionGrants",
                (_READ_GRANT,),
                (_READ_GRANT,),
            ),
            _assigned(
                "servicePrincipals.appRoleAssignments", "/servicePrincipals{servicePrincipal}/appRoleAssignments"
            ),
            _assigns(
                "servicePrincipals.addAppRoleAssignment",
                "POST",
                "/servicePrincipals{servicePrincipal}/appRoleAssignments",
            ),
            _assigns(
                "servicePrincipals.removeAppRoleAssignment",
                "DELETE",
                "/servicePrincipals{servicePrincipal}/appRoleAssignments/{assignment}",
            ),
            _assigned("servicePrincipals.appRoleAssignedTo", "/servicePrincipals{servicePrincipal}/appRoleAssignedTo"),
            _assigns(
                "servicePrincipals.addAppRoleAssignedTo",
                "POST",
                "/servicePrincipals{servicePrincipal}/appRoleAssignedTo",
            ),
            _assigns(
                "servicePrincipals.removeAppRoleAssignedTo",
                "DELETE",
                "/servicePrincipals{servicePrincipal}/appRoleAssignedTo/{assignment}",
            ),
            GraphOperation(
                "oauth2PermissionGrants.list", "GET", "/oauth2PermissionGrants", (_READ_GRANT,), (_READ_GRANT,)
            ),
            GraphOperation(
                "oauth2PermissionGrants.get", "GET", "/oauth2PermissionGrants/{grant}", (_READ_GRANT,), (_READ_GRANT,)
            ),
            _grants("oauth2PermissionGrants.create", "POST", "/oauth2PermissionGrants"),
            _grants("oauth2PermissionGrants.update", "PATCH", "/oauth2PermissionGrants/{grant}"),
            _grants("oauth2PermissionGrants.delete", "DELETE", "/oauth2PermissionGrants/{grant}"),
            _people("users.list", "/users"),
            _people("users.get", "/users/{user}"),
            # Any token of a signed-in user reaches /me with User.Read; nobody is signed in where an application calls.
            GraphOperation("me.get", "GET", "/me", (_WHO,), ()),
            _people("organization.list", "/organization"),
            _people("organization.get", "/organization/{organization}"),
            _hunting(),
        )
    }
)


def least_permission(operation: GraphOperation, *, delegated: bool) -> tuple[str, ...]:
    """The least permissions that the operation takes, all of them together."""
    return tuple(group[0] for group in (operation.delegated if delegated else operation.application) or ())
