"""A browser without script: it follows redirects, keeps cookies, reads pages, fills in forms. In this process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
from starlette.types import ASGIApp

ORIGIN = "https://localhost"


@dataclass
class Form:
    """A form with the values that it comes with."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Reader(HTMLParser):
    """What a page shows: its text, its forms, its links, and what a strict policy would block."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.blocked: list[str] = []
        self._select = self._link = ""
        self._hidden = 0
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.blocked += [f"<{tag} {name}>" for name in values if name == "style" or name.startswith("on")]
        if tag in ("script", "style"):
            self.blocked.append(f"<{tag}>")
        self._hidden += tag in ("title", "style", "script")
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get").upper()))
        elif tag == "a":
            self._link = values.get("href", "")
        elif tag in ("input", "textarea") and self.forms and values.get("name"):
            if values.get("type") != "checkbox":
                self.forms[-1].fields[values["name"]] = values.get("value", "")
        elif tag == "select":
            self._select = values["name"]
        elif tag == "option" and self._select:
            fields = self.forms[-1].fields
            if "selected" in values or self._select not in fields:
                fields[self._select] = values["value"]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("title", "style", "script")
        self._select = "" if tag == "select" else self._select
        self._link = "" if tag == "a" else self._link

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)
            if self._link and data.strip():
                self.links.setdefault(data.strip(), self._link)


class Browser:
    """One person's browser. After each step `page` is what is on the screen, `answer` how it came, `url` where."""

    def __init__(self, app: ASGIApp, origin: str = ORIGIN) -> None:
        self.origin = origin
        self.cookies = httpx2.Cookies()
        self._transport = httpx2.ASGITransport(app)
        self.answer: httpx2.Response
        self.page: Reader
        self.url = ""

    def send(self, method: str, address: str, *, follow: bool = True, **more: Any) -> Browser:
        """One request, and the redirects that it leads to."""

        async def run() -> httpx2.Response:
            async with httpx2.AsyncClient(
                transport=self._transport, cookies=self.cookies, follow_redirects=follow
            ) as client:
                answer = await client.request(method, urljoin(self.url or self.origin, address), **more)
                self.cookies = client.cookies
                return answer

        self.answer = asyncio.run(run())
        self.url = str(self.answer.url)
        self.page = Reader(self.answer.text)
        return self

    def open(self, address: str) -> Browser:
        """Type an address."""
        return self.send("GET", address)

    def submit(self, action: str, **values: str) -> Browser:
        """Fill in the first form whose address ends like this, and send it."""
        form = next(form for form in self.page.forms if urlsplit(form.action).path.endswith(action))
        fields = {**form.fields, **values}
        origin = f"{urlsplit(self.url).scheme}://{urlsplit(self.url).netloc}"
        if form.method == "GET":
            return self.send("GET", form.action, params=fields)
        return self.send("POST", form.action, data=fields, headers={"Origin": origin})

    def sign_in(self, user_name: str, password: str) -> Browser:
        """Through the tenant's own sign-in pages, from the portal's first page back to it."""
        self.open("/").submit("/user-name", user_name=user_name)
        return self.submit("/password", password=password)
