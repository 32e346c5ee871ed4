"""The options that every command understands, and the two kinds of click objects that carry them.

`vedette -o json alerts list` and `vedette alerts list -o json` mean the same: the root and every command accept the
common options, and the last one given wins. Help is laid out here too. Only click may be imported at the top.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast, get_args

import click

Form = Literal["table", "json", "jsonl", "csv", "parquet"]
FORMS: tuple[str, ...] = tuple(form for form in get_args(Form) if form != "parquet")
"""What every command can write. Parquet is for those that write files."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Settings:
    """What the common options say."""

    profile: str | None = None
    form: Form = "table"
    color: bool = True
    quiet: bool = False

    @staticmethod
    def of(context: click.Context) -> Settings:
        """The settings of this command line, made on first use."""
        settings = context.ensure_object(Settings)
        if os.environ.get("NO_COLOR"):
            settings.color = False
        return settings


def _remember(attribute: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def callback(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        if value is not None:
            setattr(Settings.of(context), attribute, value)
        return value

    return callback


def common_options() -> list[click.Parameter]:
    """Fresh copies of the common options."""
    return [
        click.Option(
            ["--profile"],
            metavar="NAME",
            envvar="VEDETTE_PROFILE",
            expose_value=False,
            callback=_remember("profile"),
            help="Sign-in profile to use.",
        ),
        click.Option(
            ["-o", "--output"],
            type=click.Choice(FORMS),
            metavar="FORM",
            expose_value=False,
            callback=_remember("form"),
            help="Data as table, json, jsonl or csv.",
        ),
        click.Option(
            ["--no-color"],
            is_flag=True,
            flag_value=False,
            default=None,
            expose_value=False,
            callback=_remember("color"),
            help="No colour, as with NO_COLOR=1.",
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            flag_value=True,
            default=None,
            expose_value=False,
            callback=_remember("quiet"),
            help="No hints and no progress on stderr.",
        ),
    ]


_COMMON = frozenset({"profile", "output", "no_color", "quiet", "help"})
_WIDTH = {"max_content_width": 100, "help_option_names": ["-h", "--help"]}


class Command(click.Command):
    """A command that also takes the common options, listed apart in its help."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: whatever click takes
        self.examples: Sequence[str] = kwargs.pop("examples", ())
        kwargs.setdefault("context_settings", dict(_WIDTH))
        super().__init__(*args, **kwargs)
        self.params.extend(common_options())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The command's own options first."""
        _format_options(self, ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Group(click.Group):
    """A group whose members are written out in code and imported when one is asked for.

    `members` maps a section title to `name → ("module:attribute", summary)`; help needs no import.
    """

    command_class = Command

    def __init__(
        self, *args: Any, members: Mapping[str, Mapping[str, tuple[str, str]]] | None = None, **kwargs: Any
    ) -> None:  # Any: whatever click takes
        kwargs.setdefault("context_settings", dict(_WIDTH))
        super().__init__(*args, **kwargs)
        self.sections = members or {}
        self._members = {name: entry for section in self.sections.values() for name, entry in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the help page."""
        return [*self._members, *(name for name in super().list_commands(ctx) if name not in self._members)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        entry = self._members.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = entry[0].partition(":")
        return cast("click.Command", getattr(importlib.import_module(module), attribute))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown name is answered with the nearest known one."""
        name = args[0]
        if not ctx.resilient_parsing and not name.startswith("-") and self.get_command(ctx, name) is None:
            raise unknown_command(ctx, name, self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Commands by section, options after them."""
        for title, section in self.sections.items():
            if not section:
                continue
            with formatter.section(title or "Commands"):
                formatter.write_dl([(name, summary) for name, (_, summary) in section.items()], col_max=22)
        if not self.sections:
            self.format_commands(ctx, formatter)
        _format_options(self, ctx, formatter)


def unknown_command(ctx: click.Context, name: str, known: Iterable[str]) -> click.UsageError:
    """The error for a mistyped command, with the nearest one as hint."""
    from difflib import get_close_matches

    nearest = get_close_matches(name, list(known), n=1, cutoff=0.5)
    error = UsageError(f"{ctx.command_path} has no command '{name}'", ctx=ctx)
    error.hint = f"{ctx.command_path} {nearest[0]}" if nearest else f"{ctx.command_path} --help lists the commands"
    return error


class UsageError(click.UsageError):
    """A wrong command line, with what to do about it."""

    hint: str = ""

    def __init__(self, message: str, ctx: click.Context | None = None, *, hint: str = "") -> None:
        super().__init__(message, ctx)
        self.hint = hint


def _format_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    own: list[tuple[str, str]] = []
    common: list[tuple[str, str]] = []
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None and (record[1] or isinstance(parameter, click.Option)):
            (common if parameter.name in _COMMON and isinstance(parameter, click.Option) else own).append(record)
    for title, records in (("Options", own), ("Common options", common)):
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def command(name: str, *, examples: Sequence[str] = (), **kwargs: Any) -> Callable[[Callable[..., Any]], Command]:
    """`click.command` with the common options and examples. Any: whatever click takes."""
    return cast(
        "Callable[[Callable[..., Any]], Command]", click.command(name, cls=Command, examples=tuple(examples), **kwargs)
    )
