"""Opens the client that a command works with, and finds machines by the names people use.

Nothing heavy is imported at the top.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from vedette.cli.arguments import literal
from vedette.cli.settings import Settings
from vedette.cli.text import minute

if TYPE_CHECKING:
    from vedette.catalogue.machines import Machine
    from vedette.client import Defender

MACHINE_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A Defender machine id or an Entra device id: both address a machine as they are."""


@contextmanager
def connected(context: click.Context) -> Iterator[Defender]:
    """The client of the chosen profile, closed in the end."""
    from vedette.client import Defender

    with Defender.from_profile(Settings.of(context).profile) as defender:
        yield defender


def machine_id(defender: Defender, name: str) -> str:
    """The id of the machine that is meant: an id as it is, else a full or short DNS name.

    Raises: ConfigurationError where no machine or more than one has the name, listing those that come near.
    """
    return name if MACHINE_ID.fullmatch(name) else find_machine(defender, name).id


def find_machine(defender: Defender, name: str) -> Machine:
    """The one machine of this id or name. Raises: as `machine_id`; NotFound for an unknown id."""
    from vedette.errors import ConfigurationError

    if MACHINE_ID.fullmatch(name):
        return defender.machines.get(name)
    found = defender.machines.list(
        filter=f"computerDnsName eq {literal(name)} or startswith(computerDnsName,{literal(name + '.')})"
    ).take(20)
    if len(found) == 1:
        return found[0]
    if found:
        listed = "; ".join(
            f"{each.computer_dns_name} {each.id}" + (f" seen {minute(each.last_seen)}" if each.last_seen else "")
            for each in found
        )
        raise ConfigurationError(f"{len(found)} machines are called {name}: {listed}", hint="give the id of one")
    near = defender.machines.list(filter=f"startswith(computerDnsName,{literal(name[:4])})").take(5)
    names = ", ".join(str(each.computer_dns_name) for each in near)
    raise ConfigurationError(
        f"no machine is called {name}",
        nearest=[str(each.computer_dns_name) for each in near],
        hint=f"names that begin alike: {names}" if names else "vedette machines list shows the machines",
    )
