"""The groups of resource commands: which are written by hand, which are derived from the catalogue.

Listing commands for help needs no catalogue: summaries come from `_index`, which is generated from it. A resource that
is not named here has derived commands alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import click

from vedette.cli._index import DERIVED, SUMMARIES
from vedette.cli.settings import Group

_ALERTS = "vedette.cli.alerts"
_MACHINES = "vedette.cli.machines"
_ACTIONS = "vedette.cli.machine_actions"


class ResourceGroup(Group):
    """The commands of one resource. Derived ones are made when they are asked for."""

    def __init__(
        self,
        name: str,
        *,
        resource: str,
        polished: Mapping[str, tuple[str, str]],
        replaces: Collection[str],
        help: str,
    ) -> None:
        self.resource = resource
        self.derived = {each: text for each, text in DERIVED[resource].items() if each not in replaces}
        clash = self.derived.keys() & polished.keys()
        if clash:
            raise ValueError(f"{name}: {', '.join(clash)} is both derived and written by hand")
        more = {each: (f"vedette.cli.resources:{each}", text) for each, text in self.derived.items()}
        sections = {"Commands": polished, "One for each further operation": more} if polished else {"Commands": more}
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
        "update": (f"{_ALERTS}:update", "Judge alerts: status, owner, verdict, comment."),
    },
    replaces=("list", "get", "update", "batch-update"),
    help="Read, judge and raise alerts.",
)
machines = ResourceGroup(
    "machines",
    resource="machines",
    polished={
        "list": (f"{_MACHINES}:list_machines", "List machines, last seen first."),
        "show": (f"{_MACHINES}:show", "Show one machine."),
        "tag": (f"{_MACHINES}:tag", "Add a tag to machines."),
        "untag": (f"{_MACHINES}:untag", "Take a tag from machines."),
        "isolate": (f"{_MACHINES}:isolate", "Cut a machine off the network."),
        "unisolate": (f"{_MACHINES}:unisolate", "Let an isolated machine back on the network."),
    },
    replaces=("list", "get", "tag", "tag-many", "isolate", "unisolate"),
    help="Find machines, tag them, respond on them. MACHINE is an id, a DNS name, or a short name.",
)
machine_actions = ResourceGroup(
    "machine-actions",
    resource="machine_actions",
    polished={
        "list": (f"{_ACTIONS}:list_actions", "List response actions, newest first."),
        "show": (f"{_ACTIONS}:show", "Show one response action."),
        "wait": (f"{_ACTIONS}:wait", "Wait until a response action has ended."),
    },
    replaces=("list", "get"),
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


def __getattr__(name: str) -> ResourceGroup:
    """The group of a resource whose commands are all derived: `groups.vulnerabilities`."""
    if name not in SUMMARIES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return ResourceGroup(name.replace("_", "-"), resource=name, polished={}, replaces=(), help=SUMMARIES[name])
