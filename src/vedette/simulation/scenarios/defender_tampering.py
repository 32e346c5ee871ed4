"""Protection is switched off before anything else is tried."""

from __future__ import annotations

from vedette.simulation.alerts import Triage
from vedette.simulation.scene import Scene, scenario

_KEY = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows Defender"


@scenario("defender-tampering", "Defender settings tampered with", "T1562.001", "T1112", "T1070.001")
def play(scene: Scene) -> None:
    """PowerShell and reg.exe try to switch off the antivirus and exclude a folder; the event log is cleared."""
    start = scene.moment(8, "17:10")
    desk = scene.desk(scene.victim(), start)
    user = desk.owner
    shell = desk.start(
        desk.shell,
        start,
        "powershell.exe",
        "powershell.exe -Command Set-MpPreference -DisableRealtimeMonitoring $true; "
        "Add-MpPreference -ExclusionPath C:\\Users\\Public",
        elevated=True,
    )
    desk.load(shell, scene.later(start, 0.4), "amsi.dll")
    desk.event(shell, scene.later(start, 1.0), "PowerShellCommand", {"Command": "Set-MpPreference"})
    desk.event(shell, scene.later(start, 1.1), "PowerShellCommand", {"Command": "Add-MpPreference"})
    excluded = desk.registry(
        desk["msmpeng"],
        scene.later(start, 1.5),
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Defender\\Exclusions\\Paths",
        "C:\\Users\\Public",
        "0",
        kind="Dword",
    )
    desk.event(
        shell,
        scene.later(start, 1.8),
        "TamperingAttempt",
        {"TamperingAction": "Registry modification", "Status": "Ignored", "Target": "DisableRealtimeMonitoring"},
        RegistryKey=_KEY + "\\Real-Time Protection",
        RegistryValueName="DisableRealtimeMonitoring",
    )
    reg = desk.start(
        shell,
        scene.later(start, 20),
        "reg.exe",
        f'reg add "{_KEY.replace("HKEY_LOCAL_MACHINE", "HKLM")}" /v DisableAntiSpyware /t REG_DWORD /d 1 /f',
    )
    written = desk.registry(reg, scene.later(reg.created, 0.2), _KEY, "DisableAntiSpyware", "1", kind="Dword")
    scene.alert(
        desk,
        written.time,
        "Attempt to switch off the antivirus",
        "A user with administrator rights tried to switch off real-time protection and excluded a folder from scans.",
        shell,
        excluded,
        reg,
        written,
        user,
        category="DefenseEvasion",
        severity="Medium",
        techniques=("T1562.001", "T1112"),
        triage=Triage(
            "Resolved",
            "InformationalExpectedActivity",
            "SecurityTesting",
            "analyst@halden.example",
            ("Announced exercise of the red team.",),
            "TerminatedByUser",
        ),
    )
    clear = desk.start(shell, scene.later(start, 60), "wevtutil.exe", "wevtutil cl Security")
    desk.event(clear, scene.later(clear.created, 0.3), "SecurityLogCleared")
    scene.alert(
        desk,
        clear.created,
        "Security event log was cleared",
        "wevtutil.exe emptied the security event log.",
        shell,
        clear,
        user,
        category="DefenseEvasion",
        severity="Medium",
        techniques=("T1070.001",),
        triage=Triage(
            "Resolved",
            "InformationalExpectedActivity",
            "SecurityTesting",
            "analyst@halden.example",
            ("Same exercise.",),
            "TerminatedByUser",
        ),
    )
