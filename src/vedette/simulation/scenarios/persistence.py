"""A program stays after the next sign-in: a Run value and a scheduled task."""

from __future__ import annotations

from vedette.simulation.alerts import Triage
from vedette.simulation.files import artifact
from vedette.simulation.scene import Scene, scenario

_TASKS = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree"


@scenario("persistence", "Persistence by Run key and scheduled task", "T1547.001", "T1053.005", "T1036.005")
def play(scene: Scene) -> None:
    """A downloaded installer copies itself under a trusted name and registers for every sign-in."""
    start = scene.moment(9, "11:40")
    desk = scene.desk(scene.victim(), start)
    user = desk.owner
    setup = desk.document("pdf-converter-setup.exe", "converter bundle 3", folder="Downloads", size=2_115_584)
    browser = desk.start(
        desk.shell, scene.later(start, -60), "msedge.exe", "msedge.exe --single-argument https://free-convert.example/"
    )
    desk.connect(browser, scene.later(start, -50), "203.0.113.41", 443, "free-convert.example")
    desk.file(
        browser,
        scene.later(start, -20),
        setup,
        FileOriginUrl="https://free-convert.example/get/setup",
        FileOriginIP="203.0.113.41",
    )
    installer = desk.start(desk.shell, start, setup, f'"{setup.path}"')

    helper = artifact(
        f"C:\\Users\\{user.name}\\AppData\\Roaming\\Microsoft\\svchost.exe", "converter helper 3", size=412_160
    )
    planted = desk.file(installer, scene.later(start, 6), helper)
    run_value = desk.registry(
        installer,
        scene.later(start, 7),
        f"HKEY_CURRENT_USER\\{user.sid}\\Software\\Microsoft\\Windows\\CurrentVersion\\Run",
        "ConverterHelper",
        f'"{helper.path}" -tray',
    )
    scene.alert(
        desk,
        run_value.time,
        "Program registered to run at every sign-in",
        "A downloaded installer put a program with the name of a system process into the profile and a Run value.",
        installer,
        planted,
        run_value,
        user,
        category="Persistence",
        severity="Medium",
        techniques=("T1547.001", "T1036.005"),
        triage=Triage(
            "Resolved",
            "TruePositive",
            "UnwantedSoftware",
            "analyst@halden.example",
            ("Removed the program and the Run value.",),
            "SuccessfullyRemediated",
        ),
    )
    task = desk.start(
        installer,
        scene.later(start, 12),
        "schtasks.exe",
        f'schtasks /create /tn "Converter Update" /sc onlogon /tr "{helper.path} -update" /f',
    )
    created = desk.event(
        desk["schedule"],
        scene.later(task.created, 0.5),
        "ScheduledTaskCreated",
        {"TaskName": "\\Converter Update", "Author": user.id},
        **user.columns_without_cloud,
    )
    cached = desk.registry(
        desk["schedule"],
        scene.later(created.time, 0.1),
        _TASKS + "\\Converter Update",
        action="RegistryKeyCreated",
    )
    scene.alert(
        desk,
        cached.time,
        "Scheduled task starts a program from a user profile",
        "A task was created that starts a program from the roaming profile whenever the user signs in.",
        installer,
        task,
        cached,
        user,
        category="Persistence",
        severity="Low",
        techniques=("T1053.005",),
        triage=Triage(
            "Resolved",
            "TruePositive",
            "UnwantedSoftware",
            "analyst@halden.example",
            ("Same installer.",),
            "SuccessfullyRemediated",
        ),
    )
    running = desk.start(installer, scene.later(start, 20), helper, f'"{helper.path}" -tray')
    desk.connect(running, scene.later(start, 25), "203.0.113.42", 8080, "stats.free-convert.example")
