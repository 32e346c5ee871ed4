"""Behaviour of exports: rows machine by machine in pages, and links to files with the same rows.

Nothing here holds more than one machine's rows. A page goes on where the last one ended by a token that names the
snapshot, the machine and the row. Device groups are applied to machines before any row is made.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

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
from vedette.catalogue.exports import (
    CHANGES_LOOK_BACK_DAYS,
    DEFAULT_SAS_HOURS,
    LONG_DEFAULT_SAS_HOURS,
    ExportFilesResponse,
    Exports,
    LongSasHours,
    PageSize,
    SasHours,
)
from vedette.catalogue.machines import Machine
from vedette.simulation.estate import Estate, changes, gathered, rows
from vedette.tenant.blobs import Blob, offers
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.snapshots import (
    KEPT,
    MakeRows,
    Snapshot,
    groups_of,
    moment_of,
    period,
    scope,
    shelf,
)
from vedette.tenant.encode import Cut
from vedette.tenant.problems import Problem
from vedette.tenant.state import State

T = TypeVar("T", bound=Complex)


def _all(kind: type[Complex]) -> MakeRows:
    return lambda estate, machines: rows(estate, kind, machines)


KINDS: dict[str, MakeRows] = {
    "secure-configuration": _all(AssetConfiguration),
    "software-inventory": _all(AssetSoftware),
    "non-cpe-software": _all(AssetNonCpeSoftware),
    "software-vulnerabilities": _all(AssetVulnerability),
    "browser-extensions": _all(AssetBrowserExtension),
    "certificates": _all(AssetCertificateAssessment),
    "hardware-firmware": _all(AssetHardwareFirmware),
    "baseline-compliance": _all(AssetBaselineAssessment),
    "information-gathering": gathered,
}
"""What a file export is called in addresses → its rows."""


# -- pages -------------------------------------------------------------------------------------------------------------


@dataclass
class _Place:
    """Where a page begins or ends: the machine, and how many of its rows lie before."""

    machine: int = 0
    row: int = 0


def _groups(call: Call) -> Sequence[str] | None:
    return None if call.user is None else call.user.device_groups


def _page(call: Call, kind: type[T], make: Callable[[Estate, Iterable[Machine]], Iterator[T]] | None = None) -> Cut[T]:
    """The page that is asked for."""
    options = call.options
    assert options is not None  # listings have options
    if options.orderby or options.skip is not None:
        raise Problem(
            "ODataError", reason="Exports are in the order of machines; $orderby and $skip are not supported."
        )
    snapshot, start = _start(call, options.skiptoken)
    machines = snapshot.machines(_groups(call))
    of_machine = functools.partial(make or (lambda estate, some: rows(estate, kind, some)), snapshot.estate)
    size = call.arguments.get("page_size")
    limit = (
        options.top if options.top is not None else size if isinstance(size, int) else call.operation.odata.page_size
    )
    end: list[_Place] = []

    def read() -> Iterator[T]:
        left = limit or 0
        for number in range(start.machine, len(machines)):
            for position, row in enumerate(of_machine([machines[number]])):
                if number == start.machine and position < start.row:
                    continue
                if left == 0:
                    end.append(_Place(number, position))
                    return
                left -= 1
                yield row

    def token() -> str | None:
        if not end or options.top is not None:
            return None
        return f"{snapshot.stamp}.{end[0].machine}.{end[0].row}"

    return Cut(read(), token, lambda: sum(1 for _ in of_machine(machines)))


def _start(call: Call, token: str | None) -> tuple[Snapshot, _Place]:
    if token is None or (call.options is not None and call.options.top is not None):
        return shelf(call.store).latest(call.now), _Place()
    try:
        stamp, machine, row = token.split(".")
        place = _Place(int(machine), int(row))
        is_ours = place.machine >= 0 and place.row >= 0 and call.now - KEPT <= moment_of(stamp) <= call.now
    except ValueError:
        is_ours = False
    if not is_ours:
        raise Problem("ODataError", reason="$skiptoken is not one of this listing; follow the link as it is given")
    return shelf(call.store).at(stamp), place


@handles(Exports.list_secure_configuration, in_thread=True)
def list_secure_configuration(
    call: Call, /, *, page_size: PageSize | None = None, top: int | None = None
) -> Cut[AssetConfiguration]:
    """How each setting of each machine stands."""
    return _page(call, AssetConfiguration)


@handles(Exports.list_software_inventory, in_thread=True)
def list_software_inventory(
    call: Call, /, *, page_size: PageSize | None = None, top: int | None = None
) -> Cut[AssetSoftware]:
    """Products with a CPE."""
    return _page(call, AssetSoftware)


@handles(Exports.list_non_cpe_software, in_thread=True)
def list_non_cpe_software(
    call: Call, /, *, page_size: PageSize | None = None, top: int | None = None
) -> Cut[AssetNonCpeSoftware]:
    """Products without a CPE."""
    return _page(call, AssetNonCpeSoftware)


@handles(Exports.list_software_vulnerabilities, in_thread=True)
def list_software_vulnerabilities(
    call: Call, /, *, page_size: PageSize | None = None, top: int | None = None
) -> Cut[AssetVulnerability]:
    """Every weakness of every product, and products without one."""
    return _page(call, AssetVulnerability)


@handles(Exports.list_software_vulnerability_changes, in_thread=True)
def list_software_vulnerability_changes(
    call: Call, /, since_time: datetime, *, page_size: PageSize | None = None, top: int | None = None
) -> Cut[DeltaAssetVulnerability]:
    """Changes from the beginning of the period that holds `since_time`."""
    if since_time < call.now - timedelta(days=CHANGES_LOOK_BACK_DAYS):
        raise Problem(
            "InvalidInput",
            input=f"sinceTime: {since_time.isoformat()}; changes reach back {CHANGES_LOOK_BACK_DAYS} days",
        )
    since = period(since_time)
    return _page(call, DeltaAssetVulnerability, lambda estate, machines: changes(estate, since, machines))


@handles(Exports.list_browser_extensions, in_thread=True)
def list_browser_extensions(
    call: Call, /, *, page_size: PageSize | None = None, top: int | None = None
) -> Cut[AssetBrowserExtension]:
    """Extensions of all browsers."""
    return _page(call, AssetBrowserExtension)


@handles(Exports.list_certificates, in_thread=True)
def list_certificates(
    call: Call, /, *, page_size: PageSize | None = None, top: int | None = None
) -> Cut[AssetCertificateAssessment]:
    """Certificates of all stores."""
    return _page(call, AssetCertificateAssessment)


@handles(Exports.list_hardware_firmware, in_thread=True)
def list_hardware_firmware(
    call: Call, /, *, page_size: PageSize | None = None, top: int | None = None
) -> Cut[AssetHardwareFirmware]:
    """Hardware and firmware components."""
    return _page(call, AssetHardwareFirmware)


@handles(Exports.list_baseline_compliance, in_thread=True)
def list_baseline_compliance(
    call: Call, /, *, page_size: PageSize | None = None, top: int | None = None
) -> Cut[AssetBaselineAssessment]:
    """Settings of the profiles that cover a machine."""
    return _page(call, AssetBaselineAssessment)


# -- files -------------------------------------------------------------------------------------------------------------


def _files(call: Call, kind: str, hours: int) -> ExportFilesResponse:
    snapshot = shelf(call.store).latest(call.now)
    groups = _groups(call)
    folder = f"exports/{call.caller.tenant_id}/{kind}/{snapshot.stamp}/{scope(groups)}"
    mark = hashlib.sha256(folder.encode()).hexdigest()[:12]  # tells files apart that are saved in one folder
    links = [
        call.state.links.link(call.address.origin, f"{folder}/part-{number:05}-{mark}.json.gz", timedelta(hours=hours))
        for number in range(len(snapshot.parts(groups)))
    ]
    return ExportFilesResponse(export_files=links, generated_time=snapshot.generated)


@offers("exports")
def find(state: State, place: str) -> Blob | None:
    """The file behind a link; its signature has been checked, so every part of the place is one of ours."""
    tenant_id, kind, stamp, who, part = place.split("/")
    store = state.defender.get(tenant_id)
    if store is None:
        return None
    files = shelf(store)
    snapshot = files.at(stamp)
    number = int(part.split("-")[1])
    parts = snapshot.parts(groups_of(who))
    if number >= len(parts):
        return None
    return files.file(snapshot, part, parts[number], KINDS[kind])


@handles(Exports.get_secure_configuration_files, in_thread=True)
def get_secure_configuration_files(call: Call, /, *, sas_valid_hours: SasHours | None = None) -> ExportFilesResponse:
    """As pages have them."""
    return _files(call, "secure-configuration", sas_valid_hours or DEFAULT_SAS_HOURS)


@handles(Exports.get_software_inventory_files, in_thread=True)
def get_software_inventory_files(call: Call, /, *, sas_valid_hours: SasHours | None = None) -> ExportFilesResponse:
    """As pages have them."""
    return _files(call, "software-inventory", sas_valid_hours or DEFAULT_SAS_HOURS)


@handles(Exports.get_non_cpe_software_files, in_thread=True)
def get_non_cpe_software_files(call: Call, /, *, sas_valid_hours: LongSasHours | None = None) -> ExportFilesResponse:
    """As pages have them."""
    return _files(call, "non-cpe-software", sas_valid_hours or LONG_DEFAULT_SAS_HOURS)


@handles(Exports.get_software_vulnerabilities_files, in_thread=True)
def get_software_vulnerabilities_files(
    call: Call, /, *, sas_valid_hours: SasHours | None = None
) -> ExportFilesResponse:
    """As pages have them."""
    return _files(call, "software-vulnerabilities", sas_valid_hours or DEFAULT_SAS_HOURS)


@handles(Exports.get_browser_extensions_files, in_thread=True)
def get_browser_extensions_files(call: Call, /) -> ExportFilesResponse:
    """As pages have them."""
    return _files(call, "browser-extensions", DEFAULT_SAS_HOURS)


@handles(Exports.get_certificates_files, in_thread=True)
def get_certificates_files(call: Call, /, *, sas_valid_hours: LongSasHours | None = None) -> ExportFilesResponse:
    """As pages have them."""
    return _files(call, "certificates", sas_valid_hours or LONG_DEFAULT_SAS_HOURS)


@handles(Exports.get_hardware_firmware_files, in_thread=True)
def get_hardware_firmware_files(call: Call, /) -> ExportFilesResponse:
    """As pages have them."""
    return _files(call, "hardware-firmware", DEFAULT_SAS_HOURS)


@handles(Exports.get_baseline_compliance_files, in_thread=True)
def get_baseline_compliance_files(call: Call, /, *, sas_valid_hours: SasHours | None = None) -> ExportFilesResponse:
    """As pages have them."""
    return _files(call, "baseline-compliance", sas_valid_hours or DEFAULT_SAS_HOURS)


@handles(Exports.get_information_gathering_files, in_thread=True)
def get_information_gathering_files(call: Call, /, *, sas_valid_hours: SasHours | None = None) -> ExportFilesResponse:
    """Facts about the antivirus of each machine."""
    return _files(call, "information-gathering", sas_valid_hours or DEFAULT_SAS_HOURS)
