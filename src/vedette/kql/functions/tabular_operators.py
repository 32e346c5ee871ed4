"""The tabular operators, for help, completion and the support table. What they take is `syntax`'s matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vedette.kql.signatures import DOCS

_SAYS: Final[Mapping[str, str]] = {
    "as": "Names the rows so far, for use later in the query.",
    "consume": "Reads all rows and gives none.",
    "count": "The number of rows.",
    "datatable": "Rows written in the query.",
    "distinct": "Each combination of values once.",
    "evaluate": "Calls a plugin.",
    "extend": "Adds columns, or replaces those of the same name.",
    "externaldata": "Rows of files outside, where that is allowed.",
    "facet": "A table of counts for each of some columns.",
    "find": "Rows of several tables for which a condition holds.",
    "fork": "Several results from the same rows.",
    "getschema": "The columns of the rows, with their types.",
    "graph-mark-components": "Marks which nodes of a graph hang together.",
    "graph-match": "Finds a pattern of nodes and edges in a graph.",
    "graph-shortest-paths": "The shortest paths between nodes of a graph.",
    "graph-to-table": "Nodes and edges of a graph as tables.",
    "graph-where-edges": "Keeps some edges of a graph.",
    "graph-where-nodes": "Keeps some nodes of a graph.",
    "invoke": "Hands the rows to a function as its first argument.",
    "join": "Pairs rows of two tables by equal keys.",
    "lookup": "Adds columns of a small table by equal keys.",
    "make-graph": "A graph of the rows, which are its edges.",
    "make-series": "Aggregates at even steps of an axis, as arrays.",
    "mv-apply": "Runs a subquery over the elements of each row's arrays.",
    "mv-expand": "A row for each element of arrays.",
    "parse": "Takes columns out of a text by a pattern.",
    "parse-kv": "Takes columns out of a text of keys and values.",
    "parse-where": "As parse, and keeps only rows that fit the pattern.",
    "partition": "Runs a subquery for each value of a column.",
    "print": "One row of expressions.",
    "project": "Chooses and computes columns.",
    "project-away": "Leaves columns out.",
    "project-by-names": "Chooses columns by names in an array.",
    "project-keep": "Keeps some columns.",
    "project-rename": "Renames columns.",
    "project-reorder": "Brings columns into another order.",
    "range": "Numbers or times at even steps.",
    "reduce": "Groups similar texts into patterns, which are our own and may differ from the service's.",
    "render": "Says how the result is to be drawn.",
    "sample": "Some random rows.",
    "sample-distinct": "Some different values of a column.",
    "scan": "Finds sequences of rows by steps.",
    "search": "Rows of several tables that hold a text.",
    "serialize": "Fixes the order of rows, for functions over neighbours.",
    "sort": "Brings rows into order.",
    "summarize": "Aggregates the rows of groups.",
    "take": "Some rows.",
    "top": "The first rows by a key.",
    "top-hitters": "The most frequent values of a column.",
    "top-nested": "The first values at each level of a hierarchy.",
    "union": "Rows of several tables below each other.",
    "where": "Keeps rows for which a condition holds.",
}
TABULAR_OPERATORS: Final[Mapping[str, tuple[str, str]]] = {
    name: (says, f"{DOCS}{name}-operator") for name, says in _SAYS.items()
}
"""Operator → what it does, and its page."""
ALIASES: Final[Mapping[str, str]] = {
    "filter": "where",
    "limit": "take",
    "order": "sort",
    "mvexpand": "mv-expand",
    "mvapply": "mv-apply",
}
"""Another word → the operator that it means."""
