"""What column names mean that more than one hunting table uses.

A table that gives a name another meaning says so in its own row.
"""

from __future__ import annotations

from collections.abc import Mapping

_ROWS = """
AadDeviceId                         device id in Entra ID
AccountDisplayName                  name of the account as shown in the directory
AccountDomain                       domain of the account
AccountId                           account id as the cloud service or provider knows it
AccountName                         user name (sAM style, without domain)
AccountObjectId                     Entra object id of the account
AccountSid                          Windows SID of the account
AccountType                         kind of account (regular, system, admin, application, ...)
AccountUpn                          user principal name of the account
Action                              what was done to the item
ActionResult                        outcome of the action
ActionTrigger                       who or what started the action (admin, ZAP, dynamic delivery, ...)
ActionType                          event kind; the second-level classifier inside a table
ActivityId                          id of the activity
ActivityType                        activity kind
AdditionalFields                    event-specific extra properties as JSON
Address                             postal address
AgentDescription                    description of the agent
AgentId                             id of the agent
AlertId                             alert id; key shared by AlertInfo and AlertEvidence
AlternateSignInName                 on-premises UPN used for the sign-in
AppGuardContainerId                 id of the Application Guard container, if any
AppName                             application name
Application                         app or service that did or hosted the action
ApplicationId                       id of the application
AssignedRoles                       roles assigned to the account
AttackTechniques                    MITRE ATT&CK techniques, JSON array text
AuthenticationProcessingDetails     details from the authentication processor
AuthenticationRequirement           single-factor or multifactor needed
AwsResourceName                     ARN of the AWS resource
AzureResourceId                     id of the Azure resource
BehaviorId                          id of the behaviour; joins BehaviorInfo and BehaviorEntities
Browser                             browser used for the sign-in
BrowserName                         browser holding the extension
Categories                          threat or node categories, JSON array
City                                city of the client or account
ClientAppUsed                       client app used to sign in
CloudPlatform                       cloud vendor of the resource (Azure, AWS, GCP)
ConditionalAccessPolicies           policies applied to the sign-in, JSON text
ConditionalAccessStatus             0 applied, 1 failed, 2 not applied
ConfidenceLevel                     confidence of spam or phish verdicts
ConfigurationCategory               group of the setting
ConfigurationDescription            what the setting does
ConfigurationId                     id of the setting (scid-...)
ConfigurationImpact                 effect on the score, 1 to 10
ConfigurationName                   display name of the setting
ConfigurationSubcategory            subgroup of the setting
ContainerId                         container id
ContainerName                       container name
CorrelationId                       sign-in correlation id
Country                             country of the account or client
CountryCode                         two-letter country of the client address
CreatedDateTime                     creation time
CreatedProcessSessionId             Windows session id of the new process
CriticalityLevel                    criticality score of the identity
CveId                               CVE id
DataSource                          origin of the cloud record
DataSources                         products that supplied the data, JSON array text
DeletedDateTime                     deletion time
DeliveryAction                      Delivered, Junked, Blocked or Replaced
DeliveryLocation                    where the mail landed (Inbox/folder, Junk folder, Quarantine, ...)
Department                          department of the user
Description                         description
DestinationDeviceName               server that handled the action
DestinationIPAddress                address of the server
DestinationPort                     port on the server
DetectionMethods                    which filters found the threat, JSON text
DetectionSource                     detection technology or sensor
DeviceId                            service-wide device id (40 hex digits)
DeviceName                          device FQDN
DeviceTrustType                     Workplace, AzureAd or ServerAd
DeviceType                          device kind (Workstation, Server, Mobile, ...)
EmailAddress                        SMTP address
EmailClusterId                      id of the group of similar mails
EmailSubject                        subject of the mail
EmployeeId                          employee number
EndTime                             end of the activity
EndpointCall                        Entra endpoint and request kind of the sign-in
EntityType                          kind of entity (File, Process, Machine, User, Ip, Url, ...)
EntraBlueprintId                    blueprint id of the agent identity
EntraIdDeviceId                     device id in Entra ID
ErrorCode                           sign-in error code, 0 for success
ExtensionDescription                description of the extension
ExtensionId                         id of the extension
ExtensionName                       name of the extension
ExtensionRisk                       risk of the extension
ExtensionVersion                    version of the extension
FailureReason                       why the logon failed
FileName                            file name without folder
FileOriginIP                        address the file came from
FileOriginUrl                       URL the file came from
FileSize                            size in bytes
FolderPath                          folder of the file; in practice full path with file name
GcpFullResourceName                 full name of the Google Cloud resource
GivenName                           first name
GroupMembership                     groups of the account
IPAddress                           address of the client
InitiatingProcessAccountDomain      domain of the account running the acting process
InitiatingProcessAccountName        user name running the acting process
InitiatingProcessAccountObjectId    Entra id running the acting process
InitiatingProcessAccountSid         SID running the acting process
InitiatingProcessAccountUpn         UPN running the acting process
InitiatingProcessCommandLine        command line of the acting process
InitiatingProcessCreationTime       start time of the acting process
InitiatingProcessFileName           image name of the acting process
InitiatingProcessFileSize           image size of the acting process
InitiatingProcessFolderPath         image path of the acting process; in practice full path with file name
InitiatingProcessId                 PID of the acting process
InitiatingProcessIntegrityLevel     integrity level of the acting process
InitiatingProcessLogonId            logon session of the acting process
InitiatingProcessMD5                MD5 of the acting process image
InitiatingProcessParentCreationTime  start time of the parent of the acting process
InitiatingProcessParentFileName     image name of the parent of the acting process
InitiatingProcessParentId           PID of the parent of the acting process
InitiatingProcessRemoteSessionDeviceName  RDP source device of the acting process
InitiatingProcessRemoteSessionIP    RDP source address of the acting process
InitiatingProcessSHA1               SHA-1 of the acting process image
InitiatingProcessSHA256             SHA-256 of the acting process image, often empty
InitiatingProcessSessionId          Windows session id of the acting process
InitiatingProcessTokenElevation     token elevation of the acting process
InitiatingProcessUniqueId           unique id of the acting process (process start key on Windows)
InitiatingProcessVersionInfoCompanyName  acting process image: company
InitiatingProcessVersionInfoFileDescription  acting process image: file description
InitiatingProcessVersionInfoInternalFileName  acting process image: internal file name
InitiatingProcessVersionInfoOriginalFileName  acting process image: original file name
InitiatingProcessVersionInfoProductName  acting process image: product name
InitiatingProcessVersionInfoProductVersion  acting process image: product version
Instructions                        system prompt of the agent
InternetMessageId                   Message-ID set by the sender
IpAddress                           address of the client
IsAnonymousProxy                    address is an anonymising proxy
IsApplicable                        setting applies to the device
IsCompliant                         complies or not
IsExternalThread                    people from outside take part
IsExternalUser                      user from outside
IsGuestUser                         guest of the tenant
IsInitiatingProcessRemoteSession    acting process ran in an RDP session
IsManaged                           managed device
IsManagedIdentity                   managed identity
IsProcessRemoteSession              new process ran in an RDP session
Isp                                 internet provider of the address
JobTitle                            job title
KubernetesNamespace                 namespace
KubernetesPodName                   pod name
KubernetesResource                  resource id with namespace, kind and name
LastModifiedTime                    last change
LastPasswordChangeTimestamp         last password change
LastSeenTime                        last seen
LatestDeliveryLocation              last known place of the mail
Latitude                            latitude
LocalIP                             own address of the device in the connection
LocalPort                           own TCP or UDP port
Location                            place of the event
LogonID                             user behind the action across privilege changes (Linux)
LogonId                             logon session id, unique per device between restarts
LogonType                           logon kind (Interactive, RemoteInteractive, Network, Batch, Service, ...)
Longitude                           longitude
MD5                                 MD5 of the file
Manager                             manager of the user
Model                               model name
NetworkLocationDetails              network location of the sign-in
NetworkMessageId                    Microsoft 365 id of the mail; joins the Email tables
OAuthAppId                          id of the OAuth app
OAuthApplicationId                  id of the third-party OAuth app
OSArchitecture                      CPU architecture of the OS
OSPlatform                          OS family, such as Windows11 or Linux
OSVersion                           OS version
ObjectId                            id of the object acted on
ObjectName                          name of the object acted on
ObjectType                          kind of object acted on
OnboardingStatus                    Onboarded, Can be onboarded, Unsupported, Insufficient info
Permissions                         permissions of the app or agent
Phone                               phone number
Platform                            source platform
Port                                port
PrinterName                         printer
ProcessCommandLine                  command line of the new process
ProcessCreationTime                 start time of the new process
ProcessId                           PID of the new process
ProcessName                         process name
ProcessRemoteSessionDeviceName      RDP source device of the new process
ProcessRemoteSessionIP              RDP source address of the new process
ProcessTokenElevation               TokenElevationTypeDefault, TokenElevationTypeFull or TokenElevationTypeLimited
ProfileId                           id of the profile
Protocol                            network protocol
RawAgentInfo                        full agent record
RawEventData                        full source event as JSON
RecipientDetails                    recipients
RecipientEmailAddress               recipient address, after list expansion
RecipientObjectId                   Entra id of the recipient
RecommendedValue                    expected values
Region                              cloud region
RegistryKey                         registry key acted on
RegistryValueData                   value data
RegistryValueName                   value name
RemediationOptions                  how to fix
RemoteDeviceName                    remote device (FQDN, NetBIOS or host name)
RemoteIP                            remote address
RemoteIPType                        class of the remote address (Public, Private, Loopback, ...)
RemotePort                          remote port
RemoteUrl                           remote URL or FQDN
ReportId                            unique id of the record
RequestId                           id of the request
ResourceDisplayName                 name of the resource reached
ResourceId                          id of the resource
ResourceTenantId                    tenant of the resource
RiskDetails                         details of the user risk
RiskLevelAggregated                 0 not set, 1 none, 10 low, 50 medium, 100 high
RiskState                           0 none to 5 confirmed compromised
SHA1                                SHA-1 of the file
SHA256                              SHA-256 of the file, often empty in Device tables
SafetyTip                           safety tip shown
SenderDisplayName                   sender name
SenderEmailAddress                  sender address
SenderFromAddress                   address in the FROM header
SenderObjectId                      Entra id of the sender
ServicePrincipalId                  service principal id
ServicePrincipalName                service principal name
ServiceSource                       product that supplied the record
SessionId                           session id
Severity                            Informational, Low, Medium or High
ShareName                           network share
SoftwareName                        product name
SoftwareVendor                      vendor name
SoftwareVersion                     version
Source                              where the value is stored
SourceAgentId                       id in the source platform
SourceSystem                        system that supplied the record
StartTime                           start of the activity
State                               state or province
SubscriptionId                      cloud subscription
Surname                             last name
Tags                                tags
TargetAccountDisplayName            name of the account acted on
TargetAccountUpn                    UPN of the account acted on
TargetDeviceName                    name of the device acted on
TeamsMessageId                      Teams message id
TenantId                            tenant id
TenantMembershipType                member or guest
ThreadId                            thread id
ThreatFamily                        malware family
ThreatNames                         detection names
ThreatTypes                         verdict (Malware, Phish, Spam, ...)
TimeGenerated                       ingestion-side event time (Log Analytics style)
Timestamp                           event or record time, UTC
Title                               title
TokenIssuerType                     0 Entra ID, 1 AD FS
Type                                record or account type
Url                                 full URL
UrlDomain                           host part of the URL
UrlDomainInfo                       domain details
UserAgent                           user agent
Version                             version
VulnerabilitySeverityLevel          Low, Medium, High or Critical
Workload                            app the item came from
"""

MEANINGS: Mapping[str, str] = {row.split()[0]: row.split(maxsplit=1)[1] for row in _ROWS.strip().splitlines()}
"""Column name → meaning."""
