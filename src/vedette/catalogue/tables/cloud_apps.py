"""Activity in Microsoft 365 and connected apps, and the OAuth apps themselves."""

from __future__ import annotations

from vedette.catalogue.tables.schema import CLOUD_APPS, table

CLOUD_APP_EVENTS = table(
    "CloudAppEvents",
    "activity in Microsoft 365 and connected cloud apps",
    product=CLOUD_APPS,
    columns="""
        Timestamp           datetime
        ActionType          string
        Application         string
        ApplicationId       int
        AppInstanceId       int       id of the connected app instance
        AccountObjectId     string
        AccountId           string
        AccountDisplayName  string
        IsAdminOperation    bool      done by an admin
        DeviceType          string
        OSPlatform          string
        IPAddress           string
        IsAnonymousProxy    bool
        CountryCode         string
        City                string
        Isp                 string
        UserAgent           string
        ActivityType        string
        ActivityObjects     dynamic   JSON list of objects touched by the activity
        ObjectName          string
        ObjectType          string
        ObjectId            string
        ReportId            string
        AccountType         string
        IsExternalUser      bool
        IsImpersonated      bool      done on behalf of another user
        IPTags              dynamic   tags on the address
        IPCategory          string    category of the address
        UserAgentTags       dynamic   tags on the user agent
        RawEventData        dynamic
        AdditionalFields    dynamic
        LastSeenForUser     dynamic   days since each attribute was last seen for the user
        UncommonForUser     dynamic   attributes unusual for the user
        AuditSource         string    where the audit record came from
        SessionData         dynamic   session details
        OAuthAppId          string
    """,
    action_types="""
        MailItemsAccessed                   mailbox items read [recorded sample]
        Add delegated permission grant.     delegated permission given [recorded sample]
        FileUploaded                        file uploaded [documented example]
        ReactedToMessage                    reaction in Teams [public queries]
        HardDelete                          item removed for good [public queries]
        Add service principal.              service principal added [public queries]
        Add service principal credentials.  credential added to a service principal [public queries]
        Consent to application.             consent given to an app [public queries]
        Set domain authentication.          domain authentication set [public queries]
        IsolateDevice                       Defender action: device isolated [public queries]
        LiveResponseGetFile                 Defender action: file fetched by live response [public queries]
        SetAdvancedFeatures                 Defender setting changed [public queries]
        DeleteCustomDetection               custom detection deleted [public queries]
        ChangeCustomDetectionRuleStatus     custom detection switched [public queries]
    """,
)

O_AUTH_APP_INFO = table(
    "OAuthAppInfo",
    "OAuth apps from app governance",
    product=CLOUD_APPS,
    preview=True,
    columns="""
        ReportId             string
        Timestamp            datetime
        OAuthAppId           string
        ServicePrincipalId   string
        AppName              string
        AddedOnTime          datetime  when the app was registered in the tenant
        LastModifiedTime     datetime
        AppStatus            string    state of the app (enabled, disabled, ...)
        VerifiedPublisher    dynamic   publisher verification details
        PrivilegeLevel       string    High, Medium or Low
        Permissions          dynamic
        ConsentedUsersCount  int       users who consented
        IsAdminConsented     bool      admin consent given
        AppOrigin            string    whether the app is from this tenant or another
        LastUsedTime         datetime  last use
        AppOwnerTenantId     string    tenant that owns the app
    """,
)

TABLES = (CLOUD_APP_EVENTS, O_AUTH_APP_INFO)
