"""`vedette detect`: detection rules kept as files. What rules are and do is `vedette.detections`' matter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vedette.cli.arguments import FILE
from vedette.cli.columns import SEVERITY, Column, attribute
from vedette.cli.detect_run import run
from vedette.cli.output import Output, write
from vedette.cli.settings import Group, command
from vedette.cli.text import duration, terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.detections import CaseResult, Rule, RuleResult

_PATHS = click.argument("paths", metavar="[RULES]...", nargs=-1, type=click.Path(path_type=Path))


def rules_at(paths: Sequence[Path]) -> list[Rule]:
    """The rules of files and folders, or those that come with the product. Raises: ConfigurationError."""
    from vedette.detections import read_rules, shipped_rules

    return read_rules(paths) if paths else shipped_rules()


# -- list and convert --------------------------------------------------------------------------------------------------


@command("list", examples=("vedette detect list", "vedette detect list rules/ -o json"))
@_PATHS
@click.pass_context
def list_(context: click.Context, paths: tuple[Path, ...]) -> None:
    """List the rules of files and folders: YAML, commented .kql, Sigma. Without any, those that come with Vedette."""
    output = Output.of(context)
    rules = rules_at(paths)
    if output.form == "table":
        columns = [
            Column("severity", attribute("severity"), rank=0, tones=SEVERITY),
            Column("title", attribute("title"), rank=0, least=24, wraps=True),
            Column("category", attribute("category"), rank=2),
            Column("techniques", attribute("techniques"), rank=3),
            Column("every", lambda rule: _every(rule), rank=2),  # type: ignore[arg-type]  # rows are rules
            Column("tests", lambda rule: len(rule.cases), rank=1, right=True),  # type: ignore[attr-defined]
            Column("enabled", attribute("enabled"), rank=4),
        ]
        output.table(columns, rules)
    else:
        output.records([_record(rule) for rule in rules])
    ignored = sorted({key for rule in rules for key in rule.ignored})
    if ignored:
        output.note(f"Without effect here: {', '.join(ignored)}.")


def _every(rule: Rule) -> str:
    return "continuously" if rule.is_continuous else duration(rule.frequency.total_seconds())


def _record(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "category": rule.category,
        "techniques": list(rule.techniques),
        "frequencySeconds": int(rule.frequency.total_seconds()),
        "lookBackSeconds": int(rule.look_back.total_seconds()),
        "enabled": rule.enabled,
        "tests": len(rule.cases),
        "ignored": list(rule.ignored),
        "path": str(rule.path) if rule.path else None,
        "query": rule.query,
    }


@command("convert", examples=("vedette detect convert sigma/whoami.yml", "vedette detect convert sigma/ > sigma.kql"))
@click.argument("paths", metavar="RULES...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def convert(context: click.Context, paths: tuple[Path, ...]) -> None:
    """Print rules as commented KQL, Sigma rules converted. Each is a file that `vedette detect` reads again."""
    from vedette.detections import read_rules
    from vedette.detections.commented import commented

    output = Output.of(context)
    rules = read_rules(paths)
    if output.form == "table":
        write("\n".join(commented(rule) for rule in rules))
    else:
        output.records([_record(rule) for rule in rules])


# -- test --------------------------------------------------------------------------------------------------------------


@command("test", examples=("vedette detect test rules/", "vedette detect test rules/ --junit detections.xml"))
@_PATHS
@click.option("--junit", "report", type=FILE, metavar="FILE", help="Write a JUnit report here too.")
@click.pass_context
def test(context: click.Context, paths: tuple[Path, ...], report: Path | None) -> None:
    """Run the rules' own tests: rows that a rule must find, and rows that it must leave alone.

    Exit status 1 says that a test failed. Rules without tests are named.
    """
    import time

    from vedette.detections import run_cases
    from vedette.detections.junit import junit

    output = Output.of(context)
    began = time.monotonic()
    rules = rules_at(paths)
    with output.progress("Testing"):
        results = run_cases(rules)
    if report is not None:
        report.write_text(junit(results), encoding="utf-8")
    if output.form == "table":
        for result in results:
            _draw(output, result)
    else:
        output.records([_told(result, case) for result in results for case in result.cases])
    cases = [case for result in results for case in result.cases]
    failed = sum(not case.is_passed for case in cases)
    without = sum(not result.cases for result in results)
    parts = [f"{len(cases)} test{'' if len(cases) == 1 else 's'} of {len(rules)} rule{'' if len(rules) == 1 else 's'}"]
    parts += [f"{failed} failed" if failed else "all passed"] if cases else []
    parts += [f"{without} without tests"] if without else []
    output.note(f"{', '.join(parts)} in {duration(time.monotonic() - began)}.")
    if failed:
        context.exit(1)


def _draw(output: Output, result: RuleResult) -> None:
    mark = output.styled("✓", "green") if result.is_passed and result.cases else output.styled("-", "yellow")
    if not result.is_passed:
        mark = output.styled("✗", "bold red")
    remark = f"  ({result.lacks})" if result.lacks else ""
    output.line(f"{mark} {terminal(result.rule.title)}{output.styled(remark, 'yellow')}")
    for case in result.cases:
        if case.is_passed:
            continue
        has_place = result.rule.path and case.case.line and not case.error  # an error says its own
        where = f"{result.rule.path}:{case.case.line}: " if has_place else ""
        output.line(f"    {output.styled('✗', 'red')} {terminal(case.case.name)}")
        for line in f"{where}{case.reason}".splitlines():
            output.line(f"      {terminal(line)}")
        _rows(output, case)


def _rows(output: Output, case: CaseResult) -> None:
    from vedette.detections.junit import details

    lines = details(case)
    for line in lines[:20]:
        output.line(f"      {terminal(line)}")
    if len(lines) > 20:
        output.line(f"      and {len(lines) - 20} more rows")


def _told(result: RuleResult, case: CaseResult) -> dict[str, object]:
    return {
        "rule": result.rule.title,
        "ruleId": result.rule.id,
        "test": case.case.name,
        "passed": case.is_passed,
        "reason": case.reason or None,
        "missed": [_plain(row) for row in case.missed],
        "unexpected": [
            _plain(row) for row in (case.unexpected if case.case.matches is not None or case.is_passed else case.found)
        ],
        "seconds": round(case.seconds, 3),
        "path": str(result.rule.path) if result.rule.path else None,
        "line": case.case.line,
    }


def _plain(row: object) -> object:
    """Without empty columns; times and whatever else JSON lacks as text."""
    if not isinstance(row, dict):
        return row
    return {
        name: value if isinstance(value, str | int | float | bool | list | dict) else str(value)
        for name, value in row.items()
        if value not in (None, "")
    }


detect = Group("detect", help="Run detection rules, and the tests that they bring along.")
for _each in (run, test, list_, convert):
    detect.add_command(_each)
