"""Kernels as functions of a DuckDB connection: values in and out in the form that `kql.kernels` promises them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, Final

from vedette.catalogue.tables import KqlType
from vedette.errors import QueryError
from vedette.hunting.columns import ENGINE_TYPE
from vedette.hunting.values import arrow_types
from vedette.kql.emit.duckdb.expressions import load_families
from vedette.kql.emit.duckdb.registry import MACROS
from vedette.kql.kernels.kernel import KERNELS, Kernel
from vedette.kql.values import encode_json

if TYPE_CHECKING:
    import duckdb

PREFIX: Final = "kql_"
_CALL: Final = re.compile(rf"\b({PREFIX}\w+)\(")
FAILED: Final = "kernel-failed"
"""Marks, in what DuckDB says, that a kernel refused: mark, its name, its message, each behind a separator."""
SEPARATOR: Final = "\x1f"

Values = list[Any]
"""A column's values; values of all types."""


class KernelFailed(Exception):
    """A kernel raised. DuckDB passes on the text only."""

    def __init__(self, name: str, error: Exception) -> None:
        expected = isinstance(error, ValueError | QueryError | OverflowError | ArithmeticError)
        kind = "" if expected else type(error).__name__
        message = error.message if isinstance(error, QueryError) else str(error)
        super().__init__(SEPARATOR.join((FAILED, name, kind, message, "")))


def called(text: str) -> list[str]:
    """The functions of ours that a piece of SQL calls."""
    return _CALL.findall(text)


def provide(connection: duckdb.DuckDBPyConnection, names: Iterable[str], present: set[str]) -> None:
    """Let SQL on this database call these macros and kernels, and what they call themselves; note them as present.

    Making one takes milliseconds and there are hundreds, so a database gets those that its queries call.
    """
    load_families()
    for name in names:
        if name in present:
            continue
        present.add(name)
        if name in MACROS:
            provide(connection, called(MACROS[name].partition(" AS ")[2]), present)
            connection.execute(MACROS[name])
        elif name.removeprefix(PREFIX) in KERNELS:
            register(connection, [KERNELS[name.removeprefix(PREFIX)]])


def register(connection: duckdb.DuckDBPyConnection, kernels: Iterable[Kernel]) -> None:
    """Let SQL on this database call kernels, each as `kql_<name>`."""
    from duckdb.func import FunctionNullHandling, PythonUDFType

    for kernel in kernels:
        connection.create_function(
            PREFIX + kernel.name,
            _over_columns(kernel) if kernel.parameters else kernel.function,
            [ENGINE_TYPE[kind] for kind in kernel.parameters],
            "JSON" if kernel.returns == "dynamic" else ENGINE_TYPE[kernel.returns],
            type=PythonUDFType.ARROW if kernel.parameters else PythonUDFType.NATIVE,
            null_handling=FunctionNullHandling.SPECIAL,
            side_effects=kernel.volatile,
        )


def _over_columns(kernel: Kernel) -> Callable[..., Any]:
    """A function over Arrow arrays: a few thousand rows a call."""
    import pyarrow as pa

    takes = [_TAKE.get(kind) for kind in kernel.parameters]
    give = _GIVE.get(kernel.returns)
    arrow_type = arrow_types()[kernel.returns]
    function, name = kernel.function, kernel.name

    def call(*arrays: Any) -> Any:  # Arrow arrays; stubs are absent
        columns = [
            array.to_pylist() if take is None else take(array.to_pylist())
            for array, take in zip(arrays, takes, strict=True)
        ]
        try:
            results = list(map(function, *columns))
            array = pa.array(results if give is None else give(results), arrow_type)
        except Exception as error:
            raise KernelFailed(name, error) from error
        # DuckDB takes texts for JSON only when they say that they are.
        return pa.ExtensionArray.from_storage(pa.json_(), array) if kernel.returns == "dynamic" else array

    # DuckDB counts the parameters that a function has by name.
    call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect reads
        [
            inspect.Parameter(f"argument_{position}", inspect.Parameter.POSITIONAL_OR_KEYWORD)
            for position in range(len(kernel.parameters))
        ]
    )
    return call


def _texts(values: Values) -> Values:
    return ["" if value is None else value for value in values]


def _decoded(values: Values) -> Values:
    import msgspec

    decode = msgspec.json.decode
    known: dict[str, Any] = {}
    decoded: Values = []
    for text in values:
        if not text:
            decoded.append(None)
            continue
        if text not in known:
            try:
                known[text] = decode(text)
            except msgspec.DecodeError:
                known[text] = text
        decoded.append(known[text])
    return decoded


def _encoded(values: Values) -> Values:
    return [None if value is None else encode_json(value) for value in values]


def _decimals(values: Values) -> Values:
    return [None if value is None else Decimal(value).quantize(_PLACES, context=_EXACT) for value in values]


_PLACES: Final = Decimal(1).scaleb(-18)
_EXACT: Final = Context(prec=60)
"""DECIMAL(38, 18) holds more digits than Python's arithmetic keeps by default."""


_TAKE: Final[Mapping[KqlType, Callable[[Values], Values]]] = {"string": _texts, "dynamic": _decoded}
_GIVE: Final[Mapping[KqlType, Callable[[Values], Values]]] = {
    "string": _texts,
    "dynamic": _encoded,
    "decimal": _decimals,
}
