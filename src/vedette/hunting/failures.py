"""What DuckDB says when a query fails, as errors that a hunter can act on. Its own noise is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from vedette.errors import QueryError, QueryFault
from vedette.hunting.limits import too_much_memory
from vedette.hunting.programs import FAILED, SEPARATOR

if TYPE_CHECKING:
    import duckdb

_KQL_NAMES: Final[Mapping[str, str]] = {
    "INT64": "long",
    "BIGINT": "long",
    "INT32": "int",
    "INTEGER": "int",
    "INT8": "int",
    "DOUBLE": "real",
    "VARCHAR": "string",
    "BOOL": "bool",
    "BOOLEAN": "bool",
    "TIMESTAMP_NS": "datetime",
    "TIMESTAMP": "datetime",
    "JSON": "dynamic",
}
_TYPE: Final = re.compile(r"\b(" + "|".join(_KQL_NAMES) + r")\b")
_ADVICE: Final = re.compile(r"\n\n(?:LINE \d+|Use \"SET|Possible solutions|Candidate|See also).*$", re.DOTALL)


def translate(error: duckdb.Error, sql: str) -> QueryError:
    """The error to raise for one of DuckDB."""
    import duckdb as engine

    text = str(error)
    if FAILED + SEPARATOR in text:
        return _of_a_kernel(text, sql)
    if isinstance(error, engine.OutOfMemoryException):
        return too_much_memory()
    if isinstance(error, engine.PermissionException):
        return QueryFault(
            "The query was stopped: it reaches for files or settings, which queries may not.",
            sql=sql,
            hint=_REPORT,
        )
    if isinstance(error, engine.IOException | engine.HTTPException):
        return QueryError(
            f"A file of the data could not be read: {_cleaned(text)}",
            hint="Was it changed or removed while the query ran? Run the query again.",
        )
    if isinstance(error, engine.ConversionException | engine.OutOfRangeException | engine.InvalidInputException):
        return QueryError(f"The query failed on a value: {_cleaned(text)}")
    return QueryFault(f"The query is valid and could not be run: {_cleaned(text)}", sql=sql, hint=_REPORT)


def translate_text(text: str, sql: str) -> QueryError:
    """The error to raise for one that came through Arrow, where only the text is left."""
    import duckdb as engine

    kinds: Mapping[str, type[duckdb.Error]] = {
        "Out of Memory Error": engine.OutOfMemoryException,
        "Conversion Error": engine.ConversionException,
        "Out of Range Error": engine.OutOfRangeException,
        "Invalid Input Error": engine.InvalidInputException,
        "IO Error": engine.IOException,
        "Permission Error": engine.PermissionException,
    }
    kind = next((kind for start, kind in kinds.items() if start in text), engine.Error)
    start = next((text.index(start) for start in kinds if start in text), 0)
    return translate(kind(text[start:]), sql)


_REPORT: Final = "This is a fault in Vedette. Report it with the query and the error's `sql`."


def is_lost(error: duckdb.Error) -> bool:
    """Whether the database cannot be used any more after this error."""
    import duckdb as engine

    return isinstance(error, engine.FatalException | engine.InternalException)


def _of_a_kernel(text: str, sql: str) -> QueryError:
    _, name, kind, message, *_ = text[text.index(FAILED) :].split(SEPARATOR)
    if kind:
        return QueryFault(f"{name}() failed ({kind}): {message}", sql=sql, hint=_REPORT)
    return QueryError(f"{name}(): {message}")


def _cleaned(text: str) -> str:
    """The first paragraph, without the kind of error and with KQL's names of types."""
    said = _ADVICE.sub("", text).partition("\n\n")[0]
    said = re.sub(r"^[A-Z][\w ]{2,30} Error: ", "", said).strip()
    return _TYPE.sub(lambda found: _KQL_NAMES[found[0]], said)
