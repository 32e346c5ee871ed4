"""Someone with administrator rights on a workstation copies the memory of lsass.exe and the SAM hive."""

from __future__ import annotations

from vedette.simulation.alerts import Item, Triage
from vedette.simulation.files import artifact
from vedette.simulation.scene import Scene, scenario


@scenario("credential-dumping", "Credential dumping from LSASS and SAM", "T1003.001", "T1003.002")
def play(scene: Scene) -> None:
    """rundll32 with comsvcs.dll writes a dump of lsass.exe; reg.exe saves the SAM and SYSTEM hives."""
    start = scene.moment(5, "14:31")
    desk = scene.desk(scene.victim(), start)
    user = desk.owner
    shell = desk.start(desk.shell, start, "cmd.exe", '"cmd.exe"', elevated=True)
    desk.start(shell, scene.later(start, 8), "tasklist.exe", 'tasklist  /fi "imagename eq lsass.exe"')

    lsass = desk["lsass"]
    dump = artifact("C:\\Windows\\Temp\\diag.dmp", f"lsass memory of {desk.host.name}", size=52_428_800)
    rundll = desk.start(
        shell,
        scene.later(start, 30),
        "rundll32.exe",
        f"rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump {lsass.pid} {dump.path} full",
    )
    desk.load(rundll, scene.later(rundll.created, 0.2), "comsvcs.dll")
    desk.load(rundll, scene.later(rundll.created, 0.3), "dbghelp.dll")
    opened = desk.touches(
        rundll, scene.later(rundll.created, 0.5), "OpenProcessApiCall", lsass, {"DesiredAccess": 2097151}
    )
    desk.touches(
        rundll, scene.later(rundll.created, 0.7), "ReadProcessMemoryApiCall", lsass, {"TotalBytesCopied": dump.size}
    )
    written = desk.file(rundll, scene.later(rundll.created, 2), dump)
    scene.alert(
        desk,
        written.time,
        "Memory of lsass.exe was dumped",
        "rundll32.exe used comsvcs.dll to write the memory of lsass.exe to a file, with the credentials in it.",
        shell,
        rundll,
        opened,
        written,
        user,
        category="CredentialAccess",
        severity="High",
        techniques=("T1003.001",),
        triage=Triage("New", investigation="PendingApproval"),
    )

    saved: list[Item] = []
    for number, hive in enumerate(("sam", "system")):
        path = f"C:\\Windows\\Temp\\{hive}.hiv"
        save = desk.start(
            shell, scene.later(start, 90 + 10 * number), "reg.exe", f"reg  save HKLM\\{hive.upper()} {path}"
        )
        saved += [
            save,
            desk.file(
                save, scene.later(save.created, 1), artifact(path, f"{hive} hive of {desk.host.name}", size=65_536)
            ),
        ]
    scene.alert(
        desk,
        scene.later(start, 110),
        "Registry hives with credentials were saved",
        "reg.exe saved the SAM and SYSTEM hives, from which password hashes of local accounts can be read.",
        *saved,
        user,
        category="CredentialAccess",
        severity="Medium",
        techniques=("T1003.002",),
    )
