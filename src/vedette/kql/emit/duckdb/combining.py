"""SQL of what combines several inputs: joins and unions."""

from __future__ import annotations

from vedette.kql.bound import Bound, Call, Const, missing_value
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.plans import Emitter, Needed, Select, indented, used, writes
from vedette.kql.plan import Join, Project, UnionAll
from vedette.kql.schema import Column

_WIDE = 2_000
"""So many values in a row of each input, together, and a union leaves out those that are missing."""


@writes(Join)
def joined(emitter: Emitter, plan: Join, needed: Needed) -> Select:
    both = plan.kind not in ("semi", "anti")
    of_right = dict(zip(plan.columns[len(plan.left.columns) :], plan.right.columns, strict=True)) if both else {}
    conditions = used(plan.condition)
    left_uses = used(*(left for left, _ in plan.on)) | (conditions & set(plan.left.columns))
    right_uses = used(*(right for _, right in plan.on)) | (conditions & set(plan.right.columns))
    right_needed = frozenset(of_right[column] for column in of_right if column in needed)
    left_kept = [column for column in plan.left.columns if column in needed | left_uses]
    right_kept = [column for column in plan.right.columns if column in right_needed | right_uses]
    left = emitter.select(plan.left, frozenset(left_kept)).text(left_kept)
    right = emitter.select(plan.right, frozenset(right_kept)).text(right_kept)
    one, other = emitter.name("l"), emitter.name("r")
    left_scope = {column: f"{one}.{sql.identifier(column.physical)}" for column in left_kept}
    right_scope = {column: f"{other}.{sql.identifier(column.physical)}" for column in right_kept}
    tests = []
    for left_key, right_key in plan.on:
        a, b = emitter.expressions.sides(Call("bool", "==", (left_key, right_key)), left_scope | right_scope)
        tests.append(f"{a} = {b}")
    if plan.condition is not None:
        tests.append(emitter.expressions.predicate(plan.condition, left_scope | right_scope))
    word = {
        "inner": "JOIN",
        "left": "LEFT JOIN",
        "right": "RIGHT JOIN",
        "full": "FULL JOIN",
        "semi": "SEMI JOIN",
        "anti": "ANTI JOIN",
        "cross": "CROSS JOIN",
    }[plan.kind]
    on = f" ON {' AND '.join(tests)}" if tests else "" if plan.kind == "cross" else " ON true"
    origin = f"({indented(left)}) AS {one}\n{word} ({indented(right)}) AS {other}{on}"
    scope: dict[Column, str] = {}
    missing_left, missing_right = plan.kind in ("right", "full"), plan.kind in ("left", "full")
    for column in plan.left.columns:
        if column in needed:
            scope[column] = _present(left_scope[column], column, missing_left)
    for column, stored in of_right.items():
        if column in needed:
            scope[column] = _present(right_scope[stored], column, missing_right)
    return Select(origin, scope)


def _present(text: str, column: Column, may_miss: bool) -> str:
    return f"coalesce({text}, '')" if may_miss and column.type == "string" else text


@writes(UnionAll)
def united(emitter: Emitter, plan: UnionAll, needed: Needed) -> Select:
    columns = [column for column in plan.columns if column in needed]
    values_of = [dict(zip(plan.columns, values, strict=True)) for values in plan.values]
    by_name = len(columns) * len(plan.inputs) > _WIDE
    given = [[column for column in columns if not by_name or not _is_missing(values[column])] for values in values_of]
    if by_name:
        given[0] += [column for column in columns if not any(column in each for each in given)]
    texts = []
    for input, values, own in zip(plan.inputs, values_of, given, strict=True):
        step = Project(tuple(own), input, tuple(values[column] for column in own))
        select = emitter.select(step, frozenset(own))
        text = select.text(own)
        texts.append(f"({text})" if select.order or select.limit else text)
    body = ("\nUNION ALL BY NAME\n" if by_name else "\nUNION ALL\n").join(texts)
    everywhere = set(columns).intersection(*given)
    return Select(
        f"({indented(body)}) AS {emitter.name('s')}",
        {
            column: _present(sql.identifier(column.physical), column, may_miss=column not in everywhere)
            for column in columns
        },
    )


def _is_missing(value: Bound) -> bool:
    return isinstance(value, Const) and value == missing_value(value.type)
