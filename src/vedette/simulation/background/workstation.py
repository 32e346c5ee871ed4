"""A working day at a workstation: signing in, mail, documents, browsing, shares, updates, and the odd admin task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random

from vedette.simulation.desk import Desk
from vedette.simulation.files import artifact
from vedette.simulation.reports import certificate, device_info, network_info
from vedette.simulation.tape import Process

SITES: tuple[tuple[str, str], ...] = (
    ("portal.halden.example", "198.51.100.40"),
    ("mail.office-suite.example", "198.51.100.51"),
    ("files.office-suite.example", "198.51.100.52"),
    ("meet.office-suite.example", "198.51.100.53"),
    ("news.northern-times.example", "192.0.2.31"),
    ("search.findwell.example", "192.0.2.44"),
    ("docs.codehub.example", "192.0.2.60"),
    ("travel.rail-europe.example", "192.0.2.75"),
    ("shop.paperworks.example", "192.0.2.83"),
    ("maps.wayfinder.example", "192.0.2.97"),
    ("learn.skillpath.example", "192.0.2.112"),
    ("bank.fjordbank.example", "192.0.2.130"),
)
UPDATES = ("updates.software-vendor.example", "198.51.100.70")
SENSOR = ("events.sensor-cloud.example", "198.51.100.80")
_TOPICS = (
    "Budget",
    "Forecast",
    "Meeting notes",
    "Offer",
    "Project plan",
    "Travel",
    "Invoice",
    "Roadmap",
    "Review",
    "Order",
)

Routine = Callable[[Desk, datetime, Random, Mapping[str, Process]], None]


def after(at: datetime, random: Random, least: float, most: float) -> datetime:
    """A moment some seconds later."""
    return at + timedelta(seconds=least + (most - least) * random.random())


def day(desk: Desk) -> None:
    """Tell one working day."""
    desk.tell_boot()
    random, hours = desk.random, desk.hours
    begin, end = hours.logon + timedelta(seconds=30), hours.end
    network_info(desk, hours.boot + timedelta(seconds=50))
    device_info(desk, hours.boot + timedelta(seconds=55))
    apps = _sign_in(desk, random)
    span = (end - begin).total_seconds()
    if span < 600:
        return
    for routine, often in _ROUTINES:
        times = int(often) + (random.random() < often % 1)
        for _ in range(times):
            routine(desk, begin + timedelta(seconds=120 + (span - 420) * random.random()), random, apps)
    device_info(desk, end)


def _sign_in(desk: Desk, random: Random) -> Mapping[str, Process]:
    at = desk.hours.logon + timedelta(seconds=8)
    shell = desk.shell
    apps = {
        "outlook": desk.start(shell, after(at, random, 20, 90), "OUTLOOK.EXE"),
        "teams": desk.start(shell, after(at, random, 2, 9), "ms-teams.exe"),
        "onedrive": desk.start(shell, after(at, random, 2, 9), "OneDrive.exe", "OneDrive.exe /background"),
        "edge": desk.start(shell, after(at, random, 10, 100), "msedge.exe", "msedge.exe --profile-directory=Default"),
    }
    for name, site in (("outlook", 1), ("teams", 3), ("onedrive", 2)):
        host, ip = SITES[site]
        desk.connect(apps[name], after(apps[name].created, random, 1, 6), ip, 443, host)
    return apps


def _browse(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    at = max(at, apps["edge"].created + timedelta(seconds=20))
    tab = desk.start(apps["edge"], at, "msedge.exe", "msedge.exe --type=renderer --lang=en-US", integrity="Low")
    desk.load(tab, after(at, random, 0.1, 0.4), "wininet.dll")
    for _ in range(1 + int(random.random() * 3)):
        name, ip = SITES[int(random.random() * len(SITES))]
        at = after(at, random, 1, 40)
        if random.random() < 0.5:
            desk.resolve(desk["dnscache"], at, name, ip)
        desk.connect(apps["edge"], after(at, random, 0.05, 0.3), ip, 443, name)


def _download(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    at = max(at, apps["edge"].created + timedelta(seconds=20))
    name, ip = SITES[4 + int(random.random() * 8)]
    file = desk.document(f"brochure-{int(random.random() * 90)}.pdf", "download", folder="Downloads")
    desk.connect(apps["edge"], at, ip, 443, name)
    desk.file(
        apps["edge"],
        after(at, random, 1, 5),
        file,
        FileOriginUrl=f"https://{name}/files/{file.name}",
        FileOriginIP=ip,
        FileOriginReferrerUrl=f"https://{name}/",
    )


def _write_document(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    excel = random.random() < 0.4
    topic = _TOPICS[int(random.random() * len(_TOPICS))]
    file = desk.document(f"{topic} {int(random.random() * 60)}.{'xlsx' if excel else 'docx'}", desk.host.name)
    app = desk.start(
        desk.shell,
        at,
        "EXCEL.EXE" if excel else "WINWORD.EXE",
        f'"{"EXCEL" if excel else "WINWORD"}.EXE" "{file.path}"',
    )
    desk.load(app, after(at, random, 0.2, 1), "mso.dll")
    product = "Excel" if excel else "Word"
    hive = f"HKEY_CURRENT_USER\\{desk.owner.sid}\\Software\\Microsoft\\Office\\16.0\\{product}\\File MRU"
    desk.registry(app, after(at, random, 1, 3), hive, "Item 1", f"[F00000000][T01D]*{file.path}")
    at = after(at, random, 60, 200)
    desk.file(app, at, file, "FileModified" if random.random() < 0.7 else "FileCreated")
    if random.random() < 0.3:
        draft = artifact(f"{file.folder}~{file.name}.tmp", f"draft of {file.path}")
        desk.file(
            app,
            after(at, random, 0.1, 1),
            file,
            "FileRenamed",
            PreviousFileName=draft.name,
            PreviousFolderPath=draft.path,
        )
    if random.random() < 0.4:
        desk.file(apps["onedrive"], max(after(at, random, 2, 8), apps["onedrive"].created), file, "FileModified")


def _scheduled(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    kind = int(random.random() * 3)
    if kind == 0:
        updater = desk.start(
            desk["schedule"], at, "MicrosoftEdgeUpdate.exe", '"MicrosoftEdgeUpdate.exe" /ua /installsource scheduler'
        )
        desk.connect(updater, after(at, random, 1, 4), UPDATES[1], 443, UPDATES[0])
    elif kind == 1:
        desk.start(desk["schedule"], at, "taskhostw.exe", "taskhostw.exe")
    else:
        desk.start(
            desk["dcom"],
            at,
            "backgroundTaskHost.exe",
            '"backgroundTaskHost.exe" -ServerName:App.AppX',
            account=desk.owner,
            logon_id=desk.logon_id,
            integrity="Medium",
        )


def _antivirus(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    engine = desk["msmpeng"]
    desk.event(engine, at, "AntivirusScanCompleted", {"ScanTypeIndex": "Quick", "User": "NT AUTHORITY\\SYSTEM"})
    at = after(at, random, 5, 60)
    desk.connect(desk["mssense"], at, SENSOR[1], 443, SENSOR[0])
    certificate(desk, after(at, random, 1, 5), list(desk.base.values())[int(random.random() * 12)].image)


def _definitions(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    engine = desk["msmpeng"]
    run = desk.start(engine, at, "MpCmdRun.exe", '"MpCmdRun.exe" SignatureUpdate -ScheduleJob')
    desk.connect(run, after(at, random, 1, 4), UPDATES[1], 443, UPDATES[0])
    version = f"1.421.{desk.day.toordinal() % 2000}.0"
    desk.event(engine, after(at, random, 20, 60), "AntivirusDefinitionsUpdated", {"SignatureVersion": version})
    desk.registry(
        engine,
        after(at, random, 61, 63),
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Defender\\Signature Updates",
        "AVSignatureVersion",
        version,
    )


def _policy(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    desk.start(desk["schedule"], at, "gpupdate.exe", "gpupdate.exe /target:computer")
    desk.connect(desk["lsass"], after(at, random, 0.5, 2), "10.20.1.10", 389)
    desk.registry(
        desk["schedule"],
        after(at, random, 2, 4),
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Group Policy\\State\\Machine",
        "LastRefresh",
        str(int(at.timestamp())),
        kind="Qword",
    )


def _inventory(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    collector = desk.start(desk["schedule"], at, "inventory.exe", '"inventory.exe" --collect --quiet')
    shell = desk.start(
        collector,
        after(at, random, 1, 3),
        "powershell.exe",
        "powershell.exe -NoProfile -NonInteractive -File C:\\ProgramData\\Halden\\collect.ps1",
    )
    desk.load(shell, after(shell.created, random, 0.2, 0.5), "amsi.dll")
    for command in ("Get-CimInstance", "Get-ItemProperty", "ConvertTo-Json"):
        desk.event(shell, after(shell.created, random, 1, 9), "PowerShellCommand", {"Command": command})
    desk.event(
        shell,
        after(shell.created, random, 1, 3),
        "NamedPipeEvent",
        {"PipeName": f"\\Device\\NamedPipe\\PSHost.{shell.pid}", "FileOperation": "File created"},
    )


def _open_link(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    outlook, edge = apps["outlook"], apps["edge"]
    at = max(at, outlook.created + timedelta(seconds=30), edge.created + timedelta(seconds=30))
    name, ip = SITES[int(random.random() * len(SITES))]
    desk.event(outlook, at, "BrowserLaunchedToOpenUrl", RemoteUrl=f"https://{name}/")
    desk.connect(edge, after(at, random, 0.3, 1), ip, 443, name)


def _chat(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    name, ip = SITES[3]
    desk.connect(apps["teams"], max(at, apps["teams"].created + timedelta(seconds=9)), ip, 443, name)
    desk.connect(
        apps["outlook"], max(at, apps["outlook"].created + timedelta(seconds=9)), SITES[1][1], 443, SITES[1][0]
    )


def _clean_up(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    cache = artifact(
        f"C:\\Users\\{desk.owner.name}\\AppData\\Local\\Temp\\cache{int(random.random() * 999)}.tmp", f"tmp {at}"
    )
    desk.file(desk.shell, at, cache)
    desk.file(desk.shell, after(at, random, 5, 60), cache, "FileDeleted")


def _usb(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    desk.event(
        desk["system"],
        at,
        "UsbDriveMounted",
        {"DriveLetter": "E:", "BusType": "7", "Manufacturer": "Halden Hardware", "ProductName": "Stick 16"},
    )


def _print(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    desk.load(desk["spooler"], at, "crypt32.dll")
    desk.connect(desk["spooler"], after(at, random, 0.2, 1), "10.20.3.21", 9100)


def _console(desk: Desk, at: datetime, random: Random, apps: Mapping[str, Process]) -> None:
    if desk.host.department not in ("IT", "Engineering"):
        return
    shell = desk.start(desk.shell, at, "cmd.exe", '"cmd.exe"')
    desk.start(shell, after(at, random, 0.1, 0.2), "conhost.exe", "\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff")
    for command in ("ipconfig /all", "whoami /groups", "systeminfo")[: 1 + int(random.random() * 3)]:
        desk.start(shell, after(at, random, 5, 90), f"{command.split()[0]}.exe", command)


# Routine and how often it happens in a day; a fraction is a chance.
_ROUTINES: tuple[tuple[Routine, float], ...] = (
    (_browse, 5.0),
    (_write_document, 2.5),
    (_chat, 2.5),
    (_scheduled, 2.6),
    (_open_link, 0.8),
    (_antivirus, 0.9),
    (_definitions, 0.6),
    (_policy, 1.0),
    (_clean_up, 0.6),
    (_inventory, 0.3),
    (_download, 0.4),
    (_print, 0.4),
    (_console, 0.5),
    (_usb, 0.05),
)
