"""`vedette quickstart`: the documented path from an app registration to a refused call and a hunt, step by step.

A local tenant is started in this process, and from then on everything is done as any client would: over HTTPS, through
Graph, the sign-in service and the Defender API, with the SDK. With `--cloud` the steps from sign-in on run against the
real service. Nothing is changed there: the last step asks only for what the token does not permit, about no machine.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import ssl
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vedette.cli import alert_view, claims
from vedette.cli.arguments import choice
from vedette.cli.columns import ALERT, short_name
from vedette.cli.output import Output, Progress
from vedette.cli.settings import UsageError, command
from vedette.cli.sign_in import CLOUDS
from vedette.cli.story import Recorder, Story
from vedette.cli.text import duration
from vedette.cli.token import draw_checks

if TYPE_CHECKING:
    from vedette import Alert, PasswordCredential
    from vedette.catalogue.graph import Application
    from vedette.client.graph import AppRegistrations
    from vedette.tenant import LocalTenant
    from vedette.tenant.seed import UserAccess

APP = "Vedette quickstart"
REDIRECT = "http://localhost"
PERMISSION = "Alert.Read"
ALERTS_SHOWN = 8
NO_MACHINE = "0" * 40
"""Named where a call must be refused anyway, so that nothing could happen if it were not."""


@command(
    "quickstart",
    examples=(
        "vedette quickstart",
        "vedette quickstart --telemetry recordings/",
        "vedette quickstart --cloud commercial --tenant-id contoso.com --client-id 0000…",
    ),
)
@click.option("--cloud", type=choice(CLOUDS), help="Do it with the real service instead of a local tenant.")
@click.option("--tenant-id", metavar="TENANT", help="With --cloud: tenant, GUID or domain.")
@click.option("--client-id", metavar="GUID", help="With --cloud: a public client app that may use Alert.Read.")
@click.option(
    "--telemetry",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Recorded Sysmon and Security events instead of the simulation.",
)
@click.pass_context
def quickstart(
    context: click.Context,
    /,
    *,
    cloud: str | None,
    tenant_id: str | None,
    client_id: str | None,
    telemetry: Path | None,
) -> None:
    """Watch the whole documented path happen, offline.

    Registers an app, gives it a permission, signs a user in, validates the token, reads alerts, asks for more than the
    token permits, and hunts. Takes seconds and leaves nothing behind; only imported recordings are kept for a day.
    """
    story = Story(Output.of(context))
    if cloud is not None:
        if telemetry is not None:
            raise UsageError("--telemetry is for the local tenant and --cloud for the real one", hint="leave one out")
        _in_cloud(story, cloud, tenant_id, client_id)
        return
    if tenant_id or client_id:
        raise UsageError("--tenant-id and --client-id go with --cloud", hint="vedette quickstart --cloud commercial …")
    _in_local_tenant(story, telemetry)


# -- here --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """Where the steps take place, whichever tenant that is."""

    recorder: Recorder
    tenant_id: str
    client_id: str
    cloud: str = "commercial"
    authority: str | None = None
    base_url: str | None = None
    ca_bundle: str | None = None


def _in_local_tenant(story: Story, telemetry: Path | None) -> None:
    story.title(
        "Vedette quickstart: from an app registration to a refused call",
        "A local tenant answers as the cloud would. Everything below goes over HTTPS on this machine.",
    )
    began = time.monotonic()
    with ExitStack() as stack:
        with story.doing("Starting a local tenant") as progress:
            tenant = stack.enter_context(_tenant(telemetry, progress))
        story.blank()
        story.came_back("Start a local tenant", f"ready after {duration(time.monotonic() - began)}")
        story.facts(
            [
                ("sign-in, Graph, API", tenant.authority),
                ("tenant", f"{tenant.tenant_domain}  {tenant.tenant_id}"),
                ("telemetry", str(telemetry) if telemetry else "simulated"),
            ]
        )
        recorder = Recorder(ssl.create_default_context(cafile=tenant.ca_bundle))
        stack.callback(recorder.close)
        client_id = _register_app(story, tenant, recorder, stack)
        place = _Place(
            recorder, tenant.tenant_id, client_id,
            authority=tenant.authority, base_url=tenant.api_base, ca_bundle=tenant.ca_bundle,
        )  # fmt: skip
        token = _get_tokens(story, tenant, place)
        _validate(story, place, token)
        alert = _use(story, place, token)
        if alert is not None:
            _hunt(story, tenant, place, alert)
        _next(story)


def _tenant(telemetry: Path | None, progress: Progress) -> LocalTenant:
    """A tenant in memory; with recordings one that keeps their import, which takes long, for the rest of the day."""
    from vedette.tenant import LocalTenant

    if telemetry is None:
        return LocalTenant()

    def told(doing: str, file: Path, done: int, total: int) -> None:
        progress.say(f"{doing.capitalize()} {file.name}, {100 * done // max(total, 1)} %")

    return LocalTenant(telemetry=telemetry, state=_imported_today(telemetry), progress=told)


def _imported_today(telemetry: Path) -> Path:
    """A folder for what is imported from these recordings today. Those of other days and recordings are removed.

    Times are moved so that the newest event is now, so an import gets old.
    """
    from vedette.auth.places import state_folder
    from vedette.errors import ConfigurationError
    from vedette.tenant.local import locked

    files = sorted((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in telemetry.rglob("*"))
    named = repr((datetime.now(UTC).date(), str(telemetry.resolve()), files))
    kept = state_folder() / "quickstart"
    wanted = kept / hashlib.sha256(named.encode()).hexdigest()[:16]
    for other in kept.iterdir() if kept.is_dir() else ():
        if other != wanted:
            with suppress(ConfigurationError), locked(other):  # one that is in use stays
                shutil.rmtree(other)
    return wanted


def _register_app(story: Story, tenant: LocalTenant, recorder: Recorder, stack: ExitStack) -> str:
    """Steps 1 and 2: the app, its permission, the refusal before consent, consent. Returns: the client id."""
    from vedette import SignInError
    from vedette.catalogue.clouds import cloud
    from vedette.client.graph import AppRegistrations
    from vedette.client.transport import HttpTransport

    commercial = cloud("commercial")
    admin, analyst = tenant.users["admin"], tenant.users["analyst"]
    signed_in = _documented(recorder, tenant, admin, tenant.apps["vedette-admin"].client_id)
    apps = AppRegistrations(HttpTransport(transport=recorder), signed_in, tenant.graph_base)
    story.step("Create an app")
    with story.doing("Signing in"):
        signed_in.get_token(f"{commercial.graph}/.default")
    story.came_back(f"Sign in to Graph as {admin.upn}", "a token for Graph")
    story.exchanges(recorder)
    with story.doing("Registering"):
        app = apps.create(APP, public_redirect_uris=[REDIRECT], allow_public_client=True)
    stack.callback(_forget, apps, app)
    story.came_back(f"Register '{APP}'", "registered")
    story.exchanges(recorder)
    story.facts(
        [
            ("application id", app.app_id),
            ("tenant id", tenant.tenant_id),
            ("account types", "this organisation only"),
            ("redirect URI", f"{REDIRECT} (public client)"),
        ]
    )

    story.step("Give it a permission, and grant consent")
    with story.doing("Looking up the API"):
        api = apps.find_api()
    story.came_back(f"Find {api.display_name} by name", f"{len(api.oauth2_permission_scopes)} delegated permissions")
    story.exchanges(recorder)
    with story.doing("Adding the permission"):
        app = apps.add_permission(app, PERMISSION)
    story.came_back(f"Add the delegated permission {PERMISSION}", "the app asks for it")
    story.exchanges(recorder)
    early = _documented(recorder, tenant, analyst, app.app_id)
    try:
        early.get_token(commercial.default_scope)
    except SignInError as refused:
        story.came_back(f"Ask for a token before consent, as {analyst.upn}", f"refused, AADSTS{refused.aadsts}")
        story.exchanges(recorder)
        story.says(refused.message)
    else:
        raise RuntimeError("the tenant gave a token before consent was granted")
    with story.doing("Granting consent"):
        granted = apps.consent(app)
    story.came_back("Grant consent for the whole organisation", ", ".join(sum(granted.delegated.values(), ())))
    story.exchanges(recorder)
    return app.app_id


def _forget(apps: AppRegistrations, app: Application) -> None:
    """Take the app away again: a tenant that is kept for the day would have one more with each run."""
    from vedette import VedetteError

    with suppress(VedetteError):
        apps.delete(app)


def _documented(recorder: Recorder, tenant: LocalTenant, user: UserAccess, client_id: str) -> PasswordCredential:
    """The documented v1 password request."""
    from vedette import PasswordCredential

    return PasswordCredential(
        user.upn,
        str(user.password),
        tenant_id=tenant.tenant_id,
        client_id=client_id,
        authority=tenant.authority,
        transport=recorder,
    )


def _get_tokens(story: Story, tenant: LocalTenant, place: _Place) -> str:
    """Step 3: the documented v1 password request, and the same through MSAL."""
    from vedette import UsernamePasswordCredential
    from vedette.catalogue.clouds import cloud

    user = tenant.users["analyst"]
    scope = cloud(place.cloud).default_scope
    resource = cloud(place.cloud).resource_id
    story.step(f"Get a token for {user.upn}")
    documented = _documented(place.recorder, tenant, user, place.client_id)
    with story.doing("Signing in"):
        answer = documented.get_token(scope)
    story.came_back(
        f"The documented password request, resource={resource}", f"a token, good for {_minutes(answer.expires_on)}"
    )
    story.exchanges(place.recorder)
    through_msal = UsernamePasswordCredential(
        user.upn,
        str(user.password),
        tenant_id=tenant.tenant_id,
        client_id=place.client_id,
        authority=tenant.authority,
        transport=place.recorder,
    )
    with story.doing("Signing in through MSAL"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = through_msal.get_token(f"{resource}/{PERMISSION}")
    story.came_back(
        f"The same through MSAL, scope={resource}/{PERMISSION}", f"a token, good for {_minutes(again.expires_on)}"
    )
    story.exchanges(place.recorder)
    return answer.token


# -- in the cloud ------------------------------------------------------------------------------------------------------


def _in_cloud(story: Story, cloud: str, tenant_id: str | None, client_id: str | None) -> None:
    from vedette import DeviceCodeCredential, TokenCache
    from vedette.catalogue.clouds import cloud as cloud_of

    chosen = cloud_of(cloud)
    story.title(
        f"Vedette quickstart: {chosen.title}",
        "From sign-in on, against the real service. Nothing there is changed.",
    )
    tenant_id = tenant_id or _asked("Tenant (GUID or domain)", "--tenant-id")
    client_id = client_id or _asked("Application (client) id, a public client", "--client-id")
    recorder = Recorder()
    place = _Place(recorder, tenant_id, client_id, cloud=cloud)
    story.step("Get a token")
    credential = DeviceCodeCredential(
        tenant_id=tenant_id,
        client_id=client_id,
        cloud=cloud,
        cache=TokenCache(),
        prompt=lambda prompt: story.says(prompt.message),
        transport=recorder,
    )
    answer = credential.get_token(chosen.default_scope)
    recorder.taken()  # polling is not worth a line for each time
    story.came_back(f"Sign in by device code at {chosen.authority}", f"a token, good for {_minutes(answer.expires_on)}")
    _validate(story, place, answer.token)
    _use(story, place, answer.token)
    _next(story)


def _asked(question: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"--cloud needs {option}", hint=f"vedette quickstart --cloud commercial {option} …")
    return str(click.prompt(question, err=True))


# -- the steps that are the same ---------------------------------------------------------------------------------------


def _validate(story: Story, place: _Place, token: str) -> None:
    """Step 4: every check that a service makes, then what the token says."""
    from vedette import validate_token
    from vedette.cli.token import tenant_guid

    story.step("Validate the token")
    with story.doing("Fetching the tenant's keys"):
        said = validate_token(
            token,
            tenant_id=tenant_guid(
                place.tenant_id, cloud=place.cloud, authority=place.authority or "", ca_bundle=place.ca_bundle or ""
            ),
            scopes=PERMISSION,
            cloud=place.cloud,
            authority=place.authority,
            ca_bundle=place.ca_bundle,
        )
    story.came_back(f"Check it as the API would, and that scp holds {PERMISSION}", "valid")
    with story.output.indented(5):
        draw_checks(story.output)
        story.output.line()
        claims.draw(story.output, said.raw, only=claims.IN_SHORT)


def _use(story: Story, place: _Place, token: str) -> Alert | None:
    """Step 5: alerts, one alert with its evidence, and a call that the token does not permit.

    Returns: that alert.
    """
    from vedette import Defender, PermissionDenied, StaticToken, decode_token

    story.step("Use it")
    held = decode_token(token)
    alert = None
    with Defender(
        StaticToken(token),
        cloud=place.cloud,
        base_url=place.base_url,
        transport=place.recorder,
        user_agent="vedette-quickstart",
    ) as defender:
        with story.doing("Reading alerts"):
            alerts = defender.alerts.list(top=ALERTS_SHOWN, orderby="alertCreationTime desc").take(ALERTS_SHOWN)
        story.came_back(f"The newest {ALERTS_SHOWN} alerts", f"{len(alerts)} alerts")
        story.exchanges(place.recorder)
        if alerts:
            story.blank()
            with story.output.indented(5):
                story.output.table(ALERT, alerts)
            story.blank()
            chosen = _most_telling(alerts)
            with story.doing("Reading one alert"):
                alert = defender.alerts.get(chosen.id, expand=["evidence"])
            story.came_back("One alert with its evidence", f"{len(alert.evidence)} pieces of evidence")
            story.exchanges(place.recorder)
            story.blank()
            with story.output.indented(5):
                alert_view.draw(story.output, alert)
            story.blank()
        if "Machine.Isolate" in held.scopes | held.roles:
            story.says("This token holds Machine.Isolate, so isolating is not tried: it would happen.")
            return alert
        machine_id = alerts[0].machine_id if alerts and place.base_url else NO_MACHINE
        try:
            defender.machines.isolate(machine_id or NO_MACHINE, comment="Vedette quickstart")
        except PermissionDenied as refused:
            story.came_back("Isolate the machine, which this token does not permit", "refused", good=True)
            story.exchanges(place.recorder)
            story.says(refused.message)
            if refused.hint:
                story.says(f"hint: {refused.hint}")
        else:
            raise RuntimeError("a machine was isolated with a token that does not hold Machine.Isolate")
    return alert


HUNT = """\
DeviceProcessEvents
| where DeviceId == machine and Timestamp between (seen - 30m .. seen + 5m)
| where InitiatingProcessFileName != "services.exe"
| top 6 by Timestamp desc
| project Timestamp, FileName, ProcessCommandLine"""
"""What ran on a machine up to a time: `machine` and `seen` are parameters."""


def _hunt(story: Story, tenant: LocalTenant, place: _Place, alert: Alert) -> None:
    """Step 6: an app's own token, and a hunting query about the machine of an alert."""
    from vedette import ClientSecretCredential, Defender
    from vedette.cli.hunt_places import Service
    from vedette.cli.hunt_results import show_table

    app = tenant.apps["soc-automation"]
    story.step("Hunt")
    credential = ClientSecretCredential(
        str(app.client_secret),
        tenant_id=place.tenant_id,
        client_id=app.client_id,
        authority=place.authority,
        transport=place.recorder,
    )
    with Defender(
        credential, base_url=place.base_url, transport=place.recorder, user_agent="vedette-quickstart"
    ) as defender:
        seen = alert.last_event_time or alert.alert_creation_time
        with story.doing("Hunting"):
            answer = Service(defender).run(HUNT, {"machine": alert.machine_id, "seen": seen})
    story.came_back(
        f"What ran on {short_name(alert.computer_dns_name)} up to the last event of it, as {app.name}",
        f"{len(answer.parts[0].rows)} rows",
    )
    story.exchanges(place.recorder)
    story.blank()
    with story.output.indented(5):
        for line in HUNT.splitlines():
            story.output.line(story.output.styled(line, "dim"))
        story.blank()
        show_table(story.output, answer.parts[0], len(answer.parts[0].rows))


def _most_telling(alerts: Sequence[Alert]) -> Alert:
    order = ("High", "Medium", "Low")
    return min(alerts, key=lambda alert: order.index(alert.severity) if alert.severity in order else len(order))


def _minutes(expires_on: int) -> str:
    return duration(max(0, round((expires_on - time.time()) / 60)) * 60)


def _next(story: Story) -> None:
    program = os.environ.get("VEDETTE_PROGRAM", "vedette")  # how this checkout's ./dev calls it
    write_next = (
        (f"{program} serve", "the same tenant, as long as you like, with a portal"),
        (f"{program} run -- python playbook.py", "any program, unmodified, against the local tenant"),
        (f"{program} hunt --tenant 'AlertInfo | take 5'", "an advanced hunting query in it; hunt -i is a shell"),
        (f"{program} alerts list --help", "the command line for Defender"),
    )
    story.blank()
    story.output.grid(("Try next", ""), write_next)
