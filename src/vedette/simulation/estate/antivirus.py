"""The antivirus of machines: mode, versions and scans. It agrees with the checks of secure configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from vedette.catalogue.device_health import DeviceAvInfo
from vedette.catalogue.machines import Machine
from vedette.simulation.estate.configuration import CHECKS, CLOUD, REAL_TIME, SIGNATURES, is_met
from vedette.simulation.estate.estate import Estate
from vedette.simulation.estate.inventory import Profile, profile_of
from vedette.simulation.estate.steady import number, share

_ENGINE, _PLATFORM = "1.1.24090.11", "4.18.24090.11"
_UNIX_ENGINE, _UNIX_PLATFORM = "1.1.24080.9", "101.24092.0001"
_LINUX_REAL_TIME = "scid-9603"


def is_watching(profile: Profile) -> bool:
    """Whether the antivirus of a machine is switched on."""
    check = {"linux": _LINUX_REAL_TIME, "mac": None}.get(profile.role, REAL_TIME)
    return check is None or is_met(CHECKS[check], profile)


def health(estate: Estate, machines: Iterable[Machine] | None = None) -> Iterator[DeviceAvInfo]:
    """The antivirus of each of these machines, or of all; machines without one are left out."""
    for machine in estate.machines if machines is None else machines:
        profile = profile_of(machine)
        if profile.role != "other" and estate.covers(machine):
            yield _health(estate, machine, profile)


def _health(estate: Estate, machine: Machine, profile: Profile) -> DeviceAvInfo:
    seen = machine.last_seen or estate.as_of
    is_current = not profile.is_windows or is_met(CHECKS[SIGNATURES], profile)
    behind_days = share(profile.id, "signatures") * 0.6 if is_current else 8 + share(profile.id, "signatures") * 20
    updated = (seen - timedelta(days=behind_days)).replace(microsecond=0)
    engine_updated = estate.ago(20 + share(profile.id, "engine") * 20)
    quick = (seen - timedelta(hours=2 + share(profile.id, "quick") * 40)).replace(microsecond=0)
    has_full = share(profile.id, "full") < 0.5
    full = (seen - timedelta(days=4 + share(profile.id, "full scan") * 50)).replace(microsecond=0)
    was_canceled = number(profile.id, "canceled") % 12 == 0
    day = (updated - estate.as_of).days
    return DeviceAvInfo(
        id=machine.id,
        machine_id=machine.id,
        computer_dns_name=machine.computer_dns_name,
        os_kind={"linux": "linux", "mac": "mac"}.get(profile.role, "windows"),
        os_platform=machine.os_platform,
        os_version=machine.version,
        av_mode="0" if is_watching(profile) else "2",
        av_signature_version=f"1.421.{1400 + 20 * day}.0",
        av_engine_version=_ENGINE if profile.is_windows else _UNIX_ENGINE,
        av_platform_version=_PLATFORM if profile.is_windows else _UNIX_PLATFORM,
        last_seen_time=seen,
        quick_scan_result="Canceled" if was_canceled else "Completed",
        quick_scan_error="0x80508023" if was_canceled else "",
        quick_scan_time=quick,
        full_scan_result="Completed" if has_full else None,
        full_scan_error="" if has_full else None,
        full_scan_time=full if has_full else None,
        data_refresh_timestamp=seen,
        av_engine_update_time=engine_updated,
        av_signature_update_time=updated,
        av_platform_update_time=engine_updated,
        av_is_signature_up_to_date=str(is_current),
        av_is_engine_up_to_date="True",
        av_is_platform_up_to_date="True",
        av_signature_publish_time=(updated - timedelta(hours=3)),
        av_signature_data_refresh_time=seen,
        cloud_protection_state="Enabled" if not profile.is_windows or is_met(CHECKS[CLOUD], profile) else "Disabled",
        av_mode_data_refresh_time=seen,
        rbac_group_name=machine.rbac_group_name,
        rbac_group_id=machine.rbac_group_id,
    )
