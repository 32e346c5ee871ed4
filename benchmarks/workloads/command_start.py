"""Starting the command line: what `--help` costs beside the interpreter itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from harness import Comparison, compare

VEDETTE = Path(sys.executable).parent / "vedette"


def measure() -> Iterator[Comparison]:
    """Help of the whole and of one group."""
    for words in (["--help"], ["alerts", "list", "--help"]):
        yield compare(
            f"vedette {' '.join(words)}",
            lambda words=words: subprocess.run([VEDETTE, *words], capture_output=True, check=True),
            lambda: subprocess.run([sys.executable, "-c", "import click"], capture_output=True, check=True),
            against="python -c 'import click'",
            rounds=9,
        )
