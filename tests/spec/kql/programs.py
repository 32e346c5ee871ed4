"""Makes up programs in KQL: valid by the grammar, mostly with right names and types, and about nothing.

Functions and their parameters come from the declarations, so that a new one is tried without a change here. What
columns there are after each operator is asked of the compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql.functions.catalogue import functions
from vedette.kql.signatures import CLASSES, TYPES, Function, Param, Signature

Columns = Sequence[tuple[str, KqlType]]
Asked = Callable[[str], Columns | None]
"""The columns of a query's result; None when it is refused."""

LITERALS: Final[Mapping[KqlType, tuple[str, ...]]] = {
    "string": ('""', '"a"', '"Power.Shell"', '"é ß"', '"x,y;z"', '"[1,2]"', '\'{"a":1}\'', '"10.0.0.1/8"', '"\\u0000"',
               '"2024-01-01"', '"%_*"', '"(a|b)+"', '"1.5"', '"yyyy-MM-dd"', '"."', "'\\'\"'", '"https://a.example/b?c=d"'),
    "bool": ("true", "false", "bool(null)"),
    "int": ("int(0)", "int(1)", "int(-7)", "int(2147483647)", "int(null)"),
    "long": ("0", "1", "2", "3", "10", "-1", "1000", "9223372036854775807", "long(-9223372036854775807)", "long(null)"),
    "real": ("0.0", "1.5", "-2.25", "1e308", "real(nan)", "real(+inf)", "real(-inf)", "real(null)", "0.1"),
    "decimal": ("decimal(0)", "decimal(1.1)", "decimal(-99999.99999)", "decimal(null)"),
    "datetime": ("datetime(2024-01-01)", "datetime(2024-02-29T23:59:59.9999999Z)", "datetime(0001-01-01)",
                 "datetime(9999-12-31T23:59:59.9999999Z)", "datetime(null)", "now()", "datetime(1969-12-31)"),
    "timespan": ("1h", "0s", "-1d", "1tick", "time(null)", "10000000d", "1d", "5m", "time(1.02:03:04.5)"),
    "guid": ("guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", "guid(null)"),
    "dynamic": ("dynamic(null)", "dynamic([])", "dynamic({})", "dynamic([1, 2, 3])",
                'dynamic({"a": 1, "b": [true, null]})',
                'dynamic(["x", "y", "x"])', "dynamic([3.5, -1, 0, 2])", "dynamic(1)", 'dynamic("text")',
                "dynamic([[1], [2]])",
                'dynamic({"type": "Point", "coordinates": [1.5, 50]})', "dynamic([1, \"a\", null, {}])"),
}  # fmt: skip
_NUMBERS: Final[tuple[KqlType, ...]] = ("int", "long", "real", "decimal")
_TEXT_OPERATORS: Final = (
    "has", "!has", "has_cs", "hasprefix", "hassuffix", "contains", "!contains", "contains_cs", "startswith",
    "!startswith_cs", "endswith", "=~", "!~", "==", "!=", "<", ">=",
)  # fmt: skip
_SLOW: Final = frozenset({"series_fit_poly", "series_decompose_forecast", "range", "strrep", "repeat"})
"""A few values in their arguments make work without end; the limits stop it, and waiting for that is no use here."""


class Maker:
    """Makes up one program after another from a source of chance."""

    def __init__(self, chance: Random, tables: Mapping[str, Columns], asked: Asked) -> None:
        self.chance = chance
        self.tables = tables
        self.asked = asked
        self._by_type: dict[KqlType, list[tuple[Function, Signature]]] = {kind: [] for kind in sorted(TYPES)}
        self._aggregates: list[tuple[Function, Signature]] = []
        self._plugins: list[tuple[Function, Signature]] = []
        self._windows: list[tuple[Function, Signature]] = []
        for function in functions().values():
            for signature in function.signatures:
                if function.kind == "scalar" and function.name not in _SLOW:
                    for kind in _may_return(signature):
                        self._by_type[kind].append((function, signature))
                elif function.kind == "aggregate":
                    self._aggregates.append((function, signature))
                elif function.kind == "plugin":
                    self._plugins.append((function, signature))
                elif function.kind == "window":
                    self._windows.append((function, signature))

    def pick(self, items: Sequence[str]) -> str:
        return self.chance.choice(items)

    # Programs

    def program(self, operators: int) -> str:
        """A program that is likely to be valid."""
        lets = ""
        if self.chance.random() < 0.2:
            kind = self.a_type()
            lets = f"let v = {self.expression(kind, (), 2)};\nlet f = (a: {kind}, b: long = 2) {{ a }};\n"
            lets = lets if self.asked(f"{lets}print 1") else ""
        text = self.source()
        columns = self.asked(lets + text)
        while columns is None:
            text = self.pick(sorted(self.tables))
            columns = self.asked(lets + text)
        for _ in range(operators):
            further = f"{text}\n| {self.operator(columns)}"
            found = self.asked(lets + further)
            if found is None:
                continue
            if not found:
                break
            text, columns = further, found
        return lets + text

    def source(self) -> str:
        name = self.pick(sorted(self.tables))
        match self.chance.randrange(12):
            case 0:
                return f"print {', '.join(self.named((), 2) for _ in range(1 + self.chance.randrange(3)))}"
            case 1:
                return f"range r from {self.chance.randrange(5)} to {self.chance.randrange(30)} step 3"
            case 2:
                other = self.pick(sorted(self.tables))
                return f"union withsource=Origin kind={self.pick(['inner', 'outer'])} {name}, {other}"
            case 3:
                kinds = [self.a_type() for _ in range(2)]
                cells = ", ".join(self.pick(LITERALS[kind]) for _ in range(3) for kind in kinds)
                return f"datatable(a: {kinds[0]}, b: {kinds[1]}) [{cells}]"
            case _:
                return name

    # Operators

    def operator(self, columns: Columns) -> str:
        made: list[Callable[[Columns], str]] = [
            self.where, self.where, self.extend, self.extend, self.extend, self.project, self.summarize, self.summarize,
            self.keep, self.order, self.joined, self.expanded, self.small, self.window, self.plugin, self.parsed,
            self.series, self.nested,
        ]  # fmt: skip
        return self.chance.choice(made)(columns)

    def where(self, columns: Columns) -> str:
        return f"where {self.condition(columns, 3)}"

    def extend(self, columns: Columns) -> str:
        return f"extend {', '.join(self.named(columns, 3) for _ in range(1 + self.chance.randrange(2)))}"

    def project(self, columns: Columns) -> str:
        kept = [self.name(columns) for _ in range(1 + self.chance.randrange(3))]
        return f"project {', '.join([*dict.fromkeys(kept), self.named(columns, 2)])}"

    def keep(self, columns: Columns) -> str:
        name = self.name(columns)
        return self.pick([
            f"project-away {name}", f"project-keep {name}", f"project-rename renamed = {name}",
            f"project-reorder {name}, *", f"distinct {name}, {self.name(columns)}", "distinct *", "getschema",
        ])  # fmt: skip

    def summarize(self, columns: Columns) -> str:
        found = ", ".join(self.aggregate(columns) for _ in range(self.chance.randrange(3)))
        keys = ", ".join(self.key(columns) for _ in range(self.chance.randrange(3)))
        return f"summarize {found}{f' by {keys}' if keys else ''}" if found or keys else "count"

    def order(self, columns: Columns) -> str:
        value = self.expression(self.orderable(), columns, 1)
        how = f"{value} {self.pick(['asc', 'desc', 'asc nulls last', 'desc nulls first'])}"
        return self.pick([f"sort by {how}", f"top 3 by {how}", f"sort by {how}, {self.name(columns)}"])

    def joined(self, columns: Columns) -> str:
        other = self.pick(sorted(self.tables))
        shared = [name for name, kind in columns if (name, kind) in self.tables[other] and kind != "dynamic"]
        if not shared:
            return f"union {other}"
        kind = self.pick(
            ["inner", "innerunique", "leftouter", "rightouter", "fullouter", "leftanti", "leftsemi", "rightsemi"]
        )
        key, condition = self.pick(shared), self.condition(self.tables[other], 1)
        return self.pick([
            f"join kind={kind} {other} on {key}", f"lookup kind=leftouter {other} on {key}",
            f"join kind={kind} ({other} | where {condition}) on $left.{key} == $right.{key}",
            f"where {key} in ({other} | project {key})", f"union (({other}))",
            f"extend t = toscalar({other} | summarize max({key}))",
        ])  # fmt: skip

    def expanded(self, columns: Columns) -> str:
        bag = self.expression("dynamic", columns, 1)
        return self.pick([
            f"mv-expand e = {bag}", f"mv-expand e = {bag} to typeof({self.a_type()})",
            f"mv-expand with_itemindex=i e = {bag}",
            f"mv-expand kind=array {bag}", f"mv-apply e = {bag} on (summarize count())",
            f"mv-apply e = {bag} to typeof(string) on (where e has {self.pick(LITERALS['string'])} | take 2)",
        ])  # fmt: skip

    def small(self, columns: Columns) -> str:
        return self.pick([
            "count", "take 3", "sample 2", "as Named", "serialize n = row_number()", "limit 0",
            f"sample-distinct 2 of {self.name(columns)}", f"top-hitters 2 of {self.name(columns)}",
            f"top-nested 2 of {self.name(columns)} by count(), top-nested 1 of {self.name(columns)} by max(1)",
            "consume", "render table", "fork (count) (take 1)", f"facet by {self.name(columns)}",
            f"reduce by {self.name(columns)}", f"search {self.pick(LITERALS['string'])}",
            f"partition by {self.name(columns)} (top 1 by {self.name(columns)})", "materialize()", "invoke f()",
        ])  # fmt: skip

    def window(self, columns: Columns) -> str:
        call = self.call(*self.chance.choice(self._windows), columns, 1)
        return (
            f"serialize\n| extend w = {call}"
            if self.chance.random() < 0.5
            else f"sort by {self.name(columns)}\n| extend w = {call}"
        )

    def plugin(self, columns: Columns) -> str:
        return f"evaluate {self.call(*self.chance.choice(self._plugins), columns, 1)}"

    def parsed(self, columns: Columns) -> str:
        text = self.expression("string", columns, 1)
        return self.pick([
            f'parse {text} with * "a" p: long "," q',
            f'parse kind=relaxed {text} with p: {self.a_type()} "." *',
            f'parse-where {text} with p "=" *',
            f'parse kind=regex {text} with ".*" p: real @"\\s+" q',
            f'parse-kv {text} as (a: string, b: long) with (pair_delimiter=",", kv_delimiter="=")',
            f'parse-kv {text} as (a: string) with (regex=@"(\\w+)=(\\w+)")',
        ])  # fmt: skip

    def series(self, columns: Columns) -> str:
        kind = self.chance.choice(("datetime", "long", "real"))
        low, high, step = {
            "datetime": ("datetime(2024-01-01)", "datetime(2024-01-05)", "12h"),
            "long": ("0", "20", "3"),
            "real": ("0.0", "1.0", "0.25"),
        }[kind]
        axis = self.expression("datetime" if kind == "datetime" else "long" if kind == "long" else "real", columns, 0)
        by = f" by {self.name(columns)}" if self.chance.random() < 0.5 else ""
        return f"make-series s = {self.aggregate(columns)} default=0 on {axis} from {low} to {high} step {step}{by}"

    def nested(self, columns: Columns) -> str:
        first, second = self.condition(columns, 1), self.condition(columns, 1)
        steps = f"step a: {first} => n = 1; step b output=all: {second} => n = a.n + 1;"
        return self.pick([
            f"scan declare (n: long = 0) with ({steps})",
            f"sort by {self.name(columns)}\n| scan with_match_id=m with (step a: {self.condition(columns, 1)};)",
            f"extend g = f({self.name(columns)})",
            f"where {self.name(columns)} in ({self.pick(LITERALS[self.a_type()])}, v)",
        ])  # fmt: skip

    # Expressions

    def a_type(self) -> KqlType:
        return self.chance.choice(sorted(TYPES))

    def orderable(self) -> KqlType:
        return self.chance.choice(sorted(TYPES - {"dynamic"}))

    def name(self, columns: Columns) -> str:
        return _written(self.chance.choice(columns)[0])

    def key(self, columns: Columns) -> str:
        kind: KqlType = self.chance.choice(("datetime", "long", "real", "timespan"))
        size = {"datetime": "1h", "timespan": "1h", "long": "5", "real": "0.5"}[kind]
        return f"bin({self.expression(kind, columns, 1)}, {size})" if self.chance.random() < 0.3 else self.name(columns)

    def named(self, columns: Columns, depth: int) -> str:
        expression = self.expression(self.a_type(), columns, depth)
        return f"{self.pick(['x', 'y', 'z', 'Text'])} = {expression}" if self.chance.random() < 0.8 else expression

    def aggregate(self, columns: Columns) -> str:
        return self.call(*self.chance.choice(self._aggregates), columns, 1)

    def condition(self, columns: Columns, depth: int) -> str:
        return self.expression("bool", columns, depth)

    def expression(self, kind: KqlType, columns: Columns, depth: int) -> str:
        """Something of a type: the deeper it may be, the likelier is a call."""
        chosen = self.chance.random()
        fitting = [name for name, found in columns if found == kind]
        if depth == 0 or chosen < 0.25:
            return _written(self.pick(fitting)) if fitting and chosen < 0.9 else self.pick(LITERALS[kind])
        if chosen < 0.55 and self._by_type[kind]:
            return self.call(*self.chance.choice(self._by_type[kind]), columns, depth - 1)
        return self.operation(kind, columns, depth - 1)

    def operation(self, kind: KqlType, columns: Columns, depth: int) -> str:
        def some(wanted: KqlType) -> str:
            return self.expression(wanted, columns, depth)

        if self.chance.random() < 0.15:
            return f"{self.pick(['iff', 'iif'])}({some('bool')}, {some(kind)}, {some(kind)})"
        if self.chance.random() < 0.1:
            return f"({some(kind)})"
        match kind:
            case "bool":
                other = self.orderable()
                same = (
                    self.pick(["==", "!=", "<", "<=", ">", ">="])
                    if other not in ("bool", "guid")
                    else self.pick(["==", "!="])
                )
                items = ", ".join(some("string") for _ in range(1 + self.chance.randrange(6)))
                return self.pick([
                    f"({some('bool')} {self.pick(['and', 'or'])} {some('bool')})", f"not({some('bool')})",
                    f"({some(other)} {same} {some(other)})",
                    f"({some('string')} {self.pick(_TEXT_OPERATORS)} {some('string')})",
                    f"({some('string')} {self.pick(['in', 'in~', '!in', '!in~', 'has_any', 'has_all'])} ({items}))",
                    f"({some('long')} between ({some('long')} .. {some('long')}))",
                    f"({some('datetime')} between ({some('datetime')} .. {some('timespan')}))",
                    f"({some('string')} matches regex {self.pick(LITERALS['string'])})",
                    f"isnull({some(other)})", f"({some('dynamic')} == {some('string')})",
                ])  # fmt: skip
            case "int" | "long" | "real" | "decimal":
                return f"({some(kind)} {self.pick(['+', '-', '*', '/', '%'])} {some(self.chance.choice(_NUMBERS))})"
            case "datetime":
                return f"({some('datetime')} {self.pick(['+', '-'])} {some('timespan')})"
            case "timespan":
                return self.pick([
                    f"({some('datetime')} - {some('datetime')})", f"({some('timespan')} * {some('real')})",
                    f"({some('timespan')} / {some('long')})", f"(-{some('timespan')})",
                ])  # fmt: skip
            case "dynamic":
                return self.pick([
                    f"todynamic({some('string')})", f"{some('dynamic')}.a", f'{some("dynamic")}["b"]',
                    f"{some('dynamic')}[{self.pick(['0', '-1', '5'])}]", "pack_all()",
                ])  # fmt: skip
            case _:
                return f"tostring({some(self.a_type())})" if kind == "string" else f"toguid({some('string')})"

    def call(self, function: Function, signature: Signature, columns: Columns, depth: int) -> str:
        """A call that has arguments of the declared kinds."""
        params = [param for param in signature.before if not param.optional or self.chance.random() < 0.4]
        if any(param.optional for param in signature.before):
            required = [param for param in signature.before if not param.optional]
            optional = [param for param in signature.before if param.optional]
            params = required + optional[: self.chance.randrange(len(optional) + 1)]
        params += list(signature.repeating) * (
            signature.at_least + self.chance.randrange(3) if signature.repeating else 0
        )
        params += [param for param in signature.after if not param.optional]
        common = self.chance.choice(sorted(TYPES))
        arguments = [self.argument(param, common, columns, depth) for param in params]
        return f"{function.name}({', '.join(arguments)})"

    def argument(self, param: Param, common: KqlType, columns: Columns, depth: int) -> str:
        if param.kind == "type":
            return f"typeof({self.a_type()})"
        if param.kind == "table":
            return self.pick(sorted(self.tables))
        if param.kind == "common":
            return self.expression(common, columns, depth)
        kinds = sorted(param.accepts)
        preferred = [kind for kind in kinds if kind in param.kind.split("|")]
        kind = self.chance.choice(preferred or kinds)
        # Half of the functions want some of their arguments constant.
        return self.pick(LITERALS[kind]) if self.chance.random() < 0.35 else self.expression(kind, columns, depth)


def _may_return(signature: Signature) -> Sequence[KqlType]:
    if signature.returns in TYPES:
        return [signature.returns]  # type: ignore[list-item]  # a type, as just seen
    if signature.returns in CLASSES or not signature.before:
        return sorted(TYPES)
    first = signature.before[0]
    return (
        sorted(first.accepts & TYPES)
        if signature.returns.startswith("first")
        else ["long", "real", "string", "dynamic"]
    )


def _written(name: str) -> str:
    return name if name.isidentifier() else f"['{name}']"
