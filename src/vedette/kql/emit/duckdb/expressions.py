"""SQL of scalar expressions. What each function becomes is in `registry`'s tables."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

import vedette.kql.emit.duckdb as folder
from vedette.kql.bound import Aggregation, Among, Bound, Call, Const, First, Ref, Values, is_constant
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.registry import AGGREGATES, EMITTERS
from vedette.kql.kernels.kernel import KERNELS
from vedette.kql.schema import Column, Encoding
from vedette.kql.source import Source
from vedette.kql.ticks import EPOCH_TICKS

if TYPE_CHECKING:
    from vedette.kql.emit.duckdb.plans import Emitter

Scope = Mapping[Column, str]
"""Column → the SQL that gives its stored value where an expression stands."""

BUILT_IN: Final = frozenset({"and", "or", "not", "==", "!=", "<", "<=", ">", ">=", "between", "in"})
"""Functions that are written here, since what they become depends on where they stand."""
NS_RANGE = (EPOCH_TICKS - 2**63 // 100, EPOCH_TICKS + 2**63 // 100)
"""The ticks that a timestamp of nanoseconds can hold, exclusive."""


@cache
def load_families() -> None:
    """Import every module that registers SQL, macros or kernels."""
    import vedette.kql.kernels as kernels

    for package in (folder, kernels):
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")


class Expressions:
    """Writes expressions; plans inside of them are written by the emitter that it belongs to."""

    def __init__(self, emitter: Emitter, source: Source) -> None:
        self._emitter = emitter
        self.source = source

    def value(self, bound: Bound, scope: Scope) -> str:
        """The SQL of an expression, in the conventions of `registry`."""
        match bound:
            case Const():
                return sql.constant(bound)
            case Ref(column=column):
                return ticks(scope[column], column.encoding)
            case Call():
                return self._call(bound, scope)
            case Aggregation():
                return self.aggregation(bound, scope)
            case First(plan=plan):
                return self._emitter.first_value(plan)
            case Values(plan=plan):
                return self._emitter.all_values(plan)
            case Among():
                return self._among(bound, scope)
        raise AssertionError(f"{bound!r} is no expression")

    def stored(self, bound: Bound, scope: Scope, encoding: Encoding) -> str:
        """The SQL of an expression, in the way in which a column of this encoding keeps it."""
        if not encoding:
            return self.value(bound, scope)
        if isinstance(bound, Ref) and bound.column.encoding == encoding:
            return scope[bound.column]
        if isinstance(bound, Const) and bound.value is None:
            return f"NULL::{'TIMESTAMP_NS' if encoding == 'ns' else 'TIMESTAMP'}"
        value = self.value(bound, scope)
        return f"make_timestamp_ns(({value} - {EPOCH_TICKS}) * 100)" if encoding == "ns" else f"kql_timestamp({value})"

    def predicate(self, bound: Bound, scope: Scope) -> str:
        """The SQL of a condition where false and null mean the same, as in WHERE: plain comparisons, so that files
        are skipped by their statistics."""
        if isinstance(bound, Call):
            match bound.name:
                case "and" | "or":
                    return "(" + f" {bound.name.upper()} ".join(self.predicate(p, scope) for p in bound.args) + ")"
                case "==" | "<" | "<=" | ">" | ">=":
                    return self._comparison(bound, scope)
                case "!=":
                    left, right = self.sides(bound, scope)
                    return f"({left} IS DISTINCT FROM {right})"
                case "between":
                    value, low, high = bound.args
                    parts = (Call("bool", ">=", (value, low)), Call("bool", "<=", (value, high)))
                    return "(" + " AND ".join(self._comparison(part, scope) for part in parts) + ")"
                case "in" if not any(item.type == "dynamic" for item in bound.args[1:]):
                    return self._in_list(bound, scope)
        return self.value(bound, scope)

    # Comparisons

    def _comparison(self, call: Call, scope: Scope) -> str:
        op = "=" if call.name == "==" else call.name
        left, right = self.sides(call, scope)
        return f"({left} {op} {right})"

    def sides(self, call: Call, scope: Scope) -> tuple[str, str]:
        """Both sides of a comparison. A stored timestamp stays as it is when the other side can be made one."""
        left, right = call.args
        if isinstance(left, Ref) and left.column.encoding:
            native = self._native(right, left.column.encoding, scope)
            if native is not None:
                return scope[left.column], native
        if isinstance(right, Ref) and right.column.encoding:
            native = self._native(left, right.column.encoding, scope)
            if native is not None:
                return native, scope[right.column]
        return self.value(left, scope), self.value(right, scope)

    def _native(self, bound: Bound, encoding: Encoding, scope: Scope) -> str | None:
        """A datetime as an engine's timestamp; None when that could change the outcome of a comparison."""
        if isinstance(bound, Ref):
            return scope[bound.column] if bound.column.encoding == encoding else None
        if encoding != "ns":
            return None
        if isinstance(bound, Const) and isinstance(bound.value, int):
            if NS_RANGE[0] < bound.value < NS_RANGE[1]:
                return f"make_timestamp_ns({(bound.value - EPOCH_TICKS) * 100})"
            return None
        if is_constant(bound) and not isinstance(bound, Const):
            low, high = NS_RANGE[0] + 1, NS_RANGE[1] - 1
            clamped = f"greatest(least({self.value(bound, scope)}, {high}), {low})"
            return f"make_timestamp_ns(({clamped} - {EPOCH_TICKS}) * 100)"
        return None

    def _in_list(self, call: Call, scope: Scope) -> str:
        value, *items = call.args
        return f"({self.value(value, scope)} IN ({', '.join(self.value(item, scope) for item in items)}))"

    def _equality(self, call: Call, scope: Scope) -> str:
        """`==` and `!=` as values: null equals no value, and whether null equals null is null."""
        left, right = call.args
        negated = call.name == "!="
        one, other = self.sides(call, scope)
        if left.type == right.type == "string":
            return f"({one} {'<>' if negated else '='} {other})"
        if left.type == right.type == "dynamic":
            one, other = f"kql_comparable({one})", f"kql_comparable({other})"
        test = f"({one} IS {'' if negated else 'NOT '}DISTINCT FROM {other})"
        if any(isinstance(side, Const) and side.value is not None for side in (left, right)):
            return test
        return f"(CASE WHEN {one} IS NULL AND {other} IS NULL THEN NULL ELSE {test} END)"

    def _among(self, bound: Among, scope: Scope) -> str:
        value = self.value(bound.value, scope)
        rows = self._emitter.first_column(bound.plan, fold_case=bound.fold_case)
        return f"coalesce({f'lower({value})' if bound.fold_case else value} IN ({rows}), false)"

    # Calls

    def _call(self, call: Call, scope: Scope) -> str:
        match call.name:
            case "and" | "or":
                return "(" + f" {call.name.upper()} ".join(self.value(part, scope) for part in call.args) + ")"
            case "not":
                return f"(NOT {self.value(call.args[0], scope)})"
            case "==" | "!=":
                return self._equality(call, scope)
            case "<" | "<=" | ">" | ">=":
                return self._comparison(call, scope)
            case "between":
                return self.predicate(call, scope)
            case "in":
                return self._in(call, scope)
            case "$dynamic":
                return sql.to_dynamic(self.value(call.args[0], scope), call.args[0].type)
        args = [self.value(argument, scope) for argument in call.args]
        emitter = EMITTERS.get(call.name)
        if emitter is None:
            return self._kernel(call, args)
        try:
            return emitter(call, *args)
        except ValueError as wrong:
            raise self.source.semantic_error(str(wrong), call.span) from None

    def _in(self, call: Call, scope: Scope) -> str:
        value, *items = call.args
        scalars = [item for item in items if item.type != "dynamic"]
        parts = []
        if scalars:
            parts.append(f"coalesce({self._in_list(Call('bool', 'in', (value, *scalars)), scope)}, false)")
        for item in items:
            if item.type == "dynamic":
                text = sql.to_string(self.value(value, scope), value.type)
                parts.append(f"kql_array_has({self.value(item, scope)}, {text})")
        return parts[0] if len(parts) == 1 else "(" + " OR ".join(parts) + ")"

    def _kernel(self, call: Call, args: list[str]) -> str:
        kernel = KERNELS.get(call.name)
        if kernel is None:
            raise self.source.unsupported(f"The function '{call.name}' is not supported.", call.span)
        args += ["''" if type == "string" else f"NULL::{sql.SQL_TYPE[type]}" for type in kernel.parameters[len(args) :]]
        if len(args) > len(kernel.parameters):
            raise self.source.unsupported(f"'{call.name}' is not supported with {len(args)} arguments.", call.span)
        return f"kql_{call.name}({', '.join(args)})"

    def aggregation(self, bound: Aggregation, scope: Scope, order: str = "") -> str:
        """The SQL of an aggregate. `order`: the `ORDER BY` by which rows come, where that matters."""
        emitter = AGGREGATES.get(bound.name)
        if emitter is None:
            raise self.source.unsupported(f"The aggregate '{bound.name}' is not supported.", bound.span)
        args = [self.value(argument, scope) for argument in bound.args]
        kept = f" FILTER (WHERE {self.predicate(bound.filter, scope)})" if bound.filter is not None else ""
        native = self._native_extreme(bound, scope)
        if native:
            return native.replace("{filter}", kept)
        try:
            return emitter(bound, *args).replace("{filter}", kept).replace("{order}", order)
        except ValueError as wrong:
            raise self.source.semantic_error(str(wrong), bound.span) from None

    def _native_extreme(self, bound: Aggregation, scope: Scope) -> str | None:
        """`min` and `max` of a stored timestamp: found first, converted once."""
        if bound.name in ("min", "max") and isinstance(bound.args[0], Ref):
            column = bound.args[0].column
            if column.encoding:
                return ticks(f"{bound.name}({scope[column]}){{filter}}", column.encoding)
        return None


def ticks(text: str, encoding: Encoding) -> str:
    """A stored value in the conventions of expressions."""
    return f"kql_ticks_of_{encoding}({text})" if encoding else text


from vedette.kql.emit.duckdb.registry import macro  # noqa: E402

macro("kql_array_has(j, s)", "coalesce(list_contains(from_json(j, '[\"VARCHAR\"]'), s), false)")
macro("kql_comparable(j)", "nullif(j::VARCHAR, 'null')")
macro("kql_stored_dynamic(s)", "CASE WHEN s = '' THEN NULL WHEN json_valid(s) THEN s::JSON ELSE to_json(s) END")
