"""Generated pages are what `./dev docs` makes now, and the examples on them are calls and commands that exist."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import click
import pytest

from tests.docs.markdown import ROOT, blocks
from vedette.catalogue.operation import Arguments, Operation
from vedette.catalogue.resources import RESOURCES, operations

sys.path.insert(0, str(ROOT / "tools"))

import docs_operations

import docs

each_operation = pytest.mark.parametrize("operation", list(operations()), ids=lambda operation: operation.id)


@pytest.fixture(scope="module")
def made() -> Mapping[str, str]:
    return docs.pages()


def test_every_generated_file_is_fresh(made: Mapping[str, str]) -> None:
    stale = [
        path for path, text in made.items() if not (ROOT / path).exists() or (ROOT / path).read_text("utf-8") != text
    ]

    assert stale == [], "run ./dev docs"


def test_a_generated_file_says_so_on_its_first_line(made: Mapping[str, str]) -> None:
    assert [path for path, content in made.items() if "./dev docs" not in content.partition("\n")[0]] == []


def test_every_operation_has_a_section(made: Mapping[str, str]) -> None:
    page = made[docs_operations.OPERATIONS]

    assert [operation.id for operation in operations() if f"\n### {operation.id}\n" not in page] == []


@each_operation
def test_the_python_example_of_an_operation_makes_that_call(operation: Operation[Any, Any]) -> None:
    made: list[Operation[Any, Any]] = []

    def invoke(called: Operation[Any, Any], arguments: Arguments) -> list[object]:
        assert "{" not in arguments.path
        made.append(called)
        return []

    defender = SimpleNamespace(**{name: resource(invoke) for name, resource in RESOURCES.items()})
    exec(docs_operations.python_example(operation), {"defender": defender, "datetime": datetime})

    assert made == [operation]


@each_operation
def test_the_command_example_of_an_operation_is_accepted(operation: Operation[Any, Any]) -> None:
    import shlex

    name = docs_operations.command_name(operation)
    words = shlex.split(docs_operations.command_example(operation))[1:]
    command = docs_operations.find_command(name)

    assert words[: len(name.split())] == name.split()
    context = command.make_context(name, words[len(name.split()) :], parent=_root_context())
    assert context.command is command


def _root_context() -> click.Context:
    return click.Context(docs_operations.root, info_name="vedette")


def test_every_console_block_of_the_reference_calls_vedette() -> None:
    commands = [
        line
        for block in blocks("console")
        if block.page == docs_operations.OPERATIONS
        for line in block.code.splitlines()
    ]

    assert len(commands) == len(list(operations()))
    assert all(line.startswith("$ vedette ") for line in commands)
