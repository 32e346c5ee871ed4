"""Personal Microsoft accounts: which apps they may use, through which doors, and what their tokens say."""

from __future__ import annotations

import msgspec
import pytest

from vedette.tenant.directory import SignInAudience, User
from vedette.tenant.identity.authority import PERSONAL_TENANT

from .cloud import CLI, Browser, Cloud, Page, claims

BOTH: SignInAudience = "AzureADandPersonalMicrosoftAccount"
SCOPE = "https://graph.microsoft.com/User.Read openid profile"


@pytest.fixture
def pia(cloud: Cloud) -> User:
    """Somebody with a personal account."""
    return cloud.add_user("pia", tenant=cloud.add_tenant(PERSONAL_TENANT, "outlook.example", "Personal accounts"))


def open_to(cloud: Cloud, audience: SignInAudience) -> None:
    cloud.directory.applications.put(msgspec.structs.replace(cloud.cli, sign_in_audience=audience))


def at(cloud: Cloud, door: str, user: User) -> Page:
    browser = Browser(cloud)
    return browser.sign_in(browser.authorize(tenant=door, scope=SCOPE, nonce="n1"), user)


@pytest.mark.parametrize(
    ("audience", "door"),
    [
        (BOTH, "consumers"),
        (BOTH, "common"),
        ("PersonalMicrosoftAccount", "consumers"),
        ("PersonalMicrosoftAccount", "common"),
    ],
)
def test_a_personal_account_signs_in_and_consents_for_itself(
    cloud: Cloud, pia: User, audience: SignInAudience, door: str
) -> None:
    open_to(cloud, audience)

    code = at(cloud, door, pia).submit("consent").target["code"]
    answer = cloud.token(
        tenant=door, grant_type="authorization_code", client_id=CLI, code=code, redirect_uri="http://localhost:5001"
    ).json()

    said = claims(answer["id_token"])
    assert said["tid"] == PERSONAL_TENANT
    assert said["iss"] == f"https://login.microsoftonline.com/{PERSONAL_TENANT}/v2.0"
    assert (said["preferred_username"], said["nonce"]) == (pia.upn, "n1")
    assert claims(answer["access_token"])["tid"] == PERSONAL_TENANT


def test_an_app_for_work_accounts_takes_no_personal_one(cloud: Cloud, pia: User) -> None:
    open_to(cloud, "AzureADMultipleOrgs")

    target = at(cloud, "common", pia).target

    assert "code" not in target
    assert target["error_description"].startswith("AADSTS50020:")


def test_an_app_for_personal_accounts_takes_no_work_account(cloud: Cloud, pia: User) -> None:
    open_to(cloud, "PersonalMicrosoftAccount")

    target = at(cloud, "common", cloud.alice).target

    assert "code" not in target
    assert target["error_description"].startswith("AADSTS50020:")


def test_organizations_lets_no_personal_account_in(cloud: Cloud, pia: User) -> None:
    open_to(cloud, BOTH)

    page = at(cloud, "organizations", pia)

    assert not page.answer.is_redirect
    assert page.heading == "Enter password"
    assert page.notice == "The user name or the password is wrong."
