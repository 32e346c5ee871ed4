"""Browser extensions on machines, and what the permissions that they ask for allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vedette.simulation.estate.inventory import Installed, Profile, installed
from vedette.simulation.estate.steady import share

_RISKS = ("None", "Low", "Medium", "High", "Critical")


@dataclass(frozen=True, slots=True)
class Permission:
    """Something that an extension may be allowed to do."""

    key: str
    name: str
    risk: str
    description: str


_PERMISSIONS = """
activeTab     | Active tab             | Low      | Reads and changes the page that is open, once the user clicks the extension.
bookmarks     | Bookmarks              | Low      | Reads and changes bookmarks.
clipboardRead | Read the clipboard     | High     | Reads what was copied, passwords included.
cookies       | Cookies                | Critical | Reads and changes cookies, and with them signed-in sessions.
downloads     | Downloads              | Medium   | Starts downloads and opens what came.
history       | Browsing history       | Medium   | Reads the addresses of all pages that were visited.
nativeMessaging | Native programs      | High     | Talks to programs outside the browser.
notifications | Notifications          | None     | Shows notifications.
proxy         | Proxy                  | Critical | Decides which way the traffic of the browser takes.
scripting     | Scripts in pages       | High     | Puts scripts into pages.
storage       | Storage                | None     | Keeps settings of its own.
tabs          | Tabs                   | Medium   | Reads the addresses and titles of open tabs.
webRequest    | Requests               | High     | Sees requests of pages, and changes them.
"""  # noqa: E501
PERMISSIONS: Mapping[str, Permission] = {
    key: Permission(key, name, risk, description)
    for key, name, risk, description in (
        [cell.strip() for cell in line.split("|")] for line in _PERMISSIONS.strip().splitlines()
    )
}
"""Key → permission."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A browser extension."""

    id: str
    name: str
    vendor: str
    version: str
    percent: int
    """How many browsers of a hundred have it."""
    required: tuple[str, ...]
    optional: tuple[str, ...]
    description: str

    @property
    def permissions(self) -> tuple[tuple[Permission, bool], ...]:
        """The permissions, each with whether the extension needs it."""
        needed = tuple((PERMISSIONS[key], True) for key in self.required)
        return needed + tuple((PERMISSIONS[key], False) for key in self.optional)

    @property
    def risk(self) -> str:
        """The highest risk among the permissions."""
        return max((permission.risk for permission, _ in self.permissions), key=_RISKS.index, default="None")


# id | name | vendor | version | % | needs | may ask for | description
_EXTENSIONS = """
aabbccddeeffgghhiijjkkllmmnnoopp | Halden Single Sign-On | Halden Works     | 1.4.0  | 80 | nativeMessaging storage | cookies    | Signs in to company pages.
abababababababababababababababab | Quiet Pages           | Quiet Pages Ltd. | 6.12.1 | 40 | webRequest storage      | scripting  | Leaves out advertisements.
acacacacacacacacacacacacacacacac | Page Clipper          | Clip and Keep    | 3.0.9  | 15 | activeTab clipboardRead | downloads  | Keeps parts of pages as notes.
adadadadadadadadadadadadadadadad | Coupon Owl            | Owl Offers       | 0.9.44 | 8  | cookies tabs history    | proxy      | Looks for cheaper offers.
aeaeaeaeaeaeaeaeaeaeaeaeaeaeaeae | Dark Reading Room     | B. Lindqvist     | 2.2.0  | 25 | scripting storage       |            | Shows pages light on dark.
afafafafafafafafafafafafafafafaf | Meeting Notes         | Notewell         | 4.1.3  | 20 | notifications storage   | tabs       | Reminds of meetings.
"""  # noqa: E501
EXTENSIONS: tuple[Extension, ...] = tuple(
    Extension(key, name, vendor, version, int(percent), tuple(needs.split()), tuple(asks.split()), description)
    for key, name, vendor, version, percent, needs, asks, description in (
        [cell.strip() for cell in line.split("|")] for line in _EXTENSIONS.strip().splitlines()
    )
)
_BROWSERS = {"edge_chromium-based": "Microsoft Edge", "chrome": "Google Chrome", "firefox": "Mozilla Firefox"}


@dataclass(frozen=True, slots=True)
class InstalledExtension:
    """An extension in one browser of one machine."""

    extension: Extension
    browser: str
    since_days: float
    is_activated: bool


def extensions(profile: Profile) -> Iterator[InstalledExtension]:
    """The extensions in the browsers of a machine."""
    for each in installed(profile):
        if each.product.name in _BROWSERS:
            yield from _in_browser(profile, each)


def _in_browser(profile: Profile, browser: Installed) -> Iterator[InstalledExtension]:
    for extension in EXTENSIONS:
        if share(profile.id, browser.product.id, extension.id) * 100 < extension.percent:
            yield InstalledExtension(
                extension,
                _BROWSERS[browser.product.name],
                round(3 + share(profile.id, extension.id, "since") * 200, 3),
                share(profile.id, extension.id, "active") < 0.9,
            )
