"""Sigma rules become KQL over hunting tables; what they say of themselves becomes what an alert says."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from tests.spec.detections.conftest import Write
from vedette.detections import Case, Rule, RuleError, run_cases
from vedette.errors import ConfigurationError

SIGMA = r"""
title: Somebody asks who they are
id: 5f8c2b0e-9e5f-4f0c-9c0f-0d7f1f2f7a13
status: test
description: whoami with all that it tells.
logsource:
  category: process_creation
  product: windows
detection:
  selection:
    Image|endswith: '\whoami.exe'
    CommandLine|contains: '/all'
  condition: selection
level: critical
tags:
  - attack.discovery
  - attack.t1033
"""


def test_id_title_level_and_tags_become_those_of_the_rule(rule: Write) -> None:
    found = rule(SIGMA, "whoami.yml")

    assert (found.id, found.title) == ("5f8c2b0e-9e5f-4f0c-9c0f-0d7f1f2f7a13", "Somebody asks who they are")
    assert (found.severity, found.category, found.techniques) == ("High", "Discovery", ("T1033",))
    assert found.description == "whoami with all that it tells."


def test_the_query_finds_what_the_rule_selects(rule: Write) -> None:
    found = rule(SIGMA, "whoami.yml")
    rows = (
        {"FolderPath": r"C:\Windows\System32\whoami.exe", "ProcessCommandLine": "whoami.exe /all", "ReportId": 1},
        {"FolderPath": r"C:\Windows\System32\whoami.exe", "ProcessCommandLine": "whoami.exe", "ReportId": 2},
        {"FolderPath": r"C:\Windows\System32\net.exe", "ProcessCommandLine": "net /all", "ReportId": 3},
    )
    case = Case(name="one of three", rows={"DeviceProcessEvents": rows}, matches=({"ReportId": 1},))

    (result,) = run_cases([_with(found, case)])

    assert result.cases[0].reason == ""


def test_what_has_no_counterpart_in_hunting_tables_is_refused(rule: Write) -> None:
    with pytest.raises(RuleError, match="cannot be converted"):
        rule(SIGMA.replace("product: windows", "product: fortios").replace("process_creation", "webserver"), "a.yml")


def test_what_is_no_sigma_is_refused_with_the_reason(rule: Write) -> None:
    with pytest.raises(RuleError, match="Sigma"):
        rule(SIGMA.replace("condition: selection", "condition: selektion"), "a.yml")


def test_without_pysigma_the_extra_is_named(rule: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "sigma" or name.startswith("sigma.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sigma", None)

    with pytest.raises(ConfigurationError, match="needs pySigma") as missing:
        rule(SIGMA, "a.yml")

    assert missing.value.hint == "pip install 'vedette[sigma]'"


def _with(rule: Rule, case: Case) -> Rule:
    return replace(rule, cases=(case,))
