"""What the workloads measure over: many alerts that look like the service's, made up and the same in every run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from vedette.catalogue.alerts import Alert, AlertComment, AlertRelatedUser, LoggedOnUser

_NEWEST = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def alerts(count: int) -> list[Alert]:
    """Alerts of usual size, about 1.2 KB each as JSON."""
    return [_alert(number) for number in range(count)]


def _alert(number: int) -> Alert:
    moment = _NEWEST - timedelta(minutes=number)
    return Alert(
        id=f"da{638_000_000_000_000_000 + number}_{number}",
        incident_id=number // 3,
        severity=("Low", "Medium", "High")[number % 3],
        status=("New", "InProgress", "Resolved")[number % 3],
        investigation_state="UnsupportedAlertType",
        detection_source="WindowsDefenderAtp",
        detector_id="17e10bbc-3a68-474a-8aad-faef14d43952",
        category="Execution",
        title=f"Suspicious process {number}",
        description="A process was started in a way seldom seen on this machine, and reached out to the network.",
        alert_creation_time=moment,
        first_event_time=moment,
        last_event_time=moment,
        last_update_time=moment,
        machine_id=f"{number % 500:040x}",
        computer_dns_name=f"ws-{number % 500:03}.halden.example",
        rbac_group_name="Workstations",
        aad_tenant_id="11111111-1111-4111-8111-111111111111",
        related_user=AlertRelatedUser(user_name="mira", domain_name="halden"),
        mitre_techniques=["T1059.001", "T1105"],
        logged_on_users=[LoggedOnUser(account_name="mira", domain_name="halden")],
        comments=[AlertComment(comment="Seen before.", created_by="tier1@halden.example", created_time=moment)],
    )
