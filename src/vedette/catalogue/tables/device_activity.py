"""What processes do on devices: start others, open connections, write files and registry values, load modules.

Everything else that the sensor reports is in `device_events`.
"""

from __future__ import annotations

from vedette.catalogue.tables.schema import ENDPOINT, table

DEVICE_PROCESS_EVENTS = table(
    "DeviceProcessEvents",
    "process creation",
    product=ENDPOINT,
    columns="""
        Timestamp                           datetime
        DeviceId                            string
        DeviceName                          string
        ActionType                          string
        FileName                            string
        FolderPath                          string
        SHA1                                string
        SHA256                              string
        MD5                                 string
        FileSize                            long
        ProcessVersionInfoCompanyName       string    new process image: company
        ProcessVersionInfoProductName       string    new process image: product name
        ProcessVersionInfoProductVersion    string    new process image: product version
        ProcessVersionInfoInternalFileName  string    new process image: internal file name
        ProcessVersionInfoOriginalFileName  string    new process image: original file name
        ProcessVersionInfoFileDescription   string    new process image: file description
        ProcessId                           long
        ProcessCommandLine                  string
        ProcessIntegrityLevel               string    Low, Medium, High, System
        ProcessTokenElevation               string
        ProcessCreationTime                 datetime
        AccountDomain                       string
        AccountName                         string
        AccountSid                          string
        AccountUpn                          string
        AccountObjectId                     string
        LogonId                             long
        InitiatingProcessAccountDomain      string
        InitiatingProcessAccountName        string
        InitiatingProcessAccountSid         string
        InitiatingProcessAccountUpn         string
        InitiatingProcessAccountObjectId    string
        InitiatingProcessLogonId            long
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
        InitiatingProcessSignerType         string    signer kind of the acting process image
        InitiatingProcessSignatureStatus    string    signature state of the acting process image
        ReportId                            long      counter that repeats; unique with DeviceId and Timestamp
        AppGuardContainerId                 string
        AdditionalFields                    string
        InitiatingProcessSessionId          long
        IsInitiatingProcessRemoteSession    bool
        InitiatingProcessRemoteSessionDeviceName  string
        InitiatingProcessRemoteSessionIP    string
        CreatedProcessSessionId             long
        IsProcessRemoteSession              bool
        ProcessRemoteSessionDeviceName      string
        ProcessRemoteSessionIP              string
        ProcessUniqueId                     string    unique id of the new process (process start key on Windows)
        InitiatingProcessUniqueId           string
        LogonID                             long
    """,
    action_types="""
        ProcessCreated  a process was started
        OpenProcess     a handle to another process was requested (older; now OpenProcessApiCall in DeviceEvents)
    """,
)

DEVICE_NETWORK_EVENTS = table(
    "DeviceNetworkEvents",
    "network connections",
    product=ENDPOINT,
    columns="""
        Timestamp                           datetime
        DeviceId                            string
        DeviceName                          string
        ActionType                          string
        RemoteIP                            string
        RemotePort                          int
        RemoteUrl                           string
        LocalIP                             string
        LocalPort                           int
        Protocol                            string
        LocalIPType                         string    class of the own address
        RemoteIPType                        string
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
        InitiatingProcessParentFileName     string
        InitiatingProcessParentId           long
        InitiatingProcessParentCreationTime datetime
        InitiatingProcessAccountDomain      string
        InitiatingProcessAccountName        string
        InitiatingProcessAccountSid         string
        InitiatingProcessAccountUpn         string
        InitiatingProcessAccountObjectId    string
        InitiatingProcessIntegrityLevel     string
        InitiatingProcessTokenElevation     string
        ReportId                            long      counter that repeats; unique with DeviceId and Timestamp
        AppGuardContainerId                 string
        AdditionalFields                    string
        InitiatingProcessSessionId          long
        IsInitiatingProcessRemoteSession    bool
        InitiatingProcessRemoteSessionDeviceName  string
        InitiatingProcessRemoteSessionIP    string
        InitiatingProcessUniqueId           string
        LogonID                             long
    """,
    action_types="""
        ConnectionSuccess                  outgoing connection established
        ConnectionFailed                   outgoing connection did not come about
        ConnectionFound                    open connection noticed
        ConnectionRequest                  outgoing connection started
        ConnectionAttempt                  outgoing connection tried (SYN seen) [public queries]
        InboundConnectionAccepted          incoming connection accepted
        InboundInternetScanInspected       scan packet from Microsoft's external scanner
        ListeningConnectionCreated         process began to listen on a port
        NetworkSignatureInspected          packet content matched a signature; AdditionalFields.SignatureName
        HttpConnectionInspected            HTTP seen by inspection
        DnsConnectionInspected             DNS seen by inspection [public queries]
        SslConnectionInspected             TLS seen by inspection [public queries]
        FtpConnectionInspected             FTP seen by inspection
        IcmpConnectionInspected            ICMP seen by inspection
        SmtpConnectionInspected            SMTP seen by inspection
        SshConnectionInspected             SSH seen by inspection
        NtlmAuthenticationInspected        NTLM seen by inspection [public queries]
        ConnectionSuccessAggregatedReport  summary of repeated successful connections [public queries]
    """,
)

DEVICE_FILE_EVENTS = table(
    "DeviceFileEvents",
    "file create, modify, rename, delete",
    product=ENDPOINT,
    columns="""
        Timestamp                           datetime
        DeviceId                            string
        DeviceName                          string
        ActionType                          string
        FileName                            string
        FolderPath                          string
        SHA1                                string
        SHA256                              string
        MD5                                 string
        FileOriginUrl                       string
        FileOriginReferrerUrl               string    page that linked to the download
        FileOriginIP                        string
        PreviousFolderPath                  string    folder before the change
        PreviousFileName                    string    name before the rename
        FileSize                            long
        InitiatingProcessAccountDomain      string
        InitiatingProcessAccountName        string
        InitiatingProcessAccountSid         string
        InitiatingProcessAccountUpn         string
        InitiatingProcessAccountObjectId    string
        InitiatingProcessMD5                string
        InitiatingProcessSHA1               string
        InitiatingProcessSHA256             string
        InitiatingProcessFolderPath         string
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
        InitiatingProcessIntegrityLevel     string
        InitiatingProcessTokenElevation     string
        InitiatingProcessParentId           long
        InitiatingProcessParentFileName     string
        InitiatingProcessParentCreationTime datetime
        RequestProtocol                     string    Unknown, Local, SMB or NFS
        RequestSourceIP                     string    address of the remote requester
        RequestSourcePort                   int       source port of the remote requester
        RequestAccountName                  string    name of the remote account
        RequestAccountDomain                string    domain of the remote account
        RequestAccountSid                   string    SID of the remote account
        ShareName                           string
        SensitivityLabel                    string    information protection label
        SensitivitySubLabel                 string    information protection sublabel
        IsAzureInfoProtectionApplied        bool      encrypted by Azure Information Protection
        ReportId                            long      counter that repeats; unique with DeviceId and Timestamp
        AppGuardContainerId                 string
        AdditionalFields                    string
        InitiatingProcessSessionId          long
        IsInitiatingProcessRemoteSession    bool
        InitiatingProcessRemoteSessionDeviceName  string
        InitiatingProcessRemoteSessionIP    string
        InitiatingProcessUniqueId           string
        LogonID                             long
    """,
    action_types="""
        FileCreated   new file
        FileModified  file content changed
        FileRenamed   file got a new name or place; PreviousFileName and PreviousFolderPath are set
        FileDeleted   file removed
    """,
)

DEVICE_REGISTRY_EVENTS = table(
    "DeviceRegistryEvents",
    "registry changes",
    product=ENDPOINT,
    columns="""
        Timestamp                           datetime
        DeviceId                            string
        DeviceName                          string
        ActionType                          string
        RegistryKey                         string
        RegistryValueType                   string    value data type (String, Dword, Binary, ...)
        RegistryValueName                   string
        RegistryValueData                   string
        PreviousRegistryKey                 string    key before the change
        PreviousRegistryValueName           string    value name before the change
        PreviousRegistryValueData           string    value data before the change
        InitiatingProcessAccountDomain      string
        InitiatingProcessAccountName        string
        InitiatingProcessAccountSid         string
        InitiatingProcessAccountUpn         string
        InitiatingProcessAccountObjectId    string
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
        InitiatingProcessIntegrityLevel     string
        InitiatingProcessTokenElevation     string
        ReportId                            long      counter that repeats; unique with DeviceId and Timestamp
        AppGuardContainerId                 string
        InitiatingProcessSessionId          long
        IsInitiatingProcessRemoteSession    bool
        InitiatingProcessRemoteSessionDeviceName  string
        InitiatingProcessRemoteSessionIP    string
        InitiatingProcessUniqueId           string
    """,
    action_types="""
        RegistryKeyCreated    key added
        RegistryKeyDeleted    key removed
        RegistryKeyRenamed    key renamed
        RegistryValueDeleted  value removed
        RegistryValueSet      value written
    """,
)

DEVICE_IMAGE_LOAD_EVENTS = table(
    "DeviceImageLoadEvents",
    "module loads",
    product=ENDPOINT,
    columns="""
        Timestamp                           datetime
        DeviceId                            string
        DeviceName                          string
        ActionType                          string
        FileName                            string    name of the loaded module
        FolderPath                          string    path of the loaded module; in practice with file name
        SHA1                                string
        SHA256                              string
        MD5                                 string
        FileSize                            long
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
        InitiatingProcessSessionId          long
        IsInitiatingProcessRemoteSession    bool
        InitiatingProcessRemoteSessionDeviceName  string
        InitiatingProcessRemoteSessionIP    string
        InitiatingProcessUniqueId           string
    """,
    action_types="""
        ImageLoaded  a module was loaded
    """,
)

TABLES = (
    DEVICE_PROCESS_EVENTS,
    DEVICE_NETWORK_EVENTS,
    DEVICE_FILE_EVENTS,
    DEVICE_REGISTRY_EVENTS,
    DEVICE_IMAGE_LOAD_EVENTS,
)
