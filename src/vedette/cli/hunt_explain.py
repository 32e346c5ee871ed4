"""`vedette hunt --explain`: the steps that a query becomes, as a tree, and the SQL that runs.

The tree reads as the query does, the first step on top; further inputs of a step (the right side of a join, the members
of a union) stand indented above it. Each step says which columns its rows have.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vedette.cli.output import Output, write
from vedette.cli.text import terminal

if TYPE_CHECKING:
    from vedette.kql import Compiled
    from vedette.kql.bound import Bound
    from vedette.kql.plan import Plan

_COLUMNS = 8
"""Columns that a line of the plan names; further ones are counted."""
_LONGEST = 60
_INDENT = "  "


@dataclasses.dataclass(frozen=True)
class Step:
    """One line of the tree."""

    depth: int
    name: str
    detail: str
    columns: tuple[str, ...]


def explained(output: Output, compiled: Compiled) -> None:
    """Show the plan and the SQL; with `-o json` as one object."""
    steps = list(_steps(compiled.plan, 0, set()))
    if output.form != "table":
        output.record(
            {
                "plan": [dataclasses.asdict(step) for step in steps],
                "sql": compiled.sql,
                "stages": [
                    {"name": stage.name, "procedure": stage.procedure, "inputs": [one.sql for one in stage.inputs]}
                    for stage in compiled.stages
                ],
                "parts": [{"name": name, "sql": sql} for name, sql, _ in compiled.parts],
                "tables": sorted(compiled.tables),
            }
        )
        return
    output.line(output.styled("Plan", "bold"))
    for step in steps:
        _draw(output, step)
    for stage in compiled.stages:
        for number, given in enumerate(stage.inputs, start=1):
            of = f" ({number} of {len(stage.inputs)})" if len(stage.inputs) > 1 else ""
            _sql(output, f"Rows for the program {stage.procedure}{of}", given.sql)
    _sql(output, "SQL", compiled.sql)
    for name, sql, _ in compiled.parts:
        _sql(output, f"SQL of {name}", sql)


def _draw(output: Output, step: Step) -> None:
    shown = ", ".join(step.columns[:_COLUMNS])
    if len(step.columns) > _COLUMNS:
        shown += f", … {len(step.columns)} in all"
    head = f"{_INDENT * (step.depth + 1)}{step.name}" + (f" {step.detail}" if step.detail else "")
    arrow = f"→ {shown}"
    if output.width is None or len(head) + 2 + len(arrow) <= output.width:
        output.line(f"{output.styled(terminal(head), 'cyan')}  {output.styled(terminal(arrow), 'dim')}")
        return
    output.line(output.styled(terminal(head), "cyan"))
    margin = _INDENT * (step.depth + 3)
    for line in output.wrapped(terminal(arrow), len(margin)):
        output.line(margin + output.styled(line, "dim"))


def _sql(output: Output, title: str, sql: str) -> None:
    output.line()
    output.line(output.styled(title, "bold"))
    write(indented_sql(sql) + "\n")


# -- the plan ----------------------------------------------------------------------------------------------------------


def _steps(plan: Plan, depth: int, shown: set[str]) -> Iterator[Step]:
    """The steps before, then this one. A plan that is shared is shown where it is read first."""
    from vedette.kql import plan as nodes

    if isinstance(plan, nodes.Shared):
        if plan.name not in shown:
            shown.add(plan.name)
            yield from _steps(plan.definition, depth + 1, shown)
    else:
        inputs = _inputs(plan)
        is_flat = len(inputs) == 1 or not isinstance(plan, nodes.UnionAll | nodes.Procedure)
        for number, before in enumerate(inputs):
            yield from _steps(before, depth if is_flat and number == 0 else depth + 1, shown)
        for inner in _inside(plan):
            yield from _steps(inner, depth + 1, shown)
    yield Step(depth, _name(plan), _detail(plan), tuple(f"{one.name}: {one.type}" for one in plan.columns))


def _inputs(plan: Plan) -> list[Plan]:
    from vedette.kql.plan import Plan as Node

    found: list[Plan] = []
    for field in dataclasses.fields(plan):
        value = getattr(plan, field.name)
        if isinstance(value, Node):
            found.append(value)
        elif isinstance(value, tuple):
            found.extend(one for one in value if isinstance(one, Node))
    return found


def _inside(plan: Plan) -> Iterator[Plan]:
    """Plans inside of expressions: `toscalar`, `in (…)`."""
    from vedette.kql import bound

    for expression in _expressions(plan):
        for part in bound.walk(expression):
            if isinstance(part, bound.First | bound.Among | bound.Values):
                yield part.plan


def _expressions(value: object) -> Iterator[Bound]:
    from vedette.kql.bound import Bound as Expression
    from vedette.kql.plan import Expansion, Plan, SortKey, Window

    if isinstance(value, Expression):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            if not isinstance(one, Plan):
                yield from _expressions(one)
    elif isinstance(value, Plan | SortKey | Window | Expansion):
        for field in dataclasses.fields(value):
            inner = getattr(value, field.name)
            if not isinstance(inner, Plan):
                yield from _expressions(inner)


def _name(plan: Plan) -> str:
    """`FirstPerKey` as `first per key`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(plan).__name__).lower()


def _detail(plan: Plan) -> str:
    from vedette.kql import plan as nodes

    match plan:
        case nodes.Scan(table=table):
            return table
        case nodes.Filter(predicate=predicate):
            return _said(predicate)
        case nodes.Aggregate(keys=keys, aggregations=aggregations):
            by = f" by {_list(keys)}" if keys else ""
            return _list(aggregations) + by
        case nodes.Sort(keys=sorted_by):
            return _cut(", ".join(f"{_said(one.value)} {'desc' if one.descending else 'asc'}" for one in sorted_by))
        case nodes.Take(rows=rows) | nodes.Sample(rows=rows):
            return _said(rows)
        case nodes.Join(kind=kind, on=on):
            return _cut(f"{kind} on " + " and ".join(f"{_said(one)} = {_said(other)}" for one, other in on))
        case nodes.FirstPerKey(keys=keys):
            return _list(keys)
        case nodes.Procedure(name=name) | nodes.Shared(name=name):
            return name
        case nodes.External(addresses=addresses):
            return _cut(", ".join(one.partition(";")[0].partition("?")[0] for one in addresses))
        case nodes.Rows(rows=constant):
            return f"{len(constant)} written in the query"
        case nodes.Unnest(items=items):
            return _list([one.value for one in items])
        case nodes.Windows(windows=windows):
            return _cut(", ".join(f"{one.name}({_list(one.args)})" for one in windows))
        case nodes.Project(values=values, input=input_):
            from vedette.kql.bound import Ref

            passed = {id(column) for column in input_.columns}
            new = [
                f"{column.name} = {_said(value)}"
                for column, value in zip(plan.columns, values, strict=True)
                if not (isinstance(value, Ref) and value.column.name == column.name and id(value.column) in passed)
            ]
            return _cut(", ".join(new))
        case _:
            return ""


def _list(expressions: object) -> str:
    return _cut(", ".join(map(_said, expressions))) if isinstance(expressions, (tuple, list)) else ""


def _said(expression: Bound) -> str:
    """An expression in short."""
    return _cut(_spelled(expression))


def _spelled(expression: Bound) -> str:
    from vedette.kql import bound

    match expression:
        case bound.Const(value=value, type=kind):
            return _constant(kind, value)
        case bound.Ref(column=column):
            return column.name
        case bound.Call(name=name, args=(one, other)) if not name[0].isidentifier() or name in _WORDS:
            return (
                f"{_spelled(one)}[{_spelled(other)}]" if name == "[]" else f"({_spelled(one)} {name} {_spelled(other)})"
            )
        case bound.Call(name=name, args=args) | bound.Aggregation(name=name, args=args):
            return f"{name}({', '.join(map(_spelled, args))})"
        case bound.First():
            return "toscalar(…)"
        case bound.Among(value=value):
            return f"{_spelled(value)} in (…)"
        case _:
            return "(…)"


_TERMS = ("has", "has_cs", "has_any", "has_all", "hasprefix", "hassuffix", "contains", "contains_cs")
_WORDS = (*_TERMS, "and", "or", "in", "in~", "startswith", "startswith_cs", "endswith", "endswith_cs")
"""Operators that are words."""


def _constant(kind: str, value: object) -> str:
    import json

    from vedette.kql.ticks import datetime_text, timespan_text

    if value is None:
        return "null"
    if kind == "datetime" and isinstance(value, int):
        return datetime_text(value)
    if kind == "timespan" and isinstance(value, int):
        return timespan_text(value)
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False, default=str)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


# -- SQL ---------------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()]|\s+|[^\s()'\"]+")
_JOINS = frozenset({"LEFT", "INNER", "RIGHT", "FULL", "SEMI", "ANTI", "CROSS"})
_BREAKS = _JOINS | {"SELECT", "FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "UNION", "HAVING", "QUALIFY", "JOIN"}


def indented_sql(sql: str) -> str:
    """SQL with its clauses on lines of their own, subqueries indented. Nothing but blanks is changed."""
    lines: list[str] = []
    line = ""
    stack: list[bool] = []
    pieces: list[str] = _TOKEN.findall(sql)
    before = ""

    def end() -> None:
        nonlocal line
        if line.strip():
            lines.append(line.rstrip())
        line = _INDENT * (1 + sum(stack))

    end()
    for place, piece in enumerate(pieces):
        if piece.isspace():
            if line.strip():
                line += " "
            continue
        word = piece.upper()
        if piece == "(":
            following = next((one for one in pieces[place + 1 :] if not one.isspace()), "").upper()
            nested = following in ("SELECT", "WITH")
            line += piece
            stack.append(nested)
            if nested:
                end()
        elif piece == ")":
            nested = stack.pop() if stack else False
            if nested:
                end()
            line += piece
        elif word in _BREAKS and (not stack or stack[-1]) and not (before in _JOINS and word == "JOIN"):
            end()
            line += piece
        else:
            line += piece
        before = word
    end()
    return "\n".join(lines)
