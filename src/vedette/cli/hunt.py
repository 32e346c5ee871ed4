"""`vedette hunt`: run KQL on the service, in a local tenant, or here over files.

The command is its own default: `vedette hunt 'DeviceInfo | take 5'` runs a query, `vedette hunt check rules/` is a
command of its own. What runs queries is in `hunt_places`, what shows results in `hunt_results`, the shell in
`hunt_shell`.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import click

from vedette.cli import connection
from vedette.cli.arguments import FOLDER, MOMENT, listing_options
from vedette.cli.output import Output
from vedette.cli.settings import FORMS, Command, Settings, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from vedette.catalogue.advanced_hunting import HuntingWay
    from vedette.cli.hunt_places import Place

QUERY_ENDINGS = (".kql", ".csl", ".kusto")
WAYS: tuple[HuntingWay, ...] = ("endpoint", "xdr", "graph")
_PATH = click.Path(exists=True, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


class Hunt(Command):
    """A command whose first word may name another one; any other word is a query."""

    members: ClassVar = {
        "check": ("vedette.cli.hunt_check:check_command", "Find mistakes and slow habits in query files.")
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: whatever click takes
        super().__init__(*args, **kwargs)
        for option in self.params:  # Parquet is a form here too
            if isinstance(option, click.Option) and option.name == "output":
                option.type = click.Choice((*FORMS, "parquet"))
                option.help = "Data as table, json, jsonl, csv or (--to FILE) parquet."

    def list_commands(self, context: click.Context) -> list[str]:
        """The words that are no query."""
        return list(self.members)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of this name, imported now."""
        import importlib

        if name not in self.members:
            return None
        module, _, attribute = self.members[name][0].partition(":")
        return cast("click.Command", getattr(importlib.import_module(module), attribute))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:  # Any: whatever click takes
        """The context of the command that the first word names, or of this one."""
        if args and args[0] in self.members:
            outer = click.Context(self, info_name=info_name, parent=parent)
            member = self.get_command(outer, args[0])
            assert member is not None
            return member.make_context(args[0], args[1:], parent=outer, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The further commands, then the options."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.members.items()], col_max=22)
        super().format_options(ctx, formatter)


class _Query(click.ParamType[str]):
    """The query, or a file of it."""

    name = "query"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The further commands, and files."""
        from click.shell_completion import CompletionItem

        words = [name for name in Hunt.members if name.startswith(incomplete)]
        return [*map(CompletionItem, words), CompletionItem(incomplete, type="file")]


@click.command(
    "hunt",
    cls=Hunt,
    examples=(
        "vedette hunt 'DeviceProcessEvents | where FileName =~ \"mshta.exe\" | summarize count() by DeviceName'",
        "vedette hunt rule.kql --param since=7d --param device=ws-01 -o csv",
        "vedette hunt --local exports/ --local watchlist.csv 'DeviceLogonEvents | lookup watchlist on AccountName'",
        "vedette hunt --through graph --timespan P7D 'AlertInfo | summarize count() by Severity'",
        "vedette hunt -i --tenant",
    ),
)
@click.argument("query", metavar="[QUERY|FILE.kql|-]", required=False, type=_Query())
@click.option("-i", "--interactive", is_flag=True, help="Open a shell: completion, history, one query after another.")
@click.option("--tenant", is_flag=True, help="Ask the local tenant that runs on this machine.")
@click.option("--state", type=FOLDER, metavar="DIR", help="With --tenant: the folder it runs on. Otherwise yours.")
@click.option("--through", type=click.Choice(WAYS), default=WAYS[0], show_default=True,
              help="The API that takes the query: Endpoint's, Defender XDR's or Graph's.")  # fmt: skip
@click.option("--timespan", metavar="SPAN",
              help="With --through graph: look at this time only, such as P7D or START/END (ISO 8601).")  # fmt: skip
@click.option("--local", "paths", multiple=True, type=_PATH, metavar="PATH",
              help="Run here, over these files or folders of tables. Repeatable.")  # fmt: skip
@click.option("--param", "given", multiple=True, metavar="NAME=VALUE",
              help="A value for a name in the query; NAME:TYPE=VALUE says its type. Repeatable.")  # fmt: skip
@click.option("--now", type=MOMENT, metavar="TIME", help="With --local: what now() is.")
@click.option("--max-rows", type=click.IntRange(min=1), metavar="N", help="With --local: fail when there are more.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="With --local: stop a query after that long.")  # fmt: skip
@click.option("--allow-folder", "folders", multiple=True, type=FOLDER, metavar="DIR",
              help="With --local: externaldata may read files below it. Repeatable.")  # fmt: skip
@click.option("--allow-host", "hosts", multiple=True, metavar="HOST",
              help="With --local: externaldata may fetch from it. Repeatable.")  # fmt: skip
@click.option("--to", type=_NEW_FILE, metavar="FILE", help="Write the data to a file: .parquet, .csv, .json, .jsonl.")
@listing_options
@click.option("--chart/--no-chart", "draws", default=None,
              help="Draw what the query renders, or do not.  [default: on a terminal]")  # fmt: skip
@click.option("--plot", type=_NEW_FILE, metavar="FILE", help="Write what the query renders as an image, .png or .svg.")
@click.option("--explain", is_flag=True, help="Show the plan and the SQL, and run nothing.")
@click.pass_context
def hunt(
    context: click.Context,
    /,
    *,
    query: str | None,
    interactive: bool,
    given: tuple[str, ...],
    to: Path | None,
    limit: int | None,
    everything: bool,
    draws: bool | None,
    plot: Path | None,
    explain: bool,
    **where: Any,  # Any: what `_place` takes
) -> int:
    """Run an advanced hunting query.

    QUERY is KQL, or the name of a file that ends in .kql, or `-` for stdin. The service looks back 30 days and gives at
    most 100,000 rows; over files of your own (--local) it is up to you. Three APIs of the service take queries
    (--through), each with a permission of its own: AdvancedQuery.Read, AdvancedHunting.Read of Microsoft Threat
    Protection, ThreatHunting.Read.All of Microsoft Graph. Only documented tables, and those at the paths,
    can be read.
    """
    from vedette.cli.hunt_parameters import parameters
    from vedette.cli.hunt_results import View, form_for, show

    output = Output.of(context)
    view = View(limit, everything, to, sys.stdout.isatty() if draws is None else draws, plot)
    form_for(output.form, to)
    if plot is not None:
        from vedette.cli.hunt_plot import check_image

        check_image(plot)
    values = parameters(given)
    text = None if interactive and query is None else query_text(query or "-")
    if explain and not where["paths"]:
        from vedette.cli.hunt_explain import explained
        from vedette.cli.hunt_places import compiled

        explained(output, compiled(text or "", values))
        return 0
    with _place(context, **where) as place:
        if explain:
            from vedette.cli.hunt_explain import explained

            explained(output, place.compile(text or "", values))
            return 0
        if text is not None:
            with output.progress("Hunting"):
                answer = place.run(text, values)
            show(output, answer, view)
        if interactive:
            from vedette.cli.hunt_shell import Shell

            return Shell(place, output, view, values).run()
    return 0


@contextlib.contextmanager
def _place(
    context: click.Context,
    *,
    tenant: bool,
    state: Path | None,
    through: HuntingWay,
    timespan: str | None,
    paths: tuple[Path, ...],
    now: datetime | None,
    max_rows: int | None,
    timeout: float | None,
    folders: tuple[Path, ...],
    hosts: tuple[str, ...],
) -> Iterator[Place]:
    """Where the query runs. Raises: UsageError for options that contradict each other."""
    if paths:
        if tenant or state:
            raise UsageError("--local runs the query here and --tenant elsewhere", hint="leave one of them out")
        if through != WAYS[0] or timespan:
            option = "--timespan" if timespan else "--through"
            raise UsageError(f"--local runs the query here, {option} is for the service", hint="leave one of them out")
        from vedette.cli.hunt_places import local
        from vedette.hunting import Limits

        usual = Limits()
        limits = Limits(rows=max_rows or usual.rows, seconds=timeout or usual.seconds)
        with local(paths, now=now, limits=limits, folders=folders, hosts=hosts) as place:
            yield place
        return
    only_local = {"--now": now, "--max-rows": max_rows, "--timeout": timeout, "--allow-folder": folders,
                  "--allow-host": hosts}  # fmt: skip
    for option, value in only_local.items():
        if value:
            raise UsageError(f"{option} goes with --local", hint="the service has its own clock and limits")
    if state and not tenant:
        raise UsageError("--state goes with --tenant", hint="add --tenant")
    if timespan and through != "graph":
        raise UsageError("--timespan goes with --through graph", hint="or say it in the query: Timestamp > ago(7d)")
    from vedette.cli.hunt_places import Service

    with _service(context, state) if tenant else connection.connected(context) as defender:
        yield Service(defender, through, timespan)


@contextlib.contextmanager
def _service(context: click.Context, state: Path | None) -> Iterator[Any]:  # Any: Defender, loaded late
    """The client of the tenant that runs on a state folder."""
    import os

    from vedette import Profile
    from vedette.cli.tenant_state import running

    environment = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")}
    profile = Profile.load(
        "default", path=os.devnull, environment={**environment, "VEDETTE_TENANT": str(running(state))}
    )
    with connection.open_defender(profile, quiet=Settings.of(context).quiet) as defender:
        yield defender


def query_text(query: str) -> str:
    """The KQL that is meant: typed, in a file, or piped. Raises: UsageError for none."""
    if query == "-":
        if sys.stdin.isatty():
            raise UsageError("no query was given", hint="vedette hunt 'DeviceInfo | take 5', or vedette hunt -i")
        text = sys.stdin.read()
    elif query.endswith(QUERY_ENDINGS) and "\n" not in query and "|" not in query:
        text = Path(query).read_text(encoding="utf-8-sig")
    else:
        text = query
    if not text.strip():
        raise UsageError("the query is empty", hint="vedette hunt 'DeviceInfo | take 5'")
    return text
