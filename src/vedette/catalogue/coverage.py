"""Every operation that is known of the Defender API, declared here or not: what coverage is measured against.

A row is `name METHOD path`, the path below `/api/`, then what is special about it: `schema` (only the service's schema
declares it), `practice` (only clients are seen using it), `preview`. Without a mark, a public page describes it. What
is known of a declared operation stands with its declaration; a test holds the two lists to each other.
"""
# ruff: noqa: E501  (rows are as long as the service's paths)

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vedette.catalogue.operation import Basis, Method, Operation
from vedette.catalogue.resources import operations

_ROWS = """
[alerts]
list_alerts                                      GET    alerts
batch_update_alerts                              POST   alerts/batchUpdate
create_alert_by_reference                        POST   alerts/CreateAlertByReference
get_alert                                        GET    alerts/{id}
update_alert                                     PATCH  alerts/{id}
list_alert_domains                               GET    alerts/{id}/domains
list_alert_files                                 GET    alerts/{id}/files
list_alert_ips                                   GET    alerts/{id}/ips
get_alert_machine                                GET    alerts/{id}/machine
get_alert_user                                   GET    alerts/{id}/user
[machines]
list_machines                                    GET    machines
get_machine                                      GET    machines/{id}
update_machine                                   PATCH  machines/{id}
set_device_value                                 POST   machines/{id}/setDeviceValue
add_or_remove_machine_tag                        POST   machines/{id}/tags
add_or_remove_tag_multiple_machines              POST   machines/AddOrRemoveTagForMultipleMachines
list_machine_logon_users                         GET    machines/{id}/logonusers
list_machine_alerts                              GET    machines/{id}/alerts
list_machine_software                            GET    machines/{id}/software  preview
list_machine_vulnerabilities                     GET    machines/{id}/vulnerabilities
list_machine_recommendations                     GET    machines/{id}/recommendations  preview
list_machine_missing_kbs                         GET    machines/{id}/getmissingkbs
find_machines_by_ip                              GET    machines/findbyip(ip='{ip}',timestamp={timestamp})
find_machine_info_by_ip                          GET    machines/find(timestamp={timestamp},key='{ip}')
find_machines_by_tag                             GET    machines/findbytag
list_machines_big_page                           GET    machines/bigPageSize  schema
list_untagged_machines                           GET    machines/unTaggedMachines  schema
list_dlp_machines                                GET    machines/dlp  schema
set_machine_exclusion                            POST   machines/{id}/setExclusion  schema
list_machine_firmware                            GET    machines/{id}/firmware  schema
[machine_actions]
list_machine_actions                             GET    machineactions
get_machine_action                               GET    machineactions/{id}
cancel_machine_action                            POST   machineactions/{id}/cancel  preview
collect_investigation_package                    POST   machines/{id}/collectInvestigationPackage
isolate_machine                                  POST   machines/{id}/isolate
unisolate_machine                                POST   machines/{id}/unisolate
restrict_code_execution                          POST   machines/{id}/restrictCodeExecution
unrestrict_code_execution                        POST   machines/{id}/unrestrictCodeExecution
run_antivirus_scan                               POST   machines/{id}/runAntiVirusScan
offboard_machine                                 POST   machines/{id}/offboard
stop_and_quarantine_file                         POST   machines/{id}/StopAndQuarantineFile
get_package_sas_uri                              GET    machineactions/{id}/getPackageUri
list_available_machine_actions                   GET    machines/{id}/availableMachineActions  schema
list_actions_of_machine                          GET    machines/{id}/machineActions  schema
list_latest_actions_of_machine                   GET    machines/{id}/latestMachineActions  schema
collect_machine_logs                             POST   machines/{id}/logsCollection  schema
[live_response]
run_live_response                                POST   machines/{id}/runliveresponse  preview
get_live_response_result                         GET    machineactions/{id}/GetLiveResponseResultDownloadLink(index={index})  preview
list_library_files                               GET    libraryfiles  preview
upload_library_file                              POST   libraryfiles  preview
delete_library_file                              DELETE libraryfiles/{fileName}  preview
run_custom_playbook                              POST   machines/{id}/runCustomPlaybook  schema
[files]
get_file                                         GET    files/{id}
list_file_alerts                                 GET    files/{id}/alerts
list_file_machines                               GET    files/{id}/machines
get_file_stats                                   GET    files/{id}/stats
[domains]
list_domain_alerts                               GET    domains/{domain}/alerts
list_domain_machines                             GET    domains/{domain}/machines
get_domain_stats                                 GET    domains/{domain}/stats
[ips]
list_ip_alerts                                   GET    ips/{ip}/alerts
get_ip_stats                                     GET    ips/{ip}/stats
[users]
list_user_alerts                                 GET    users/{id}/alerts
list_user_machines                               GET    users/{id}/machines
[indicators]
list_indicators                                  GET    indicators
submit_indicator                                 POST   indicators
import_indicators                                POST   indicators/import
delete_indicator                                 DELETE indicators/{id}
batch_delete_indicators                          POST   indicators/BatchDelete
get_indicator                                    GET    indicators/{id}  schema
batch_update_indicators                          POST   indicators/batchUpdate  schema
[investigations]
list_investigations                              GET    investigations
get_investigation                                GET    investigations/{id}
start_investigation                              POST   machines/{id}/startInvestigation
initiate_investigation                           POST   machines/{id}/initiateInvestigation  practice
[advanced_hunting]
run_advanced_query                               POST   advancedqueries/run
run_advanced_hunting_query                       POST   advancedhunting/run
[vulnerabilities]
list_vulnerabilities                             GET    vulnerabilities  preview
get_vulnerability                                GET    vulnerabilities/{cveId}  preview
list_vulnerability_machines                      GET    vulnerabilities/{cveId}/machineReferences  preview
list_vulnerabilities_by_machine                  GET    vulnerabilities/machinesVulnerabilities
[recommendations]
list_recommendations                             GET    recommendations  preview
get_recommendation                               GET    recommendations/{id}  preview
list_recommendation_machines                     GET    recommendations/{id}/machineReferences  preview
list_recommendation_vulnerabilities              GET    recommendations/{id}/vulnerabilities  preview
get_recommendation_software                      GET    recommendations/{id}/software  preview
[software]
list_software                                    GET    Software
get_software                                     GET    Software/{Id}  preview
list_software_machines                           GET    Software/{Id}/machineReferences  preview
list_software_missing_kbs                        GET    Software/{Id}/getmissingkbs
list_software_version_distribution               GET    Software/{Id}/distributions  preview
list_software_vulnerabilities                    GET    Software/{Id}/vulnerabilities  preview
[remediation]
list_remediation_tasks                           GET    remediationTasks  preview
get_remediation_task                             GET    remediationTasks/{id}  preview
list_remediation_task_machines                   GET    remediationTasks/{id}/machineReferences  preview
[score]
get_exposure_score                               GET    exposureScore  preview
get_device_secure_score                          GET    configurationScore
list_exposure_score_by_machine_groups            GET    exposureScore/ByMachineGroups  preview
[export_assessments]
export_secure_configuration_by_machine           GET    machines/SecureConfigurationsAssessmentByMachine
export_secure_configuration_files                GET    machines/SecureConfigurationsAssessmentExport
export_software_inventory_by_machine             GET    machines/SoftwareInventoryByMachine
export_software_inventory_files                  GET    machines/SoftwareInventoryExport
export_non_cpe_software_by_machine               GET    machines/SoftwareInventoryNoProductCodeByMachine
export_non_cpe_software_files                    GET    machines/SoftwareInventoryNonCpeExport
export_software_vulnerabilities_by_machine       GET    machines/SoftwareVulnerabilitiesByMachine
export_software_vulnerabilities_files            GET    machines/SoftwareVulnerabilitiesExport
export_software_vulnerability_changes_by_machine GET    machines/SoftwareVulnerabilityChangesByMachine
export_browser_extensions_by_machine             GET    Machines/BrowserExtensionsInventoryByMachine
export_browser_extensions_files                  GET    machines/browserextensionsinventoryExport
export_certificates_by_machine                   GET    machines/certificateAssessmentByMachine
export_certificates_files                        GET    machines/certificateAssessmentExport
export_hardware_firmware_by_machine              GET    machines/HardwareFirmwareInventoryByMachine
export_hardware_firmware_files                   GET    machines/HardwareFirmwareInventoryExport
export_baseline_compliance_by_machine            GET    machines/baselineComplianceAssessmentByMachine
export_baseline_compliance_files                 GET    machines/BaselineComplianceAssessmentExport
export_information_gathering_files               GET    machines/InfoGatheringExport
[browser_extensions]
get_browser_extension_permissions                GET    browserextensions/permissionsinfo  preview
[baselines]
list_baseline_profiles                           GET    baselineProfiles
list_baseline_configurations                     GET    baselineConfigurations
get_baseline_profile                             GET    baselineProfiles/{id}  schema
get_baseline_configuration                       GET    baselineConfigurations/{id}  schema
list_baseline_exceptions                         GET    baselineExceptions  schema
get_baseline_exception                           GET    baselineExceptions/{id}  schema
[device_health]
list_device_av_info                              GET    deviceavinfo
[authenticated_scans]
create_scan_definition                           POST   DeviceAuthenticatedScanDefinitions  preview
update_scan_definition                           PATCH  DeviceAuthenticatedScanDefinitions/{id}  preview
batch_delete_scan_definitions                    POST   DeviceAuthenticatedScanDefinitions/BatchDelete  preview
list_scan_definitions                            GET    DeviceAuthenticatedScanDefinitions  preview
list_scan_agents                                 GET    DeviceAuthenticatedScanAgents  preview
get_scan_agent                                   GET    DeviceAuthenticatedScanAgents/{id}  preview
get_scan_history_by_definition                   POST   DeviceAuthenticatedScanDefinitions/GetScanHistoryByScanDefinitionId  preview
get_scan_history_by_session                      POST   DeviceAuthenticatedScanDefinitions/GetScanHistoryBySessionId  preview
get_scan_definition                              GET    DeviceAuthenticatedScanDefinitions/{id}  schema
[service]
get_service_metadata                             GET    $metadata  schema
[firmware]
list_firmware                                    GET    firmware  schema
[device_groups]
list_device_groups                               GET    deviceGroups  schema
get_device_group                                 GET    deviceGroups/{id}  schema
add_device_groups                                POST   deviceGroups/addDeviceGroups  practice
delete_device_groups                             POST   deviceGroups/deleteDeviceGroups  practice
post_device_groups                               POST   deviceGroups/postDeviceGroups  practice
[incidents]
list_incidents                                   GET    incidents  schema
get_incident                                     GET    incidents/{id}  schema
[settings]
list_data_export_settings                        GET    dataExportSettings  schema
"""

DOCUMENTATION: Basis = "documentation"
_BASIS: Mapping[str, Basis] = {"schema": "service schema", "practice": "client practice"}
_METHODS: Mapping[str, Method] = {"GET": "GET", "POST": "POST", "PATCH": "PATCH", "DELETE": "DELETE"}
_ROW = re.compile(r"(\w+) +(\w+) +(\S+)((?: +\w+)*)")


@dataclass(frozen=True, slots=True)
class KnownOperation:
    """An operation of the service."""

    name: str
    group: str
    method: Method
    path: str
    basis: Basis
    preview: bool

    @property
    def address(self) -> tuple[str, str]:
        """Method and path, whatever the path's parameters are called."""
        return address(self.method, self.path)


def address(method: str, path: str) -> tuple[str, str]:
    """What makes two operations the same: method and path in any letter case, whatever parameters are called."""
    return method, re.sub(r"{\w+}", "{}", path).lower()


def _read() -> Iterator[KnownOperation]:
    group = ""
    for line in map(str.strip, _ROWS.strip().splitlines()):
        if line.startswith("["):
            group = line.strip("[]")
            continue
        row = _ROW.fullmatch(line)
        if row is None:
            raise ValueError(f"not a row: {line}")
        name, method, path, marks = row.groups()
        basis: Basis = next((_BASIS[mark] for mark in marks.split() if mark in _BASIS), DOCUMENTATION)
        yield KnownOperation(name, group, _METHODS[method], f"/api/{path}", basis, "preview" in marks.split())


KNOWN: tuple[KnownOperation, ...] = tuple(_read())
"""All of them, by resource."""


def declared() -> Mapping[KnownOperation, Operation[Any, Any]]:  # Any: operations of whatever signature
    """Those that the catalogue declares, with their declarations."""
    by_address = {address(operation.method, operation.path): operation for operation in operations()}
    return {known: by_address[known.address] for known in KNOWN if known.address in by_address}
