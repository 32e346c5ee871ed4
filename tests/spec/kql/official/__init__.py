"""Microsoft's own reader of KQL, asked over a pipe: is this a query, and which columns has its result?"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

HERE = Path(__file__).parent
LIBRARY = HERE / "node_modules" / "@kusto" / "language-service-next"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the library says about a query."""

    syntax: tuple[str, ...]
    """Why the text is no query; empty when it is one."""
    errors: tuple[str, ...]
    """Everything wrong with it, also names that do not exist and types that do not fit."""
    columns: tuple[tuple[str, str], ...] | None
    """Names and types of the result's columns; None where the result is no table."""


def missing() -> str:
    """Why the library cannot be asked, empty when it can."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not LIBRARY.is_dir():
        return "the library is not installed: npm ci --prefix tests/spec/kql/official"
    return ""


class Official:
    """A running library that knows some tables."""

    def __init__(self, tables: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        self._process = subprocess.Popen(
            ["node", str(HERE / "judge.cjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._say(tables)

    def syntax(self, query: str) -> tuple[str, ...]:
        """Why the text is no query; empty when it is one. Ten times as fast as `judge`."""
        answer = self._ask({"query": query, "reading": True})
        return tuple(answer["syntax"])

    def judge(self, query: str) -> Judgement:
        """What the library says about a query."""
        answer = self._ask({"query": query})
        columns = None if answer["columns"] is None else tuple((name, type_) for name, type_ in answer["columns"])
        return Judgement(tuple(answer["syntax"]), tuple(answer["errors"]), columns)

    def _ask(self, question: object) -> Any:  # the answer's JSON
        self._say(question)
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def _say(self, value: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()

    def __enter__(self) -> Official:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


def listing() -> list[dict[str, Any]]:  # JSON
    """Every function, aggregate and plugin that the library knows, as `listing.cjs` describes them."""
    answer = subprocess.run(["node", str(HERE / "listing.cjs")], capture_output=True, check=True, encoding="utf-8")
    return [json.loads(line) for line in answer.stdout.splitlines()]
