"""The portal in a real browser: the sign-in pages, the policy, the layout at the width of a phone, without script."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from vedette.tenant import LocalTenant
from vedette.tenant.seed import UserAccess

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"{CHROMIUM} is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def served() -> Iterator[LocalTenant]:
    with LocalTenant(machines=8, days=4, limits="off") as tenant:
        yield tenant


def sign_in(page: Any, user: UserAccess) -> None:
    """Answer the two pages as a person does who types on: each has put the cursor into its field."""
    for name, text in (("user_name", user.upn), ("password", user.password)):
        page.wait_for_selector(f"input[name={name}]:focus")
        page.fill(f"input[name={name}]", text)
        page.press(f"input[name={name}]", "Enter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_every_page_fits_and_nothing_is_blocked(browser: Any, served: LocalTenant, width: int, scheme: str) -> None:
    context = browser.new_context(
        ignore_https_errors=True,
        java_script_enabled=True,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    user = served.users["responder"]

    page.goto(served.portal_url)
    sign_in(page, user)
    page.wait_for_url("**/portal")

    assert page.title() == "Overview · Vedette portal"
    for section in ("Alerts", "Machines", "Hunting", "Apps", "Connect", "Overview"):
        page.click(f"nav >> text={section}")
        assert page.get_attribute("nav [aria-current]", "href") is not None
        assert page.evaluate("document.documentElement.scrollWidth") == width, section
    assert complaints == []
    context.close()


@pytest.mark.parametrize("width", [1280, 400])
def test_a_query_with_a_chart_fits_its_page(browser: Any, served: LocalTenant, width: int) -> None:
    context = browser.new_context(ignore_https_errors=True, viewport={"width": width, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    user = served.users["analyst"]
    page.goto(f"{served.portal_url}portal/hunting")
    sign_in(page, user)

    page.fill("#query", "DeviceProcessEvents | summarize Starts = count() by FileName | render columnchart")
    page.click("main >> text=Run")

    page.wait_for_selector("svg.chart rect")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.input_value("#query").endswith("render columnchart")
    assert complaints == []
    context.close()


def test_the_skip_link_leads_to_the_content(browser: Any, served: LocalTenant) -> None:
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False)
    page = context.new_page()
    user = served.users["analyst"]
    page.goto(served.portal_url)
    sign_in(page, user)
    page.wait_for_url("**/portal")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.url.endswith("/portal#content")
    context.close()
