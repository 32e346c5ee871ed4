"""Behaviour of indicators: kept by value and kind, checked before they are taken, gone when they expire.

What an indicator changes in other answers is asked here too (`decisive`, `matching`): a file, an address or a domain
that an active indicator blocks counts as malicious, one that it allows as clean. Telemetry tells of the past, which an
indicator does not change.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from vedette.catalogue.indicators import (
    MAX_ACTIVE,
    MAX_BATCH,
    ImportIndicatorResult,
    Indicator,
    Indicators,
    NewIndicator,
    NewIndicatorAction,
    NewIndicatorSeverity,
    NewIndicatorType,
)
from vedette.tenant.call import Call
from vedette.tenant.defender.device_groups import group_ids
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.hosts import is_domain_name, is_url
from vedette.tenant.problems import Problem
from vedette.tenant.store.collection import Selection, column_time

KEEPERS = ("Active remediation actions", "Manage security settings")
"""A user's role needs one of these to change the lists."""
BLOCKING = frozenset({"Block", "BlockAndRemediate", "AlertAndBlock"})
HASH_DIGITS: Mapping[str, int] = {"FileSha256": 64, "FileSha1": 40, "FileMd5": 32, "CertificateThumbprint": 40}
"""Kinds of indicators that are hashes; of two that match one file the longer decides."""
_NETWORK = frozenset({"IpAddress", "DomainName", "Url"})


# -- what there is -----------------------------------------------------------------------------------------------------


def active(call: Call) -> Selection[Indicator]:
    """Indicators that have not expired."""
    return call.store.indicators.all().narrowed(
        '"expiration_time" IS NULL OR "expiration_time" > ?', [column_time(call.now)]
    )


def reachable(call: Call) -> Selection[Indicator]:
    """Active indicators that the caller's permission reaches: `Ti.ReadWrite` reaches what the app itself made."""
    found = active(call)
    if call.user is None and "Ti.ReadWrite.All" not in call.caller.roles:
        return found.narrowed('"created_by" = ?', [call.caller.app_id])
    return found


def within_groups(call: Call, found: Selection[Indicator]) -> Selection[Indicator]:
    """Those that cover a machine the caller may see: all machines, or one of the caller's device groups."""
    groups = _groups(call)
    if groups is None:
        return found
    return found.narrowed(
        '"rbac_group_names" = \'[]\' OR EXISTS (SELECT 1 FROM json_each("rbac_group_names") AS covered '
        "WHERE covered.value IN (SELECT value FROM json_each(?)))",
        [json.dumps(groups)],
    )


def decisive(call: Call, hashes: Iterable[tuple[str, str | None]]) -> Indicator | None:
    """The indicator that decides over a file, given its hashes by kind; the longest hash wins."""
    values = {value.lower() for _, value in hashes if value}
    found = [each for each in matching(call, values) if each.indicator_type in HASH_DIGITS]
    order = list(HASH_DIGITS)
    return min(found, key=lambda each: order.index(each.indicator_type), default=None)


def matching(call: Call, values: Iterable[str]) -> list[Indicator]:
    """The active indicators of these values that cover a machine the caller may see."""
    wanted = json.dumps(sorted(values))
    found = within_groups(call, active(call))
    return list(found.narrowed('"indicator_value" IN (SELECT value FROM json_each(?))', [wanted]))


def _groups(call: Call) -> list[str] | None:
    return None if call.user is None else call.user.device_groups


# -- the operations ----------------------------------------------------------------------------------------------------


@handles(Indicators.list)
def list_indicators(
    call: Call,
    /,
    *,
    filter: Any = None,  # Any: query options are applied by the listing
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Selection[Indicator]:
    """The active ones within reach."""
    return within_groups(call, reachable(call))


@handles(Indicators.get)
def get(call: Call, /, id: str) -> Indicator:
    """An active one within reach."""
    return _one(call, id)


@handles(Indicators.submit)
def submit(
    call: Call,
    /,
    *,
    indicator_value: str,
    indicator_type: NewIndicatorType,
    action: NewIndicatorAction,
    title: str,
    description: str,
    application: str | None = None,
    expiration_time: datetime | None = None,
    severity: NewIndicatorSeverity | None = None,
    recommended_actions: str | None = None,
    rbac_group_names: Sequence[str] | None = None,
    educate_url: str | None = None,
    generate_alert: bool | None = None,
    external_id: str | None = None,
) -> Indicator:
    """Make one, or change the one of this value and kind: optional properties that are left out keep their value."""
    _check_may_write(call)
    wanted = NewIndicator(
        indicator_value=indicator_value,
        indicator_type=indicator_type,
        action=action,
        title=title,
        description=description,
        application=application,
        expiration_time=expiration_time,
        severity=severity,
        recommended_actions=recommended_actions,
        rbac_group_names=rbac_group_names,
        educate_url=educate_url,
        generate_alert=generate_alert,
        external_id=external_id,
    )
    with call.store.database.transaction():
        return _Desk(call).take(wanted)


@handles(Indicators.import_many, in_thread=True)
def import_many(call: Call, /, indicators: Sequence[NewIndicator]) -> Sequence[ImportIndicatorResult]:
    """Each for itself: what is wrong with one is said in its result and does not keep the others out."""
    _check_may_write(call)
    _check_size(indicators, "Indicators")
    with call.store.database.transaction():
        desk = _Desk(call)
        return [_result(desk, each) for each in indicators]


@handles(Indicators.batch_update, in_thread=True)
def batch_update(call: Call, /, indicators: Sequence[NewIndicator]) -> Sequence[Indicator]:
    """All of them or, when one is not acceptable or not there, none."""
    _check_may_write(call)
    _check_size(indicators, "Indicators")
    with call.store.database.transaction():
        desk = _Desk(call)
        return [desk.take(each, must_exist=True) for each in indicators]


@handles(Indicators.delete)
def delete(call: Call, /, id: str) -> None:
    """Delete one within reach."""
    _check_may_write(call)
    found = _one(call, id)
    _check_covers(call, found)
    call.store.indicators.delete(found.id)


@handles(Indicators.batch_delete)
def batch_delete(call: Call, /, indicator_ids: Sequence[str]) -> None:
    """All of them or none: an id that is not there, or not the caller's to delete, refuses the whole request."""
    _check_may_write(call)
    _check_size(indicator_ids, "IndicatorIds")
    for each in indicator_ids:
        if not (each.isascii() and each.isdecimal()):
            raise Problem("InvalidInput", input=f"IndicatorIds: {each[:100]}; an id is a decimal number")
    with call.store.database.transaction():
        for each in dict.fromkeys(indicator_ids):
            found = next(iter(reachable(call).narrowed('"id" = ?', [each])), None)
            if found is None:
                raise Problem("ResourceNotFound", kind="Indicator", id=each)
            _check_covers(call, found)
            call.store.indicators.delete(each)


def _one(call: Call, id: str) -> Indicator:
    found = next(iter(within_groups(call, reachable(call)).narrowed('"id" = ?', [id])), None)
    if found is None:
        raise Problem("ResourceNotFound", kind="Indicator", id=id)
    return found


def _result(desk: _Desk, wanted: NewIndicator) -> ImportIndicatorResult:
    try:
        taken = desk.take(wanted)
    except Problem as problem:
        return ImportIndicatorResult(
            indicator=wanted.indicator_value, is_failed=True, failure_reason=f"{problem.code}: {problem.message}"
        )
    return ImportIndicatorResult(id=taken.id, indicator=taken.indicator_value or "")


# -- who may change what -----------------------------------------------------------------------------------------------


def _check_may_write(call: Call) -> None:
    if call.user is not None and not set(KEEPERS) & set(call.user.defender_permissions):
        raise Problem(
            "Forbidden",
            reason=(
                f"Missing user role permission. The operation requires one of: {', '.join(KEEPERS)}; "
                f"role {call.user.defender_role} holds: {', '.join(sorted(call.user.defender_permissions)) or 'none'}."
            ),
        )


def _check_covers(call: Call, found: Indicator) -> None:
    """A user changes only indicators whose machines are all visible to them."""
    groups = _groups(call)
    if groups is None:
        return
    if not found.rbac_group_names:
        raise Problem("Forbidden", reason=f"Indicator {found.id} covers all machines, and you see some device groups.")
    hidden = sorted(set(found.rbac_group_names) - set(groups))
    if hidden:
        raise Problem("Forbidden", reason=f"Indicator {found.id} covers device groups that you do not see.")


def _check_size(items: Sequence[object], name: str) -> None:
    if not items:
        raise Problem("InvalidInput", input=f"{name}: name at least one")
    if len(items) > MAX_BATCH:
        raise Problem("MaximumBatchSizeExceeded", received=len(items), allowed=MAX_BATCH)


# -- taking one in -----------------------------------------------------------------------------------------------------


class _Desk:
    """Takes indicators of one request: counts those there are, and knows the device groups, once."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._active = active(call).count()
        self._groups: Mapping[str, int] | None = None
        """Name → id; read when it is first asked for."""

    def take(self, wanted: NewIndicator, *, must_exist: bool = False) -> Indicator:
        """Store what is wanted, as a new indicator or over the one of its value and kind. Raises: Problem."""
        call = self._call
        value = checked_value(wanted.indicator_type, wanted.indicator_value.strip())
        present = self._present(wanted.indicator_type, value)
        if present is None and must_exist:
            raise Problem("ResourceNotFound", kind="Indicator", id=f"{wanted.indicator_type} {value}")
        if present is not None:
            self._check_reaches(present)
        elif self._active >= MAX_ACTIVE:
            raise Problem(
                "BadRequest", reason=f"The tenant has {self._active} active indicators; no more than {MAX_ACTIVE} fit."
            )
        taken = self._merged(present or self._new(wanted, value), wanted)
        _check(taken, now=call.now, is_given=wanted.expiration_time is not None)
        if present is None:
            self._active += 1
            taken = msgspec.structs.replace(taken, id=str(call.store.indicator_ids.next()))
        call.store.indicators.put(taken)
        return taken

    def _present(self, kind: str, value: str) -> Indicator | None:
        """The active indicator of this value and kind; one that expired makes room for a new one."""
        store, now = self._call.store.indicators, self._call.now
        for found in store.where(indicator_value=value):  # few have a value, and thousands a kind: one index decides
            if found.indicator_type != kind or (kind == "Url" and found.indicator_value != value):
                continue
            if found.expiration_time is None or found.expiration_time > now:
                return found
            store.delete(found.id)
        return None

    def _check_reaches(self, present: Indicator) -> None:
        call = self._call
        is_limited = call.user is None and "Ti.ReadWrite.All" not in call.caller.roles
        if is_limited and present.created_by != call.caller.app_id:
            raise Problem(
                "Forbidden",
                reason=(
                    "An indicator of this value and type exists. Ti.ReadWrite reaches only what the app itself made; "
                    "Ti.ReadWrite.All reaches it."
                ),
            )
        _check_covers(call, present)

    def _new(self, wanted: NewIndicator, value: str) -> Indicator:
        call = self._call
        return Indicator(
            indicator_value=value,
            indicator_type=wanted.indicator_type,
            application=wanted.application,
            created_by=self._maker,
            created_by_display_name=call.caller.name if call.user is None else call.user.display_name,
            created_by_source="PublicApi",
            creation_time_date_time_utc=call.now,
            rbac_group_names=_groups(call) or [],
        )

    def _merged(self, before: Indicator, wanted: NewIndicator) -> Indicator:
        given = {
            "severity": wanted.severity,
            "expiration_time": wanted.expiration_time,
            "recommended_actions": wanted.recommended_actions,
            "educate_url": wanted.educate_url,
            "generate_alert": wanted.generate_alert,
            "external_id": wanted.external_id,
            "rbac_group_names": None if wanted.rbac_group_names is None else list(wanted.rbac_group_names),
        }
        changes: dict[str, Any] = {name: each for name, each in given.items() if each is not None}  # Any: all types
        names = list(dict.fromkeys(changes.get("rbac_group_names", before.rbac_group_names)))
        return msgspec.structs.replace(
            before,
            **{**changes, "rbac_group_names": names, "rbac_group_ids": self._ids(names)},
            action=wanted.action,
            title=wanted.title,
            description=wanted.description,
            last_update_time=self._call.now,
            last_updated_by=self._maker,
        )

    @property
    def _maker(self) -> str:
        call = self._call
        return call.caller.app_id if call.user is None else call.user.upn

    def _ids(self, names: Sequence[str]) -> list[int]:
        """Ids of device groups. Raises: Problem for a group that is not there, or that the user does not see."""
        if not names:
            if _groups(self._call) is not None:
                raise Problem("Forbidden", reason="You see some device groups; an indicator of yours covers those.")
            return []
        if self._groups is None:
            self._groups = group_ids(self._call)
        unknown = [name for name in names if name not in self._groups]
        if unknown:
            raise Problem("InvalidInput", input=f"rbacGroupNames: there is no device group {', '.join(unknown)[:200]}")
        return [self._groups[name] for name in names]


def checked_value(kind: str, value: str) -> str:
    """The value in the form that is kept. Raises: Problem when it is none of its kind."""
    if kind in HASH_DIGITS:
        if not re.fullmatch(rf"[0-9A-Fa-f]{{{HASH_DIGITS[kind]}}}", value):
            raise Problem("InvalidHashValue", hash=value[:200])
        return value.lower()
    if kind == "IpAddress":
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            raise Problem("InvalidIpAddress", ip=value[:200]) from None
    if kind == "DomainName":
        if not is_domain_name(value):
            raise Problem("InvalidDomainName", domain=value[:200])
        return value.lower().rstrip(".")
    if not is_url(value):
        raise Problem("InvalidUrl", url=value[:200])
    return value


def _check(taken: Indicator, *, now: datetime, is_given: bool) -> None:
    if not (taken.title or "").strip():
        raise Problem("InvalidInput", input="title: it must not be empty")
    if not (taken.description or "").strip():
        raise Problem("InvalidInput", input="description: it must not be empty")
    if taken.action == "Audit" and not taken.generate_alert:
        raise Problem("InvalidInput", input="generateAlert: it must be true where the action is Audit")
    if taken.action == "BlockAndRemediate" and taken.indicator_type in _NETWORK:
        raise Problem(
            "InvalidInput", input=f"action: BlockAndRemediate is for files and certificates, not {taken.indicator_type}"
        )
    if is_given and taken.expiration_time is not None and taken.expiration_time <= now:
        raise Problem("InvalidInput", input=f"expirationTime: {taken.expiration_time.isoformat()} is over")
