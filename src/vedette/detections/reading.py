"""Finds rules in files and folders, and tells which kind of file each is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Final

from vedette.detections import commented, sigma
from vedette.detections.located_yaml import Document, read_documents
from vedette.detections.rule import Rule, wrong
from vedette.detections.rule_file import rule_from

ENDINGS: Final = (".yaml", ".yml", ".kql")
_SIGMA: Final = frozenset({"logsource", "detection", "correlation"})


def read_rules(paths: Iterable[Path | str]) -> list[Rule]:
    """The rules of files, and of folders with all that is below them, in order of their names.

    Raises: RuleError (a ConfigurationError) for the first file that cannot be used, for a path that is not there or
    holds no rules, and for two rules of one id.
    """
    rules: list[Rule] = []
    by_id: dict[str, Rule] = {}
    read: set[Path] = set()
    for path in map(Path, paths):
        files = list(_files(path))
        if not files:
            raise wrong(path, None, "there are no rules here", hint=f"rules are files that end in {', '.join(ENDINGS)}")
        for file in files:
            if (known := file.resolve()) in read:
                continue
            read.add(known)
            for rule in _read(file):
                other = by_id.setdefault(rule.id.lower(), rule)
                if other is not rule:
                    raise rule.error(f"{other.path} has the same id, {rule.id}", hint="every rule has an id of its own")
                rules.append(rule)
    return rules


def shipped_rules() -> list[Rule]:
    """The rules that come with the product: those behind the alerts of the simulated enterprise."""
    with resources.as_file(resources.files("vedette.detections") / "rules") as folder:
        return read_rules([folder])


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise wrong(path, None, "there is no such file or folder")
    for entry in sorted(path.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files(entry)
        elif entry.suffix.lower() in ENDINGS:
            yield entry


def _read(path: Path) -> Iterator[Rule]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as failure:
        raise wrong(path, None, f"the file cannot be read: {failure.strerror}") from failure
    except UnicodeDecodeError as failure:
        raise wrong(path, None, "the file is not UTF-8 text") from failure
    if path.suffix.lower() not in (".yaml", ".yml"):
        yield commented.rule_in(path, text)
        return
    documents = read_documents(path, text)
    if not documents:
        raise wrong(path, 1, "the file is empty")
    if any(is_sigma(each) for each in documents):
        yield from sigma.rules_in(path, text, documents)
    else:
        yield from map(rule_from, documents)


def is_sigma(document: Document) -> bool:
    """Whether a document is a Sigma rule, or belongs to one."""
    value = document.value
    return isinstance(value, dict) and "query" not in value and bool(_SIGMA & set(value))
