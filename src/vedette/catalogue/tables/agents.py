"""AI agents that people and products run."""

from __future__ import annotations

from vedette.catalogue.tables.schema import AGENTS, table

AGENTS_INFO = table(
    "AgentsInfo",
    "AI agents and their properties",
    product=AGENTS,
    preview=True,
    columns="""
        Timestamp                datetime
        AgentId                  string
        AgentName                string    display name of the agent
        Platform                 string
        AgentDescription         string
        Version                  string
        SourceAgentId            string
        EntraAgentId             string    enterprise app object id of the agent
        EntraBlueprintId         string
        ToolsAuthenticationType  dynamic   identity and authorisation model of the agent
        Permissions              dynamic
        PublishedStatus          string    Draft or Published
        LifecycleStatus          string    Active, Blocked, Uninstalled or Deleted
        Availability             string    deployment scope of the agent
        CreatedDateTime          datetime
        LastPublishedDateTime    datetime  last publication
        LastUpdatedDateTime      datetime  last change
        Owners                   dynamic   owners
        SharedWith               dynamic   users and groups shared with
        InstanceCount            int       number of instances
        Instructions             string
        Model                    string
        Channels                 dynamic   surfaces where the agent can run
        Capabilities             dynamic   intents, actions and skills of the agent
        DeclaredDataSources      dynamic   data repositories the agent may read
        DeclaredTools            dynamic   tools the agent may call
        McpServers               dynamic   MCP servers of the agent
        Skills                   dynamic   skills of the agent
        ConnectedAgents          dynamic   agents linked for orchestration
        Memory                   dynamic   memory setup of the agent
        Triggers                 dynamic   triggers of the agent
        Guardrails               dynamic   guardrails on the agent
        Endpoints                dynamic   runtime endpoints of the agent
        ObservabilityId          dynamic   id linking to usage data
        RawAgentInfo             dynamic
    """,
)

AI_AGENTS_INFO = table(
    "AIAgentsInfo",
    "AI agents (older table, replaced by AgentsInfo)",
    product=AGENTS,
    preview=True,
    deprecated="documented as available until 2026-07-01; replaced by AgentsInfo",
    columns="""
        Timestamp                         datetime
        RegistrySource                    string    source of the agent record
        AIAgentId                         guid      id of the AI agent
        AIAgentName                       string    display name of the AI agent
        AgentCreationTime                 datetime  creation time of the agent
        CreatorAccountUpn                 string    UPN of the creator
        OwnerAccountUpns                  string    UPNs of the owners
        LastModifiedByUpn                 string    UPN of the last editor
        LastModifiedTime                  datetime
        LastPublishedTime                 datetime  last publication
        LastPublishedByUpn                string    UPN of the publisher
        AgentDescription                  string
        AgentStatus                       string    publication state of the agent
        UserAuthenticationType            string    how users sign in to the agent
        AgentUsers                        string    users or groups allowed to use the agent
        KnowledgeDetails                  string    knowledge sources of the agent
        AgentActionTriggers               string    events that start the agent
        RawAgentInfo                      string
        AuthenticationTrigger             string    when the agent asks users to sign in
        AccessControlPolicy               string    who may use the agent
        AuthorizedSecurityGroupIds        dynamic   groups allowed to use the agent
        AgentTopicsDetails                dynamic   topics configured for the agent
        AgentToolsDetails                 dynamic   tools given to the agent
        EnvironmentId                     string    environment of the agent
        Platform                          string
        IsGenerativeOrchestrationEnabled  bool      generative orchestration on
        AgentAppId                        string    application id of the agent
        ConnectedAgentsSchemaNames        dynamic   schema names of linked agents
        ChildAgentsSchemaNames            dynamic   schema names of child agents
        Version                           string
        IsBlocked                         bool      agent is blocked
        Instructions                      string
        EntraObjectId                     string    Entra object id
        EntraBlueprintId                  string
        AIModel                           string    model the agent runs on
        AccessCapabilities                dynamic   resources the agent may reach
        ElementTypes                      dynamic   elements the agent contains
        SourceAgentId                     string
    """,
)

TABLES = (AGENTS_INFO, AI_AGENTS_INFO)
