"""Commands derived from the catalogue: one for each declared operation, with options from its signature.

`alerts.list_domains` becomes `vedette alerts list-domains ALERT_ID`: positional parameters are arguments, keyword-only
ones options, closed sets choices, sequences repeatable options. Hand-polished commands stand in for some operations;
`groups` says which. Help texts end with what the catalogue knows: permissions, role, limits.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click

from vedette.catalogue.entity import Complex
from vedette.catalogue.machine_actions import MachineAction
from vedette.catalogue.operation import Arguments, Filter, Operation, Parameter, Upload
from vedette.catalogue.resources import RESOURCES
from vedette.cli.arguments import (
    FILE,
    MOMENT,
    JsonValue,
    asking_options,
    choice,
    choices_help,
    confirm,
    listing_options,
    whole_number,
)
from vedette.cli.connection import connected, machine_id
from vedette.cli.output import Output, write
from vedette.cli.settings import Command

RESPONSE_ROLE = "Active remediation actions"
"""Operations that need this role do something to a machine, and are confirmed first."""

OPTION_HELP: Mapping[str, str] = {
    "filter": "OData condition, such as \"severity eq 'High'\".",
    "skip": "Leave out the first N rows.",
    "expand": "Fetch this too, such as evidence. Repeatable.",
    "orderby": 'Property to sort by, such as "lastSeen desc".',
    "select": "Only this property. Repeatable.",
    "count": "Ask for the number of all rows.",
    "comment": "Why, for whoever reads the log.",
}


def command_name(operation: Operation[Any, Any]) -> str:
    """`list_domains` → `list-domains`."""
    return operation.name.replace("_", "-")


def find(resource: str, name: str) -> Command:
    """The derived command of this name. Raises: KeyError."""
    for operation in RESOURCES[resource].operations():
        if command_name(operation) == name:
            return derive(operation)
    raise KeyError(name)


def derive(operation: Operation[Any, Any]) -> Command:
    """The command for an operation."""
    takes_machine = operation.resource == "machines" and "{id}" in operation.template

    def callback(**values: Any) -> None:  # Any: whatever click parsed
        context = click.get_current_context()
        limit, everything = values.pop("limit", None), values.pop("everything", False)
        yes, dry_run = values.pop("yes", True), values.pop("dry_run", False)
        given: dict[str, Any] = {  # Any: as above
            parameter.name: _given(parameter, value)
            for parameter in operation.parameters
            if (value := values.get(parameter.name)) not in (None, ())
        }
        output = Output.of(context)
        with connected(context) as defender:
            if takes_machine:
                given["id"] = machine_id(defender, str(given["id"]))
            if dry_run:
                show_request(output, operation, given)
                return
            if _is_response(operation):
                confirm(f"{operation.summary} ({operation.id} {_named(given)})", yes=yes)
            if limit is not None and "top" in operation.signature.parameters:
                given["top"] = min(limit, operation.odata.top or limit)
            call = getattr(getattr(defender, operation.resource), operation.name)
            if operation.is_listing:
                output.entities(
                    call(**given), operation.returns, limit=limit, everything=everything, only=given.get("select", ())
                )
            else:
                with output.progress("Asking"):
                    answer = call(**given)
                show_answer(output, operation, answer)

    callback.__doc__ = help_text(operation)
    command = Command(
        command_name(operation), callback=callback, help=help_text(operation), short_help=operation.summary
    )
    own = [_parameter(p, operation, takes_machine) for p in operation.parameters if p.name != "top"]
    if operation.is_listing:
        own += _options(listing_options)
    elif operation.method != "GET":
        own += [o for o in _options(asking_options) if o.name == "dry_run" or _is_response(operation)]
    command.params[:0] = own
    return command


def _given(parameter: Parameter, value: Any) -> Any:  # Any: what click parsed, what the operation takes
    if parameter.annotation is Upload:
        return Upload.of(value)
    return list(value) if isinstance(value, tuple) else value


def show_answer(output: Output, operation: Operation[Any, Any], answer: object) -> None:
    """What an operation that is no listing answered."""
    import msgspec

    if isinstance(answer, msgspec.Struct):
        output.entity(answer)  # type: ignore[arg-type]  # every struct that an operation answers is one of ours
    elif answer is None:
        output.note(f"{operation.id}: done.")
    else:
        write(f"{answer}\n")


def show_request(output: Output, operation: Operation[Any, Any], given: Mapping[str, object]) -> None:
    """Show the request that a call would send."""
    output.record(request_of(operation, given))
    output.note("Nothing was sent.")


def request_of(operation: Operation[Any, Any], given: Mapping[str, object]) -> dict[str, object]:
    """The request that a call would send: `method`, `path` and, where there is one, `body`."""
    bound = Arguments.of(operation, operation.signature.bind(**given).arguments)
    query = "&".join(f"{name}={value}" for name, value in bound.query)
    record: dict[str, object] = {"method": operation.method, "path": bound.path + (f"?{query}" if query else "")}
    if bound.body is not None:
        record["body"] = {name: _shown(value) for name, value in bound.body.items()}
    return record


def call_of(request: Mapping[str, object]) -> str:
    """A request in one line: method and path."""
    return f"{request['method']} {request['path']}"


def _shown(value: object) -> object:
    """A member of a body as a reader wants it: what is in it as JSON, and of a file its name and size."""
    import msgspec

    if isinstance(value, Upload):
        return {"file": value.name, "bytes": len(value.content)}
    from vedette.client.exchange import encode_body

    return msgspec.json.decode(encode_body(value))


def help_text(operation: Operation[Any, Any], about: str = "") -> str:
    """The docstring, then what the catalogue knows about the call."""
    lines = [inspect.cleandoc(about or operation.function.__doc__ or ""), "", "\b"]
    if operation.delegated:
        lines.append(f"As a user: {_or(operation.delegated)}" + _role(operation.user_role))
    if operation.application:
        lines.append(f"As an app: {_or(operation.application)}")
    limits = [
        f"{count:,} calls {span}"
        for count, span in ((operation.limits.minute, "a minute"), (operation.limits.hour, "an hour"))
        if count
    ]
    if limits:
        lines.append(f"Limit: {', '.join(limits)}")
    return "\n".join(lines)


def members(operation: Operation[Any, Any], parameter: str) -> tuple[str, ...]:
    """The closed set that a parameter takes, from the catalogue."""
    return next(p.members for p in operation.parameters if p.name == parameter)


def _or(names: Sequence[str]) -> str:
    return " or ".join(names)


def _role(role: str | None) -> str:
    return f", and the role '{role}'" if role else ""


def _is_response(operation: Operation[Any, Any]) -> bool:
    """Whether somebody will notice, so that a person is asked first."""
    if operation.method == "GET":
        return False
    acts_on_a_machine = operation.resource == "machines" and operation.entity is MachineAction
    return "delete" in operation.name or operation.user_role == RESPONSE_ROLE or acts_on_a_machine


def _named(given: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in given.items())


def _options(decorate: Any) -> list[click.Parameter]:  # Any: a decorator that keeps its function's type
    def nothing() -> None: ...

    decorate(nothing)
    declared: list[click.Parameter] = nothing.__click_params__  # type: ignore[attr-defined]  # where click keeps them
    return list(reversed(declared))


def _parameter(parameter: Parameter, operation: Operation[Any, Any], takes_machine: bool) -> click.Parameter:
    signature = operation.signature.parameters[parameter.name]
    kind, is_many = _kind(parameter)
    if signature.kind is not inspect.Parameter.KEYWORD_ONLY:
        singular = operation.resource.rstrip("s")
        metavar = (
            "MACHINE" if takes_machine and parameter.name == "id"
            else f"{singular.upper()}_ID" if parameter.name == "id"
            else parameter.name.upper()
        )  # fmt: skip
        return click.Argument(
            [parameter.name],
            type=kind,
            nargs=-1 if is_many else 1,
            required=True,
            metavar=f"{metavar}..." if is_many else metavar,
        )
    name = f"--{parameter.name.replace('_', '-')}"
    return click.Option(
        [f"{name}/--no-{name[2:]}" if kind is click.BOOL else name],
        type=kind,
        multiple=is_many,
        default=None,
        required=parameter.is_required,
        help=OPTION_HELP.get(parameter.name, _described(parameter, is_many)),
    )


def _described(parameter: Parameter, is_many: bool) -> str:
    words = parameter.name.replace("_", " ").capitalize()
    given = f" Otherwise {parameter.default}." if parameter.default not in (None, (), False) else ""
    several = " Repeatable." if is_many else ""
    return f"{words}.{given}{several} {choices_help(parameter.members)}".rstrip()


def _kind(parameter: Parameter) -> tuple[Any, bool]:  # Any: a click type
    """The click type of a parameter, and whether it may be given more than once."""
    if parameter.members:
        return choice(parameter.members), False
    hint, is_many, bounds = parameter.annotation, False, (None, None)
    if hint == Filter or hint == Filter | None:
        return click.STRING, False
    while True:
        origin = get_origin(hint)
        if origin is Annotated:
            hint, *notes = get_args(hint)
            bounds = next(((note.ge, note.le) for note in notes if hasattr(note, "ge")), bounds)
        elif origin in (Union, types.UnionType):
            named = [part for part in get_args(hint) if part is not types.NoneType]
            if len(named) > 1:  # values of several shapes, told apart by what is in them
                return JsonValue(hint), is_many
            hint = named[0]
        elif origin is not None and origin is not Literal:
            is_many, hint = True, get_args(hint)[0]
        else:
            break
    if isinstance(hint, type) and issubclass(hint, Complex):
        return JsonValue(hint), is_many
    known: Mapping[Any, Any] = {datetime: MOMENT, bool: click.BOOL, float: click.FLOAT, Upload: FILE}
    return whole_number(*bounds) if hint is int else known.get(hint, click.STRING), is_many


def summaries() -> Mapping[str, str]:
    """Resource → what it is about, for help without the catalogue."""
    return {name: (resource.__doc__ or "").strip().partition("\n")[0] for name, resource in RESOURCES.items()}


def index() -> Mapping[str, Mapping[str, str]]:
    """Resource → command → summary, for help without the catalogue."""
    return {
        name: {command_name(operation): operation.summary for operation in resource.operations()}
        for name, resource in RESOURCES.items()
    }
