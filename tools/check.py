"""Static checks of the whole tree: `./dev check`. Ends with one line per check; the status says whether all passed.

Lint and format (ruff), types (mypy, strict), import contracts (import-linter), and that generated pages are fresh.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("types", [sys.executable, "-m", "mypy"]),
    ("imports", [str(BIN / "lint-imports")]),
    ("generated pages", [sys.executable, "tools/docs.py", "--check"]),
)


def main() -> int:
    """Run every check, or those named on the command line; 0 when all passed."""
    wanted = set(sys.argv[1:])
    unknown = wanted - {name for name, _ in CHECKS}
    if unknown:
        names = ", ".join(name for name, _ in CHECKS)
        print(f"check: there is no check '{unknown.pop()}'\nhint: {names}", file=sys.stderr)
        return 2
    failed = []
    for name, command in CHECKS:
        if wanted and name not in wanted:
            continue
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  (fixed)
        verdict = "ok" if done.returncode == 0 else "FAILED"
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr, end="")
        print(f"{name:<16} {verdict:<7} {time.monotonic() - began:5.1f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
