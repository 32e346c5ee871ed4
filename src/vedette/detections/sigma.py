"""Sigma rules: converted to KQL by pySigma with its Kusto backend and Microsoft XDR pipeline (`vedette[sigma]`).

pySigma takes a moment to load, so nothing of it is imported before a Sigma rule is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vedette.detections.located_yaml import Document
from vedette.detections.rule import Rule, Severity, look_back_of, wrong
from vedette.detections.rule_file import CATEGORIES, id_for
from vedette.errors import ConfigurationError

if TYPE_CHECKING:
    from sigma.rule import SigmaRule

_SEVERITIES: Final[dict[str, Severity]] = {
    "informational": "Informational",
    "low": "Low",
    "medium": "Medium",
    "high": "High",
    "critical": "High",
}
_TACTICS: Final = {re.sub(r"[^a-z]", "", name.lower()): name for name in CATEGORIES}
_TECHNIQUE: Final = re.compile(r"t\d{4}(?:\.\d{3})?", re.IGNORECASE)
_EVERY: Final = timedelta(hours=1)


def rules_in(path: Path, text: str, documents: Sequence[Document]) -> Iterator[Rule]:
    """The rules of a Sigma file. Raises: RuleError for what is not Sigma, or has no counterpart in hunting tables;
    ConfigurationError without pySigma."""
    try:
        from sigma.backends.kusto.kusto import KustoBackend
        from sigma.collection import SigmaCollection
        from sigma.exceptions import SigmaError
        from sigma.pipelines.microsoftxdr.microsoftxdr import microsoft_xdr_pipeline
        from sigma.rule import SigmaRule
    except ImportError as error:
        raise ConfigurationError(
            f"{path} is a Sigma rule, and reading one needs pySigma",
            path=str(path),
            hint="pip install 'vedette[sigma]'",
        ) from error
    try:
        collection = SigmaCollection.from_yaml(text)
    except SigmaError as error:
        raise wrong(path, documents[0].line(()), f"this is no Sigma rule: {_plain(error)}") from error
    for number, rule in enumerate(collection.rules):
        line = documents[min(number, len(documents) - 1)].line(())
        if not isinstance(rule, SigmaRule):
            raise wrong(path, line, "correlations of Sigma rules have no counterpart in KQL here")
        try:
            queries = KustoBackend(microsoft_xdr_pipeline()).convert_rule(rule)
        except (SigmaError, NotImplementedError) as error:
            raise wrong(path, line, f"the Sigma rule {rule.title!r} cannot be converted: {_plain(error)}") from error
        made = _rule(path, rule, queries[0] if len(queries) == 1 else _together(queries))
        yield replace(made, query_line=line or 1)


def _rule(path: Path, rule: SigmaRule, query: str) -> Rule:
    tags = [str(tag) for tag in rule.tags]
    attack = [tag.partition(".")[2] for tag in tags if tag.lower().startswith("attack.")]
    tactics = [_TACTICS[key] for tag in attack if (key := re.sub(r"[^a-z]", "", tag.lower())) in _TACTICS]
    level = str(rule.level).lower() if rule.level else ""
    title = str(rule.title or path.stem)
    return Rule(
        id=str(rule.id) if rule.id else id_for(path, title),
        title=title,
        description=str(rule.description or ""),
        severity=_SEVERITIES.get(level, "Medium"),
        category=tactics[0] if tactics else "SuspiciousActivity",
        techniques=tuple(dict.fromkeys(tag.upper() for tag in attack if _TECHNIQUE.fullmatch(tag))),
        query=query.strip() + "\n",
        frequency=_EVERY,
        look_back=look_back_of(_EVERY),
        enabled=str(rule.status or "").lower() not in ("deprecated", "unsupported"),
        path=path,
    )


def _together(queries: Sequence[Any]) -> str:  # Any: pySigma's queries, which this backend writes as text
    """A rule with several conditions becomes several queries: one that finds what any of them finds."""
    return "union\n" + ",\n".join(f"({str(query).strip()})" for query in queries)


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())[:500].rstrip(".")
