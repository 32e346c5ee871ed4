"""Behaviour of machines: look-ups by name, address and tag, tags, value, exclusion, logon users."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from vedette.catalogue.alerts import Alert
from vedette.catalogue.machines import DeviceValue, DlpMachine, ExclusionReason, Machine, Machines, TagAction
from vedette.catalogue.operation import Filter
from vedette.catalogue.users import User
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.sightings import accounts, devices_with_address, until
from vedette.tenant.problems import Problem
from vedette.tenant.store.collection import Selection

MAX_BATCH = 500
LOOK_BACK = timedelta(days=30)


def machine(call: Call, name: str) -> Machine:
    """The machine of this id, computer DNS name or Entra device id. Raises: Problem ResourceNotFound."""
    machines = call.visible(call.store.machines.all())
    wanted = machines.narrowed('"id" = ? OR "computer_dns_name" = ? OR "aad_device_id" = ?', [name.lower()] * 3)
    found: Machine | None = next(iter(wanted), None)
    if found is None:
        raise Problem("ResourceNotFound", kind="Machine", id=name)
    return found


def with_ids(call: Call, ids: Iterable[str]) -> Selection[Machine]:
    """The visible machines among those with the ids."""
    return call.visible(call.store.machines.all()).narrowed(
        '"id" IN (SELECT value FROM json_each(?))', [msgspec.json.encode(sorted(ids)).decode()]
    )


@handles(Machines.get)
def get(call: Call, /, id: str) -> Machine:
    """By id or by name."""
    return machine(call, id)


@handles(Machines.list_alerts)
def list_alerts(call: Call, /, id: str, *, filter: Filter | None = None) -> Selection[Alert]:
    """The alerts of a visible machine; the filter is applied by the listing."""
    return call.visible(call.store.alerts.where(machine_id=machine(call, id).id))


@handles(Machines.list_logon_users, in_thread=True)
def list_logon_users(call: Call, /, id: str) -> Sequence[User]:
    """The accounts in the machine's logon events."""
    return accounts(call.store.lake, until(call.now), device_id=machine(call, id).id)


@handles(Machines.update)
def update(
    call: Call, /, id: str, *, machine_tags: Sequence[str] | None = None, device_value: DeviceValue | None = None
) -> Machine:
    """Replaces the tag list, one of the two readings of the page."""
    found = machine(call, id)
    if machine_tags is None and device_value is None:
        raise Problem("InvalidRequestBody")
    return _changed(
        call,
        found,
        tags=found.machine_tags if machine_tags is None else list(dict.fromkeys(machine_tags)),
        value=device_value or found.device_value,
    )


@handles(Machines.set_device_value)
def set_device_value(call: Call, /, id: str, *, device_value: DeviceValue) -> Machine:
    """Stores the value."""
    found = machine(call, id)
    return _changed(call, found, tags=found.machine_tags, value=device_value)


@handles(Machines.tag)
def tag(call: Call, /, id: str, *, value: str, action: TagAction = "Add") -> Machine:
    """Adds or removes one tag; doing it twice changes nothing more."""
    return _tagged(call, machine(call, id), value, action)


@handles(Machines.tag_many)
def tag_many(call: Call, /, *, value: str, action: TagAction, machine_ids: Sequence[str]) -> Iterable[Machine]:
    """All machines or, when one of them is not found, none."""
    if len(machine_ids) > MAX_BATCH:
        raise Problem("MaximumBatchSizeExceeded", received=len(machine_ids), allowed=MAX_BATCH)
    found = [machine(call, each) for each in machine_ids]
    with call.store.database.transaction():
        return [_tagged(call, each, value, action) for each in found]


@handles(Machines.find_by_tag)
def find_by_tag(call: Call, /, tag: str, *, starts_with: bool | None = None) -> Selection[Machine]:
    """Compares tags letter for letter."""
    matches = "substr(tag.value, 1, length(?)) = ?" if starts_with else "tag.value = ?"
    return call.visible(call.store.machines.all()).narrowed(
        f'EXISTS (SELECT 1 FROM json_each("machine_tags") AS tag WHERE {matches})',  # noqa: S608  (two fixed texts)
        [tag, tag] if starts_with else [tag],
    )


@handles(Machines.find_by_ip, in_thread=True)
def find_by_ip(call: Call, /, ip: str, timestamp: datetime) -> Selection[Machine]:
    """Machines whose telemetry shows the address within 15 minutes."""
    return _with_address(call, ip, timestamp, timedelta(minutes=15))


@handles(Machines.find_info_by_ip, in_thread=True)
def find_info_by_ip(call: Call, /, ip: str, timestamp: datetime) -> Selection[Machine]:
    """As `find_by_ip`, within 16 minutes; finding none is an error here."""
    found = _with_address(call, ip, timestamp, timedelta(minutes=16))
    if found.count() == 0:
        raise Problem("ResourceNotFound", kind="Machine", id=ip)
    return found


def _with_address(call: Call, ip: str, timestamp: datetime, window: timedelta) -> Selection[Machine]:
    try:
        address = str(ipaddress.ip_address(ip))
    except ValueError:
        raise Problem("InvalidIpAddress", ip=ip) from None
    if not call.now - LOOK_BACK <= timestamp <= call.now + window:
        raise Problem("InvalidInput", input=f"timestamp: {timestamp.isoformat()}; it must lie in the past 30 days")
    return with_ids(call, devices_with_address(call.store.lake, address, timestamp - window, timestamp + window))


@handles(Machines.list_in_big_pages)
def list_in_big_pages(call: Call, /) -> Selection[Machine]:
    """As the list of machines, which pages by ten thousand already; no page says how much larger these are."""
    return call.visible(call.store.machines.all())


@handles(Machines.list_untagged)
def list_untagged(call: Call, /) -> Selection[Machine]:
    """Machines whose list of tags is empty."""
    return call.visible(call.store.machines.all()).narrowed('json_array_length("machine_tags") = 0', [])


@handles(Machines.list_dlp)
def list_dlp(call: Call, /) -> Iterable[DlpMachine]:
    """Onboarded machines; data-loss prevention is there for Windows and macOS, and needs a sensor that reports."""
    return [_dlp(each) for each in call.visible(call.store.machines.where(onboarding_status="Onboarded"))]


def _dlp(found: Machine) -> DlpMachine:
    is_supported = (found.os_platform or "").startswith(("Windows10", "Windows11", "WindowsServer", "macOS"))
    valid = "Valid" if found.health_status == "Active" else "InactiveAV"
    return DlpMachine(
        id=found.id,
        computer_dns_name=found.computer_dns_name,
        health_status=found.health_status,
        config_status=valid if is_supported else "UnsupportedOs",
        last_seen=found.last_seen,
        os_platform=found.os_platform,
        version=found.version,
    )


@handles(Machines.set_exclusion)
def set_exclusion(
    call: Call, /, id: str, *, is_excluded: bool, exclusion_reason: ExclusionReason | None = None
) -> Machine:
    """Notes it with its reason, `Other` where none is given; the machine stays in the list, which tells of it."""
    found = machine(call, id)
    reason = (exclusion_reason or "Other") if is_excluded else None
    changed = msgspec.structs.replace(found, is_excluded=is_excluded, exclusion_reason=reason)
    call.store.machines.put(changed)
    return changed


def _tagged(call: Call, found: Machine, value: str, action: TagAction) -> Machine:
    if not value.strip():
        raise Problem("InvalidInput", input="Value: a tag must not be empty")
    tags = [each for each in found.machine_tags if each != value]
    if action == "Add":
        tags = found.machine_tags if value in found.machine_tags else [*tags, value]
    return _changed(call, found, tags=tags, value=found.device_value)


def _changed(call: Call, found: Machine, *, tags: list[str], value: str) -> Machine:
    changed = msgspec.structs.replace(found, machine_tags=tags, device_value=value)
    if changed != found:
        call.store.machines.put(changed)
    return changed
