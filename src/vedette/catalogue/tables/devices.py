"""The devices themselves: their state, addresses, logons, and the signatures of files seen on them."""

from __future__ import annotations

from vedette.catalogue.tables.schema import ENDPOINT, table

DEVICE_INFO = table(
    "DeviceInfo",
    "device state snapshots",
    product=ENDPOINT,
    columns="""
        Timestamp              datetime  time of the device report (at least hourly, and on change)
        DeviceId               string
        DeviceName             string
        ClientVersion          string    version of the sensor
        PublicIP               string    public address of the device
        OSArchitecture         string
        OSPlatform             string
        OSBuild                long      OS build number
        IsAzureADJoined        bool      joined to Entra ID
        JoinType               string    Entra join type
        AadDeviceId            string
        LoggedOnUsers          string    users logged on, JSON array text
        RegistryDeviceTag      string    tag set through the registry
        OSVersion              string
        MachineGroup           string    device group for access control
        ReportId               long      counter that repeats; unique with DeviceId and Timestamp
        OnboardingStatus       string
        AdditionalFields       string
        DeviceCategory         string    Endpoint, Network device, IoT or Unknown
        DeviceType             string
        DeviceSubtype          string    finer device kind
        Model                  string
        Vendor                 string    maker of the device
        OSDistribution         string    distribution, such as Ubuntu
        OSVersionInfo          string    release name such as 22H2
        MergedDeviceIds        string    earlier ids of the device, JSON array text
        MergedToDeviceId       string    id the device was merged into
        IsInternetFacing       bool      reachable from the internet
        SensorHealthState      string    Active, Inactive, ImpairedCommunication, NoSensorData, ...
        IsExcluded             bool      excluded from vulnerability management
        ExclusionReason        string    why the device is excluded
        ExposureLevel          string    Low, Medium or High
        AssetValue             string    importance set for the device (Low, Normal, High)
        DeviceManualTags       string    tags set by hand or API
        DeviceDynamicTags      string    tags from dynamic rules
        ConnectivityType       string    how the device talks to the cloud
        HostDeviceId           string    device id of the WSL host
        AzureResourceId        string
        AwsResourceName        string
        GcpFullResourceName    string
        HardwareUuid           string    hardware UUID
        CloudPlatforms         string    cloud vendors the device runs in
        AzureVmId              string    id of the Azure VM
        AzureVmSubscriptionId  string    subscription of the Azure VM
        IsTransient            bool      short-lived device
        OsBuildRevision        string    OS build revision
        MitigationStatus       string    isolation or containment state
        Site                   string    site of the device
        DiscoverySources       string    sources that discovered the device
    """,
)

DEVICE_NETWORK_INFO = table(
    "DeviceNetworkInfo",
    "adapter and network snapshots",
    product=ENDPOINT,
    columns="""
        Timestamp                datetime
        DeviceId                 string
        DeviceName               string
        NetworkAdapterName       string    adapter name
        MacAddress               string    MAC address
        NetworkAdapterType       string    adapter kind
        NetworkAdapterStatus     string    adapter state (Up, Down, ...)
        TunnelType               string    tunnel protocol
        ConnectedNetworks        string    networks of the adapter as JSON (name, category, description, internet flag)
        DnsAddresses             string    DNS servers, JSON array text
        IPv4Dhcp                 string    IPv4 DHCP server
        IPv6Dhcp                 string    IPv6 DHCP server
        DefaultGateways          string    gateway addresses, JSON array text
        IPAddresses              string    addresses of the adapter as JSON (address, prefix, class)
        ReportId                 long      counter that repeats; unique with DeviceId and Timestamp
        NetworkAdapterVendor     string    maker of the adapter
        OnboardingStatus         string
        NetworkAdapterDnsSuffix  string    DNS suffix of the adapter
    """,
)

DEVICE_LOGON_EVENTS = table(
    "DeviceLogonEvents",
    "logons on devices",
    product=ENDPOINT,
    columns="""
        Timestamp                           datetime
        DeviceId                            string
        DeviceName                          string
        ActionType                          string
        LogonType                           string
        AccountDomain                       string
        AccountName                         string    user name that logged on
        AccountSid                          string
        Protocol                            string
        FailureReason                       string
        IsLocalAdmin                        bool      user is local administrator
        LogonId                             long
        RemoteDeviceName                    string
        RemoteIP                            string    address the logon came from
        RemoteIPType                        string
        RemotePort                          int       source port of the logon
        InitiatingProcessAccountDomain      string
        InitiatingProcessAccountName        string
        InitiatingProcessAccountSid         string
        InitiatingProcessAccountUpn         string
        InitiatingProcessAccountObjectId    string
        InitiatingProcessIntegrityLevel     string
        InitiatingProcessTokenElevation     string
        InitiatingProcessSHA1               string
        InitiatingProcessSHA256             string
        InitiatingProcessMD5                string
        InitiatingProcessFileName           string
        InitiatingProcessFileSize           long
        InitiatingProcessVersionInfoCompanyName  string
        InitiatingProcessVersionInfoProductName  string
        InitiatingProcessVersionInfoProductVersion  string
        InitiatingProcessVersionInfoInternalFileName  string
        InitiatingProcessVersionInfoOriginalFileName  string
        InitiatingProcessVersionInfoFileDescription  string
        InitiatingProcessId                 long
        InitiatingProcessCommandLine        string
        InitiatingProcessCreationTime       datetime
        InitiatingProcessFolderPath         string
        InitiatingProcessParentId           long
        InitiatingProcessParentFileName     string
        InitiatingProcessParentCreationTime datetime
        ReportId                            long      counter that repeats; unique with DeviceId and Timestamp
        AppGuardContainerId                 string
        AdditionalFields                    string
        InitiatingProcessSessionId          long
        IsInitiatingProcessRemoteSession    bool
        InitiatingProcessRemoteSessionDeviceName  string
        InitiatingProcessRemoteSessionIP    string
        InitiatingProcessUniqueId           string
    """,
    action_types="""
        LogonAttempted  someone tried to log on
        LogonFailed     logon refused; FailureReason is set
        LogonSuccess    logon accepted
    """,
)

DEVICE_FILE_CERTIFICATE_INFO = table(
    "DeviceFileCertificateInfo",
    "signature facts per file hash",
    product=ENDPOINT,
    columns="""
        Timestamp                        datetime
        DeviceId                         string
        DeviceName                       string
        SHA1                             string
        IsSigned                         bool      file is signed
        SignatureType                    string    Embedded or Catalog
        Signer                           string    signer name
        SignerHash                       string    hash identifying the signer
        Issuer                           string    issuing CA
        IssuerHash                       string    hash identifying the CA
        CertificateSerialNumber          string    serial number from the issuing CA
        CrlDistributionPointUrls         string    CRL addresses, JSON array text
        CertificateCreationTime          datetime  start of certificate validity
        CertificateExpirationTime        datetime  end of certificate validity
        CertificateCountersignatureTime  datetime  time of the countersignature
        IsTrusted                        bool      signature check result
        IsRootSignerMicrosoft            bool      root signer is Microsoft
        ReportId                         long      counter that repeats; unique with DeviceId and Timestamp
    """,
)

TABLES = (DEVICE_INFO, DEVICE_NETWORK_INFO, DEVICE_LOGON_EVENTS, DEVICE_FILE_CERTIFICATE_INFO)
