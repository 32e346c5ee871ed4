"""The sign-in pages in a real browser: keyboard alone, light and dark, phone and desk, nothing blocked, readable."""

from __future__ import annotations

import shutil
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from vedette.tenant import LocalTenant
from vedette.tenant.config import AppEntry, RedirectUris, TenantFile, UserEntry
from vedette.tenant.identity.accounts import totp
from vedette.tenant.seed import default_tenants, default_users

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SECRET = "JBSWY3DPEHPK3PXP"
PASSWORD = "Fjord-and-Fell-9"
SCOPE = "https://api.securitycenter.microsoft.com/Alert.Read"
DOMAIN = default_tenants()[0].domain
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"{CHROMIUM} is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def served() -> Iterator[LocalTenant]:
    def user(name: str, **more: Any) -> UserEntry:
        return UserEntry(upn=f"{name}@{DOMAIN}", name=name.title(), password=PASSWORD, role="analyst", **more)

    loopback = RedirectUris(public=["http://localhost"])
    file = TenantFile(
        tenants=default_tenants(),
        users=[
            *default_users(DOMAIN),
            *map(user, ("ana", "bo", "cleo", "dag")),
            user("mia", totp=SECRET),
            user("eli", must_register_factor=True),
            user("ext", external_challenge=True),
        ],
        apps=[
            AppEntry(name="desk", public_client=True, redirect_uris=loopback, delegated=["Alert.Read"]),
            AppEntry(name="asks", public_client=True, redirect_uris=loopback, delegated=["Alert.Read"], consent="none"),
        ],
    )
    with LocalTenant(config=file, machines=8, days=1, limits="off", telemetry="none") as tenant:
        yield tenant


class Landing:
    """The app's own page: what it was told, by query or by form."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}
        landing = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                landing.take(self, urlsplit(self.path).query)

            def do_POST(self) -> None:
                landing.take(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://localhost:{self.server.server_port}"

    def take(self, request: BaseHTTPRequestHandler, text: str) -> None:
        if not request.path.startswith("/favicon"):
            self.told = {name: values[0] for name, values in parse_qs(text).items()}
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        request.wfile.write(b"<!doctype html><title>Landed</title><link rel=icon href=data:,><h1>Landed</h1>")


@pytest.fixture
def landing() -> Iterator[Landing]:
    made = Landing()
    yield made
    made.server.shutdown()
    made.server.server_close()


# Contrast by WCAG 2: relative luminance of text against the first opaque ground below it. Labels, names, language.
AUDIT = """
() => {
  const found = [];
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const part = (value) => { const c = value / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = channels(getComputedStyle(each).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 1 && box.height > 1 && style.visibility === "visible" && style.opacity !== "0";
  };
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !shown(element)) continue;
    const style = getComputedStyle(element);
    const [high, low] = [luminance(channels(style.color)), luminance(ground(element))].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    const isLarge = parseFloat(style.fontSize) >= 24;
    if (ratio < (isLarge ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${element.textContent.trim()}`);
  }
  for (const field of document.querySelectorAll("input:not([type=hidden])")) {
    const isHidden = field.getAttribute("aria-hidden") === "true";
    if (!isHidden && !(field.labels && field.labels.length && field.labels[0].textContent.trim())) {
      found.push(`no label: ${field.name}`);
    }
    if (isHidden && field.tabIndex >= 0) found.push(`hidden but reached by Tab: ${field.name}`);
  }
  for (const button of document.querySelectorAll("button, a")) {
    if (!button.textContent.trim()) found.push("a button without a name");
  }
  if (!document.documentElement.lang) found.push("no language");
  if (!document.title) found.push("no title");
  if (document.querySelectorAll("h1").length !== 1) found.push("not one heading");
  if (document.querySelectorAll("main").length !== 1) found.push("not one main part");
  if (document.documentElement.scrollWidth > innerWidth) found.push("wider than the window");
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  if (new Set(ids).size !== ids.length) found.push("an id twice");
  return found;
}
"""


class Person:
    """Somebody at the browser. Every page that comes up is looked at; `complaints` is what was wrong with any."""

    def __init__(self, chromium: Any, tenant: LocalTenant, landing: Landing, **context: Any) -> None:
        self.tenant, self.landing = tenant, landing
        self.context = chromium.new_context(ignore_https_errors=True, **context)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.seen: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: Any) -> None:
        # A refusal is answered as 400, which browsers note in their console; everything else there is a fault.
        if "responded with a status of 400" not in message.text:
            self.complaints.append(message.text)

    def address(self, app: str = "desk", **query: str) -> str:
        """An authorize request of an app."""
        asked = {
            "client_id": self.tenant.apps[app].client_id,
            "response_type": "code",
            "redirect_uri": self.landing.address,
            "scope": SCOPE,
            "state": "s1",
            **query,
        }
        return f"{self.tenant.authority}/{self.tenant.tenant_id}/oauth2/v2.0/authorize?{urlencode(asked)}"

    def authorize(self, app: str = "desk", **query: str) -> None:
        self.go(self.address(app, **query))

    def go(self, address: str) -> None:
        self.page.goto(address)
        self.look()

    def look(self) -> None:
        """Wait for what comes up, and examine it."""
        self.page.wait_for_load_state("networkidle")
        heading = self.page.text_content("h1") or ""
        self.seen.append(heading)
        if heading != "Landed":
            self.complaints += [f"{heading}: {each}" for each in self.page.evaluate(AUDIT)]

    def type(self, text: str) -> None:
        """Type where the focus is, and press Enter: no mouse, no Tab."""
        self.page.keyboard.type(text)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.look()

    def press(self, button: str) -> None:
        """Reach a button by Tab alone, and press it."""
        for _ in range(20):
            if self.page.evaluate("document.activeElement.textContent.trim()") == button:
                break
            self.page.keyboard.press("Tab")
        assert self.page.evaluate("document.activeElement.textContent.trim()") == button
        outline = self.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"{button} does not show that it has the focus"
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.look()

    def sign_in(self, name: str) -> None:
        self.type(f"{name}@{DOMAIN}")
        self.type(PASSWORD)

    def code(self, secret: str = SECRET) -> str:
        return totp(secret, int(self.tenant.state.clock.now().timestamp()) // 30)


@pytest.fixture(params=[("light", 1280), ("dark", 400)], ids=lambda value: f"{value[0]}-{value[1]}")
def person(request: pytest.FixtureRequest, chromium: Any, served: LocalTenant, landing: Landing) -> Iterator[Person]:
    scheme, width = request.param
    someone = Person(chromium, served, landing, color_scheme=scheme, viewport={"width": width, "height": 900})
    yield someone
    assert someone.complaints == []
    someone.context.close()


@pytest.fixture
def visitor(chromium: Any, served: LocalTenant, landing: Landing) -> Iterator[Person]:
    someone = Person(chromium, served, landing)
    yield someone
    assert someone.complaints == []
    someone.context.close()


def test_signing_in_by_keyboard_alone(person: Person) -> None:
    person.authorize()
    assert person.page.get_attribute("#user_name", "placeholder") == f"alice@{DOMAIN}"
    person.type(f"ana@{DOMAIN}")
    person.type("wrong")
    assert person.page.text_content("#notice") == "The user name or the password is wrong."
    assert person.page.get_attribute("#password", "aria-describedby") == "notice"
    person.type(PASSWORD)

    assert person.seen == ["Sign in", "Enter password", "Enter password", "Landed"]
    assert (person.landing.told["state"], "code" in person.landing.told) == ("s1", True)

    person.authorize(prompt="select_account")
    assert person.seen[-1] == "Pick an account"
    person.press(f"Ana{person.tenant.users['ana'].upn}")
    assert person.seen[-1] == "Landed"


def test_a_second_factor(person: Person) -> None:
    person.authorize()
    person.sign_in("mia")
    assert person.seen[-1] == "Enter code"
    person.type("000000")
    assert "The code is wrong" in (person.page.text_content("#notice") or "")
    person.tenant.advance(HALF_A_MINUTE)  # a code is good once, and this person signs in more than once
    person.type(person.code())

    assert person.seen[-1] == "Landed"


def test_setting_up_a_second_factor(visitor: Person) -> None:
    visitor.authorize()
    visitor.sign_in("eli")
    assert visitor.seen[-1] == "Set up a second factor"
    secret = (visitor.page.text_content(".secret") or "").replace(" ", "")
    visitor.type(visitor.code(secret))

    assert visitor.seen[-1] == "Landed"


def test_a_check_by_another_service(person: Person) -> None:
    person.authorize()
    person.sign_in("ext")
    person.press("It agrees")

    assert person.seen[-1] == "Landed"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_consent_for_oneself_for_everybody_and_not_at_all(
    chromium: Any, served: LocalTenant, landing: Landing, scheme: str
) -> None:
    someone = Person(chromium, served, landing, color_scheme=scheme)
    someone.authorize("asks", prompt="consent")
    someone.sign_in("bo" if scheme == "light" else "cleo")
    assert someone.seen[-1] == "Permissions requested"
    assert someone.page.locator("#for_everybody").count() == 0
    someone.press("Cancel")
    assert landing.told["error"] == "access_denied"

    someone.authorize("asks", prompt="consent")
    someone.press("Accept")
    assert "code" in landing.told
    assert someone.complaints == []
    someone.context.close()


def test_an_administrator_may_tick_consent_for_everybody(visitor: Person) -> None:
    visitor.authorize("asks", prompt="consent")
    visitor.type(visitor.tenant.users["admin"].upn)
    visitor.type(visitor.tenant.users["admin"].password or "")
    assert visitor.seen[-1] == "Permissions requested"
    visitor.page.get_by_label("Consent on behalf of your organisation").check()
    visitor.press("Accept")
    assert "code" in visitor.landing.told

    other = Person(visitor.context.browser, visitor.tenant, visitor.landing)
    other.authorize("asks")
    other.sign_in("dag")
    assert other.seen == ["Sign in", "Enter password", "Landed"]  # nobody else is asked
    other.context.close()


def test_permissions_for_administrators_stop_a_user(visitor: Person) -> None:
    visitor.authorize("asks", scope="https://graph.microsoft.com/Directory.Read.All")
    visitor.sign_in("ana")
    assert visitor.seen[-1] == "An administrator has to approve"
    visitor.press("Return to the app")

    assert visitor.landing.told["error"] == "consent_required"


def test_device_code(person: Person) -> None:
    tenant = person.tenant
    flow = httpx2.post(
        f"{tenant.authority}/{tenant.tenant_id}/oauth2/v2.0/devicecode",
        data={"client_id": tenant.apps["desk"].client_id, "scope": SCOPE},
        verify=ssl.create_default_context(cafile=tenant.ca_bundle),
    ).json()
    person.go(flow["verification_uri"])
    person.type("WRONG")
    assert person.page.text_content("#notice") == "That code is wrong. Check it on your device."
    person.type(flow["user_code"].lower())
    person.sign_in("ana")
    assert person.seen[-1] == "Are you signing in to desk?"
    person.press("Continue")

    assert person.seen[-1] == "You are signed in"


def test_the_answer_by_form_goes_by_itself_and_by_a_button_without_script(
    chromium: Any, served: LocalTenant, landing: Landing
) -> None:
    scripted = Person(chromium, served, landing)
    scripted.authorize(response_mode="form_post")
    scripted.type(f"ana@{DOMAIN}")
    scripted.page.keyboard.type(PASSWORD)
    scripted.page.keyboard.press("Enter")
    scripted.page.wait_for_url(f"{landing.address}/**")
    assert "code" in landing.told
    landing.told = {}

    plain = Person(chromium, served, landing, java_script_enabled=False)
    plain.page.goto(plain.address(response_mode="form_post"))
    plain.page.fill("#user_name", f"ana@{DOMAIN}")
    plain.page.click("main form >> nth=0 >> button")
    plain.page.fill("#password", PASSWORD)
    plain.page.click("main form >> nth=0 >> button")
    plain.page.click("button:text-is('Continue')")
    plain.page.wait_for_url(f"{landing.address}/**")
    assert "code" in landing.told
    assert scripted.complaints == plain.complaints == []
    scripted.context.close()
    plain.context.close()


def test_errors_say_what_to_do_and_lead_to_the_explanation(person: Person) -> None:
    query = {"client_id": person.tenant.apps["desk"].client_id, "response_type": "code", "scope": "openid"}
    address = f"{person.tenant.authority}/{person.tenant.tenant_id}/oauth2/v2.0/authorize"
    person.go(f"{address}?{urlencode({**query, 'redirect_uri': 'https://elsewhere.example'})}")
    assert "AADSTS50011" in (person.page.text_content("[role=alert]") or "")
    person.press("About this error")
    assert person.seen[-1] == "AADSTS50011"
    person.page.fill("#code", "")
    person.page.focus("#code")
    person.type("50126")

    assert person.seen[-1] == "AADSTS50126"
