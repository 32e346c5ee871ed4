"""`scan`: sequences of rows, matched step by step.

The state is one table per step k: the values that steps 1 to k had when they last matched. `step.column` in step k
reads it; before a match it holds defaults of declared columns and nulls.
"""

from __future__ import annotations

from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.operators.joining import option, word
from vedette.kql.bind.operators.rows import sort_keys
from vedette.kql.bind.residual import Residual, plain
from vedette.kql.bind.scope import Frame, Row, Scope
from vedette.kql.bound import Bound, Const, missing_value
from vedette.kql.kernels.evaluate import Program
from vedette.kql.plan import Plan, Procedure, Sort
from vedette.kql.schema import Column, Naming


@binds(syntax.Scan)
def scan(binder: Binder, node: syntax.Scan, input: Plan, scope: Scope) -> Plan:
    if node.order:
        keys = sort_keys(binder, node.order, binder.frame(input, scope))
        input = Sort(input.columns, input, keys)
    for step in node.steps:
        if step.optional:
            raise binder.source.unsupported(
                "Optional steps of scan are not supported: what they do is not documented.", step.span
            )
    named = option(node.options, "with_step_name")
    if named is not None:
        raise binder.source.unsupported(
            "The option with_step_name of scan is not supported: no page tells what it adds.", named.span
        )
    naming = Naming(input.columns)
    row = Row(input.columns)
    declared: list[Column] = []
    defaults: list[Const] = []
    for declaration in node.declared:
        if row.exactly(declaration.name) is not None or declaration.name in {one.name for one in declared}:
            raise binder.source.semantic_error(f"There are two columns named '{declaration.name}'.", declaration.span)
        declared.append(naming.column(declaration.name, declaration.type))
        defaults.append(_default(binder, declaration, scope))
    steps = [step.name for step in node.steps]
    for position, step in enumerate(node.steps):
        if step.name in steps[:position]:
            raise binder.source.semantic_error(f"There are two steps named '{step.name}'.", step.span)
    record = (*input.columns, *declared)
    # The state's columns: those of every step in turn, then the declared columns of the record at hand.
    states = [[Column(f"{name}.{one.name}", one.type, "") for one in record] for name in steps]
    flat = [column for columns in states for column in columns] + declared
    residual = Residual(binder, input, {column: number for number, column in enumerate(flat)})
    partition = [_key(binder, one, input, scope, residual) for one in node.partition]
    described: list[tuple[Program, list[tuple[int, Program]], str]] = []
    for position, step in enumerate(node.steps):
        seen = [column for columns in states[: position + 1] for column in columns]
        condition = binder.condition(step.condition, Frame(scope, Row((*input.columns, *seen))))
        frame = Frame(scope, Row((*input.columns, *declared, *seen)))
        assignments: list[tuple[int, Program]] = []
        for item in step.assignments:
            target = item.names[0] if item.names else ""
            place = next((number for number, one in enumerate(declared) if one.name == target), None)
            if place is None:
                raise binder.source.unknown("declared column", target, [one.name for one in declared], item.span)
            value: Bound = convert(binder.scalar(item.value, frame), declared[place].type)
            assignments.append((place, residual.program(value)))
        described.append((residual.program(condition), assignments, step.output))
    settled = [
        {
            "condition": residual.slots(condition),
            "assignments": [[place, residual.slots(program)] for place, program in assignments],
            "output": output,
        }
        for condition, assignments, output in described
    ]
    options = {
        "columns": [column.type for column in input.columns],
        "declared": [column.type for column in declared],
        "defaults": [plain(default.value) for default in defaults],
        "partition": [residual.slots(key) for key in partition],
        "steps": settled,
        "with_match_id": False,
    }
    # Rows come out of a program in plain form, so these are not the columns of a table, however that stores them.
    fresh = Naming()
    columns = tuple(fresh.column(column.name, column.type) for column in record)
    said = option(node.options, "with_match_id")
    if said is not None:
        options["with_match_id"] = True
        name = word(binder, said, "")
        if name in {column.name for column in columns}:
            raise binder.source.semantic_error(f"There are two columns named '{name}'.", said.span)
        columns = (*columns, fresh.column(name, "long"))
    return Procedure(columns, (residual.plan(),), "scan", options)


def _key(binder: Binder, node: syntax.Expr, input: Plan, scope: Scope, residual: Residual) -> Program:
    """What partitions the rows: each partition is scanned with a state of its own."""
    bound = binder.scalar(node, binder.frame(input, scope))
    if bound.type == "dynamic":
        raise binder.source.semantic_error(
            "Rows cannot be partitioned by a dynamic value.", node.span, hint="Convert it first: tostring(…)."
        )
    return residual.program(bound)


def _default(binder: Binder, declaration: syntax.ScanDeclaration, scope: Scope) -> Const:
    if declaration.default is None:
        return missing_value(declaration.type)
    bound = convert(binder.scalar(declaration.default, Frame(scope)), declaration.type)
    if not isinstance(bound, Const):
        raise binder.source.semantic_error("The default of a declared column must be a constant.", declaration.span)
    return bound
