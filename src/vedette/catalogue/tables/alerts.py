"""Alerts, the behaviours below them, and what attack disruption did."""

from __future__ import annotations

from vedette.catalogue.tables.schema import ALL_PRODUCTS, CLOUD_APPS_UEBA, DISRUPTION, table

ALERT_INFO = table(
    "AlertInfo",
    "one row per alert",
    product=ALL_PRODUCTS,
    columns="""
        Timestamp         datetime  when the alert record was made
        AlertId           string
        Title             string
        Category          string    threat category of the alert
        Severity          string
        ServiceSource     string
        DetectionSource   string
        AttackTechniques  string
    """,
)

ALERT_EVIDENCE = table(
    "AlertEvidence",
    "entities tied to alerts",
    product=ALL_PRODUCTS,
    columns="""
        Timestamp           datetime  when the evidence record was made
        AlertId             string
        Title               string
        Categories          string
        AttackTechniques    string
        ServiceSource       string
        DetectionSource     string
        EntityType          string
        EvidenceRole        string    Impacted or Related
        EvidenceDirection   string    source or destination side of a connection
        FileName            string
        FolderPath          string
        SHA1                string
        SHA256              string
        FileSize            long
        ThreatFamily        string
        RemoteIP            string
        RemoteUrl           string
        AccountName         string
        AccountDomain       string
        AccountSid          string
        AccountObjectId     string
        AccountUpn          string
        DeviceId            string
        DeviceName          string
        LocalIP             string
        NetworkMessageId    string
        EmailSubject        string
        Application         string
        ApplicationId       int
        OAuthApplicationId  string
        ProcessCommandLine  string
        RegistryKey         string
        RegistryValueName   string
        RegistryValueData   string
        AdditionalFields    string
        Severity            string
        CloudResource       string    name of the cloud resource
        CloudPlatform       string
        ResourceType        string    type of the cloud resource
        ResourceID          string    id of the cloud resource
        SubscriptionId      string
    """,
)

BEHAVIOR_INFO = table(
    "BehaviorInfo",
    "behaviours below alert level",
    product=CLOUD_APPS_UEBA,
    preview=True,
    columns="""
        Timestamp         datetime
        BehaviorId        string
        Title             string
        Description       string
        Categories        string
        AttackTechniques  string
        ServiceSource     string
        DetectionSource   string
        DataSources       string
        DeviceId          string
        AccountUpn        string
        AccountObjectId   string
        StartTime         datetime
        EndTime           datetime
        AdditionalFields  string
        ActionType        string
    """,
)

BEHAVIOR_ENTITIES = table(
    "BehaviorEntities",
    "entities of a behaviour",
    product=CLOUD_APPS_UEBA,
    preview=True,
    columns="""
        Timestamp            datetime
        BehaviorId           string
        Categories           string
        ServiceSource        string
        DetectionSource      string
        DataSources          string
        EntityType           string
        EntityRole           string    Impacted or Related
        DetailedEntityRole   string    role of the entity in the behaviour
        FileName             string
        FolderPath           string
        SHA1                 string
        SHA256               string
        FileSize             long
        ThreatFamily         string
        RemoteIP             string
        RemoteUrl            string
        AccountName          string
        AccountDomain        string
        AccountSid           string
        AccountObjectId      string
        CloudPlatform        string
        CloudResourceType    string    type of the cloud resource
        CloudResourceId      string    id of the cloud resource
        CloudSubscriptionId  string    id of the cloud subscription
        AccountUpn           string
        DeviceId             string
        DeviceName           string
        LocalIP              string
        NetworkMessageId     string
        EmailSubject         string
        EmailClusterId       string
        Application          string
        ApplicationId        int
        OAuthApplicationId   string
        ProcessCommandLine   string
        RegistryKey          string
        RegistryValueName    string
        RegistryValueData    string
        AdditionalFields     string
        ActionType           string
    """,
)

DISRUPTION_AND_RESPONSE_EVENTS = table(
    "DisruptionAndResponseEvents",
    "automatic attack disruption",
    product=DISRUPTION,
    preview=True,
    columns="""
        Timestamp                  datetime
        ActionType                 string
        DeviceId                   string
        SourceDeviceId             string    device the attack came from
        TargetDeviceId             string    device acted on
        TargetDeviceName           string
        TargetDomainName           string    domain of the target
        DeviceName                 string
        DomainName                 string    domain of the device
        InitiatingProcessId        int
        InitiatingProcessFileName  string
        SourceUserSid              string    SID of the source user
        SourceUserName             string    name of the source user
        SourceUserDomainName       string    domain of the source user
        SourceIpAddress            string    source address
        SourcePort                 int       source port
        IpAddress                  string
        Port                       string
        SourceDeviceName           string    name of the source device
        SourceDomainName           string    domain of the source
        AuthenticationProtocol     string    protocol used to authenticate
        Service                    string    service used
        InterfaceUuid              string    RPC interface UUID
        InterfaceFriendlyName      string    friendly name of the RPC interface
        FileName                   string
        ShareName                  string
        LogonType                  string
        LogonId                    long
        SessionId                  long
        CompromisedAccountCount    int       accounts compromised in the attack
        PolicyId                   string    id of the policy
        PolicyName                 string    name of the policy
        PolicyVersion              string    version of the policy
        PolicyHash                 string    hash of the policy
        DataSources                string
        IsPolicyOn                 bool      policy switched on
        ReportType                 string    kind of report
    """,
)

TABLES = (ALERT_INFO, ALERT_EVIDENCE, BEHAVIOR_INFO, BEHAVIOR_ENTITIES, DISRUPTION_AND_RESPONSE_EVENTS)
