"""Findings as SARIF 2.1.0, which code hosts show beside the lines of a change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, Final

from vedette.kql.lint.findings import RULES, Finding

Findings = Sequence[tuple[str, Finding]]
"""Pairs of a file's name and what was found in it."""

SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(findings: Findings, version: str) -> str:
    """A log with one run. Source: SARIF 2.1.0 of OASIS."""
    used = sorted({one.rule.id for _, one in findings})
    rules: list[dict[str, Any]] = [
        {
            "id": rule.id,
            "name": rule.name,
            "shortDescription": {"text": rule.says},
            "fullDescription": {"text": f"{rule.says} {rule.advice}".strip()},
            "helpUri": rule.source,
            "defaultConfiguration": {"level": rule.level},
        }
        for rule in (RULES[known] for known in used)
    ]
    results = [
        {
            "ruleId": one.rule.id,
            "ruleIndex": used.index(one.rule.id),
            "level": one.level,
            "message": {"text": f"{one.message} {one.hint}".strip()},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": PurePath(file).as_posix()},
                        "region": {
                            "startLine": one.line,
                            "startColumn": one.column,
                            "endLine": one.end_line,
                            "endColumn": one.end_column,
                        },
                    }
                }
            ],
        }
        for file, one in findings
    ]
    log = {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "vedette hunt check", "semanticVersion": version, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)
