"""Runs the benchmarks and prints ratios: `./dev bench [WORD…]` (words select workloads by name).

A ratio below 1 means that ours is quicker than what it is compared with. Figures are only ever compared within one run.
"""

from __future__ import annotations

import importlib
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

WORKLOADS = tuple(
    path.stem for path in sorted((HERE / "workloads").glob("*.py")) if path.stem not in ("__init__", "samples")
)


def main() -> int:
    """Print a table of ratios; the same rows go to `results/local/` as text."""
    words = sys.argv[1:]
    wanted = [name for name in WORKLOADS if not words or any(word in name for word in words)]
    if not wanted:
        print(f"bench: no workload is called '{words[0]}'\nhint: {', '.join(WORKLOADS)}", file=sys.stderr)
        return 2
    table = Table(title=f"Python {platform.python_version()}, {platform.machine()}: ours in units of the baseline")
    for heading, side in (
        ("what", "left"),
        ("ours", "right"),
        ("baseline", "right"),
        ("ratio", "right"),
        ("against", "left"),
    ):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]  # a literal of rich
    for name in wanted:
        for row in importlib.import_module(f"workloads.{name}").measure():
            table.add_row(row.name, _time(row.ours_s), _time(row.baseline_s), f"{row.ratio:.2f}", row.baseline)
            print(f"measured {row.name}", file=sys.stderr)
    console = Console(width=120)
    console.print(table)
    folder = HERE / "results" / "local"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}.txt").open("w") as file:
        Console(file=file, width=120).print(table)
    return 0


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


if __name__ == "__main__":
    sys.exit(main())
