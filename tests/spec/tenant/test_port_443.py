"""`--listen-443`: programs that drop the port from the authority, or know no other, find the tenant all the same."""

from __future__ import annotations

import socket
import ssl

import msal
import pytest

from vedette.errors import ConfigurationError
from vedette.tenant import LocalTenant
from vedette.tenant.server import listen

SCOPES = ["https://api.securitycenter.microsoft.com/Alert.Read"]


@pytest.fixture
def may_listen() -> None:
    try:
        for opened in listen("127.0.0.1", 443):
            opened.close()
    except ConfigurationError as refused:
        pytest.skip(f"port 443 cannot be opened here: {refused.message}")


@pytest.mark.usefixtures("may_listen")
def test_both_ports_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with LocalTenant(machines=8, days=1, telemetry="none", listen_443=True) as tenant:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", tenant.ca_bundle)
        assert tenant.listens_on_443
        context = ssl.create_default_context(cafile=tenant.ca_bundle)
        for host, port in (("localhost", 443), ("login.microsoftonline.com", 443), ("localhost", tenant.port)):
            with (
                socket.create_connection(("127.0.0.1", port), timeout=10) as line,
                context.wrap_socket(line, server_hostname=host) as sealed,
            ):
                assert sealed.getpeercert() is not None

        # MSAL Python asks for the user realm without the port; nothing stands in for its own HTTP client here.
        app = msal.PublicClientApplication(
            tenant.apps["soc-cli"].client_id,
            authority=f"{tenant.authority}/{tenant.tenant_id}",
            instance_discovery=False,
        )
        user = tenant.users["analyst"]
        answer = app.acquire_token_by_username_password(user.upn, user.password, SCOPES)
        assert "access_token" in answer, answer


@pytest.mark.usefixtures("may_listen")
def test_a_taken_port_443_is_named_with_the_way_out() -> None:
    taken = listen("127.0.0.1", 443)
    try:
        with pytest.raises(ConfigurationError) as refused, LocalTenant(telemetry="none", listen_443=True):
            pass
        assert "port 443" in refused.value.message
        assert "proxy" in refused.value.hint
    finally:
        for each in taken:
            each.close()
