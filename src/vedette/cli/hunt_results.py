"""Shows what a hunting query gave: as a table or a chart for people, as JSON, CSV or Parquet for programs.

Data forms carry the values as the service writes them: times with seven digits, dynamic values nested (in CSV as JSON
text). A table shortens: times to what its column needs, at most milliseconds, numbers to six digits, and columns that
find no room are left out, which a note on stderr says.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from vedette.cli.columns import GAP, Column, cells
from vedette.cli.output import TABLE_ROWS, Output
from vedette.cli.settings import UsageError
from vedette.cli.text import duration, terminal

if TYPE_CHECKING:
    from vedette.cli.hunt_places import Answer, Rows

_LEAST = 12
"""A text may be squeezed down to this many characters before columns are left out."""
_MOST_NAMES = 40
"""Columns that are named where there are no rows."""
_SHORT_TIME = 17
"""A time with its minutes: what is left of one where nothing else makes room."""
_COMFORTABLE = 20
"""Where columns are left out, the others keep this many."""
_ENDINGS = {".parquet": "parquet", ".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_NUMBERS = ("int", "long", "real", "decimal")


@dataclasses.dataclass(frozen=True)
class View:
    """How results are to be shown."""

    limit: int | None = None
    """Rows that are shown at most. None: 100 in a table, all of them in the other forms."""
    everything: bool = False
    """All rows, also in a table."""
    to: Path | None = None
    """Write the data to this file instead of stdout."""
    draws: bool | None = None
    """Whether `render` draws a chart. None: on a terminal."""
    plot: Path | None = None
    """Write the chart as an image to this file as well."""


def form_for(form: str, to: Path | None) -> str:
    """The form of the data, which a file's ending says where `-o` does not.

    Raises: UsageError for Parquet without a file, and for a file of a form that is not known.
    """
    if to is None:
        if form == "parquet":
            raise UsageError("Parquet is not for a terminal", hint="--to FILE says where to write it")
        return form
    by_ending = _ENDINGS.get(to.suffix.lower())
    if form == "table" and by_ending is None:
        raise UsageError(f"{to} does not say what to write", hint=f"-o csv, or a name that ends in {_listed()}")
    return by_ending if form == "table" and by_ending else form


def _listed() -> str:
    return ", ".join(_ENDINGS)


def show(output: Output, answer: Answer, view: View) -> None:
    """Everything that a query gave, and a note on how much it was."""
    form = form_for(output.form, view.to)
    if view.plot is not None:
        from vedette.cli.hunt_plot import write_image
        from vedette.kql.charts import chart_of

        chart = chart_of(answer.parts[-1], answer.render)
        write_image(chart, view.plot)
        output.note(f"The chart is in {view.plot}.")
    if view.to is not None:
        _write_file(view.to, form, answer.parts, view)
    elif form == "table":
        if _show_tables(output, answer, view):
            view = dataclasses.replace(view, everything=True)  # a chart shows all of them
    else:
        write_data(sys.stdout, form, answer.parts, view)
    for note in _notes(answer, view, form):
        output.note(note)


def _show_tables(output: Output, answer: Answer, view: View) -> bool:
    """Every result, below each other; whether the last one is a chart."""
    last = len(answer.parts) - 1
    for place, part in enumerate(answer.parts):
        if place:
            output.line()
        if last:
            output.line(output.styled(f"{part.name or 'PrimaryResult'} ({_rows(len(part.rows))})", "bold"))
        if place == last and answer.render is not None and view.draws and part.rows:
            from vedette.cli.hunt_drawing import draw
            from vedette.kql.charts import chart_of

            chart = chart_of(part, answer.render)
            if chart.kind != "table":
                draw(output, chart)
                return True
            for remark in chart.remarks:
                output.note(remark)
        show_table(output, part, _shown(part, view))
    return False


def _shown(part: Rows, view: View) -> int:
    if view.limit is not None:
        return min(view.limit, len(part.rows))
    return len(part.rows) if view.everything else min(TABLE_ROWS, len(part.rows))


def _notes(answer: Answer, view: View, form: str) -> Iterator[str]:
    took = f"in {_took(answer.seconds)}"
    main = answer.parts[0]
    given = _shown(main, view) if form == "table" else min(view.limit or len(main.rows), len(main.rows))
    into = f" {'were' if given != 1 else 'was'} written to {view.to}," if view.to else ""
    if len(answer.parts) > 1:
        yield f"{len(answer.parts)} results {took}."
    elif given < len(main.rows):
        how = "--all for all of them." if form == "table" and view.limit is None else "--limit for another number."
        yield f"{given:,} of {_rows(len(main.rows))}{into or ' shown,'} {took}: {how}"
    else:
        yield f"{_rows(given)}{into} {took}."
    yield from answer.remarks
    if not any(part.rows for part in answer.parts) and answer.empty_tables:
        yield f"Nothing at all is in {', '.join(answer.empty_tables)} here: no rows may mean that nothing was recorded."


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def _took(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else duration(seconds)


# -- data --------------------------------------------------------------------------------------------------------------


def write_data(file: IO[str], form: str, parts: Sequence[Rows], view: View) -> None:
    """Rows as JSON, JSON lines or CSV; several results as one JSON object by name, or one after the other."""
    output = Output(_settings(form))
    with contextlib.redirect_stdout(file) if file is not sys.stdout else contextlib.nullcontext():
        if form == "json" and len(parts) > 1:
            output.record({part.name or "PrimaryResult": _of(part, view) for part in parts})
            return
        for number, part in enumerate(parts):
            if number and form == "csv":
                file.write("\n")
            rows = _of(part, view)
            output.records(map(_flat, rows) if form == "csv" else rows, names=[name for name, _ in part.columns])


def _settings(form: str) -> Any:  # Settings, whose form is a Literal
    from vedette.cli.settings import Settings

    settings: Any = Settings(color=False)
    settings.form = form
    return settings


def _of(part: Rows, view: View) -> Sequence[Mapping[str, Any]]:  # Any: JSON
    return part.rows if view.limit is None else part.rows[: view.limit]


def _flat(row: Mapping[str, Any]) -> Mapping[str, Any]:  # Any: JSON
    return {name: _json(value) if isinstance(value, (dict, list)) else value for name, value in row.items()}


def _write_file(to: Path, form: str, parts: Sequence[Rows], view: View) -> None:
    """The whole file, or none: it takes its name when it is complete."""
    fresh = to.with_name(f".{to.name}.part")
    try:
        if form == "parquet":
            if len(parts) > 1:
                raise UsageError(
                    f"the query gives {len(parts)} results, and a Parquet file holds one", hint="-o json holds several"
                )
            import pyarrow.parquet as pq

            table = parts[0].make_arrow()
            pq.write_table(table if view.limit is None else table.slice(0, view.limit), fresh)
        else:
            with fresh.open("w", encoding="utf-8", newline="") as file:
                write_data(file, form, parts, view)
        fresh.replace(to)
    finally:
        fresh.unlink(missing_ok=True)


def _json(value: object) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()


# -- tables ------------------------------------------------------------------------------------------------------------


def show_table(output: Output, part: Rows, count: int) -> None:
    """The first rows as a table; a single row that finds no room as names and values below each other."""
    rows = part.rows[:count]
    if not rows:
        names = ", ".join(name for name, _ in part.columns[:_MOST_NAMES])
        if len(part.columns) > _MOST_NAMES:
            names += f" and {len(part.columns) - _MOST_NAMES} more"
        for line in output.wrapped(f"No rows. Columns: {terminal(names)}"):
            output.note(line)
        return
    columns = table_columns(part.columns, rows)
    texts = [[column.text(row) for column in columns] for row in rows]
    natural = [
        max(cells(column.title), *(cells(row[number]) for row in texts)) for number, column in enumerate(columns)
    ]
    chosen = _fitting(part.columns, natural, texts, output.width)
    if len(rows) == 1 and len(chosen) < len(columns):
        output.pairs([(column.title, text) for column, text in zip(columns, texts[0], strict=True) if text])
        return
    output.table(
        [Column(columns[number].title, _at(number), 0, least, right=columns[number].right) for number, least in chosen],
        texts,
    )
    if len(chosen) < len(columns):
        output.note(
            f"{len(chosen)} of {len(columns)} columns fit: | project NAMES chooses others, -o json or -o csv gives all."
        )


def _at(number: int) -> Callable[[object], object]:
    return lambda row: row[number] if isinstance(row, list) else None


def _fitting(
    columns: Sequence[tuple[str, str]], natural: Sequence[int], texts: Sequence[Sequence[str]], width: int | None
) -> list[tuple[int, int]]:
    """Which columns are shown, and how far each may be squeezed. Only texts and dynamic values are squeezed.

    All columns where they find room somehow; else as many as fit in order, a bit wider, without those that are empty.
    """

    def least(number: int, text: int, time: int = 99) -> int:
        kind = columns[number][1]
        most = text if kind in ("string", "dynamic", "guid") else time if kind == "datetime" else natural[number]
        return min(natural[number], most)

    everything = range(len(columns))
    for text, time in ((_COMFORTABLE, 99), (_LEAST, 99), (_LEAST, _SHORT_TIME)):
        if width is None or sum(least(one, text, time) for one in everything) + GAP * (len(columns) - 1) <= width:
            return [(one, least(one, text, time)) for one in everything]
    chosen: list[tuple[int, int]] = []
    left = width or 0
    for number in everything:
        if any(row[number] for row in texts):
            left -= least(number, _COMFORTABLE) + GAP
            if chosen and left < -GAP:
                break
            chosen.append((number, least(number, _COMFORTABLE)))
    return chosen


def table_columns(columns: Sequence[tuple[str, str]], rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """The columns of a table, the first of which are the last to be left out. Any: JSON."""
    made = []
    for number, (name, kind) in enumerate(columns):
        text = _reader(kind, [row.get(name) for row in rows])
        made.append(
            Column(terminal(name), _cell(name, text), rank=number, least=_LEAST, right=kind in (*_NUMBERS, "timespan"))
        )
    return made


def _cell(name: str, text: Callable[[Any], str]) -> Callable[[object], object]:  # Any: JSON
    def read(row: object) -> object:
        value = row.get(name) if isinstance(row, dict) else None
        return "" if value is None else text(value)

    return read


def _reader(kind: str, values: Sequence[Any]) -> Callable[[Any], str]:  # Any: JSON
    """How values of a column become text."""
    match kind:
        case "datetime":
            return _times([value for value in values if isinstance(value, str)])
        case "real":
            return number
        case "bool":
            return lambda value: str(value).lower()
        case "dynamic":
            return lambda value: value if isinstance(value, str) else _json(value)
        case _:
            return str


def number(value: object) -> str:
    """A real number in six digits; larger ones in whole numbers."""
    if not isinstance(value, (int, float)):
        return str(value)
    return f"{value:.0f}" if 1e6 <= abs(value) < 1e15 else f"{value:.6g}"


def _times(values: Sequence[str]) -> Callable[[object], str]:
    """Times as short as all of a column can be without a loss, down to milliseconds."""
    rest = {value[16:].rstrip("Z").rstrip("0").rstrip(".") for value in values}
    end = 16 if rest <= {":00", ":", ""} else 19 if all(len(one) <= 3 for one in rest) else 23

    def text(value: object) -> str:
        given = str(value)
        return f"{given[:10]} {given[11:end].ljust(end - 11, '0')}Z" if len(given) > 19 else given

    return text


def as_text(form: str, parts: Sequence[Rows]) -> str:
    """Data as one text."""
    held = io.StringIO()
    write_data(held, form, parts, View())
    return held.getvalue()
