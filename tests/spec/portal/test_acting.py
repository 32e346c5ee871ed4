"""What may be done in the portal is what the API lets the user do; forms work only where they were shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.spec.portal.browser import Browser
from tests.spec.portal.conftest import WS1
from vedette.tenant import LocalTenant

SignedIn = Callable[[str], Browser]


def test_a_responder_judges_an_alert(tenant: LocalTenant, signed_in: SignedIn) -> None:
    browser = signed_in("responder").open("/portal/alerts/da1")
    browser.submit(
        "/portal/alerts/da1", status="Resolved", classification="TruePositive", determination="Malware", comment="Done."
    )

    assert "Saved: status, classification, determination, comment." in browser.page.text
    alert = tenant.state.defender[tenant.tenant_id].alerts.get("da1")
    assert alert is not None
    assert (alert.status, alert.classification, alert.determination) == ("Resolved", "TruePositive", "Malware")
    assert (alert.comments[-1].comment, alert.comments[-1].created_by) == ("Done.", tenant.users["responder"].upn)


def test_an_analyst_is_offered_no_form_and_refused_one_sent_anyway(tenant: LocalTenant, signed_in: SignedIn) -> None:
    browser = signed_in("analyst").open("/portal/alerts/da1")
    assert [form.action for form in browser.page.forms] == ["/portal/sign-out"]

    token = browser.page.forms[0].fields["form_token"]
    browser.send("POST", "/portal/alerts/da1", data={"form_token": token, "status": "Resolved"})

    assert "Alerts investigation" in browser.page.text
    alert = tenant.state.defender[tenant.tenant_id].alerts.get("da1")
    assert alert is not None
    assert alert.status == "New"


def test_a_responder_isolates_a_machine_and_releases_it(tenant: LocalTenant, signed_in: SignedIn) -> None:
    browser = signed_in("responder").open(f"/portal/machines/{WS1}")
    browser.submit("/isolate", comment="INC-42", isolation_type="Full")
    assert "Isolation is requested." in browser.page.text
    assert "An action is under way." in browser.page.text

    tenant.advance(timedelta(minutes=2))
    browser.open(f"/portal/machines/{WS1}")
    assert "Isolated" in browser.page.text
    assert "INC-42" in browser.page.text

    browser.submit("/release", comment="clean")
    tenant.advance(timedelta(minutes=2))
    actions = list(tenant.state.defender[tenant.tenant_id].machine_actions.all())
    assert [(a.type, a.requestor, a.request_source) for a in actions] == [
        ("Isolate", tenant.users["responder"].upn, "Portal"),
        ("Unisolate", tenant.users["responder"].upn, "Portal"),
    ]


def test_a_refusal_of_the_api_is_shown_on_the_page(signed_in: SignedIn) -> None:
    browser = signed_in("responder").open(f"/portal/machines/{WS1}")
    browser.submit("/isolate", comment="  ")

    assert browser.url.endswith(f"/portal/machines/{WS1}")
    assert "Comment is missing" in browser.page.text


def test_a_tag_is_added_and_removed(tenant: LocalTenant, signed_in: SignedIn) -> None:
    machines = tenant.state.defender[tenant.tenant_id].machines
    browser = signed_in("secadmin").open(f"/portal/machines/{WS1}")
    browser.submit("/tags")
    assert machines.where(id=WS1).count() == 1
    assert next(iter(machines.where(id=WS1))).machine_tags == []

    browser.submit("/tags", value="VIP")
    assert next(iter(machines.where(id=WS1))).machine_tags == ["VIP"]


@pytest.mark.parametrize("token", [None, "", "x" * 43])
def test_a_form_without_the_sessions_token_changes_nothing(
    tenant: LocalTenant, signed_in: SignedIn, token: str | None
) -> None:
    fields = {"status": "Resolved", **({} if token is None else {"form_token": token})}
    browser = signed_in("responder").send("POST", "/portal/alerts/da1", data=fields)

    assert browser.answer.status_code == 403
    alert = tenant.state.defender[tenant.tenant_id].alerts.get("da1")
    assert alert is not None
    assert alert.status == "New"


def test_a_form_from_another_site_changes_nothing(signed_in: SignedIn) -> None:
    browser = signed_in("responder").open("/portal/alerts/da1")
    token = browser.page.forms[0].fields["form_token"]
    fields = {"form_token": token, "status": "Resolved"}
    browser.send("POST", "/portal/alerts/da1", data=fields, headers={"Origin": "https://evil.example"})

    assert browser.answer.status_code == 403


def test_the_token_of_another_session_does_not_serve(signed_in: SignedIn) -> None:
    other = signed_in("admin").page.forms[0].fields["form_token"]
    browser = signed_in("responder").send(
        "POST", "/portal/alerts/da1", data={"form_token": other, "status": "Resolved"}
    )

    assert browser.answer.status_code == 403
