"""`vedette hunt -i`: one query after another, through a pipe, on a terminal, with Ctrl-C."""

from __future__ import annotations

import os
import pty
import re
import select
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.spec.cli.conftest import Cli
from vedette.cli.hunt_shell import is_complete


@pytest.fixture
def machines(tmp_path: Path) -> Path:
    (tmp_path / "machines.csv").write_text("Name,Age\nws-01,3\nws-02,5\n")
    return tmp_path / "machines.csv"


@pytest.fixture
def shell(cli: Cli, machines: Path) -> Cli:
    return partial(cli, "hunt", "-i", "--local", str(machines), "-q")


def test_piped_queries_end_with_a_semicolon_an_empty_line_or_the_input(shell: Cli) -> None:
    ended = shell(input="machines\n| count\n\nlet n = 4;\nprint n;\nmachines | where Age > 3\n| project Name")

    assert (ended.status, ended.err) == (0, "")
    assert ended.lines == ["Count", "    2", "print_0", "      4", "Name", "ws-02"]


def test_a_query_that_fails_stops_nothing_and_shows_in_the_status(shell: Cli) -> None:
    ended = shell(input="machines | where Agee > 3;\nprint x = 1;\n")

    assert (ended.status, ended.lines) == (1, ["x", "1"])
    assert "     |                  ^^^^\nhint: Did you mean Age?\n" in ended.err


def test_commands_show_tables_columns_plans_and_change_the_form(shell: Cli) -> None:
    assert shell(input=".tables machine").lines == ["table", "machines"]
    assert shell(input=".schema machines").lines == ["column  type", "Name    string", "Age     long"]
    assert shell(input=".schema machine").err == "error: there is no table machine\nhint: did you mean machines?\n"
    assert shell(input=".explain machines | take 1").lines[:2] == ["Plan", "  scan machines  → Name: string, Age: long"]
    assert shell(input=".output jsonl\nmachines | take 1").lines == ['{"Name":"ws-01","Age":3}']
    assert shell(input=".param least=4\nmachines | where Age > least | project Name").lines == ["Name", "ws-02"]
    assert shell(input=".hlp").err.startswith("error: there is no command .hlp\nhint: one of .tables, ")
    assert shell(input=".quit\nprint 1").out == ""
    assert shell(input="machines\n| count\n.quit\nprint 1").lines == ["Count", "    2"]


@pytest.mark.parametrize(
    ("typed", "runs"),
    [
        ("DeviceInfo", True),
        ("DeviceInfo | take 5;", True),
        ("DeviceInfo |", False),
        ("DeviceInfo | where", False),
        ("DeviceInfo | where (OSPlatform == 'x'", False),
        ("let x = 5;", False),
        ("let x = 5;\nprint x", True),
        ("DeviceInfo | wher x", True),
        ("DeviceInfo |\n", True),
        ("print ```a", False),
        (".tables", True),
        ("", False),
    ],
)
def test_enter_runs_what_is_whole(typed: str, runs: bool) -> None:
    assert is_complete(typed) is runs


# Makes its standard input the terminal of the session, so that Ctrl-C reaches the program, and becomes it.
ON_ITS_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """A program on a terminal of its own. It is started without forking this process, which has threads."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.end, theirs = pty.openpty()
        program = [sys.executable, "-m", "vedette.cli.main", *arguments]
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_ITS_TERMINAL, *program],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""

    def waits_for(self, text: str, seconds: float = 30) -> None:
        """Read until a text is shown behind the last one that was waited for."""
        give_up = time.monotonic() + seconds
        while text not in self.shown:
            if time.monotonic() > give_up:
                raise AssertionError(f"{text!r} was not shown, but {self.shown!r}")
            if select.select([self.end], [], [], 0.1)[0]:
                piece = os.read(self.end, 65_536)
                if b"\x1b[6n" in piece:  # where is the cursor?
                    os.write(self.end, b"\x1b[1;1R")
                self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", piece.decode("utf-8", "replace"))
        self.shown = self.shown.partition(text)[2]

    def types(self, text: str) -> None:
        """Press keys."""
        os.write(self.end, text.encode())

    def ends(self) -> int:
        """The exit status."""
        give_up = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < give_up:
            if select.select([self.end], [], [], 0.05)[0]:
                try:
                    os.read(self.end, 65_536)
                except OSError:
                    break
        return self.process.wait(timeout=20)

    def close(self) -> None:
        """Leave nothing running."""
        self.process.kill()
        self.process.wait()
        os.close(self.end)


@pytest.fixture
def terminal(machines: Path, tmp_path: Path) -> Iterator[Terminal]:
    pytest.importorskip("prompt_toolkit")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")},
        "TERM": "xterm-256color", "VEDETTE_STATE": str(tmp_path / "state"), "COLUMNS": "80", "LINES": "24",
    }  # fmt: skip
    started = Terminal(["hunt", "-i", "--local", str(machines)], environment)
    yield started
    started.close()


def test_on_a_terminal_ctrl_c_stops_a_query_and_ctrl_d_leaves(terminal: Terminal, tmp_path: Path) -> None:
    terminal.waits_for("kql>")
    terminal.types("machines | count\r")
    terminal.waits_for("1 row in ")
    terminal.waits_for("kql>")
    terminal.types("range x from 1 to 2000000000 step 1 | summarize dcount(tostring(x))\r")
    terminal.waits_for("Hunting")
    terminal.types("\x03")
    terminal.waits_for("Stopped.")
    terminal.waits_for("kql>")
    terminal.types("print still = 'here'\r")
    terminal.waits_for("1 row in ")
    terminal.waits_for("kql>")
    terminal.types("\x04")

    assert terminal.ends() == 0
    history = tmp_path / "state" / "hunting-history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "+machines | count\n" in history.read_text()
