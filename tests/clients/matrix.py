"""Which client has been seen to do what: client × flow → the test that shows it. Documentation is made from this."""

from __future__ import annotations

from collections.abc import Mapping

_MSAL, _MSAL_APPS = "test_msal_people", "test_msal_apps"
_AZURE, _ADAL, _CURL, _REQUESTS = "test_azure_identity", "test_adal", "test_curl", "test_requests"
_NODE = "test_node"

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
        "Microsoft's host names by proxy": f"{_MSAL}::test_password_at_microsofts_own_address",
    },
    "azure-identity": {
        "password": f"{_AZURE}::test_password",
        "device code": f"{_AZURE}::test_device_code",
        "authorization code": f"{_AZURE}::test_authorization_code",
        "browser": f"{_AZURE}::test_browser",
        "client secret": f"{_AZURE}::test_client_secret",
        "client certificate": f"{_AZURE}::test_certificate",
        "on behalf of": f"{_AZURE}::test_on_behalf_of",
        "Microsoft's host names by proxy": f"{_AZURE}::test_password",
    },
    "adal": {
        "password": f"{_ADAL}::test_password",
        "device code": f"{_ADAL}::test_device_code",
        "authorization code": f"{_ADAL}::test_authorization_code",
        "refresh": f"{_ADAL}::test_refresh_for_another_api",
        "client secret": f"{_ADAL}::test_client_secret",
        "client certificate": f"{_ADAL}::test_client_certificate",
        "Microsoft's host names by proxy": f"{_ADAL}::test_at_microsofts_own_address",
    },
    "MSAL Node": {
        "password": f"{_NODE}::test_password",
        "device code": f"{_NODE}::test_device_code",
        "refresh": f"{_NODE}::test_silently_by_refresh_token",
        "client secret": f"{_NODE}::test_client_secret",
    },
    "@azure/identity": {
        "device code": f"{_NODE}::test_device_code",
        "client secret": f"{_NODE}::test_client_secret",
    },
    "curl": {
        "password": f"{_CURL}::test_user_token_v1_here",
        "client secret": f"{_CURL}::test_app_token_v1_here",
        "Microsoft's host names by proxy": f"{_CURL}::test_alerts",
    },
    "requests": {
        "password": f"{_REQUESTS}::test_graph",
        "client secret": f"{_REQUESTS}::test_an_app_reads_alerts_and_machines",
        "Microsoft's host names by proxy": f"{_REQUESTS}::test_an_app_reads_alerts_and_machines",
    },
}
"""Tests are named by module and function; both are in this folder."""
