"""The groups of resource commands: which are written by hand, which are derived from the catalogue.

Listing commands for help needs no catalogue: summaries come from `_index`, which is generated from it. A resource that
is not named here has derived commands alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

import click

from vedette.cli._index import DERIVED, SUMMARIES
from vedette.cli.settings import Group

_FURTHER = "One for each further operation"
_ALERTS = "vedette.cli.alerts"
_MACHINES = "vedette.cli.machines"
_ACTIONS = "vedette.cli.machine_actions"
_ALERT_JOBS = "vedette.cli.alert_jobs"
_INDICATORS = "vedette.cli.indicators"
_IN_FLIGHT = "vedette.cli.in_flight"
_UPKEEP = "vedette.cli.upkeep"
_POSTURE = "vedette.cli.posture"
_CONTAIN = "vedette.cli.contain"
_RESPONSES = "vedette.cli.responses"
_LIVE = "vedette.cli.live_response"
_RESPONSE_SUMMARIES = {
    "isolate": "Cut machines off the network.",
    "unisolate": "Let isolated machines back on the network.",
    "restrict-code-execution": "Let only programs signed by Microsoft run on machines.",
    "unrestrict-code-execution": "Let all programs run on machines again.",
    "run-antivirus-scan": "Scan machines with their antivirus.",
    "collect-investigation-package": "Collect a package of evidence from machines.",
    "stop-and-quarantine-file": "Stop a file that runs on machines and put it into quarantine.",
    "start-investigation": "Start an automated investigation of machines.",
    "offboard": "Take machines out of Defender for Endpoint.",
}


class ResourceGroup(Group):
    """The commands of one resource. Derived ones are made when they are asked for."""

    def __init__(
        self,
        name: str,
        *,
        resource: str,
        polished: Mapping[str, tuple[str, str]],
        more_sections: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType({}),
        replaces: Collection[str],
        help: str,
    ) -> None:
        self.resource = resource
        self.derived = {each: text for each, text in DERIVED[resource].items() if each not in replaces}
        by_hand = {each for section in (polished, *more_sections.values()) for each in section}
        clash = self.derived.keys() & by_hand
        if clash:
            raise ValueError(f"{name}: {', '.join(clash)} is both derived and written by hand")
        more = {each: (f"vedette.cli.resources:{each}", text) for each, text in self.derived.items()}
        sections = {"Commands": polished, **more_sections, _FURTHER: more} if polished else {"Commands": more}
        super().__init__(name, members=sections, help=help)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, derived now where it is derived."""
        if cmd_name in self.derived:
            from vedette.cli.resources import find

            return find(self.resource, cmd_name)
        return super().get_command(ctx, cmd_name)


alerts = ResourceGroup(
    "alerts",
    resource="alerts",
    polished={
        "list": (f"{_ALERTS}:list_alerts", "List alerts, newest first."),
        "show": (f"{_ALERTS}:show", "Show one alert with its evidence."),
        "triage": (f"{_ALERT_JOBS}:triage", "List open alerts, worst first."),
        "related": (f"{_ALERT_JOBS}:related", "Show everything about an alert."),
        "update": (f"{_ALERTS}:update", "Judge alerts: status, owner, verdict, comment."),
        "pull": (f"{_ALERT_JOBS}:pull", "Give what came or changed since the last pull, as JSON lines."),
        "raise": (f"{_ALERT_JOBS}:raise_alerts", "Raise alerts from the events that a hunting query finds."),
    },
    replaces=("list", "get", "update", "batch-update"),
    help="Read, judge and raise alerts.",
)
machines = ResourceGroup(
    "machines",
    resource="machines",
    polished={
        "list": (f"{_MACHINES}:list_machines", "List machines, last seen first."),
        "find": (f"{_MACHINES}:find", "Find machines by any part of what they are called."),
        "show": (f"{_MACHINES}:show", "Show one machine."),
        "unhealthy": (f"{_UPKEEP}:unhealthy", "List machines that are silent, unhealthy or not onboarded."),
        "users": (f"{_UPKEEP}:users", "Show who logged on to machines."),
        "posture": (f"{_POSTURE}:machine_posture", "Show what is wrong with a machine."),
        "tag": (f"{_MACHINES}:tag", "Add a tag to machines."),
        "untag": (f"{_MACHINES}:untag", "Take a tag from machines."),
    },
    more_sections={
        "Respond": {
            "contain": (f"{_CONTAIN}:contain", "Isolate, collect evidence, tag and note the alerts, in one go."),
            "release": (f"{_CONTAIN}:release", "Undo what contain did, where it is still in force."),
            **{
                name: (f"{_RESPONSES}:{name.replace('-', '_')}", summary)
                for name, summary in _RESPONSE_SUMMARIES.items()
            },
            "run-script": (f"{_LIVE}:run_script", "Run a script of the library on a machine and show what it wrote."),
            "get-file": (f"{_LIVE}:get_file", "Fetch a file from a machine."),
        },
    },
    replaces=("list", "get", "tag", "tag-many", *_RESPONSE_SUMMARIES),
    help="Find machines, tag them, respond on them. MACHINE is an id, DNS name, short name or IP address.",
)
machine_actions = ResourceGroup(
    "machine-actions",
    resource="machine_actions",
    polished={
        "list": (f"{_ACTIONS}:list_actions", "List response actions, newest first."),
        "show": (f"{_ACTIONS}:show", "Show one response action."),
        "pending": (f"{_IN_FLIGHT}:pending", "List response actions that have not ended."),
        "wait": (f"{_ACTIONS}:wait", "Wait until a response action has ended."),
        "cancel": (f"{_IN_FLIGHT}:cancel", "Cancel response actions that have not ended."),
        "package": ("vedette.cli.collected:package", "Save a collected investigation package."),
        "result": ("vedette.cli.collected:result", "Save what one live response command gave."),
    },
    replaces=("list", "get", "cancel"),
    help="Follow response actions.",
)
exports = ResourceGroup(
    "exports",
    resource="exports",
    polished={
        "list": ("vedette.cli.exports:list_exports", "List the exports, and the permission that each needs."),
        "get": ("vedette.cli.exports:get", "Download an export and write it as files."),
    },
    replaces=(),
    help="All that was found on machines: whole exports as files, and the operations behind them.",
)


indicators = ResourceGroup(
    "indicators",
    resource="indicators",
    polished={
        "block": (f"{_INDICATORS}:block", "Block hashes, addresses, domains and URLs."),
        "allow": (f"{_INDICATORS}:allow", "Allow values that would be blocked or detected otherwise."),
        "unblock": (f"{_INDICATORS}:unblock", "Take indicators back, by value."),
        "sync": (f"{_INDICATORS}:sync", "Make the indicators of a feed what a CSV file says."),
    },
    replaces=(),
    help="Keep the list of what to look out for.",
)
investigations = ResourceGroup(
    "investigations",
    resource="investigations",
    polished={"wait": (f"{_IN_FLIGHT}:wait_for_investigation", "Wait until an investigation has ended.")},
    replaces=(),
    help="Automated investigations and how they ended.",
)
vulnerabilities = ResourceGroup(
    "vulnerabilities",
    resource="vulnerabilities",
    polished={"where": (f"{_POSTURE}:where", "Show which machines have a vulnerability, and what fixes it.")},
    replaces=(),
    help="Known weaknesses, and which machines have them.",
)
software = ResourceGroup(
    "software",
    resource="software",
    polished={"who": (f"{_POSTURE}:who", "Show which machines have a product, in which versions.")},
    replaces=(),
    help="Installed products, versions and missing updates.",
)


def __getattr__(name: str) -> ResourceGroup:
    """The group of a resource whose commands are all derived: `groups.vulnerabilities`."""
    if name not in SUMMARIES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return ResourceGroup(name.replace("_", "-"), resource=name, polished={}, replaces=(), help=SUMMARIES[name])
