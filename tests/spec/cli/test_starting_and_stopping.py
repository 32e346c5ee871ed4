"""The program as a process: what it loads, how it ends when it is interrupted or nobody reads."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from importlib.metadata import version

import pytest

PROGRAM = (sys.executable, "-m", "vedette.cli.main")


@pytest.mark.parametrize("arguments", ["--help", "alerts --help", "machines --help", "--version"])
def test_help_loads_click_and_nothing_else(arguments: str) -> None:
    script = (
        "import sys\nfrom vedette.cli.main import run\n"
        f"run({arguments.split()!r})\n"
        "heavy = {'rich', 'msgspec', 'httpx2', 'msal', 'cryptography', 'starlette', 'duckdb', 'pyarrow'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == "[]\n"


def test_the_version_is_that_of_the_package() -> None:
    done = subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"vedette {version('vedette')}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_program(shell: str) -> None:
    done = subprocess.run([*PROGRAM, "completion", shell], capture_output=True, text=True, check=True, timeout=60)
    assert "_VEDETTE_COMPLETE" in done.stdout
    assert done.stderr == ""


def test_completion_knows_commands_and_choices() -> None:
    def completed(line: str) -> list[str]:
        words = line.split(" ")
        environment = {
            **os.environ,
            "_VEDETTE_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }
        code = "from vedette.cli.main import root; root.main(prog_name='vedette')"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False, timeout=60
        )
        return [found.partition(",")[2] for found in done.stdout.splitlines()]

    assert completed("vedette al") == ["alerts"]
    assert completed("vedette alerts list-") == ["list-domains", "list-files", "list-ips"]
    assert completed("vedette alerts list --severity H") == ["High"]


def test_an_interrupt_ends_quietly_with_130() -> None:
    code = (
        "import sys, time\nfrom vedette.cli import main\n"
        "def hang(*a, **k):\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "main.root.invoke = hang\nmain.main(['status'])\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr.read() == b"\n"  # the shell's prompt starts on a line of its own


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = (
        "import sys\nfrom vedette.cli import main\n"
        "def flood(*a, **k):\n"
        "    for _ in range(100_000):\n        sys.stdout.write('x' * 100 + chr(10))\n"
        "main.root.invoke = flood\nmain.main(['status'])\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 141
        assert process.stderr.read() == b""


def test_progress_is_drawn_on_a_terminal_and_never_on_stdout() -> None:
    code = (
        "import sys\nfrom vedette.cli.output import Output\nfrom vedette.cli.settings import Settings\n"
        "with Output(Settings()).progress('Hunting'):\n    sys.stdin.readline()\n"
        "print('rows')\n"
    )
    terminal, end = pty.openpty()
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=end) as process:
        os.close(end)
        drawn = b""
        while b"Hunting" not in drawn:
            drawn += os.read(terminal, 1024)
        out, _ = process.communicate(b"\n", timeout=20)
        os.close(terminal)
    assert out == b"rows\n"


def test_a_terminal_without_unicode_gets_numbers_for_characters() -> None:
    code = "from vedette.cli import main\nmain.root.invoke = lambda c: print('a \u2192 b')\nmain.main(['status'])\n"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, env=environment, check=True, timeout=60)
    assert done.stdout == b"a \\u2192 b\n"
