"""Every function that Microsoft's reader knows is here or absent for a reason, and calls have its types and names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.spec.kql.official import Official, listing, missing
from tests.spec.kql.programs import LITERALS
from vedette.catalogue.tables import KqlType
from vedette.errors import QueryError
from vedette.hunting import Engine
from vedette.kql.functions.catalogue import functions

NOW = datetime(2024, 3, 15, tzinfo=UTC)
INTERNAL = "no function of the documented language; the reader itself hides it"
CLUSTER = "names something of a cluster: other databases, stored results, storage"
NETWORK = "asks another service over the network"
SANDBOX = "runs code in a sandbox of the service"
SCHEMA = "tells of a cluster's storage or asks it for a schema"
ABSENT = {
    **dict.fromkeys(
        ("cluster", "database", "external_table", "materialized_view", "entity_group", "stored_query_result", "graph"),
        CLUSTER,
    ),
    "table": "is syntax here: a source that the binder reads",
    **dict.fromkeys(
        ("azure_digital_twins_query_request", "cosmosdb_sql_request", "sql_request", "mysql_request", "http_request",
         "http_request_post", "postgresql_request", "dax_request", "ai_chat_completion", "ai_chat_completion_prompt",
         "ai_embeddings", "ai_embed_text"),
        NETWORK,
    ),
    **dict.fromkeys(("csharp", "python", "r"), SANDBOX),
    **dict.fromkeys(
        ("estimate_rows_count", "execute_show_command", "execute_query", "external_datatable", "infer_storage_schema",
         "infer_storage_schema_with_suggestions"),
        SCHEMA,
    ),
    **dict.fromkeys(("identity", "identity_v3"), "is not documented"),
    **dict.fromkeys(
        ("iscolumnexists", "tdigest_isvalid", "hll_isvalid", "rowstore_ordinal_range", "passthrough"), INTERNAL
    ),
}  # fmt: skip
COLUMNS: dict[str, KqlType] = {
    "s": "string", "b": "bool", "i": "int", "l": "long", "r": "real", "m": "decimal", "d": "datetime", "t": "timespan",
    "g": "guid", "o": "dynamic",
}  # fmt: skip
_COLUMN = {kind: name for name, kind in COLUMNS.items()}
_OF_KIND = {
    "Scalar": "s", "NotDynamic": "s", "NotBool": "l", "NotRealOrBool": "l", "Number": "l", "Integer": "l",
    "RealOrDecimal": "r",
    "NumberOrBool": "l", "Summable": "l", "Orderable": "l", "StringOrDynamic": "s", "StringOrArray": "s",
    "DynamicArray": "o",
    "DynamicBag": "o", "IntegerOrDynamic": "l", "CommonScalar": "l", "CommonNumber": "l", "CommonSummable": "l",
    "CommonOrderable": "l", "CommonScalarOrDynamic": "l", "Parameter0": "l",
}  # fmt: skip


@pytest.fixture(scope="module")
def known() -> list[dict[str, Any]]:
    if reason := missing():
        pytest.skip(reason)
    return listing()


@pytest.fixture(scope="module")
def reader() -> Iterator[Official]:
    if reason := missing():
        pytest.skip(reason)
    with Official({"T": list(COLUMNS.items())}) as running:
        yield running


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine({"T": [dict.fromkeys(COLUMNS)]}, types={"T": COLUMNS}) as engine:
        yield engine


def test_every_function_is_here_or_absent_for_a_reason(known: list[dict[str, Any]]) -> None:
    names = {one["name"] for one in known if not one["name"].startswith("__")}

    assert sorted(names - functions().keys() - ABSENT.keys()) == []
    assert sorted(set(ABSENT) & functions().keys()) == []
    assert sorted(set(ABSENT) - names) == []


def test_calls_have_the_types_and_default_names_of_microsofts_reader(
    known: list[dict[str, Any]], reader: Official, engine: Engine
) -> None:
    different, agreeing, refused = {}, 0, []
    for one in known:
        if one["kind"] == "plugin" or one["name"] in ABSENT or one["name"].startswith("__"):
            continue
        for signature in one["signatures"]:
            for constant in (False, True):
                call = _call(one["name"], signature["parameters"], constant=constant)
                query = f"T | {'summarize' if one['kind'] == 'aggregate' else 'project'} {call}"
                said = reader.judge(query)
                if said.errors or said.columns is None:
                    continue
                try:
                    columns = tuple((column.name, column.type) for column in engine.compile(query, now=NOW).columns)
                except QueryError as error:
                    refused.append((query, str(error).splitlines()[0]))
                    continue
                agreeing += columns == said.columns
                if columns != said.columns:
                    different[query] = (columns, said.columns)

    assert [(query, *found) for query, found in different.items()] == []
    assert agreeing > 900
    # What the reader cannot see: that arguments must be constants of some values, or that a service is needed.
    assert len(refused) < 60, refused


def _call(name: str, parameters: list[list[Any]], *, constant: bool) -> str:
    """A call with the fewest arguments; the first is a column, the others constants where asked."""
    arguments = []
    for place, (_, kind, types, least, _) in enumerate(parameters):
        for _ in range(least):
            type_ = types[0] if types else COLUMNS[_OF_KIND.get(kind, "s")]
            column = _COLUMN.get(type_, "s")
            arguments.append(LITERALS[COLUMNS[column]][1] if constant and place else column)
    return f"{name}({', '.join(arguments)})"
