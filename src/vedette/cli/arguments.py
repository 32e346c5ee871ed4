"""Kinds of values on the command line: times, choices, filters; and the options that several commands share."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vedette.cli.settings import UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])

_AGO = re.compile(r"(\d+)\s*(s|m|min|h|d|w)", re.IGNORECASE)
_UNIT_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Moment(click.ParamType[datetime]):
    """A time: `7d` (ago), `today`, `now`, or ISO 8601; without a zone it is UTC, as everything here is."""

    name = "time"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """`TIME`, as options name it."""
        return "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Any: whatever click passes."""
        if isinstance(value, datetime):
            return value
        try:
            return moment(str(value), datetime.now(UTC))
        except ValueError:
            self.fail(f"{value!r} is no time; write 7d, 24h, 2026-11-22 or 2026-11-22T14:03:09Z", param, ctx)


def moment(text: str, now: datetime) -> datetime:
    """The aware UTC time that a text means. Raises: ValueError."""
    given = text.strip().lower()
    if given == "now":
        return now
    if given == "today":
        return now.replace(hour=0, minute=0, second=0, microsecond=0)
    ago = _AGO.fullmatch(given.removesuffix(" ago").strip())
    if ago is not None:
        return now - timedelta(seconds=int(ago[1]) * _UNIT_S[ago[2]])
    # fromisoformat reads at most microseconds; the service writes ticks of 100 ns.
    parsed = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()))
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


class JsonValue(click.ParamType[Any]):
    """A value with parts, as JSON in the service's names; `@FILE` reads it from a file."""

    name = "json"

    def __init__(self, shape: Any) -> None:  # Any: a type expression
        self.shape = shape

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """`JSON`, as options name it."""
        return "JSON"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Any: whatever click passes, and the shape that the operation declares."""
        import msgspec

        if not isinstance(value, str):
            return value
        try:
            text = Path(value[1:]).read_text("utf-8") if value.startswith("@") else value
            return msgspec.json.decode(text, type=self.shape)
        except OSError as error:
            self.fail(f"{value[1:]}: {(error.strerror or 'cannot be read').lower()}", param, ctx)
        except msgspec.DecodeError as error:
            self.fail(f"this is not the JSON that is wanted: {error}", param, ctx)


def whole_number(least: int | None, most: int | None) -> click.ParamType[int]:
    """A whole number within its bounds."""
    return click.INT if least is None and most is None else click.IntRange(least, most)


MOMENT = Moment()
FOLDER = click.Path(file_okay=False, resolve_path=True, path_type=Path)
FILE = click.Path(dir_okay=False, resolve_path=True, path_type=Path)


class _Choice(click.Choice[str]):
    """A closed set as the service spells it; long ones are spelled out by `choices_help` instead of the metavar."""

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        spelled = "|".join(self.choices)
        return f"[{spelled}]" if len(spelled) <= _SHORT else "NAME"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The members as the service spells them."""
        from click.shell_completion import CompletionItem

        begun = incomplete.casefold()
        return [CompletionItem(member) for member in self.choices if member.casefold().startswith(begun)]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Any: whatever click passes."""
        found = next((member for member in self.choices if member.casefold() == str(value).casefold()), None)
        if found is None:
            self.fail(f"{value!r} is none of {', '.join(self.choices)}", param, ctx)
        return found


_SHORT = 60


def choice(members: Iterable[str]) -> click.Choice[str]:
    """A closed set, in any letter case."""
    return _Choice(list(members), case_sensitive=False)


def choices_help(members: Sequence[str]) -> str:
    """The members of a set that is too long for the option's own line."""
    return "" if len("|".join(members)) <= _SHORT else f"One of {', '.join(members)}."


# -- filters -----------------------------------------------------------------------------------------------------------


def literal(value: str | datetime) -> str:
    """A value inside `$filter`."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return "'" + value.replace("'", "''") + "'"


def one_of(name: str, values: Sequence[str]) -> str:
    """`severity eq 'High'`, or `severity in ('High','Low')`. Empty for no values."""
    if len(values) > 1:
        return f"{name} in ({','.join(map(literal, values))})"
    return f"{name} eq {literal(values[0])}" if values else ""


def all_of(*parts: str | None) -> str | None:
    """The conditions joined by `and`; None where there is none."""
    given = [part for part in parts if part]
    return " and ".join(f"({part})" if " or " in part and len(given) > 1 else part for part in given) or None


# -- options -----------------------------------------------------------------------------------------------------------


def listing_options(function: F) -> F:
    """`--limit` and `--all` of a listing."""
    function = click.option("--all", "everything", is_flag=True, help="Every row, also in a table.")(function)
    return click.option(
        "-n",
        "--limit",
        "--top",
        "limit",
        type=click.IntRange(min=1),
        metavar="N",
        help="At most N rows. A table shows 100, the other forms all.",
    )(function)


def asking_options(function: F) -> F:
    """`--yes` and `--dry-run` of a command that changes something a person will notice."""
    function = click.option("--dry-run", is_flag=True, help="Show the request and send nothing.")(function)
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)


def confirm(question: str, *, yes: bool) -> None:
    """Go on only if the person agrees. Raises: UsageError where there is nobody to ask, click.Abort on a no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"this needs a yes, and nobody is here to say it: {question}", hint="add --yes")
    click.confirm(question, abort=True, err=True)
