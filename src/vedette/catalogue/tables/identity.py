"""Accounts and what they do in the directory, as Defender for Identity sees it."""

from __future__ import annotations

from vedette.catalogue.tables.schema import IDENTITY, table

IDENTITY_INFO = table(
    "IdentityInfo",
    "user accounts",
    product=IDENTITY,
    columns="""
        Timestamp                datetime
        ReportId                 string
        AccountObjectId          string
        AccountUpn               string
        OnPremSid                string    on-premises SID
        AccountDisplayName       string
        AccountName              string
        AccountDomain            string
        CriticalityLevel         int
        Type                     string
        DistinguishedName        string    LDAP distinguished name
        CloudSid                 string    cloud SID of the account
        GivenName                string
        Surname                  string
        Department               string
        JobTitle                 string
        EmailAddress             string
        SipProxyAddress          string    SIP address
        Address                  string
        City                     string
        Country                  string
        IsAccountEnabled         bool      account enabled or not
        Manager                  string
        Phone                    string
        CreatedDateTime          datetime
        ChangeSource             string    process or provider that caused the new row
        BlastRadius              string    reach of the account in the organisation (Low, Medium, High)
        CompanyName              string    company of the account
        DeletedDateTime          datetime
        EmployeeId               string
        OtherMailAddresses       dynamic   further mail addresses
        RiskLevel                string    risk level
        RiskLevelDetails         string    details of the risk level
        State                    string
        Tags                     dynamic
        AssignedRoles            dynamic
        PrivilegedEntraPimRoles  dynamic   privileged role schedules from PIM
        TenantId                 string
        SourceSystem             string
        OnPremObjectId           string    object id in on-premises AD
        TenantMembershipType     string
        RiskStatus               string    risk status
        UserAccountControl       string    AD account control flags
        IdentityEnvironment      string    cloud, on-premises or hybrid
        SourceProviders          dynamic   identity providers
        GroupMembership          dynamic
    """,
)

IDENTITY_ACCOUNT_INFO = table(
    "IdentityAccountInfo",
    "accounts with link to identity",
    product=IDENTITY,
    columns="""
        Timestamp                          datetime
        ReportId                           string
        SourceProviderAccountId            string    account id at the provider
        AccountId                          string
        IdentityId                         string    id of the identity owning the account
        IsPrimary                          bool      primary account of the identity
        IdentityLinkType                   string    how it was linked
        IdentityLinkReason                 string    why it was linked
        IdentityLinkTime                   datetime  when it was linked
        IdentityLinkBy                     string    who linked the account
        DisplayName                        string    display name
        AccountUpn                         string
        EmailAddress                       string
        CriticalityLevel                   int
        DefenderRiskLevel                  int       risk level set by Defender
        DefenderRiskUpdateTime             datetime  last change of the Defender risk level
        Type                               string
        GivenName                          string
        Surname                            string
        EmployeeId                         string
        Department                         string
        JobTitle                           string
        Address                            string
        City                               string
        Country                            string
        Phone                              string
        Manager                            string
        Sid                                string    SID of the account
        AccountStatus                      string    account state (enabled, disabled, ...)
        SourceProvider                     string    identity provider
        SourceProviderInstanceId           string    provider instance id
        SourceProviderInstanceDisplayName  string    provider instance name
        AuthenticationMethod               string    how the account signs in
        AuthenticationSourceAcccountId     string    id of the authenticating account (name misspelt in the product)
        EnrolledMfas                       dynamic   MFA methods enrolled
        LastPasswordChangeTime             datetime  last password change
        GroupMembership                    dynamic
        AssignedRoles                      dynamic
        EligibleRoles                      dynamic   roles the account may activate
        TenantMembershipType               string
        CreatedDateTime                    datetime
        DeletedDateTime                    datetime
        Tags                               dynamic
        SourceProvderRiskLevel             dynamic   risk level from the provider (name misspelt in the product)
        AdditionalFields                   dynamic
        TenantId                           string
    """,
)

IDENTITY_LOGON_EVENTS = table(
    "IdentityLogonEvents",
    "AD and cloud authentication",
    product=IDENTITY,
    columns="""
        Timestamp                 datetime
        ActionType                string
        Application               string
        LogonType                 string
        Protocol                  string
        FailureReason             string
        AccountName               string
        AccountDomain             string
        AccountUpn                string
        AccountSid                string
        AccountObjectId           string
        AccountDisplayName        string
        DeviceName                string
        DeviceType                string
        OSPlatform                string
        IPAddress                 string
        Port                      int
        DestinationDeviceName     string
        DestinationIPAddress      string
        DestinationPort           int
        TargetDeviceName          string
        TargetAccountDisplayName  string
        Location                  string
        Isp                       string
        ReportId                  string
        AdditionalFields          dynamic
    """,
    action_types="""
        LogonSuccess  sign-in accepted
        LogonFailed   sign-in refused
    """,
)

IDENTITY_QUERY_EVENTS = table(
    "IdentityQueryEvents",
    "LDAP, SAMR and DNS queries to AD",
    product=IDENTITY,
    columns="""
        Timestamp                 datetime
        ActionType                string
        Application               string
        QueryType                 string    kind of query
        QueryTarget               string    object asked about
        Query                     string    query text
        Protocol                  string
        AccountName               string
        AccountDomain             string
        AccountUpn                string
        AccountSid                string
        AccountObjectId           string
        AccountDisplayName        string
        DeviceName                string
        IPAddress                 string
        Port                      int
        DestinationDeviceName     string
        DestinationIPAddress      string
        DestinationPort           int
        TargetDeviceName          string
        TargetAccountUpn          string
        TargetAccountDisplayName  string
        Location                  string
        ReportId                  string
        AdditionalFields          dynamic
    """,
    action_types="""
        LDAP query  LDAP query made
        LdapQuery   LDAP query made (other spelling)
        SAMR query  SAMR query made
        DNS query   DNS query to the domain controller
    """,
)

IDENTITY_DIRECTORY_EVENTS = table(
    "IdentityDirectoryEvents",
    "domain controller and directory events",
    product=IDENTITY,
    columns="""
        Timestamp                 datetime
        ActionType                string
        Application               string
        TargetAccountUpn          string
        TargetAccountDisplayName  string
        TargetDeviceName          string
        DestinationDeviceName     string
        DestinationIPAddress      string
        DestinationPort           int
        Protocol                  string
        AccountName               string
        AccountDomain             string
        AccountUpn                string
        AccountSid                string
        AccountObjectId           string
        AccountDisplayName        string
        DeviceName                string
        IPAddress                 string
        Port                      int
        Location                  string
        ISP                       string    internet provider of the address
        ReportId                  string
        AdditionalFields          dynamic
    """,
    action_types="""
        Account Constrained Delegation SPNs changed   allowed delegation targets changed
        Account Constrained Delegation State changed  delegation state changed
        Account Delegation changed                    delegation switched on or off
        Account Deleted changed                       account deleted
        Account Disabled changed                      account switched on or off
        Account Display Name changed                  display name changed
        Account expired                               account expiry reached
        Account Expiry Time changed                   account expiry changed
        Account Locked changed                        lock state changed
        Account Name changed                          name changed
        Account Password changed                      password changed
        Account Password expired                      password expired
        Account Password Never Expires changed        password expiry switched on or off
        Account Password Not Required changed         blank password allowed or not
        Account Path changed                          distinguished name changed
        Account Smart Card Required changed           smart card need changed
        Account Supported Encryption Types changed    Kerberos encryption types changed
        Account Upn Name changed                      UPN changed
        Device Account Created                        computer account added
        Device Operating System changed               OS attribute changed
        Directory Service replication                 directory replication asked for
        Group Membership changed                      member added or removed
        Potential lateral movement path identified    path to a sensitive user found
        PowerShell execution                          remote PowerShell tried
        Private Data Retrieval                        private data asked for over LSARPC
        Security Principal created                    user or computer created
        Security Principal deleted changed            user or computer deleted or restored
        Security Principal Display Name changed       display name changed
        Security Principal Name changed               name changed
        Security Principal Path changed               distinguished name changed
        Security Principal Sam Name changed           sAM name changed
        Service creation                              remote service creation tried
        SMB session                                   open SMB sessions listed
        SmbFileCopy                                   file copied over SMB
        SMB file copy                                 file copied over SMB (other spelling) [public queries]
        Task scheduling                               remote task creation tried
        User Mail changed                             mail attribute changed
        User Manager changed                          manager attribute changed
        User Phone Number changed                     phone attribute changed
        User Title changed                            title attribute changed
        Wmi execution                                 remote WMI method tried
    """,
)

IDENTITY_EVENTS = table(
    "IdentityEvents",
    "events from other identity providers",
    product=IDENTITY,
    preview=True,
    columns="""
        Timestamp              datetime
        ReportId               string
        AccountId              string
        AccountType            string
        AccountDisplayName     string
        AccountUpn             string
        ActionType             string
        ActionResult           string
        ActionFailureReason    string    why the action failed
        IPAddress              string
        UserAgent              string
        TargetObjects          dynamic   objects acted on
        Application            string
        ApplicationInstanceId  string    id of the application instance
        ApplicationEventId     string    event id given by the source application
        ApplicationSessionId   string    session id given by the application
        RawEventData           dynamic
        AdditionalFields       dynamic
    """,
)

TABLES = (
    IDENTITY_INFO,
    IDENTITY_ACCOUNT_INFO,
    IDENTITY_LOGON_EVENTS,
    IDENTITY_QUERY_EVENTS,
    IDENTITY_DIRECTORY_EVENTS,
    IDENTITY_EVENTS,
)
