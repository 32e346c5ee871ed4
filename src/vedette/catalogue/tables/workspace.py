"""Columns that hunting tables have in a Log Analytics workspace only. Public queries name them.

The hunting schema does not have them and no telemetry here fills them. A query that names one gets an empty value, so
that it runs as it is; one that differs from a hunting column by letter case alone has that column's values. A type is
given (`Name:type`) where queries and the columns' purpose leave no doubt; the others count as dynamic, which goes with
everything but a join.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

from vedette.catalogue.tables.schema import KqlType

_EVERYWHERE: Final = "TenantId:string Type:string SourceSystem:string"
_ROWS: Final = {
    "AgentsInfo": "Name:string Description:string EntraAgentID:string EntraBlueprintID:string ObservabilityID:string",
    "CampaignInfo": "CampaignSubType:string",
    "CloudAppEvents": "ISP:string",
    "CloudAuditEvents": "CloudResourceId:string",
    "CloudStorageAggregatedEvents": "AzureSubscriptionId:string",
    "DeviceEvents": "MachineGroup:string",
    "DeviceFileCertificateInfo": "MachineGroup:string",
    "DeviceFileEvents": "MachineGroup:string",
    "DeviceImageLoadEvents": "MachineGroup:string",
    "DeviceInfo": "DeviceObjectId:string RestrictedDeviceSecurityOperations",
    "DeviceLogonEvents": "MachineGroup:string",
    "DeviceNetworkEvents": "MachineGroup:string",
    "DeviceNetworkInfo": "MachineGroup:string",
    "DeviceProcessEvents": "MachineGroup:string",
    "DeviceRegistryEvents": "MachineGroup:string",
    "DeviceTvmSecureConfigurationAssessmentKB": "RelatedMitreTechniques RelatedMitreTactics",
    "EmailAttachmentInfo": "FileExtension:string",
    "EmailEvents": (
        "LastEventExecutionTime ExchangeTransportRule ForwardingInformation Context To Cc "
        "ThreatClassification RecipientDomain:string EmailSize IsFirstContact"
    ),
    "EmailPostDeliveryEvents": "SenderFromAddress:string EmailDirection:string",
    "FileMaliciousContentInfo": "DocumentID:string",
    "IdentityAccountInfo": "IdentityType:string SourceProviderRiskLevel:string",
    "IdentityInfo": (
        "AccountUPN:string AccountSID:string AccountTenantId:string OnPremisesExtensionAttributes "
        "OnPremisesDistinguishedName:string AccountCreationTime:datetime InvestigationPriority "
        "InvestigationPriorityPercentile RiskState:string RelatedAccounts MailAddress:string AdditionalMailAddresses "
        "StreetAddress:string IsServiceAccount:bool LastSeenDate:datetime UACFlags UserState:string "
        "UserStateChangedOn:datetime UserType:string ExtensionProperty AccountCloudSID:string IsMFARegistered:bool "
        "Applications ServicePrincipals EntityRiskScore SAMAccountName:string"
    ),
    "IdentityLogonEvents": "ISP:string LastSeenForUser UncommonForUser",
}


def _columns(row: str) -> Mapping[str, KqlType]:
    parts = (word.partition(":") for word in row.split())
    return {name: cast("KqlType", type or "dynamic") for name, _, type in parts}


WORKSPACE_COLUMNS: Final[Mapping[str, Mapping[str, KqlType]]] = MappingProxyType(
    {table: MappingProxyType(_columns(row)) for table, row in _ROWS.items()}
)
"""Table → its further columns in a workspace, with their types."""
EVERYWHERE: Final[Mapping[str, KqlType]] = MappingProxyType(_columns(_EVERYWHERE))
"""Columns that every table of a workspace has."""


def workspace_columns(table: str) -> Mapping[str, KqlType]:
    """The further columns that a hunting table has in a workspace, with their types."""
    return {**WORKSPACE_COLUMNS.get(table, {}), **EVERYWHERE}
