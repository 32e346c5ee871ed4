"""Every declared operation and entity, held to the documentation. Deviations are listed in one table, with a reason."""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest

from vedette.catalogue.advanced_hunting import (
    MAX_SECONDS,
    AdvancedHunting,
    AdvancedHuntingResponse,
    GraphHunting,
    HuntingQueryResults,
)
from vedette.catalogue.advanced_queries import LOOK_BACK_DAYS, MAX_ROWS
from vedette.catalogue.alerts import Alert
from vedette.catalogue.domains import Domain
from vedette.catalogue.entity import Complex, Entity, Property, describe
from vedette.catalogue.files import File
from vedette.catalogue.ips import Ip
from vedette.catalogue.machine_actions import MachineAction
from vedette.catalogue.machines import Machine
from vedette.catalogue.operation import ASSUMED, SEEN_IN_CLIENTS, SERVICE_SCHEMA, Operation, Parameter
from vedette.catalogue.permission import DEFENDER, GRAPH, USER_ROLES
from vedette.catalogue.resources import operations
from vedette.catalogue.service_errors import SERVICE_ERRORS
from vedette.catalogue.users import User

PAGES = "https://learn.microsoft.com/defender-endpoint/api/"
XDR_PAGES = "https://learn.microsoft.com/defender-xdr/"
UNDOCUMENTED_OPTIONS = {"$orderby", "$select"}
"""On no page. Clients use both, so listings take them; where a page documents paging they are declared beside it."""

_KNOWN_SOURCES = (
    (False, "KnownRequestSource"),
    "the page names no values; the service's schema has this set",
)
_SIBLINGS_TAKE_USERS = "the page lists application permissions only; its siblings list this one for users"
_READING_IS_ENOUGH = "the page lists write permissions only; earlier forms of it and its siblings list read ones too"

DEVIATIONS: Mapping[tuple[str, str], tuple[object, str]] = {
    ("alerts.get", "expand"): (("evidence",), "clients ask for one alert with its evidence; the page shows no option"),
    ("machines.tag", "body Action"): (
        (False, ("Add", "Remove")),
        "adding is what nearly every call does, so it is the default; it is always sent",
    ),
    **{
        (f"{name}", "body RequestSource"): _KNOWN_SOURCES
        for name in (
            "machines.isolate",
            "machines.unisolate",
            "machines.collect_investigation_package",
            "machines.restrict_code_execution",
            "machines.unrestrict_code_execution",
            "machines.run_antivirus_scan",
            "machines.offboard",
            "machines.stop_and_quarantine_file",
            "machines.collect_logs",
            "machines.run_live_response",
            "machines.run_custom_playbook",
            "machines.start_investigation",
            "machine_actions.cancel",
        )
    },
    ("machines.run_live_response", "body Commands"): ((True, ()), "the set stands with the type of each command"),
    ("machines.stop_and_quarantine_file", "application"): (
        ("Machine.StopAndQuarantine",),
        "that read permissions are enough to quarantine a file is taken for a mistake of the page",
    ),
    ("machines.offboard", "user_role"): (
        "Active remediation actions",
        "the page asks for a role without naming it; other actions ask for this one",
    ),
    ("machines.list_missing_kbs", "delegated"): (("Software.Read",), _SIBLINGS_TAKE_USERS),
    ("indicators.delete", "delegated"): (("Ti.ReadWrite",), _SIBLINGS_TAKE_USERS),
    ("indicators.batch_delete", "delegated"): (("Ti.ReadWrite",), _SIBLINGS_TAKE_USERS),
    ("indicators.batch_update", "shape"): (
        "collection",
        "the schema's list type has its items under value on the wire",
    ),
    ("indicators.batch_update", "entity"): (
        "Indicator",
        "the schema's list type has its items under value on the wire",
    ),
    ("domains.list_alerts", "application"): (("Alert.Read.All", "Alert.ReadWrite.All"), _READING_IS_ENOUGH),
    ("domains.list_alerts", "delegated"): (("Alert.Read", "Alert.ReadWrite"), _READING_IS_ENOUGH),
    ("users.list_machines", "application"): (("Machine.Read.All", "Machine.ReadWrite.All"), _READING_IS_ENOUGH),
    ("users.list_machines", "delegated"): (("Machine.Read", "Machine.ReadWrite"), _READING_IS_ENOUGH),
    ("browser_extensions.list_permissions", "filter"): (
        {"key", "permissionName", "description"},
        "the list on the page belongs to vulnerabilities; the entity has none of its names but one",
    ),
    ("exports.list_browser_extensions", "path"): (
        "/api/machines/BrowserExtensionsInventoryByMachine",
        "the page writes Machines with a capital; paths match in any letter case, and all others write machines",
    ),
}
"""(operation, aspect) → what is declared instead of what is documented, and why."""

BESIDE_THE_SCHEMA: Mapping[str, Mapping[str, str]] = {
    "AssetBrowserExtension": {"permissions": "Collection(BrowserExtensionPermission)"},
}
"""Type → properties that the schema has as navigation and samples have inside."""

OPERATIONS = tuple(operations())
OF_ENDPOINT = tuple(operations(DEFENDER))
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
each_of_endpoint = pytest.mark.parametrize("operation", OF_ENDPOINT, ids=lambda operation: operation.id)
"""Those that the list of documented operations holds; hunting through the other APIs has tests of its own below."""


# -- invariants ------------------------------------------------------------------------------------------------------


def test_operations_have_unique_ids_and_addresses() -> None:
    assert len({operation.id for operation in OPERATIONS}) == len(OPERATIONS)
    assert len({(operation.method, operation.path.lower()) for operation in OPERATIONS}) == len(OPERATIONS)


@each_operation
def test_an_operation_says_what_it_does_in_one_sentence(operation: Operation[Any, Any]) -> None:
    assert re.fullmatch(r"[A-Z].*[^.]\.", operation.summary), operation.summary


@each_operation
def test_an_operation_names_its_source(operation: Operation[Any, Any]) -> None:
    if operation.basis == "documentation":
        assert operation.source.startswith(PAGES if operation.api is DEFENDER else XDR_PAGES)
    else:
        assert operation.source == (SERVICE_SCHEMA if operation.basis == "service schema" else "")
        assert operation.answer_format == "xml" or {ASSUMED, SEEN_IN_CLIENTS} & set(operation.notes)


@each_operation
def test_an_operation_asks_for_permissions_of_the_right_kind(operation: Operation[Any, Any]) -> None:
    assert set(operation.application) <= set(operation.api.roles)
    assert set(operation.delegated) <= set(operation.api.scopes)
    assert (operation.application and operation.delegated) or operation.id in (
        "metadata.get",
        "machines.find_info_by_ip",
    )


@each_operation
def test_an_operation_asks_for_a_user_role_that_exists(operation: Operation[Any, Any]) -> None:
    assert operation.user_role is None or operation.user_role in USER_ROLES


@each_operation
def test_an_operation_answers_with_known_errors(operation: Operation[Any, Any]) -> None:
    assert set(operation.errors) <= set(SERVICE_ERRORS)


@each_operation
def test_every_part_of_a_path_is_an_argument(operation: Operation[Any, Any]) -> None:
    in_path = {parameter.name for parameter in operation.parameters if parameter.where == "path"}
    assert set(re.findall(r"{(\w+)}", operation.template)) == in_path


def test_every_deviation_is_about_a_declared_operation() -> None:
    assert {named for named, _ in DEVIATIONS} <= {operation.id for operation in OPERATIONS}


# -- operations as documented ----------------------------------------------------------------------------------------


@cache
def _read(name: str) -> Any:  # Any: JSON
    folder = os.environ.get("VEDETTE_FACTS")
    if not folder:
        pytest.skip("VEDETTE_FACTS names no folder with the documented facts")
    return json.loads((Path(folder) / name).read_text("utf-8"))


def documented(operation: Operation[Any, Any]) -> dict[str, Any]:
    """What is documented at the operation's address; names of path parameters do not count, literal segments do."""
    declared = _declared_address(operation)
    if (operation.id, "path") in DEVIATIONS:
        found = [f for f in _read("operations.json") if f["path"].lower() == declared[1].lower()]
        assert operation.path == expected(operation, "path", found[0]["path"])
        return found[0]
    found = [f for f in _read("operations.json") if _address(f["method"], f["path"]) == declared]
    assert len(found) == 1, f"{operation.method} {operation.path} is not documented in this letter case"
    return found[0]


def _address(method: str, path: str) -> tuple[str, str]:
    return method, re.sub(r"{\w+}", "{}", path)


def _declared_address(operation: Operation[Any, Any]) -> tuple[str, str]:
    return _address(operation.method, operation.path)


def expected(operation: Operation[Any, Any], aspect: str, fact: object) -> object:
    """The documented value, or the one that replaces it on purpose."""
    replaced = DEVIATIONS.get((operation.id, aspect))
    if replaced is None:
        return fact
    assert replaced[0] != fact, f"{operation.id} {aspect} is as documented; its deviation can go"
    return replaced[0]


@each_of_endpoint
def test_permissions_and_user_role_are_the_documented_ones(operation: Operation[Any, Any]) -> None:
    fact = documented(operation)
    permissions, role = fact["permissions"], fact["user_role"]
    if operation.basis != "documentation":
        assert (permissions, role) == ({"application": [], "delegated": []}, None)
        return

    assert operation.application == expected(operation, "application", tuple(permissions["application"]))
    assert operation.delegated == expected(operation, "delegated", tuple(permissions["delegated"]))
    # The page's own spelling of a role stands in parentheses.
    assert operation.user_role == expected(
        operation, "user_role", role and role.partition(" (page: ")[0].partition(" (page s")[0]
    )


@each_of_endpoint
def test_limits_are_the_documented_ones(operation: Operation[Any, Any]) -> None:
    fact = documented(operation)["rate_limit"] or {}

    assert operation.limits.minute == fact.get("calls_per_minute")
    assert operation.limits.hour == fact.get("calls_per_hour")


@each_of_endpoint
def test_source_preview_and_basis_are_the_documented_ones(operation: Operation[Any, Any]) -> None:
    fact = documented(operation)

    if operation.basis == "documentation":
        assert operation.source == f"{PAGES}{fact['doc_page']}"
    assert (operation.preview, operation.basis) == (fact["preview"], fact["basis"])


@each_of_endpoint
def test_the_answer_is_the_documented_one(operation: Operation[Any, Any]) -> None:
    fact = documented(operation)["success"]
    assert operation.answers == fact["status"]
    assert _shape(operation) == expected(operation, "shape", "none" if fact["shape"] == "unknown" else fact["shape"])
    entity = operation.entity.__name__ if operation.entity else "StringValue" if _shape(operation) == "single" else None
    assert entity == expected(operation, "entity", fact["entity"])
    if fact["odata_context"] is not None:
        assert operation.odata_context == fact["odata_context"].removeprefix("$metadata")


def _shape(operation: Operation[Any, Any]) -> str:
    special = {"AdvancedQueryResponse": "query_result", "ExportFilesResponse": "export_files"}
    if operation.answer_format == "xml":
        return "xml"
    if operation.is_listing:
        return "collection"
    if operation.returns is None:
        return "none"
    return special.get(operation.entity.__name__, "single") if operation.entity else "single"


@each_of_endpoint
def test_the_body_has_the_documented_names_and_values(operation: Operation[Any, Any]) -> None:
    fact = documented(operation)["body"] or {"fields": [], "content_type": "application/json"}
    fields = {
        field["name"]: expected(operation, f"body {field['name']}", (field["required"], tuple(field.get("enum") or ())))
        for field in fact["fields"]
    }

    assert fact["content_type"] == _CONTENT_TYPES[operation.body_format]
    assert {p.wire: (p.is_required, p.members) for p in operation.parameters if p.where == "body"} == {
        name: (required, _members(values)) for name, (required, values) in fields.items()
    }


_CONTENT_TYPES = {"json": "application/json", "multipart": "multipart/form-data"}


def _members(values: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(values, tuple):
        return values
    return tuple(next(enum["members"] for enum in _read("enums.json") if enum["name"] == values))


_TYPES = {
    "string": str,
    "boolean": bool,
    "DateTimeOffset": datetime,
    "Guid": str,
    "Int32": int,
    "Int64": int,
    "integer": int,
}


@each_of_endpoint
def test_path_and_query_parameters_are_the_documented_ones(operation: Operation[Any, Any]) -> None:
    fact = documented(operation)
    in_path = [p for p in operation.parameters if p.where == "path"]
    in_query = [p for p in operation.parameters if p.where == "query"]

    assert {(p.wire, _type(p)) for p in in_path} == {(f["name"], _TYPES[f["type"]]) for f in fact["path_params"]}
    assert {(p.wire, _type(p), p.is_required) for p in in_query} == {
        (f["name"], _TYPES[f["type"]], f["required"]) for f in fact["query_params"] if not f["name"].startswith("$")
    }


def _type(parameter: Parameter) -> object:
    hint = parameter.annotation
    while get_origin(hint) in (Annotated, Union, UnionType):
        hint = next(part for part in get_args(hint) if part is not NoneType)
    return hint


@each_of_endpoint
def test_query_options_are_the_documented_ones(operation: Operation[Any, Any]) -> None:
    fact = documented(operation)["odata"] or _NO_OPTIONS
    entity, odata = operation.entity, operation.odata
    filterable = odata.filter or ()
    if filterable is True:
        assert entity is not None
        filterable = tuple(p.wire for p in describe(entity) if p.is_filterable)

    assert set(filterable) == expected(operation, "filter", set(fact["filter"].get("properties") or ()))
    assert odata.top == fact["top"].get("max")
    assert odata.skip == fact["skip"]
    assert odata.expand == expected(operation, "expand", tuple(fact["expand"]))
    assert odata.page_size == fact["default_page_size"]
    assert odata.skip_token == ("$skiptoken" in (fact["note"] or ""))


_NO_OPTIONS: Mapping[str, Any] = {
    "filter": {}, "top": {}, "skip": False, "expand": [], "default_page_size": None, "note": None,
}  # fmt: skip


@each_operation
def test_query_options_are_arguments_and_nothing_else_is(operation: Operation[Any, Any]) -> None:
    odata = operation.odata
    allowed = {
        "$filter": bool(odata.filter),
        "$top": odata.top is not None or odata.skip_token,
        "$skip": odata.skip,
        "$expand": bool(odata.expand),
    }
    options = {p.wire for p in operation.parameters if p.where == "option"}

    assert options - UNDOCUMENTED_OPTIONS == {name for name, is_allowed in allowed.items() if is_allowed}


@each_of_endpoint
def test_documented_error_codes_are_declared(operation: Operation[Any, Any]) -> None:
    codes = {error["code"] for error in documented(operation)["errors"] if error.get("code")}

    assert codes <= set(operation.errors)


# -- hunting through the other APIs ------------------------------------------------------------------------------------


def test_hunting_through_the_xdr_api_is_the_documented_operation() -> None:
    operation = AdvancedHunting.run
    fact = _read("hunting_limits_and_functions.json")["limits"]["xdr_api"]
    answer = _read("hunting_limits_and_functions.json")["api_contract"]["response_xdr_api"]

    assert f"{operation.method} {operation.path}" == fact["method"]
    assert operation.application == (fact["permissions"]["application"],)
    assert operation.delegated == (fact["permissions"]["delegated"],)
    assert f"at least {operation.limits.minute}, more for larger tenants" == fact["calls_per_minute"]
    assert operation.limits.hour is None
    assert fact["single_request_timeout_minutes"] * 60 == MAX_SECONDS
    assert (fact["data_range_days"], fact["max_rows"]) == (LOOK_BACK_DAYS, MAX_ROWS)
    assert {p.wire for p in describe(AdvancedHuntingResponse)} == set(answer["members"])


def test_hunting_through_graph_is_the_documented_operation() -> None:
    operation = GraphHunting.run_hunting_query
    fact = _read("hunting_limits_and_functions.json")["limits"]["graph_api"]
    answer = _read("hunting_limits_and_functions.json")["api_contract"]["response_graph_api"]

    assert f"{operation.method} {operation.path}" == fact["method"]
    assert {p.wire: p.is_required for p in operation.parameters} == {
        name: text.startswith("required") for name, text in fact["body"].items()
    }
    assert f"at least {operation.limits.minute}, more for larger tenants" == fact["calls_per_minute"]
    assert fact["single_request_timeout_minutes"] * 60 == MAX_SECONDS
    assert (fact["data_range_days"], fact["max_rows"]) == (LOOK_BACK_DAYS, MAX_ROWS)
    assert [p.wire for p in describe(HuntingQueryResults)] == answer["members"]
    assert set(operation.application) <= set(GRAPH.roles)
    assert set(operation.delegated) <= set(GRAPH.scopes)


# -- entities as documented ------------------------------------------------------------------------------------------


def _with_parts(*kinds: type[Complex]) -> list[type[Complex]]:
    """These types and all that they contain, each once."""
    found: dict[str, type[Complex]] = {}
    pending = list(kinds)
    while pending:
        kind = pending.pop(0)
        if kind.__name__ not in found:
            found[kind.__name__] = kind
            pending += [p.complex_type for p in describe(kind) if p.complex_type is not None]
    return list(found.values())


TYPES = _with_parts(
    Alert, Machine, MachineAction, User, File, Ip, Domain, *(o.entity for o in OF_ENDPOINT if o.entity is not None)
)
each_type = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)


def documented_type(kind: type[Complex]) -> dict[str, Any]:
    """What is documented of a type of this name."""
    return next(row for row in _read("entities.json") if row["name"] == kind.__name__)


def test_every_type_is_documented_in_one_sentence() -> None:
    assert [kind.__name__ for kind in TYPES if not (inspect.getdoc(kind) or "").partition("\n")[0].endswith(".")] == []


@each_type
def test_an_entity_has_the_documented_key_set_and_navigation(kind: type[Complex]) -> None:
    fact = documented_type(kind)

    assert issubclass(kind, Entity) == (fact["kind"] == "entity")
    if issubclass(kind, Entity):
        wire = {p.attribute: p.wire for p in describe(kind)}
        assert [wire[kind.KEY]] == fact["key"]
        assert (fact["entity_set"] or "") == kind.ENTITY_SET
        assert dict(kind.NAVIGATION) == {row["name"]: row["type"] for row in fact["navigation_properties"]}


@each_type
def test_properties_have_the_documented_names_types_and_nullability(kind: type[Complex]) -> None:
    fact = {row["name"]: row for row in documented_type(kind)["properties"]}

    # In the schema a collection counts as nullable; samples carry an empty list, and so do we.
    inside = BESIDE_THE_SCHEMA.get(kind.__name__, {})
    assert {p.wire: (_edm(p), p.is_collection or p.is_nullable) for p in describe(kind)} == {
        name: (row["type"], row["nullable"] or row["type"].startswith("Collection(")) for name, row in fact.items()
    } | {name: (type_, True) for name, type_ in inside.items()}


def _edm(declared: Property) -> str:
    single = declared.enum_name or declared.edm
    return f"Collection({single})" if declared.is_collection else single


@each_type
def test_value_sets_have_the_documented_members(kind: type[Complex]) -> None:
    enums = {enum["name"]: tuple(enum["members"]) for enum in _read("enums.json")}

    for declared in describe(kind):
        if declared.enum_name:
            assert declared.members == enums[declared.enum_name], declared.wire


@each_type
def test_properties_are_filterable_where_a_page_says_so(kind: type[Complex]) -> None:
    fact = {row["name"]: row["filterable"] for row in documented_type(kind)["properties"]}

    assert {p.wire for p in describe(kind) if p.is_filterable} == {name for name, said in fact.items() if said}
