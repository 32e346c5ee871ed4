"""A mailed document leads to encrypted files within the hour, on the workstation and on the file server."""

from __future__ import annotations

import json
from datetime import timedelta

from vedette.simulation.alerts import Triage
from vedette.simulation.background.directory import click, message
from vedette.simulation.files import artifact
from vedette.simulation.scene import Scene, scenario
from vedette.simulation.tape import Note

LURE = "https://invoice-share.example/view/4471"
LURE_IP = "203.0.113.17"
STAGER = ("cdn-docs-sync.example", "203.0.113.21")
CONTROL = ("telemetry-edge.example", "203.0.113.22")


@scenario(
    "phishing-to-ransomware",
    "Phishing mail to ransomware",
    "T1566.001",
    "T1204.002",
    "T1059.001",
    "T1105",
    "T1053.005",
    "T1490",
    "T1486",
)
def play(scene: Scene) -> None:
    """A macro document starts PowerShell, which fetches a loader; backups are deleted and files encrypted."""
    start = scene.moment(2, "10:12")
    desk = scene.desk(scene.victim(), start)
    user, controller = desk.owner, scene.enterprise.first("dc")

    # The mail and the click.
    document = desk.document("Overdue invoice 4471.docm", "lure 4471", folder="Downloads", size=48_640)
    mail = message(
        scene.tape,
        start - timedelta(minutes=9),
        sender="accounts@invoice-share.example",
        name="Accounts Receivable",
        ip=LURE_IP,
        recipient=user,
        subject="Overdue invoice 4471",
        attachments=1,
        urls=1,
        ThreatTypes="Phish",
        DetectionMethods=json.dumps({"Phish": ["URL detonation"]}),
        ConfidenceLevel=json.dumps({"Phish": "High"}),
    )
    head: dict[str, object] = {"NetworkMessageId": mail}
    scene.tape.note(
        start - timedelta(minutes=9),
        None,
        "EmailUrlInfo",
        None,
        head | {"Url": LURE, "UrlDomain": "invoice-share.example", "UrlLocation": "Body"},
    )
    attachment = scene.tape.note(
        start - timedelta(minutes=9),
        None,
        "EmailAttachmentInfo",
        None,
        head
        | {
            "SenderFromAddress": "accounts@invoice-share.example",
            "SenderDisplayName": "Accounts Receivable",
            "RecipientEmailAddress": user.upn,
            "RecipientObjectId": user.object_id,
            "FileName": document.name,
            "FileType": "docm",
            "SHA256": document.sha256,
            "FileSize": document.size,
            "ThreatTypes": "Malware",
        },
    )
    opened = click(scene.tape, start - timedelta(minutes=2), user, LURE, mail)

    # The document and its macro.
    outlook = desk.start(desk.shell, start - timedelta(minutes=3), "OUTLOOK.EXE")
    desk.file(outlook, start, document, FileOriginUrl=LURE, FileOriginIP=LURE_IP)
    word = desk.start(outlook, scene.later(start, 4), "WINWORD.EXE", f'"WINWORD.EXE" /n "{document.path}" /o ""')
    desk.load(word, scene.later(word.created, 3), "VBE7.DLL")
    powershell = desk.start(
        word,
        scene.later(word.created, 11),
        "powershell.exe",
        "powershell.exe -NoP -W Hidden -Enc "
        "SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMAbABpAGUAbgB0ACkA",
    )
    desk.load(powershell, scene.later(powershell.created, 0.4), "amsi.dll")
    desk.event(powershell, scene.later(powershell.created, 1), "PowerShellCommand", {"Command": "Invoke-Expression"})
    desk.resolve(desk["dnscache"], scene.later(powershell.created, 1.1), *STAGER)
    fetch = desk.connect(powershell, scene.later(powershell.created, 1.3), STAGER[1], 443, STAGER[0])
    loader = artifact(f"C:\\Users\\{user.name}\\AppData\\Local\\Temp\\msupd.exe", "loader build 7", size=731_648)
    dropped = desk.file(
        powershell,
        scene.later(powershell.created, 4),
        loader,
        FileOriginUrl=f"https://{STAGER[0]}/u/msupd.bin",
        FileOriginIP=STAGER[1],
    )
    implant = desk.start(powershell, scene.later(powershell.created, 6), loader, f'"{loader.path}" --quiet')
    scene.alert(
        desk,
        implant.created,
        "Suspicious PowerShell started by Word",
        "A macro in a mailed document started an encoded PowerShell command, which downloaded and ran a program.",
        word,
        powershell,
        fetch,
        dropped,
        implant,
        user,
        category="Execution",
        severity="High",
        techniques=("T1204.002", "T1059.001", "T1105"),
        triage=Triage(
            "InProgress",
            assigned_to="analyst@halden.example",
            comments=("Contacting the user.",),
            investigation="Running",
        ),
    )
    scene.alert(
        desk,
        scene.later(start, 30),
        "Mail with malicious attachment was delivered",
        "A delivered mail carried a document that was found malicious afterwards; the recipient opened its link.",
        attachment,
        opened,
        user,
        category="InitialAccess",
        severity="Medium",
        techniques=("T1566.001",),
        source="OfficeATP",
        triage=Triage("InProgress", assigned_to="analyst@halden.example"),
    )

    # Foothold and discovery.
    beacon = None
    for minute in range(0, 40, 5):
        beacon = desk.connect(
            implant, scene.later(implant.created, 20 + 60 * minute, 40 + 60 * minute), CONTROL[1], 443, CONTROL[0]
        )
    task = desk.start(
        implant,
        scene.later(implant.created, 90),
        "schtasks.exe",
        f'schtasks.exe /create /sc minute /mo 30 /tn "OneDrive Sync Helper" /tr "{loader.path} --quiet" /f',
    )
    desk.event(
        desk["schedule"],
        scene.later(task.created, 0.6),
        "ScheduledTaskCreated",
        {"TaskName": "\\OneDrive Sync Helper", "Author": user.id},
        **user.columns_without_cloud,
    )
    for offset, command in enumerate(
        ("whoami.exe /all", 'net.exe group "Domain Admins" /domain', "nltest.exe /dclist:halden")
    ):
        desk.start(implant, scene.later(implant.created, 200 + 20 * offset), command.split(" ")[0], command)
    desk.connect(implant, scene.later(implant.created, 300), controller.ip, 389)

    # Backups go first, then the files.
    strike = scene.later(implant.created, 2700)
    shell = desk.start(
        implant,
        strike,
        "cmd.exe",
        "cmd.exe /c vssadmin delete shadows /all /quiet & bcdedit /set {default} recoveryenabled no",
        elevated=True,
    )
    shadow = desk.start(shell, scene.later(strike, 0.5), "vssadmin.exe", "vssadmin delete shadows /all /quiet")
    recovery = desk.start(shell, scene.later(strike, 3), "bcdedit.exe", "bcdedit /set {default} recoveryenabled no")
    scene.alert(
        desk,
        recovery.created,
        "Backup copies were deleted",
        "A program deleted all shadow copies and switched off recovery, as ransomware does before it encrypts.",
        implant,
        shadow,
        recovery,
        *([beacon] if beacon else []),
        user,
        category="Ransomware",
        severity="High",
        techniques=("T1490",),
        triage=Triage("InProgress", assigned_to="responder@halden.example"),
    )
    encrypted: list[Note] = []
    for number in range(24):
        plain = desk.document(f"Project plan {number}.docx", desk.host.name)
        sealed = artifact(plain.path + ".sealed", f"sealed {plain.path}")
        encrypted.append(
            desk.file(
                implant,
                scene.later(strike, 20 + number),
                sealed,
                "FileRenamed",
                PreviousFileName=plain.name,
                PreviousFolderPath=plain.path,
            )
        )
    note = desk.file(
        implant,
        scene.later(strike, 60),
        desk.document("RESTORE-FILES.txt", "ransom note", folder="Desktop", size=1_204),
    )
    scene.alert(
        desk,
        note.time,
        "Ransomware behaviour: many files were encrypted",
        "A program renamed and rewrote many documents within a minute and left a note that asks for payment.",
        implant,
        *encrypted[:3],
        note,
        user,
        category="Ransomware",
        severity="High",
        techniques=("T1486",),
        family="Sealer",
        threat="Ransom:Win32/Sealer.A",
        triage=Triage(
            "InProgress",
            assigned_to="responder@halden.example",
            comments=("Machine to be isolated.",),
            investigation="PendingApproval",
        ),
    )

    # The share follows.
    server = scene.desk(scene.server("files"), start)
    source = desk.host
    desk.connect(implant, scene.later(strike, 70), server.host.ip, 445)
    inbound = server.connect(
        server["system"],
        scene.later(strike, 70.1),
        source.ip,
        51_344,
        action="InboundConnectionAccepted",
        local_port=445,
    )
    server.logon(scene.later(strike, 70.3), "Network", user, source=source)
    shared: list[Note] = []
    for number in range(16):
        plain = artifact(f"D:\\Shares\\Finance\\Report {number}.xlsx", f"share Finance {number}")
        shared.append(
            server.file(
                server["system"],
                scene.later(strike, 72 + number),
                artifact(plain.path + ".sealed", f"sealed {plain.path}"),
                "FileRenamed",
                PreviousFileName=plain.name,
                PreviousFolderPath=plain.path,
                RequestProtocol="SMB",
                RequestSourceIP=source.ip,
                RequestSourcePort=51_344,
                RequestAccountName=user.name,
                RequestAccountDomain=user.domain,
                RequestAccountSid=user.sid,
                ShareName=f"\\\\{server.host.name}\\Finance",
            )
        )
    scene.alert(
        server,
        shared[-1].time,
        "Files on a share were encrypted from another device",
        "Files on a share were renamed over SMB by an account whose workstation shows ransomware behaviour.",
        inbound,
        *shared[:3],
        user,
        category="Ransomware",
        severity="High",
        techniques=("T1486",),
        user=user,
    )
