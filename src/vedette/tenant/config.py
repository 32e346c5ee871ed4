"""What a tenant holds when it is first started, as typed structs: the declarative tenant file, or our own default.

`read_tenant_file` reads TOML into them and says of every mistake where it is and what was probably meant.
Nothing is created here; `seed` does that. Names are those of the file.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from vedette.catalogue.permission import (
    DEFENDER,
    GRAPH,
    MISPRINTS,
    USER_ROLES,
    XDR,
    Kind,
    Resource,
    UserRoleName,
    user_role,
)
from vedette.errors import ConfigurationError
from vedette.simulation.enterprise import DNS
from vedette.tenant.toml_lines import lines_of

AccountTypes = Literal["single-tenant", "multi-tenant", "multi-tenant-and-personal", "personal"]
RoleName = Literal["administrator", "security-administrator", "responder", "analyst", "none"]

ROLES: Mapping[RoleName, tuple[str, tuple[UserRoleName, ...]]] = {
    "administrator": ("Administrator", tuple(role.name for role in USER_ROLES.values())),
    "security-administrator": (
        "Security administrator",
        (
            "View Data",
            "Alerts investigation",
            "Active remediation actions",
            "Manage security settings",
            "Live response capabilities",
            "Security baselines",
        ),
    ),
    "responder": ("Responder", ("View Data", "Alerts investigation", "Active remediation actions")),
    "analyst": ("Analyst", ("View Data",)),
    "none": ("", ()),
}
"""Role in the file → its name in Defender and the role permissions that go with it."""

_APIS: Mapping[str, Resource] = {"defender": DEFENDER, "graph": GRAPH, "xdr": XDR}
_GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_DOMAIN = r"^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*$"
_UPN = r"^[^@\s]+@[^@\s]+$"

Guid = Annotated[str, msgspec.Meta(pattern=_GUID)]
Domain = Annotated[str, msgspec.Meta(pattern=_DOMAIN)]
Upn = Annotated[str, msgspec.Meta(pattern=_UPN)]
Name = Annotated[str, msgspec.Meta(min_length=1)]


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class TenantEntry(Entry, frozen=True, kw_only=True):
    """`[[tenants]]`: an organisation. The first one is the tenant that programs are told of."""

    domain: Domain
    """Verified domain; `.example` domains belong to nobody."""
    name: str = ""
    id: Guid | None = None
    """Made from the domain where it is not given, so it is the same every time."""
    users_may_consent: bool = True
    """Whether users may consent to permissions of type User for themselves."""
    defender: bool = True
    """Whether Defender for Endpoint is set up there. Without it the tenant lacks WindowsDefenderATP."""
    sign_in_frequency_h: Annotated[float, msgspec.Meta(gt=0, le=8760)] | None = None
    """Conditional Access: after so many hours everybody signs in again, whatever refresh token they hold."""


class UserEntry(Entry, frozen=True, kw_only=True):
    """`[[users]]`: somebody who signs in. Belongs to the tenant whose domain follows the @."""

    upn: Upn
    name: str = ""
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)] | None = None
    """A random one is made where neither this nor `password_env` is given."""
    password_env: Name | None = None
    """Environment variable that holds the password."""
    role: RoleName = "none"
    """What the user may do in Defender."""
    permissions: list[str] | None = None
    """Role permissions one by one, instead of those that go with `role`."""
    directory_roles: list[Name] = []
    """Entra roles, such as `Global Administrator`."""
    device_groups: list[Name] | None = None
    """Device groups that the user sees; all of them where it is not given."""
    disabled: bool = False
    totp: Annotated[str, msgspec.Meta(pattern=r"^[A-Z2-7]{16,}=*$")] | None = None
    """Base32 secret of a second factor; signing in then takes a one-time password."""
    password_expired: bool = False
    must_register_factor: bool = False
    """A second factor is required and not set up yet; a browser sign-in sets it up."""
    external_challenge: bool = False
    """Signing in takes the consent of a service outside of the directory as well."""
    guest_in: list[Domain] = []
    """Other tenants of the file where this person is a guest."""


class SecretEntry(Entry, frozen=True, kw_only=True):
    """`[[apps.secrets]]`: a client secret."""

    name: str = ""
    value: Annotated[str, msgspec.Meta(min_length=8)] | None = None
    env: Name | None = None
    """Environment variable that holds the secret."""
    expires: datetime | None = None


class RedirectUris(Entry, frozen=True, kw_only=True):
    """`[apps.redirect_uris]`: where sign-in may send people back to, by platform."""

    web: list[Name] = []
    spa: list[Name] = []
    public: list[Name] = []


class AppEntry(Entry, frozen=True, kw_only=True):
    """`[[apps]]`: an app registration with its service principal."""

    name: Name
    tenant: str | None = None
    """Domain of the tenant that it is registered in; the first tenant where it is not given."""
    client_id: Guid | None = None
    """Made from name and domain where it is not given, so it is the same every time."""
    account_types: AccountTypes = "single-tenant"
    public_client: bool = False
    """Allow public client flows: password, device code."""
    redirect_uris: RedirectUris = RedirectUris()
    delegated: list[Name] = []
    """Permissions on behalf of a user: `Alert.Read`, `graph:User.Read` of Microsoft Graph, `xdr:…` of Defender XDR."""
    application: list[Name] = []
    """Permissions of the app itself, spelled in the same way."""
    consent: Literal["tenant", "none"] | list[Upn] = "tenant"
    """Whether everything above is granted for the whole tenant, not at all, or (delegated ones) for some users."""
    secret: bool = False
    """Give it a random client secret, told when the tenant starts."""
    secrets: list[SecretEntry] = []
    certificates: list[Name] = []
    """PEM files with certificates that the app signs in with; paths are relative to the tenant file."""
    assignment_required: bool = False
    disabled: Literal["no", "in-tenant", "everywhere"] = "no"
    """Disabled by an administrator of the tenant, or for everybody by Microsoft."""
    conditional_access: Literal["open", "blocked", "compliant-device", "joined-device"] = "open"
    """What the tenant's policy asks of those who sign in to it. No device of a local tenant is compliant or joined."""


class TelemetryEntry(Entry, frozen=True, kw_only=True):
    """`[telemetry]`: what happened on the machines."""

    source: Literal["simulation", "recordings", "none"] = "simulation"
    machines: Annotated[int, msgspec.Meta(ge=8, le=100_000)] = 24
    days: Annotated[int, msgspec.Meta(ge=1, le=180)] = 30
    seed: int = 1
    scenarios: list[Name] | None = None
    """Attack stories that take place; all of them where it is not given."""
    recordings: str | None = None
    """Folder with recorded events, relative to the tenant file."""
    keep_times: bool = False
    """Leave the times of recordings as they are, instead of moving the newest one to now."""
    ahead_h: Annotated[int, msgspec.Meta(ge=0, le=720)] = 0
    """So many hours of what happens lie ahead at the first start: alerts come up as the clock reaches them."""


class ClockEntry(Entry, frozen=True, kw_only=True):
    """`[clock]`: the tenant's time."""

    start: datetime | None = None
    """Where it begins at every start of the server; now, where it is not given."""
    speed: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 1.0
    frozen: bool = False
    """The clock stands still until a program moves it."""


class DetectionsEntry(Entry, frozen=True, kw_only=True):
    """`[detections]`: rules that run as the clock passes their frequency, and raise alerts."""

    rules: list[Name] = []
    """Files and folders with rules (YAML, commented `.kql`, Sigma), relative to the tenant file."""


class FaultEntry(Entry, frozen=True, kw_only=True):
    """`[[service.faults]]`: what the token endpoint answers its first requests after each start."""

    error: Literal[90006, 90024, 90033, 429]
    times: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    retry_after_s: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 1


class ServiceEntry(Entry, frozen=True, kw_only=True):
    """`[service]`: how the services behave."""

    limits: Literal["documented", "off"] | Annotated[float, msgspec.Meta(gt=0)] = "documented"
    """Rate limits: as documented, none, or so many times as wide."""
    hide_unknown_users: bool = False
    """Answer a wrong password and an unknown user alike."""
    read_after_write_delay_s: Annotated[float, msgspec.Meta(ge=0, le=300)] = 0.0
    """New Graph objects cannot be read for so long, as happens with the real service."""
    slow_down: bool = False
    """Answer `slow_down` to whoever polls for a device code faster than the interval says."""
    client_loop_limit: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """More identical token requests in a minute are answered as a request loop (50196)."""
    faults: list[FaultEntry] = []
    disturbances: list[str] = []
    """Faults on purpose, such as `GET /api/alerts: 5% 503, 2% reset, latency 200ms`."""


class TenantFile(Entry, frozen=True, kw_only=True):
    """The whole file. Tenants, users and apps that are not given are those of the default tenant."""

    tenants: list[TenantEntry] = []
    users: list[UserEntry] | None = None
    apps: list[AppEntry] | None = None
    telemetry: TelemetryEntry = TelemetryEntry()
    clock: ClockEntry = ClockEntry()
    detections: DetectionsEntry = DetectionsEntry()
    service: ServiceEntry = ServiceEntry()


def permission_of(text: str, kind: Kind) -> tuple[Resource, str]:
    """The API and the permission that the file means by `Alert.Read` or `graph:User.Read`. Raises: KeyError."""
    prefix, colon, value = text.partition(":")
    resource = _APIS[prefix.lower()] if colon else DEFENDER
    return resource, resource.permission(value if colon else text, kind).value


def read_tenant_file(path: Path, environment: Mapping[str, str] | None = None) -> TenantFile:
    """The tenant file at `path`, checked; passwords and secrets from the environment are filled in.

    Raises: ConfigurationError naming the file, the line and, for a name that does not exist, the nearest one.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigurationError(f"{path} cannot be read: {_reason(failure)}.", path=str(path)) from failure
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        line = re.search(r"line (\d+)", str(failure))
        number = int(line[1]) if line else text.count("\n") + 1
        raise ConfigurationError(f"{path}:{number}: not TOML: {failure}.", path=str(path), line=number) from failure
    return _Reader(path, lines_of(text), os.environ if environment is None else environment).read(raw)


_Place = tuple[str | int, ...]


class _Reader:
    """Turns one file's tables into structs; every complaint goes through `_wrong`, which finds the line."""

    def __init__(self, path: Path, lines: Mapping[_Place, int], environment: Mapping[str, str]) -> None:
        self._path = path
        self._lines = lines
        self._environment = environment

    def read(self, raw: Mapping[str, Any]) -> TenantFile:  # Any: TOML
        try:
            file = msgspec.convert(raw, TenantFile)
        except msgspec.ValidationError as error:
            raise self._invalid(str(error), raw) from None
        self._check_times(file)
        self._check_tenants(file)
        users = None if file.users is None else [self._user(entry, n, file) for n, entry in enumerate(file.users)]
        apps = None if file.apps is None else [self._app(entry, n, file) for n, entry in enumerate(file.apps)]
        rules = [str(self._file(("detections", "rules", n), name)) for n, name in enumerate(file.detections.rules)]
        return msgspec.structs.replace(
            file,
            users=users,
            apps=apps,
            telemetry=self._telemetry(file.telemetry),
            detections=DetectionsEntry(rules=rules),
        )

    # What the types cannot say

    def _check_times(self, file: TenantFile) -> None:
        if file.clock.start is not None and file.clock.start.tzinfo is None:
            raise self._wrong(("clock", "start"), "start needs a time zone, such as 2026-05-04T08:00:00Z")

    def _check_tenants(self, file: TenantFile) -> None:
        self._check_unique("tenants", "domain", [entry.domain.lower() for entry in file.tenants])
        self._check_unique("tenants", "id", [(entry.id or "").lower() for entry in file.tenants])
        self._check_unique("users", "upn", [entry.upn.lower() for entry in file.users or ()])
        self._check_unique("apps", "client_id", [(entry.client_id or "").lower() for entry in file.apps or ()])
        self._check_unique("apps", "name", [entry.name for entry in file.apps or ()])

    def _check_unique(self, table: str, key: str, values: list[str]) -> None:
        for number, value in enumerate(values):
            if value and value in values[:number]:
                first = self._line((table, values.index(value), key))
                raise self._wrong((table, number, key), f"{key} {value!r} is already used on line {first}")

    def _user(self, entry: UserEntry, number: int, file: TenantFile) -> UserEntry:
        place: _Place = ("users", number)
        self._check_domain((*place, "upn"), entry.upn.partition("@")[2], file)
        if entry.password is not None and entry.password_env is not None:
            raise self._wrong((*place, "password_env"), "give password or password_env, not both")
        if entry.totp is not None and not _is_base32(entry.totp):
            raise self._wrong((*place, "totp"), "totp = … is not Base32 text of a whole number of bytes")
        own = entry.upn.partition("@")[2].lower()
        for n, domain in enumerate(entry.guest_in):
            self._check_domain((*place, "guest_in", n), domain, file)
            if domain.lower() == own:
                raise self._wrong((*place, "guest_in", n), f"{entry.upn} is at home in {domain}")
        permissions = entry.permissions
        for n, name in enumerate(permissions or ()):
            if user_role(name) is None:
                raise self._unknown((*place, "permissions", n), "role permission", name, USER_ROLES)
        password = entry.password
        if entry.password_env is not None:
            password = self._from_environment((*place, "password_env"), entry.password_env)
        return msgspec.structs.replace(entry, password=password, password_env=None)

    def _app(self, entry: AppEntry, number: int, file: TenantFile) -> AppEntry:
        place: _Place = ("apps", number)
        if entry.tenant is not None:
            self._check_domain((*place, "tenant"), entry.tenant, file)
        for n, text in enumerate(entry.delegated):
            self._check_permission((*place, "delegated", n), text, "delegated")
        for n, text in enumerate(entry.application):
            self._check_permission((*place, "application", n), text, "application")
        if isinstance(entry.consent, list):
            known = {user.upn.lower() for user in file.users or ()}
            for n, upn in enumerate(entry.consent):
                if upn.lower() not in known:
                    raise self._unknown((*place, "consent", n), "user", upn, known)
        certificates = [str(self._file((*place, "certificates", n), name)) for n, name in enumerate(entry.certificates)]
        secrets = [self._secret((*place, "secrets", n), secret) for n, secret in enumerate(entry.secrets)]
        return msgspec.structs.replace(entry, certificates=certificates, secrets=secrets)

    def _secret(self, place: _Place, entry: SecretEntry) -> SecretEntry:
        if (entry.value is None) == (entry.env is None):
            raise self._wrong(place, "a secret has either a value or an env")
        if entry.expires is not None and entry.expires.tzinfo is None:
            raise self._wrong((*place, "expires"), "expires needs a time zone, such as 2027-05-04T08:00:00Z")
        value = entry.value if entry.env is None else self._from_environment((*place, "env"), entry.env)
        return msgspec.structs.replace(entry, value=value, env=None)

    def _telemetry(self, entry: TelemetryEntry) -> TelemetryEntry:
        if entry.source == "recordings" and entry.recordings is None:
            raise self._wrong(("telemetry", "source"), 'source = "recordings" needs recordings = "FOLDER"')
        if entry.recordings is not None and entry.source != "recordings":
            raise self._wrong(("telemetry", "recordings"), 'recordings are only read with source = "recordings"')
        for n, name in enumerate(entry.scenarios or ()):
            from vedette.simulation import SCENARIOS

            if name not in SCENARIOS:
                raise self._unknown(("telemetry", "scenarios", n), "scenario", name, SCENARIOS)
        if entry.recordings is None:
            return entry
        folder = self._file(("telemetry", "recordings"), entry.recordings)
        return msgspec.structs.replace(entry, recordings=str(folder))

    def _check_domain(self, place: _Place, domain: str, file: TenantFile) -> None:
        known = [tenant.domain.lower() for tenant in file.tenants] or [DNS]
        if domain.lower() not in known:
            raise self._unknown(place, "tenant", domain, known)

    def _check_permission(self, place: _Place, text: str, kind: Kind) -> None:
        prefix, colon, value = text.partition(":")
        if colon and prefix.lower() not in _APIS:
            raise self._unknown(place, "API", prefix, _APIS)
        resource = _APIS[prefix.lower()] if colon else DEFENDER
        published = resource.scopes if kind == "delegated" else resource.roles
        name = value if colon else text
        if name not in published:
            right = MISPRINTS.get(name)
            spelled = {f"{prefix}:{each}" if colon else each for each in published}
            likely = [right] if right is not None and right in published else []
            raise self._unknown(place, f"{kind} permission of {resource.name}", text, spelled, likely=likely)

    def _from_environment(self, place: _Place, variable: str) -> str:
        value = self._environment.get(variable)
        if not value:
            raise self._wrong(place, f"the environment variable {variable} is not set")
        return value

    def _file(self, place: _Place, name: str) -> Path:
        path = self._path.parent / Path(name).expanduser()
        if not path.exists():
            raise self._wrong(place, f"{name} does not exist in {self._path.parent.resolve()}")
        return path.resolve()

    # Complaints

    def _invalid(self, message: str, raw: Mapping[str, Any]) -> ConfigurationError:  # Any: TOML
        """Says in the file's terms what msgspec says in its own."""
        what, _, where = message.partition(" - at `")
        place = tuple(
            int(index) if index else key for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", where.rstrip("`"))
        )
        if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", what):
            return self._unknown((*place, unknown[1]), "key", unknown[1], _fields_at(place))
        if missing := re.fullmatch(r"Object missing required field `(.*)`", what):
            return self._wrong(place, f"{missing[1]} is missing here")
        value = _value_at(raw, place)
        key = next((str(part) for part in reversed(place) if isinstance(part, str)), "the file")
        choices = _choices_at(place)
        if choices and isinstance(value, str):
            return self._unknown(place, f"value for {key}", value, choices)
        for pattern, rule in _RULES.items():
            if pattern in what:
                return self._wrong(place, f"{key} = {_shown(key, value)} is not {rule}")
        return self._wrong(place, f"{key} = {_shown(key, value)}: {_plain(what)}")

    def _unknown(
        self, place: _Place, kind: str, name: str, known: Iterable[str], *, likely: Iterable[str] = ()
    ) -> ConfigurationError:
        known = list(known)
        by_case = {each.casefold(): each for each in known}
        close = difflib.get_close_matches(name.casefold(), by_case, n=3, cutoff=0.5)
        nearest = list(dict.fromkeys([*likely, *(by_case[each] for each in close)]))
        hint = f"did you mean {nearest[0]}?" if nearest else f"there are: {', '.join(sorted(known))}"
        return self._wrong(place, f"there is no {kind} {name!r}", nearest=nearest, hint=hint)

    def _wrong(self, place: _Place, message: str, *, nearest: Iterable[str] = (), hint: str = "") -> ConfigurationError:
        line = self._line(place)
        at = f"{self._path}:{line}" if line else str(self._path)
        return ConfigurationError(f"{at}: {message}.", path=str(self._path), line=line, nearest=nearest, hint=hint)

    def _line(self, place: _Place) -> int | None:
        while place:
            if place in self._lines:
                return self._lines[place]
            place = place[:-1]
        return None


_RULES: Mapping[str, str] = {
    repr(_GUID)[1:-1]: "a GUID",
    repr(_DOMAIN)[1:-1]: "a domain name",
    repr(_UPN)[1:-1]: "a user principal name, such as ana@halden.example",
    "[A-Z2-7]": "Base32 text of at least 16 characters",
}
"""Part of msgspec's complaint → what the value should have been."""

_KINDS: Mapping[str, str] = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "datetime": "a date and time",
    "null": "nothing",
}
"""msgspec's word for a type → the file's."""


def _is_base32(text: str) -> bool:
    try:
        base64.b32decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 8))
    except binascii.Error:
        return False
    return True


def _types_at(place: _Place) -> list[msgspec.inspect.Type]:
    """What the value at a place may be, the parts of a union apart."""
    types: list[msgspec.inspect.Type] = [msgspec.inspect.type_info(TenantFile)]
    for part in place:
        inner: list[msgspec.inspect.Type] = []
        for each in types:
            if isinstance(part, int) and isinstance(each, msgspec.inspect.ListType):
                inner.append(each.item_type)
            elif isinstance(each, msgspec.inspect.StructType):
                inner += [field.type for field in each.fields if field.encode_name == part]
        types = [option for each in inner for option in _options(each)]
    return types


def _options(kind: msgspec.inspect.Type) -> Iterable[msgspec.inspect.Type]:
    if isinstance(kind, msgspec.inspect.Metadata):
        return _options(kind.type)
    return kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)


def _fields_at(place: _Place) -> list[str]:
    structs = (each for each in _types_at(place) if isinstance(each, msgspec.inspect.StructType))
    return [field.encode_name for each in structs for field in each.fields]


def _choices_at(place: _Place) -> list[str]:
    literals = (each for each in _types_at(place) if isinstance(each, msgspec.inspect.LiteralType))
    return [str(value) for each in literals for value in each.values]


def _value_at(raw: Any, place: _Place) -> Any:  # Any: TOML
    for part in place:
        raw = raw[part]
    return raw


def _shown(key: str, value: object) -> str:
    """The value as the message quotes it. Secrets are not quoted."""
    if key in ("password", "value", "totp"):
        return "…"
    return repr(value) if isinstance(value, str | int | float) else type(value).__name__


def _plain(complaint: str) -> str:
    """msgspec's complaint about a type or a range, in the file's words."""

    def words(found: re.Match[str]) -> str:
        return " or ".join(_KINDS.get(name, name) for name in found[1].split(" | ") if name != "null")

    said = re.sub(r"`([^`]*)`", words, complaint)
    return said[:1].lower() + said[1:]


def _reason(failure: OSError | UnicodeDecodeError) -> str:
    return failure.strerror or "unreadable" if isinstance(failure, OSError) else "it is not UTF-8 text"
