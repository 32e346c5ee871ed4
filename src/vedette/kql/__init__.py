"""KQL: from text to a plan, and from a plan to an engine's language. It is `vedette.hunting` that runs queries."""

from vedette.kql.compiled import Compiled, Render
from vedette.kql.compiling import bind_query, compile_query
from vedette.kql.tables import TableColumn, TableSchema, hunting_tables

__all__ = ["Compiled", "Render", "TableColumn", "TableSchema", "bind_query", "compile_query", "hunting_tables"]
