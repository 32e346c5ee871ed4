"""Which SQL each function of KQL becomes in DuckDB. The families' modules fill the tables below.

An emitter gets the call (for the types of its arguments and constants among them) and the SQL of each argument, and
gives SQL of the call's type. How values of each KQL type look in SQL:

| KQL | SQL | without a value |
|---|---|---|
| string | VARCHAR | never NULL: the empty text |
| bool, int, long, real | BOOLEAN, INTEGER, BIGINT, DOUBLE | NULL |
| decimal | DECIMAL(38, 18) unless it came with another scale | NULL |
| datetime | BIGINT, ticks of 100 ns since 0001-01-01 | NULL |
| timespan | BIGINT, ticks of 100 ns | NULL |
| guid | VARCHAR, lower case with hyphens | NULL |
| dynamic | JSON | NULL, or the JSON text `null` |

Arguments are complete expressions (names, calls, or in parentheses), and an emitter's answer must be as well. User text
enters SQL through `sql.text` and `sql.identifier` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vedette.kql.bound import Aggregation, Call

Emitter = Callable[..., str]
"""(call, *arguments as SQL) → SQL."""

EMITTERS: Final[dict[str, Emitter]] = {}
"""Scalar functions and operators, by canonical name."""
AGGREGATES: Final[dict[str, Emitter]] = {}
"""Aggregates, by canonical name; `FILTER (WHERE …)` is added to what they give, wherever `{filter}` stands in it."""
MACROS: Final[dict[str, str]] = {}
"""Name → the `CREATE MACRO` statement of a macro that emitted SQL may call. One may call others, and kernels: those
have to be there before."""


def emits(*names: str) -> Callable[[Emitter], Emitter]:
    """The decorated function gives the SQL of these functions."""

    def register(emitter: Emitter) -> Emitter:
        for name in names:
            EMITTERS[name] = emitter
        return emitter

    return register


def emits_aggregate(*names: str) -> Callable[[Emitter], Emitter]:
    """The decorated function gives the SQL of these aggregates."""

    def register(emitter: Emitter) -> Emitter:
        for name in names:
            AGGREGATES[name] = emitter
        return emitter

    return register


def simple(pattern: str, *names: str) -> None:
    """These functions are the pattern with `{0}`, `{1}`, … replaced by their arguments."""

    def emitter(call: Call | Aggregation, *args: str) -> str:
        return pattern.format(*args)

    for name in names:
        EMITTERS[name] = emitter


def macro(signature: str, body: str) -> str:
    """Declare a macro `kql_…(parameters)`; gives its name."""
    name = signature.partition("(")[0]
    MACROS[name] = f"CREATE OR REPLACE MACRO {signature} AS {body}"
    return name
