"""Advanced hunting through the other two documented ways: the Defender XDR API, and Microsoft Graph.

The same queries over the same rows as `advanced_queries`; what differs is the address, what tokens are for, and how
answers are written. The documentation recommends Graph and calls the other two old.

Graph's operation is none of the Defender APIs, so `resources` does not list it: `graph_operations` does.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from vedette.catalogue.advanced_queries import POOL, AdvancedQueryResponse
from vedette.catalogue.entity import Complex
from vedette.catalogue.limits import PerCaller
from vedette.catalogue.operation import POST, Declared, M, Operations
from vedette.catalogue.permission import GRAPH, XDR

HuntingWay = Literal["endpoint", "xdr", "graph"]
"""How a query reaches the service: `/api/advancedqueries/run`, `/api/advancedhunting/run` or Graph."""

MAX_SECONDS: Final = 180
"""Run time of one query, here and in Graph."""
GRAPH_MAX_RESULT_BYTES: Final = 50 * 1024 * 1024
"""Size of a result in Graph. The pages of the XDR API give none."""
HUNTING_DIRECTORY_ROLES: Final = frozenset(
    {"Global Administrator", "Security Administrator", "Security Operator", "Security Reader", "Global Reader"}
)
"""Directory roles that let a user hunt through Graph without a role in Defender. The first is ours: it may do all."""


class AdvancedHuntingResponse(AdvancedQueryResponse, frozen=True, kw_only=True, rename="pascal"):
    """The result of a query: what it took, its columns, and rows by column name."""

    stats: dict[str, Any] = {}  # Any: times, counts and sizes by name


class HuntingQueryResults(Complex, frozen=True, kw_only=True):
    """The result of a query in Graph: its columns, and rows by column name."""

    schema: list[dict[str, str]] = []
    """Name and type of each column. The members are written small in newer samples, with a capital in an older one."""
    results: list[dict[str, Any]] = []  # Any: values of all types


class AdvancedHunting(Operations[M], base="/api/advancedhunting", resource="advanced_hunting", api=XDR):
    """Hunting queries through the Defender XDR API, one call each."""

    @POST(
        "run",
        application="AdvancedHunting.Read.All",
        delegated="AdvancedHunting.Read",
        user_role="View Data",
        limits=PerCaller(minute=45, pool=POOL),
        context="",
        body_names="pascal",
        source="https://learn.microsoft.com/defender-xdr/api-advanced-hunting",
        errors=("BadRequest", "TooManyRequests"),
        notes=(
            "Part of the Defender XDR API: tokens are for https://api.security.microsoft.com.",
            "Graph runs the same over more tables.",
            "The answer is plain JSON in Pascal case.",
        ),
    )
    def run(self, query: str) -> AdvancedHuntingResponse:
        """Run a hunting query and fetch its result and what it took."""
        raise Declared


class GraphHunting(Operations[M], base="/security", resource="security", api=GRAPH):
    """Hunting queries through Microsoft Graph. Paths are what follows the version."""

    @POST(
        "runHuntingQuery",
        application="ThreatHunting.Read.All",
        delegated="ThreatHunting.Read.All",
        limits=PerCaller(minute=45, pool=POOL),
        context="#microsoft.graph.security.huntingQueryResults",
        body_names="pascal",
        source="https://learn.microsoft.com/graph/api/security-security-runhuntingquery",
    )
    def run_hunting_query(self, query: str, *, timespan: str | None = None) -> HuntingQueryResults:
        """Run a hunting query and fetch its result."""
        raise Declared
