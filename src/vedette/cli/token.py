"""`vedette token show` and `token validate`. The token itself is printed only with `--raw`."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING

import click

from vedette.cli import claims as table
from vedette.cli.connection import access_token
from vedette.cli.output import Output, write
from vedette.cli.settings import Command, Group, Settings, UsageError, command

if TYPE_CHECKING:
    from vedette import Profile

CHECKS = (
    ("format", "three parts, strict base64url, strict JSON"),
    ("algorithm", "RS256, whatever the token says"),
    ("key", "the named key is in the tenant's published set"),
    ("signature", "the signature fits"),
    ("issuer", "issued by the sign-in service of the tenant"),
    ("tenant", "issued for the tenant"),
    ("audience", "meant for this API"),
    ("time", "begun and not ended, give or take five minutes"),
    ("permission", "holds what was asked for"),
)
"""What validation looks at, in order."""


@command("show", examples=("vedette token show", "pbpaste | vedette token show -"))
@click.argument("source", metavar="[-|FILE]", required=False)
@click.option("--raw", is_flag=True, help="Print the token itself.")
@click.option("--all", "everything", is_flag=True, help="Every claim, not only those that decide.")
@click.pass_context
def show(context: click.Context, source: str | None, raw: bool, everything: bool) -> None:
    """Show what an access token says.

    Without an argument it is the profile's own token; `-` reads one from stdin. Nothing is checked: see validate.
    """
    from vedette import decode_token

    output = Output.of(context)
    token = _token(source, _profile(context))
    if raw:
        write(token + "\n")
        return
    said = decode_token(token)
    if output.form == "table":
        table.draw(output, said.raw, only=() if everything else table.IN_SHORT)
        hidden = 0 if everything else len([name for name in said.raw if name not in table.IN_SHORT])
        if hidden:
            output.note(f"{hidden} more claims: --all")
    else:
        output.record(said.raw)


@command("validate", examples=("vedette token validate --scope Alert.Read", "vedette token validate - < token.txt"))
@click.argument("source", metavar="[-|FILE]", required=False)
@click.option("--tenant-id", metavar="GUID", help="Tenant whose tokens are accepted. Otherwise the profile's.")
@click.option("--audience", metavar="URI", help="API that it must be for. Otherwise any name of the Defender API.")
@click.option("--scope", "scopes", multiple=True, metavar="NAME", help="Delegated permission it must hold. Repeatable.")
@click.option("--role", "roles", multiple=True, metavar="NAME", help="Application permission it must hold. Repeatable.")
@click.pass_context
def validate(
    context: click.Context,
    source: str | None,
    tenant_id: str | None,
    audience: str | None,
    scopes: tuple[str, ...],
    roles: tuple[str, ...],
) -> None:
    """Check an access token in full, as a service that receives it must.

    Without an argument it is the profile's own token; `-` reads one from stdin. Keys come from the tenant's own sign-in
    service. Ends with status 1 at the first check that fails.
    """
    from vedette import validate_token
    from vedette.errors import TokenInvalid

    output = Output.of(context)
    profile = _profile(context)
    token = _token(source, profile)
    try:
        with output.progress("Fetching the tenant's keys"):
            said = validate_token(
                token,
                tenant_id=_tenant(tenant_id or profile.tenant_id, profile),
                audience=audience,
                scopes=scopes,
                roles=roles,
                authority=profile.authority or None,
                cloud=profile.cloud,
                ca_bundle=profile.ca_bundle or None,
            )
    except TokenInvalid as invalid:
        if output.form == "table":
            draw_checks(output, failed=invalid.check)
        raise
    if output.form == "table":
        draw_checks(output)
    else:
        output.record(said.raw)


token = Group("token", help="Show and validate access tokens.")
for _command in (show, validate):
    if isinstance(_command, Command):
        token.add_command(_command)


def draw_checks(output: Output, *, failed: str = "") -> None:
    """One line for each check: passed, failed, or not reached."""
    is_reached = True
    for name, meaning in CHECKS:
        sign, tone = ("ok", "green") if is_reached else ("-", "dim")
        if name == failed:
            sign, tone, is_reached = "FAILED", "bold red", False
        output.line(output.styled(sign.ljust(8), tone) + name.ljust(12) + output.styled(meaning, "dim"))


def _profile(context: click.Context) -> Profile:
    from vedette import Profile

    return Profile.load(Settings.of(context).profile)


def _token(source: str | None, profile: Profile) -> str:
    if source is None:
        return access_token(profile)
    if source == "-":
        text = sys.stdin.read()
    else:
        from pathlib import Path

        text = Path(source).read_text(encoding="utf-8")
    text = text.strip()
    if text.lower().startswith("bearer "):
        text = text[7:].strip()
    if not text:
        raise UsageError("there is no token to look at", hint="pass one on stdin: vedette token show - < token.txt")
    return text


def _tenant(given: str, profile: Profile) -> str:
    if not given:
        raise UsageError("which tenant's tokens are accepted is not known", hint="add --tenant-id GUID")
    return tenant_guid(given, cloud=profile.cloud, authority=profile.authority, ca_bundle=profile.ca_bundle)


def tenant_guid(given: str, *, cloud: str, authority: str = "", ca_bundle: str = "") -> str:
    """The GUID of a tenant that may be given by domain. Its sign-in service is asked, never the token to be judged."""
    try:
        return str(uuid.UUID(given))
    except ValueError:
        pass
    from vedette.auth.authority import Authority
    from vedette.auth.sign_in_http import SignInHttp

    place = Authority.of(given, cloud=cloud, origin=authority or None)
    with SignInHttp(origin=place.origin, ca_bundle=ca_bundle or None) as http:
        answer = http.get(f"{place.url}/v2.0/.well-known/openid-configuration")
    answer.raise_for_status()
    return str(answer.body().get("issuer", "")).removesuffix("/v2.0").rpartition("/")[2]
