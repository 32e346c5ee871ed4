"""Splits expressions for procedures: what depends on the row alone is computed in SQL, the rest in Python.

The row is what the procedure's input has; the other columns stand for what the procedure itself knows while it runs
(the state of `scan`).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from vedette.kql.bind.binder import Binder, refs
from vedette.kql.bound import VOLATILE, Bound, Call, Const, Ref, walk
from vedette.kql.kernels.evaluate import Program, covers
from vedette.kql.plan import Plan, Project
from vedette.kql.schema import Column, Naming
from vedette.kql.signatures import CANONICAL
from vedette.kql.syntax import TypedValue

_PLAIN: Final = (str, int, float, bool, type(None))


class Residual:
    """Makes programs for `kernels.evaluate` out of expressions, and collects the columns that SQL must compute.

    A program's slots are the input's columns, then the computed ones, then the columns of the state, in this order:
    `slots` settles the numbers once all expressions are in.
    """

    def __init__(self, binder: Binder, input: Plan, state: Mapping[Column, int]) -> None:
        """state: the columns that are no columns of the input, and their numbers."""
        self._binder = binder
        self._input = input
        self._state = state
        self._naming = Naming(input.columns)
        self._computed: dict[Column, Bound] = {}
        self._known: list[tuple[Bound, Column]] = []  # constants of dynamic type cannot be hashed

    def program(self, expression: Bound) -> Program:
        """The program of an expression. Raises: `UnsupportedQuery` for a function that is not known here."""
        match expression:
            case Const(value=value) if isinstance(value, _PLAIN) and not isinstance(value, Decimal):
                return ["const", value]
            case Ref(column=column) if column in self._state:
                return ["state", self._state[column]]
            case Ref(column=column):
                return ["row", self._input.columns.index(column)]
        if not self._depends_on_state(expression):
            return ["computed", self._place(expression)]
        if not isinstance(expression, Call):
            raise self._binder.source.unsupported(
                "What depends on earlier rows cannot be looked up in other rows.", expression.span
            )
        types = [arg.type for arg in expression.args]
        name = CANONICAL.get(expression.name, expression.name)
        if not covers(name, expression.type, types):
            raise self._binder.source.unsupported(
                f"'{expression.name}' of {', '.join(types)} is not supported where it depends on earlier rows.",
                expression.span,
                hint="Compute what depends on the row alone by extend, before.",
            )
        return ["call", name, expression.type, list(types), [self.program(arg) for arg in expression.args]]

    def _depends_on_state(self, expression: Bound) -> bool:
        return any(isinstance(part, Ref) and part.column in self._state for part in walk(expression))

    def _place(self, expression: Bound) -> int:
        column = next((column for known, column in self._known if known == expression), None)
        if column is None or any(isinstance(part, Call) and part.name in VOLATILE for part in walk(expression)):
            column = self._naming.column("$computed", expression.type)
            self._computed[column] = expression
            self._known.append((expression, column))
        return list(self._computed).index(column)

    def plan(self) -> Plan:
        """The input with the computed columns behind its own."""
        columns = (*self._input.columns, *self._computed)
        if not self._computed:
            return self._input
        return Project(columns, self._input, (*refs(self._input.columns), *self._computed.values()))

    def slots(self, program: Program) -> Program:
        """The program with its slots numbered."""
        width = len(self._input.columns)
        match program:
            case ["row", number]:
                return ["get", number]
            case ["computed", number]:
                return ["get", width + number]
            case ["state", number]:
                return ["get", width + len(self._computed) + number]
            case ["call", name, returns, types, arguments]:
                return ["call", name, returns, types, [self.slots(argument) for argument in arguments]]
        return program


def plain(value: Any) -> Any:  # Any: a constant of any type
    """A constant as an option of a procedure may hold it."""
    match value:
        case TypedValue(value=inner):
            return str(inner)
        case list():
            return [plain(inner) for inner in value]
        case dict():
            return {key: plain(inner) for key, inner in value.items()}
        case _:
            return value


__all__ = ["Residual", "plain"]
