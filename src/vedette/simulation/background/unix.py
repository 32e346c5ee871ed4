"""A day of a Linux server or a Mac."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from vedette.simulation.background.workstation import SENSOR, SITES, UPDATES, after
from vedette.simulation.desk import Desk
from vedette.simulation.enterprise import Enterprise
from vedette.simulation.files import artifact
from vedette.simulation.reports import device_info, network_info


def linux(desk: Desk, enterprise: Enterprise, *, boots: bool) -> None:
    """Cron jobs, requests to the web server, deployments, the sensor."""
    random, hours = desk.random, desk.hours
    if boots:
        desk.tell_boot()
    begin = hours.logon + timedelta(seconds=20)
    span = (hours.end - begin).total_seconds()
    if span < 900:
        return
    device_info(desk, begin)
    network_info(desk, begin + timedelta(seconds=3))
    for number in range(6):
        at = begin + timedelta(seconds=60 + (span - 460) * random.random())
        job = desk.start(desk["cron"], at, "sh", "/bin/sh -c run-parts /etc/cron.hourly")
        if number % 3 == 0:
            rotate = desk.start(
                job, after(at, random, 0.05, 0.3), "logrotate", "/usr/sbin/logrotate /etc/logrotate.conf"
            )
            desk.file(
                rotate,
                after(at, random, 0.5, 2),
                artifact("/var/log/nginx/access.log.1", f"access {desk.day}"),
                "FileCreated",
            )
        visitor = f"192.0.2.{150 + int(random.random() * 80)}"
        desk.connect(
            desk["nginx"],
            after(at, random, 5, 90),
            visitor,
            40000 + int(random.random() * 20000),
            action="InboundConnectionAccepted",
            local_port=443,
        )
        for database in enterprise.of_role("sql"):
            desk.connect(desk["app"], after(at, random, 91, 99), database.ip, 1433)
    at = begin + timedelta(seconds=60 + (span - 460) * random.random())
    desk.connect(desk["wdav"], at, SENSOR[1], 443, SENSOR[0])
    update = desk.start(desk["cron"], after(at, random, 10, 20), "apt-get", "apt-get -qq update")
    desk.connect(update, after(update.created, random, 1, 3), UPDATES[1], 443, UPDATES[0])
    if random.random() < 0.3:
        _deploy(desk, random, enterprise)
    device_info(desk, hours.end)


def _deploy(desk: Desk, random: Random, enterprise: Enterprise) -> None:
    account = enterprise.services["svc-deploy"]
    at = desk.hours.logon + timedelta(seconds=60 + 600 * random.random())
    session = desk.logon(at, "Network", account, source=enterprise.admin_host)
    shell = desk.start(desk["sshd"], after(at, random, 0.2, 1), "bash", "-bash", account=account, logon_id=session)
    copy = desk.start(shell, after(shell.created, random, 1, 4), "rsync", "rsync -a build/ /srv/orders/")
    desk.file(
        copy,
        after(copy.created, random, 0.5, 3),
        artifact("/srv/orders/app.py", f"orders {desk.day:%Y%W}"),
        "FileModified",
    )


def mac(desk: Desk) -> None:
    """An engineer's day."""
    random, hours = desk.random, desk.hours
    desk.tell_boot()
    device_info(desk, hours.boot + timedelta(seconds=55))
    network_info(desk, hours.boot + timedelta(seconds=50))
    begin = hours.logon + timedelta(seconds=30)
    span = (hours.end - begin).total_seconds()
    if span < 900:
        return
    browser = desk.start(desk.shell, begin, "Safari", "/Applications/Safari.app/Contents/MacOS/Safari")
    terminal = desk.start(desk.shell, after(begin, random, 30, 90), "zsh", "-zsh")
    for _ in range(6):
        at = begin + timedelta(seconds=120 + (span - 420) * random.random())
        name, ip = SITES[int(random.random() * len(SITES))]
        desk.connect(browser, at, ip, 443, name)
        run = desk.start(terminal, after(at, random, 1, 60), "git", "git fetch --all")
        desk.connect(run, after(run.created, random, 0.2, 1), SITES[6][1], 22, SITES[6][0])
        desk.start(desk["launchd"], after(at, random, 61, 90), "mdworker_shared", "mdworker_shared -s mdworker")
        desk.file(
            browser,
            after(at, random, 2, 9),
            desk.document(f"page-{int(random.random() * 500)}.html", "page", folder="Library/Caches"),
        )
    desk.connect(desk["wdav"], begin + timedelta(seconds=50), SENSOR[1], 443, SENSOR[0])
    device_info(desk, hours.end)
