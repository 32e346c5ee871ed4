"""Microsoft Defender for Endpoint from Python.

```python
from vedette import Defender

with Defender.from_profile("soc") as defender:
    for alert in defender.alerts.list(filter="severity eq 'High'"):
        print(alert.id, alert.title)
```

Names are loaded when they are first used: importing the package costs next to nothing, and loads no HTTP client, no
sign-in library and no query engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.auth.application import (
        ClientCertificateCredential,
        ClientSecretCredential,
        ManagedIdentityCredential,
        OnBehalfOfCredential,
    )
    from vedette.auth.cache import TokenCache
    from vedette.auth.credential import AccessToken, AsyncCredential, Credential, StaticToken
    from vedette.auth.keys import KeySet
    from vedette.auth.password import PasswordCredential
    from vedette.auth.profile import Profile
    from vedette.auth.tokens import TokenClaims, decode_token
    from vedette.auth.user import (
        DeviceCodeCredential,
        DevicePrompt,
        InteractiveBrowserCredential,
        UsernamePasswordCredential,
    )
    from vedette.auth.validation import validate_token
    from vedette.catalogue.alerts import Alert, AlertEvidence
    from vedette.catalogue.domains import Domain
    from vedette.catalogue.files import File
    from vedette.catalogue.ips import Ip
    from vedette.catalogue.machine_actions import MachineAction
    from vedette.catalogue.machines import Machine
    from vedette.catalogue.page import AsyncPaged, Page, Paged
    from vedette.catalogue.users import User
    from vedette.client.async_defender import AsyncDefender
    from vedette.client.defender import Defender
    from vedette.client.pacing import Pacer, Waiting
    from vedette.client.retry import Retries
    from vedette.client.transport import Answer
    from vedette.errors import (
        ConfigurationError,
        NoAnswer,
        NotFound,
        PermissionDenied,
        QueryError,
        QuerySyntaxError,
        RateLimited,
        ServiceError,
        SignInError,
        TokenInvalid,
        UnknownName,
        UnsupportedQuery,
        VedetteError,
    )
    from vedette.odata.builder import field

_MODULES = {
    "auth.application": (
        "ClientCertificateCredential",
        "ClientSecretCredential",
        "ManagedIdentityCredential",
        "OnBehalfOfCredential",
    ),
    "auth.cache": ("TokenCache",),
    "auth.credential": ("AccessToken", "AsyncCredential", "Credential", "StaticToken"),
    "auth.keys": ("KeySet",),
    "auth.password": ("PasswordCredential",),
    "auth.profile": ("Profile",),
    "auth.tokens": ("TokenClaims", "decode_token"),
    "auth.user": (
        "DeviceCodeCredential",
        "DevicePrompt",
        "InteractiveBrowserCredential",
        "UsernamePasswordCredential",
    ),
    "auth.validation": ("validate_token",),
    "catalogue.alerts": ("Alert", "AlertEvidence"),
    "catalogue.domains": ("Domain",),
    "catalogue.files": ("File",),
    "catalogue.ips": ("Ip",),
    "catalogue.machine_actions": ("MachineAction",),
    "catalogue.machines": ("Machine",),
    "catalogue.page": ("AsyncPaged", "Page", "Paged"),
    "catalogue.users": ("User",),
    "client.async_defender": ("AsyncDefender",),
    "client.defender": ("Defender",),
    "client.pacing": ("Pacer", "Waiting"),
    "client.retry": ("Retries",),
    "client.transport": ("Answer",),
    "errors": (
        "ConfigurationError",
        "NoAnswer",
        "NotFound",
        "PermissionDenied",
        "QueryError",
        "QuerySyntaxError",
        "RateLimited",
        "ServiceError",
        "SignInError",
        "TokenInvalid",
        "UnknownName",
        "UnsupportedQuery",
        "VedetteError",
    ),
    "odata.builder": ("field",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "AccessToken",
    "Alert",
    "AlertEvidence",
    "Answer",
    "AsyncCredential",
    "AsyncDefender",
    "AsyncPaged",
    "ClientCertificateCredential",
    "ClientSecretCredential",
    "ConfigurationError",
    "Credential",
    "Defender",
    "DeviceCodeCredential",
    "DevicePrompt",
    "Domain",
    "File",
    "InteractiveBrowserCredential",
    "Ip",
    "KeySet",
    "Machine",
    "MachineAction",
    "ManagedIdentityCredential",
    "NoAnswer",
    "NotFound",
    "OnBehalfOfCredential",
    "Pacer",
    "Page",
    "Paged",
    "PasswordCredential",
    "PermissionDenied",
    "Profile",
    "QueryError",
    "QuerySyntaxError",
    "RateLimited",
    "Retries",
    "ServiceError",
    "SignInError",
    "StaticToken",
    "TokenCache",
    "TokenClaims",
    "TokenInvalid",
    "UnknownName",
    "UnsupportedQuery",
    "User",
    "UsernamePasswordCredential",
    "VedetteError",
    "Waiting",
    "decode_token",
    "field",
    "validate_token",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
