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
    from vedette.catalogue.advanced_queries import AdvancedQueryResponse
    from vedette.catalogue.alerts import Alert, AlertEvidence
    from vedette.catalogue.authenticated_scans import ScannerAgent, SnmpAuthParams, WindowsAuthParams
    from vedette.catalogue.device_groups import DeviceGroup
    from vedette.catalogue.domains import Domain
    from vedette.catalogue.exports import ExportFilesResponse
    from vedette.catalogue.files import File
    from vedette.catalogue.incidents import Incident
    from vedette.catalogue.indicators import Indicator, NewIndicator
    from vedette.catalogue.investigations import Investigation
    from vedette.catalogue.ips import Ip
    from vedette.catalogue.live_response import LiveResponseCommand, LiveResponseScriptResult
    from vedette.catalogue.machine_actions import MachineAction
    from vedette.catalogue.machines import Machine
    from vedette.catalogue.operation import Upload
    from vedette.catalogue.page import AsyncPaged, Page, Paged
    from vedette.catalogue.recommendations import Recommendation
    from vedette.catalogue.remediation_tasks import RemediationTask
    from vedette.catalogue.software import Software
    from vedette.catalogue.users import User
    from vedette.catalogue.vulnerabilities import Vulnerability
    from vedette.client.async_defender import AsyncDefender
    from vedette.client.changes import Changes
    from vedette.client.defender import Defender
    from vedette.client.file_exports import Export, ExportProgress
    from vedette.client.pacing import Pacer, Waiting
    from vedette.client.retry import Retries
    from vedette.client.transport import Answer
    from vedette.errors import (
        ActionFailed,
        ActionNotDone,
        ConfigurationError,
        NoAnswer,
        NotFound,
        PermissionDenied,
        QueryCancelled,
        QueryError,
        QueryFault,
        QueryLimitExceeded,
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
    "catalogue.advanced_queries": ("AdvancedQueryResponse",),
    "catalogue.alerts": ("Alert", "AlertEvidence"),
    "catalogue.authenticated_scans": ("ScannerAgent", "SnmpAuthParams", "WindowsAuthParams"),
    "catalogue.device_groups": ("DeviceGroup",),
    "catalogue.domains": ("Domain",),
    "catalogue.exports": ("ExportFilesResponse",),
    "catalogue.files": ("File",),
    "catalogue.incidents": ("Incident",),
    "catalogue.indicators": ("Indicator", "NewIndicator"),
    "catalogue.investigations": ("Investigation",),
    "catalogue.ips": ("Ip",),
    "catalogue.live_response": ("LiveResponseCommand", "LiveResponseScriptResult"),
    "catalogue.machine_actions": ("MachineAction",),
    "catalogue.machines": ("Machine",),
    "catalogue.operation": ("Upload",),
    "catalogue.page": ("AsyncPaged", "Page", "Paged"),
    "catalogue.recommendations": ("Recommendation",),
    "catalogue.remediation_tasks": ("RemediationTask",),
    "catalogue.software": ("Software",),
    "catalogue.users": ("User",),
    "catalogue.vulnerabilities": ("Vulnerability",),
    "client.async_defender": ("AsyncDefender",),
    "client.changes": ("Changes",),
    "client.defender": ("Defender",),
    "client.file_exports": ("Export", "ExportProgress"),
    "client.pacing": ("Pacer", "Waiting"),
    "client.retry": ("Retries",),
    "client.transport": ("Answer",),
    "errors": (
        "ActionFailed",
        "ActionNotDone",
        "ConfigurationError",
        "NoAnswer",
        "NotFound",
        "PermissionDenied",
        "QueryCancelled",
        "QueryError",
        "QueryFault",
        "QueryLimitExceeded",
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
    "ActionFailed",
    "ActionNotDone",
    "AdvancedQueryResponse",
    "Alert",
    "AlertEvidence",
    "Answer",
    "AsyncCredential",
    "AsyncDefender",
    "AsyncPaged",
    "Changes",
    "ClientCertificateCredential",
    "ClientSecretCredential",
    "ConfigurationError",
    "Credential",
    "Defender",
    "DeviceCodeCredential",
    "DeviceGroup",
    "DevicePrompt",
    "Domain",
    "Export",
    "ExportFilesResponse",
    "ExportProgress",
    "File",
    "Incident",
    "Indicator",
    "InteractiveBrowserCredential",
    "Investigation",
    "Ip",
    "KeySet",
    "LiveResponseCommand",
    "LiveResponseScriptResult",
    "Machine",
    "MachineAction",
    "ManagedIdentityCredential",
    "NewIndicator",
    "NoAnswer",
    "NotFound",
    "OnBehalfOfCredential",
    "Pacer",
    "Page",
    "Paged",
    "PasswordCredential",
    "PermissionDenied",
    "Profile",
    "QueryCancelled",
    "QueryError",
    "QueryFault",
    "QueryLimitExceeded",
    "QuerySyntaxError",
    "RateLimited",
    "Recommendation",
    "RemediationTask",
    "Retries",
    "ScannerAgent",
    "ServiceError",
    "SignInError",
    "SnmpAuthParams",
    "Software",
    "StaticToken",
    "TokenCache",
    "TokenClaims",
    "TokenInvalid",
    "UnknownName",
    "UnsupportedQuery",
    "Upload",
    "User",
    "UsernamePasswordCredential",
    "VedetteError",
    "Vulnerability",
    "Waiting",
    "WindowsAuthParams",
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
