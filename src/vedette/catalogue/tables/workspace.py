"""Columns that hunting tables have in a Log Analytics workspace only. Public queries name them.

The hunting schema does not have them and no telemetry here fills them. A query that names one gets an empty value, so
that it runs as it is; one that differs from a hunting column by letter case alone has that column's values.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_EVERYWHERE: Final = "TenantId Type SourceSystem"
_ROWS: Final = {
    "AgentsInfo": "Name Description EntraAgentID EntraBlueprintID ObservabilityID",
    "CampaignInfo": "CampaignSubType",
    "CloudAppEvents": "ISP",
    "CloudAuditEvents": "CloudResourceId",
    "CloudStorageAggregatedEvents": "AzureSubscriptionId",
    "DeviceEvents": "MachineGroup",
    "DeviceFileCertificateInfo": "MachineGroup",
    "DeviceFileEvents": "MachineGroup",
    "DeviceImageLoadEvents": "MachineGroup",
    "DeviceInfo": "DeviceObjectId RestrictedDeviceSecurityOperations",
    "DeviceLogonEvents": "MachineGroup",
    "DeviceNetworkEvents": "MachineGroup",
    "DeviceNetworkInfo": "MachineGroup",
    "DeviceProcessEvents": "MachineGroup",
    "DeviceRegistryEvents": "MachineGroup",
    "DeviceTvmSecureConfigurationAssessmentKB": "RelatedMitreTechniques RelatedMitreTactics",
    "EmailAttachmentInfo": "FileExtension",
    "EmailEvents": (
        "LastEventExecutionTime ExchangeTransportRule ForwardingInformation Context To Cc "
        "ThreatClassification RecipientDomain EmailSize IsFirstContact"
    ),
    "EmailPostDeliveryEvents": "SenderFromAddress EmailDirection",
    "FileMaliciousContentInfo": "DocumentID",
    "IdentityAccountInfo": "IdentityType SourceProviderRiskLevel",
    "IdentityInfo": (
        "AccountUPN AccountSID AccountTenantId OnPremisesExtensionAttributes OnPremisesDistinguishedName "
        "AccountCreationTime InvestigationPriority InvestigationPriorityPercentile RiskState "
        "RelatedAccounts MailAddress AdditionalMailAddresses StreetAddress IsServiceAccount LastSeenDate "
        "UACFlags UserState UserStateChangedOn UserType ExtensionProperty AccountCloudSID "
        "IsMFARegistered Applications ServicePrincipals EntityRiskScore SAMAccountName"
    ),
    "IdentityLogonEvents": "ISP LastSeenForUser UncommonForUser",
}

WORKSPACE_COLUMNS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {table: frozenset(names.split()) for table, names in _ROWS.items()}
)
"""Table → its further columns in a workspace."""
EVERYWHERE: Final = frozenset(_EVERYWHERE.split())
"""Columns that every table of a workspace has."""


def workspace_columns(table: str) -> frozenset[str]:
    """The further columns that a hunting table has in a workspace. Their types are not documented there."""
    return WORKSPACE_COLUMNS.get(table, frozenset()) | EVERYWHERE
