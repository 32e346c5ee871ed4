"""Mail: delivery, attachments, links, clicks, and what happened afterwards."""

from __future__ import annotations

from vedette.catalogue.tables.schema import OFFICE, table

EMAIL_EVENTS = table(
    "EmailEvents",
    "mail delivery and blocking",
    product=OFFICE,
    columns="""
        Timestamp               datetime
        NetworkMessageId        string
        InternetMessageId       string
        SenderMailFromAddress   string    envelope sender address
        SenderFromAddress       string
        SenderDisplayName       string
        SenderObjectId          string
        SenderMailFromDomain    string    envelope sender domain
        SenderFromDomain        string    domain in the FROM header
        SenderIPv4              string    last relay IPv4
        SenderIPv6              string    last relay IPv6
        RecipientEmailAddress   string
        RecipientObjectId       string
        Subject                 string    subject of the mail
        EmailClusterId          long
        EmailDirection          string    Inbound, Outbound or Intra-org
        DeliveryAction          string
        DeliveryLocation        string
        ThreatTypes             string
        ThreatNames             string
        DetectionMethods        string
        ConfidenceLevel         string
        BulkComplaintLevel      int       bulk mail score
        EmailAction             string    final action on the mail
        EmailActionPolicy       string    policy that decided the action
        EmailActionPolicyGuid   string    id of that policy
        AuthenticationDetails   string    SPF, DKIM, DMARC and CompAuth verdicts as JSON text
        AttachmentCount         int       number of attachments
        UrlCount                int       number of URLs
        EmailLanguage           string    detected language
        Connectors              string    mail flow connectors used
        OrgLevelAction          string    action from an organisation policy
        OrgLevelPolicy          string    organisation policy that acted
        UserLevelAction         string    action from a mailbox rule
        UserLevelPolicy         string    mailbox policy that acted
        ReportId                string
        AdditionalFields        string
        LatestDeliveryLocation  string
        LatestDeliveryAction    string    last action tried on the mail
        DistributionList        string    distribution list the mail was sent to
    """,
)

EMAIL_ATTACHMENT_INFO = table(
    "EmailAttachmentInfo",
    "mail attachments",
    product=OFFICE,
    columns="""
        Timestamp              datetime
        NetworkMessageId       string
        SenderFromAddress      string
        SenderDisplayName      string
        SenderObjectId         string
        RecipientEmailAddress  string
        RecipientObjectId      string
        FileName               string
        FileType               string    file extension type
        SHA256                 string
        FileSize               long
        ThreatTypes            string
        ThreatNames            string
        DetectionMethods       string
        ReportId               string
    """,
)

EMAIL_URL_INFO = table(
    "EmailUrlInfo",
    "URLs in mails",
    product=OFFICE,
    columns="""
        Timestamp         datetime
        NetworkMessageId  string
        Url               string
        UrlDomain         string
        UrlLocation       string    part of the mail holding the URL
        ReportId          string
    """,
)

EMAIL_POST_DELIVERY_EVENTS = table(
    "EmailPostDeliveryEvents",
    "actions after delivery",
    product=OFFICE,
    columns="""
        Timestamp              datetime
        NetworkMessageId       string
        InternetMessageId      string
        Action                 string
        ActionType             string
        ActionTrigger          string
        ActionResult           string
        RecipientEmailAddress  string
        DeliveryLocation       string
        SourceLocation         string    mail location before the action
        ThreatTypes            string
        DetectionMethods       string
        ReportId               string
    """,
    action_types="""
        Manual Remediation  admin acted on a delivered mail
        Phish ZAP           automatic purge of a phishing mail
        Malware ZAP         automatic purge of a malware mail
        Spam ZAP            automatic purge of a spam mail
    """,
)

URL_CLICK_EVENTS = table(
    "UrlClickEvents",
    "Safe Links clicks",
    product=OFFICE,
    columns="""
        Timestamp         datetime
        Url               string
        ActionType        string
        AccountUpn        string
        Workload          string    Email, Office or Teams
        NetworkMessageId  string
        ThreatTypes       string
        DetectionMethods  string
        IPAddress         string
        IsClickedThrough  bool      user went on to the URL
        UrlChain          string    redirect chain, JSON array text
        ReportId          string
        AppName           string
        AppVersion        string    application version
        SourceId          string    id of the click source
        TenantId          string
        Type              string
        SourceSystem      string
        TimeGenerated     datetime
    """,
    action_types="""
        ClickAllowed                user could open the URL
        ClickBlocked                user was stopped
        ClickBlockedByTenantPolicy  tenant policy stopped the user
        UrlErrorPage                an error page was shown
        UrlScanInProgress           scan was still running
    """,
)

CAMPAIGN_INFO = table(
    "CampaignInfo",
    "mail campaigns",
    product=OFFICE,
    preview=True,
    columns="""
        Timestamp              datetime
        CampaignName           string    name of the campaign
        CampaignId             string    id of the campaign
        CampaignType           string    kind of campaign (malware, phish, ...)
        CampaignSubtype        string    extra context such as the impersonated brand
        NetworkMessageId       string
        RecipientEmailAddress  string
        ReportId               string
    """,
)

FILE_MALICIOUS_CONTENT_INFO = table(
    "FileMaliciousContentInfo",
    "bad files in SharePoint, OneDrive, Teams",
    product=OFFICE,
    preview=True,
    columns="""
        Timestamp                datetime
        Workload                 string
        FileName                 string
        FolderPath               string
        FileSize                 long
        SHA256                   string
        FileOwnerDisplayName     string    display name of the file owner
        FileOwnerUpn             string    UPN of the file owner
        DocumentId               string    id of the document
        ThreatTypes              dynamic
        ThreatNames              string
        DetectionMethods         string
        LastModifyingAccountUpn  string    UPN of the last editor
        LastModifiedTime         datetime
        FileCreationTime         datetime  creation time of the file
        ReportId                 string
    """,
)

TABLES = (
    EMAIL_EVENTS,
    EMAIL_ATTACHMENT_INFO,
    EMAIL_URL_INFO,
    EMAIL_POST_DELIVERY_EVENTS,
    URL_CLICK_EVENTS,
    CAMPAIGN_INFO,
    FILE_MALICIOUS_CONTENT_INFO,
)
