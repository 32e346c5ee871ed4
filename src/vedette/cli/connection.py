"""Opens the client that a command works with, and finds machines by the names people use.

Nothing heavy is imported at the top.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from vedette.cli.arguments import literal
from vedette.cli.settings import Settings
from vedette.cli.text import duration, minute

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
