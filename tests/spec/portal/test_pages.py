"""What the pages show: the same alerts and machines as the API, within the same role and device groups."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.spec.portal.browser import Browser
from tests.spec.portal.conftest import SRV, WS1
from vedette.tenant import LocalTenant

SignedIn = Callable[[str], Browser]

PAGES = [
    "/portal",
    "/portal/alerts",
    "/portal/alerts/da1",
    "/portal/machines",
    f"/portal/machines/{WS1}",
    "/portal/hunting",
    "/portal/apps",
    "/portal/connect",
]


@pytest.mark.parametrize("path", PAGES)
def test_pages_carry_no_script_and_no_inline_style_and_forbid_both(signed_in: SignedIn, path: str) -> None:
    browser = signed_in("responder").open(path)

    assert browser.answer.status_code == 200
    assert browser.page.blocked == []
    policy = browser.answer.headers["content-security-policy"].split("; ")
    assert policy[:3] == ["default-src 'none'", "style-src 'self'", "img-src 'self'"]
    assert {"frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert browser.answer.headers["x-content-type-options"] == "nosniff"
    assert browser.answer.headers["cache-control"] == "no-store"


def test_the_overview_counts_alerts_and_names_machines_at_risk(signed_in: SignedIn) -> None:
    text = signed_in("analyst").page.text

    assert "3 open alerts 2 of them of high severity 2 nobody has taken on 2 machines at medium or high risk" in text
    assert "High 2 0 0 Medium 0 1 0 Low 0 0 1 Informational 0 0 0" in text
    assert "ws-01.halden.example High 2 srv-01.halden.example Medium 1" in text


def test_alerts_can_be_filtered(signed_in: SignedIn) -> None:
    browser = signed_in("analyst").open("/portal/alerts").submit("/portal/alerts", severity="High", status="New")

    assert [title for title in browser.page.links if title.startswith("Story")] == ["Story <1>", "Story <4>"]
    assert "1 to 2 of 2" in browser.page.text


def test_an_unknown_filter_value_filters_nothing(signed_in: SignedIn) -> None:
    assert "1 to 4 of 4" in signed_in("analyst").open("/portal/alerts?severity=x'+or+1+eq+1&page=-3").page.text


def test_an_alert_shows_its_processes_as_a_tree_and_its_evidence(signed_in: SignedIn) -> None:
    browser = signed_in("analyst").open("/portal/alerts/da1")

    tree = browser.page.text.partition("Processes")[2].partition("Other evidence")[0]
    names = ["winword.exe", "powershell.exe", "powershell -enc AAAA", "whoami.exe", "whoami /all"]
    assert sorted(names, key=tree.index) == names
    assert "IP address 203.0.113.9" in browser.page.text


def test_text_from_alerts_is_never_markup(signed_in: SignedIn) -> None:
    answer = signed_in("analyst").open("/portal/alerts/da1").answer

    assert "Story &lt;1&gt;" in answer.text
    assert "Looks &lt;b&gt;bad&lt;/b&gt;." in answer.text


def test_a_user_of_one_device_group_sees_that_group_alone(signed_in: SignedIn) -> None:
    browser = signed_in("tier1")
    assert "2 open alerts" in browser.page.text
    assert "srv-01" not in browser.page.text

    browser.open("/portal/machines")
    assert [name for name in browser.page.links if name.endswith("halden.example")] == [
        "ws-01.halden.example",
        "ws-02.halden.example",
    ]
    assert browser.open(f"/portal/machines/{SRV}").answer.status_code == 404
    assert browser.open("/portal/alerts/da4").answer.status_code == 404
    assert browser.open(f"/portal/machines/{WS1}").answer.status_code == 200


def test_apps_show_what_they_ask_for_and_what_was_agreed_to(signed_in: SignedIn, tenant: LocalTenant) -> None:
    text = signed_in("analyst").open("/portal/apps").page.text

    assert f"Client id {tenant.apps['soc-automation'].client_id}" in text
    assert "Machine.Isolate WindowsDefenderATP Application Granted" in text
    assert tenant.apps["soc-automation"].client_secret not in text


def test_the_connect_page_names_where_everything_is(signed_in: SignedIn, tenant: LocalTenant) -> None:
    text = signed_in("analyst").open("/portal/connect").page.text

    assert f"Tenant id {tenant.tenant_id}" in text
    assert f"Authority https://localhost/{tenant.tenant_id}" in text
    assert f"CA bundle {tenant.ca_bundle}" in text


@pytest.mark.parametrize("path", ["/portal/nothing", "/portal/static/../app.py", "/portal/alerts/a/b"])
def test_what_does_not_exist_is_not_found(signed_in: SignedIn, path: str) -> None:
    assert signed_in("analyst").open(path).answer.status_code == 404
