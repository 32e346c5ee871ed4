"""Windows as a product: its builds, the update of every month, and what each of them removes.

All builds get the update of a month on the same day and lose the same weaknesses by it, under a number of their own.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from vedette.simulation.estate.products import Product, Release
from vedette.simulation.estate.weaknesses import Numbering


@dataclass(frozen=True, slots=True)
class Build:
    """A release of Windows as machines report it."""

    number: int
    version: str
    revision: int
    """The last part of the version of the oldest update in the table."""
    end_of_support: date


_BUILDS: Mapping[int, Build] = {
    build.number: build
    for build in (
        Build(14393, "1607", 7428, date(2027, 1, 12)),
        Build(17763, "1809", 6414, date(2029, 1, 9)),
        Build(19041, "2004", 1415, date(2021, 12, 14)),
        Build(19044, "21H2", 5011, date(2027, 1, 12)),
        Build(19045, "22H2", 5011, date(2025, 10, 14)),
        Build(20348, "21H2", 2762, date(2031, 10, 14)),
        Build(22000, "21H2", 3260, date(2024, 10, 8)),
        Build(22621, "22H2", 4317, date(2025, 10, 14)),
        Build(22631, "23H2", 4317, date(2026, 11, 10)),
        Build(26100, "24H2", 2033, date(2034, 10, 10)),
    )
}
_DEFAULT_BUILD: Mapping[str, int] = {
    "Windows10": 19045,
    "Windows11": 22631,
    "WindowsServer2016": 14393,
    "WindowsServer2019": 17763,
    "WindowsServer2022": 20348,
    "WindowsServer2025": 26100,
}
_NAMES: Mapping[str, tuple[str, str]] = {
    "Windows10": ("windows_10", "Windows 10"),
    "Windows11": ("windows_11", "Windows 11"),
    "WindowsServer2016": ("windows_server_2016", "Windows Server 2016"),
    "WindowsServer2019": ("windows_server_2019", "Windows Server 2019"),
    "WindowsServer2022": ("windows_server_2022", "Windows Server 2022"),
    "WindowsServer2025": ("windows_server_2025", "Windows Server 2025"),
}
_SUCCESSORS = {"Windows10": "microsoft windows_11", "WindowsServer2016": "microsoft windows_server_2022"}
_REVISIONS_A_MONTH = 74

# age of the update in days | what it removes
_MONTHS = """
102 |
74  | elevation race document
46  | elevation+public remote elevation spoof read-local stop
12  | elevation+zeroday+verified page loading warning read-local
"""


def _monthly() -> tuple[Release, ...]:
    numbering = Numbering(99_501)
    lines = (line.split("|") for line in _MONTHS.strip().splitlines())
    return tuple(
        Release(
            "", float(age), tuple(numbering.read(text, "Windows", float(age), is_fixed=True) for text in texts.split())
        )
        for age, texts in lines
    )


_MONTHLY = _monthly()


def _kb(build: int, month: int) -> str:
    """A number of its own for each build and month, above those in use."""
    place = list(_BUILDS).index(build) * 10 if build in _BUILDS else 200 + build % 50 * 10
    return str(5_099_000 + place + month)


@functools.cache
def windows(platform: str, build: int | None) -> Product | None:
    """Windows of a platform such as `Windows11` and a build; None for platforms that this table does not know."""
    if platform not in _NAMES:
        return None
    name, title = _NAMES[platform]
    number = build or _DEFAULT_BUILD[platform]
    known = _BUILDS.get(number)
    revision = known.revision if known else 1000
    releases = [
        Release(
            f"10.0.{number}.{revision + month * _REVISIONS_A_MONTH}",
            each.age_days,
            each.removes,
            _kb(number, month) if each.removes else "",
        )
        for month, each in enumerate(_MONTHLY)
    ]
    return Product(
        vendor="microsoft",
        name=name,
        title=title,
        category="Operating system",
        path="C:\\Windows\\System32\\ntoskrnl.exe",
        releases=tuple(releases),
        end_of_support=known.end_of_support if known else None,
        ends_by_version=platform not in _SUCCESSORS,
        successor=_SUCCESSORS.get(platform, ""),
        build=number,
    )
