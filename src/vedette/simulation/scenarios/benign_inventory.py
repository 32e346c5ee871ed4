"""A false alarm: the IT department's own inventory script looks like discovery by an intruder."""

from __future__ import annotations

from vedette.simulation.alerts import Triage
from vedette.simulation.scene import Scene, scenario


@scenario("benign-inventory", "False positive: the inventory script", "T1059.001", "T1082")
def play(scene: Scene) -> None:
    """A signed collector starts an encoded PowerShell command that lists software and hardware. Nothing is wrong."""
    start = scene.moment(13, "12:05")
    desk = scene.desk(scene.enterprise.admin_host, start)
    collector = desk.start(desk["schedule"], start, "inventory.exe", '"inventory.exe" --full --report it')
    shell = desk.start(
        collector,
        scene.later(start, 2),
        "powershell.exe",
        "powershell.exe -NoProfile -EncodedCommand RwBlAHQALQBDAGkAbQBJAG4AcwB0AGEAbgBjAGUAIABXAGkAbgAzADIA",
    )
    for number, command in enumerate(("Get-CimInstance", "Get-HotFix", "Get-LocalUser", "Get-NetAdapter")):
        desk.event(shell, scene.later(shell.created, 1 + number), "PowerShellCommand", {"Command": command})
    info = desk.start(shell, scene.later(start, 9), "systeminfo.exe", "systeminfo /fo csv")
    report = desk.connect(collector, scene.later(start, 20), scene.enterprise.first("files").ip, 445)
    scene.alert(
        desk,
        info.created,
        "Encoded PowerShell command",
        "A PowerShell command was passed in encoded form and asked for details of the system.",
        collector,
        shell,
        info,
        report,
        category="Execution",
        severity="Low",
        techniques=("T1059.001", "T1082"),
        triage=Triage(
            "Resolved",
            "FalsePositive",
            "NotMalicious",
            "analyst@halden.example",
            ("Our own inventory collector; asked IT to sign the script instead.",),
            "Benign",
        ),
    )
    scene.alert(
        desk,
        report.time,
        "Device discovery by a scheduled program",
        "A scheduled program ran several commands that describe the device.",
        collector,
        info,
        category="Discovery",
        severity="Informational",
        techniques=("T1082",),
        triage=Triage(
            "Resolved",
            "InformationalExpectedActivity",
            "LineOfBusinessApplication",
            "analyst@halden.example",
            ("Expected.",),
            "Benign",
        ),
    )
