"""SQL of steps that take values apart: arrays into rows, texts into columns."""

from __future__ import annotations

from vedette.catalogue.tables import KqlType
from vedette.kql.bound import Bound, Call, Const, Ref
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.plans import Emitter, Needed, Select, used, writes
from vedette.kql.emit.duckdb.regexes import translated
from vedette.kql.emit.duckdb.registry import emits, macro
from vedette.kql.plan import Captures, Unnest
from vedette.kql.schema import Column

_ELEMENTS = "json_extract(j, '$[*]')"
_PAIRS = "list_transform(list_zip(json_keys(j), json_extract(j, '$.*')), lambda kql_p: {made}(kql_p[1], kql_p[2]))"
for name, made in (("kql_expanded", "json_object"), ("kql_expanded_pairs", "json_array")):
    # An array shows by its first character, which costs less than to have JSON read for its type.
    macro(
        f"{name}(j)",
        f"CASE WHEN starts_with(j, '[') THEN {_ELEMENTS} ELSE CASE json_type(j) WHEN 'ARRAY' THEN {_ELEMENTS}"
        f" WHEN 'OBJECT' THEN {_PAIRS.format(made=made)} ELSE [j] END END",
    )

_WHOLE = "'BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE'"
_CONFORMING: dict[KqlType, str] = {
    "bool": "'BOOLEAN'",
    "int": _WHOLE,
    "long": _WHOLE,
    "real": _WHOLE,
    # JSON has no such values: they are kept as texts.
    "decimal": f"{_WHOLE}, 'VARCHAR'",
    "datetime": "'VARCHAR'",
    "timespan": "'VARCHAR'",
    "guid": "'VARCHAR'",
}


def element(text: str, type: KqlType) -> str:
    """An array's element as a value of a type: elements are cast and never parsed."""
    if type in ("dynamic", "string"):
        return sql.from_dynamic(text, type)
    test = f"json_type({text}) IN ({_CONFORMING[type]})"
    if type == "real":
        test += f" OR {text} ->> '$' IN ('NaN', 'Infinity', '-Infinity')"
    return f"CASE WHEN {test} THEN {sql.from_dynamic(text, type)} END"


@writes(Unnest)
def unnested(emitter: Emitter, plan: Unnest, needed: Needed) -> Select:
    made = {one.column for one in plan.items}
    passing = [column for column in plan.input.columns if column in needed and column not in made]
    uses = used(*(one.value for one in plan.items))
    select = _base(emitter, emitter.select(plan.input, frozenset(passing) | uses), passing, uses)
    if any(not isinstance(one.value, Ref) for one in plan.items):
        select, values = _evaluated(emitter, select, [one.value for one in plan.items], passing)
    else:
        values = [emitter.expressions.value(one.value, select.scope) for one in plan.items]
    function = "kql_expanded_pairs" if plan.as_arrays else "kql_expanded"
    lists = [f"{function}({value})" for value in values]
    if plan.limit is not None:
        most = emitter.expressions.value(plan.limit, {})
        lists = [f"({one})[1:{most}]" for one in lists]
    if plan.index is not None and plan.index in needed:
        columns = [Column("list", "dynamic", emitter.name("list_")) for _ in lists]
        for column, text in zip(columns, lists, strict=True):
            select.scope[column] = text
        select = emitter.wrapped(select, [*passing, *columns])
        lists = [select.scope[column] for column in columns]
        counts = ", ".join(f"len({one})" for one in lists)
        select.scope[plan.index] = f"unnest(range({f'greatest({counts})' if len(lists) > 1 else counts}))"
        passing = [*passing, plan.index]
    elements = [Column("element", "dynamic", emitter.name("element_")) for _ in lists]
    for column, text in zip(elements, lists, strict=True):
        select.scope[column] = f"unnest({text})"
    level = emitter.wrapped(select, [*passing, *elements])
    for one, column in zip(plan.items, elements, strict=True):
        level.scope[one.column] = element(level.scope[column], one.column.type)
        if one.column.type != "dynamic":
            level.computed.add(one.column)
    return level


def _base(emitter: Emitter, select: Select, passing: list[Column], uses: Needed) -> Select:
    """A level in whose SELECT rows can be made more."""
    if select.plain and not select.order and not any(column in select.computed for column in uses):
        return select
    return emitter.wrapped(select, [column for column in select.scope if column in uses or column in passing])


def _evaluated(
    emitter: Emitter, select: Select, values: list[Bound], passing: list[Column]
) -> tuple[Select, list[str]]:
    """The values as columns of a level below, so that each is computed once."""
    columns = [Column("value", "dynamic", emitter.name("value_")) for _ in values]
    for column, value in zip(columns, values, strict=True):
        select.scope[column] = emitter.expressions.value(value, select.scope)
    level = emitter.wrapped(select, [*passing, *columns])
    return level, [level.scope[column] for column in columns]


@writes(Captures)
def captured(emitter: Emitter, plan: Captures, needed: Needed) -> Select:
    passing = [column for column in plan.input.columns if column in needed]
    uses = used(plan.value)
    select = _base(emitter, emitter.select(plan.input, frozenset(passing) | uses), passing, uses)
    texts = plan.columns[len(plan.input.columns) :]
    if not any(column in needed for column in texts):
        return select
    try:
        regex = translated(plan.pattern)
    except ValueError as wrong:
        raise emitter.expressions.source.semantic_error(str(wrong), plan.value.span) from None
    names = ", ".join(f"'g{number}'" for number in range(1, regex.groups + 1))
    match = Column("match", "dynamic", emitter.name("match_"))
    value = emitter.expressions.value(plan.value, select.scope)
    select.scope[match] = f"regexp_extract({value}, {sql.text(regex.pattern)}, [{names}])"
    level = emitter.wrapped(select, [*passing, match])
    for column, group in zip(texts, plan.groups, strict=True):
        level.scope[column] = f"{level.scope[match]}.g{regex.names[group]}"
    return level


@emits("$pairs_of_regex")
def _pairs_of_regex(call: Call, value: str, pattern: str) -> str:
    """Every match's first group with its second."""
    constant = call.args[1]
    assert isinstance(constant, Const)
    regex = translated(str(constant.value))
    if regex.groups != 2:
        raise ValueError(f"the regular expression of parse-kv needs two groups, and this has {regex.groups}")
    text = sql.text(regex.pattern)
    keys, values = (f"to_json(regexp_extract_all({value}, {text}, {group}))" for group in (1, 2))
    return f"kql_parse_kv_paired({keys}, {values})"


@emits("$joined")
def _joined(call: Call, *texts: str) -> str:
    """Texts with a separator between them."""
    return f"concat_ws({', '.join(texts)})"
