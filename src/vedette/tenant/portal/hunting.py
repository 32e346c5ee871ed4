"""Advanced hunting in the portal: a query, its rows and its chart, and the tables that can be asked."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any, Final

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from vedette.catalogue.tables import TABLES, Table
from vedette.client.hunting import HuntingColumn, HuntingResult
from vedette.detections import Rule, shipped_rules
from vedette.errors import ConfigurationError, ServiceError
from vedette.kql.charts import chart_of, render_of
from vedette.tenant.portal.drawing import drawn
from vedette.tenant.portal.visit import Visit

SHOWN: Final = 500
"""Rows on a page; the file has all of them."""
MANY: Final = 60
"""More columns than this are shown without the empty ones."""
_SHORT: Final = 40
"""Letters of a text that is not broken into lines."""
_NUMBERS: Final = frozenset({"int", "long", "real", "decimal"})
_PLACES: Final[Mapping[str, str]] = {"AlertId": "/portal/alerts", "DeviceId": "/portal/machines"}
"""Where the values of a column have a page of their own."""


@dataclass(frozen=True)
class Rows:
    """The rows of an answer, as charts are made of them."""

    columns: tuple[tuple[str, str], ...]
    rows: Sequence[Mapping[str, Any]]  # Any: JSON


async def show(visit: Visit) -> Response:
    """A page to write a query on; `query` or the name of a detection `rule` fills it."""
    query = visit.asked("query")
    if not query and visit.asked("rule"):
        query = next((rule.query for rule in _rules() if rule.id == visit.asked("rule")), "")
    return _page(visit, query.strip())


async def run(visit: Visit) -> Response:
    """Run the query as the signed-in user; its rows on a page, or as a file."""
    query = visit.form.get("query", "").strip()
    if not query:
        return _page(visit, "", refused="Write a query first.", status=400)
    began = time.monotonic()
    try:
        result = await visit.defender.hunt(query)
    except ServiceError as error:
        if error.status == 401:
            raise
        # The message begins with the operation and the status, which say nothing to who looks at a page.
        return _page(visit, query, refused=error.message.partition("): ")[2] or error.message, status=error.status)
    seconds = time.monotonic() - began
    if visit.form.get("as") == "csv":
        content = await run_in_threadpool(_csv, result)
        return Response(
            content,
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="hunting.csv"'},
        )
    picture, remarks = _chart(query, result)
    return _page(visit, query, result=result, seconds=seconds, picture=picture, remarks=remarks)


def _chart(query: str, result: HuntingResult) -> tuple[Markup | None, Sequence[str]]:
    """What the query renders, drawn, and what could not be drawn."""
    render = render_of(query)
    if render is None:
        return None, ()
    rows = Rows(tuple((column.name, column.type) for column in result.columns), result.answered)
    try:
        chart = chart_of(rows, render)
    except ConfigurationError as error:
        return None, [error.message]
    return drawn(chart), chart.remarks


def _page(
    visit: Visit,
    query: str,
    *,
    status: int = 200,
    refused: str = "",
    result: HuntingResult | None = None,
    seconds: float = 0.0,
    picture: Markup | None = None,
    remarks: Sequence[str] = (),
) -> Response:
    rows = result.answered[:SHOWN] if result is not None else ()
    columns = _shown(result.columns, rows) if result is not None else ()
    if result is not None and len(columns) < len(result.columns):
        remarks = [*remarks, f"{len(result.columns) - len(columns)} columns without any value are left out."]
    return visit.page(
        "hunting",
        section="hunting",
        title="Hunting",
        status=status,
        query=query,
        refused=refused,
        is_answered=result is not None,
        columns=[(column, "number" if column.type in _NUMBERS else "") for column in columns],
        rows=[[_cell(column, row.get(column.name)) for column in columns] for row in rows],
        total=len(result) if result is not None else 0,
        seconds=seconds,
        picture=picture,
        remarks=remarks,
        families=_families(),
        rules=_rules(),
    )


def _shown(columns: Sequence[HuntingColumn], rows: Sequence[Mapping[str, Any]]) -> Sequence[HuntingColumn]:
    """All columns; of very many, as a search over all tables gives them, those that have a value. Any: JSON."""
    if len(columns) <= MANY:
        return columns
    return [column for column in columns if any(row.get(column.name) not in (None, "") for row in rows)]


@dataclass(frozen=True)
class Cell:
    """A value in a table: its text, its look, and the page that it leads to."""

    text: str
    kind: str = ""
    path: str = ""


def _cell(column: HuntingColumn, value: object) -> Cell:
    text = _text(value)
    if value is None or value == "":
        return Cell(text)
    if column.type in _NUMBERS:
        return Cell(text, "number")
    if column.type == "datetime":
        day, _, clock = text.removesuffix("Z").partition("T")
        return Cell(f"{day} {clock.rstrip('0').rstrip('.') if '.' in clock else clock}", "time")
    place = _PLACES.get(column.name)
    if place and "/" not in text:
        return Cell(text, "id", f"{place}/{text}")
    return Cell(text, "" if len(text) > _SHORT else "short")


def _text(value: object) -> str:
    """A value of an answer as text, in tables and files alike."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str():
            return value
        case int() | float():
            return repr(value)
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _csv(result: HuntingResult) -> str:
    to = io.StringIO()
    writer = csv.writer(to)
    names = [column.name for column in result.columns]
    writer.writerow(names)
    writer.writerows([_text(row.get(name)) for name in names] for row in result.answered)
    return to.getvalue()


@cache
def _families() -> tuple[tuple[str, tuple[Table, ...]], ...]:
    """The tables by product, those of Defender for Endpoint first."""

    def family(table: Table) -> tuple[int, str]:
        name = table.product.replace("MDE", "Defender for Endpoint", 1)
        return (0 if name == "Defender for Endpoint" else 1 if name.startswith("all products") else 2, name)

    listed: Iterable[Table] = sorted(TABLES.values(), key=lambda table: (family(table), table.name))
    return tuple((name[:1].upper() + name[1:], tuple(tables)) for (_, name), tables in groupby(listed, family))


@cache
def _rules() -> tuple[Rule, ...]:
    """The detection rules of the package, which make good beginnings."""
    return tuple(sorted(shipped_rules(), key=lambda rule: rule.title))
