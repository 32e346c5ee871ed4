"""Python's sign-in libraries and curl at Microsoft's own addresses, told nothing: `vedette run` leads them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from vedette.tenant import LocalTenant

from .programs_run import LONGEST_S, through_vedette, tool

MSAL = """
import msal
app = msal.ConfidentialClientApplication(CLIENT, SECRET, authority="https://login.microsoftonline.com/" + TENANT)
token = app.acquire_token_for_client(["https://api.securitycenter.microsoft.com/.default"])["access_token"]
"""
AZURE_IDENTITY = """
from azure.identity import ClientSecretCredential
credential = ClientSecretCredential(TENANT, CLIENT, SECRET)
token = credential.get_token("https://api.securitycenter.microsoft.com/.default").token
"""
ADAL = """
import adal
context = adal.AuthenticationContext("https://login.microsoftonline.com/" + TENANT)
token = context.acquire_token_with_client_credentials(
    "https://api.securitycenter.microsoft.com", CLIENT, SECRET)["accessToken"]
"""
BEFORE = """
import os
TENANT, CLIENT, SECRET = os.environ["T"], os.environ["C"], os.environ["S"]
"""
AFTER = """
import requests
answer = requests.get("https://api.securitycenter.microsoft.com/api/alerts?$top=1",
                      headers={"Authorization": "Bearer " + token})
print(answer.status_code, len(answer.json()["value"]))
"""


def ended(tenant: LocalTenant, command: list[str]) -> subprocess.CompletedProcess[str]:
    """The program, run by `vedette run` with an app's id and secret in its environment and nothing else."""
    app = tenant.apps["soc-automation"]
    variables = {"T": tenant.tenant_id, "C": app.client_id, "S": str(app.client_secret)}
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        through_vedette(tenant, command),
        env=kept | variables,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )


@pytest.mark.parametrize("library", [MSAL, AZURE_IDENTITY, ADAL], ids=["msal", "azure-identity", "adal"])
def test_a_library_signs_an_app_in_and_reads_alerts(tenant: LocalTenant, library: str) -> None:
    done = ended(tenant, [sys.executable, "-W", "ignore", "-c", BEFORE + library + AFTER])

    assert (done.returncode, done.stdout) == (0, "200 1\n"), done.stderr


def test_curl_gets_a_token(tenant: LocalTenant) -> None:
    app = tenant.apps["soc-automation"]
    form = (
        f"grant_type=client_credentials&client_id={app.client_id}&client_secret={app.client_secret}"
        "&resource=https://api.securitycenter.microsoft.com"
    )
    address = f"https://login.microsoftonline.com/{tenant.tenant_id}/oauth2/token"
    done = ended(tenant, [tool("curl"), "-sS", "-o", os.devnull, "-w", "%{http_code}", "-d", form, address])

    assert (done.returncode, done.stdout) == (0, "200"), done.stderr
