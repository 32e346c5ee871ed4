"""`vedette apps`: register applications, give them permissions, grant consent, make secrets, through Microsoft Graph.

The signed-in person needs Graph permissions (Application.ReadWrite.All and, for consent, DelegatedPermissionGrant and
AppRoleAssignment), so a profile of its own is usual: `vedette apps list --profile admin`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from vedette.cli.arguments import MOMENT, choice
from vedette.cli.columns import Column, attribute
from vedette.cli.connection import credential_of
from vedette.cli.output import Output
from vedette.cli.settings import Group, Settings, command
from vedette.cli.text import minute

if TYPE_CHECKING:
    from vedette import Profile
    from vedette.catalogue.graph import Application, SignInAudience
    from vedette.catalogue.permission import Kind
    from vedette.client.graph import AppRegistrations

ACCOUNTS: Mapping[str, SignInAudience] = {
    "this-organization": "AzureADMyOrg",
    "any-organization": "AzureADMultipleOrgs",
    "any-and-personal": "AzureADandPersonalMicrosoftAccount",
    "personal": "PersonalMicrosoftAccount",
}
"""Supported account types in the portal's words."""

_APP_HELP = "APP is a client id, an object id or a name."
_COLUMNS = (
    Column("NAME", attribute("display_name"), rank=0, least=20),
    Column("CLIENT ID", attribute("app_id"), rank=0),
    Column("ACCOUNTS", lambda app: _accounts(getattr(app, "sign_in_audience", "")), rank=2),
    Column("CREATED", attribute("created_date_time"), rank=1),
)


@contextmanager
def registrations(context: click.Context) -> Iterator[AppRegistrations]:
    """The app registrations of the chosen profile's tenant."""
    from vedette import Profile

    with open_registrations(_administrator(Profile.load(Settings.of(context).profile))) as apps:
        yield apps


def _administrator(profile: Profile) -> Profile:
    """In a local tenant, its administrator at the app that is there for this, unless the profile says who to be."""
    from vedette import ConfigurationError, Profile

    if not profile.tenant_file or profile.app or profile.username or profile.credential:
        return profile
    told = {**os.environ, "VEDETTE_APP": "vedette-admin", "VEDETTE_CREDENTIAL": "username-password"}
    try:
        return Profile.load(profile.name, environment=told)
    except ConfigurationError:
        return profile  # a tenant of somebody's own design, without that app


def open_registrations(profile: Profile) -> AppRegistrations:
    """App registrations as a profile reaches them. A tenant with an authority of its own has Graph beside it."""
    from vedette.catalogue.clouds import cloud
    from vedette.client.graph import AppRegistrations
    from vedette.client.transport import HttpTransport

    chosen = cloud(profile.cloud)
    return AppRegistrations(
        HttpTransport(ca_bundle=profile.ca_bundle or None),
        credential_of(profile),
        f"{profile.authority.rstrip('/')}/v1.0" if profile.authority else chosen.graph_base,
        scope=f"{chosen.graph}/.default",
        user_agent="vedette-cli",
    )


@command("create", examples=("vedette apps create 'SOC notebook' --redirect-uri http://localhost --public-client",))
@click.argument("name")
@click.option(
    "--accounts", type=choice(ACCOUNTS), default="this-organization", show_default=True, help="Who may sign in to it."
)
@click.option("--redirect-uri", "public", multiple=True, metavar="URI", help="Of a program on a machine. Repeatable.")
@click.option("--web-redirect-uri", "web", multiple=True, metavar="URI", help="Of a web application. Repeatable.")
@click.option(
    "--spa-redirect-uri", "spa", multiple=True, metavar="URI", help="Of a single-page application. Repeatable."
)
@click.option("--public-client", is_flag=True, help="Allow sign-in by device code or password, without a secret.")
@click.pass_context
def create(
    context: click.Context,
    /,
    *,
    name: str,
    accounts: str,
    public: tuple[str, ...],
    web: tuple[str, ...],
    spa: tuple[str, ...],
    public_client: bool,
) -> None:
    """Register an application."""
    output = Output.of(context)
    with registrations(context) as apps, output.progress("Registering"):
        app = apps.create(
            name,
            audience=ACCOUNTS[accounts],
            public_redirect_uris=public,
            web_redirect_uris=web,
            spa_redirect_uris=spa,
            allow_public_client=True if public_client else None,
        )
    _show(output, app)
    output.note(f"Next: vedette apps permissions add {app.app_id} Alert.Read")


@command("list")
@click.option("--filter", "condition", metavar="ODATA", help="Such as \"startswith(displayName,'SOC')\".")
@click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="At most N.")
@click.pass_context
def list_apps(context: click.Context, condition: str | None, limit: int | None) -> None:
    """List applications."""
    output = Output.of(context)
    with registrations(context) as apps:
        found = apps.list(filter=condition, top=limit)
        if output.form == "table":
            with output.progress("Asking"):
                listed = list(found)
            output.table(_COLUMNS, listed, none="No application fits.")
        else:
            output.records(map(_builtins, found))


@command("show", help=f"Show one application.\n\n{_APP_HELP}")
@click.argument("app")
@click.pass_context
def show(context: click.Context, app: str) -> None:
    output = Output.of(context)
    with registrations(context) as apps, output.progress("Asking"):
        found = apps.get(app)
    _show(output, found)


@command(
    "add",
    help="Add permissions to what an application asks for.\n\nAsking grants nothing: `vedette apps consent` does. "
    + _APP_HELP,
    examples=("vedette apps permissions add 'SOC notebook' Alert.Read Machine.Read",),
)
@click.argument("app")
@click.argument("permissions", metavar="PERMISSION...", nargs=-1, required=True)
@click.option("--application", is_flag=True, help="Application permissions, for an app without a user.")
@click.option("--api", default="WindowsDefenderATP", show_default=True, metavar="NAME", help="API that publishes them.")
@click.pass_context
def permissions_add(
    context: click.Context, app: str, permissions: tuple[str, ...], application: bool, api: str
) -> None:
    output = Output.of(context)
    with registrations(context) as apps, output.progress("Updating"):
        found = apps.get(app)
        for permission in permissions:
            found = apps.add_permission(found, permission, kind="application" if application else "delegated", api=api)
    output.note(f"{found.display_name} asks for {', '.join(permissions)}. Next: vedette apps consent {found.app_id}")
    if output.form != "table":
        output.record(_builtins(found))


@command("consent", help=f"Grant everything that an application asks for, to the whole organisation.\n\n{_APP_HELP}")
@click.argument("app")
@click.pass_context
def consent(context: click.Context, app: str) -> None:
    output = Output.of(context)
    with registrations(context) as apps, output.progress("Granting"):
        granted = apps.consent(app)
    rows = [
        {"api": api, "kind": kind, "permission": value}
        for kind, by_api in (("delegated", granted.delegated), ("application", granted.application))
        for api, values in by_api.items()
        for value in values
    ]
    output.records(rows, names=("api", "kind", "permission"))


@command("add", help=f"Make a client secret and print it, this once.\n\n{_APP_HELP}")
@click.argument("app")
@click.option("--name", metavar="TEXT", help="What it is for.")
@click.option("--expires", type=MOMENT, metavar="TIME", help="Its end, such as 2027-01-31. Otherwise in two years.")
@click.pass_context
def secret_add(context: click.Context, app: str, name: str | None, expires: datetime | None) -> None:
    output = Output.of(context)
    with registrations(context) as apps, output.progress("Making a secret"):
        made = apps.add_password(app, name=name, expires=expires)
    output.record(
        {"secret": made.secret_text, "keyId": made.key_id, "name": made.display_name, "ends": made.end_date_time}
    )
    output.note("The secret is not shown again. Keep it where programs can read it and people cannot.")


apps = Group("apps", help="Register apps, give them permissions, grant consent.")
permissions = Group("permissions", help="What an application asks for.")
secret = Group("secret", help="Client secrets of an application.")
permissions.add_command(permissions_add)
secret.add_command(secret_add)
for _each in (create, list_apps, show, permissions, consent, secret):
    apps.add_command(_each)


def _show(output: Output, app: Application) -> None:
    if output.form != "table":
        output.record(_builtins(app))
        return
    facts: list[tuple[str, object]] = [
        ("name", app.display_name),
        ("client id", app.app_id),
        ("object id", app.id),
        ("accounts", _accounts(app.sign_in_audience)),
        ("created", app.created_date_time),
        ("public client", app.is_fallback_public_client),
        ("redirect URIs", [*app.public_client.redirect_uris, *app.web.redirect_uris, *app.spa.redirect_uris]),
        ("asks for", list(_asked(app))),
        (
            "secrets",
            [f"{s.hint}… until {minute(s.end_date_time)}" for s in app.password_credentials if s.end_date_time],
        ),
        ("certificates", [str(each.display_name or each.key_id) for each in app.key_credentials]),
    ]
    output.pairs([(name, value) for name, value in facts if value not in (None, "", [])])


def _accounts(audience: str) -> str:
    return next((name for name, value in ACCOUNTS.items() if value == audience), audience)


def _asked(app: Application) -> Iterator[str]:
    """Permissions by name, where the catalogue knows the API."""
    from vedette.catalogue.permission import RESOURCES

    known = {resource.app_id: resource for resource in RESOURCES}
    for required in app.required_resource_access:
        resource = known.get(required.resource_app_id)
        for access in required.resource_access:
            kind: Kind = "delegated" if access.type == "Scope" else "application"
            found = resource.permission_by_id(access.id, kind) if resource else None
            yield f"{found.value if found else access.id} ({kind})"


def _builtins(value: object) -> dict[str, Any]:  # Any: JSON
    import msgspec

    record: dict[str, Any] = msgspec.to_builtins(value)
    return record
