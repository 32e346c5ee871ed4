"""The one table for all other endpoint events, told apart by `ActionType`: antivirus, tasks, accounts, API calls."""

from __future__ import annotations

from vedette.catalogue.tables.schema import ENDPOINT, table

DEVICE_EVENTS = table(
    "DeviceEvents",
    "all other endpoint events: antivirus, ASR, exploit protection, firewall, USB, tasks, accounts, API calls",
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
        AccountDomain                       string
        AccountName                         string
        AccountSid                          string
        RemoteUrl                           string
        RemoteDeviceName                    string
        ProcessId                           long      PID of the process created or acted on
        ProcessCommandLine                  string
        ProcessCreationTime                 datetime
        ProcessTokenElevation               string
        LogonId                             long
        RegistryKey                         string
        RegistryValueName                   string
        RegistryValueData                   string
        RemoteIP                            string
        RemotePort                          int
        LocalIP                             string
        LocalPort                           int
        FileOriginUrl                       string
        FileOriginIP                        string
        InitiatingProcessSHA1               string
        InitiatingProcessSHA256             string
        InitiatingProcessMD5                string
        InitiatingProcessFileName           string
        InitiatingProcessFileSize           long
        InitiatingProcessFolderPath         string
        InitiatingProcessId                 long
        InitiatingProcessCommandLine        string
        InitiatingProcessCreationTime       datetime
        InitiatingProcessAccountDomain      string
        InitiatingProcessAccountName        string
        InitiatingProcessAccountSid         string
        InitiatingProcessAccountUpn         string
        InitiatingProcessAccountObjectId    string
        InitiatingProcessVersionInfoCompanyName  string
        InitiatingProcessVersionInfoProductName  string
        InitiatingProcessVersionInfoProductVersion  string
        InitiatingProcessVersionInfoInternalFileName  string
        InitiatingProcessVersionInfoOriginalFileName  string
        InitiatingProcessVersionInfoFileDescription  string
        InitiatingProcessParentId           long
        InitiatingProcessParentFileName     string
        InitiatingProcessParentCreationTime datetime
        InitiatingProcessLogonId            long
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
        InitiatingProcessUniqueId           string
    """,
    action_types="""
        AccountCheckedForBlankPassword                blank password test on an account
        AmsiScriptDetection                           AMSI flagged script content [community]
        AntivirusDefinitionsUpdated                   antivirus intelligence updated
        AntivirusDefinitionsUpdateFailed              antivirus intelligence update failed
        AntivirusDetection                            antivirus found a threat
        AntivirusDetectionActionType                  follow-up action of a detection [community]
        AntivirusEmergencyUpdatesInstalled            emergency intelligence installed
        AntivirusError                                antivirus failed while handling a threat
        AntivirusMalwareActionFailed                  antivirus action on a threat failed
        AntivirusMalwareBlocked                       antivirus stopped a threat
        AntivirusReport                               antivirus report on a threat [community]
        AntivirusScanCancelled                        scan stopped
        AntivirusScanCompleted                        scan finished
        AntivirusScanFailed                           scan did not finish
        AntivirusTroubleshootModeEvent                troubleshooting mode used
        AppControlAppInstallationAudited              app install would be stopped by app control
        AppControlAppInstallationBlocked              app install stopped by app control
        AppControlCIScriptAudited                     script or MSI would be stopped by lockdown policy
        AppControlCIScriptBlocked                     script or MSI stopped by lockdown policy
        AppControlCodeIntegrityDriverRevoked          driver with revoked certificate
        AppControlCodeIntegrityImageAudited           image breaks code integrity policy (audit)
        AppControlCodeIntegrityImageRevoked           image with revoked certificate
        AppControlCodeIntegrityOriginAllowed          file allowed by reputation or installer
        AppControlCodeIntegrityOriginAudited          file would be stopped by reputation or installer
        AppControlCodeIntegrityOriginBlocked          file stopped by reputation or installer
        AppControlCodeIntegrityPolicyAudited          policy break noticed
        AppControlCodeIntegrityPolicyBlocked          policy break stopped
        AppControlCodeIntegrityPolicyLoaded           policy loaded
        AppControlCodeIntegritySigningInformation     signing facts for a code integrity event
        AppControlExecutableAudited                   untrusted program noticed
        AppControlExecutableBlocked                   untrusted program stopped
        AppControlPackagedAppAudited                  untrusted packaged app noticed
        AppControlPackagedAppBlocked                  untrusted packaged app stopped
        AppControlPolicyApplied                       app control policy applied
        AppControlScriptAudited                       untrusted script noticed
        AppControlScriptBlocked                       untrusted script stopped
        AppGuardBrowseToUrl                           URL opened in an Application Guard container
        AppGuardCreateContainer                       container created
        AppGuardLaunchedWithUrl                       container started for an untrusted URL
        AppGuardResumeContainer                       container resumed
        AppGuardStopContainer                         container stopped
        AppGuardSuspendContainer                      container suspended
        AppLockerBlockExecutable                      AppLocker stopped a program
        AppLockerBlockPackagedApp                     AppLocker stopped a packaged app
        AppLockerBlockPackagedAppInstallation         AppLocker stopped a packaged app install
        AppLockerBlockScript                          AppLocker stopped a script
        AsrAbusedSystemToolAudited                    copied or impersonated system tool (audit) [community]
        AsrAbusedSystemToolBlocked                    copied or impersonated system tool stopped [community]
        AsrAdobeReaderChildProcessAudited             Adobe Reader child process (audit)
        AsrAdobeReaderChildProcessBlocked             Adobe Reader child process stopped
        AsrExecutableEmailContentAudited              program from mail (audit)
        AsrExecutableEmailContentBlocked              program from mail stopped
        AsrExecutableOfficeContentAudited             Office wrote a program (audit)
        AsrExecutableOfficeContentBlocked             Office stopped from writing a program
        AsrLsassCredentialTheftAudited                access to lsass (audit)
        AsrLsassCredentialTheftBlocked                access to lsass stopped
        AsrObfuscatedScriptAudited                    obfuscated script (audit)
        AsrObfuscatedScriptBlocked                    obfuscated script stopped
        AsrOfficeChildProcessAudited                  Office child process (audit)
        AsrOfficeChildProcessBlocked                  Office child process stopped
        AsrOfficeCommAppChildProcessAudited           Outlook-like app child process (audit)
        AsrOfficeCommAppChildProcessBlocked           Outlook-like app child process stopped
        AsrOfficeMacroWin32ApiCallsAudited            Win32 call from a macro (audit)
        AsrOfficeMacroWin32ApiCallsBlocked            Win32 call from a macro stopped
        AsrOfficeProcessInjectionAudited              Office injected code (audit)
        AsrOfficeProcessInjectionBlocked              Office injection stopped
        AsrPersistenceThroughWmiAudited               WMI subscription persistence (audit)
        AsrPersistenceThroughWmiBlocked               WMI subscription persistence stopped
        AsrPsexecWmiChildProcessAudited               process from PsExec or WMI (audit)
        AsrPsexecWmiChildProcessBlocked               process from PsExec or WMI stopped
        AsrRansomwareAudited                          ransomware-like behaviour (audit)
        AsrRansomwareBlocked                          ransomware-like behaviour stopped
        AsrScriptExecutableDownloadAudited            script started a downloaded program (audit)
        AsrScriptExecutableDownloadBlocked            script stopped from starting a downloaded program
        AsrUntrustedExecutableAudited                 rare or new program (audit)
        AsrUntrustedExecutableBlocked                 rare or new program stopped
        AsrUntrustedUsbProcessAudited                 unsigned program from USB (audit)
        AsrUntrustedUsbProcessBlocked                 unsigned program from USB stopped
        AsrVulnerableSignedDriverAudited              vulnerable signed driver (audit)
        AsrVulnerableSignedDriverBlocked              vulnerable signed driver stopped
        AuditPolicyModification                       Windows audit policy changed
        BitLockerAuditCompleted                       BitLocker audit done
        BluetoothPolicyTriggered                      device control decided on Bluetooth
        BrowserLaunchedToOpenUrl                      another app opened a link in a browser
        ClrUnbackedModuleLoaded                       .NET module without file on disk loaded [community]
        ContainedUserLogonBlocked                     logon of a contained user stopped [community]
        ContainedUserRemoteDesktopSessionDisconnected  RDP session of a contained user cut [community]
        ContainedUserRemoteDesktopSessionStopped      RDP session of a contained user ended [community]
        ContainedUserSmbFileOpenBlocked               SMB access of a contained user stopped [community]
        ControlFlowGuardViolation                     Control Flow Guard ended a program
        ControlledFolderAccessViolationAudited        write to a protected folder (audit)
        ControlledFolderAccessViolationBlocked        write to a protected folder stopped
        CreateRemoteThreadApiCall                     thread created in another process
        CredentialsBackup                             credential manager backup started
        DeviceBootAttestationInfo                     boot attestation report
        DirectoryServiceObjectCreated                 directory object added
        DirectoryServiceObjectModified                directory object changed
        DlpPocPrintJob                                file sent to a printer
        DnsQueryRequest                               DNS question asked
        DnsQueryResponse                              DNS answer
        DpapiAccessed                                 DPAPI secret decrypted
        DriverLoad                                    driver loaded
        ExploitGuardAcgAudited                        code page change (audit)
        ExploitGuardAcgEnforced                       code page change stopped
        ExploitGuardChildProcessAudited               child process (exploit protection, audit)
        ExploitGuardChildProcessBlocked               child process stopped
        ExploitGuardEafViolationAudited               export address filter hit (audit)
        ExploitGuardEafViolationBlocked               export address filter hit stopped
        ExploitGuardIafViolationAudited               import address filter hit (audit)
        ExploitGuardIafViolationBlocked               import address filter hit stopped
        ExploitGuardLowIntegrityImageAudited          low-integrity image (audit)
        ExploitGuardLowIntegrityImageBlocked          low-integrity image stopped
        ExploitGuardNetworkProtectionAudited          bad address or URL (audit)
        ExploitGuardNetworkProtectionBlocked          bad address or URL stopped
        ExploitGuardNonMicrosoftSignedAudited         image not signed by Microsoft (audit)
        ExploitGuardNonMicrosoftSignedBlocked         image not signed by Microsoft stopped
        ExploitGuardRopExploitAudited                 ROP attempt (audit)
        ExploitGuardRopExploitBlocked                 ROP attempt stopped
        ExploitGuardSharedBinaryAudited               image from a remote share (audit)
        ExploitGuardSharedBinaryBlocked               image from a remote share stopped
        ExploitGuardWin32SystemCallAudited            win32k system call (audit)
        ExploitGuardWin32SystemCallBlocked            win32k system call stopped
        FileTimestampModificationEvent                file time stamp changed
        FirewallInboundConnectionBlocked              firewall stopped an incoming connection
        FirewallInboundConnectionToAppBlocked         firewall stopped an incoming connection to an app
        FirewallOutboundConnectionBlocked             firewall stopped an outgoing connection
        FirewallServiceStopped                        firewall service stopped
        GetAsyncKeyStateApiCall                       key state read
        GetClipboardData                              clipboard read
        LdapSearch                                    LDAP search; AdditionalFields has SearchFilter, ScopeOfSearch
        LogonRightsSettingEnabled                     interactive logon right granted
        MemoryRemoteProtect                           memory protection of another process changed
        NamedPipeEvent                                named pipe created or opened
        NetworkProtectionUserBypassEvent              user went past a network protection block
        NetworkShareObjectAccessChecked               share access checked
        NetworkShareObjectAdded                       share added
        NetworkShareObjectDeleted                     share removed
        NetworkShareObjectModified                    share changed
        NtAllocateVirtualMemoryApiCall                memory allocated
        NtAllocateVirtualMemoryRemoteApiCall          memory allocated in another process
        NtMapViewOfSectionRemoteApiCall               section mapped into another process
        NtProtectVirtualMemoryApiCall                 memory protection changed
        OpenProcessApiCall                            handle to another process opened
        OtherAlertRelatedActivity                     other activity tied to an alert [community]
        PasswordChangeAttempt                         password change tried
        PlistPropertyModified                         plist property changed (macOS)
        PnpDeviceAllowed                              plug and play device allowed
        PnpDeviceBlocked                              plug and play device stopped
        PnpDeviceConnected                            plug and play device attached
        PowerShellCommand                             command run in a PowerShell host; AdditionalFields.Command
        PrintJobBlocked                               printing stopped
        ProcessCreatedUsingWmiQuery                   process started through WMI
        ProcessPrimaryTokenModified                   primary token of a process changed
        PTraceDetected                                ptrace used (Linux)
        QueueUserApcRemoteApiCall                     APC queued in another process
        ReadProcessMemoryApiCall                      memory of another process read
        RemoteDesktopConnection                       RDP connection made
        RemoteWmiOperation                            WMI operation from another device
        RemovableStorageFileEvent                     file activity on removable storage
        RemovableStoragePolicyTriggered               removable storage access decided by policy
        SafeDocFileScan                               document sent to the cloud for a check
        ScheduledTaskCreated                          task added
        ScheduledTaskDeleted                          task removed
        ScheduledTaskDisabled                         task turned off
        ScheduledTaskEnabled                          task turned on
        ScheduledTaskUpdated                          task changed
        ScreenshotTaken                               screenshot taken
        ScriptContent                                 script content reported [community]
        SecurityGroupCreated                          security group added
        SecurityGroupDeleted                          security group removed
        SecurityLogCleared                            security log cleared
        SensitiveFileRead                             sensitive file read
        ServiceInstalled                              service installed (Windows event 4697)
        SetThreadContextRemoteApiCall                 thread context of another process set
        ShellLinkCreateFileEvent                      odd .lnk file written
        SmartScreenAppWarning                         SmartScreen warned about an app
        SmartScreenExploitWarning                     SmartScreen warned about an exploit page
        SmartScreenUrlWarning                         SmartScreen warned about a URL
        SmartScreenUserOverride                       user went past a SmartScreen warning
        TamperingAttempt                              change of Defender settings tried
        TvmAxonTelemetryEvent                         vulnerability management telemetry [community]
        UntrustedWifiConnection                       open Wi-Fi joined automatically
        UsbDriveDriveLetterChanged                    drive letter of a USB disk changed
        UsbDriveMount                                 USB disk mounted (older value)
        UsbDriveMounted                               USB disk mounted
        UsbDriveUnmount                               USB disk removed (older value)
        UsbDriveUnmounted                             USB disk removed
        UserAccountAddedToLocalGroup                  account added to a local group
        UserAccountCreated                            account created
        UserAccountDeleted                            account deleted
        UserAccountModified                           account changed
        UserAccountRemovedFromLocalGroup              account removed from a local group
        WmiBindEventFilterToConsumer                  WMI filter bound to a consumer
        WriteProcessMemoryApiCall                     memory of another process written
        WriteToLsassProcessMemory                     memory of lsass written
    """,
)

TABLES = (DEVICE_EVENTS,)
