"""Registers applications, asks for permissions and grants consent through Microsoft Graph: the portal's steps in code.

Only what a Defender client needs of Graph is here. Calls take the same path as those of `Defender`: one token, retries
with `Retry-After`, and refusals as `ServiceError` and its kin. What Graph has just made can take seconds to be
readable; calls about such an object are repeated while it is not found.
"""

from __future__ import annotations

import base64
import difflib
import re
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from vedette.auth.credential import Credential
from vedette.catalogue.clouds import graph_hosts
from vedette.catalogue.graph import (
    Application,
    AppRoleAssignment,
    GraphType,
    KeyCredential,
    OAuth2PermissionGrant,
    PasswordCredential,
    RequiredResourceAccess,
    ResourceAccess,
    ServicePrincipal,
    SignInAudience,
)
from vedette.catalogue.graph_operations import OPERATIONS
from vedette.catalogue.permission import DEFENDER, RESOURCES, Kind
from vedette.client.exchange import Acquire, Call, Send, Step, Wait, carry_out, encode_body
from vedette.client.pacing import Waiting, log_wait
from vedette.client.paging import origin_of
from vedette.client.settings import channel
from vedette.client.tokens import TokenHolder
from vedette.client.transport import Answer, Transport
from vedette.errors import ConfigurationError, NoAnswer, NotFound, ServiceError

GRAPH_BASE = "https://graph.microsoft.com/v1.0"
READABLE_WITHIN_S = 30.0
"""How long a new object may stay unreadable before that is believed."""

T = TypeVar("T")
G = TypeVar("G", bound=GraphType)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Consent:
    """What an application holds for everybody after consent was granted."""

    delegated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name of the API → delegated permissions, those granted earlier among them."""
    application: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name of the API → application permissions that are asked for and held."""


class _Page(msgspec.Struct, frozen=True):
    value: list[msgspec.Raw] = []
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class AppRegistrations:
    """App registrations of a tenant, blocking.

    ```python
    with AppRegistrations(HttpTransport(), credential) as apps:
        app = apps.create("SOC notebook", public_redirect_uris=["http://localhost"])
        apps.add_permission(app, "Alert.Read")
        apps.consent(app)
    ```

    Where an application is asked for, an `Application`, its object id, its client id or its name will do.
    """

    def __init__(
        self,
        transport: Transport,
        credential: Credential,
        graph_base: str = GRAPH_BASE,
        *,
        scope: str | None = None,
        user_agent: str | None = None,
        on_wait: Callable[[Waiting], None] = log_wait,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is sent before the first call. `graph_base` ends in the version; `close` closes the transport.

        `scope`: what the credential is asked a token for. None: everything at the cloud's Graph, which is also what a
        tenant on this machine answers for.
        """
        self.graph_base = graph_base.rstrip("/")
        self._transport = transport
        self._tokens = TokenHolder(credential, scope or _scope_of(self.graph_base), time.time)
        self._channel = channel(pace=False, retries=True, user_agent=user_agent)
        self._on_wait = on_wait
        self._sleep = sleep
        self._clock = clock
        self._fresh: dict[str, float] = {}
        """Ids of what was made here → until when a 404 about them means nothing."""

    # -- applications -------------------------------------------------------------------------------------------------

    def create(
        self,
        name: str,
        *,
        audience: SignInAudience = "AzureADMyOrg",
        public_redirect_uris: Iterable[str] = (),
        web_redirect_uris: Iterable[str] = (),
        spa_redirect_uris: Iterable[str] = (),
        allow_public_client: bool | None = None,
    ) -> Application:
        """Register an application.

        `allow_public_client`: what the portal calls "Allow public client flows"; signing in with a password or a
        device code needs it. Raises: ServiceError.
        """
        body: dict[str, object] = {"displayName": name, "signInAudience": audience}
        if audience in ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"):
            body["api"] = {"requestedAccessTokenVersion": 2}
        platforms = {"publicClient": public_redirect_uris, "web": web_redirect_uris, "spa": spa_redirect_uris}
        body |= {platform: {"redirectUris": uris} for platform, given in platforms.items() if (uris := [*given])}
        if allow_public_client is not None:
            body["isFallbackPublicClient"] = allow_public_client
        made = self._one(Application, "applications.create", body=body)
        self._remember(made.id, made.app_id)
        return made

    def get(self, app: Application | str) -> Application:
        """The application as it is now. Raises: NotFound; ConfigurationError when a name is not unique."""
        return self._read(app.id) if isinstance(app, Application) else self.find(app)

    def list(self, *, filter: str | None = None, top: int | None = None) -> Iterator[Application]:
        """Applications, page after page. `top`: how many at most."""
        query = {"$filter": filter} if filter else {}
        for number, app in enumerate(self._all(Application, "applications.list", query=query)):
            if top is not None and number >= top:
                return
            yield app

    def find(self, name_or_id: str) -> Application:
        """The application with this client id, object id or name.

        Raises: NotFound; ConfigurationError when several have the name.
        """
        if _GUID.fullmatch(name_or_id):
            try:
                return self._one(
                    Application, "applications.get", {"application": f"(appId='{name_or_id}')"}, about=[name_or_id]
                )
            except NotFound:
                return self._read(name_or_id)
        found = [*self.list(filter=f"displayName eq {_quoted(name_or_id)}")]
        if not found:
            raise NotFound(
                f"no application is named '{name_or_id}'.", operation="applications.list", hint="vedette apps list"
            )
        if len(found) > 1:
            ids = ", ".join(app.app_id for app in found)
            raise ConfigurationError(
                f"{len(found)} applications are named '{name_or_id}'", hint=f"name one by its client id: {ids}"
            )
        return found[0]

    def delete(self, app: Application | str) -> None:
        """Move to the recycle bin, where it stays for 30 days. Its grants are gone at once."""
        found = self._resolved(app)
        self._send("applications.delete", {"application": f"/{found.id}"}, about=[found.id])
        self._fresh.pop(found.id, None)
        self._fresh.pop(found.app_id.lower(), None)

    def deleted(self) -> Iterator[Application]:
        """What is in the recycle bin."""
        return self._all(Application, "deletedItems.list")

    def restore(self, app: Application | str) -> Application:
        """Bring back from the recycle bin, by object id, client id or name. It needs consent again.

        Raises: NotFound; ConfigurationError when a name is not unique.
        """
        wanted = app.id if isinstance(app, Application) else app
        named = [each for each in self.deleted() if wanted.lower() in (each.id, each.app_id, each.display_name.lower())]
        if not named:
            raise NotFound(f"nothing in the recycle bin is named '{wanted}'.", operation="deletedItems.list")
        if len(named) > 1:
            ids = ", ".join(each.app_id for each in named)
            raise ConfigurationError(
                f"{len(named)} deleted applications are named '{wanted}'", hint=f"name one by its client id: {ids}"
            )
        restored = self._one(Application, "deletedItems.restore", {"deleted": named[0].id})
        self._remember(restored.id, restored.app_id)
        return restored

    # -- permissions and consent --------------------------------------------------------------------------------------

    def find_api(self, name_or_app_id: str = DEFENDER.name) -> ServicePrincipal:
        """The API with this name or app id, with the permissions that it publishes.

        Raises: NotFound when the tenant has none, as one that never used Defender for Endpoint;
        ConfigurationError when several have the name.
        """
        if _GUID.fullmatch(name_or_app_id):
            text = f"appId eq '{name_or_app_id}'"
        else:
            text = f"displayName eq {_quoted(name_or_app_id)}"
        found = [*self._all(ServicePrincipal, "servicePrincipals.list", query={"$filter": text})]
        # An API that the catalogue knows is told by its app id from others that took its name.
        known = {resource.app_id for resource in RESOURCES if resource.name == name_or_app_id}
        found = [api for api in found if api.app_id in known] or found
        if not found:
            raise NotFound(
                f"no API in this tenant is named '{name_or_app_id}'.",
                operation="servicePrincipals.list",
                hint="Check the name; Defender's API appears once the tenant has used Defender for Endpoint.",
            )
        if len(found) > 1:
            ids = ", ".join(api.app_id for api in found)
            raise ConfigurationError(
                f"{len(found)} APIs are named '{name_or_app_id}'", hint=f"name one by its id: {ids}"
            )
        return found[0]

    def add_permission(
        self, app: Application | str, value: str, *, kind: Kind = "delegated", api: str = DEFENDER.name
    ) -> Application:
        """Add a permission to what the application asks for. That alone grants nothing: `consent` does.

        `value`: such as `Alert.Read`. `api`: name or app id. A permission that is there already stays.
        Raises: ConfigurationError, with the nearest names, when the API does not publish it; NotFound.
        """
        found = self.get(app)
        resource = self.find_api(api)
        wanted = _access(resource, value, kind)
        asked = {each.resource_app_id: each.resource_access for each in found.required_resource_access}
        present = asked.get(resource.app_id, [])
        if wanted in present:
            return found
        asked[resource.app_id] = [*present, wanted]
        required = [RequiredResourceAccess(resource_app_id=id_, resource_access=a) for id_, a in asked.items()]
        self._update(found, {"requiredResourceAccess": required})
        return msgspec.structs.replace(found, required_resource_access=required)

    def consent(self, app: Application | str) -> Consent:
        """Grant everything that the application asks for, to everybody, as the portal's button does.

        Grants are merged: nothing that was granted earlier is taken away. The application's service principal is made
        where the tenant lacks it. Raises: PermissionDenied where the caller is no administrator; NotFound.
        """
        found = self.get(app)
        client = self.ensure_service_principal(found)
        delegated: dict[str, tuple[str, ...]] = {}
        application: dict[str, tuple[str, ...]] = {}
        held = {(each.resource_id, each.app_role_id) for each in self._assignments(client)}
        for asked in found.required_resource_access:
            resource = self.find_api(asked.resource_app_id)
            # An id may name a scope and a role at once, so the type belongs to the key.
            pairs = {(access.id, access.type) for access in asked.resource_access}
            scopes = [s.value for s in resource.oauth2_permission_scopes if (s.id, "Scope") in pairs and s.value]
            roles = [role for role in resource.app_roles if (role.id, "Role") in pairs]
            if scopes:
                delegated[resource.display_name] = self._grant(client, resource, scopes)
            for role in roles:
                if (resource.id, role.id) not in held:
                    self._assign(client, resource, role.id)
            if roles:
                application[resource.display_name] = tuple(sorted(role.value or "" for role in roles))
        return Consent(delegated, application)

    def ensure_service_principal(self, app: Application) -> ServicePrincipal:
        """How the application stands in the tenant; it is made where the tenant lacks it."""
        found = [*self._all(ServicePrincipal, "servicePrincipals.list", query={"$filter": f"appId eq '{app.app_id}'"})]
        if found:
            return found[0]
        try:
            made = self._one(
                ServicePrincipal, "servicePrincipals.create", body={"appId": app.app_id}, about=[app.id, app.app_id]
            )
        except ServiceError as error:
            if error.status != 409:
                raise
            # It is there, and too new to be listed.
            self._remember(app.app_id)
            places = {"servicePrincipal": f"(appId='{app.app_id}')"}
            return self._one(ServicePrincipal, "servicePrincipals.get", places, about=[app.app_id])
        self._remember(made.id)
        return made

    # -- credentials --------------------------------------------------------------------------------------------------

    def add_password(
        self, app: Application | str, *, name: str | None = None, expires: datetime | None = None
    ) -> PasswordCredential:
        """Make a client secret. `secret_text` is in this answer only; `expires`: two years from now unless given."""
        found = self._resolved(app)
        credential = {"displayName": name, "endDateTime": expires}
        return self._one(
            PasswordCredential,
            "applications.addPassword",
            {"application": f"/{found.id}"},
            body={"passwordCredential": {key: value for key, value in credential.items() if value is not None}},
            about=[found.id],
        )

    def remove_password(self, app: Application | str, key_id: str) -> None:
        """Take a client secret away."""
        found = self._resolved(app)
        places = {"application": f"/{found.id}"}
        self._send("applications.removePassword", places, body={"keyId": key_id}, about=[found.id])

    def add_certificate(self, app: Application | str, certificate: bytes, *, name: str | None = None) -> KeyCredential:
        """Add a certificate (PEM or DER, without its private key) to those that are there.

        Raises: ConfigurationError for what is no certificate, or holds a private key.
        """
        der = _der(certificate)
        found = self._resolved(app)
        # An update replaces all certificates, so those that are there are sent along, with their keys.
        present = self._one(
            Application,
            "applications.get",
            {"application": f"/{found.id}"},
            query={"$select": "id,appId,keyCredentials"},
            about=[found.id],
        ).key_credentials
        added: dict[str, object] = {
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
            "key": base64.b64encode(der).decode(),
        }
        if name is not None:
            added["displayName"] = name
        self._update(found, {"keyCredentials": [*present, added]})
        known = {key.key_id for key in present}
        return next(key for key in self._read(found.id).key_credentials if key.key_id not in known)

    # -- parts --------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _resolved(self, app: Application | str) -> Application:
        return app if isinstance(app, Application) else self.find(app)

    def _read(self, object_id: str) -> Application:
        return self._one(Application, "applications.get", {"application": f"/{object_id}"}, about=[object_id])

    def _update(self, app: Application, changes: Mapping[str, object]) -> None:
        self._send("applications.update", {"application": f"/{app.id}"}, body=changes, about=[app.id])

    def _grant(self, client: ServicePrincipal, resource: ServicePrincipal, scopes: Iterable[str]) -> tuple[str, ...]:
        text = f"clientId eq '{client.id}' and resourceId eq '{resource.id}' and consentType eq 'AllPrincipals'"
        present = [*self._all(OAuth2PermissionGrant, "oauth2PermissionGrants.list", query={"$filter": text})]
        granted = set(present[0].scope.split()) if present else set()
        wanted = tuple(sorted(granted | set(scopes)))
        about = [client.id, resource.id]
        if not present:
            body = {
                "clientId": client.id,
                "consentType": "AllPrincipals",
                "principalId": None,
                "resourceId": resource.id,
                "scope": " ".join(wanted),
            }
            self._send("oauth2PermissionGrants.create", body=body, about=about)
        elif granted != set(wanted):
            places = {"grant": present[0].id}
            self._send("oauth2PermissionGrants.update", places, body={"scope": " ".join(wanted)}, about=about)
        return wanted

    def _assign(self, client: ServicePrincipal, resource: ServicePrincipal, role_id: str) -> None:
        self._send(
            "servicePrincipals.addAppRoleAssignedTo",
            {"servicePrincipal": f"/{resource.id}"},
            body={"principalId": client.id, "resourceId": resource.id, "appRoleId": role_id},
            about=[client.id, resource.id],
        )

    def _assignments(self, client: ServicePrincipal) -> Iterator[AppRoleAssignment]:
        return self._all(
            AppRoleAssignment,
            "servicePrincipals.appRoleAssignments",
            {"servicePrincipal": f"/{client.id}"},
            about=[client.id],
        )

    # -- calls --------------------------------------------------------------------------------------------------------

    def _remember(self, *ids: str) -> None:
        self._fresh |= {id_.lower(): self._clock() + READABLE_WITHIN_S for id_ in ids}

    def _one(
        self,
        shape: type[G],
        operation: str,
        places: Mapping[str, str] = {},
        *,
        query: Mapping[str, str] = {},
        body: Mapping[str, object] | None = None,
        about: Iterable[str] = (),
    ) -> G:
        return _decoded(operation, self._send(operation, places, query=query, body=body, about=about), shape)

    def _all(
        self,
        shape: type[G],
        operation: str,
        places: Mapping[str, str] = {},
        *,
        query: Mapping[str, str] = {},
        about: Iterable[str] = (),
    ) -> Iterator[G]:
        page = _decoded(operation, self._send(operation, places, query=query, about=about), _Page)
        while True:
            for raw in page.value:
                yield _converted(operation, raw, shape)
            if page.next_link is None:
                return
            if origin_of(page.next_link) != origin_of(self.graph_base):
                raise NoAnswer(
                    f"{operation} was answered with a next page at another host, which would be sent the token",
                    hint=f"the listing came from {self.graph_base}; only links to it are followed",
                )
            page = _decoded(operation, self._run(self._call(operation, page.next_link, None)), _Page)

    def _send(
        self,
        operation: str,
        places: Mapping[str, str] = {},
        *,
        query: Mapping[str, str] = {},
        body: Mapping[str, object] | None = None,
        about: Iterable[str] = (),
    ) -> Answer:
        """One call; while one of the objects that it is about is new, a 404 is waited out."""
        path = OPERATIONS[operation].path
        for place, value in places.items():
            path = path.replace(f"{{{place}}}", quote(value, safe="/()='"))
        url = f"{self.graph_base}{path}" + (f"?{urlencode(query, quote_via=quote, safe='$')}" if query else "")
        call = self._call(operation, url, body)
        until = max((self._fresh.get(id_.lower(), 0.0) for id_ in about), default=0.0)
        pause, attempt = 0.5, 1
        while True:
            try:
                return self._run(call)
            except NotFound:
                if self._clock() + pause > until:
                    raise
            attempt += 1
            self._perform(Wait(Waiting(operation, pause, "retry", attempt)))
            pause = min(pause * 2, 8.0)

    @staticmethod
    def _call(operation: str, url: str, body: Mapping[str, object] | None) -> Call:
        declared = OPERATIONS[operation]
        return Call(
            name=operation,
            method=declared.method,
            url=url,
            content=None if body is None else encode_body(body),
            application=declared.application[0] if declared.application else (),
            delegated=declared.delegated[0] if declared.delegated else (),
            is_repeatable=declared.method in ("GET", "PATCH"),
        )

    def _run(self, call: Call) -> Answer:
        return carry_out(self._channel.call(call), self._perform)

    def _perform(self, step: Step) -> object:
        match step:
            case Acquire(claims):
                return self._tokens.get(claims)
            case Send(request):
                return self._transport.send(request)
            case Wait(waiting):
                self._on_wait(waiting)
                return self._sleep(waiting.seconds)


def _scope_of(graph_base: str) -> str:
    host = urlsplit(graph_base).hostname
    return f"https://{host if host in graph_hosts() else urlsplit(GRAPH_BASE).hostname}/.default"


def _access(api: ServicePrincipal, value: str, kind: Kind) -> ResourceAccess:
    """The permission as a registration asks for it. Raises: ConfigurationError with the nearest names."""
    if kind == "delegated":
        published = {scope.value: scope.id for scope in api.oauth2_permission_scopes if scope.value}
    else:
        roles = [role for role in api.app_roles if "Application" in role.allowed_member_types]
        published = {role.value: role.id for role in roles if role.value}
    type_: Literal["Scope", "Role"] = "Scope" if kind == "delegated" else "Role"
    if value in published:
        return ResourceAccess(id=published[value], type=type_)
    by_case = {name.lower(): name for name in published}
    near = [by_case[name] for name in difflib.get_close_matches(value.lower(), by_case, n=3, cutoff=0.6)]
    hint = f"did you mean {', '.join(near)}?" if near else f"{kind} permissions: {', '.join(sorted(published))}"
    raise ConfigurationError(f"{api.display_name} publishes no {kind} permission '{value}'", nearest=near, hint=hint)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _der(certificate: bytes) -> bytes:
    if b"PRIVATE KEY" in certificate:
        raise ConfigurationError(
            "the file holds a private key, which must not leave this machine", hint="give the certificate alone"
        )
    if b"-----BEGIN CERTIFICATE-----" in certificate:
        begin = certificate.index(b"-----BEGIN CERTIFICATE-----")
        end = certificate.find(b"-----END CERTIFICATE-----", begin)
        try:
            certificate = ssl.PEM_cert_to_DER_cert(
                certificate[begin:end].decode("ascii") + "-----END CERTIFICATE-----\n"
            )
        except ValueError:
            certificate = b""
    if certificate[:1] != b"\x30":  # every certificate is an ASN.1 sequence
        raise ConfigurationError("this is no certificate", hint="PEM or DER is expected")
    return certificate


def _decoded(operation: str, answer: Answer, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.content, type=shape)
    except msgspec.DecodeError as error:
        raise _unreadable(operation, error) from error


def _converted(operation: str, raw: Any, shape: type[T]) -> T:  # Any: one element of a page, still JSON
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.DecodeError as error:
        raise _unreadable(operation, error) from error


def _unreadable(operation: str, error: Exception) -> NoAnswer:
    return NoAnswer(f"{operation} was answered with something that cannot be read ({error})")
