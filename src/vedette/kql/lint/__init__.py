"""Looks over queries without running them: errors with their places, and habits that are slow or surprising."""

from vedette.kql.lint.check import check
from vedette.kql.lint.findings import RULES, Finding, Rule

__all__ = ["RULES", "Finding", "Rule", "check"]
