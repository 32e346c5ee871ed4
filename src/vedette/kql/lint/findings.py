"""What a check can find: the rules, and a finding of one of them at a place in a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["error", "warning", "note"]
"""error: the query cannot run. warning: it is slower than need be, or means something else than it seems to.
note: it could be written better."""

_BEST_PRACTICES: Final = "https://learn.microsoft.com/defender-xdr/advanced-hunting-best-practices"
_KUSTO: Final = "https://learn.microsoft.com/kusto/query/"


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that is looked for."""

    id: str
    name: str
    level: Level
    says: str
    """What is wrong about it, in one sentence."""
    advice: str
    source: str
    """The page that gives the advice."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a query breaks, and where. Lines and columns count from 1; the end is after the last character."""

    rule: Rule
    message: str
    hint: str
    line: int
    column: int
    end_line: int
    end_column: int
    excerpt: str = ""

    @property
    def level(self) -> Level:
        """How bad it is."""
        return self.rule.level


_DECLARED: Final = (
    Rule("KQL001", "syntax", "error", "The text is not KQL.", "", _KUSTO),
    Rule("KQL002", "unknown-name", "error", "There is no such table, column or function.", "", _KUSTO),
    Rule("KQL003", "semantics", "error", "Types or the rules of an operator do not fit.", "", _KUSTO),
    Rule("KQL004", "unsupported", "error", "The construct is known and not supported here.", "", _KUSTO),
    Rule(
        "KQL101",
        "contains-for-a-term",
        "warning",
        "contains looks into every text; has looks terms up.",
        "Use has when whole terms are meant.",
        _BEST_PRACTICES,
    ),
    Rule(
        "KQL102",
        "case-changed-to-compare",
        "warning",
        "Changing letter case of every row costs time.",
        "Use =~, in~ or has, which ignore letter case.",
        _KUSTO + "best-practices",
    ),
    Rule(
        "KQL103",
        "no-time-filter",
        "warning",
        "Without a time filter all 30 days are read.",
        "Filter by Timestamp first: where Timestamp > ago(7d).",
        _BEST_PRACTICES,
    ),
    Rule(
        "KQL104",
        "all-tables",
        "warning",
        "Every column of every table is read.",
        "Name the tables, and the columns where they are known.",
        _KUSTO + "best-practices",
    ),
    Rule(
        "KQL105",
        "regex-for-plain-text",
        "warning",
        "A regular expression without special characters is a slow way to look for a text.",
        "Use has, contains or startswith.",
        _BEST_PRACTICES,
    ),
    Rule(
        "KQL106",
        "join-without-kind",
        "note",
        "The default, innerunique, keeps one row of the left side for each key.",
        "Say kind=inner, kind=leftouter, … or kind=innerunique where that is meant.",
        _KUSTO + "join-operator",
    ),
    Rule(
        "KQL107",
        "process-by-id-alone",
        "warning",
        "Process ids are used again: other processes match too.",
        "Join by DeviceId, the process id and its creation time.",
        _BEST_PRACTICES,
    ),
    Rule(
        "KQL108",
        "deprecated-name",
        "note",
        "The function has a newer name.",
        "Use the newer name.",
        _KUSTO,
    ),
    Rule(
        "KQL109",
        "parsed-before-filtered",
        "warning",
        "Every row is parsed to be filtered.",
        "Filter by has on the text first.",
        _BEST_PRACTICES,
    ),
    Rule(
        "KQL110",
        "lost-order",
        "warning",
        "The order is lost in the next step.",
        "Sort at the end.",
        _KUSTO + "sort-operator",
    ),
    Rule(
        "KQL111",
        "case-sensitive-path",
        "note",
        "Paths and command lines differ in letter case from device to device.",
        "Use =~, in~, has or contains.",
        _BEST_PRACTICES,
    ),
    Rule("KQL112", "unused-let", "note", "The name is never used.", "Remove it.", _KUSTO + "let-statement"),
    Rule(
        "KQL113",
        "no-date",
        "warning",
        "The text is no date and counts as null: nothing compares with it.",
        "Write a date, such as datetime(2024-05-01T12:30:00Z).",
        _KUSTO + "todatetime-function",
    ),
)
RULES: Final = {rule.id: rule for rule in _DECLARED}
"""Rule id → rule."""
