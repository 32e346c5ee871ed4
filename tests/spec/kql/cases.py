"""How KQL cases are written, and how a result is held against one.

A `.kql` file has cases divided by lines `====`. A case is comment lines, a query, a line `----`, and what the query
must give: a header of columns (`name`, or `name: type` where the type is checked too), then a row a line, cells
divided by ` | `. Instead of rows, `error: …` says part of the message with which the query is refused.

A cell is raw text, or a JSON string where raw text will not do (empty, ` | ` or a line break inside, spaces at its
ends, the word null). `null` is null. Dynamic cells are JSON and compare as values; reals compare to nine digits.
Comment lines that the runner reads: `# any order`, `# source: …`, `# table: …` is free text for readers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RULE = "===="
DIVIDER = "----"


@dataclass(frozen=True)
class Case:
    """One query and what it must give."""

    file: str
    line: int
    query: str
    comments: tuple[str, ...]
    columns: tuple[tuple[str, str | None], ...]
    rows: tuple[tuple[str, ...], ...]
    error: str = ""

    @property
    def id(self) -> str:
        """Names the case by its file and line."""
        return f"{self.file}:{self.line}"

    @property
    def any_order(self) -> bool:
        """Whether rows may come in any order."""
        return "any order" in self.comments

    @property
    def source(self) -> str:
        """Where the expectation is from."""
        return next((line.removeprefix("source:").strip() for line in self.comments if line.startswith("source:")), "")


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a file. Raises: ValueError naming file and line for a text that is no case."""
    lines = path.read_text(encoding="utf-8").split("\n")
    start = 0
    for end, line in enumerate([*lines, RULE]):
        if line.strip() == RULE:
            if any(one.strip() for one in lines[start:end]):
                yield _case(path.stem, start + 1, lines[start:end])
            start = end + 1


def _case(file: str, number: int, lines: Sequence[str]) -> Case:
    if DIVIDER not in lines:
        raise ValueError(f"{file}:{number}: a case without a line {DIVIDER}")
    at = lines.index(DIVIDER)
    above, below = list(lines[:at]), [line for line in lines[at + 1 :] if line.strip()]
    comments = []
    while above and (not above[0].strip() or above[0].startswith("#")):
        comments.append(above.pop(0).removeprefix("#").strip())
    query = "\n".join(above).strip()
    if not query:
        raise ValueError(f"{file}:{number}: a case without a query")
    if below and below[0].startswith("error:"):
        return Case(file, number, query, tuple(comments), (), (), below[0].removeprefix("error:").strip())
    if not below:
        raise ValueError(f"{file}:{number}: a case without an expectation")
    columns = []
    for cell in below[0].split(" | "):
        name, colon, type = cell.rpartition(": ")
        columns.append((name, type.strip()) if colon else (cell.strip(), None))
    rows = tuple(tuple(line.split(" | ")) for line in below[1:])
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"{file}:{number}: {len(row)} cells and {len(columns)} columns: {' | '.join(row)}")
    return Case(file, number, query, tuple(comments), tuple(columns), rows)


def expected_value(cell: str, type: str) -> Any:  # a value of any type
    """What a cell means for a column of this type."""
    text = cell.strip()
    if text == "null":
        return None
    if type == "dynamic":
        return json.loads(text)
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        text = json.loads(text)
    match type:
        case "bool":
            return {"true": True, "false": False}[text]
        case "int" | "long":
            return int(text)
        case "real":
            return float(text)
        case "decimal":
            return text
        case _:
            return text


def same(expected: Any, actual: Any) -> bool:  # values of any type
    """Whether a value is the expected one."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, float) or isinstance(actual, float):
        if not isinstance(expected, int | float) or not isinstance(actual, int | float):
            return _not_a_number(expected) and _not_a_number(actual)
        if math.isnan(expected) or math.isnan(actual):
            return math.isnan(expected) and math.isnan(actual)
        return math.isclose(expected, actual, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same(expected[key], actual[key]) for key in expected)
    return bool(expected == actual)


def _not_a_number(value: Any) -> bool:  # a value of any type
    return value == "NaN" or (isinstance(value, float) and math.isnan(value))
