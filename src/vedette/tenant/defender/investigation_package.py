"""Makes the investigation package of a machine: a zip with the folders of the real one, filled from telemetry.

The same action gives the same bytes, so an interrupted download can go on.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime

from vedette.catalogue.machines import Machine
from vedette.tenant.blobs import Blob, offers
from vedette.tenant.defender.downloads import given
from vedette.tenant.defender.forensics import Forensics, Row, addresses
from vedette.tenant.state import State
from vedette.tenant.store.defender import DefenderStore

KIND = "packages"


@offers(KIND)
def find(state: State, place: str) -> Blob | None:
    """The package behind a link: tenant id, then the id of the action that collected it."""
    tenant_id, _, action_id = place.partition("/")
    store = state.defender.get(tenant_id)
    action = store.machine_actions.get(action_id) if store is not None else None
    machine = store.machines.get(str(action.machine_id)) if store is not None and action is not None else None
    if store is None or action is None or machine is None or action.last_update_date_time_utc is None:
        return None
    moment, host = action.last_update_date_time_utc, (machine.computer_dns_name or machine.id).partition(".")[0]
    name = f"InvestigationPackage_{host}_{action.id[:8]}.zip"
    return given(store).file(f"package-{action.id}", name, moment, lambda: _zipped(machine, moment, store))


def _zipped(machine: Machine, moment: datetime, store: DefenderStore) -> bytes:
    told = Forensics(store.lake, machine.id, moment)
    files = {
        "Autoruns/Autoruns.csv": _csv(told.autoruns()),
        "Network Connections/ActiveNetConnections.csv": _csv(told.connections()),
        "Network Connections/DnsCache.csv": _csv(told.events("DnsQueryResponse")),
        "Network Connections/IpConfigAll.txt": _lines(ip_config(told.adapters())),
        "Processes/Processes.csv": _csv(told.processes()),
        "Scheduled Tasks/ScheduledTasks.csv": _csv(told.events("ScheduledTaskCreated")),
        "Security Event Log/Logons.csv": _csv(told.logons()),
        "Services/Services.csv": _csv([*told.services(), *told.events("ServiceInstalled")]),
        "System Information/SystemInformation.txt": _lines(_system(machine, moment)),
        "Temp Directories/TempFiles.txt": _lines(
            seen.path
            for path, seen in sorted(told.files().items())
            if "\\temp\\" in path or path.startswith("/tmp/")  # noqa: S108  (a path on the machine)
        ),
        "Users and Groups/Users.txt": _lines(_people(told.logons())),
    }
    rows = [f"{name},{len(content)} bytes" for name, content in files.items()]
    files["Forensics Collection Summary.csv"] = _lines(["File,Size", *rows])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, moment.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    if rows:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(text, columns, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _plain(value: object) -> object:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def ip_config(adapters: Sequence[Row]) -> list[str]:
    """Adapters with their addresses, as a person reads them."""
    lines: list[str] = []
    for row in adapters:
        lines += [
            f"Adapter {row['NetworkAdapterName'] or ''}",
            f"   Physical address: {row['MacAddress'] or ''}",
            f"   Addresses:        {', '.join(addresses(row['IPAddresses']))}",
            f"   Gateways:         {', '.join(addresses(row['DefaultGateways']))}",
            f"   DNS servers:      {', '.join(addresses(row['DnsAddresses']))}",
            "",
        ]
    return lines


def _system(machine: Machine, moment: datetime) -> list[str]:
    return [
        f"Host name:    {machine.computer_dns_name or ''}",
        f"Device id:    {machine.id}",
        f"System:       {machine.os_platform or ''} {machine.version or ''} (build {machine.os_build or 'unknown'})",
        f"Architecture: {machine.os_architecture or ''}",
        f"Sensor:       {machine.agent_version or ''}",
        f"Addresses:    {', '.join(each.ip_address or '' for each in machine.ip_addresses)}",
        f"Collected at: {moment.isoformat().replace('+00:00', 'Z')}",
    ]


def _people(logons: Sequence[Row]) -> list[str]:
    names = {(row["AccountDomain"] or "", row["AccountName"], row["AccountSid"] or "") for row in logons}
    return [f"{domain}\\{name} {sid}".rstrip() for domain, name, sid in sorted(names, key=str) if name]
