"""A person at a browser, over HTTP: fills in the forms that the sign-in pages show, and keeps cookies.

Nothing here knows an address of the tenant besides the one that a client says to open.
"""

from __future__ import annotations

import threading
import webbrowser
from html.parser import HTMLParser
from types import TracebackType
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from vedette.tenant.local import LocalTenant
from vedette.tenant.seed import UserAccess


class Browser:
    """One person's browser. `through_proxy`: it reaches Microsoft's host names by the tenant's proxy."""

    def __init__(self, tenant: LocalTenant, *, through_proxy: bool = False) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = tenant.ca_bundle
        if through_proxy:
            self._session.proxies = {"https": tenant.proxy_url}
        self._page = requests.Response()
        self._forms = _Forms()

    def open(self, address: str) -> Browser:
        return self._show(self._session.get(address, allow_redirects=False))

    def submit(self, action: str, **fields: str) -> Browser:
        """Fill in the form whose address ends so, and send it with its hidden fields."""
        form = next(form for form in self._forms.found if form.action.endswith(action))
        target = urljoin(self._page.url, form.action)
        return self._show(self._session.post(target, data={**form.fields, **fields}, allow_redirects=False))

    def sign_in(self, user: UserAccess) -> Browser:
        assert user.password is not None
        return self.submit("/user-name", user_name=user.upn).submit("/password", password=user.password)

    def approve_device(self, address: str, user_code: str, user: UserAccess) -> str:
        """Enter a device code, sign in, confirm the app. Answers what the last page is headed."""
        self.open(address).submit("/deviceauth", user_code=user_code)
        return self.sign_in(user).submit("/confirm").heading

    @property
    def heading(self) -> str:
        return self._forms.heading.strip()

    @property
    def landed(self) -> tuple[str, str, dict[str, str]]:
        """How and where the app is told the outcome, and what: method, redirect URI, parameters."""
        location = self._page.headers.get("location")
        if location is None:
            form = self._forms.found[0]
            return "POST", form.action, dict(form.fields)
        parts = urlsplit(location)
        told = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return "GET", f"{parts.scheme}://{parts.netloc}{parts.path}", told

    def deliver(self) -> None:
        """Go where the last page leads: to the listener that the app has opened on this machine."""
        method, address, told = self.landed
        as_query, as_form = (told, None) if method == "GET" else (None, told)
        requests.Session().request(method, address, params=as_query, data=as_form).raise_for_status()

    def _show(self, page: requests.Response) -> Browser:
        self._page = page
        self._forms = _Forms()
        self._forms.feed(page.text)
        return self


class PersonAtTheBrowser(webbrowser.BaseBrowser):
    """Stands in for the system's browser: whoever opens an address in it is signed in as one user."""

    def __init__(self, tenant: LocalTenant, user: UserAccess) -> None:
        super().__init__("person")
        self._tenant, self._user = tenant, user
        self._people: list[threading.Thread] = []
        self.opened: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.opened.append(url)
        # As with a real browser, the program goes on and listens while the person types.
        self._people.append(threading.Thread(target=self._use, args=(url,), daemon=True))
        self._people[-1].start()
        return True

    def __enter__(self) -> PersonAtTheBrowser:
        webbrowser.register("person", None, self, preferred=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        webbrowser._tryorder.remove("person")  # type: ignore[attr-defined]  # the library has no way to unregister
        for person in self._people:
            person.join(timeout=10)

    def _use(self, url: str) -> None:
        Browser(self._tenant).open(url).sign_in(self._user).deliver()


class _Form:
    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: dict[str, str] = {}


class _Forms(HTMLParser):
    """The forms of a page with their fields, and its heading."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Form] = []
        self.heading = ""
        self._is_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._is_heading = tag == "h1"
        if tag == "form":
            self.found.append(_Form(values["action"]))
        elif tag == "input" and self.found and "name" in values and values.get("type") != "checkbox":
            self.found[-1].fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1":
            self._is_heading = False

    def handle_data(self, data: str) -> None:
        if self._is_heading:
            self.heading += data
