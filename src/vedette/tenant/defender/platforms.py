"""Which operating systems take which response action, as the pages of the actions say.

The pages name releases of Windows for clients; a server counts as the client release of its build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vedette.catalogue.machines import Machine
from vedette.tenant.problems import Problem

SERVER_RELEASES: Mapping[str, str] = {
    "WindowsServer2016": "1607",
    "WindowsServer2019": "1809",
    "WindowsServer2022": "21H2",
    "WindowsServer2025": "24H2",
}


@dataclass(frozen=True, slots=True)
class Needs:
    """What an action asks of a machine."""

    action: str
    """As a sentence names it."""
    release: str = ""
    """Oldest release of Windows 10; empty: any Windows."""
    linux: bool = False
    mac_os: bool = False


ANYWHERE = Needs("", linux=True, mac_os=True)
FULL_ISOLATION = Needs("Isolation", "1703", linux=True)
SELECTIVE_ISOLATION = Needs("Selective isolation", "1709")
CODE_RESTRICTION = Needs("Restricting code execution", "1709")
QUARANTINE = Needs("Stop and quarantine file", "1703")
OFFBOARDING = Needs("Offboarding")
INVESTIGATION = Needs("Automated investigation", "1709")


def problem(machine: Machine, needs: Needs) -> Problem | None:
    """Why the machine's operating system cannot take the action; None where it can.

    A Windows 10 that is too old has the right platform, so it is told the release it needs.
    """
    platform = machine.os_platform or ""
    refused = Problem("OsPlatformNotSupported", platform=platform or "unknown")
    if not platform.startswith("Windows"):
        is_mac = platform.lower().startswith("macos")
        return None if (needs.mac_os if is_mac else needs.linux) else refused
    if not needs.release or platform.startswith("Windows11"):
        return None
    if platform.startswith("WindowsServer"):
        release = next((own for name, own in SERVER_RELEASES.items() if platform.startswith(name)), None)
        return None if release is not None and _order(release) >= _order(needs.release) else refused
    if not platform.startswith("Windows10"):
        return refused
    if machine.version and _order(machine.version) < _order(needs.release):
        return Problem("ClientVersionNotSupported", action=needs.action, version=needs.release)
    return None


def require(machine: Machine, needs: Needs) -> None:
    """Raises: Problem OsPlatformNotSupported or ClientVersionNotSupported."""
    found = problem(machine, needs)
    if found is not None:
        raise found


def _order(release: str) -> tuple[int, int]:
    """Year and month of a release such as `1709` or `22H2`; an unknown one counts as the newest."""
    found = re.fullmatch(r"(\d\d)(?:(\d\d)|H([12]))", release)
    if found is None:
        return (99, 0)
    return (int(found[1]), int(found[2]) if found[2] else 6 * int(found[3]))
