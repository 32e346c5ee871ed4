"""Security baselines: settings of a benchmark of our own, the profiles that ask for them, and one exception.

A setting is the detail behind a check of secure configuration, so the two never disagree about a machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vedette.simulation.estate.configuration import CHECKS, Check, is_met
from vedette.simulation.estate.inventory import Profile

BENCHMARK = "Vedette Reference Benchmark"
BENCHMARK_VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Setting:
    """One value that the benchmark wants in one place."""

    id: str
    check: Check
    level: str
    cce: str
    source: str
    """The registry value, or the file and key, that is looked at."""
    wanted: str
    found: str
    """The value of machines that do not comply."""
    rationale: str

    def is_met(self, profile: Profile) -> bool:
        return is_met(self.check, profile)


# section | check | level | place | wanted | value of others | rationale
_SETTINGS = r"""
1.1 | scid-9201 | Level 1 | HKLM\SYSTEM\CurrentControlSet\Control\Lsa\RunAsPPL | 1 | 0 | Programs of an administrator read passwords from an unprotected process.
1.2 | scid-9202 | Level 1 | HKLM\SECURITY\Policy\ClearTextPassword | 0 | 1 | Passwords that can be turned back into text are as good as text.
1.3 | scid-9402 | Level 1 | HKLM\SAM\Accounts\Guest\Enabled | 0 | 1 | Nobody can be held to account for what a guest does.
1.4 | scid-9403 | Level 1 | HKLM\SECURITY\Policy\LockoutThreshold | 10 | 0 | Without a limit, passwords can be tried for ever.
2.1 | scid-9301 | Level 1 | HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters\SMB1 | 0 | 1 | The first version of SMB cannot tell a server from somebody in between.
2.2 | scid-9302 | Level 1 | HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters\RequireSecuritySignature | 1 | 0 | Unsigned sessions can be handed on to another server.
2.3 | scid-9303 | Level 2 | HKLM\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient\EnableMulticast | 0 | 1 | Anybody on the network may answer such a question.
2.4 | scid-9304 | Level 1 | HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp\UserAuthentication | 1 | 0 | A logon screen for strangers is a place to attack.
3.1 | scid-9211 | Level 1 | HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging\EnableScriptBlockLogging | 1 | 0 | What was not written down cannot be found later.
3.2 | scid-9111 | Level 1 | HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile\EnableFirewall | 1 | 0 | Services that nobody needs from outside should not be reachable.
3.3 | scid-9501 | Level 1 | HKCU\SOFTWARE\Policies\Microsoft\Office\16.0\word\security\blockcontentexecutionfrominternet | 1 | 0 | Documents from mail start most break-ins.
4.1 | scid-9601 | Level 1 | /etc/ssh/sshd_config: PermitRootLogin | no | yes | The name of the strongest account should not be half of the answer.
4.2 | scid-9602 | Level 1 | /etc/security/pwquality.conf: minlen | 14 | 8 | Short passwords are found by trying.
"""  # noqa: E501


def _settings() -> Iterator[Setting]:
    for number, line in enumerate(_SETTINGS.strip().splitlines(), 1):
        section, check, level, place, wanted, found, why = [cell.strip() for cell in line.split("|")]
        yield Setting(
            f"vrb-{section}", CHECKS[check], level, f"CCE-99{number:03}-{number % 10}", place, wanted, found, why
        )


SETTINGS: Mapping[str, Setting] = {setting.id: setting for setting in _settings()}
"""Id → setting."""


@dataclass(frozen=True, slots=True)
class BaselineScope:
    """A profile: which machines are held to which settings."""

    id: str
    name: str
    platform: str
    system: str
    version: str
    description: str

    @property
    def settings(self) -> list[Setting]:
        """The settings of level 1 and 2 that apply to machines of this platform."""
        places = {"Linux": {"linux"}, "Windows11": {"workstation"}}.get(self.platform, {"app"})
        return [setting for setting in SETTINGS.values() if setting.check.places & places]

    def covers(self, profile: Profile) -> bool:
        return profile.platform == self.platform


SCOPES: Mapping[str, BaselineScope] = {
    scope.id: scope
    for scope in (
        BaselineScope(
            "6f1f7a30-0001-4b6e-9d3c-2a8f5e0c7b11", "Workstations", "Windows11", "Windows 11", "23H2",
            "What every workstation is held to.",
        ),
        BaselineScope(
            "6f1f7a30-0002-4b6e-9d3c-2a8f5e0c7b11", "Servers 2022", "WindowsServer2022", "Windows Server 2022", "21H2",
            "What servers of the newer generation are held to.",
        ),
        BaselineScope(
            "6f1f7a30-0003-4b6e-9d3c-2a8f5e0c7b11", "Servers 2019", "WindowsServer2019", "Windows Server 2019", "1809",
            "What servers of the older generation are held to.",
        ),
        BaselineScope(
            "6f1f7a30-0004-4b6e-9d3c-2a8f5e0c7b11", "Linux servers", "Linux", "Linux", "24.04",
            "What Linux servers are held to.",
        ),
    )
}  # fmt: skip
"""Id → profile."""

EXCEPTION_ID = "7a0c4d52-0001-4f7e-8c1b-91d2b3a4c5e6"
EXEMPT_SETTING = SETTINGS["vrb-2.3"]


def is_exempt(setting: Setting, profile: Profile) -> bool:
    """Whether the exception lets a machine differ: servers may resolve names by multicast until they are replaced."""
    return setting is EXEMPT_SETTING and profile.platform == "WindowsServer2019"


def passes(scope: BaselineScope, profile: Profile) -> bool:
    """Whether a machine meets every setting that it is not exempt from."""
    return all(setting.is_met(profile) or is_exempt(setting, profile) for setting in scope.settings)
