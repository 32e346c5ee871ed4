"""The built-in functions of filters, one row each: argument kinds, result, the SQL and the Python that compute it.

Everything answers null for a null argument; neither column needs to say so. Where SQLite has no function that does the
same as OData's, the Python one is registered with the connection (`install_functions`), so both can only agree.
An SQL template uses every argument once and in order: nesting stays linear, and parameters keep their places.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vedette.odata import times
from vedette.odata.model import Kind

# The characters that Unicode calls white space; SQLite's own trim knows the blank alone.
_BLANKS = "".join(chr(c) for c in range(0x3001) if chr(c).isspace())


@dataclass(frozen=True, slots=True)
class Function:
    """A function; `parameters` holds, per argument, the kinds it takes. The last `optional` ones may be left out."""

    name: str
    parameters: tuple[tuple[Kind, ...], ...]
    result: Kind
    sql: str
    compute: Callable[..., Any]  # arguments and results are wire values
    optional: int = 0
    folds: bool = False
    """Ignores letter case when its first argument is a property that does."""

    def accepts(self, count: int) -> bool:
        return len(self.parameters) - self.optional <= count <= len(self.parameters)

    @property
    def signature(self) -> str:
        return f"{self.name}({', '.join(kinds[-1] for kinds in self.parameters)})"


def fold_ascii(text: str) -> str:
    """A to Z in lower case and nothing else changed: what SQLite's NOCASE and `lower` do."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def substring(text: str, start: int, length: int | None = None) -> str | None:
    """The characters from `start`, counted from 0. Negative numbers have no answer."""
    if start < 0 or (length is not None and length < 0):
        return None
    # A computed position that left 64 bits arrives as a double.
    begin = int(start)
    return text[begin:] if length is None else text[begin : begin + int(length)]


def round_half_away(number: float) -> float:
    """The nearest whole number; halves go away from zero."""
    whole = math.trunc(number)
    return float(whole + (math.copysign(1, number) if abs(number - whole) >= 0.5 else 0))


def _guarded(compute: Callable[[float], float]) -> Callable[[float], float | None]:
    return lambda number: compute(number) if math.isfinite(number) else None


def _text(name: str, sql: str, compute: Callable[[str], object], result: Kind = "text") -> Function:
    return Function(name, (("text",),), result, sql, compute)


def _search(name: str, result: Kind, sql: str, compute: Callable[[str, str], object]) -> Function:
    return Function(name, (("text",), ("text",)), result, sql, compute, folds=True)


def _part(name: str, start: int, length: int, *, kinds: tuple[Kind, ...] = ("moment",)) -> Function:
    def compute(moment: str) -> int:
        return int(moment[start : start + length])

    return Function(name, (kinds,), "whole", f"CAST(substr({{0}}, {start + 1}, {length}) AS INTEGER)", compute)


def _number(name: str, compute: Callable[[float], float]) -> Function:
    return Function(name, (("whole", "real"),), "real", f"odata_{name}({{0}})", _guarded(compute))


_ALL = (
    _search("contains", "boolean", "(instr({0}, {1}) > 0)", lambda text, part: part in text),
    _search("startswith", "boolean", "(instr({0}, {1}) = 1)", str.startswith),
    _search("endswith", "boolean", "odata_endswith({0}, {1})", str.endswith),
    _search("indexof", "whole", "(instr({0}, {1}) - 1)", str.find),
    _text("length", "length({0})", len, "whole"),
    _text("tolower", "odata_tolower({0})", str.lower),
    _text("toupper", "odata_toupper({0})", str.upper),
    _text("trim", "odata_trim({0})", lambda text: text.strip(_BLANKS)),
    Function("concat", (("text",), ("text",)), "text", "({0} || {1})", lambda left, right: left + right),
    Function("substring", (("text",), ("whole",), ("whole",)), "text", "", substring, optional=1),
    _part("year", 0, 4, kinds=("date", "moment")),
    _part("month", 5, 2, kinds=("date", "moment")),
    _part("day", 8, 2, kinds=("date", "moment")),
    _part("hour", 11, 2),
    _part("minute", 14, 2),
    _part("second", 17, 2),
    Function(
        "fractionalseconds",
        (("moment",),),
        "real",
        "(CAST(substr({0}, 21, 7) AS INTEGER) / 10000000.0)",
        lambda moment: int(moment[20:27]) / 10_000_000.0,
    ),
    Function("date", (("moment",),), "date", "substr({0}, 1, 10)", lambda moment: moment[:10]),
    _number("round", round_half_away),
    _number("floor", lambda number: float(math.floor(number))),
    _number("ceiling", lambda number: float(math.ceil(number))),
)

FUNCTIONS: Mapping[str, Function] = {function.name: function for function in _ALL}

CONSTANTS: Mapping[str, str] = {"mindatetime": times.EARLIEST, "maxdatetime": times.LATEST}
"""Functions without arguments that always answer the same."""

FUNCTION_NAMES = (*FUNCTIONS, "now", *CONSTANTS)


def install_functions(connection: sqlite3.Connection) -> None:
    """Registers the functions that the SQL of filters calls. Once per connection, before the first query."""

    def register(name: str, arity: int, compute: Callable[..., Any]) -> None:
        def null_safe(*arguments: Any) -> Any:  # values as SQLite holds them
            return None if None in arguments else compute(*arguments)

        connection.create_function(name, arity, null_safe, deterministic=True)

    for name in ("endswith", "tolower", "toupper", "trim", "round", "floor", "ceiling"):
        register(f"odata_{name}", len(FUNCTIONS[name].parameters), FUNCTIONS[name].compute)
    register("odata_substring", 2, substring)
    register("odata_substring", 3, substring)
    register("odata_time", 1, times.canonical_time_or_none)
