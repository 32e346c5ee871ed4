"""How a program behind a function is declared. The families' modules fill the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vedette.catalogue.tables import KqlType

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Kernel:
    """A scalar function in Python, called `kql_<name>` by SQL.

    It gets Python values: text (never None), bool, int, float, `Decimal`, ticks for datetime and timespan, the decoded
    JSON for dynamic; None is null. It gives the same. What it raises as `ValueError` ends the query with that message.
    """

    name: str
    parameters: tuple[KqlType, ...]
    returns: KqlType
    function: Callable[..., Any]
    volatile: bool = False


Procedure = Callable[["Sequence[pa.Table]", Mapping[str, object]], "pa.Table"]
"""A table function: the rows of its inputs (columns by their physical names, values as SQL has them: ticks, JSON text)
and its options, to the rows of its columns in order."""

STOPPING: Final[ContextVar[Callable[[], None] | None]] = ContextVar("stopping", default=None)
"""What raises when the query at hand should stop. Who runs procedures sets it."""


def checkpoint() -> None:
    """Called now and then by procedures that may take long: the query's limits can stop them here."""
    stopping = STOPPING.get()
    if stopping is not None:
        stopping()


KERNELS: Final[dict[str, Kernel]] = {}
PROCEDURES: Final[dict[str, Procedure]] = {}


def kernel(
    *parameters: KqlType, returns: KqlType, name: str = "", volatile: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The decorated function is the kernel of its own name (or of `name`)."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        known = name or function.__name__
        KERNELS[known] = Kernel(known, parameters, returns, function, volatile)
        return function

    return register


def procedure(name: str) -> Callable[[Procedure], Procedure]:
    """The decorated function is the procedure of this name."""

    def register(function: Procedure) -> Procedure:
        PROCEDURES[name] = function
        return function

    return register
