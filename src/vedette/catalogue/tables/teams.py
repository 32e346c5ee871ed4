"""Teams: messages, their links, and calls."""

from __future__ import annotations

from vedette.catalogue.tables.schema import OFFICE, table

MESSAGE_EVENTS = table(
    "MessageEvents",
    "Teams messages",
    product=OFFICE,
    columns="""
        Timestamp             datetime
        LastEditedTime        string    last edit
        TeamsMessageId        string
        SenderEmailAddress    string
        SenderDisplayName     string
        SenderObjectId        string
        SenderType            string    kind of sender
        RecipientDetails      dynamic
        IsOwnedThread         bool      thread owned by the organisation
        MessageId             string    id of the message
        ParentMessageId       string    message replied to
        GroupId               string    id of the group or chat
        GroupName             string    name of the group
        ThreadId              string
        ThreadSubtype         string    kind of thread
        IsExternalThread      bool
        MessageFormatType     string    message format
        MessageFormatSubtype  string    message format subtype
        MessageVersion        string    version of the message
        MessageSubject        string    subject
        ThreatTypes           string
        DetectionMethods      dynamic
        ConfidenceLevel       dynamic
        DeliveryAction        string
        DeliveryLocation      string
        ReportId              string
        SafetyTip             string
    """,
)

MESSAGE_URL_INFO = table(
    "MessageUrlInfo",
    "URLs in Teams messages",
    product=OFFICE,
    columns="""
        Timestamp       datetime
        TeamsMessageId  string
        Url             string
        UrlDomain       string
        ThreatTypes     string
        ReportId        string
    """,
)

MESSAGE_POST_DELIVERY_EVENTS = table(
    "MessagePostDeliveryEvents",
    "actions on Teams messages after delivery",
    product=OFFICE,
    columns="""
        Timestamp               datetime
        TeamsMessageId          string
        Action                  string
        ActionType              string
        ActionTrigger           string
        ActionResult            string
        SenderEmailAddress      string
        RecipientDetails        dynamic
        ThreatTypes             string
        ConfidenceLevel         dynamic
        DetectionMethods        string
        LatestDeliveryLocation  string
        ReportId                string
        IsExternalThread        bool
        SafetyTip               string
    """,
)

CALL_ACTIVITY_EVENTS = table(
    "CallActivityEvents",
    "activities in Teams calls",
    product=OFFICE,
    as_of="2026-08",
    columns="""
        ActivityTimestamp             datetime  when the activity was recorded
        CallId                        string    id of the call
        ActivityId                    string
        ActivityInitiatorId           string    id of the participant who acted
        ActivityType                  string
        ThreadId                      string
        ActivityInitiatorUpn          string    UPN of the participant who acted
        ActivityInitiatorDisplayName  string    display name of the participant who acted
        CallSchedulingType            string    scheduling kind (Adhoc, Scheduled, Recurring)
        CallJoinUrl                   string    join link of the call
        OriginatorUserDisplayName     string    display name of the caller
        OriginatorUpn                 string    UPN of the caller
    """,
)

TABLES = (MESSAGE_EVENTS, MESSAGE_URL_INFO, MESSAGE_POST_DELIVERY_EVENTS, CALL_ACTIVITY_EVENTS)
