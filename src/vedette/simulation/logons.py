"""Who logs on where, and how: what the background does by rule, and what the scenarios have told.

The rules restate what `background` writes as `DeviceLogonEvents`, so that the accounts of a machine are known without
reading the stream. A specification compares both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vedette.simulation.enterprise import Account, Enterprise, Host
from vedette.simulation.tape import Note

Logons = dict[Host, dict[Account, list[str]]]
"""Machine → account → kinds of logon."""


def logons(enterprise: Enterprise, told: Iterable[Note]) -> Logons:
    """The accounts of every machine, its owner first. `told` are the notes of the scenarios."""
    found: Logons = {host: {} for host in enterprise.hosts}
    for host, account, kind in _usual(enterprise):
        _add(found, host, account, kind)
    accounts = {account.sid: account for account in everyone(enterprise)}
    for note in told:
        if note.table == "DeviceLogonEvents" and note.host and note.columns["ActionType"] == "LogonSuccess":
            sid = str(note.columns.get("AccountSid"))
            if sid in accounts:
                _add(found, note.host, accounts[sid], str(note.columns["LogonType"]))
    return found


def everyone(enterprise: Enterprise) -> tuple[Account, ...]:
    """People, administrators and service accounts."""
    return (*enterprise.people, *enterprise.admins, *enterprise.services.values())


def _usual(enterprise: Enterprise) -> Iterator[tuple[Host, Account, str]]:
    services = enterprise.services
    visitors = [host.owner for host in enterprise.of_role("workstation") if host.owner]
    for host in enterprise.hosts:
        if host.owner is not None:
            yield host, host.owner, "Interactive"
            continue
        if not host.is_windows:
            yield host, services["svc-deploy"], "Network"
            continue
        yield host, enterprise.admins[1], "RemoteInteractive"
        yield host, services["svc-backup"], "Batch"
        if host.role == "dc":
            yield host, enterprise.admins[0], "RemoteInteractive"
        if host.role == "sql":
            yield host, services["svc-web"], "Network"
        if host.role in ("dc", "files"):
            for visitor in visitors:
                yield host, visitor, "Network"


def _add(found: Logons, host: Host, account: Account, kind: str) -> None:
    kinds = found[host].setdefault(account, [])
    if kind not in kinds:
        kinds.append(kind)
