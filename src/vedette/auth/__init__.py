"""Signing in: credentials, the token cache they share, profiles, and tokens themselves."""

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

__all__ = [
    "AccessToken",
    "AsyncCredential",
    "ClientCertificateCredential",
    "ClientSecretCredential",
    "Credential",
    "DeviceCodeCredential",
    "DevicePrompt",
    "InteractiveBrowserCredential",
    "KeySet",
    "ManagedIdentityCredential",
    "OnBehalfOfCredential",
    "PasswordCredential",
    "Profile",
    "StaticToken",
    "TokenCache",
    "TokenClaims",
    "UsernamePasswordCredential",
    "decode_token",
    "validate_token",
]

_HOME = {
    "AccessToken": "credential",
    "AsyncCredential": "credential",
    "ClientCertificateCredential": "application",
    "ClientSecretCredential": "application",
    "Credential": "credential",
    "DeviceCodeCredential": "user",
    "DevicePrompt": "user",
    "InteractiveBrowserCredential": "user",
    "KeySet": "keys",
    "ManagedIdentityCredential": "application",
    "OnBehalfOfCredential": "application",
    "PasswordCredential": "password",
    "Profile": "profile",
    "StaticToken": "credential",
    "TokenCache": "cache",
    "TokenClaims": "tokens",
    "UsernamePasswordCredential": "user",
    "decode_token": "tokens",
    "validate_token": "validation",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
