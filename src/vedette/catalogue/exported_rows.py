"""The rows of exports, in pages and in files: one machine and what was found on it. Operations are in `exports`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar

from vedette.catalogue.entity import INT32, REQUIRED, Complex, Entity


class AssetConfiguration(Complex, frozen=True, kw_only=True):
    """How one setting of one machine stands."""

    device_id: str | None = None
    rbac_group_id: int = 0
    rbac_group_name: str | None = None
    device_name: str | None = None
    os_platform: str | None = None
    os_version: str | None = None
    timestamp: str | None = None
    configuration_id: str | None = None
    configuration_category: str | None = None
    configuration_subcategory: str | None = None
    configuration_impact: float = 0.0
    is_compliant: bool = False
    is_applicable: bool = False
    is_expected_user_impact: bool = False
    configuration_name: str | None = None
    recommendation_reference: str | None = None


class AssetSoftware(Complex, frozen=True, kw_only=True):
    """A product with a CPE on one machine."""

    device_id: str | None = None
    rbac_group_id: int = 0
    rbac_group_name: str | None = None
    device_name: str | None = None
    os_platform: str | None = None
    software_vendor: str | None = None
    software_name: str | None = None
    software_version: str | None = None
    number_of_weaknesses: Annotated[int, INT32] = 0
    disk_paths: list[str] = []
    registry_paths: list[str] = []
    software_first_seen_timestamp: str | None = None
    end_of_support_status: str | None = None
    end_of_support_date: str | None = None
    software_tags: list[str] = []
    product_category: str | None = None


class AssetNonCpeSoftware(Complex, frozen=True, kw_only=True):
    """A product without a CPE on one machine."""

    device_id: str | None = None
    rbac_group_id: int = 0
    rbac_group_name: str | None = None
    device_name: str | None = None
    os_platform: str | None = None
    software_vendor: str | None = None
    software_name: str | None = None
    software_version: str | None = None
    software_last_seen_timestamp: str | None = None
    registry_path: str | None = None


class AssetVulnerability(Complex, frozen=True, kw_only=True):
    """A vulnerability of one product on one machine, or the product alone where no CVE is known."""

    id: str | None = None
    device_id: str | None = None
    rbac_group_id: int = 0
    rbac_group_name: str | None = None
    device_name: str | None = None
    os_platform: str | None = None
    os_version: str | None = None
    os_architecture: str | None = None
    software_vendor: str | None = None
    software_name: str | None = None
    software_version: str | None = None
    cve_id: str | None = None
    vulnerability_severity_level: str | None = None
    recommended_security_update: str | None = None
    recommended_security_update_id: str | None = None
    recommended_security_update_url: str | None = None
    disk_paths: list[str] = []
    registry_paths: list[str] = []
    last_seen_timestamp: str | None = None
    first_seen_timestamp: str | None = None
    end_of_support_status: str | None = None
    end_of_support_date: str | None = None
    exploitability_level: str | None = None
    recommendation_reference: str | None = None
    cvss_score: float | None = None
    security_update_available: bool = False
    cve_mitigation_status: str | None = None
    product_category: str | None = None


class DeltaAssetVulnerability(Complex, frozen=True, kw_only=True):
    """A vulnerability that came, went or changed on one machine."""

    id: str | None = None
    device_id: str | None = None
    rbac_group_id: int = 0
    rbac_group_name: str | None = None
    device_name: str | None = None
    os_platform: str | None = None
    os_version: str | None = None
    os_architecture: str | None = None
    software_vendor: str | None = None
    software_name: str | None = None
    software_version: str | None = None
    cve_id: str | None = None
    vulnerability_severity_level: str | None = None
    recommended_security_update: str | None = None
    recommended_security_update_id: str | None = None
    recommended_security_update_url: str | None = None
    disk_paths: list[str] = []
    registry_paths: list[str] = []
    last_seen_timestamp: str | None = None
    first_seen_timestamp: str | None = None
    end_of_support_status: str | None = None
    end_of_support_date: str | None = None
    exploitability_level: str | None = None
    recommendation_reference: str | None = None
    cvss_score: float | None = None
    security_update_available: bool = False
    cve_mitigation_status: str | None = None
    product_category: str | None = None
    status: str | None = None
    event_timestamp: Annotated[datetime | None, REQUIRED] = None


class BrowserExtensionPermission(Entity, frozen=True, kw_only=True):
    """A permission that an extension on a machine asks for."""

    SAMPLES_IN_PASCAL: ClassVar[bool] = True

    id: str = ""
    is_required: bool = False
    risk: str | None = None


class AssetBrowserExtension(Complex, frozen=True, kw_only=True):
    """A browser extension on one machine."""

    SAMPLES_IN_PASCAL: ClassVar[bool] = True

    device_id: str | None = None
    rbac_group_id: int = 0
    rbac_group_name: str | None = None
    installation_time: datetime | None = None
    browser_name: str | None = None
    extension_id: str | None = None
    extension_name: str | None = None
    extension_description: str | None = None
    extension_version: str | None = None
    extension_risk: str | None = None
    extension_vendor: str | None = None
    is_activated: bool = False
    permissions: list[BrowserExtensionPermission] = []


class AssetCertificateAssessment(Complex, frozen=True, kw_only=True):
    """A certificate on one machine."""

    READ_AS: ClassVar[Mapping[str, str]] = {
        "keyLength": "keySize",
        "notAfter": "expirationDate",
        "notBefore": "issueDate",
        "subjectObject": "issuedTo",
        "issuerObject": "issuedBy",
        "keyUsageArray": "keyUsage",
        "extendedKeyUsageArray": "extendedKeyUsage",
    }

    device_id: str | None = None
    device_name: str | None = None
    thumbprint: str | None = None
    path: str | None = None
    signature_algorithm: str | None = None
    key_size: Annotated[int, INT32] = 0
    expiration_date: Annotated[datetime | None, REQUIRED] = None
    issue_date: Annotated[datetime | None, REQUIRED] = None
    subject_type: str | None = None
    serial_number: str | None = None
    issued_to: str | None = None
    issued_by: str | None = None
    key_usage: str | None = None
    extended_key_usage: str | None = None
    rbac_group_id: Annotated[int, INT32] = 0
    rbac_group_name: str | None = None


class AssetHardwareFirmware(Complex, frozen=True, kw_only=True):
    """A hardware or firmware component of one machine."""

    device_id: str | None = None
    rbac_group_id: int = 0
    rbac_group_name: str | None = None
    device_name: str | None = None
    component_type: str | None = None
    manufacturer: str | None = None
    component_name: str | None = None
    component_version: str | None = None
    additional_fields: str | None = None


class AssetBaselineAssessment(Complex, frozen=True, kw_only=True):
    """How one setting of a baseline profile stands on one machine."""

    id: str | None = None
    configuration_id: str | None = None
    device_id: str | None = None
    device_name: str | None = None
    profile_id: str | None = None
    os_platform: str | None = None
    os_version: str | None = None
    rbac_group_id: int = 0
    rbac_group_name: str | None = None
    is_applicable: bool = False
    is_compliant: bool | None = None
    data_collection_time_offset: str | None = None
    compliance_calculation_time_offset: str | None = None
    recommended_value: list[str] = []
    current_value: list[str] = []
    raw_value: list[str] = []
    source: list[str] = []
    is_exempt: bool = False
    compliance_evaluation_details: str | None = None
