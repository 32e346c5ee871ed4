"""Sign-ins to Entra ID and requests to Microsoft Graph."""

from __future__ import annotations

from vedette.catalogue.tables.schema import ENTRA, table

ENTRA_ID_SIGN_IN_EVENTS = table(
    "EntraIdSignInEvents",
    "Entra user sign-ins",
    product=ENTRA,
    columns="""
        Timestamp                        datetime
        Application                      string
        ApplicationId                    string
        LogonType                        string
        ErrorCode                        int
        CorrelationId                    string
        SessionId                        string
        AccountDisplayName               string
        AccountObjectId                  string
        AccountUpn                       string
        IsConfidentialClient             bool      client holds its own credential
        IsExternalUser                   int
        IsGuestUser                      bool
        AlternateSignInName              string
        LastPasswordChangeTimestamp      datetime
        ResourceDisplayName              string
        ResourceId                       string
        ResourceTenantId                 string
        DeviceName                       string
        EntraIdDeviceId                  string
        OSPlatform                       string
        DeviceTrustType                  string
        IsManaged                        int
        IsCompliant                      int
        AuthenticationProcessingDetails  string
        AuthenticationRequirement        string
        TokenIssuerType                  int
        RiskLevelAggregated              int
        RiskDetails                      int
        RiskState                        int
        UserAgent                        string
        ClientAppUsed                    string
        Browser                          string
        ConditionalAccessPolicies        string
        ConditionalAccessStatus          int
        IPAddress                        string
        Country                          string
        State                            string
        City                             string
        Latitude                         string
        Longitude                        string
        NetworkLocationDetails           string
        RequestId                        string
        ReportId                         string
        EndpointCall                     string
    """,
)

ENTRA_ID_SPN_SIGN_IN_EVENTS = table(
    "EntraIdSpnSignInEvents",
    "Entra service principal sign-ins",
    product=ENTRA,
    columns="""
        Timestamp             datetime
        Application           string
        ApplicationId         string
        IsManagedIdentity     bool
        ErrorCode             int
        CorrelationId         string
        ServicePrincipalName  string
        ServicePrincipalId    string
        ResourceDisplayName   string
        ResourceId            string
        ResourceTenantId      string
        IPAddress             string
        Country               string
        State                 string
        City                  string
        Latitude              string
        Longitude             string
        RequestId             string
        ReportId              string
    """,
)

AAD_SIGN_IN_EVENTS_BETA = table(
    "AADSignInEventsBeta",
    "Entra user sign-ins (older name; replaced by EntraIdSignInEvents)",
    product=ENTRA,
    deprecated="replaced by EntraIdSignInEvents",
    as_of="2025-03",
    columns="""
        Timestamp                        datetime
        Application                      string
        ApplicationId                    string
        LogonType                        string
        ErrorCode                        int
        CorrelationId                    string
        SessionId                        string
        AccountDisplayName               string
        AccountObjectId                  string
        AccountUpn                       string
        IsExternalUser                   int
        IsGuestUser                      bool
        AlternateSignInName              string
        LastPasswordChangeTimestamp      datetime
        ResourceDisplayName              string
        ResourceId                       string
        ResourceTenantId                 string
        DeviceName                       string
        AadDeviceId                      string
        EntraIdDeviceId                  string
        OSPlatform                       string
        DeviceTrustType                  string
        IsManaged                        int
        IsCompliant                      int
        AuthenticationProcessingDetails  string
        AuthenticationRequirement        string
        TokenIssuerType                  int
        RiskLevelAggregated              int
        RiskDetails                      int
        RiskState                        int
        UserAgent                        string
        ClientAppUsed                    string
        Browser                          string
        ConditionalAccessPolicies        string
        ConditionalAccessStatus          int
        IPAddress                        string
        Country                          string
        State                            string
        City                             string
        Latitude                         string
        Longitude                        string
        NetworkLocationDetails           string
        RequestId                        string
        ReportId                         string
        EndpointCall                     string
    """,
)

AAD_SPN_SIGN_IN_EVENTS_BETA = table(
    "AADSpnSignInEventsBeta",
    "Entra service principal sign-ins (older name; replaced by EntraIdSpnSignInEvents)",
    product=ENTRA,
    deprecated="replaced by EntraIdSpnSignInEvents",
    as_of="2024-09",
    columns="""
        Timestamp             datetime
        Application           string
        ApplicationId         string
        IsManagedIdentity     bool
        ErrorCode             int
        CorrelationId         string
        ServicePrincipalName  string
        ServicePrincipalId    string
        ResourceDisplayName   string
        ResourceId            string
        ResourceTenantId      string
        IPAddress             string
        Country               string
        State                 string
        City                  string
        Latitude              string
        Longitude             string
        RequestId             string
        ReportId              string
    """,
)

GRAPH_API_AUDIT_EVENTS = table(
    "GraphAPIAuditEvents",
    "Microsoft Graph requests",
    product=ENTRA,
    columns="""
        IdentityProvider       string    identity provider of the request
        ApiVersion             string    API version that was called
        ApplicationId          string
        ClientRequestId        string    request id set by the client
        OperationId            string    id of a batch of requests
        AccountObjectId        string
        Location               string
        RequestDuration        string    duration of the request
        RequestMethod          string    HTTP method
        Timestamp              datetime
        ResponseStatusCode     string    HTTP status
        Scopes                 string    scopes in the token
        EntityType             string
        ReportId               string
        RequestUri             string    request URI
        UniqueTokenIdentifier  string    token id
        RequestId              string
        IpAddress              string
        ServicePrincipalId     string
        TargetWorkload         string    workload called
        ResponseSize           long      response size
        TenantId               string
        Type                   string
        SourceSystem           string
        TimeGenerated          datetime
    """,
)

TABLES = (
    ENTRA_ID_SIGN_IN_EVENTS,
    ENTRA_ID_SPN_SIGN_IN_EVENTS,
    AAD_SIGN_IN_EVENTS_BETA,
    AAD_SPN_SIGN_IN_EVENTS_BETA,
    GRAPH_API_AUDIT_EVENTS,
)
