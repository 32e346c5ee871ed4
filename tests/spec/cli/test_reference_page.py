"""The reference page and the index of derived commands say what the program says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_cli", ROOT / "tools" / "docs_cli.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_fresh(generator: ModuleType) -> None:
    stale = [path for path, content in generator.pages().items() if (ROOT / path).read_text("utf-8") != content]
    assert stale == [], "run ./dev docs"


def test_every_command_of_the_catalogue_is_there(generator: ModuleType) -> None:
    from vedette.cli.groups import alerts, machine_actions, machines
    from vedette.cli.resources import index

    replaced = {
        "alerts": {"get", "batch-update"},
        "machines": {"get", "tag-many"},
        "machine_actions": {"get"},
    }  # `show` stands for `get`; one command does for one and for many
    for group in (alerts, machines, machine_actions):
        named = {name for section in group.sections.values() for name in section}
        assert set(index()[group.resource]) - named == replaced[group.resource]
