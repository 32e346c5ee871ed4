"""One thing done to many: a few at a time, paced by the client, with a result for each and a summary.

What fails does so alone; only a sign-in that is refused stops the rest, as every call would be refused. The exit status
is 1 as soon as one failed.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from vedette.cli.columns import Column, attribute
from vedette.cli.output import Output
from vedette.cli.text import terminal

AT_ONCE = 4
"""Calls in flight. The service limits calls by the minute, so more would only wait."""

Result = Literal["done", "failed", "skipped", "planned"]
T = TypeVar("T")

_TONES = {"done": "green", "failed": "bold red", "skipped": "yellow", "planned": "cyan"}


@dataclass(frozen=True)
class Outcome:
    """What became of one of many."""

    target: str
    result: Result = "done"
    detail: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    """What programs want to know besides, under the service's names."""

    def record(self) -> dict[str, object]:
        """The outcome as JSON writes it."""
        return {"target": self.target, "result": self.result, "detail": self.detail, **self.facts}


COLUMNS = (
    Column("TARGET", attribute("target"), rank=0, least=20),
    Column("RESULT", attribute("result"), rank=0, tones=_TONES),
    Column("DETAIL", attribute("detail"), rank=0, least=24, wraps=True),
)


def each(items: Sequence[T], act: Callable[[T], Outcome], *, output: Output, doing: str) -> list[Outcome]:
    """Do something to each, in order of the items. Errors of the service become outcomes."""
    from vedette.errors import SignInError, VedetteError

    stopped = threading.Event()

    def one(item: T) -> Outcome:
        if stopped.is_set():
            return Outcome(str(item), "skipped", "not tried, as the sign-in was refused")
        try:
            return act(item)
        except SignInError as error:
            stopped.set()
            return Outcome(str(item), "failed", error.message)
        except VedetteError as error:
            return Outcome(str(item), "failed", error.message)

    with output.progress(doing) as progress, ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(one, item) for item in items]
        try:
            return list(progress.counting(future.result() for future in waiting))
        except BaseException:
            for future in waiting:
                future.cancel()
            raise


def report(output: Output, outcomes: Iterable[Outcome], *, columns: Sequence[Column] = COLUMNS) -> int:
    """Write what became of each, and on stderr how many of each kind. Returns: the exit status."""
    found = list(outcomes)
    if output.form == "table":
        output.table(columns, [dataclasses.replace(each, detail=terminal(each.detail)) for each in found])
    else:
        output.records([each.record() for each in found])
    counts = {result: sum(each.result == result for each in found) for result in _TONES}
    output.note(", ".join(f"{count} {result}" for result, count in counts.items() if count) + ".")
    return 1 if counts["failed"] else 0
