"""A rule as a plain `.kql` file: a block of `// key: value` lines at the top, and the query.

```text
// title: Shadow copies were deleted
// severity: High
// techniques: T1490
DeviceProcessEvents
| where FileName =~ "vssadmin.exe" and ProcessCommandLine has_all ("delete", "shadows")
```

A line of the block without a known key goes on with the value before it. The keys are those of rule files whose value
is one text.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Final

from vedette.detections.located_yaml import Document, Place
from vedette.detections.rule import Rule, wrong
from vedette.detections.rule_file import KEYS, PLAIN, SENTINEL, rule_from, unknown

_COMMENT: Final = re.compile(r"\s*//+ ?(.*)")
_KEY: Final = re.compile(r"([A-Za-z][A-Za-z]*)\s*:(?:\s+(.*))?$")
_ONE_TEXT: Final = frozenset(
    {"id", "title", "description", "severity", "category", "techniques", "frequency", "look_back", "group_by"}
    | {"recommended_actions", "enabled", "trigger", "threshold", "kind", "tactics"}
)
_NUMBERS: Final = frozenset({"triggerThreshold"})


def rule_in(path: Path, text: str) -> Rule:
    """The rule of a `.kql` file; without a title in the block it has that of its file name. Raises: RuleError."""
    value: dict[str, object] = {}
    lines: dict[Place, int] = {}
    last = ""
    end = 0
    all_lines = text.splitlines()
    for number, line in enumerate(all_lines, 1):
        if not line.strip():
            if value:
                break
            continue
        comment = _COMMENT.fullmatch(line)
        if comment is None:
            break
        end = number
        said = _KEY.match(comment[1])
        if said and (said[1] in KEYS or said[1] in SENTINEL or said[1] in PLAIN):
            last = said[1]
            if last in value:
                raise wrong(path, number, f"the key {last!r} is there twice")
            if last in KEYS and KEYS[last] not in _ONE_TEXT:
                raise wrong(path, number, f"{last} does not fit into a comment", hint="write the rule as YAML")
            value[last] = (said[2] or "").strip()
            lines[last,] = number
        elif said and " " not in said[1] and not last:
            raise unknown(path, number, "key", said[1], [*KEYS, *PLAIN])
        elif last:
            value[last] = f"{value[last]}\n{comment[1].strip()}".strip()
    if not set(value) & {"title", "name", "displayName"}:
        value["title"] = path.stem.replace("_", " ").replace("-", " ").strip().capitalize()
    if str(value.get("enabled", "")).lower() in ("true", "false"):
        value["enabled"] = str(value["enabled"]).lower() == "true"
    for name in _NUMBERS & set(value):
        if str(value[name]).isdecimal():
            value[name] = int(str(value[name]))
    value["query"] = "\n".join(all_lines[end:]).strip("\n") + "\n"
    first = next((n for n, line in enumerate(all_lines[end:], end + 1) if line.strip()), end + 1)
    lines["query",] = first
    if not str(value["query"]).strip():
        raise wrong(path, len(all_lines) or 1, "there is no query below the comments")
    return rule_from(Document(path, value, lines, {("query",): first}))


def commented(rule: Rule) -> str:
    """The rule as such a file. What does not fit into comments (tests, entity mappings) is left out."""
    said = {
        "id": rule.id,
        "title": rule.title,
        "description": rule.description,
        "severity": rule.severity,
        "category": rule.category,
        "techniques": ", ".join(rule.techniques),
        "frequency": "continuous" if rule.is_continuous else _span(rule.frequency),
        "lookBack": _span(rule.look_back),
        "recommendedActions": rule.recommended_actions,
        "enabled": "" if rule.enabled else "false",
    }
    lines = []
    for key, text in said.items():
        first, *rest = text.strip().splitlines() or [""]
        if first:
            lines += [f"// {key}: {first}", *(f"//   {line.strip()}" for line in rest)]
    return "\n".join(lines) + "\n" + rule.query.rstrip("\n") + "\n"


def _span(span: timedelta) -> str:
    hours, rest = divmod(span.seconds, 3600)
    parts = [(span.days, "d"), (hours, "h"), (rest // 60, "m"), (rest % 60, "s")]
    return "".join(f"{count}{unit}" for count, unit in parts if count)
