"""What ran on the machine around an alert: one hunting query, as CSV.

vedette run -- python examples/hunt_around_alert.py da1234… --minutes 30
"""

from __future__ import annotations

import argparse
import csv
import sys
from datetime import timedelta

from vedette import Defender

QUERY = """
DeviceProcessEvents
| where DeviceId == device and Timestamp between (since .. until)
| project Timestamp, Account = strcat(AccountDomain, "\\\\", AccountName), Parent = InitiatingProcessFileName,
          FileName, ProcessCommandLine
| sort by Timestamp asc
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="What ran on the machine around an alert.")
    parser.add_argument("alert", help="the alert's id")
    parser.add_argument("--minutes", type=int, default=30, help="how far to look to both sides")
    parser.add_argument("--profile", help="profile to sign in with")
    arguments = parser.parse_args()

    with Defender.from_profile(arguments.profile) as defender:
        alert = defender.alerts.get(arguments.alert)
        around = timedelta(minutes=arguments.minutes)
        first = alert.first_event_time or alert.alert_creation_time
        last = alert.last_event_time or first
        if alert.machine_id is None or first is None or last is None:
            print(f"{alert.id} is about no machine", file=sys.stderr)
            return 1
        found = defender.hunt(QUERY, {"device": alert.machine_id, "since": first - around, "until": last + around})

    writer = csv.writer(sys.stdout)
    writer.writerow(column.name for column in found.columns)
    for row in found:
        writer.writerow(row.values())
    print(f"{len(found)} processes around '{alert.title}'", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
