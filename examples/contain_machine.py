"""Isolates a machine, follows the action to its end, and notes it on the machine's open alerts."""

from __future__ import annotations

import argparse
import sys
import time

from vedette import Defender, ServiceError

FINAL = {"Succeeded", "Failed", "TimeOut", "Cancelled"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("machine", help="id or computer DNS name")
    parser.add_argument("--case", required=True, help="reference that goes into the comment, such as INC-42")
    parser.add_argument("--profile", default=None)
    parser.add_argument("--timeout", type=float, default=600, help="seconds to wait for the machine")
    options = parser.parse_args()

    with Defender.from_profile(options.profile) as defender:
        machine = defender.machines.get(options.machine)
        try:
            action = defender.machines.isolate(machine.id, comment=options.case)
        except ServiceError as refused:
            if refused.code != "ActiveRequestAlreadyExists":
                raise
            print(f"{machine.computer_dns_name} is being isolated already", file=sys.stderr)
            return 1
        deadline = time.monotonic() + options.timeout
        while action.status not in FINAL and time.monotonic() < deadline:
            time.sleep(2)
            action = defender.machine_actions.get(action.id)
        print(f"{machine.computer_dns_name}: {action.type} {action.status}")
        open_alerts = [a.id for a in defender.machines.list_alerts(machine.id, filter="status ne 'Resolved'")]
        if open_alerts:
            comment = f"{options.case}: machine isolated, action {action.id}"
            defender.alerts.batch_update(open_alerts, status="InProgress", comment=comment)
            print(f"{len(open_alerts)} alerts noted")
    return 0 if action.status == "Succeeded" else 1


if __name__ == "__main__":
    sys.exit(main())
