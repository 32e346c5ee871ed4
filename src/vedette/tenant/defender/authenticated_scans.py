"""Behaviour of authenticated scans: definitions that are kept, agents, and runs that come by the tenant's clock.

A scan runs when it is made and again after each interval, as long as it is active. Runs follow from the definition and
the time, so nothing works in the background; a change keeps the runs so far and starts the schedule anew.
"""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from vedette.catalogue.authenticated_scans import (
    AgentContract,
    AuthenticatedScans,
    AuthScanHistoryContract,
    DeviceAuthenticatedScanAgent,
    DeviceAuthenticatedScanDefinition,
    NewScanType,
    NewTargetType,
    ScanAgents,
    ScannedTargetResultContract,
    ScannerAgent,
    ScanState,
    SnmpAuthParams,
    WindowsAuthParams,
)
from vedette.catalogue.machines import Machine
from vedette.simulation.estate import Estate, profile_of
from vedette.simulation.estate.steady import identifier, number
from vedette.tenant.call import Call
from vedette.tenant.defender.estates import estate_of
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.machines import machine
from vedette.tenant.problems import Problem
from vedette.tenant.store.scans import KeptScan

MAX_RUNS = 4096
"""Of one scan, as many runs are told as a page of history can hold; the latest."""
_SCANNER_VERSION = "7.2411.1.0"
_DURATION = timedelta(minutes=4)
_SCANNER_ROLES = ("files", "app")


# -- agents ------------------------------------------------------------------------------------------------------------


def _agents(call: Call) -> dict[str, Machine]:
    """Agent id → machine with the scanner: file and application servers, else the first Windows machine."""
    machines = [each for each in estate_of(call).machines if profile_of(each).is_windows]
    servers = [each for each in machines if profile_of(each).role in _SCANNER_ROLES]
    return {identifier("scanner", each.id): each for each in servers or machines[:1]}


def _agent(call: Call, id: str, host: Machine) -> DeviceAuthenticatedScanAgent:
    seen = host.last_seen or call.now
    return DeviceAuthenticatedScanAgent(
        id=id,
        machine_id=host.id,
        last_seen=seen,
        computer_dns_name=host.computer_dns_name,
        assigned_application_id=identifier("scanner application", host.id),
        scanner_software_version=_SCANNER_VERSION,
        last_command_execution_timestamp=seen,
        mde_client_version=host.agent_version,
    )


def _contract(agent: DeviceAuthenticatedScanAgent) -> AgentContract:
    return AgentContract(
        id=agent.id,
        machine_id=agent.machine_id,
        machine_name=agent.computer_dns_name,
        last_seen=agent.last_seen,
        assigned_application_id=agent.assigned_application_id,
        scanner_software_version=agent.scanner_software_version,
        last_command_execution_timestamp=agent.last_command_execution_timestamp,
        mde_client_version=agent.mde_client_version,
    )


@handles(ScanAgents.list, in_thread=True)
def list_agents(call: Call, /) -> Iterable[DeviceAuthenticatedScanAgent]:
    """The machines with the scanner that the caller sees."""
    return [_agent(call, key, host) for key, host in _agents(call).items()]


@handles(ScanAgents.get, in_thread=True)
def get_agent(call: Call, /, id: str) -> DeviceAuthenticatedScanAgent:
    """By the agent's id."""
    host = _agents(call).get(id.lower())
    if host is None:
        raise Problem("ResourceNotFound", kind="DeviceAuthenticatedScanAgent", id=id)
    return _agent(call, id.lower(), host)


def _scanner(call: Call, named: ScannerAgent) -> Machine:
    host = machine(call, named.machine_id)
    if host.id not in {each.id for each in _agents(call).values()}:
        raise Problem("InvalidInput", input=f"scannerAgent: the scanner is not installed on {host.id}")
    return host


# -- runs --------------------------------------------------------------------------------------------------------------


def _runs(call: Call, kept: KeptScan) -> list[AuthScanHistoryContract]:
    """All runs that have ended by now, the latest first."""
    begins = _begins(kept, call.now)
    targets = _targets(call, kept) if begins else []
    return [*(_run(kept, begin, targets) for begin in reversed(begins)), *kept.ended][:MAX_RUNS]


def _begins(kept: KeptScan, now: datetime) -> list[datetime]:
    """When the runs since the last change began; those that have not ended are left out."""
    definition = kept.definition
    if not definition.is_active or not definition.interval_in_hours:
        return []
    interval = timedelta(hours=definition.interval_in_hours)
    count = (now - _DURATION - kept.since) // interval + 1
    return [kept.since + interval * turn for turn in range(max(0, count - MAX_RUNS), count)]


def _targets(call: Call, kept: KeptScan) -> list[ScannedTargetResultContract]:
    return [each for text in (kept.definition.target or "").split(",") for each in _look(call, kept, text.strip())]


def _run(kept: KeptScan, begin: datetime, targets: list[ScannedTargetResultContract]) -> AuthScanHistoryContract:
    succeeded = sum(target.scan_status == "Success" for target in targets)
    status = "Success" if succeeded == len(targets) else "PartialSuccess" if succeeded else "Failure"
    return AuthScanHistoryContract(
        org_id=kept.definition.org_id,
        scan_definition_id=kept.id,
        session_id=str(uuid.uuid5(uuid.UUID(kept.id), begin.isoformat())),
        scanner_id=kept.scanner_machine_id,
        number_of_successfully_scanned_targets=succeeded,
        number_of_targets=len(targets),
        scan_status=status,
        general_error_message=None if succeeded else "No target could be scanned.",
        scanned_targets=targets,
    )


def _look(call: Call, kept: KeptScan, text: str) -> Iterator[ScannedTargetResultContract]:
    """What a run finds at one address, range of addresses or name."""
    is_windows_scan = kept.definition.scan_type == "Windows"
    hosts = list(_hosts(call.store.estate(), text))
    for host in hosts:
        fits = profile_of(host).is_windows == is_windows_scan
        yield ScannedTargetResultContract(
            scan_duration=_time_of_day(20 + number(host.id, "scan") % 70),
            ip=host.last_ip_address,
            hostname=host.computer_dns_name,
            scanned_device_description=host.os_platform if fits else None,
            error_message=None if fits else "The target refused the credentials.",
            scan_status="Success" if fits else "Failure",
        )
    if not hosts:
        yield ScannedTargetResultContract(
            scan_duration=_time_of_day(30),
            ip=text if kept.definition.target_type == "Ip" else None,
            hostname=None if kept.definition.target_type == "Ip" else text,
            error_message="The target did not answer.",
            scan_status="Failure",
        )


def _hosts(estate: Estate, text: str) -> Iterator[Machine]:
    """The machines at an address, in a range such as 10.20.1.0/24, or of a name."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        yield from (each for each in estate.machines if (each.computer_dns_name or "").lower() == text.lower())
        return
    for each in estate.machines:
        if each.last_ip_address and ipaddress.ip_address(each.last_ip_address) in network:
            yield each


def _time_of_day(seconds: int) -> str:
    return f"00:{seconds // 60:02}:{seconds % 60:02}.0000000"


# -- definitions -------------------------------------------------------------------------------------------------------


def _visible(call: Call) -> dict[str, KeptScan]:
    """Id → scan, of those whose scanner the caller sees."""
    estate = estate_of(call)
    seen = {each.id for each in estate.machines}
    return {kept.id: kept for kept in call.store.scans.all() if call.user is None or kept.scanner_machine_id in seen}


def _kept(call: Call, id: str) -> KeptScan:
    found = _visible(call).get(id.lower())
    if found is None:
        raise Problem("ResourceNotFound", kind="DeviceAuthenticatedScanDefinition", id=id)
    return found


def _shown(call: Call, kept: KeptScan) -> DeviceAuthenticatedScanDefinition:
    """The definition with its scanner and latest run as they are now."""
    begins = _begins(kept, call.now)
    last = begins[-1] if begins else kept.last_ended
    runs = [_run(kept, begins[-1], _targets(call, kept))] if begins else kept.ended[:1]
    latest = None
    if runs and last is not None:
        failed = runs[0].scan_status == "Failure"
        latest = ScanState(
            status="Fail" if failed else "Success",
            failure_reason=runs[0].general_error_message,
            execution_date_time=last,
        )
    agents = {host.id: _agent(call, key, host) for key, host in _agents(call).items()}
    agent = agents.get(kept.scanner_machine_id)
    return msgspec.structs.replace(
        kept.definition,
        latest_scan=latest,
        scanner_agent=_contract(agent) if agent else AgentContract(machine_id=kept.scanner_machine_id),
    )


@handles(AuthenticatedScans.list, in_thread=True)
def list_all(call: Call, /) -> Iterable[DeviceAuthenticatedScanDefinition]:
    """In the order in which they were made."""
    return [_shown(call, kept) for kept in _visible(call).values()]


@handles(AuthenticatedScans.get, in_thread=True)
def get(call: Call, /, id: str) -> DeviceAuthenticatedScanDefinition:
    """By id."""
    return _shown(call, _kept(call, id))


@handles(AuthenticatedScans.create, in_thread=True)
def create(
    call: Call,
    /,
    *,
    scan_type: NewScanType,
    scan_name: str,
    is_active: bool,
    target: str,
    target_type: NewTargetType,
    interval_in_hours: int,
    scanner_agent: ScannerAgent,
    scan_authentication_params: WindowsAuthParams | SnmpAuthParams,
) -> DeviceAuthenticatedScanDefinition:
    """Keep the scan; its first run begins at once. The credentials are checked and forgotten."""
    host = _scanner(call, scanner_agent)
    definition = DeviceAuthenticatedScanDefinition(
        id=str(uuid.uuid4()),
        scan_type=scan_type,
        scan_name=scan_name,
        is_active=is_active,
        target=target,
        org_id=call.caller.tenant_id,
        interval_in_hours=interval_in_hours,
        created_by=call.caller.name,
        target_type=target_type,
    )
    _check(definition, scan_authentication_params)
    kept = KeptScan(id=definition.id, definition=definition, scanner_machine_id=host.id, since=call.now)
    call.store.scans.put(kept)
    return _shown(call, kept)


@handles(AuthenticatedScans.update, in_thread=True)
def update(
    call: Call,
    /,
    id: str,
    *,
    scan_type: NewScanType | None = None,
    scan_name: str | None = None,
    is_active: bool | None = None,
    target: str | None = None,
    target_type: NewTargetType | None = None,
    interval_in_hours: int | None = None,
    scanner_agent: ScannerAgent | None = None,
    scan_authentication_params: WindowsAuthParams | SnmpAuthParams | None = None,
) -> DeviceAuthenticatedScanDefinition:
    """Change what is given, and run again from now on."""
    given: dict[str, object] = {
        "scan_type": scan_type,
        "scan_name": scan_name,
        "is_active": is_active,
        "target": target,
        "target_type": target_type,
        "interval_in_hours": interval_in_hours,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes and scanner_agent is None and scan_authentication_params is None:
        raise Problem("InvalidRequestBody")
    with call.store.database.transaction():
        kept = _kept(call, id)
        definition = msgspec.structs.replace(kept.definition, **changes)
        _check(definition, scan_authentication_params)
        begins = _begins(kept, call.now)
        changed = KeptScan(
            id=kept.id,
            definition=definition,
            scanner_machine_id=_scanner(call, scanner_agent).id if scanner_agent else kept.scanner_machine_id,
            since=call.now,
            ended=_runs(call, kept),
            last_ended=begins[-1] if begins else kept.last_ended,
        )
        call.store.scans.put(changed)
    return _shown(call, changed)


@handles(AuthenticatedScans.batch_delete, in_thread=True)
def batch_delete(call: Call, /, scan_definition_ids: Sequence[str]) -> None:
    """All of them or, when one is not found, none. Their history goes with them."""
    if not scan_definition_ids:
        raise Problem("InvalidInput", input="ScanDefinitionIds: name at least one scan")
    with call.store.database.transaction():
        for kept in [_kept(call, each) for each in dict.fromkeys(scan_definition_ids)]:
            call.store.scans.delete(kept.id)


def _check(
    definition: DeviceAuthenticatedScanDefinition, credentials: WindowsAuthParams | SnmpAuthParams | None
) -> None:
    if not (definition.target or "").strip():
        raise Problem("InvalidInput", input="target: name at least one address or host")
    if (definition.interval_in_hours or 0) < 1:
        raise Problem("InvalidInput", input="intervalInHours: at least 1")
    if credentials is None:
        return
    wanted = WindowsAuthParams if definition.scan_type == "Windows" else SnmpAuthParams
    if not isinstance(credentials, wanted):
        raise Problem("InvalidInput", input=f"scanAuthenticationParams: a scan of {definition.scan_type} takes others")
    has_secret_elsewhere = bool(credentials.key_vault_uri and credentials.key_vault_secret_name)
    if isinstance(credentials, WindowsAuthParams) and not (credentials.isgmsa_user or has_secret_elsewhere):
        raise Problem("InvalidInput", input="scanAuthenticationParams: a group-managed account or a key vault")


# -- history -----------------------------------------------------------------------------------------------------------


@handles(AuthenticatedScans.list_history, in_thread=True)
def list_history(
    call: Call, /, scan_definition_ids: Sequence[str], *, top: int | None = None, skip: int | None = None
) -> Iterable[AuthScanHistoryContract]:
    """Scan by scan in the order asked for, each with its latest run first."""
    return [run for each in dict.fromkeys(scan_definition_ids) for run in _runs(call, _kept(call, each))]


@handles(AuthenticatedScans.list_history_of_sessions, in_thread=True)
def list_history_of_sessions(call: Call, /, session_ids: Sequence[str]) -> Iterable[AuthScanHistoryContract]:
    """The runs with these ids; ids of no run are passed over."""
    wanted = {each.lower() for each in session_ids}
    return [run for kept in _visible(call).values() for run in _runs(call, kept) if run.session_id in wanted]
