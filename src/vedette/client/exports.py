"""Which exports there are: `defender.exports.certificates().to_csv("certificates.csv")`.

The operations themselves, among them the listings in pages, stay as the catalogue declares them; here each gets a
method that gives the whole of it. How files are fetched and read is in `file_exports`, what changed since a time in
`changes`; both are loaded when they are first used. The asynchronous form is in `async_exports`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

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
from vedette.catalogue.exports import ExportFilesResponse, Exports
from vedette.catalogue.operation import Invoker, Operation, Sync

if TYPE_CHECKING:
    from vedette.client.changes import Changes
    from vedette.client.downloads import Downloads
    from vedette.client.file_exports import Export, ExportProgress

T = TypeVar("T")
OnProgress: TypeAlias = "Callable[[ExportProgress], None]"
WORKERS = 4
"""Files that are downloaded at once."""


class BlockingExports(Exports[Sync], base=Exports.BASE, resource=Exports.RESOURCE):
    """Exports of what was found on every machine: as pages, as links, and whole.

    `sas_valid_hours`: how long links live; the service's own choice where left out. `workers`: files that are
    downloaded at once. `on_progress` is told how far it has come, from several threads but one at a time.
    """

    def __init__(self, invoke: Invoker, downloads: Callable[[], Downloads], now: Callable[[], datetime]) -> None:
        super().__init__(invoke)
        self._downloads = downloads
        self._now = now

    def secure_configuration(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> Export[AssetConfiguration]:
        """How each setting of each machine stands."""
        return self._export(
            AssetConfiguration, Exports.get_secure_configuration_files, sas_valid_hours, workers, on_progress
        )

    def software_inventory(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> Export[AssetSoftware]:
        """The software of each machine."""
        return self._export(AssetSoftware, Exports.get_software_inventory_files, sas_valid_hours, workers, on_progress)

    def non_cpe_software(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> Export[AssetNonCpeSoftware]:
        """The software without a CPE of each machine."""
        return self._export(
            AssetNonCpeSoftware, Exports.get_non_cpe_software_files, sas_valid_hours, workers, on_progress
        )

    def software_vulnerabilities(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> Export[AssetVulnerability]:
        """The vulnerable software of each machine."""
        return self._export(
            AssetVulnerability, Exports.get_software_vulnerabilities_files, sas_valid_hours, workers, on_progress
        )

    def browser_extensions(
        self, *, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> Export[AssetBrowserExtension]:
        """The browser extensions of each machine."""
        return self._export(AssetBrowserExtension, Exports.get_browser_extensions_files, None, workers, on_progress)

    def certificates(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> Export[AssetCertificateAssessment]:
        """The certificates of each machine."""
        return self._export(
            AssetCertificateAssessment, Exports.get_certificates_files, sas_valid_hours, workers, on_progress
        )

    def hardware_firmware(
        self, *, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> Export[AssetHardwareFirmware]:
        """The hardware and firmware of each machine."""
        return self._export(AssetHardwareFirmware, Exports.get_hardware_firmware_files, None, workers, on_progress)

    def baseline_compliance(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> Export[AssetBaselineAssessment]:
        """How each machine meets its security baselines."""
        return self._export(
            AssetBaselineAssessment, Exports.get_baseline_compliance_files, sas_valid_hours, workers, on_progress
        )

    def information_gathering(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> Export[dict[str, Any]]:
        """What was gathered about each machine, its antivirus among it; rows are dicts, as no type is documented."""
        return self._export(None, Exports.get_information_gathering_files, sas_valid_hours, workers, on_progress)

    def software_vulnerability_changes(
        self, *, since: datetime | None = None, state: str | os.PathLike[str] | None = None
    ) -> Changes:
        """Which vulnerabilities came, went or changed since a time, or since the last run.

        `state`: file that keeps the position between runs; `since` counts as long as there is none. Without either, as
        far back as the service goes: 14 days.
        """

        from vedette.client.changes import Changes

        def pages(begin: datetime) -> Iterator[list[DeltaAssetVulnerability]]:
            return (page.value for page in self.list_software_vulnerability_changes(begin).pages())

        return Changes(pages, now=self._now, since=since, state=state)

    # Any: operations of every signature.
    def _export(
        self,
        kind: type[T] | None,
        operation: Operation[Any, ExportFilesResponse],
        hours: int | None,
        workers: int,
        on_progress: OnProgress | None,
    ) -> Export[T]:
        from vedette.client.file_exports import Export

        given = {} if hours is None else {"sas_valid_hours": hours}

        def ask() -> ExportFilesResponse:
            answer: ExportFilesResponse = self._invoke(operation, operation.bind(**given))
            return answer

        return Export(export_name(operation), kind, ask, self._downloads, workers=workers, on_progress=on_progress)


def export_name(operation: Operation[Any, Any]) -> str:  # Any: operations of every signature
    """`exports.get_certificates_files` → `certificates`; what the command line calls the export."""
    return operation.name.removeprefix("get_").removesuffix("_files").replace("_", "-")
