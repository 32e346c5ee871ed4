"""Detections: rules kept as files, run over telemetry, and the alerts that come of them.

Rules are KQL with what an alert has to say: their own YAML, Microsoft Sentinel's, a commented `.kql` file, or Sigma.
When rules run in a tenant is the tenant's matter; queries are `vedette.hunting`'s.
"""

from vedette.detections.alerts import alert_of
from vedette.detections.evidence import evidence_of
from vedette.detections.matching import Match, matches_of
from vedette.detections.reading import read_rules, shipped_rules
from vedette.detections.rule import Case, EntityMapping, Rule, RuleError
from vedette.detections.running import Outcome, check_rule, run_rule
from vedette.detections.testing import CaseResult, RuleResult, run_cases

__all__ = [
    "Case",
    "CaseResult",
    "EntityMapping",
    "Match",
    "Outcome",
    "Rule",
    "RuleError",
    "RuleResult",
    "alert_of",
    "check_rule",
    "evidence_of",
    "matches_of",
    "read_rules",
    "run_cases",
    "run_rule",
    "shipped_rules",
]
