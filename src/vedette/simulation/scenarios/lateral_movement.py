"""From one workstation on to a server: a service by PsExec, then a process through WMI."""

from __future__ import annotations

from vedette.simulation.alerts import Triage
from vedette.simulation.files import artifact
from vedette.simulation.scene import Scene, scenario


@scenario("lateral-movement", "Lateral movement with PsExec and WMI", "T1021.002", "T1569.002", "T1047", "T1078.002")
def play(scene: Scene) -> None:
    """Stolen administrator credentials start PSEXESVC on the file server and a WMI process on another machine."""
    start = scene.moment(4, "15:05")
    source = scene.desk(scene.victim(), start)
    target = scene.desk(scene.server("files"), start)
    admin = scene.enterprise.admins[0]
    session = source.logon(start, "NewCredentials", admin)
    shell = source.start(
        source.shell, scene.later(start, 4), "cmd.exe", '"cmd.exe"', account=admin, logon_id=session, elevated=True
    )

    # PsExec: copy the service binary over SMB, install it, run a shell under it.
    psexec = source.start(
        shell,
        scene.later(start, 40),
        "PsExec.exe",
        f"PsExec.exe \\\\{target.host.name} -accepteula -s cmd.exe /c ipconfig /all",
    )
    outbound = source.connect(psexec, scene.later(psexec.created, 0.4), target.host.ip, 445)
    arrival = scene.later(psexec.created, 0.5)
    target.connect(
        target["system"], arrival, source.host.ip, 52_117, action="InboundConnectionAccepted", local_port=445
    )
    target.logon(scene.later(arrival, 0.1), "Network", admin, source=source.host, protocol="NTLM", local_admin=True)
    service_file = target.image("PSEXESVC.exe")
    copied = target.file(
        target["system"],
        scene.later(arrival, 0.6),
        service_file,
        RequestProtocol="SMB",
        RequestSourceIP=source.host.ip,
        RequestSourcePort=52_117,
        RequestAccountName=admin.name,
        RequestAccountDomain=admin.domain,
        RequestAccountSid=admin.sid,
        ShareName=f"\\\\{target.host.name}\\ADMIN$",
    )
    installed = target.event(
        target["services"],
        scene.later(arrival, 0.9),
        "ServiceInstalled",
        {"ServiceName": "PSEXESVC", "ServiceStartType": 3, "ServiceType": 16, "ServiceAccount": "LocalSystem"},
        **service_file.columns,
        **admin.columns_without_cloud,
    )
    target.registry(
        target["services"],
        scene.later(arrival, 0.95),
        "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\PSEXESVC",
        "ImagePath",
        "%SystemRoot%\\PSEXESVC.exe",
        kind="ExpandString",
    )
    service = target.start(target["services"], scene.later(arrival, 1.2), "PSEXESVC.exe", "C:\\Windows\\PSEXESVC.exe")
    target.event(
        service,
        scene.later(service.created, 0.2),
        "NamedPipeEvent",
        {"PipeName": "\\Device\\NamedPipe\\PSEXESVC", "FileOperation": "File created"},
    )
    remote = target.start(service, scene.later(service.created, 0.8), "cmd.exe", "cmd.exe /c ipconfig /all")
    target.start(remote, scene.later(remote.created, 0.3), "ipconfig.exe", "ipconfig /all")
    triage = Triage("InProgress", assigned_to="analyst@halden.example", comments=("Account password reset requested.",))
    scene.alert(
        target,
        remote.created,
        "Service started remotely with PsExec",
        "A service binary of PsExec was copied over the administrative share, installed, and ran a command as SYSTEM.",
        copied,
        installed,
        service,
        remote,
        admin,
        category="LateralMovement",
        severity="Medium",
        techniques=("T1021.002", "T1569.002"),
        triage=triage,
        user=admin,
    )

    # WMI: a process on a second machine, with the loader left by the same hands.
    second = scene.desk(scene.victim(), start)
    wmic = source.start(
        shell,
        scene.later(start, 420),
        "WMIC.exe",
        f'wmic /node:{second.host.name} process call create "powershell -W Hidden -File C:\\Users\\Public\\stage.ps1"',
    )
    source.connect(wmic, scene.later(wmic.created, 0.4), second.host.ip, 135)
    far = second.logon(scene.later(wmic.created, 0.6), "Network", admin, source=source.host, local_admin=True)
    caller = second.connect(
        second["dcom"],
        scene.later(wmic.created, 0.5),
        source.host.ip,
        52_140,
        action="InboundConnectionAccepted",
        local_port=135,
    )
    provider = second.start(
        second["dcom"],
        scene.later(wmic.created, 0.9),
        "WmiPrvSE.exe",
        "C:\\Windows\\system32\\wbem\\wmiprvse.exe -Embedding",
    )
    script = artifact("C:\\Users\\Public\\stage.ps1", "stage script 2", size=3_310)
    second.file(
        second["system"],
        scene.later(wmic.created, 0.95),
        script,
        RequestProtocol="SMB",
        RequestSourceIP=source.host.ip,
        RequestSourcePort=52_141,
        RequestAccountName=admin.name,
        RequestAccountDomain=admin.domain,
        RequestAccountSid=admin.sid,
    )
    child = second.start(
        provider,
        scene.later(provider.created, 0.8),
        "powershell.exe",
        "powershell.exe -NoP -W Hidden -File C:\\Users\\Public\\stage.ps1",
        account=admin,
        logon_id=far,
        integrity="High",
    )
    second.event(
        provider,
        scene.later(child.created, 0.1),
        "ProcessCreatedUsingWmiQuery",
        {},
        **child.image.columns,
        ProcessId=child.pid,
        ProcessCommandLine=child.command_line,
        ProcessCreationTime=child.created,
    )
    scene.alert(
        second,
        child.created,
        "Process started through WMI from another machine",
        "WmiPrvSE.exe started a hidden PowerShell script at the request of another workstation.",
        provider,
        child,
        caller,
        admin,
        category="LateralMovement",
        severity="Medium",
        techniques=("T1047", "T1078.002"),
        triage=triage,
        user=admin,
    )
    scene.alert(
        source,
        wmic.created,
        "Administrator credentials used from an unusual workstation",
        "A domain administrator's session was opened under another user and reached two machines within ten minutes.",
        shell,
        psexec,
        wmic,
        outbound,
        admin,
        category="LateralMovement",
        severity="High",
        techniques=("T1078.002",),
        triage=triage,
        user=admin,
    )
