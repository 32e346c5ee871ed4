"""YAML as plain values, together with the line of every key and item."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.detections.rule import wrong

if TYPE_CHECKING:
    import yaml

Place = tuple[str | int, ...]
"""Keys and positions on the way from the document to a value."""

_MOST_PLACES = 200_000


class Document:
    """One YAML document."""

    def __init__(self, path: Path, value: Any, lines: dict[Place, int], texts: dict[Place, int]) -> None:  # Any: YAML
        self.path = path
        self.value = value
        self._lines = lines
        self._texts = texts

    def line(self, place: Place) -> int | None:
        """Line of what is at the place, or of the nearest thing around it."""
        while place:
            if place in self._lines:
                return self._lines[place]
            place = place[:-1]
        return self._lines.get((), 1)

    def text_line(self, place: Place) -> int:
        """Line of the first character of a text; a block of text begins below its key."""
        return self._texts.get(place) or self.line(place) or 1


def read_documents(path: Path, text: str) -> list[Document]:
    """The documents of a file. Raises: RuleError with the line for what is not YAML, or has a key twice."""
    import yaml

    try:
        loader: yaml.SafeLoader | yaml.CSafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        try:
            return [_document(path, loader, node) for node in _nodes(loader)]
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise wrong(path, line, f"this is not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # control characters; impossible dates; deep nesting
        raise wrong(path, None, f"this is not YAML: {str(error).splitlines()[0]}") from error


def _nodes(loader: yaml.SafeLoader | yaml.CSafeLoader) -> Iterator[yaml.Node]:
    while loader.check_node():
        node = loader.get_node()
        if node is not None:
            yield node


def _document(path: Path, loader: yaml.SafeLoader | yaml.CSafeLoader, node: yaml.Node) -> Document:
    lines: dict[Place, int] = {}
    texts: dict[Place, int] = {}
    _locate(path, node, (), lines, texts)
    return Document(path, loader.construct_document(node), lines, texts)


def _locate(path: Path, node: yaml.Node, place: Place, lines: dict[Place, int], texts: dict[Place, int]) -> None:
    import yaml

    if len(lines) > _MOST_PLACES:
        raise wrong(path, node.start_mark.line + 1, "the file refers to itself too often")
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        texts[place] = node.start_mark.line + (2 if node.style in ("|", ">") else 1)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            lines[(*place, number)] = item.start_mark.line + 1
            _locate(path, item, (*place, number), lines, texts)
    elif isinstance(node, yaml.MappingNode):
        known: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in known:
                raise wrong(path, key.start_mark.line + 1, f"the key {name!r} is there twice")
            known.add(name)
            lines[(*place, name)] = key.start_mark.line + 1
            _locate(path, value, (*place, name), lines, texts)
