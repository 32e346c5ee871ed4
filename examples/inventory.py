"""Writes all machines as CSV, each with the number of its open alerts, which are asked for side by side."""

from __future__ import annotations

import argparse
import asyncio
import csv
import sys

from vedette import AsyncDefender, Machine

AT_ONCE = 8


async def inventory(profile: str | None) -> list[tuple[Machine, int]]:
    """Machines with their number of open alerts, by name."""
    limit = asyncio.Semaphore(AT_ONCE)

    async with AsyncDefender.from_profile(profile) as defender:

        async def counted(machine: Machine) -> tuple[Machine, int]:
            async with limit:
                alerts = defender.machines.list_alerts(machine.id, filter="status ne 'Resolved'")
                return machine, len([alert async for alert in alerts])

        machines = [machine async for machine in defender.machines.list()]
        rows = await asyncio.gather(*map(counted, machines))
    return sorted(rows, key=lambda row: row[0].computer_dns_name or "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default=None)
    options = parser.parse_args()
    writer = csv.writer(sys.stdout)
    writer.writerow(["name", "id", "os", "health", "risk", "group", "last seen", "open alerts"])
    for machine, alerts in asyncio.run(inventory(options.profile)):
        writer.writerow(
            [
                machine.computer_dns_name,
                machine.id,
                machine.os_platform,
                machine.health_status,
                machine.risk_score,
                machine.rbac_group_name,
                machine.last_seen.isoformat() if machine.last_seen else "",
                alerts,
            ]
        )


if __name__ == "__main__":
    main()
