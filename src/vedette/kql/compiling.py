"""Compiles a query: text → syntax → plan → SQL of an engine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from vedette.kql.bind.binder import Binder, Program
from vedette.kql.compiled import Compiled
from vedette.kql.emit.duckdb.plans import Emitter
from vedette.kql.parser import parse
from vedette.kql.plan import uses_of_shared
from vedette.kql.source import Source
from vedette.kql.tables import Tables
from vedette.kql.ticks import ticks_of


def bind_query(text: str, tables: Tables, *, now: datetime, parameters: Mapping[str, object] | None = None) -> Program:
    """The plan of a query. Raises: `QueryError` and its kin."""
    return Binder(Source(text), tables, now=ticks_of(now), parameters=parameters).program(parse(text))


def compile_query(
    text: str, tables: Tables, *, now: datetime, parameters: Mapping[str, object] | None = None
) -> Compiled:
    """A query, ready for DuckDB.

    tables: what it may read. now: what `now()` gives. parameters: values for `declare query_parameters`.
    Raises: `QuerySyntaxError`, `UnknownName`, `UnsupportedQuery` or `QueryError`, each pointing into the text.
    """
    program = bind_query(text, tables, now=now, parameters=parameters)
    emitter = Emitter(Source(text), uses_of_shared(plan for _, plan in program.results))
    (_, plan), *others = program.results
    sql = emitter.query(plan)
    parts = []
    for name, other in others:
        parts.append((name, emitter.query(other), other.columns))
    return Compiled(
        sql=sql,
        columns=plan.columns,
        tables=frozenset(emitter.tables),
        plan=plan,
        stages=tuple(emitter.stages),
        externals=tuple(emitter.externals),
        render=program.render,
        parts=tuple(parts),
    )
