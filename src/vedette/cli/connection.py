"""Opens the client that a command works with, and finds machines by the names people use.

Nothing heavy is imported at the top.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from vedette.cli.arguments import literal
from vedette.cli.settings import Settings
from vedette.cli.text import duration, minute
from vedette.cli.values import is_address

if TYPE_CHECKING:
    from vedette import Credential, Defender, DeviceCodeCredential, Machine, Profile, Waiting

MACHINE_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A Defender machine id or an Entra device id: both address a machine as they are."""


@contextmanager
def connected(context: click.Context) -> Iterator[Defender]:
    """The client of the chosen profile, closed in the end."""
    from vedette import Profile

    with open_defender(Profile.load(Settings.of(context).profile), quiet=Settings.of(context).quiet) as defender:
        yield defender


def open_defender(profile: Profile, *, quiet: bool = False) -> Defender:
    """The client that a profile describes."""
    from vedette import Defender

    return Defender(
        credential_of(profile),
        cloud=profile.cloud,
        region=profile.region or None,
        base_url=profile.base_url or None,
        ca_bundle=profile.ca_bundle or None,
        user_agent="vedette-cli",
        on_wait=_silently if quiet else _say_wait,
    )


def credential_of(profile: Profile) -> Credential:
    """The credential of a profile, which bothers nobody: what `vedette login` kept is used, or it fails.

    Raises: ConfigurationError where the profile says too little.
    """
    if not profile.tenant_id and profile.kind != "managed-identity":
        from vedette.errors import ConfigurationError

        raise ConfigurationError(
            f"nobody is signed in: profile '{profile.name}' names no tenant",
            hint="vedette login; for a local tenant set VEDETTE_TENANT to the file of `vedette serve --ready-file`",
        )
    if profile.kind in ("password", "username-password") and not profile.password:
        kept = kept_sign_in(profile)
        if kept is not None:
            return kept
    return profile.make_credential(interactive=False)


def kept_sign_in(profile: Profile) -> DeviceCodeCredential | None:
    """What `vedette login` kept of a person, and nothing else; None for profiles of apps, which keep no tokens.

    Kept tokens are found by user and app, whichever way the person signed in.
    """
    from vedette import DeviceCodeCredential

    if profile.kind not in ("browser", "device-code", "password", "username-password"):
        return None
    credential = dataclasses.replace(profile, credential="device-code").make_credential(interactive=False)
    return credential if isinstance(credential, DeviceCodeCredential) else None


def access_token(profile: Profile) -> str:
    """An access token for the Defender API. Raises: SignInError, NoAnswer."""
    from vedette.catalogue.clouds import cloud

    return credential_of(profile).get_token(cloud(profile.cloud).default_scope).token


def _say_wait(waiting: Waiting) -> None:
    if waiting.seconds >= 1:
        click.echo(f"{waiting.operation} waits {duration(waiting.seconds)} ({waiting.reason})", err=True)


def _silently(waiting: Waiting) -> None:
    pass


def machine_id(defender: Defender, name: str) -> str:
    """The id of the machine that is meant: an id as it is, else as `find_machine` finds it.

    Raises: ConfigurationError where no machine or more than one fits, listing those that come near.
    """
    return name if MACHINE_ID.fullmatch(name) else find_machine(defender, name).id


def find_machine(defender: Defender, name: str) -> Machine:
    """The one machine of this id, Entra device id, full or short DNS name, or IP address.

    An address is the last one that a machine had, or one that it has now. Raises: as `machine_id`; NotFound for an
    unknown id.
    """
    from vedette.errors import ConfigurationError

    if MACHINE_ID.fullmatch(name):
        return defender.machines.get(name)
    found = _of_address(defender, name) if is_address(name) else _of_name(defender, name)
    if len(found) == 1:
        return found[0]
    called = f"{'have the address' if is_address(name) else 'are called'} {name}"
    if found:
        listed = "; ".join(
            f"{each.computer_dns_name} {each.id}" + (f" seen {minute(each.last_seen)}" if each.last_seen else "")
            for each in found
        )
        raise ConfigurationError(f"{len(found)} machines {called}: {listed}", hint="give the id of one")
    if is_address(name):
        raise ConfigurationError(
            f"no machine has the address {name}",
            hint="vedette machines find-by-ip ADDRESS TIME looks at another time, vedette lookup at all traffic",
        )
    near = defender.machines.list(filter=f"startswith(computerDnsName,{literal(name[:4])})").take(5)
    names = ", ".join(str(each.computer_dns_name) for each in near)
    raise ConfigurationError(
        f"no machine is called {name}",
        nearest=[str(each.computer_dns_name) for each in near],
        hint=f"names that begin alike: {names}" if names else "vedette machines list shows the machines",
    )


def _of_name(defender: Defender, name: str) -> Sequence[Machine]:
    condition = f"computerDnsName eq {literal(name)} or startswith(computerDnsName,{literal(name + '.')})"
    return defender.machines.list(filter=condition).take(20)


def _of_address(defender: Defender, address: str) -> Sequence[Machine]:
    from datetime import UTC, datetime

    from vedette.errors import ServiceError

    found = defender.machines.list(filter=f"lastIpAddress eq {literal(address)}").take(20)
    if found:
        return found
    try:
        return defender.machines.find_by_ip(address, datetime.now(UTC)).take(20)
    except ServiceError as error:
        if error.status not in (400, 404):  # it takes internal addresses only
            raise
        return []
