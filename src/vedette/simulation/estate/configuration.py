"""Secure configuration: the settings that are checked, where each applies, and which machines meet it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vedette.simulation.estate.inventory import Profile
from vedette.simulation.estate.steady import share


@dataclass(frozen=True, slots=True)
class Check:
    """A setting that a machine should have."""

    id: str
    """`scid-…`."""
    category: str
    """Accounts, Application, Network, OS or SecurityControls."""
    subcategory: str
    impact: float
    """Weight in the secure score, 1 to 10."""
    has_user_impact: bool
    """People would notice the change."""
    met_percent: int
    """How many machines of a hundred have it."""
    places: frozenset[str]
    """Roles that it applies to."""
    name: str
    """What to do, as the recommendation says it."""

    @property
    def recommendation(self) -> str:
        return f"sca-_-{self.id}"


REAL_TIME, SIGNATURES, CLOUD, TAMPERING = "scid-9101", "scid-9102", "scid-9103", "scid-9104"
"""The checks that the report of antivirus health answers too."""

_WINDOWS = frozenset(("workstation", "dc", "files", "web", "sql", "app"))
_PLACES: Mapping[str, frozenset[str]] = {
    "windows": _WINDOWS,
    "workstation": frozenset(("workstation",)),
    "server": _WINDOWS - {"workstation"},
    "dc": frozenset(("dc",)),
    "web": frozenset(("web",)),
    "linux": frozenset(("linux",)),
    "mac": frozenset(("mac",)),
}

# id | where | category | subcategory | impact | users notice | met % | name
_CHECKS = """
scid-9101 | windows     | SecurityControls | Antivirus        | 9 | no  | 97 | Turn on real-time protection
scid-9102 | windows     | SecurityControls | Antivirus        | 8 | no  | 88 | Update Microsoft Defender Antivirus definitions
scid-9103 | windows     | SecurityControls | Antivirus        | 8 | no  | 91 | Turn on cloud-delivered protection
scid-9104 | windows     | SecurityControls | Antivirus        | 9 | no  | 84 | Turn on tamper protection
scid-9111 | windows     | SecurityControls | Firewall         | 7 | no  | 93 | Turn on the firewall in the domain profile
scid-9112 | workstation | SecurityControls | BitLocker        | 8 | yes | 82 | Encrypt the system drive
scid-9121 | workstation | SecurityControls | AttackSurface    | 9 | yes | 55 | Block Office programs from starting child processes
scid-9122 | windows     | SecurityControls | AttackSurface    | 9 | no  | 61 | Block stealing of credentials from the local security authority
scid-9123 | workstation | SecurityControls | AttackSurface    | 8 | yes | 48 | Block scripts from starting downloaded programs
scid-9201 | windows     | OS               | Credentials      | 8 | no  | 66 | Run the local security authority as a protected process
scid-9202 | windows     | OS               | Credentials      | 7 | no  | 96 | Disable storing of passwords in reversible form
scid-9211 | windows     | OS               | Scripting        | 6 | no  | 58 | Log PowerShell script blocks
scid-9301 | windows     | Network          | SMB              | 9 | no  | 94 | Disable version 1 of SMB
scid-9302 | windows     | Network          | SMB              | 8 | no  | 71 | Require signing of SMB
scid-9303 | windows     | Network          | Name resolution  | 6 | no  | 52 | Disable link-local multicast name resolution
scid-9304 | server      | Network          | Remote desktop   | 7 | no  | 90 | Require network level authentication for remote desktop
scid-9305 | dc          | Network          | LDAP             | 8 | no  | 40 | Require signing of LDAP
scid-9306 | web         | Network          | Transport        | 7 | no  | 30 | Disable versions of TLS before 1.2
scid-9401 | windows     | Accounts         | Local accounts   | 7 | no  | 73 | Give every machine its own password of the local administrator
scid-9402 | windows     | Accounts         | Guest            | 5 | no  | 99 | Disable the guest account
scid-9403 | windows     | Accounts         | Lockout          | 6 | yes | 80 | Lock accounts after ten wrong passwords
scid-9501 | workstation | Application      | Office           | 7 | yes | 64 | Block macros in documents from the internet
scid-9502 | workstation | Application      | Browser          | 5 | yes | 77 | Block potentially unwanted downloads in the browser
scid-9601 | linux       | Network          | SSH              | 8 | no  | 60 | Forbid signing in as root over SSH
scid-9602 | linux       | Accounts         | Password         | 6 | no  | 70 | Require passwords of fourteen characters
scid-9603 | linux       | SecurityControls | Antivirus        | 8 | no  | 85 | Turn on real-time protection on Linux
scid-9701 | mac         | SecurityControls | FileVault        | 8 | yes | 90 | Encrypt the startup disk
scid-9702 | mac         | SecurityControls | Firewall         | 6 | no  | 75 | Turn on the application firewall
"""  # noqa: E501


def _checks() -> Iterator[Check]:
    for line in _CHECKS.strip().splitlines():
        key, where, category, subcategory, impact, notice, met, name = [cell.strip() for cell in line.split("|")]
        yield Check(
            id=key,
            category=category,
            subcategory=subcategory,
            impact=float(impact),
            has_user_impact=notice == "yes",
            met_percent=int(met),
            places=_PLACES[where],
            name=name,
        )


CHECKS: Mapping[str, Check] = {check.id: check for check in _checks()}
"""Id → check."""


def applies(check: Check, profile: Profile) -> bool:
    """Whether a machine is asked for the setting at all."""
    return profile.role in check.places


def is_met(check: Check, profile: Profile) -> bool:
    """Whether a machine has the setting; asked of machines it applies to."""
    return share(profile.id, check.id) * 100 < check.met_percent
