"""The page of jobs names thirty jobs, and every command on it can be given as it stands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from vedette.cli.main import root

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "soc-jobs.md"
ROWS = re.findall(r"^\| (\d+) \| (.+?) \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
COMMANDS = [
    (f"{number}-{place}", command.replace(r"\|", "|"))
    for number, _, cell in ROWS
    for place, command in enumerate(re.findall(r"`(vedette [^`]+)`", cell))
]


def test_there_are_thirty_jobs_and_each_has_a_command() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 31))
    assert {place.partition("-")[0] for place, _ in COMMANDS} == {str(number) for number in range(1, 31)}


@pytest.mark.parametrize("command", [command for _, command in COMMANDS], ids=[place for place, _ in COMMANDS])
def test_a_command_of_the_page_is_understood(command: str) -> None:
    words = shlex.split(command)[1:]
    found: click.Command = root
    context = click.Context(root, info_name="vedette")
    while isinstance(found, click.Group):
        name = words.pop(0)
        member = found.get_command(context, name)
        assert member is not None, f"{command}: there is no {name}"
        found, context = member, click.Context(member, info_name=name, parent=context)

    parsed = found.make_context(found.name, words)

    assert parsed.args == []
