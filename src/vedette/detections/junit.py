"""The outcome of rules' cases as JUnit XML, which CI systems read: a suite by rule, a test case by case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

from vedette.detections.testing import CaseResult, RuleResult

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Sequence[RuleResult]) -> str:
    """The report. A rule without cases is a suite with one skipped test."""
    root = Xml.Element("testsuites", name="vedette detect test")
    totals = [0, 0, 0]
    seconds = 0.0
    for result in results:
        suite = Xml.SubElement(root, "testsuite", name=_clean(result.rule.title))
        where = str(result.rule.path or Path(result.rule.id))
        failures = sum(not case.is_passed and not case.error for case in result.cases)
        errors = sum(bool(case.error) for case in result.cases)
        took = sum(case.seconds for case in result.cases)
        for case in result.cases:
            _case(suite, result, case, where)
        if not result.cases:
            skipped = Xml.SubElement(suite, "testcase", name="tests", classname=_clean(result.rule.title), file=where)
            Xml.SubElement(skipped, "skipped", message="the rule has no tests")
        count = max(1, len(result.cases))
        suite.attrib.update(
            tests=str(count),
            failures=str(failures),
            errors=str(errors),
            skipped=str(int(not result.cases)),
            time=f"{took:.3f}",
            file=where,
        )
        totals = [totals[0] + count, totals[1] + failures, totals[2] + errors]
        seconds += took
    root.attrib.update(tests=str(totals[0]), failures=str(totals[1]), errors=str(totals[2]), time=f"{seconds:.3f}")
    Xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _case(suite: Xml.Element, result: RuleResult, case: CaseResult, where: str) -> None:
    attributes = {"classname": _clean(result.rule.title), "file": where, "time": f"{case.seconds:.3f}"}
    if case.case.line:
        attributes["line"] = str(case.case.line)
    element = Xml.SubElement(suite, "testcase", attributes, name=_clean(case.case.name))
    if not case.is_passed:
        failure = Xml.SubElement(element, "error" if case.error else "failure", message=_clean(case.reason))
        failure.text = _clean("\n".join(details(case)))


def details(case: CaseResult) -> list[str]:
    """The rows behind a failure, a line each: those that were missed, and those that should not match."""
    lines = [f"missed: {shown(row)}" for row in case.missed]
    beside = case.unexpected if case.case.matches is not None else case.found
    return [*lines, *(f"matched: {shown(row)}" for row in beside)]


def shown(row: object) -> str:
    """A row without its empty columns."""
    if not isinstance(row, dict):
        return str(row)
    return ", ".join(f"{name}={value}" for name, value in row.items() if value not in (None, ""))


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
