"""What the rows of a match show, as an alert's evidence: read off the columns by their documented meaning.

A row of several tables at once (`union`) has the columns of all of them; a column without a value says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from vedette.catalogue.alerts import AlertEvidence
from vedette.detections.matching import Match
from vedette.detections.rule import EntityMapping, Row

MAX_EVIDENCE: Final = 100
"""An alert shows so many entities at most; its rows can be hunted."""

_SERVICE_SIDS: Final = frozenset({"S-1-5-18", "S-1-5-19", "S-1-5-20"})
"""The system's own accounts take part in nearly everything and are nobody to ask."""
_URLS: Final = ("RemoteUrl", "Url", "FileOriginUrl")
_ACCOUNTS: Final = ("Account", "InitiatingProcessAccount")


def evidence_of(match: Match, at: datetime) -> list[AlertEvidence]:
    """The entities of a match's rows, each once, in the order of the rows."""
    found: dict[AlertEvidence, AlertEvidence] = {}
    for event in match.events:
        for entity in (*_of_columns(event.row, at), *_of_mappings(event.row, match.rule.entities, at)):
            found.setdefault(msgspec.structs.replace(entity, evidence_creation_time=None), entity)
    return list(found.values())[:MAX_EVIDENCE]


def _text(row: Row, name: str) -> str | None:
    value = row.get(name)
    return str(value) if value not in (None, "") else None


def _number(row: Row, name: str) -> int | None:
    value = row.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _moment(row: Row, name: str) -> datetime | None:
    value = row.get(name)
    return value.astimezone(UTC) if isinstance(value, datetime) else None


def _folder(row: Row, name: str) -> str | None:
    """The folder of a path that ends in the file's name."""
    path = _text(row, name)
    if path is None:
        return None
    cut = max(path.rfind("\\"), path.rfind("/"))
    return path[:cut] or None if cut >= 0 else path


def _of_columns(row: Row, at: datetime) -> Iterator[AlertEvidence]:
    is_process = _number(row, "ProcessId") is not None
    if is_process:
        yield _process(row, at)
    elif _number(row, "InitiatingProcessId") is not None:
        yield _initiating_process(row, at)
    if not is_process and (_text(row, "SHA1") or _text(row, "SHA256") or _text(row, "FileName")):
        yield AlertEvidence(
            entity_type="File",
            evidence_creation_time=at,
            sha1=_text(row, "SHA1"),
            sha256=_text(row, "SHA256"),
            file_name=_text(row, "FileName"),
            file_path=_folder(row, "FolderPath"),
            detection_status="Detected",
        )
    if key := _text(row, "RegistryKey"):
        hive, _, rest = key.partition("\\")
        yield AlertEvidence(
            entity_type="Registry" if _text(row, "RegistryValueName") else "RegistryKey",
            evidence_creation_time=at,
            registry_hive=hive,
            registry_key=rest,
            registry_value_name=_text(row, "RegistryValueName"),
            registry_value=_text(row, "RegistryValueData"),
            registry_value_type=_text(row, "RegistryValueType"),
            detection_status="Detected",
        )
    if address := _text(row, "RemoteIP"):
        yield AlertEvidence(
            entity_type="Ip", evidence_creation_time=at, ip_address=address, detection_status="Detected"
        )
    if url := next((text for name in _URLS if (text := _text(row, name))), None):
        yield AlertEvidence(entity_type="Url", evidence_creation_time=at, url=url, detection_status="Detected")
    yield from _accounts(row, at)


def _process(row: Row, at: datetime) -> AlertEvidence:
    return AlertEvidence(
        entity_type="Process",
        evidence_creation_time=at,
        sha1=_text(row, "SHA1"),
        sha256=_text(row, "SHA256"),
        file_name=_text(row, "FileName"),
        file_path=_folder(row, "FolderPath"),
        process_id=_number(row, "ProcessId"),
        process_command_line=_text(row, "ProcessCommandLine"),
        process_creation_time=_moment(row, "ProcessCreationTime"),
        parent_process_id=_number(row, "InitiatingProcessId"),
        parent_process_creation_time=_moment(row, "InitiatingProcessCreationTime"),
        parent_process_file_name=_text(row, "InitiatingProcessFileName"),
        parent_process_file_path=_folder(row, "InitiatingProcessFolderPath"),
        detection_status="Detected",
        **_account(row, "Account"),
    )


def _initiating_process(row: Row, at: datetime) -> AlertEvidence:
    return AlertEvidence(
        entity_type="Process",
        evidence_creation_time=at,
        sha1=_text(row, "InitiatingProcessSHA1"),
        sha256=_text(row, "InitiatingProcessSHA256"),
        file_name=_text(row, "InitiatingProcessFileName"),
        file_path=_folder(row, "InitiatingProcessFolderPath"),
        process_id=_number(row, "InitiatingProcessId"),
        process_command_line=_text(row, "InitiatingProcessCommandLine"),
        process_creation_time=_moment(row, "InitiatingProcessCreationTime"),
        parent_process_id=_number(row, "InitiatingProcessParentId"),
        parent_process_creation_time=_moment(row, "InitiatingProcessParentCreationTime"),
        parent_process_file_name=_text(row, "InitiatingProcessParentFileName"),
        detection_status="Detected",
        **_account(row, "InitiatingProcessAccount"),
    )


def _account(row: Row, prefix: str) -> dict[str, Any]:  # Any: fields of evidence, all of them texts
    return {
        "account_name": _text(row, f"{prefix}Name"),
        "domain_name": _text(row, f"{prefix}Domain"),
        "user_sid": _text(row, f"{prefix}Sid"),
        "aad_user_id": _text(row, f"{prefix}ObjectId"),
        "user_principal_name": _text(row, f"{prefix}Upn"),
    }


def _accounts(row: Row, at: datetime) -> Iterator[AlertEvidence]:
    for prefix in _ACCOUNTS:
        named = _account(row, prefix)
        if named["user_sid"] not in _SERVICE_SIDS and any(
            named[name] for name in ("account_name", "user_sid", "aad_user_id", "user_principal_name")
        ):
            yield AlertEvidence(entity_type="User", evidence_creation_time=at, **named)
            return
    if recipient := _text(row, "RecipientEmailAddress"):
        yield AlertEvidence(
            entity_type="Mailbox",
            evidence_creation_time=at,
            user_principal_name=recipient,
            aad_user_id=_text(row, "RecipientObjectId"),
        )


def _of_mappings(row: Row, mappings: Sequence[EntityMapping], at: datetime) -> Iterator[AlertEvidence]:
    for mapping in mappings:
        said = {name: _text(row, column) for name, column in mapping.columns.items()}
        if not any(said.values()):
            continue
        fields = _mapped(mapping.kind, said, row, mapping)
        if fields:
            yield AlertEvidence(evidence_creation_time=at, **fields)


def _mapped(kind: str, said: dict[str, str | None], row: Row, mapping: EntityMapping) -> dict[str, Any]:  # Any: fields
    """The fields that an entity has of its identifiers; empty for kinds that evidence does not show."""
    match kind:
        case "Account":
            name, upn = said.get("Name") or said.get("FullName"), said.get("UserPrincipalName")
            if name and said.get("UPNSuffix"):
                upn = upn or (name if "@" in name else f"{name}@{said['UPNSuffix']}")
            if name and "\\" in name:
                domain, _, name = name.partition("\\")
            else:
                domain = said.get("NTDomain") or said.get("DnsDomain") or ""
            return {
                "entity_type": "User",
                "account_name": name.partition("@")[0] if name else None,
                "domain_name": domain or None,
                "user_sid": said.get("Sid"),
                "aad_user_id": said.get("AadUserId"),
                "user_principal_name": upn or (name if name and "@" in name else None),
            }
        case "IP":
            return {"entity_type": "Ip", "ip_address": said.get("Address")}
        case "URL":
            return {"entity_type": "Url", "url": said.get("Url")}
        case "DNS":
            return {"entity_type": "Url", "url": said.get("DomainName")}
        case "File":
            return {"entity_type": "File", "file_name": said.get("Name"), "file_path": said.get("Directory")}
        case "FileHash":
            value = said.get("Value") or ""
            field = {40: "sha1", 64: "sha256"}.get(len(value))
            return {"entity_type": "File", field: value.lower()} if field else {}
        case "Process":
            number = said.get("ProcessId") or ""
            return {
                "entity_type": "Process",
                "process_id": int(number) if number.isdecimal() else None,
                "process_command_line": said.get("CommandLine"),
                "process_creation_time": _moment(row, mapping.columns.get("CreationTimeUtc", "")),
            }
        case "RegistryKey":
            return {"entity_type": "RegistryKey", "registry_hive": said.get("Hive"), "registry_key": said.get("Key")}
        case "RegistryValue":
            return {
                "entity_type": "Registry",
                "registry_value_name": said.get("Name"),
                "registry_value": said.get("Value"),
                "registry_value_type": said.get("ValueType"),
            }
        case "Mailbox":
            address = said.get("MailboxPrimaryAddress") or said.get("Upn")
            return {"entity_type": "Mailbox", "user_principal_name": address, "aad_user_id": said.get("AadId")}
        case _:
            return {}
