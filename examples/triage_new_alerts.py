"""Lists open alerts of high severity, oldest first, with the processes behind each."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

from vedette import Defender, field


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default=None, help="sign-in profile; the usual one where not given")
    parser.add_argument("--days", type=int, default=30, help="how far to look back")
    options = parser.parse_args()

    since = datetime.now(UTC) - timedelta(days=options.days)
    wanted = (field("severity") == "High") & (field("status") != "Resolved") & (field("alert_creation_time") >= since)
    with Defender.from_profile(options.profile) as defender:
        for alert in defender.alerts.list(filter=wanted, expand=["evidence"], orderby="alertCreationTime"):
            print(f"{alert.alert_creation_time:%Y-%m-%d %H:%M}  {alert.computer_dns_name}  {alert.title}")
            for evidence in alert.evidence:
                if evidence.entity_type == "Process":
                    print(f"    {evidence.parent_process_file_name} → {evidence.process_command_line}")


if __name__ == "__main__":
    main()
