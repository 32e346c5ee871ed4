"""Exports: what vulnerability management found on every machine, as pages of rows and as files to download.

Pages suit fewer than 100,000 machines. Files are gzip with a JSON object on each line, behind links that need no token
and end soon. Both show the latest snapshot, which is made anew every few hours. Rows are in `exported_rows`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

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
    DeltaAssetVulnerability,
)
from vedette.catalogue.limits import FILE_EXPORT, JSON_EXPORT
from vedette.catalogue.operation import GET, LIST, Declared, M, OData, Operations

PageSize = Annotated[int, msgspec.Meta(ge=1, le=200_000)]
"""Rows on a page of an export; 50,000 where nothing is said."""
SasHours = Annotated[int, msgspec.Meta(ge=1, le=6)]
"""How long links live; one hour where nothing is said."""
LongSasHours = Annotated[int, msgspec.Meta(ge=1, le=24)]
"""The same on pages that were not brought up to date; three hours where nothing is said."""
DEFAULT_SAS_HOURS = 1
LONG_DEFAULT_SAS_HOURS = 3
CHANGES_LOOK_BACK_DAYS = 14
"""How far back changes can be asked for."""
CHANGES_PERIOD_HOURS = 6
"""Changes come in periods; the whole one that holds the asked time is answered."""


class ExportFilesResponse(Complex, frozen=True, kw_only=True):
    """Where the files of an export are, and when its snapshot was made."""

    export_files: list[str] = []
    generated_time: datetime | None = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Exports(Operations[M], base="/api/machines", resource="exports"):
    """All that was found, as pages and as files."""

    @LIST(
        "SecureConfigurationsAssessmentByMachine",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        limits=JSON_EXPORT,
        odata=OData(page_size=50_000, skip_token=True),
        source=_PAGE + "get-assessment-secure-config",
    )
    def list_secure_configuration(
        self, *, page_size: PageSize | None = None, top: int | None = None
    ) -> Sequence[AssetConfiguration]:
        """List how each setting of each machine stands, in pages."""
        raise Declared

    @GET(
        "SecureConfigurationsAssessmentExport",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        limits=FILE_EXPORT,
        source=_PAGE + "get-assessment-secure-config",
    )
    def get_secure_configuration_files(self, *, sas_valid_hours: SasHours | None = None) -> ExportFilesResponse:
        """Ask for files with how each setting of each machine stands."""
        raise Declared

    @LIST(
        "SoftwareInventoryByMachine",
        application="Software.Read.All",
        delegated="Software.Read",
        limits=JSON_EXPORT,
        odata=OData(page_size=50_000, skip_token=True),
        source=_PAGE + "get-assessment-software-inventory",
        notes=("The sample sends sinceTime as well, which the list of parameters lacks.",),
    )
    def list_software_inventory(
        self, *, page_size: PageSize | None = None, top: int | None = None
    ) -> Sequence[AssetSoftware]:
        """List the software of each machine, in pages."""
        raise Declared

    @GET(
        "SoftwareInventoryExport",
        application="Software.Read.All",
        delegated="Software.Read",
        limits=FILE_EXPORT,
        source=_PAGE + "get-assessment-software-inventory",
    )
    def get_software_inventory_files(self, *, sas_valid_hours: SasHours | None = None) -> ExportFilesResponse:
        """Ask for files with the software of each machine."""
        raise Declared

    @LIST(
        "SoftwareInventoryNoProductCodeByMachine",
        application="Software.Read.All",
        delegated="Software.Read",
        limits=JSON_EXPORT,
        odata=OData(page_size=50_000, skip_token=True),
        source=_PAGE + "get-assessment-non-cpe-software-inventory",
        notes=("The sample sends sinceTime as well, which the list of parameters lacks.",),
    )
    def list_non_cpe_software(
        self, *, page_size: PageSize | None = None, top: int | None = None
    ) -> Sequence[AssetNonCpeSoftware]:
        """List the software without a CPE of each machine, in pages."""
        raise Declared

    @GET(
        "SoftwareInventoryNonCpeExport",
        application="Software.Read.All",
        delegated="Software.Read",
        limits=FILE_EXPORT,
        source=_PAGE + "get-assessment-non-cpe-software-inventory",
        notes=("Other pages were changed to six hours at most; this one still says 24.",),
    )
    def get_non_cpe_software_files(self, *, sas_valid_hours: LongSasHours | None = None) -> ExportFilesResponse:
        """Ask for files with the software without a CPE of each machine."""
        raise Declared

    @LIST(
        "SoftwareVulnerabilitiesByMachine",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        limits=JSON_EXPORT,
        odata=OData(page_size=50_000, skip_token=True),
        source=_PAGE + "get-assessment-software-vulnerabilities",
        notes=("Software without a known CVE has a row whose cveId is null.",),
    )
    def list_software_vulnerabilities(
        self, *, page_size: PageSize | None = None, top: int | None = None
    ) -> Sequence[AssetVulnerability]:
        """List the vulnerable software of each machine, in pages."""
        raise Declared

    @GET(
        "SoftwareVulnerabilitiesExport",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        limits=FILE_EXPORT,
        source=_PAGE + "get-assessment-software-vulnerabilities",
    )
    def get_software_vulnerabilities_files(self, *, sas_valid_hours: SasHours | None = None) -> ExportFilesResponse:
        """Ask for files with the vulnerable software of each machine."""
        raise Declared

    @LIST(
        "SoftwareVulnerabilityChangesByMachine",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        limits=JSON_EXPORT,
        odata=OData(page_size=50_000, skip_token=True),
        source=_PAGE + "get-assessment-software-vulnerabilities",
        notes=(
            "At most 14 days back. The whole six-hour period that holds the time is answered.",
            "A machine that changes its device group shows twice: Fixed in the old one, New in the new one.",
        ),
    )
    def list_software_vulnerability_changes(
        self, since_time: datetime, *, page_size: PageSize | None = None, top: int | None = None
    ) -> Sequence[DeltaAssetVulnerability]:
        """List which vulnerabilities came, went or changed on machines since a time, in pages."""
        raise Declared

    @LIST(
        "BrowserExtensionsInventoryByMachine",
        application="Software.Read.All",
        delegated="Software.Read",
        limits=JSON_EXPORT,
        odata=OData(page_size=50_000, skip_token=True),
        source=_PAGE + "get-assessment-browser-extensions",
        notes=(
            "The sample has names in Pascal case and the permissions inside; the schema has camel case.",
            "The sample sends sinceTime as well, which the list of parameters lacks.",
        ),
    )
    def list_browser_extensions(
        self, *, page_size: PageSize | None = None, top: int | None = None
    ) -> Sequence[AssetBrowserExtension]:
        """List the browser extensions of each machine, in pages."""
        raise Declared

    @GET(
        "browserextensionsinventoryExport",
        application="Software.Read.All",
        delegated="Software.Read",
        limits=FILE_EXPORT,
        source=_PAGE + "get-assessment-browser-extensions",
        notes=("Links live an hour; the page names no parameter to change that.",),
    )
    def get_browser_extensions_files(self) -> ExportFilesResponse:
        """Ask for files with the browser extensions of each machine."""
        raise Declared

    @LIST(
        "certificateAssessmentByMachine",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        limits=JSON_EXPORT,
        odata=OData(page_size=50_000, skip_token=True),
        source=_PAGE + "export-certificate-inventory-assessment",
        notes=("The sample uses other names than the table and the schema; both are read.",),
    )
    def list_certificates(
        self, *, page_size: PageSize | None = None, top: int | None = None
    ) -> Sequence[AssetCertificateAssessment]:
        """List the certificates of each machine, in pages."""
        raise Declared

    @GET(
        "certificateAssessmentExport",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        limits=FILE_EXPORT,
        source=_PAGE + "export-certificate-inventory-assessment",
        notes=("Other pages were changed to six hours at most; this one still says 24.",),
    )
    def get_certificates_files(self, *, sas_valid_hours: LongSasHours | None = None) -> ExportFilesResponse:
        """Ask for files with the certificates of each machine."""
        raise Declared

    @LIST(
        "HardwareFirmwareInventoryByMachine",
        application="Software.Read.All",
        delegated="Software.Read",
        limits=JSON_EXPORT,
        odata=OData(page_size=50_000, skip_token=True),
        source=_PAGE + "export-firmware-hardware-assessment",
    )
    def list_hardware_firmware(
        self, *, page_size: PageSize | None = None, top: int | None = None
    ) -> Sequence[AssetHardwareFirmware]:
        """List the hardware and firmware of each machine, in pages."""
        raise Declared

    @GET(
        "HardwareFirmwareInventoryExport",
        application="Software.Read.All",
        delegated="Software.Read",
        limits=FILE_EXPORT,
        source=_PAGE + "export-firmware-hardware-assessment",
        notes=("Links live an hour; the page names no parameter to change that.",),
    )
    def get_hardware_firmware_files(self) -> ExportFilesResponse:
        """Ask for files with the hardware and firmware of each machine."""
        raise Declared

    @LIST(
        "baselineComplianceAssessmentByMachine",
        application="SecurityBaselinesAssessment.Read.All",
        delegated="SecurityBaselinesAssessment.Read",
        limits=JSON_EXPORT,
        odata=OData(page_size=50_000, skip_token=True),
        source=_PAGE + "export-security-baseline-assessment",
    )
    def list_baseline_compliance(
        self, *, page_size: PageSize | None = None, top: int | None = None
    ) -> Sequence[AssetBaselineAssessment]:
        """List how each machine meets its security baselines, in pages."""
        raise Declared

    @GET(
        "BaselineComplianceAssessmentExport",
        application="SecurityBaselinesAssessment.Read.All",
        delegated="SecurityBaselinesAssessment.Read",
        limits=FILE_EXPORT,
        source=_PAGE + "export-security-baseline-assessment",
    )
    def get_baseline_compliance_files(self, *, sas_valid_hours: SasHours | None = None) -> ExportFilesResponse:
        """Ask for files with how each machine meets its security baselines."""
        raise Declared

    @GET(
        "InfoGatheringExport",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        limits=FILE_EXPORT,
        source=_PAGE + "get-assessment-information-gathering",
        notes=(
            "Another page says 30 calls a minute and links of 24 hours for the same operation.",
            "There is no form in pages.",
        ),
    )
    def get_information_gathering_files(self, *, sas_valid_hours: SasHours | None = None) -> ExportFilesResponse:
        """Ask for files with what was gathered about each machine, its antivirus among it."""
        raise Declared
