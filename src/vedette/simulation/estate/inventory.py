"""What is installed on a machine: decided by the machine's system, what it is for, and its id, and by nothing else.

Tags, values and groups may change, and the inventory does not change with them. Products whose programs run in the
simulation are pinned to the version that its rows show; the others lag behind their latest release by a number of days
that belongs to the machine and the product.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vedette.catalogue.machines import Machine
from vedette.simulation.estate.products import PRODUCTS, Product, Release
from vedette.simulation.estate.steady import share
from vedette.simulation.estate.updates import windows
from vedette.simulation.estate.weaknesses import Weakness

_QUIET_DAYS = 45
"""Pinned products did not change for at least so long, since telemetry shows one version throughout."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The facts of a machine that its estate follows from."""

    id: str
    name: str
    platform: str
    version: str
    build: int | None

    @property
    def role(self) -> str:
        """workstation, dc, files, web, sql, app, linux or mac, as far as platform and name tell; other where not."""
        if self.platform in ("Linux", "macOS"):
            return {"Linux": "linux", "macOS": "mac"}[self.platform]
        if not self.platform.startswith("Windows"):
            return "other"
        if not self.platform.startswith("WindowsServer"):
            return "workstation"
        found = _SERVER_NAME.search(self.name.partition(".")[0].lower())
        return _SERVERS[found[1]] if found else "app"

    @property
    def is_windows(self) -> bool:
        return self.platform.startswith("Windows")


_SERVERS = {"dc": "dc", "fs": "files", "file": "files", "web": "web", "iis": "web", "sql": "sql", "db": "sql"}
_SERVER_NAME = re.compile(rf"({'|'.join(_SERVERS)})-?\d*$")


def profile_of(machine: Machine) -> Profile:
    """The lasting facts of a machine."""
    return Profile(
        machine.id,
        machine.computer_dns_name or "",
        machine.os_platform or "",
        machine.version or "",
        machine.os_build,
    )


@dataclass(frozen=True, slots=True)
class Installed:
    """One product on one machine."""

    product: Product
    position: int
    """Of the installed release among the product's."""
    since_days: float
    """Days since this release came onto the machine."""
    is_pinned: bool

    @property
    def release(self) -> Release:
        return self.product.releases[self.position]

    @property
    def weaknesses(self) -> tuple[Weakness, ...]:
        return self.product.weaknesses(self.position)

    @property
    def lag_days(self) -> float:
        """Days that the machine takes to take up a release."""
        return self.release.age_days - self.since_days

    @property
    def removed(self) -> tuple[Weakness, ...]:
        """Weaknesses that the last change took from the machine, and that it had been seen to have."""
        if self.is_pinned or self.position == 0:
            return ()
        return tuple(each for each in self.release.removes if each.age_days > self.since_days)

    def seen_days(self, weakness: Weakness) -> float:
        """Days since a weakness of this product could first be seen on the machine."""
        return min(weakness.age_days, self.since_days)


# role | products: `vendor name`, `@version` where pinned, `%` how many machines of a hundred have it
_ROLES = """
workstation | microsoft edge_chromium-based@130.0.2849.68, microsoft office@16.0.18129.20158, microsoft teams@24277.3507.3205.5228, microsoft onedrive@24.206.1013.4, 7-zip 7-zip@24.8.0.0, halden_works inventory@2.1.0.0, halden_works desk_booking, google chrome%70, mozilla firefox%30, adobe acrobat_reader%85, zoom zoom%45, notepad-plus-plus notepad++%25, putty putty%12, winscp winscp%10, videolan vlc_media_player%20, wireshark wireshark%6, git git%15, python python%12, microsoft visual_studio_code%18, microsoft silverlight%5, oracle java%15, microsoft .net%60, openssl openssl%35
dc          | halden_works backup_agent@3.4.2.0, vmware tools
files       | halden_works backup_agent@3.4.2.0, 7-zip 7-zip@22.1.0.0, vmware tools
web         | microsoft internet_information_services@10.0, halden_works backup_agent@3.4.2.0, progress telerik@2019.3, microsoft .net, openssl openssl, vmware tools
sql         | microsoft sql_server_2019@15.0.4395.2, halden_works backup_agent@3.4.2.0, microsoft .net, vmware tools
app         | halden_works backup_agent@3.4.2.0, oracle java, openssl openssl%50, vmware tools
linux       | nginx nginx, openbsd openssh, python python, gnu bash, haxx curl, openssl openssl
mac         | apple safari, git git, google chrome%60, zoom zoom%60, microsoft visual_studio_code%50, microsoft office%80, microsoft edge_chromium-based%30
"""  # noqa: E501

_WANTED: Mapping[str, tuple[tuple[str, str, int], ...]] = {
    role.strip(): tuple(
        (match[1], match[2] or "", int(match[3] or 100))
        for match in (re.fullmatch(r"([^@%]+)(?:@([^%]+))?(?:%(\d+))?", text.strip()) for text in products.split(","))
        if match
    )
    for role, products in (line.split("|", 1) for line in _ROLES.strip().splitlines())
}


@functools.lru_cache(maxsize=50_000)
def installed(profile: Profile) -> tuple[Installed, ...]:
    """The inventory of a machine, its operating system first."""
    return tuple(_found(profile))


def _found(profile: Profile) -> Iterator[Installed]:
    system = _system(profile)
    if system is not None:
        yield system
    for key, version, percent in _WANTED.get(profile.role, ()):
        if share(profile.id, key, "has") * 100 >= percent:
            continue
        product = PRODUCTS[key]
        yield _pinned(profile, product, product.position(version)) if version else _lagging(profile, product)


def _system(profile: Profile) -> Installed | None:
    if profile.role == "mac":
        return _of_version(profile, PRODUCTS["apple macos"])
    if profile.role == "linux":
        return _of_version(profile, PRODUCTS["canonical ubuntu_linux"])
    product = windows(profile.platform, profile.build)
    return _lagging(profile, product) if product else None


def _of_version(profile: Profile, product: Product) -> Installed:
    """The version that the machine reports of itself; the oldest known where it reports another."""
    versions = [release.version for release in product.releases]
    return _pinned(profile, product, versions.index(profile.version) if profile.version in versions else 0)


def _pinned(profile: Profile, product: Product, position: int) -> Installed:
    age = product.releases[position].age_days
    newest = max(age - _QUIET_DAYS, 0.0)
    return Installed(product, position, round(age - share(profile.id, product.id, "lag") * newest, 3), is_pinned=True)


def _lagging(profile: Profile, product: Product) -> Installed:
    """The release that a machine has which takes up releases so many days after they come out."""
    care = share(profile.id, "care")
    lag = 2 + 55 * care**2 + 25 * share(profile.id, product.id, "lag")
    releases = list(enumerate(product.releases))
    position, release = next(((at, each) for at, each in reversed(releases) if each.age_days >= lag), releases[0])
    return Installed(product, position, round(max(release.age_days - lag, 0.5), 3), is_pinned=False)


def disk_path(profile: Profile, product: Product) -> str:
    """Where the product lies on a machine of this system."""
    if profile.role == "mac":
        return product.path if product.path.startswith("/") else f"/Applications/{product.title}.app"
    if profile.role == "linux":
        return product.path if product.path.startswith("/") else f"/usr/lib/{product.name}"
    return product.path


def registry_path(profile: Profile, product: Product) -> str:
    """The registry key that shows the product; empty off Windows and for the system itself."""
    if not profile.is_windows or product.is_system:
        return ""
    return f"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{product.title}"
