"""One alert as an analyst reads it: what, where, who judged it, the evidence, the remarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vedette.cli.columns import ALERT_STATUS, SEVERITY
from vedette.cli.output import Output
from vedette.cli.text import second, shown, terminal

if TYPE_CHECKING:
    from vedette.catalogue.alerts import Alert, AlertEvidence

_LABEL = 13


def draw(output: Output, alert: Alert) -> None:
    """Write the alert to stdout."""
    for line in output.wrapped(terminal(alert.title or alert.id)):
        output.line(output.styled(line, "bold"))
    state = [
        output.styled(alert.severity, SEVERITY.get(alert.severity, "")),
        output.styled(alert.status, ALERT_STATUS.get(alert.status, "")),
        *(terminal(part) for part in (alert.category, alert.detection_source) if part),
    ]
    output.line(" · ".join(state))
    output.line()
    output.pairs(_facts(alert))
    if alert.description:
        output.line()
        for line in output.wrapped(terminal(alert.description)):
            output.line(line)
    if alert.evidence:
        output.line()
        output.line(output.styled(f"Evidence ({len(alert.evidence)})", "bold"))
        for evidence in alert.evidence:
            _draw_evidence(output, evidence)
    if alert.comments:
        output.line()
        output.line(output.styled("Comments", "bold"))
        for comment in alert.comments:
            when = second(comment.created_time) if comment.created_time else ""
            with output.indented(2):
                output.pairs([(terminal(comment.created_by or ""), f"{shown(comment.comment)}  {when}")])


def _facts(alert: Alert) -> list[tuple[str, object]]:
    user = alert.related_user
    verdict = " / ".join(part for part in (alert.classification, alert.determination) if part)
    events = (alert.first_event_time, alert.last_event_time)
    span = " to ".join(dict.fromkeys(second(moment) for moment in events if moment))
    facts: list[tuple[str, object]] = [
        ("id", alert.id),
        ("machine", _joined(alert.computer_dns_name, alert.machine_id)),
        ("user", f"{user.domain_name}\\{user.user_name}" if user and user.user_name else ""),
        ("created", alert.alert_creation_time),
        ("events", span),
        ("updated", alert.last_update_time),
        ("resolved", alert.resolved_time),
        ("assigned to", alert.assigned_to or "nobody"),
        ("verdict", verdict),
        ("techniques", alert.mitre_techniques),
        ("threat", _joined(alert.threat_family_name, alert.threat_name)),
        ("incident", alert.incident_id),
        ("logged on", [f"{u.domain_name}\\{u.account_name}" for u in alert.logged_on_users]),
    ]
    return [(name.ljust(_LABEL - 2), value) for name, value in facts if value not in (None, "", [])]


def _draw_evidence(output: Output, evidence: AlertEvidence) -> None:
    lines = list(evidence_lines(evidence))
    head, *details = lines
    margin = 2 + _LABEL
    for number, line in enumerate(output.wrapped(head, margin)):
        label = f"  {terminal(evidence.entity_type):<{_LABEL}}" if number == 0 else " " * margin
        output.line(label + line)
    for detail in details:
        for line in output.wrapped(detail, margin):
            output.line(" " * margin + output.styled(line, "dim"))


def evidence_lines(evidence: AlertEvidence) -> Iterator[str]:
    """What the evidence is, then what else is known of it, one line each."""
    main, details = _described(evidence)
    head = terminal(main) or terminal(evidence.entity_type)
    yield f"{head} · {terminal(evidence.detection_status)}" if evidence.detection_status else head
    yield from (terminal(detail) for detail in details if detail)


def _described(evidence: AlertEvidence) -> tuple[str, Sequence[str]]:
    user = _account(evidence)
    hashes = [f"sha1 {evidence.sha1}" if evidence.sha1 else "", f"sha256 {evidence.sha256}" if evidence.sha256 else ""]
    match evidence.entity_type:
        case "Process":
            parent = _numbered(evidence.parent_process_file_name, evidence.parent_process_id)
            return _numbered(evidence.file_name, evidence.process_id), (
                evidence.process_command_line or "",
                f"started by {parent}" if parent else "",
                f"as {user}" if user else "",
                hashes[0],
            )
        case "File":
            return _path(evidence), hashes
        case "User":
            return user, (f"sid {evidence.user_sid}" if evidence.user_sid else "",)
        case "Ip":
            return evidence.ip_address or "", ()
        case "Url":
            return evidence.url or "", ()
        case "RegistryKey" | "Registry":
            key = "\\".join(part for part in (evidence.registry_hive, evidence.registry_key) if part)
            name = evidence.registry_value_name
            return key, (f"{name} = {evidence.registry_value or ''}" if name else evidence.registry_value or "",)
        case _:
            return evidence.url or _path(evidence) or user or evidence.ip_address or "", ()


def _account(evidence: AlertEvidence) -> str:
    if evidence.account_name:
        return f"{evidence.domain_name}\\{evidence.account_name}" if evidence.domain_name else evidence.account_name
    return evidence.user_principal_name or ""


def _path(evidence: AlertEvidence) -> str:
    folder, name = evidence.file_path or "", evidence.file_name or ""
    if not folder or folder.casefold().endswith(name.casefold()):
        return folder or name
    separator = "/" if "/" in folder and "\\" not in folder else "\\"
    return folder.rstrip("/\\") + separator + name


def _numbered(name: str | None, number: int | None) -> str:
    return f"{name} ({number})" if name and number is not None else name or ""


def _joined(*parts: str | None) -> str:
    return "  ".join(part for part in parts if part)
