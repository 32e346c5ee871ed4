"""Behaviour of device groups: those that machines are in, and those that callers add, with their rules.

Which machine is in which group is said on the machine, because that is what limits what a user sees; a change of groups
or rules is carried over to the machines and their alerts. No page documents these operations: the behaviour is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from vedette.catalogue.alerts import Alert
from vedette.catalogue.device_groups import (
    DeviceGroup,
    DeviceGroupListPropertyCondition,
    DeviceGroupPropertyCondition,
    DeviceGroupRules,
    DeviceGroups,
)
from vedette.catalogue.machines import Machine
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import handles
from vedette.tenant.problems import Problem

UNASSIGNED = "Unassigned"
"""Where a machine is that no group takes in; its id is 0 and nobody can delete it."""


def groups(call: Call) -> list[DeviceGroup]:
    """All device groups by priority, the one for unassigned machines last."""
    store = call.store
    counted = {
        int(str(number or 0)): (name, int(str(count)))
        for number, name, count in store.database.rows(
            'SELECT "rbac_group_id", "rbac_group_name", COUNT(*) FROM "Machine" GROUP BY "rbac_group_id"'
        )
    }
    kept = {group.id: group for group in store.device_groups.all()}
    for number in sorted(counted.keys() - kept.keys() - {0}):
        group = DeviceGroup(id=number, priority=len(kept) + 1, device_group_name=str(counted[number][0] or number))
        store.device_groups.put(group)
        store.device_group_ids.pass_over(number)
        kept[number] = group
    ordered = sorted(kept.values(), key=lambda group: (group.priority, group.id))
    rest = DeviceGroup(priority=len(ordered) + 1, device_group_name=UNASSIGNED, is_unassigned_device_group=True)
    return [
        msgspec.structs.replace(group, device_count=counted.get(group.id, ("", 0))[1]) for group in [*ordered, rest]
    ]


def group_ids(call: Call) -> Mapping[str, int]:
    """Name → id of the groups that the caller sees."""
    return {str(group.device_group_name): group.id for group in _visible(call)}


def _visible(call: Call) -> list[DeviceGroup]:
    limited = None if call.user is None else call.user.device_groups
    return [group for group in groups(call) if limited is None or group.device_group_name in limited]


@handles(DeviceGroups.list)
def list_groups(call: Call, /) -> Sequence[DeviceGroup]:
    """Those that the caller sees."""
    return _visible(call)


@handles(DeviceGroups.get)
def get(call: Call, /, id: int) -> DeviceGroup:
    """One that the caller sees."""
    found = next((group for group in _visible(call) if group.id == id), None)
    if found is None:
        raise Problem("ResourceNotFound", kind="DeviceGroup", id=id)
    return found


@handles(DeviceGroups.add)
def add(call: Call, /, device_groups: Sequence[DeviceGroup]) -> None:
    """Gives each a new id; without a priority it comes behind those there are."""
    if not device_groups:
        raise Problem("InvalidInput", input="deviceGroups: name at least one")
    with call.store.database.transaction():
        present = [group for group in groups(call) if not group.is_unassigned_device_group]
        new = [_numbered(call, group, after=present) for group in device_groups]
        _keep(call, [*present, *new])


@handles(DeviceGroups.batch_delete)
def batch_delete(call: Call, /, ids: Sequence[int]) -> None:
    """All of them or none; their machines fall to the next group that takes them in."""
    with call.store.database.transaction():
        present = [group for group in groups(call) if not group.is_unassigned_device_group]
        known = {group.id for group in present}
        for each in ids:
            if each not in known:
                raise Problem("ResourceNotFound", kind="DeviceGroup", id=each)
        _keep(call, [group for group in present if group.id not in ids])


@handles(DeviceGroups.replace)
def replace(call: Call, /, device_groups: Sequence[DeviceGroup], *, additions_count: int, deletions_count: int) -> None:
    """The list takes the place of the groups there are. Its counts have to agree, so that nothing is lost unawares."""
    with call.store.database.transaction():
        present = [group for group in groups(call) if not group.is_unassigned_device_group]
        known = {group.id for group in present}
        wanted = [group for group in device_groups if not group.is_unassigned_device_group]
        new = [group for group in wanted if group.id not in known]
        gone = known - {group.id for group in wanted}
        if (len(new), len(gone)) != (additions_count, deletions_count):
            raise Problem(
                "InvalidInput",
                input=(
                    f"additionsCount: {additions_count}, deletionsCount: {deletions_count}; "
                    f"the list adds {len(new)} and deletes {len(gone)}"
                ),
            )
        _keep(call, [_numbered(call, group, after=present) if group in new else group for group in wanted])


def _numbered(call: Call, group: DeviceGroup, *, after: Sequence[DeviceGroup]) -> DeviceGroup:
    last = max((each.priority for each in after), default=0)
    return msgspec.structs.replace(
        group, id=call.store.device_group_ids.next(), priority=group.priority or last + 1, last_update_time=call.now
    )


def _keep(call: Call, wanted: Sequence[DeviceGroup]) -> None:
    names = [(group.device_group_name or "").strip() for group in wanted]
    if "" in names or len({name.lower() for name in [*names, UNASSIGNED]}) <= len(names):
        raise Problem("InvalidInput", input="deviceGroups: each needs a name of its own")
    store = call.store
    store.database.execute(f"DELETE FROM {store.device_groups.table}")  # noqa: S608  (a table of our own)
    store.device_groups.put_many(msgspec.structs.replace(group, device_count=0) for group in wanted)
    _assign(call, sorted(wanted, key=lambda group: (group.priority, group.id)))


def _assign(call: Call, by_priority: Sequence[DeviceGroup]) -> None:
    """Put every machine into the first group that takes it in, and its alerts with it."""
    store = call.store
    moved: list[Machine] = []
    for machine in store.machines.all():
        group = next((each for each in by_priority if _takes_in(each, machine)), None)
        place = (group.id, group.device_group_name) if group else (0, UNASSIGNED)
        if place != (machine.rbac_group_id, machine.rbac_group_name):
            moved.append(msgspec.structs.replace(machine, rbac_group_id=place[0], rbac_group_name=place[1]))
    store.machines.put_many(moved)
    for machine in moved:
        alerts: Iterable[Alert] = list(store.alerts.where(machine_id=machine.id))
        store.alerts.put_many(
            msgspec.structs.replace(alert, rbac_group_name=machine.rbac_group_name) for alert in alerts
        )


def _takes_in(group: DeviceGroup, machine: Machine) -> bool:
    """A group without rules keeps the machines it has; rules on several properties must all be met."""
    rules = group.device_group_rules or DeviceGroupRules()
    name, _, domain = (machine.computer_dns_name or "").lower().partition(".")
    checked: list[bool] = []
    for conditions, values in (
        (rules.devices_names_conditions, [name, f"{name}.{domain}"]),
        (rules.devices_domains_conditions, [domain]),
        (rules.devices_tags_conditions, [tag.lower() for tag in machine.machine_tags]),
        (rules.devices_os_conditions, [(machine.os_platform or "").lower()]),
    ):
        if conditions:
            checked.append(any(_is_met(each, value) for each in conditions for value in values))
    return all(checked) if checked else group.id == machine.rbac_group_id


def _is_met(condition: DeviceGroupPropertyCondition | DeviceGroupListPropertyCondition, value: str) -> bool:
    several = isinstance(condition, DeviceGroupListPropertyCondition)
    wanted = condition.values_list if several else [condition.value or ""]  # type: ignore[union-attr]  # told by `several`
    texts = [text.lower() for text in wanted if text]
    match condition.condition:
        case "StartsWith":
            return any(value.startswith(text) for text in texts)
        case "EndsWith":
            return any(value.endswith(text) for text in texts)
        case "Contains":
            return any(text in value for text in texts)
        case _:
            return value in texts
