"""Rows of the export assessments: a generator for each kind, machine by machine, holding one row at a time.

`rows(estate, AssetSoftware)` gives all, or those of the machines it is given. Timestamps that the service sends as text
have its form, `2026-11-20 08:15:00`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar, cast

import msgspec

from vedette.catalogue.entity import Complex
from vedette.catalogue.exported_rows import (
    AssetBaselineAssessment,
    AssetBrowserExtension,
    AssetCertificateAssessment,
    AssetConfiguration,
    AssetHardwareFirmware,
    AssetNonCpeSoftware,
    AssetSoftware,
    AssetVulnerability,
    BrowserExtensionPermission,
    DeltaAssetVulnerability,
)
from vedette.catalogue.machines import Machine
from vedette.simulation.estate import baselines
from vedette.simulation.estate.antivirus import health
from vedette.simulation.estate.certificates import certificates
from vedette.simulation.estate.configuration import CHECKS
from vedette.simulation.estate.estate import Estate, fixing_kb
from vedette.simulation.estate.extensions import extensions
from vedette.simulation.estate.hardware import components
from vedette.simulation.estate.inventory import Installed, disk_path, profile_of, registry_path
from vedette.simulation.estate.weaknesses import EXPLOITABILITY, Weakness

T = TypeVar("T", bound=Complex)


def rows(estate: Estate, kind: type[T], machines: Iterable[Machine] | None = None) -> Iterator[T]:
    """The rows of one kind, for these machines or all. Raises: KeyError for a kind that is not a snapshot's row."""
    make = _ROWS[kind]
    for machine in estate.machines if machines is None else machines:
        if estate.covers(machine):
            yield from cast("Iterator[T]", make(estate, machine))


def text_time(moment: datetime) -> str:
    """A time in the form that the exports have for times that are texts."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _seen(estate: Estate, machine: Machine) -> datetime:
    return machine.last_seen or estate.as_of


def _whose(machine: Machine) -> dict[str, Any]:  # Any: values for fields of different types
    return {
        "device_id": machine.id,
        "device_name": machine.computer_dns_name,
        "rbac_group_id": machine.rbac_group_id,
        "rbac_group_name": machine.rbac_group_name,
    }


def _places(machine: Machine, each: Installed) -> dict[str, Any]:  # Any: see _whose
    profile = profile_of(machine)
    key = registry_path(profile, each.product)
    return {"disk_paths": [disk_path(profile, each.product)], "registry_paths": [key] if key else []}


def _support(estate: Estate, each: Installed) -> dict[str, Any]:  # Any: see _whose
    status, end = estate.support(each.product)
    return {"end_of_support_status": status, "end_of_support_date": text_time(end) if end else None}


def _software(estate: Estate, machine: Machine) -> Iterator[AssetSoftware]:
    for each in estate.inventory(machine):
        if each.product.has_cpe:
            yield AssetSoftware(
                **_whose(machine),
                **_places(machine, each),
                **_support(estate, each),
                os_platform=machine.os_platform,
                software_vendor=each.product.vendor,
                software_name=each.product.name,
                software_version=each.release.version,
                number_of_weaknesses=len(each.weaknesses),
                software_first_seen_timestamp=text_time(estate.ago(each.since_days)),
                product_category=each.product.category,
            )


def _non_cpe_software(estate: Estate, machine: Machine) -> Iterator[AssetNonCpeSoftware]:
    for each in estate.inventory(machine):
        if not each.product.has_cpe:
            yield AssetNonCpeSoftware(
                **_whose(machine),
                os_platform=machine.os_platform,
                software_vendor=each.product.vendor,
                software_name=each.product.name,
                software_version=each.release.version,
                software_last_seen_timestamp=text_time(_seen(estate, machine)),
                registry_path=registry_path(profile_of(machine), each.product) or None,
            )


def _vulnerabilities(estate: Estate, machine: Machine) -> Iterator[AssetVulnerability]:
    for each in estate.inventory(machine):
        if each.product.has_cpe:
            for weakness in each.weaknesses or (None,):
                yield AssetVulnerability(**_finding(estate, machine, each, weakness))


# Any: values for fields of different types
def _finding(estate: Estate, machine: Machine, each: Installed, weakness: Weakness | None) -> dict[str, Any]:
    product = each.product
    version = each.release.version
    found: dict[str, Any] = {
        **_whose(machine),
        **_places(machine, each),
        **_support(estate, each),
        "id": "_".join((machine.id, product.vendor, product.name, version, weakness.id if weakness else "")),
        "os_platform": machine.os_platform,
        "os_version": machine.version,
        "os_architecture": "Arm64" if machine.os_processor == "arm64" else "x64",
        "software_vendor": product.vendor,
        "software_name": product.name,
        "software_version": version,
        "last_seen_timestamp": text_time(_seen(estate, machine)),
        "first_seen_timestamp": text_time(estate.ago(each.since_days)),
        "product_category": product.category,
    }
    if weakness is not None:
        kb = fixing_kb(each, weakness)
        found |= {
            "cve_id": weakness.id,
            "vulnerability_severity_level": weakness.severity,
            "first_seen_timestamp": text_time(estate.ago(each.seen_days(weakness))),
            "recommended_security_update": _update_name(each, weakness),
            "recommended_security_update_id": kb or None,
            "recommended_security_update_url": f"https://updates.example/{kb}" if kb else None,
            "exploitability_level": EXPLOITABILITY[weakness.exploit],
            "recommendation_reference": f"va-_-{product.id}",
            "cvss_score": weakness.score,
            "security_update_available": weakness.fixed_days is not None,
        }
    return found


def _update_name(each: Installed, weakness: Weakness) -> str | None:
    later = each.product.releases[each.position + 1 :]
    release = next((release for release in later if weakness in release.removes), None)
    if release is None:
        return None
    return release.kb_name or f"{each.product.title} {release.version}"


def changes(
    estate: Estate, since: datetime, machines: Iterable[Machine] | None = None
) -> Iterator[DeltaAssetVulnerability]:
    """What came (`New`) and went (`Fixed`) on each machine from `since` on."""
    for machine in estate.machines if machines is None else machines:
        for each in estate.inventory(machine):
            if not each.product.has_cpe:
                continue
            for weakness in each.weaknesses:
                found_at = estate.ago(each.seen_days(weakness))
                if found_at >= since:
                    found = _finding(estate, machine, each, weakness)
                    yield DeltaAssetVulnerability(**found, status="New", event_timestamp=found_at)
            fixed_at = estate.ago(each.since_days)
            if fixed_at >= since:
                yield from _fixed(estate, machine, each, fixed_at)


def _fixed(estate: Estate, machine: Machine, each: Installed, at: datetime) -> Iterator[DeltaAssetVulnerability]:
    before = dataclasses.replace(each, position=each.position - 1)
    for weakness in each.removed:
        found = _finding(estate, machine, before, weakness)
        first_seen = text_time(min(at, estate.ago(weakness.age_days)))
        yield DeltaAssetVulnerability(
            **(found | {"first_seen_timestamp": first_seen}), status="Fixed", event_timestamp=at
        )


def _configuration(estate: Estate, machine: Machine) -> Iterator[AssetConfiguration]:
    for key, is_applicable, is_compliant in estate.compliance(machine):
        check = CHECKS[key]
        yield AssetConfiguration(
            **_whose(machine),
            os_platform=machine.os_platform,
            os_version=machine.version,
            timestamp=text_time(_seen(estate, machine)),
            configuration_id=key,
            configuration_category=check.category,
            configuration_subcategory=check.subcategory,
            configuration_impact=check.impact,
            is_compliant=is_compliant,
            is_applicable=is_applicable,
            is_expected_user_impact=check.has_user_impact,
            configuration_name=check.name,
            recommendation_reference=check.recommendation,
        )


def _baseline(estate: Estate, machine: Machine) -> Iterator[AssetBaselineAssessment]:
    profile = profile_of(machine)
    collected = text_time(_seen(estate, machine))
    for scope in baselines.SCOPES.values():
        for setting in scope.settings if scope.covers(profile) else ():
            is_met = setting.is_met(profile)
            value = setting.wanted if is_met else setting.found
            yield AssetBaselineAssessment(
                **_whose(machine),
                id=f"{machine.id}_{scope.id}_{setting.id}",
                configuration_id=setting.id,
                profile_id=scope.id,
                os_platform=machine.os_platform,
                os_version=machine.version,
                is_applicable=True,
                is_compliant=is_met,
                data_collection_time_offset=collected,
                compliance_calculation_time_offset=text_time(estate.as_of),
                recommended_value=[setting.wanted],
                current_value=[value],
                raw_value=[value],
                source=[setting.source],
                is_exempt=baselines.is_exempt(setting, profile),
            )


def _extensions(estate: Estate, machine: Machine) -> Iterator[AssetBrowserExtension]:
    for each in extensions(profile_of(machine)):
        extension = each.extension
        yield AssetBrowserExtension(
            device_id=machine.id,
            rbac_group_id=machine.rbac_group_id,
            rbac_group_name=machine.rbac_group_name,
            installation_time=estate.ago(each.since_days),
            browser_name=each.browser,
            extension_id=extension.id,
            extension_name=extension.name,
            extension_description=extension.description,
            extension_version=extension.version,
            extension_risk=extension.risk,
            extension_vendor=extension.vendor,
            is_activated=each.is_activated,
            permissions=[
                BrowserExtensionPermission(id=permission.key, is_required=is_required, risk=permission.risk)
                for permission, is_required in extension.permissions
            ],
        )


def _certificates(estate: Estate, machine: Machine) -> Iterator[AssetCertificateAssessment]:
    for each in certificates(profile_of(machine)):
        yield AssetCertificateAssessment(
            **_whose(machine),
            thumbprint=each.thumbprint,
            path=each.path,
            signature_algorithm=each.algorithm,
            key_size=each.key_size,
            expiration_date=estate.ago(each.issued_days - each.valid_days),
            issue_date=estate.ago(each.issued_days),
            subject_type="CA" if each.is_authority else "End Entity",
            serial_number=each.serial_number,
            issued_to=each.issued_to,
            issued_by=each.issued_by,
            key_usage=each.key_usage,
            extended_key_usage=each.extended_key_usage,
        )


def _hardware(estate: Estate, machine: Machine) -> Iterator[AssetHardwareFirmware]:
    for each in components(profile_of(machine)):
        yield AssetHardwareFirmware(
            **_whose(machine),
            component_type=each.kind,
            manufacturer=each.vendor,
            component_name=each.name,
            component_version=each.version or None,
            additional_fields=each.details,
        )


def gathered(estate: Estate, machines: Iterable[Machine] | None = None) -> Iterator[dict[str, object]]:
    """Rows of the information gathering export, which has files alone: facts about the antivirus."""
    for each in health(estate, machines):
        seen = text_time(each.last_seen_time or estate.as_of)
        yield {
            "DeviceId": each.machine_id,
            "DeviceName": each.computer_dns_name,
            "OSPlatform": each.os_platform,
            "RbacGroupId": each.rbac_group_id,
            "RbacGroupName": each.rbac_group_name,
            "Timestamp": text_time(estate.as_of),
            "LastSeenTime": seen,
            "DeviceGatheredInfo": {
                "AvMode": each.av_mode,
                "AvEngineVersion": each.av_engine_version,
                "AvSignatureVersion": each.av_signature_version,
                "AvPlatformVersion": each.av_platform_version,
                "AvIsSignatureUptoDate": each.av_is_signature_up_to_date,
                "AvIsEngineUptodate": each.av_is_engine_up_to_date,
                "AvIsPlatformUptodate": each.av_is_platform_up_to_date,
                "AvScanResults": msgspec.json.encode(
                    {"Quick": {"ScanStatus": each.quick_scan_result, "Timestamp": each.quick_scan_time}}
                ).decode(),
            },
        }


_ROWS: Mapping[type[Complex], Callable[[Estate, Machine], Iterator[Complex]]] = {
    AssetSoftware: _software,
    AssetNonCpeSoftware: _non_cpe_software,
    AssetVulnerability: _vulnerabilities,
    AssetConfiguration: _configuration,
    AssetBaselineAssessment: _baseline,
    AssetBrowserExtension: _extensions,
    AssetCertificateAssessment: _certificates,
    AssetHardwareFirmware: _hardware,
}
"""Row type → what makes the rows of one machine."""
