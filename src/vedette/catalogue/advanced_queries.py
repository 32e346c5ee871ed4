"""Advanced hunting by KQL through the Endpoint API. Other ways are in `advanced_hunting`, the tables in `tables`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vedette.catalogue.entity import Complex
from vedette.catalogue.limits import PerCaller
from vedette.catalogue.operation import POST, Declared, M, Operations
from vedette.catalogue.tables.schema import KqlType

POOL = "hunting"
"""Queries count per tenant. No page says whether the ways to hunt count together; they are taken to."""
MAX_ROWS = 100_000
LOOK_BACK_DAYS = 30
MAX_RESULT_BYTES = 124 * 1024 * 1024
MAX_SECONDS = 200
MAX_MINUTES_AN_HOUR = 10
"""Run time that the queries of a tenant may take in an hour."""
MAX_HOURS_A_DAY = 3
"""The same in a day."""


SERVICE_TYPES: Mapping[KqlType, str] = {
    "string": "String",
    "bool": "SByte",
    "int": "Int32",
    "long": "Int64",
    "real": "Double",
    "decimal": "SqlDecimal",
    "datetime": "DateTime",
    "timespan": "TimeSpan",
    "guid": "Guid",
    "dynamic": "Object",
}
"""KQL type → what answers call it. Only DateTime and String are documented; the others are .NET's names for them."""


class AdvancedQueryColumn(Complex, frozen=True, kw_only=True, rename="pascal"):
    """One column of a result."""

    name: str = ""
    type: str = ""


class AdvancedQueryResponse(Complex, frozen=True, kw_only=True, rename="pascal"):
    """The result of a query: its columns, and rows by column name."""

    schema: list[AdvancedQueryColumn] = []
    results: list[dict[str, Any]] = []


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class AdvancedQueries(Operations[M], base="/api/advancedqueries", resource="advanced_queries"):
    """Hunting queries, one call each."""

    @POST(
        "run",
        application="AdvancedQuery.Read.All",
        delegated="AdvancedQuery.Read",
        user_role="View Data",
        limits=PerCaller(minute=45, hour=1500, pool=POOL),
        context="",
        body_names="pascal",
        source=_PAGE + "run-advanced-query-api",
        errors=("BadRequest", "TooManyRequests"),
        notes=("Graph runs the same over more tables.", "The answer is plain JSON in Pascal case."),
    )
    def run(self, query: str) -> AdvancedQueryResponse:
        """Run a hunting query and fetch its result."""
        raise Declared
