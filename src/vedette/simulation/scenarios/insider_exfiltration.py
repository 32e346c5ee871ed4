"""Someone who is leaving the company takes documents along: packed, onto a stick, and to a private cloud folder."""

from __future__ import annotations

from vedette.simulation.alerts import Triage
from vedette.simulation.files import artifact
from vedette.simulation.scene import Scene, scenario

CLOUD = ("upload.private-drive.example", "203.0.113.81")


@scenario(
    "insider-exfiltration", "Exfiltration by an insider", "T1039", "T1074.001", "T1560.001", "T1052.001", "T1567.002"
)
def play(scene: Scene) -> None:
    """A user collects files from a share, packs them with a password, and copies the archive to USB and to the web."""
    start = scene.moment(11, "16:02")
    desk = scene.desk(scene.victim(), start)
    user = desk.owner
    server = scene.desk(scene.server("files"), start)
    staging = f"C:\\Users\\{user.name}\\Documents\\old\\"
    desk.connect(desk["system"], start, server.host.ip, 445)
    server.connect(
        server["system"],
        scene.later(start, 0.1),
        desk.host.ip,
        53_880,
        action="InboundConnectionAccepted",
        local_port=445,
    )
    server.logon(scene.later(start, 0.3), "Network", user, source=desk.host)
    collected = [
        desk.file(
            desk.shell,
            scene.later(start, 10 + 4 * number),
            artifact(f"{staging}Customer list {number}.xlsx", f"customers {number}"),
        )
        for number in range(18)
    ]
    archive = artifact(f"{staging}photos.7z", f"archive of {user.name}", size=84_213_760)
    pack = desk.start(
        desk.shell, scene.later(start, 300), "7z.exe", f'"7z.exe" a -pSummer -mhe=on "{archive.path}" "{staging}*.xlsx"'
    )
    packed = desk.file(pack, scene.later(pack.created, 20), archive)
    scene.alert(
        desk,
        packed.time,
        "Many files were collected and packed with a password",
        "A user copied many documents from a share to one folder and packed them into an encrypted archive.",
        pack,
        packed,
        collected[0],
        collected[-1],
        user,
        category="Collection",
        severity="Low",
        techniques=("T1039", "T1074.001", "T1560.001"),
        source="CustomDetection",
        triage=Triage(
            "Resolved",
            "TruePositive",
            "MaliciousUserActivity",
            "analyst@halden.example",
            ("Handed over to HR and Legal.",),
        ),
    )
    mounted = desk.event(
        desk["system"],
        scene.later(start, 600),
        "UsbDriveMounted",
        {"DriveLetter": "F:", "BusType": "7", "ProductName": "Stick 64", "SerialNumber": "HX0064-7781"},
    )
    copy = artifact("F:\\photos.7z", f"archive of {user.name}", size=archive.size)
    taken = desk.file(desk.shell, scene.later(mounted.time, 40), copy)
    desk.event(
        desk.shell, scene.later(taken.time, 0.1), "RemovableStorageFileEvent", {"DriveLetter": "F:"}, **copy.columns
    )
    browser = desk.start(desk.shell, scene.later(start, 800), "msedge.exe", "msedge.exe --inprivate")
    desk.resolve(desk["dnscache"], scene.later(browser.created, 4), *CLOUD)
    upload = desk.connect(browser, scene.later(browser.created, 5), CLOUD[1], 443, CLOUD[0])
    desk.file(desk.shell, scene.later(start, 1500), archive, "FileDeleted")
    scene.alert(
        desk,
        upload.time,
        "Archive left by USB and to a private cloud folder",
        "An archive of collected documents was copied to a removable drive and uploaded from a private browser window.",
        taken,
        browser,
        upload,
        user,
        category="Exfiltration",
        severity="Medium",
        techniques=("T1052.001", "T1567.002"),
        source="CustomDetection",
        triage=Triage(
            "Resolved",
            "TruePositive",
            "MaliciousUserActivity",
            "analyst@halden.example",
            ("Handed over to HR and Legal.",),
        ),
    )
