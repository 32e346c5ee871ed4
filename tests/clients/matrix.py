"""Which client has been seen to do what: client × flow → the test that shows it. Documentation is made from this."""

from __future__ import annotations

from collections.abc import Mapping

_MSAL, _MSAL_APPS = "test_msal_people", "test_msal_apps"
_AZURE, _ADAL, _CURL, _REQUESTS = "test_azure_identity", "test_adal", "test_curl", "test_requests"
_NODE, _PROGRAMS = "test_javascript", "test_other_languages"

UNMODIFIED = "Microsoft's host names, unmodified"

MATRIX: Mapping[str, Mapping[str, str]] = {
    "MSAL Python": {
        "password": f"{_MSAL}::test_password",
        "device code": f"{_MSAL}::test_device_code",
        "authorization code": f"{_MSAL}::test_authorization_code_with_pkce",
        "browser": f"{_MSAL}::test_interactively",
        "refresh": f"{_MSAL}::test_silently_after_the_access_token_has_expired",
        "client secret": f"{_MSAL_APPS}::test_client_secret",
        "client certificate": f"{_MSAL_APPS}::test_client_certificate",
        "on behalf of": f"{_MSAL_APPS}::test_on_behalf_of",
        UNMODIFIED: f"{_MSAL}::test_password_at_microsofts_own_address",
    },
    "azure-identity": {
        "password": f"{_AZURE}::test_password",
        "device code": f"{_AZURE}::test_device_code",
        "authorization code": f"{_AZURE}::test_authorization_code",
        "browser": f"{_AZURE}::test_browser",
        "client secret": f"{_AZURE}::test_client_secret",
        "client certificate": f"{_AZURE}::test_certificate",
        "on behalf of": f"{_AZURE}::test_on_behalf_of",
        UNMODIFIED: f"{_AZURE}::test_password",
    },
    "adal": {
        "password": f"{_ADAL}::test_password",
        "device code": f"{_ADAL}::test_device_code",
        "authorization code": f"{_ADAL}::test_authorization_code",
        "refresh": f"{_ADAL}::test_refresh_for_another_api",
        "client secret": f"{_ADAL}::test_client_secret",
        "client certificate": f"{_ADAL}::test_client_certificate",
        UNMODIFIED: f"{_ADAL}::test_at_microsofts_own_address",
    },
    "MSAL Node": {
        "password": f"{_NODE}::test_msal_password",
        "device code": f"{_NODE}::test_msal_device_code",
        "authorization code": f"{_NODE}::test_msal_authorization_code",
        "browser": f"{_NODE}::test_msal_browser",
        "refresh": f"{_NODE}::test_msal_refresh",
        "client secret": f"{_NODE}::test_msal_client_secret",
        "client certificate": f"{_NODE}::test_msal_client_certificate",
        "on behalf of": f"{_NODE}::test_msal_on_behalf_of",
        UNMODIFIED: f"{_NODE}::test_msal_password",
    },
    "@azure/identity": {
        "password": f"{_NODE}::test_azure_password",
        "device code": f"{_NODE}::test_azure_device_code",
        "client secret": f"{_NODE}::test_azure_client_secret",
        "client certificate": f"{_NODE}::test_azure_client_certificate",
        "on behalf of": f"{_NODE}::test_azure_on_behalf_of",
        UNMODIFIED: f"{_NODE}::test_azure_client_secret",
    },
    ".NET HttpClient (the documented C# request, on Mono)": {
        "password": f"{_PROGRAMS}::test_at_the_tenants_own_address",
        UNMODIFIED: f"{_PROGRAMS}::test_unmodified_by_vedette_run",
    },
    "Java HttpClient": {
        "password": f"{_PROGRAMS}::test_unmodified_by_vedette_run",
        UNMODIFIED: f"{_PROGRAMS}::test_unmodified_by_vedette_run",
    },
    "Node fetch and https": {
        "password": f"{_PROGRAMS}::test_at_the_tenants_own_address",
        UNMODIFIED: f"{_PROGRAMS}::test_unmodified_by_vedette_run",
    },
    "curl": {
        "password": f"{_CURL}::test_user_token_v1_here",
        "client secret": f"{_CURL}::test_app_token_v1_here",
        UNMODIFIED: f"{_CURL}::test_alerts",
    },
    "requests": {
        "password": f"{_REQUESTS}::test_graph",
        "client secret": f"{_REQUESTS}::test_an_app_reads_alerts_and_machines",
        UNMODIFIED: f"{_REQUESTS}::test_an_app_reads_alerts_and_machines",
    },
}
"""Tests are named by module and function; both are in this folder."""
