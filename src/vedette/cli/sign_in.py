"""`vedette login`, `logout` and `status`.

A profile keeps where and as whom to sign in, never a secret or password. Tokens of people are kept in the shared cache.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vedette.cli.arguments import choice
from vedette.cli.connection import credential_of, kept_sign_in
from vedette.cli.output import Output
from vedette.cli.settings import Settings, UsageError, command

if TYPE_CHECKING:
    from vedette import Profile, TokenClaims

CLOUDS = ("commercial", "gcc", "gcc-high", "dod")
_WAYS = ("browser", "device-code", "username-password", "client-secret", "certificate", "managed-identity")


@command(
    "login",
    examples=(
        "vedette login --tenant-id contoso.com --client-id 0000… --device-code",
        "vedette login --tenant-id contoso.com --client-id 0000… --secret-command 'pass show soc/app'",
        "vedette login --tenant-file tenant.json --app soc-automation",
        "vedette login --profile admin --graph --tenant-id contoso.com --client-id 0000… --browser",
    ),
)
@click.option("--cloud", type=choice(CLOUDS), help="Microsoft cloud. Otherwise commercial.")
@click.option("--region", metavar="CODE", help="Regional API host: us, eu, uk, au, swa or ina.")
@click.option("--tenant-id", metavar="TENANT", help="Tenant: GUID or verified domain.")
@click.option("--client-id", metavar="GUID", help="Application (client) id.")
@click.option("--username", metavar="UPN", help="Who signs in.")
@click.option("--browser", "way", flag_value="browser", help="Sign in with the browser of this machine.")
@click.option("--device-code", "way", flag_value="device-code", help="Sign in with any browser, by a code.")
@click.option(
    "--password", "way", flag_value="username-password", help="Sign in by name and password (no second factor)."
)
@click.option("--secret", "way", flag_value="client-secret", help="The app itself, by VEDETTE_CLIENT_SECRET.")
@click.option("--secret-file", metavar="FILE", help="The app itself, by the secret in a file.")
@click.option("--secret-command", metavar="COMMAND", help="The app itself, by the secret that a command prints.")
@click.option("--certificate", metavar="FILE", help="The app itself, by certificate and key in a PEM file.")
@click.option("--managed-identity", "way", flag_value="managed-identity", help="The Azure resource this runs on.")
@click.option("--tenant-file", metavar="FILE", help="Local tenant: the file of `vedette serve --ready-file`.")
@click.option("--app", metavar="NAME", help="Local tenant: the app to be, such as soc-automation.")
@click.option("--authority", metavar="ORIGIN", help="Sign-in service, where it is not the cloud's.")
@click.option("--base-url", metavar="ORIGIN", help="API, where it is not the cloud's.")
@click.option("--ca-bundle", metavar="FILE", help="Certificates to trust, as PEM.")
@click.option("--graph", is_flag=True, help="Sign in for `vedette apps`: to Graph, not to Defender.")
@click.pass_context
def login(
    context: click.Context,
    /,
    *,
    way: str | None,
    secret_file: str | None,
    secret_command: str | None,
    certificate: str | None,
    graph: bool,
    **given: str | None,
) -> None:
    """Sign in and keep a profile.

    Without options it signs in again as the profile says, or asks. Later commands use the profile and renew its tokens.
    Secrets come from the environment (VEDETTE_CLIENT_SECRET, VEDETTE_PASSWORD), a file, a command or a prompt.
    """
    output = Output.of(context)
    changes = {name: value for name, value in given.items() if value}
    for name in ("tenant_file", "ca_bundle"):
        if name in changes:
            changes[name] = str(Path(changes[name]).absolute())
    changes |= {
        name: value
        for name, value in (
            ("client_secret_file", secret_file),
            ("client_secret_command", secret_command),
            ("certificate", certificate),
            ("credential", way or _way_of(secret_file or secret_command, certificate)),
        )
        if value
    }
    profile = _completed(_loaded(Settings.of(context).profile, changes))
    claims = _sign_in(output, profile, _scope(profile, graph=graph))
    file = _lasting(profile, changes).save()
    output.note(f"Signed in as {_who(claims)}; profile '{profile.name}' is kept in {file}.")
    _report(output, profile, claims)


@command("logout")
@click.option("--all", "everybody", is_flag=True, help="Forget every kept token, of all profiles.")
@click.pass_context
def logout(context: click.Context, everybody: bool) -> None:
    """Forget the tokens of a profile. The profile itself stays.

    Tokens that were already handed out end by themselves, within an hour and a half.
    """
    from vedette import Profile, TokenCache

    output = Output.of(context)
    if everybody:
        TokenCache().clear()
        output.note("Forgot every kept token.")
        return
    profile = Profile.load(Settings.of(context).profile)
    credential = kept_sign_in(profile)
    forgotten = credential.sign_out() if credential is not None else ()
    output.note(f"Signed out: {', '.join(forgotten)}." if forgotten else f"Profile '{profile.name}' keeps no tokens.")


@command("status")
@click.pass_context
def status(context: click.Context) -> None:
    """Show who is signed in, and where.

    Nobody is asked anything. Ends with status 1 where no token can be had.
    """
    from vedette import Profile
    from vedette.errors import VedetteError

    output = Output.of(context)
    profile = Profile.load(Settings.of(context).profile)
    try:
        with output.progress("Asking for a token"):
            claims = _current(profile)
    except VedetteError:
        _report(output, profile, None)
        raise
    _report(output, profile, claims)


# -- profiles ----------------------------------------------------------------------------------------------------------


def _way_of(secret: str | None, certificate: str | None) -> str | None:
    return "client-secret" if secret else "certificate" if certificate else None


def _loaded(name: str | None, changes: Mapping[str, str]) -> Profile:
    """The profile as it is with the changes, or a new one of that name."""
    from vedette import Profile
    from vedette.auth.places import config_file
    from vedette.auth.profile import variable
    from vedette.auth.profile_file import profile_names

    wanted = name or os.environ.get("VEDETTE_PROFILE") or "default"
    # What is given here stands above the file just as the environment does, so that a tenant file is read with it.
    environment = {**os.environ, **{variable(key): value for key, value in changes.items()}}
    if wanted == "default" or wanted in profile_names(config_file()):
        return Profile.load(wanted, environment=environment)
    return dataclasses.replace(Profile.load("default", environment=environment), name=wanted)


def _completed(profile: Profile) -> Profile:
    """The profile with what signing in needs, asked for where a person is there to answer."""
    if profile.kind == "managed-identity":
        return profile
    for key, question in (("tenant_id", "Tenant (GUID or domain)"), ("client_id", "Application (client) id")):
        if not getattr(profile, key):
            if not sys.stdin.isatty():
                option = f"--{key.replace('_', '-')}"
                raise UsageError(f"signing in needs {option}", hint=f"vedette login {option} …")
            profile = dataclasses.replace(profile, **{key: click.prompt(question, err=True)})
    if profile.kind in ("password", "username-password") and not profile.username:
        profile = dataclasses.replace(profile, username=click.prompt("User name", err=True))
    profile.check()
    return profile


def _lasting(profile: Profile, changes: Mapping[str, str]) -> Profile:
    """The profile without what a tenant file says anew each time: a local tenant may come back on another port."""
    if not profile.tenant_file:
        return profile
    told = ("tenant_id", "client_id", "authority", "base_url", "ca_bundle")
    return dataclasses.replace(profile, **{name: changes.get(name, "") for name in told})


def _scope(profile: Profile, *, graph: bool) -> str:
    from vedette.catalogue.clouds import cloud

    chosen = cloud(profile.cloud)
    return f"{chosen.graph}/.default" if graph else chosen.default_scope


def _current(profile: Profile) -> TokenClaims:
    """What a token says: one for Defender, else one for Graph. Raises: why there is none for Defender."""
    from vedette import SignInError, decode_token

    credential = credential_of(profile)
    try:
        return decode_token(credential.get_token(_scope(profile, graph=False)).token)
    except SignInError:
        try:
            return decode_token(credential.get_token(_scope(profile, graph=True)).token)
        except SignInError:
            pass
        raise


def _sign_in(output: Output, profile: Profile, scope: str) -> TokenClaims:
    from vedette import TokenCache, UsernamePasswordCredential, decode_token

    if profile.kind == "password":  # kept tokens need MSAL, which speaks v2
        profile = dataclasses.replace(profile, credential="username-password")
    credential = profile.make_credential(
        prompt=lambda asked: click.echo(asked.message, err=True),
        on_open=lambda: click.echo("Go on in the browser that opens now.", err=True),
        cache=TokenCache(),
    )
    if isinstance(credential, UsernamePasswordCredential):
        credential.sign_out()  # else a kept token would answer for a wrong password
    return decode_token(credential.get_token(scope).token)


def _who(claims: TokenClaims) -> str:
    return claims.user_name or f"the app {claims.app_name or claims.app_id}"


def _report(output: Output, profile: Profile, claims: TokenClaims | None) -> None:
    from vedette.catalogue.clouds import api_base

    permissions = sorted(claims.scopes or claims.roles) if claims else []
    record: dict[str, object] = {
        "profile": profile.name,
        "cloud": profile.cloud,
        "api": profile.base_url or api_base(profile.cloud, profile.region or None),
        "tenant": profile.tenant_id,
        "app": profile.client_id,
        "credential": profile.kind,
        "signedInAs": _who(claims) if claims else None,
        "tokenFor": claims.audience if claims else None,
        "permissions": permissions,
        "tokenEnds": claims.expires_at if claims else None,
    }
    output.record(record)
