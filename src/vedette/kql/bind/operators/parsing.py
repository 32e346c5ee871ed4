"""`parse`, `parse-where` and `parse-kv`: columns out of texts.

A `parse` becomes one regular expression over the whole text, in which every column is a group; the texts of the groups
are then converted. In `simple` and `regex` a text of which one column cannot be converted counts as not matching.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.naming import Names
from vedette.kql.bind.operators.joining import option, word
from vedette.kql.bind.scope import Scope
from vedette.kql.bound import Bound, Call, Const, Ref, missing_value
from vedette.kql.plan import Captures, Filter, Plan, Project
from vedette.kql.schema import Column, Naming

_WHOLE: Final = r"[-+]?(?:0[xX][0-9a-fA-F]+|[0-9]+)"
_NUMBER: Final = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
SHAPES: Final[Mapping[KqlType, str]] = {
    "int": _WHOLE,
    "long": _WHOLE,
    "real": _NUMBER,
    "decimal": _NUMBER,
    "bool": r"(?:[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[0-9]+)",
}
"""How values look whose end shows by itself. Others end where the next text begins."""
_BEFORE_STAR: Final[Mapping[KqlType, str]] = {
    "datetime": r"[0-9A-Za-z:/.,+-]+(?: [0-9]+:[0-9:.]+(?: ?[AaPp][Mm])?)?Z?",
    "timespan": r"[-+]?[0-9.:]+",
    "guid": r"\{?[0-9a-fA-F-]{32,36}\}?",
}
"""How others look when `*` follows, so that nothing else marks their end."""
KINDS: Final = ("simple", "regex", "relaxed")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A regular expression, and the type of the column that each of its groups `c0`, `c1`, … is for."""

    text: str
    columns: tuple[tuple[str, KqlType], ...]

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(f"c{position}" for position in range(len(self.columns)))


@binds(syntax.Parse)
def parse(binder: Binder, node: syntax.Parse, input: Plan, scope: Scope) -> Plan:
    said = option(node.options, "kind")
    kind = word(binder, said, "simple")
    if kind not in KINDS:
        raise binder.source.unknown("kind of parse", kind, KINDS, said.span if said else node.span)
    flags = option(node.options, "flags")
    if flags is not None and kind != "regex":
        raise binder.source.semantic_error("Flags have a meaning with kind=regex only.", flags.span)
    value = convert(binder.scalar(node.value, binder.frame(input, scope)), "string")
    pattern = _pattern(binder, node, kind, word(binder, flags, ""))
    return _parsed(input, value, pattern, relaxed=kind == "relaxed", filtering=node.filtering)


def _pattern(binder: Binder, node: syntax.Parse, kind: str, flags: str) -> _Pattern:
    columns: list[tuple[str, KqlType]] = []
    names = Names()
    text = ""
    for position, piece in enumerate(node.pieces):
        before = node.pieces[position - 1] if position else None
        after = node.pieces[position + 1] if position + 1 < len(node.pieces) else None
        match piece:
            case syntax.Literal(value=value):
                text += f"(?:{value})" if kind == "regex" else re.escape(str(value))
            case syntax.Wildcard():
                if after is not None and not isinstance(after, syntax.Literal):
                    raise binder.source.semantic_error("A text must follow the '*' of a parse.", after.span)
                text += ".*?"
            case syntax.Name(name=name) | syntax.ColumnDeclaration(name=name):
                type: KqlType = piece.type if isinstance(piece, syntax.ColumnDeclaration) else "string"
                if before is not None and not isinstance(before, syntax.Literal):
                    raise binder.source.semantic_error("A column of a parse must follow a text.", piece.span)
                if type == "string" and isinstance(after, syntax.Wildcard):
                    raise binder.source.semantic_error(
                        "'*' cannot follow a string column: nothing says where the column ends.", after.span
                    )
                if not names.claim(name):
                    raise binder.source.semantic_error(f"There are two columns named '{name}'.", piece.span)
                text += _group(f"c{len(columns)}", type, kind, starred=isinstance(after, syntax.Wildcard))
                columns.append((name, type))
    marks = flags if kind == "regex" else "s"
    return _Pattern(rf"{f'(?{marks})' if marks else ''}\A{text}\z", tuple(columns))


def _group(name: str, type: KqlType, kind: str, *, starred: bool) -> str:
    shape = SHAPES.get(type) or (_BEFORE_STAR.get(type) if starred else None)
    if shape is None:
        return f"(?P<{name}>{'.*' if kind == 'regex' else '.*?'})"
    group = f"(?P<{name}>{shape})"
    return f"(?:{group}|.*?)" if kind == "relaxed" else group


def _parsed(input: Plan, value: Bound, pattern: _Pattern, *, relaxed: bool, filtering: bool) -> Plan:
    naming = Naming(input.columns)
    texts = [naming.column(name, "string") for name, _ in pattern.columns]
    plan: Plan = Captures((*input.columns, *texts), input, value, pattern.text, pattern.groups)
    typed = [(text, type) for text, (_, type) in zip(texts, pattern.columns, strict=True) if type != "string"]
    converted = {text: naming.column(text.name, type) for text, type in typed}
    if converted:
        plan = Project(
            (*plan.columns, *converted.values()),
            plan,
            (*_refs(plan.columns), *(_converted(text, type) for text, type in typed)),
        )
    checks = [
        Call("bool", "isnotnull", (Ref(column.type, column),))
        for column in converted.values()
        if column.type != "dynamic"
    ]
    if filtering:
        strict = [] if relaxed else checks
        tests: list[Bound] = [*strict] or [Call("bool", "matches regex", (value, Const("string", pattern.text)))]
        plan = Filter(plan.columns, plan, tests[0] if len(tests) == 1 else Call("bool", "and", tuple(tests)))
    made = [Ref(one.type, one) for one in (converted.get(text, text) for text in texts)]
    if filtering or relaxed or not checks or len(texts) == 1:
        return put(input, plan, [(one.column.name, one) for one in made])
    complete = checks[0] if len(checks) == 1 else Call("bool", "and", tuple(checks))
    values: list[tuple[str, Bound]] = []
    for one in made:
        if len(checks) == 1 and one.column.type not in ("string", "dynamic"):
            values.append((one.column.name, one))
        else:
            missing = missing_value(one.type)
            values.append((one.column.name, Call(one.type, "iff", (complete, one, missing))))
    return put(input, plan, values)


def _converted(text: Column, type: KqlType) -> Bound:
    value = Ref("string", text)
    return Call("dynamic", "parse_json", (value,)) if type == "dynamic" else convert(value, type)


def _refs(columns: Sequence[Column]) -> tuple[Ref, ...]:
    return tuple(Ref(column.type, column) for column in columns)


def put(input: Plan, plan: Plan, values: Sequence[tuple[str, Bound]]) -> Plan:
    """The input's columns from a plan that still has them, with values under names: in the place of a column of that
    name, or behind."""
    naming = Naming(plan.columns)
    by_name = {name: (naming.column(name, value.type), value) for name, value in values}
    columns: list[Column] = []
    given: list[Bound] = []
    for column in input.columns:
        fresh = by_name.pop(column.name, None)
        columns.append(fresh[0] if fresh else column)
        given.append(fresh[1] if fresh else Ref(column.type, column))
    for column, value in by_name.values():
        columns.append(column)
        given.append(value)
    return Project(tuple(columns), plan, tuple(given))


@binds(syntax.ParseKv)
def parse_kv(binder: Binder, node: syntax.ParseKv, input: Plan, scope: Scope) -> Plan:
    value = convert(binder.scalar(node.value, binder.frame(input, scope)), "string")
    names = Names()
    for column in node.columns:
        if not names.claim(column.name):
            raise binder.source.semantic_error(f"There are two columns named '{column.name}'.", column.span)
    naming = Naming(input.columns)
    bag = naming.column("pairs", "dynamic")
    pairs = _pairs(binder, node, value, scope)
    plan: Plan = Project((*input.columns, bag), input, (*_refs(input.columns), pairs))
    texts = [naming.column(column.name, "string") for column in node.columns]
    found: list[Bound] = [
        convert(Call("dynamic", "[]", (Ref("dynamic", bag), Const("string", column.name))), "string")
        for column in node.columns
    ]
    plan = Project((*input.columns, *texts), plan, (*_refs(input.columns), *found))
    values = [
        (column.name, Ref("string", text) if column.type == "string" else _converted(text, column.type))
        for column, text in zip(node.columns, texts, strict=True)
    ]
    return put(input, plan, values)


_KV_OPTIONS: Final = ("pair_delimiter", "kv_delimiter", "quote", "escape", "greedy", "regex")


def _pairs(binder: Binder, node: syntax.ParseKv, value: Bound, scope: Scope) -> Bound:
    """The keys and values of a text as a bag."""
    given: dict[str, list[str]] = {name: [] for name in _KV_OPTIONS}
    for one in node.options:
        if one.name not in given:
            raise binder.source.unknown("option of parse-kv", one.name, _KV_OPTIONS, one.span)
        if isinstance(one.value, syntax.Name):
            given[one.name].append(one.value.name)
        else:
            given[one.name].append(str(binder.constant(one.value, scope, what=f"The option '{one.name}'").value))
    for quote in given["quote"]:
        if len(quote) not in (1, 2):
            raise binder.source.semantic_error("A quote is one character, or an opening and a closing one.", node.span)
    for escape in given["escape"]:
        if len(escape) != 1:
            raise binder.source.semantic_error("An escape is one character.", node.span)
    if given["regex"]:
        return Call("dynamic", "$pairs_of_regex", (value, Const("string", given["regex"][0])), span=node.span)
    if not given["pair_delimiter"] and not given["kv_delimiter"]:
        loose = {
            "keys": [column.name for column in node.columns],
            "quotes": list(given["quote"]),
            "escapes": list(given["escape"]),
        }
        return Call("dynamic", "parse_kv_loose", (value, Const("dynamic", loose)), span=node.span)
    delimiters = [*given["pair_delimiter"][:1], *given["kv_delimiter"][:1]]
    if len(delimiters) != 2 or not all(delimiters):
        raise binder.source.semantic_error("parse-kv needs both a pair_delimiter and a kv_delimiter.", node.span)
    rules = {
        "pair": delimiters[0],
        "key_value": delimiters[1],
        "quotes": list(given["quote"]),
        "escapes": list(given["escape"]),
        "greedy": "true" in [one.lower() for one in given["greedy"]],
    }
    return Call("dynamic", "parse_kv_delimited", (value, Const("dynamic", rules)), span=node.span)
