"""Named settings for signing in and reaching the API, from a file, the environment, or a running local tenant.

```toml
# ~/.config/vedette/config.toml
[profiles.soc]
tenant_id = "contoso.com"
client_id = "00000000-0000-0000-0000-000000000000"
credential = "device-code"

[profiles.lab]
tenant_file = "/run/vedette/tenant.json"
```

Later wins: what the tenant file says, the profile, `VEDETTE_*` in the environment. Secrets come from the environment, a
file or a command; written into the profile itself they need a file that only its owner can read, and are warned about.
How files are written lives in `profile_file`.
"""

from __future__ import annotations

import dataclasses
import getpass
import json
import logging
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from vedette.auth.application import ClientCertificateCredential, ClientSecretCredential, ManagedIdentityCredential
from vedette.auth.cache import TokenCache
from vedette.auth.credential import Credential
from vedette.auth.password import PasswordCredential
from vedette.auth.places import config_file
from vedette.auth.profile_file import read_section, write_section
from vedette.auth.user import (
    DeviceCodeCredential,
    DevicePrompt,
    InteractiveBrowserCredential,
    UsernamePasswordCredential,
    print_prompt,
)
from vedette.catalogue import clouds
from vedette.errors import ConfigurationError

_log = logging.getLogger(__name__)

CredentialKind = Literal[
    "browser", "device-code", "password", "username-password", "client-secret", "certificate", "managed-identity"
]
"""`password` is the documented v1 request, `username-password` the same through MSAL and v2."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a client needs to know. Empty texts mean: not given."""

    name: str = "default"
    cloud: str = "commercial"
    region: str = ""
    tenant_id: str = ""
    client_id: str = ""
    credential: str = ""
    """One of `CredentialKind`. Empty: chosen by what is given, the browser when nothing is."""
    username: str = ""
    base_url: str = ""
    """Origin of the API where it is not the cloud's."""
    authority: str = ""
    """Origin of the sign-in service where it is not the cloud's."""
    ca_bundle: str = ""
    certificate: str = ""
    """PEM file with certificate and private key."""
    client_secret: str = dataclasses.field(default="", repr=False)
    client_secret_file: str = ""
    client_secret_command: str = ""
    """A command that prints the secret, such as `pass show soc/app`."""
    tenant_file: str = ""
    """The file that a running local tenant writes when it is ready."""
    app: str = ""
    """Name of the local tenant's app to be."""
    password: str = dataclasses.field(default="", repr=False)
    """Only ever from the environment or a tenant file."""
    certificate_passphrase: str = dataclasses.field(default="", repr=False)
    """Only ever from the environment."""

    @classmethod
    def load(
        cls,
        name: str | None = None,
        *,
        path: str | os.PathLike[str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Profile:
        """The profile of this name; None takes `VEDETTE_PROFILE`, else `default`.

        A profile named `default` need not exist: the environment may say all.
        Raises: ConfigurationError, with file, line and the nearest right name.
        """
        environment = os.environ if environment is None else environment
        name = name or environment.get("VEDETTE_PROFILE") or "default"
        file = Path(path) if path is not None else config_file(environment)
        values = read_section(file, name, KEYS, is_optional=name == "default")
        if values.get("client_secret"):
            _check_clear_secret(file)
        from_environment = _from_environment(environment)
        tenant_file = from_environment.get("tenant_file") or values.get("tenant_file")
        if tenant_file:
            values = _from_tenant_file(tenant_file, {**values, **from_environment}) | values
        values.update(from_environment)
        profile = cls(name=name, **values)
        profile.check(file)
        return profile

    def check(self, file: Path | None = None) -> None:
        """Raises: ConfigurationError for an unknown cloud, region or kind of credential."""
        where = str(file or "")
        try:
            clouds.api_base(self.cloud, self.region or None)
        except clouds.UnknownCloud as error:
            raise ConfigurationError(f"profile {self.name}: {error}", path=where) from None
        if self.credential and self.credential not in get_args(CredentialKind):
            raise ConfigurationError(
                f"profile {self.name}: there is no kind of credential {self.credential!r}",
                path=where,
                hint=f"one of {', '.join(get_args(CredentialKind))}",
            )

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the profile to the configuration file. Secrets are left out. Returns: the file."""
        file = Path(path) if path is not None else config_file()
        kept = {key: getattr(self, key) for key in KEYS if key != "client_secret"}
        write_section(file, self.name, {key: value for key, value in kept.items() if (key, value) != _DEFAULT_CLOUD})
        return file

    @property
    def kind(self) -> CredentialKind:
        """The kind of credential: as given, else by what there is."""
        if self.credential:
            return self.credential  # type: ignore[return-value]  # checked when the profile was loaded
        if self.client_secret or self.client_secret_file or self.client_secret_command:
            return "client-secret"
        if self.certificate:
            return "certificate"
        if self.username and self.password:
            return "password"
        return "browser"

    def make_credential(
        self,
        *,
        interactive: bool = True,
        prompt: Callable[[DevicePrompt], None] = print_prompt,
        ask_password: Callable[[str], str] = getpass.getpass,
        on_open: Callable[[], None] | None = None,
        cache: TokenCache | None = None,
    ) -> Credential:
        """The credential that the profile describes. Tokens of people go to the shared cache unless `cache` is given.

        Raises: ConfigurationError when something it needs is missing.
        """
        kind = self.kind
        if kind == "managed-identity":
            return ManagedIdentityCredential(client_id=self.client_id or None)
        where = {
            "tenant_id": self._need("tenant_id"),
            "client_id": self._need("client_id"),
            "cloud": self.cloud,
            "authority": self.authority or None,
            "ca_bundle": self.ca_bundle or None,
        }
        # Any: keyword arguments that all credentials share.
        options: dict[str, Any] = where
        if kind == "client-secret":
            return ClientSecretCredential(self._secret(), **options)
        if kind == "certificate":
            passphrase = self.certificate_passphrase or None
            return ClientCertificateCredential(self._need("certificate"), passphrase=passphrase, **options)
        if kind in ("password", "username-password"):
            username = self._need("username")
            if not self.password and not interactive:
                raise ConfigurationError(f"profile {self.name} needs a password", hint="set VEDETTE_PASSWORD")
            password = self.password or ask_password(f"Password for {username}: ")
            if kind == "password":
                return PasswordCredential(username, password, **options)
            return UsernamePasswordCredential(username, password, cache=cache, **options)
        options.update(
            username=self.username or None, interactive=interactive, cache=TokenCache() if cache is None else cache
        )
        if kind == "device-code":
            return DeviceCodeCredential(prompt=prompt, **options)
        return InteractiveBrowserCredential(on_open=on_open, **options)

    def _need(self, key: str) -> str:
        value = getattr(self, key)
        if not value:
            raise ConfigurationError(
                f"profile {self.name} has no {key}",
                hint="vedette login signs in and keeps it; for a local tenant start `vedette serve` and set "
                f"VEDETTE_TENANT to its ready file; or add it to {config_file()}, or set {variable(key)}",
            )
        return str(value)

    def _secret(self) -> str:
        if self.client_secret:
            return self.client_secret
        if self.client_secret_file:
            try:
                return Path(self.client_secret_file).expanduser().read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigurationError(
                    f"the file with the client secret cannot be read: {type(error).__name__}",
                    path=self.client_secret_file,
                ) from error
        if self.client_secret_command:
            return _output_of(self.client_secret_command, self.name)
        raise ConfigurationError(
            f"profile {self.name} has no client secret",
            hint="set VEDETTE_CLIENT_SECRET, or give client_secret_file or client_secret_command",
        )


_NOT_IN_FILE = frozenset({"name", "password", "certificate_passphrase"})
KEYS = tuple(field.name for field in dataclasses.fields(Profile) if field.name not in _NOT_IN_FILE)
"""Names that a profile in the file may have."""

_DEFAULT_CLOUD = ("cloud", "commercial")
_VARIABLES = {"tenant_file": "VEDETTE_TENANT"}


def variable(key: str) -> str:
    """The environment variable that overrides a key."""
    return _VARIABLES.get(key, f"VEDETTE_{key.upper()}")


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    keys = (*KEYS, "password", "certificate_passphrase")
    return {key: environment[variable(key)] for key in keys if environment.get(variable(key))}


def _check_clear_secret(file: Path) -> None:
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise ConfigurationError(
            "a client secret stands in a file that others can read",
            path=str(file),
            hint=f"chmod 600 {shlex.quote(str(file))}, or better: client_secret_file or client_secret_command",
        )
    _log.warning("%s holds a client secret in clear; client_secret_command is safer", file)


def _output_of(command: str, profile: str) -> str:
    try:
        # The command is the user's own, from the user's own configuration; it is not run by a shell.
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ConfigurationError(
            f"profile {profile}: client_secret_command failed ({type(error).__name__})",
            hint="run the command by hand; it has to print the secret and end with status 0",
        ) from None  # the error of a process carries its output, which may hold a secret
    return done.stdout.strip()


def _from_tenant_file(path: str, given: Mapping[str, str]) -> dict[str, str]:
    """What a running local tenant says of itself, as values of a profile."""
    try:
        tenant = json.loads(Path(path).expanduser().read_text(encoding="utf-8"))
        values = {
            "authority": str(tenant["authority"]),
            "base_url": str(tenant["api_base"]),
            "tenant_id": str(tenant["tenant_id"]),
            "ca_bundle": str(tenant["ca_bundle"]),
        }
        users, apps = list(tenant.get("users", ())), list(tenant.get("apps", ()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"the local tenant's file cannot be used: {type(error).__name__}: {error}",
            path=path,
            hint="is the tenant running? `vedette serve --ready-file FILE` writes it",
        ) from None
    return values | _identity_in(users, apps, given, path)


def _identity_in(
    users: list[dict[str, str]], apps: list[dict[str, str]], given: Mapping[str, str], path: str
) -> dict[str, str]:
    """Who to be: the named user, or the named app, or the first app that has a secret."""
    kind, username, wanted = given.get("credential", ""), given.get("username", ""), given.get("app", "")
    is_person = bool(username) or kind in ("password", "username-password", "browser", "device-code")
    suitable = [app for app in apps if (app["name"] == wanted if wanted else ("client_secret" in app) != is_person)]
    if not suitable:
        names = ", ".join(app["name"] for app in apps)
        raise ConfigurationError(f"the local tenant has no app {wanted!r}", path=path, hint=f"it has {names}")
    app = suitable[0]
    values = {"client_id": app["client_id"]}
    if not is_person:
        return values | {"client_secret": app.get("client_secret", "")}
    user = next((user for user in users if not username or user["upn"] == username), None)
    if user is not None:
        values |= {"username": user["upn"], "password": user.get("password", "")}
    return values
