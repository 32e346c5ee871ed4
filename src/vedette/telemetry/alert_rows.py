"""The rows that hunting has for an alert: one of `AlertInfo`, and one of `AlertEvidence` for each thing it shows.

Alerts are the catalogue's entities; where they come from is not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from vedette.catalogue.alerts import Alert, AlertEvidence
from vedette.catalogue.tables import Event
from vedette.telemetry.lookup import Columns
from vedette.telemetry.mapping import kept

_SERVICES: Final = {
    "OfficeATP": "Microsoft Defender for Office 365",
    "AzureATP": "Microsoft Defender for Identity",
}
_SERVICE: Final = "Microsoft Defender for Endpoint"
_SOURCES: Final = {
    "WindowsDefenderAtp": "EDR",
    "WindowsDefenderAv": "Antivirus",
    "CustomDetection": "Custom detection",
    "OfficeATP": "Microsoft Defender for Office 365",
    "AzureATP": "Microsoft Defender for Identity",
}
_ENTITY_TYPES: Final = {"Registry": "RegistryValue"}
"""Kinds of evidence that the table calls otherwise than the API."""


def rows_of_alert(alert: Alert) -> Iterator[Event]:
    """The alert's rows, all at the time when it was raised. An alert without that time has none."""
    if alert.alert_creation_time is None:
        return
    source = alert.detection_source or ""
    common = kept(
        {
            "Timestamp": alert.alert_creation_time,
            "AlertId": alert.id,
            "Title": alert.title,
            "ServiceSource": _SERVICES.get(source, _SERVICE),
            "DetectionSource": _SOURCES.get(source, source),
            "AttackTechniques": json.dumps(list(alert.mitre_techniques or [])),
            "Severity": alert.severity,
        }
    )
    category = alert.category or ""
    yield "AlertInfo", common | kept({"Category": category})
    device = kept({"DeviceId": alert.machine_id, "DeviceName": alert.computer_dns_name})
    common |= {"Categories": json.dumps([category] if category else []), **device}
    if device:
        yield "AlertEvidence", common | {"EntityType": "Machine", "EvidenceRole": "Impacted"}
    for one in alert.evidence:
        yield "AlertEvidence", common | _entity(one)


def _entity(one: AlertEvidence) -> Columns:
    folder = one.file_path or ""
    key = f"{one.registry_hive}\\{one.registry_key}" if one.registry_hive else one.registry_key
    return kept(
        {
            "EntityType": _ENTITY_TYPES.get(one.entity_type or "", one.entity_type),
            "EvidenceRole": "Impacted" if one.entity_type == "User" else "Related",
            "FileName": one.file_name,
            "FolderPath": f"{folder}{'/' if folder.startswith('/') else chr(92)}{one.file_name}" if folder else None,
            "SHA1": one.sha1,
            "SHA256": one.sha256,
            "RemoteIP": one.ip_address,
            "RemoteUrl": one.url,
            "AccountName": one.account_name,
            "AccountDomain": one.domain_name,
            "AccountSid": one.user_sid,
            "AccountObjectId": one.aad_user_id,
            "AccountUpn": one.user_principal_name,
            "ProcessCommandLine": one.process_command_line,
            "RegistryKey": key,
            "RegistryValueName": one.registry_value_name,
            "RegistryValueData": one.registry_value,
        }
    )
