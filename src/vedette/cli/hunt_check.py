"""`vedette hunt check`: looks over query files without running them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vedette.cli.arguments import FILE
from vedette.cli.output import Output
from vedette.cli.settings import UsageError, command

if TYPE_CHECKING:
    from vedette.kql.lint import Finding
    from vedette.kql.tables import Tables

ENDINGS = (".kql", ".csl", ".kusto")
"""Files that a folder is searched for."""
LEVELS = ("note", "warning", "error")


@command(
    "check",
    examples=(
        "vedette hunt check rules/",
        "vedette hunt check rule.kql --fail-on warning --sarif findings.sarif",
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--local",
    "local",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="Tables of your own that the queries name, as for `vedette hunt --local`.",
)
@click.option(
    "--fail-on", type=click.Choice([*LEVELS, "never"]), default="error", show_default=True, help="Exit 1 from here on."
)
@click.option("--sarif", type=FILE, metavar="FILE", help="Write the findings as SARIF 2.1.0 too.")
@click.pass_context
def check_command(
    context: click.Context, files: tuple[str, ...], local: tuple[Path, ...], fail_on: str, sarif: Path | None
) -> None:
    """Look over queries without running them.

    FILE is a query, a folder of them, or `-` for stdin. Finds what is no KQL, names that do not exist, types that do
    not fit, and habits that are slow or surprising, each with the advice of the service's pages. Silence a rule on a
    line by `// vedette: ignore KQL101`.
    """
    from vedette.kql.lint import check

    output = Output.of(context)
    tables = _tables(local)
    found: list[tuple[str, Finding]] = []
    count = 0
    for name, text in _queries(files):
        count += 1
        found += [(name, finding) for finding in check(text, tables)]
    if sarif is not None:
        from vedette import __version__
        from vedette.kql.lint.reports import as_sarif

        sarif.write_text(as_sarif(found, str(__version__)) + "\n", encoding="utf-8")
    _show(output, found)
    worst = {finding.level for _, finding in found}
    counted = ", ".join(
        f"{number} {level}{'' if number == 1 else 's'}"
        for level in reversed(LEVELS)
        if (number := sum(finding.level == level for _, finding in found))
    )
    output.note(f"{count} {'query' if count == 1 else 'queries'}: {counted or 'nothing found'}.")
    if fail_on != "never" and worst & set(LEVELS[LEVELS.index(fail_on) :]):
        context.exit(1)


def _tables(local: tuple[Path, ...]) -> Tables:
    if not local:
        from vedette.kql.tables import hunting_tables

        return hunting_tables()
    from vedette.hunting import Engine

    with Engine.from_paths(local) as engine:
        return dict(engine.tables)


def _queries(names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in names:
        if name == "-":
            yield "<stdin>", sys.stdin.read()
            continue
        path = Path(name)
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.suffix in ENDINGS and one.is_file())
            if not inside:
                raise UsageError(f"{name} holds no query", hint=f"a query is a file that ends in {ENDINGS[0]}")
            for one in inside:
                yield str(one), _text(one)
        elif path.is_file():
            yield name, _text(path)
        else:
            raise UsageError(f"there is no file {name}", hint="give files, folders, or - for stdin")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text in UTF-8") from None


def _show(output: Output, found: list[tuple[str, Finding]]) -> None:
    if output.form != "table":
        output.records(
            {
                "file": file,
                "line": one.line,
                "column": one.column,
                "endLine": one.end_line,
                "endColumn": one.end_column,
                "rule": one.rule.id,
                "name": one.rule.name,
                "level": one.level,
                "message": one.message,
                "hint": one.hint,
            }
            for file, one in found
        )
        return
    for file, one in found:
        colour = {"error": "red", "warning": "yellow", "note": "cyan"}[one.level]
        level = click.style(one.level, fg=colour, bold=True) if output.color else one.level
        click.echo(f"{file}:{one.line}:{one.column}: {level}: {one.message} [{one.rule.id} {one.rule.name}]")
        click.echo(one.excerpt)
        if one.hint:
            click.echo(f"     = {one.hint}")
        click.echo()
