"""Limits stop a query for good, say which limit it was, and leave the engine as it was."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator

import pytest

from tests.spec.hunting.conftest import compiled
from vedette.errors import QueryCancelled, QueryLimitExceeded
from vedette.hunting import Cancellation, Engine, Limits

ENDLESS = compiled(
    "SELECT count(*) AS n FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7 = 8", ("n", "long")
)
ENDLESS_ROWS = compiled(
    "SELECT a.range AS n FROM range(10000000) a, range(1000) b WHERE a.range * b.range % 1000003 = 1000002",
    ("n", "long"),
)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


def test_too_many_rows(engine: Engine) -> None:
    with pytest.raises(QueryLimitExceeded) as stopped:
        engine.run("range n from 1 to 101 step 1", limits=Limits(rows=100))

    assert (stopped.value.limit, stopped.value.allowed) == ("rows", 100)
    assert stopped.value.service_text == (
        "Query execution has exceeded the allowed result size. "
        "Optimize your query by limiting the number of results and try again"
    )
    assert len(engine.run("range n from 1 to 100 step 1", limits=Limits(rows=100))) == 100


def test_too_many_bytes(engine: Engine) -> None:
    with pytest.raises(QueryLimitExceeded) as stopped:
        engine.run("range n from 1 to 100000 step 1", limits=Limits(bytes=100_000))

    assert (stopped.value.limit, stopped.value.allowed) == ("bytes", 100_000)
    assert stopped.value.service_text.startswith("Query execution has exceeded the allowed result size.")


@pytest.mark.parametrize(
    ("limits", "reason", "rows"),
    # A number takes eight bytes, and the bit that tells whether it is null.
    [(Limits(rows=100, truncate=True), "rows", 100), (Limits(bytes=8_125, truncate=True), "bytes", 1_000)],
)
def test_what_fits_can_be_kept_instead(engine: Engine, limits: Limits, reason: str, rows: int) -> None:
    """The hunting page returns as many records as fit, and says that the results are partial."""
    result = engine.run("range n from 1 to 100000 step 1", limits=limits)

    assert (result.truncated_by, len(result)) == (reason, rows)


def test_a_result_that_fits_is_not_called_partial(engine: Engine) -> None:
    assert engine.run("print 1", limits=Limits(rows=1, truncate=True)).truncated_by == ""


@pytest.mark.parametrize("query", [ENDLESS, ENDLESS_ROWS], ids=["before the first row", "while rows come"])
def test_too_long(engine: Engine, query: object) -> None:
    began = time.monotonic()
    with pytest.raises(QueryLimitExceeded) as stopped:
        engine.run(query, limits=Limits(seconds=0.2))  # type: ignore[arg-type]  # compiled

    assert (stopped.value.limit, stopped.value.allowed) == ("seconds", 0.2)
    assert stopped.value.service_text == "Query exceeded the timeout period."
    assert time.monotonic() - began < 60  # left alone, it would take hours
    assert engine.run("print x = 1").rows() == [{"x": 1}]


def test_too_much_memory() -> None:
    with Engine(memory_bytes=60_000_000, temp_bytes=1_000_000) as engine:
        with pytest.raises(QueryLimitExceeded) as stopped:
            engine.run(
                compiled("SELECT len(string_agg(repeat('a', 30) || range)) AS n FROM range(5000000)", ("n", "long"))
            )

        assert (stopped.value.limit, stopped.value.allowed) == ("memory", None)
        assert stopped.value.service_text == "Query stopped due to excessive resource consumption."
        assert engine.run("print x = 1").rows() == [{"x": 1}]


def test_what_does_not_fit_into_memory_goes_to_disk() -> None:
    with Engine(memory_bytes=100_000_000, threads=1) as engine:
        query = "SELECT count(*) AS n FROM (SELECT range % 4000000 AS k, count(*) FROM range(4000000) GROUP BY 1)"

        assert engine.run(compiled(query, ("n", "long"))).rows() == [{"n": 4_000_000}]


def test_an_engine_has_limits_for_all_its_queries() -> None:
    with Engine(limits=Limits(rows=1)) as engine, pytest.raises(QueryLimitExceeded):
        engine.run("range n from 1 to 2 step 1")


def test_a_query_is_cancelled_from_another_thread(engine: Engine) -> None:
    cancellation = Cancellation()
    threading.Timer(0.1, cancellation.cancel).start()

    with pytest.raises(QueryCancelled):
        engine.run(ENDLESS, cancellation=cancellation)

    with pytest.raises(QueryCancelled):
        engine.run(ENDLESS, cancellation=cancellation)
    assert cancellation.is_cancelled
    assert engine.run("print x = 1", cancellation=Cancellation()).rows() == [{"x": 1}]


def test_cancelling_a_task_stops_its_query(engine: Engine) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(engine.run_async(ENDLESS), 0.1)

    asyncio.run(main())
    assert engine.run("print x = 1").rows() == [{"x": 1}]


def test_ctrl_c_stops_at_once_and_the_engine_goes_on() -> None:
    program = textwrap.dedent(
        """
        import sys, threading, _thread
        from tests.spec.hunting.test_limits import ENDLESS_ROWS
        from vedette.hunting import Engine
        with Engine() as engine:
            print("ready", flush=True)
            try:
                engine.run(ENDLESS_ROWS)
            except KeyboardInterrupt:
                print(engine.run("print x = 1").rows(), flush=True)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        threading.Timer(0.3, run.send_signal, (signal.SIGINT,)).start()
        said, complaints = run.communicate(timeout=30)

    assert (said, complaints) == ("[{'x': 1}]\n", "")
