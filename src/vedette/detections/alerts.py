"""An alert as it follows from a match, and what further events add to one that is there."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from vedette.catalogue.alerts import Alert, AlertRelatedUser
from vedette.detections.evidence import MAX_EVIDENCE, evidence_of
from vedette.detections.matching import Match

if TYPE_CHECKING:
    from vedette.catalogue.alerts import AlertEvidence
    from vedette.catalogue.machines import Machine

SOURCE: Final = "CustomDetection"
_EPOCH: Final = datetime(1, 1, 1, tzinfo=UTC)


def alert_of(
    match: Match,
    at: datetime,
    *,
    machine: Machine | None = None,
    tenant_id: str | None = None,
    incident: int | None = None,
) -> Alert:
    """The alert about a match, raised at a time. The same match at the same time gives the same alert."""
    evidence = evidence_of(match, at)
    rule = match.rule
    advice = f"\n\nRecommended actions: {rule.recommended_actions}" if rule.recommended_actions else ""
    user = next((each for each in evidence if each.entity_type == "User" and each.account_name), None)
    return Alert(
        id=_id(match, at),
        incident_id=incident,
        severity=rule.severity,
        status="New",
        investigation_state="UnsupportedAlertType",
        detection_source=SOURCE,
        detector_id=rule.id,
        category=rule.category,
        title=rule.title,
        description=f"{rule.description}{advice}".strip(),
        alert_creation_time=at,
        first_event_time=match.events[0].time,
        last_event_time=match.events[-1].time,
        last_update_time=at,
        machine_id=match.device_id or (machine.id if machine else None),
        computer_dns_name=machine.computer_dns_name if machine else match.device_name or None,
        rbac_group_name=machine.rbac_group_name if machine else None,
        aad_tenant_id=tenant_id,
        related_user=AlertRelatedUser(user_name=user.account_name, domain_name=user.domain_name) if user else None,
        mitre_techniques=list(rule.techniques),
        evidence=evidence,
    )


def with_events(present: Alert, match: Match, at: datetime) -> Alert:
    """The alert with the events of a later match of the same rule on the same machine."""

    def bare(one: AlertEvidence) -> AlertEvidence:
        return msgspec.structs.replace(one, evidence_creation_time=None)

    known = {bare(each) for each in present.evidence}
    added = [each for each in evidence_of(match, at) if bare(each) not in known]
    first, last = match.events[0].time, match.events[-1].time
    return msgspec.structs.replace(
        present,
        evidence=[*present.evidence, *added][: max(MAX_EVIDENCE, len(present.evidence))],
        first_event_time=min(present.first_event_time or first, first),
        last_event_time=max(present.last_event_time or last, last),
        last_update_time=at,
    )


def _id(match: Match, at: datetime) -> str:
    """`da`, ticks and a number: the look of the service's own ids."""
    ticks = (at.astimezone(UTC) - _EPOCH).days * 864_000_000_000
    ticks += int((at.astimezone(UTC) - _EPOCH).seconds) * 10_000_000 + at.microsecond * 10
    digest = hashlib.sha256(f"{match.rule.id}\n{match.device_id}\n{match.events[0].key}".encode()).digest()
    return f"da{ticks}_{int.from_bytes(digest[:4], 'big', signed=True)}"
