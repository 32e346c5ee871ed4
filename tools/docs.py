"""Rebuilds the generated pages: `./dev docs`; `./dev docs --check` fails where one is stale and writes nothing.

A generated file says so at its top. What the pages say comes from the catalogue and the command line; how they are laid
out is in `docs_operations`, `docs_reference`, `docs_cli`, `docs_clients` and `docs_kql`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import docs_cli
import docs_clients
import docs_kql
import docs_operations
import docs_reference

ROOT = Path(__file__).resolve().parent.parent


INDEX = "docs/index.md"
KINDS = (
    ("tutorials", "Tutorials", "From nothing to a result, step by step."),
    ("how-to", "How to", "For one goal."),
    ("concepts", "Concepts", "How it works, and why it is so."),
    ("reference", "Reference", "Everything, to look things up. Most of it is made from the code."),
    ("adr", "Decisions", "What was decided, with the reasons and the cost."),
)


def pages() -> dict[str, str]:
    """Path in the checkout → content of every generated file."""
    made: dict[str, str] = {}
    for module in (docs_operations, docs_reference, docs_cli, docs_clients, docs_kql):
        made |= module.pages()
    return {**made, INDEX: _index(made)}


def _index(made: dict[str, str]) -> str:
    """The entry to the documentation: every page that there is, by kind, under its own heading."""
    lines = [
        docs_operations.NOTE,
        "# Vedette's documentation",
        "",
        "Start with the [README](../README.md): what this is, and two commands that show it.",
    ]
    for folder, title, text in KINDS:
        found = {path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / "docs" / folder).glob("*.md"))}
        names = sorted({*found, *(path for path in made if path.startswith(f"docs/{folder}/"))})
        if names:
            lines += ["", f"## {title}", "", text, ""]
            for name in names:
                content = made[name] if name in made else found[name].read_text("utf-8")
                lines.append(f"- [{_heading(content)}]({name.removeprefix('docs/')})")
    return "\n".join([*lines, ""])


def _heading(content: str) -> str:
    return next(line.removeprefix("# ") for line in content.splitlines() if line.startswith("# "))


def main() -> int:
    """Write what has changed, or with `--check` only say so; 0 when everything is fresh."""
    arguments = sys.argv[1:]
    if arguments not in ([], ["--check"]):
        print("docs: takes nothing, or --check", file=sys.stderr)
        return 2
    stale = []
    for path, content in pages().items():
        file = ROOT / path
        if not file.exists() or file.read_text("utf-8") != content:
            stale.append(path)
            if not arguments:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, "utf-8")
    for path in stale:
        print(f"{'stale' if arguments else 'wrote'}: {path}")
    if stale and arguments:
        print("hint: ./dev docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
