"""Consent: what an app may have is what somebody agreed to, never what its registration lists."""

from __future__ import annotations

import msgspec
import pytest

from tests.spec.sign_in.cloud import (
    CLI,
    DAEMON,
    DEFENDER_AUDIENCE,
    OTHER_TENANT,
    TENANT,
    Browser,
    Cloud,
    Page,
    claims,
    code_of,
)
from vedette.catalogue.permission import DEFENDER, GRAPH, XDR
from vedette.tenant.directory import User

ADMIN_SCOPE = "https://graph.microsoft.com/Directory.Read.All"


def visit(cloud: Cloud, user: User, **query: str) -> Page:
    browser = Browser(cloud)
    return browser.sign_in(browser.authorize(**query), user)


def scopes(cloud: Cloud, user: User | None = None) -> dict[str, str]:
    """Recorded grants of the command line app: API → scopes, for everybody or for one user."""
    names = {cloud.principal(each.app_id).id: each.name for each in (DEFENDER, GRAPH)}
    grants = cloud.directory.delegated_grants.where(principal_id=user.id if user else None)
    return {names[each.resource_id]: each.scope for each in grants}


@pytest.mark.parametrize("version", [1, 2])
def test_a_listed_permission_grants_nothing(cloud: Cloud, version: int) -> None:
    answer = cloud.password_token(version=version)

    assert (answer.status_code, answer.json()["error"], code_of(answer)) == (400, "invalid_grant", 65001)
    assert answer.json()["suberror"] == "consent_required"
    assert "error_uri" not in answer.json()


def test_a_permission_added_later_takes_consent_again(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")

    v1 = claims(cloud.password_token(version=1).json()["access_token"])
    assert v1["scp"] == "Alert.Read"  # v1 and .default give what is granted, without an error
    assert code_of(cloud.password_token(scope=f"{DEFENDER_AUDIENCE}/Machine.Read")) == 65001


def test_a_users_own_consent_holds_for_that_user_only(cloud: Cloud) -> None:
    page = visit(cloud, cloud.alice)
    assert page.heading == "Permissions requested"
    assert page.items == ["Read alerts for you. Alert.Read"]

    assert "code" in page.submit("consent").target
    assert scopes(cloud, cloud.alice) == {"WindowsDefenderATP": "Alert.Read"}
    assert cloud.password_token().status_code == 200
    assert code_of(cloud.password_token(username=cloud.admin.upn)) == 65001


def test_consent_grows_and_asks_only_for_what_is_new(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read", user=cloud.alice)
    page = visit(cloud, cloud.alice, scope=f"{DEFENDER_AUDIENCE}/Machine.Read")

    page.submit("consent")

    assert scopes(cloud, cloud.alice) == {"WindowsDefenderATP": "Alert.Read Machine.Read"}
    assert "code" in visit(cloud, cloud.alice).target


def test_oidc_scopes_are_recorded_on_graph(cloud: Cloud) -> None:
    page = visit(cloud, cloud.alice, scope=f"{DEFENDER_AUDIENCE}/Alert.Read openid offline_access")
    page.submit("consent")

    assert scopes(cloud, cloud.alice) == {
        "WindowsDefenderATP": "Alert.Read",
        "Microsoft Graph": "offline_access openid",
    }


def test_an_administrator_may_consent_for_everybody(cloud: Cloud) -> None:
    page = visit(cloud, cloud.admin)
    page.submit("consent", for_everybody="yes")

    assert scopes(cloud) == {"WindowsDefenderATP": "Alert.Read"}
    assert cloud.password_token().status_code == 200


def test_a_user_cannot_tick_the_administrators_box(cloud: Cloud) -> None:
    visit(cloud, cloud.alice).submit("consent", for_everybody="yes")

    assert scopes(cloud) == {}
    assert scopes(cloud, cloud.alice) == {"WindowsDefenderATP": "Alert.Read"}


def test_permissions_that_need_an_administrator_stop_a_user(cloud: Cloud) -> None:
    page = visit(cloud, cloud.alice, scope=ADMIN_SCOPE)
    assert page.heading == "An administrator has to approve"

    target = page.submit("cancel").target
    assert target["error"] == "consent_required"
    assert "AADSTS90094:" in target["error_description"]
    assert scopes(cloud, cloud.alice) == {}


def test_a_forged_accept_for_an_administrators_permission_grants_nothing(cloud: Cloud) -> None:
    page = visit(cloud, cloud.alice, scope=ADMIN_SCOPE)
    hidden = page.form("cancel").fields
    form = {"flow": hidden["flow"], "token": hidden["token"], "for_everybody": "yes"}
    page.browser.send("POST", "/common/sign-in/consent", data=form)

    assert scopes(cloud) == scopes(cloud, cloud.alice) == {}


def test_a_tenant_may_forbid_users_to_consent(cloud: Cloud) -> None:
    cloud.directory.tenants.put(msgspec.structs.replace(cloud.tenant, users_may_consent=False))

    assert visit(cloud, cloud.alice).heading == "An administrator has to approve"
    assert visit(cloud, cloud.admin).heading == "Permissions requested"


def test_declining_is_access_denied(cloud: Cloud) -> None:
    target = visit(cloud, cloud.alice).submit("cancel").target

    assert target["error"] == "access_denied"
    assert "AADSTS65004:" in target["error_description"]
    assert target["state"] == "s1"


def test_default_lists_the_registration_when_nothing_is_granted(cloud: Cloud) -> None:
    page = visit(cloud, cloud.alice, scope=f"{DEFENDER_AUDIENCE}/.default")

    assert page.items == ["Read alerts for you. Alert.Read"]


def test_default_shows_no_page_once_anything_is_granted(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Machine.Read")

    assert "code" in visit(cloud, cloud.alice, scope=f"{DEFENDER_AUDIENCE}/.default").target


def test_prompt_consent_always_asks(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")
    page = visit(cloud, cloud.alice, prompt="consent")

    assert page.heading == "Permissions requested"
    assert "code" in page.submit("consent").target


def test_prompt_none_says_that_consent_is_missing(cloud: Cloud) -> None:
    browser = Browser(cloud)
    browser.sign_in(browser.authorize(), cloud.alice)
    target = browser.authorize(prompt="none").target

    assert target["error"] == "consent_required"
    assert "AADSTS65001:" in target["error_description"]


def test_v1_admin_consent_prompt_grants_the_whole_registration(cloud: Cloud) -> None:
    page = visit(cloud, cloud.admin, version=1, prompt="admin_consent")  # type: ignore[arg-type]
    target = page.submit("consent").target

    assert target["admin_consent"] == "True"
    assert scopes(cloud) == {"WindowsDefenderATP": "Alert.Read"}
    refused = visit(cloud, cloud.alice, version=1, prompt="admin_consent")  # type: ignore[arg-type]
    assert refused.heading == "An administrator has to approve"


@pytest.mark.parametrize("path", [f"/{TENANT}/adminconsent", f"/{TENANT}/v2.0/adminconsent"])
def test_the_admin_consent_endpoint_answers_the_app(cloud: Cloud, path: str) -> None:
    browser = Browser(cloud)
    page = browser.open(path, client_id=CLI, redirect_uri="http://localhost:5001", state="s2")
    page = browser.sign_in(page, cloud.admin)

    assert page.submit("consent").target == {"admin_consent": "True", "tenant": TENANT, "state": "s2"}
    assert scopes(cloud) == {"WindowsDefenderATP": "Alert.Read"}


def test_v1_reaches_only_apis_of_the_registration(cloud: Cloud) -> None:
    answer = cloud.password_token(version=1, resource="https://graph.microsoft.com")

    assert (answer.json()["error"], code_of(answer)) == ("invalid_client", 650057)
    assert f"Client app ID: {CLI}(SOC CLI)" in answer.json()["error_description"]
    assert "List of valid resources from app registration: WindowsDefenderATP." in answer.json()["error_description"]


def test_an_api_that_the_tenant_does_not_have_is_no_resource(cloud: Cloud) -> None:
    for what in (XDR.audience, "https://elsewhere.example", "api://unknown"):
        answer = cloud.password_token(scope=f"{what}/.default")
        assert (answer.status_code, answer.json()["error"], code_of(answer)) == (400, "invalid_resource", 500011)


def test_an_app_that_requires_assignment_turns_others_away(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")
    principal = cloud.principal(CLI)
    cloud.directory.service_principals.put(msgspec.structs.replace(principal, assignment_required=True))
    assert code_of(cloud.password_token()) == 50105

    nothing = "00000000-0000-0000-0000-000000000000"
    cloud.directory.assign_role(cloud.alice.id, principal, nothing, cloud.clock.now())
    assert cloud.password_token().status_code == 200


def test_a_multi_tenant_app_appears_in_a_tenant_with_its_first_consent(cloud: Cloud) -> None:
    other = cloud.add_tenant(OTHER_TENANT, "fjell.example", "Fjell")
    ola = cloud.add_user("ola", tenant=other)
    many = msgspec.structs.replace(cloud.cli, sign_in_audience="AzureADMultipleOrgs")
    cloud.directory.applications.put(many)
    assert cloud.directory.service_principal(other.id, CLI) is None

    page = visit(cloud, ola, tenant="common")
    assert "code" in page.submit("consent").target

    assert cloud.directory.service_principal(other.id, CLI) is not None
    answer = cloud.password_token(tenant=other.domain, username=ola.upn)
    assert claims(answer.json()["access_token"])["tid"] == other.id


@pytest.mark.parametrize(
    ("audience", "tenant", "number"),
    [
        ("AzureADMyOrg", "common", 50194),
        ("AzureADMyOrg", "organizations", 50194),
        ("AzureADMyOrg", OTHER_TENANT, 700016),
        ("AzureADMyOrg", "consumers", 700016),
        ("AzureADMultipleOrgs", "consumers", 700016),
        ("PersonalMicrosoftAccount", TENANT, 700016),
        ("PersonalMicrosoftAccount", "organizations", 700016),
        ("AzureADMultipleOrgs", "common", 0),
        ("AzureADMultipleOrgs", OTHER_TENANT, 0),
        ("AzureADandPersonalMicrosoftAccount", "consumers", 0),
        ("PersonalMicrosoftAccount", "common", 0),
    ],
)
def test_account_types_decide_which_doors_an_app_may_use(cloud: Cloud, audience: str, tenant: str, number: int) -> None:
    cloud.add_tenant(OTHER_TENANT, "fjell.example", "Fjell")
    cloud.directory.applications.put(
        msgspec.structs.replace(cloud.cli, sign_in_audience=audience)  # type: ignore[arg-type]
    )
    page = Browser(cloud).authorize(tenant=tenant)

    assert (f"AADSTS{number}:" in page.notice) if number else (page.heading == "Sign in")


def test_roles_are_never_granted_by_users(cloud: Cloud) -> None:
    cloud.consent(cloud.daemon, "Alert.Read", user=cloud.alice)

    assert "roles" not in claims(cloud.app_token().json()["access_token"])
    assert cloud.daemon.app_id == DAEMON
