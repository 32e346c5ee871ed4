"""The operators of arithmetic, and `between`. Their names are what expressions call them by; `neg` is the unary minus.

Comparisons and logic are the binder's own.
"""

from __future__ import annotations

from typing import Final

from vedette.kql.signatures import DOCS, Family

FAMILY: Final = Family("arithmetic", "operator")

_NUMBERS: Final = f"{DOCS}numerical-operators"
_TIMES: Final = f"{DOCS}datetime-timespan-arithmetic"
_DYNAMIC: Final = (
    "(left: dynamic, right: dynamic) -> dynamic",
    "(left: dynamic, right: int) -> long",
    "(left: int, right: dynamic) -> long",
)
"""Of every operator: what a dynamic value meets decides."""


def _with_dynamic(kinds: str) -> tuple[str, ...]:
    return (*_DYNAMIC, f"(left: dynamic, right: {kinds}) -> second", f"(left: {kinds}, right: dynamic) -> first")


def _declare(name: str, *forms: str, says: str, source: str = _NUMBERS) -> None:
    FAMILY.add(*(name + form for form in forms), says=says, source=source)


_declare(
    "+",
    "(left: number, right: number) -> widest",
    "(left: timespan, right: timespan) -> timespan",
    "(left: datetime|timespan, right: datetime|timespan) -> datetime",
    *_with_dynamic("summable"),
    says="The sum of two numbers or spans, or a time moved by a span.",
)
_declare(
    "-",
    "(left: number, right: number) -> widest",
    "(left: timespan, right: timespan) -> timespan",
    "(left: datetime, right: datetime) -> timespan",
    "(left: datetime, right: dynamic) -> timespan",
    "(left: dynamic, right: datetime) -> timespan",
    "(left: datetime, right: timespan) -> datetime",
    "(left: timespan, right: datetime) -> datetime",
    *_with_dynamic("summable"),
    says="The difference of two numbers, spans or times, or a time moved back by a span.",
)
_declare(
    "*",
    "(left: number, right: number) -> widest",
    "(left: timespan, right: timespan) -> timespan",
    "(left: timespan, right: number) -> timespan",
    "(left: number, right: timespan) -> timespan",
    "(left: datetime, right: number) -> datetime",
    "(left: number, right: datetime) -> datetime",
    *_with_dynamic("number"),
    says="The product of two numbers, or of a span and a number.",
)
_declare(
    "/",
    "(left: number, right: number) -> widest",
    "(left: timespan, right: timespan) -> real",
    "(left: timespan, right: number) -> timespan",
    "(left: datetime, right: datetime) -> real",
    "(left: datetime, right: timespan) -> real",
    "(left: datetime, right: number) -> datetime",
    *_with_dynamic("number"),
    says="The quotient of two numbers (of whole numbers cut towards zero), of two spans, or a part of a span.",
)
_declare(
    "%",
    "(left: number, right: number) -> widest",
    "(left: timespan, right: timespan) -> timespan",
    "(left: timespan, right: number) -> timespan",
    "(left: datetime, right: datetime) -> timespan",
    "(left: datetime, right: timespan) -> timespan",
    "(left: datetime, right: number) -> datetime",
    *_with_dynamic("number"),
    says="What is left of a division, never negative.",
)
_declare(
    "neg",
    "(operand: summable) -> first_promoted",
    "(operand: dynamic) -> dynamic",
    says="The unary minus, -x: a number or span with its sign turned.",
)
_declare(
    "between",
    "(value: number, start: number, end: number) -> bool",
    "(value: datetime, start: datetime, end: datetime) -> bool",
    "(value: timespan, start: timespan, end: timespan) -> bool",
    "(value: datetime, start: datetime, end: timespan) -> bool",
    "(value: dynamic, start: number, end: number) -> bool",
    says="Whether a value lies between two others, or is one of them.",
    source=f"{DOCS}between-operator",
)
