"""Arranges the evidence of an alert as people read it: processes as a tree, everything else by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vedette.catalogue.alerts import AlertEvidence


@dataclass(slots=True)
class Process:
    """A process with those that it started. `evidence` is None for a parent that is only named by its children."""

    name: str
    process_id: int | None
    evidence: AlertEvidence | None = None
    children: list[Process] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Arranged:
    """Evidence in order."""

    processes: list[Process]
    others: dict[str, list[AlertEvidence]]
    """Kind → pieces of evidence."""

    @property
    def count(self) -> int:
        """How many pieces of evidence that are not processes there are."""
        return sum(map(len, self.others.values()))


def arranged(evidence: Sequence[AlertEvidence]) -> Arranged:
    """The processes as a forest, in the order in which they came, and the rest by kind."""
    nodes = [_process(each) for each in evidence if each.entity_type == "Process"]
    by_id = {node.process_id: node for node in nodes if node.process_id is not None}
    others: dict[str, list[AlertEvidence]] = {}
    for each in evidence:
        if each.entity_type != "Process":
            others.setdefault(each.entity_type, []).append(each)
    roots: list[Process] = []
    named: dict[tuple[int | None, str | None], Process] = {}
    for node in nodes:
        found = node.evidence
        parent_id = found.parent_process_id if found else None
        parent = by_id.get(parent_id) if parent_id is not None else None
        if parent is None and found is not None and found.parent_process_file_name:
            key = (parent_id, found.parent_process_file_name)
            if key not in named:
                named[key] = Process(found.parent_process_file_name, parent_id)
                roots.append(named[key])
            parent = named[key]
        if parent is None or _descends(parent, node):
            roots.append(node)
        else:
            parent.children.append(node)
    return Arranged(roots, others)


def _process(each: AlertEvidence) -> Process:
    return Process(each.file_name or "unknown", each.process_id, each)


def _descends(node: Process, ancestor: Process) -> bool:
    """Whether hanging `ancestor` below `node` would close a circle: process ids are used again."""
    return node is ancestor or any(_descends(node, child) for child in ancestor.children)
