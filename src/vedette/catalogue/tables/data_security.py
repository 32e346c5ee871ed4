"""What Purview says about data and the people who handle it."""

from __future__ import annotations

from vedette.catalogue.tables.schema import PURVIEW, table

DATA_SECURITY_BEHAVIORS = table(
    "DataSecurityBehaviors",
    "Purview insider risk behaviours",
    product=PURVIEW,
    preview=True,
    columns="""
        Timestamp                 datetime
        BehaviorId                string
        ActionType                string
        StartTime                 datetime
        EndTime                   datetime
        AttackTechniques          string
        Categories                string
        ActionCategory            string    group the activity belongs to
        Description               string
        ServiceSource             string
        DetectionSource           string
        ActivityCount             int       number of activities folded into the row
        IsAnomalous               bool      unusual for this user
        IsContentHidden           bool      content is hidden
        AccountUpn                string
        AccountEmail              string    mail address of the account
        Application               string
        DeviceInfo                dynamic   device details of the behaviour
        SensitivityLabelInfo      dynamic   label details
        SensitiveInfoTypesInfo    dynamic   sensitive info types found
        UrlDomainInfo             dynamic
        SharepointSiteInfo        dynamic   SharePoint site details
        RecipientEmailInfo        dynamic   recipient details
        RemovableMediaInfo        dynamic   removable media details
        PrinterName               dynamic
        PriorityContentMatchInfo  dynamic   priority content matched
    """,
)

DATA_SECURITY_EVENTS = table(
    "DataSecurityEvents",
    "Purview data security activities",
    product=PURVIEW,
    preview=True,
    columns="""
        ApplicationNames                   string    application names involved
        DeviceId                           string
        DeviceName                         string
        AadDeviceId                        guid
        IsManagedDevice                    bool      managed device
        DlpPolicyMatchInfo                 string    DLP policies matched
        DlpPolicyEnforcementMode           int       strictness of the DLP policy
        DlpPolicyRuleMatchInfo             dynamic   DLP rules matched
        FileRenameInfo                     string    rename details
        PhysicalAccessPointId              string    id of the access point
        PhysicalAccessPointName            string    name of the access point
        PhysicalAccessStatus               string    result of the access attempt
        PhysicalAssetTag                   string    asset tag
        RemovableMediaManufacturer         string    maker of the medium
        RemovableMediaModel                string    model of the medium
        RemovableMediaSerialNumber         string    serial number of the medium
        TeamsChannelName                   string    Teams channel
        TeamsChannelType                   string    Teams channel kind
        TeamsTeamName                      string    Teams team
        UserAlternateEmails                string    further addresses
        AccountUpn                         string
        AccountObjectId                    string
        Department                         string
        SourceCodeInfo                     string    source code details
        CcPolicyMatchInfo                  dynamic   communication compliance policy matches
        IPAddress                          string
        Timestamp                          datetime
        DeviceSourceLocationType           int       location class of the source
        DeviceDestinationLocationType      int       location class of the target
        IrmPolicyMatchInfo                 dynamic   insider risk policies matched
        UnallowedUrlDomains                string    domains not allowed
        ExternalUrlDomains                 string    external domains seen
        UrlDomainInfo                      string
        SourceUrlDomain                    string    source domain
        TargetUrlDomain                    string    target domain
        EmailAttachmentCount               int       number of attachments
        EmailAttachmentInfo                dynamic   attachment details
        InternetMessageId                  string
        NetworkMessageId                   guid
        EmailSubject                       string
        ObjectId                           string
        ObjectName                         string
        ObjectType                         string
        ObjectSize                         int       size of the object
        IsHidden                           bool      item is hidden
        ActivityId                         guid
        ActionType                         string
        SensitiveInfoTypeInfo              dynamic   sensitive info types found
        SensitivityLabelId                 string    label id
        SharepointSiteSensitivityLabelIds  string    labels of the site
        PreviousSensitivityLabelId         string    label before the change
        Operation                          string    operation name
        RecipientEmailAddress              string
        SiteUrl                            string    site URL
        SourceRelativeUrl                  string    relative source URL
        TargetFilePath                     string    target path
        PrinterName                        string
        Workload                           string
        IrmActionCategory                  string    insider risk activity category
        SequenceCorrelationId              string    id linking a sequence
        CloudAppAlertId                    string    id of the related cloud app alert
    """,
)

TABLES = (DATA_SECURITY_BEHAVIORS, DATA_SECURITY_EVENTS)
