"""A server with one organisation in memory, and a client that sends HTTP requests to its sign-in service in-process."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from vedette.catalogue.permission import DEFENDER, GRAPH, Resource
from vedette.tenant.clock import FixedClock
from vedette.tenant.directory import (
    Application,
    Directory,
    PasswordCredential,
    RequiredResourceAccess,
    ResourceAccess,
    ServicePrincipal,
    Tenant,
    User,
    hash_secret,
)
from vedette.tenant.identity.app import identity_app
from vedette.tenant.identity.keys import KeyRing
from vedette.tenant.state import Options, State
from vedette.tenant.store.database import Database

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
TENANT = "0f3c1a52-7f0b-4d55-9d0a-1c2f0e5b6a01"
OTHER_TENANT = "5b1e2c77-2d34-4b0e-8f61-9a7d3c4e5f02"
DOMAIN = "halden.example"
HOST = "https://localhost:8443"
DEFENDER_AUDIENCE = "https://api.securitycenter.microsoft.com"
PASSWORD = "Fjord-and-Fell-9"  # one for everybody in the fixtures
CLI = "c0000000-0000-4000-8000-000000000001"
DAEMON = "c0000000-0000-4000-8000-000000000002"
WEB = "c0000000-0000-4000-8000-000000000003"
SPA = "c0000000-0000-4000-8000-000000000004"
SECRET = "daemon-secret~value"


@cache
def _password_hash() -> str:
    return hash_secret(PASSWORD)


@cache
def shared_keys() -> KeyRing:
    """Making keys is slow, and what they are does not matter: one ring serves all tests that do not rotate."""
    return KeyRing(Database(None), FixedClock(NOW))


class Cloud:
    """The server under test: its state, short ways to put things into it, and requests."""

    def __init__(self, options: Options | None = None, *, moment: datetime = NOW) -> None:
        self.clock = FixedClock(moment)
        database = Database(None)
        self.directory = Directory(database)
        self.state = State(
            clock=self.clock,
            database=database,
            directory=self.directory,
            keys=shared_keys(),
            defender={},
            options=options or Options(),
        )
        self.tenant = self.add_tenant(TENANT, DOMAIN, "Halden Works")
        self.alice = self.add_user("alice")
        self.admin = self.add_user("admin", directory_roles=["Global Administrator"])
        self.cli = self.add_app(
            CLI,
            "SOC CLI",
            public_redirect_uris=["http://localhost"],
            is_fallback_public_client=True,
            required={DEFENDER: ["Alert.Read"]},
        )
        self.daemon = self.add_app(
            DAEMON, "SOC automation", secrets=[SECRET], web_redirect_uris=["https://soc.example/cb"]
        )
        self.app = identity_app(self.state)

    def restart(self) -> None:
        """Make the application anew over the same database."""
        self.app = identity_app(self.state)

    # What is in the directory

    def add_tenant(self, id: str, domain: str, name: str, **more: Any) -> Tenant:
        tenant = Tenant(id=id, domain=domain, display_name=name, created=self.clock.now() - timedelta(days=900), **more)
        self.directory.tenants.put(tenant)
        for resource in (DEFENDER, GRAPH):
            self.directory.service_principals.put(
                ServicePrincipal(
                    id=_guid(id, resource.app_id),
                    tenant_id=id,
                    app_id=resource.app_id,
                    display_name=resource.name,
                    owner_tenant_id=resource.owner_tenant,
                    created=self.clock.now(),
                )
            )
        return tenant

    def add_user(self, name: str, *, tenant: Tenant | None = None, **more: Any) -> User:
        tenant = tenant or self.tenant
        user = User(
            id=_guid(tenant.id, name),
            tenant_id=tenant.id,
            upn=f"{name}@{tenant.domain}",
            display_name=name.title(),
            given_name=name.title(),
            surname="Berg",
            **{"password_hash": _password_hash(), **more},
        )
        self.directory.users.put(user)
        return user

    def add_app(
        self,
        app_id: str,
        name: str,
        *,
        tenant: Tenant | None = None,
        required: Mapping[Resource, list[str]] | None = None,
        secrets: Iterable[str] = (),
        principal_in: Iterable[Tenant] | None = None,
        **more: Any,
    ) -> Application:
        tenant = tenant or self.tenant
        application = Application(
            id=_guid(app_id, "object"),
            app_id=app_id,
            tenant_id=tenant.id,
            display_name=name,
            created=self.clock.now(),
            password_credentials=[
                PasswordCredential(
                    key_id=_guid(app_id, text),
                    secret_hash=hash_secret(text, is_random=True),
                    hint=text[:3],
                    start=self.clock.now() - timedelta(days=1),
                    end=self.clock.now() + timedelta(days=365),
                )
                for text in secrets
            ],
            **{"sign_in_audience": "AzureADMyOrg", "required_resource_access": _listed(required or {}), **more},
        )
        self.directory.applications.put(application)
        for place in (tenant,) if principal_in is None else principal_in:
            self.directory.service_principals.put(
                ServicePrincipal(
                    id=_guid(place.id, app_id),
                    tenant_id=place.id,
                    app_id=app_id,
                    display_name=name,
                    owner_tenant_id=tenant.id,
                    created=self.clock.now(),
                )
            )
        return application

    def principal(self, app_id: str, tenant: Tenant | None = None) -> ServicePrincipal:
        found = self.directory.service_principal((tenant or self.tenant).id, app_id)
        assert found is not None
        return found

    def consent(self, app: Application, *scopes: str, resource: Resource = DEFENDER, user: User | None = None) -> None:
        self.directory.grant_scopes(
            self.principal(app.app_id), self.principal(resource.app_id), scopes, user_id=user.id if user else None
        )

    def assign(self, app: Application, *roles: str, resource: Resource = DEFENDER) -> None:
        api = self.principal(resource.app_id)
        for role in roles:
            self.directory.assign_role(self.principal(app.app_id).id, api, resource.roles[role].id, self.clock.now())

    # Requests

    def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """One request without cookies; redirects are answers like any other."""
        return Browser(self).send(method, path, **request)

    def token(
        self, *, tenant: str = TENANT, version: int = 2, headers: Mapping[str, str] = {}, **form: str
    ) -> httpx2.Response:
        path = f"/{tenant}/oauth2/{'v2.0/' if version == 2 else ''}token"
        return self.send("POST", path, data=form, headers=headers)

    def password_token(self, *, version: int = 2, **form: str) -> httpx2.Response:
        """The documented password request, with anything in it replaced by `form`."""
        what = {"scope": f"{DEFENDER_AUDIENCE}/.default"} if version == 2 else {"resource": DEFENDER_AUDIENCE}
        base = {"grant_type": "password", "client_id": CLI, "username": self.alice.upn, "password": PASSWORD, **what}
        tenant = form.pop("tenant", TENANT)
        return self.token(tenant=tenant, version=version, **{k: v for k, v in {**base, **form}.items() if v != ""})

    def app_token(self, *, version: int = 2, **form: str) -> httpx2.Response:
        what = {"scope": f"{DEFENDER_AUDIENCE}/.default"} if version == 2 else {"resource": DEFENDER_AUDIENCE}
        base = {"grant_type": "client_credentials", "client_id": DAEMON, "client_secret": SECRET, **what}
        tenant = form.pop("tenant", TENANT)
        return self.token(tenant=tenant, version=version, **{k: v for k, v in {**base, **form}.items() if v != ""})


class Browser:
    """Sends requests and keeps cookies, as a browser does; it does not follow redirects by itself."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        async def go() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=self.cloud.app)
            async with httpx2.AsyncClient(transport=transport, base_url=HOST, cookies=self.cookies) as client:
                answer = await client.request(method, path, **request)
                self.cookies.update({cookie.name: cookie.value or "" for cookie in client.cookies.jar})
                return answer

        return asyncio.run(go())

    def open(self, path: str, **query: str) -> Page:
        return Page(self, self.send("GET", path, params=query))

    def authorize(self, *, version: int = 2, tenant: str = TENANT, **query: str) -> Page:
        """Open the authorize page of the command line app, with anything in the request replaced by `query`."""
        what = {"scope": f"{DEFENDER_AUDIENCE}/Alert.Read"} if version == 2 else {"resource": DEFENDER_AUDIENCE}
        base = {"client_id": CLI, "response_type": "code", "redirect_uri": "http://localhost:5001", "state": "s1"}
        path = f"/{tenant}/oauth2/{'v2.0/' if version == 2 else ''}authorize"
        return self.open(path, **{k: v for k, v in {**base, **what, **query}.items() if v != ""})

    def sign_in(self, page: Page, user: User, password: str = PASSWORD) -> Page:
        """Fill in user name and password."""
        return page.submit("user-name", user_name=user.upn).submit("password", password=password)


class Page:
    """What a browser shows: heading, forms, notice; or the redirect that it got instead."""

    def __init__(self, browser: Browser, answer: httpx2.Response) -> None:
        self.browser = browser
        self.answer = answer
        self.reader = _Reader()
        self.reader.feed(answer.text)

    @property
    def heading(self) -> str:
        return self.reader.text_of("h1")

    @property
    def notice(self) -> str:
        return self.reader.text_of("notice")

    @property
    def items(self) -> list[str]:
        return [" ".join(text.split()) for name, text in self.reader.texts if name == "li"]

    @property
    def target(self) -> dict[str, str]:
        """The parameters that the redirect URI gets, however they travel."""
        location = self.answer.headers.get("location")
        if location is None:
            return dict(self.form("").fields)
        parts = urlsplit(location)
        return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}

    @property
    def location(self) -> str:
        """Where the redirect goes, without its parameters."""
        parts = urlsplit(self.answer.headers["location"])
        return f"{parts.scheme}://{parts.netloc}{parts.path}"

    def form(self, action: str) -> _Form:
        return next(form for form in self.reader.forms if form.action.endswith(action))

    def submit(self, action: str, index: int = 0, **fields: str) -> Page:
        """Send the form whose address ends so, with its hidden fields."""
        form = [form for form in self.reader.forms if form.action.endswith(action)][index]
        answer = self.browser.send("POST", form.action, data={**form.fields, **fields})
        return Page(self.browser, answer)


@dataclass
class _Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collects forms with their fields, and the texts of the elements that specifications look at."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(_Form(values["action"]))
        elif tag == "input" and self.forms and "name" in values and values.get("type") != "checkbox":
            self.forms[-1].fields[values["name"]] = values.get("value", "")
        name = kind if (kind := values.get("class", "")) in ("notice", "secret") else tag
        if name in ("h1", "li", "notice", "secret"):
            self._open.append(tag)
            self.texts.append((name, ""))

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            name, text = self.texts[-1]
            self.texts[-1] = (name, text + data)

    def text_of(self, wanted: str) -> str:
        return next((text.strip() for name, text in self.texts if name == wanted), "")


def _guid(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)))


def _listed(required: Mapping[Resource, list[str]]) -> list[RequiredResourceAccess]:
    return [
        RequiredResourceAccess(
            resource_app_id=resource.app_id,
            resource_access=[ResourceAccess(id=resource.scopes[value].id, type="Scope") for value in values],
        )
        for resource, values in required.items()
    ]


def code_of(answer: httpx2.Response) -> int:
    """The AADSTS number of a refusal; 0 for an answer that is none."""
    numbers: list[int] = answer.json().get("error_codes", [0])
    return numbers[0]


def claims(token: str) -> dict[str, Any]:
    """The claims of a token, unverified."""
    return part(token, 1)


def header(token: str) -> dict[str, Any]:
    """The header of a token."""
    return part(token, 0)


def part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return value
