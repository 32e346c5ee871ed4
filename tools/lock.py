"""Pins every requirement with hashes and without any address: `./dev lock`.

`runtime.lock` is what a user's `./dev quickstart` needs; `dev.lock` adds what tests and checks need, at the same pins.
Needs `uv` on the path; nothing else in the project does.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    "--quiet",
)


def pin(name: str, *options: str) -> None:
    """Write `requirements/NAME.lock`, upgrading every pin."""
    command = ["uv", "pip", "compile", "pyproject.toml", *COMMON, *options, "-o", f"requirements/{name}.lock"]
    subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, check=True)  # noqa: S603  (fixed command, developer's arguments)


def main() -> None:
    """Refresh both lock files."""
    if shutil.which("uv") is None:
        sys.exit("lock: uv was not found\nhint: python3 -m pip install uv")
    pin("runtime", "--extra=tenant", "--group=build")
    pin("dev", "--extra=all", "--group=dev", "--constraint=requirements/runtime.lock")


if __name__ == "__main__":
    main()
