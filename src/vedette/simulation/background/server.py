"""A day of a Windows server: callers, backups, maintenance, and what its role brings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import cast

from vedette.simulation.background.workstation import SENSOR, UPDATES, after
from vedette.simulation.desk import Desk
from vedette.simulation.enterprise import SYSTEM, Enterprise
from vedette.simulation.files import artifact
from vedette.simulation.reports import certificate, device_info, network_info


def day(desk: Desk, enterprise: Enterprise, callers: Sequence[Desk], *, boots: bool) -> None:
    """Tell one day. `callers` are the desks whose owners are at work; `boots` on the day it started."""
    random, hours = desk.random, desk.hours
    if boots:
        desk.tell_boot()
    begin = hours.logon + timedelta(seconds=20)
    span = (hours.end - begin).total_seconds()
    if span < 900:
        return
    moments = sorted(begin + timedelta(seconds=60 + (span - 460) * random.random()) for _ in range(16))
    device_info(desk, begin)
    network_info(desk, begin + timedelta(seconds=5))
    _maintain(desk, moments[0], random)
    _maintain(desk, moments[9], random)
    _backup(desk, moments[1], random, enterprise)
    if desk.host.role == "dc":
        _directory(desk, random, enterprise, callers)
    elif desk.host.role == "files":
        _shares(desk, random, enterprise, callers)
    elif desk.host.role == "web":
        _requests(desk, moments[2:14], random)
    elif desk.host.role == "sql":
        _database(desk, moments[2:8], random, enterprise)
    if random.random() < 0.2:
        _administer(desk, moments[15], random, enterprise)
    device_info(desk, hours.end)


def _maintain(desk: Desk, at: datetime, random: Random) -> None:
    desk.start(desk["schedule"], at, "taskhostw.exe", "taskhostw.exe")
    desk.connect(desk["mssense"], after(at, random, 1, 20), SENSOR[1], 443, SENSOR[0])
    engine = desk["msmpeng"]
    desk.event(
        engine,
        after(at, random, 30, 90),
        "AntivirusScanCompleted",
        {"ScanTypeIndex": "Quick", "User": "NT AUTHORITY\\SYSTEM"},
    )
    run = desk.start(engine, after(at, random, 100, 120), "MpCmdRun.exe", '"MpCmdRun.exe" SignatureUpdate -ScheduleJob')
    desk.connect(run, after(run.created, random, 1, 4), UPDATES[1], 443, UPDATES[0])
    certificate(desk, after(at, random, 130, 140), run.image)
    provider = desk.start(
        desk["dcom"],
        after(at, random, 140, 160),
        "WmiPrvSE.exe",
        "C:\\Windows\\system32\\wbem\\wmiprvse.exe -secured -Embedding",
    )
    desk.load(provider, after(provider.created, random, 0.1, 1), "crypt32.dll")


def _backup(desk: Desk, at: datetime, random: Random, enterprise: Enterprise) -> None:
    account = enterprise.services["svc-backup"]
    session = desk.logon(at, "Batch", account)
    agent = desk.start(
        desk["schedule"],
        after(at, random, 0.2, 1),
        "backup-agent.exe",
        '"backup-agent.exe" run --job nightly',
        account=account,
        logon_id=session,
        integrity="High",
    )
    archive = artifact(f"D:\\Backup\\{desk.host.name}-{desk.day:%Y%m%d}.hbk", f"backup {desk.host.name} {desk.day}")
    desk.file(agent, after(at, random, 60, 200), archive)
    desk.connect(agent, after(at, random, 10, 60), "10.20.1.11", 445)


def _visits(callers: Sequence[Desk], random: Random, each: float) -> Iterator[tuple[Desk, datetime]]:
    """Moments at which callers turn to a server, while they are at work; `each` is how often a caller does."""
    for caller in callers:
        span = (caller.hours.end - caller.hours.logon).total_seconds()
        for _ in range(int(each) + (random.random() < each % 1)):
            yield caller, caller.hours.logon + timedelta(seconds=30 + (span - 60) * random.random())


def _directory(desk: Desk, random: Random, enterprise: Enterprise, callers: Sequence[Desk]) -> None:
    share = 1.0 / len(enterprise.of_role("dc"))
    for caller, at in _visits(callers, random, share):
        if at < desk.hours.logon:
            continue
        port = caller.connect(caller["lsass"], at, desk.host.ip, 88).columns["LocalPort"]
        desk.connect(
            desk["lsass"],
            after(at, random, 0.001, 0.01),
            caller.host.ip,
            cast("int", port),
            action="InboundConnectionAccepted",
            local_port=88,
        )
        desk.logon(after(at, random, 0.02, 0.1), "Network", caller.owner, source=caller.host)
    if callers and random.random() < 0.08:
        admin = enterprise.admins[0]
        at = callers[0].hours.logon + timedelta(minutes=45)
        session = desk.logon(at, "RemoteInteractive", admin, source=callers[0].host, local_admin=True)
        console = desk.start(
            desk["services"],
            after(at, random, 5, 9),
            "mmc.exe",
            '"mmc.exe" dsa.msc',
            account=admin,
            logon_id=session,
            integrity="High",
        )
        desk.event(
            desk["lsass"],
            after(console.created, random, 60, 100),
            "UserAccountCreated",
            AccountName=f"trainee{desk.day:%j}",
            AccountDomain=admin.domain,
        )


def _shares(desk: Desk, random: Random, enterprise: Enterprise, callers: Sequence[Desk]) -> None:
    for caller, at in _visits(callers, random, 1.5):
        if at < desk.hours.logon:
            continue
        owner = caller.owner
        port = caller.connect(caller["system"], at, desk.host.ip, 445).columns["LocalPort"]
        desk.connect(
            desk["system"],
            after(at, random, 0.001, 0.01),
            caller.host.ip,
            cast("int", port),
            action="InboundConnectionAccepted",
            local_port=445,
        )
        desk.logon(after(at, random, 0.02, 0.2), "Network", owner, source=caller.host)
        share = owner.department.replace(" ", "")
        file = artifact(f"D:\\Shares\\{share}\\Report {int(random.random() * 80)}.xlsx", f"share {share} {at}")
        desk.file(
            desk["system"],
            after(at, random, 1, 40),
            file,
            "FileModified" if random.random() < 0.6 else "FileCreated",
            RequestProtocol="SMB",
            RequestSourceIP=caller.host.ip,
            RequestSourcePort=port,
            RequestAccountName=owner.name,
            RequestAccountDomain=owner.domain,
            RequestAccountSid=owner.sid,
            ShareName=f"\\\\{desk.host.name}\\{share}",
        )


def _requests(desk: Desk, moments: Sequence[datetime], random: Random) -> None:
    for at in moments:
        visitor = f"192.0.2.{150 + int(random.random() * 80)}"
        desk.connect(
            desk["w3wp"],
            at,
            visitor,
            40000 + int(random.random() * 20000),
            action="InboundConnectionAccepted",
            local_port=443,
        )
    log = artifact(f"C:\\inetpub\\logs\\LogFiles\\W3SVC1\\u_ex{desk.day:%y%m%d}.log", f"iis {desk.day}")
    desk.file(desk["w3wp"], moments[-1], log, "FileModified")


def _database(desk: Desk, moments: Sequence[datetime], random: Random, enterprise: Enterprise) -> None:
    web = enterprise.first("web")
    for at in moments:
        desk.logon(at, "Network", enterprise.services["svc-web"], source=web, protocol="NTLM")
        desk.connect(
            desk["sql"],
            after(at, random, 0.01, 0.1),
            web.ip,
            50000 + int(random.random() * 9000),
            action="InboundConnectionAccepted",
            local_port=1433,
        )


def _administer(desk: Desk, at: datetime, random: Random, enterprise: Enterprise) -> None:
    admin = enterprise.admins[1]
    session = desk.logon(at, "RemoteInteractive", admin, local_admin=True, source=enterprise.admin_host)
    shell = desk.start(
        desk["services"],
        after(at, random, 10, 20),
        "powershell.exe",
        "powershell.exe -NoExit",
        account=admin,
        logon_id=session,
        elevated=True,
    )
    for command in ("Get-Service", "Get-EventLog", "Restart-Service"):
        desk.event(shell, after(shell.created, random, 5, 100), "PowerShellCommand", {"Command": command})
    if random.random() < 0.3:
        tool = artifact(
            "C:\\Program Files\\Halden Works\\Agent\\agent-svc.exe",
            "halden agent 1",
            company="Halden Works",
            version="1.0",
        )
        desk.file(shell, after(shell.created, random, 101, 110), tool)
        desk.event(
            desk["services"],
            after(shell.created, random, 111, 120),
            "ServiceInstalled",
            {"ServiceName": "HaldenAgent", "ServiceStartType": 2, "ServiceType": 16, "ServiceAccount": SYSTEM.name},
            **tool.columns,
        )
