"""Compiles a query: text → syntax → plan → SQL of an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import vedette.kql.bind.operators  # noqa: F401  (fills the tables of operators and of functions that give rows)
from vedette.errors import QueryError, UnknownName
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, Program
from vedette.kql.compiled import Compiled
from vedette.kql.emit.duckdb.plans import Emitter
from vedette.kql.parser import parse
from vedette.kql.plan import Plan, uses_of_shared
from vedette.kql.source import Source, Span
from vedette.kql.tables import Tables
from vedette.kql.ticks import ticks_of

Probe = Callable[[Compiled], list[tuple[Any, ...]]]  # Any: values of all types
"""Runs a compiled query and gives its rows, values as SQL has them: ticks, JSON text."""


def bind_query(
    text: str,
    tables: Tables,
    *,
    now: datetime,
    parameters: Mapping[str, object] | None = None,
    probe: Probe | None = None,
    tree: syntax.Query | None = None,
) -> Program:
    """The plan of a query. tree: its syntax, where somebody has read it. Raises: `QueryError` and its kin."""
    known: dict[str, list[tuple[Any, ...]]] = {}  # what was probed, by SQL: a `let` is bound more than once

    def probed(plan: Plan) -> list[tuple[Any, ...]]:
        assert probe is not None
        compiled = _emitted(text, Program((("", plan),), None))
        key = repr((compiled.sql, compiled.stages))
        if key not in known:
            known[key] = probe(compiled)
        return known[key]

    tree = parse(text) if tree is None else tree
    assumed: list[str] = []
    while True:
        binder = Binder(
            Source(text),
            tables,
            now=ticks_of(now),
            parameters=parameters,
            probe=probed if probe is not None else None,
            assumed=assumed,
        )
        try:
            return binder.program(tree)
        except RecursionError:
            raise too_deep(text) from None
        except UnknownName as error:
            # Without rows nobody knows which columns bag_unpack and pivot give, so those that the query names are
            # taken to be among them, and are null.
            # A column of a workspace's copy of a hunting table is there, and empty.
            may_be = binder.saw_nothing or error.name in binder.workspace
            if not may_be or not error.kind.startswith("column") or error.name in assumed:
                raise
            assumed.append(error.name)


def compile_query(
    text: str,
    tables: Tables,
    *,
    now: datetime,
    parameters: Mapping[str, object] | None = None,
    probe: Probe | None = None,
    tree: syntax.Query | None = None,
) -> Compiled:
    """A query, ready for DuckDB.

    tables: what it may read. now: what `now()` gives. parameters: values for `declare query_parameters`.
    probe: runs a part of the query, for operators whose columns depend on data (`bag_unpack`, `pivot`).
    tree: the text's syntax, where somebody has read it.
    Raises: `QuerySyntaxError`, `UnknownName`, `UnsupportedQuery` or `QueryError`, each pointing into the text.
    """
    return _emitted(text, bind_query(text, tables, now=now, parameters=parameters, probe=probe, tree=tree))


def too_deep(text: str) -> QueryError:
    """The query is nested more deeply than it can be compiled."""
    return Source(text).semantic_error(
        "The query is nested too deeply.", Span(0, 1), hint="Give parts of it names with let."
    )


def _emitted(text: str, program: Program) -> Compiled:
    try:
        return _written(text, program)
    except RecursionError:
        raise too_deep(text) from None


def _written(text: str, program: Program) -> Compiled:
    emitter = Emitter(Source(text), uses_of_shared(plan for _, plan in program.results) if program.shares else {})
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
        remarks=program.remarks,
    )
