"""Workloads in clouds: audit, DNS, Kubernetes policies, processes in containers, storage."""

from __future__ import annotations

from vedette.catalogue.tables.schema import CLOUD, table

CLOUD_AUDIT_EVENTS = table(
    "CloudAuditEvents",
    "control plane audit of clouds",
    product=CLOUD,
    preview=True,
    columns="""
        Timestamp         datetime
        ReportId          string
        DataSource        string
        ActionType        string
        OperationName     string    operation name
        ResourceId        string
        IPAddress         string
        IsAnonymousProxy  bool
        CountryCode       string
        City              string
        Isp               string
        UserAgent         string
        RawEventData      dynamic
        AdditionalFields  dynamic
    """,
)

CLOUD_DNS_EVENTS = table(
    "CloudDnsEvents",
    "DNS in cloud workloads",
    product=CLOUD,
    preview=True,
    columns="""
        Timestamp            datetime
        ReportId             string
        ActionType           string
        AzureResourceId      string
        AwsResourceName      string
        GcpFullResourceName  string
        KubernetesResource   string
        KubernetesNamespace  string
        KubernetesPodName    string
        ContainerName        string
        ContainerId          string
        ImageName            string    image name
        ProcessName          string
        ProcessId            long
        DnsEventType         string    DNS event type
        DnsEventSubType      string    DNS event subtype
        DnsQuery             string    name asked for
        DnsQueryTypeName     string    record type asked for
        DnsResponseCodeName  string    response code
        DnsNetworkDuration   long      duration of the lookup
        TransactionIdHex     string    DNS transaction id
        AdditionalFields     dynamic
    """,
)

CLOUD_POLICY_ENFORCEMENT_EVENTS = table(
    "CloudPolicyEnforcementEvents",
    "Kubernetes policy decisions",
    product=CLOUD,
    preview=True,
    columns="""
        Timestamp            datetime
        ReportId             string
        DataSource           string
        SubscriptionId       string
        ActionType           string
        AzureResourceId      string
        AwsResourceName      string
        GcpFullResourceName  string
        Region               string
        ResourceKind         string    kind of Kubernetes resource
        ResourceName         string    name of the resource
        KubernetesNamespace  string
        Reason               string    explanation of the result
        AdditionalFields     string
    """,
    action_types="""
        Audit  policy result recorded only [table page]
        Deny   policy refused [table page]
        Allow  policy accepted [table page]
    """,
)

CLOUD_PROCESS_EVENTS = table(
    "CloudProcessEvents",
    "processes in containers",
    product=CLOUD,
    preview=True,
    columns="""
        Timestamp                       datetime
        AzureResourceId                 string
        AwsResourceName                 string
        GcpFullResourceName             string
        ContainerImageName              string    image name or id of the container
        KubernetesNamespace             string
        KubernetesPodName               string
        KubernetesResource              string
        ContainerName                   string
        ContainerId                     string
        ActionType                      string
        FileName                        string
        FolderPath                      string
        ProcessId                       long
        ProcessName                     string
        ParentProcessName               string    name of the parent
        ParentProcessId                 string    PID of the parent
        ProcessCommandLine              string
        ProcessCreationTime             datetime
        ProcessCurrentWorkingDirectory  string    working directory
        AccountName                     string
        LogonId                         long
        InitiatingProcessId             string
        ImageDigest                     string    digest of the image
        AgentId                         string
        Region                          string
        HostName                        string    host name
        AdditionalFields                string
    """,
)

CLOUD_STORAGE_AGGREGATED_EVENTS = table(
    "CloudStorageAggregatedEvents",
    "aggregated storage activity",
    product=CLOUD,
    preview=True,
    columns="""
        DataAggregationStartTime            datetime  start of the aggregation window
        DataAggregationEndTime              datetime  end of the aggregation window
        DataSource                          string
        SubscriptionId                      string
        ResourceGroup                       string    resource group
        StorageAccount                      string    storage account
        StorageContainer                    string    storage container
        StorageFileShare                    string    file share
        ServiceType                         string    storage service kind
        IpAddress                           string
        UserAgentHeader                     string    user agent
        OperationNamesList                  dynamic   operations in the window
        AuthenticationType                  string    how the storage call was authorised
        AccountObjectId                     string
        AccountTenantId                     long      tenant of the calling account
        AccountApplicationId                string    application id of the calling account
        AccountUpn                          string
        AccountType                         long
        OperationsCount                     int       calls in the window
        SuccessfulOperationsCount           int       successful calls
        FailedOperationsCount               int       failed calls
        FirstEventTimestamp                 datetime  first event in the window
        LastEventTimestamp                  datetime  last event in the window
        TotalResponseLength                 int       bytes returned
        SuccessfulReadOperations            int       successful reads
        DistinctGetOperations               int       number of distinct reads
        AnonymousSuccessfulOperations       int       successful calls without authentication
        HasAnonymousResourceNotFoundFailures  bool      anonymous not-found calls happened
        CountryName                         string    country of the client address
        CityName                            string    city of the client address
        ProvinceName                        string    province or state
        ClientSystemServiceName             string    system service behind the client address
        ClientCloudPlatformName             string    cloud the client belongs to
        IsTorExitNode                       bool      Tor exit node
        IsKnownSuspiciousIp                 bool      address known as suspicious
        IsPrivateIp                         bool      private address
        SuspiciousUserAgentName             string    suspicious user agent
        HashReputationMd5List               dynamic   bad MD5 hashes seen
        AzureResourceId                     string
        Location                            string
        Timestamp                           datetime
        ReportId                            string
        ActionType                          string
        AdditionalFields                    dynamic
    """,
)

TABLES = (
    CLOUD_AUDIT_EVENTS,
    CLOUD_DNS_EVENTS,
    CLOUD_POLICY_ENFORCEMENT_EVENTS,
    CLOUD_PROCESS_EVENTS,
    CLOUD_STORAGE_AGGREGATED_EVENTS,
)
