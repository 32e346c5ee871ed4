"""`vedette check`: sign in and prove that it works: who am I, what may I do, does each part answer, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from vedette.catalogue.machines import Machines
from vedette.cli.columns import Column, attribute
from vedette.cli.connection import credential_of, open_defender
from vedette.cli.output import Output
from vedette.cli.resources import help_text
from vedette.cli.settings import Settings, command

if TYPE_CHECKING:
    from vedette import Defender, TokenClaims

_PARTS: tuple[tuple[str, str, Callable[[Defender], Any]], ...] = (
    ("alerts", "alerts.list", lambda defender: defender.alerts.list(top=1).take(1)),
    ("machines", "machines.list", lambda defender: defender.machines.list(top=1).take(1)),
    ("actions", "machine_actions.list", lambda defender: defender.machine_actions.list(top=1).take(1)),
    ("indicators", "indicators.list", lambda defender: defender.indicators.list(top=1).take(1)),
    ("investigations", "investigations.list", lambda defender: defender.investigations.list(top=1).take(1)),
    ("vulnerabilities", "vulnerabilities.list", lambda defender: defender.vulnerabilities.list(top=1).take(1)),
    ("software", "software.list", lambda defender: defender.software.list(top=1).take(1)),
    ("recommendations", "recommendations.list", lambda defender: defender.recommendations.list(top=1).take(1)),
    ("scores", "scores.get_exposure", lambda defender: defender.scores.get_exposure()),
    ("hunting", "advanced_queries.run", lambda defender: defender.advanced_queries.run("DeviceInfo | take 1")),
)  # Any: whatever each part answers
"""One harmless call to each part that its permission guards on its own."""

_TONES = {"ok": "green", "no permission": "yellow", "FAILED": "bold red"}
_COLUMNS = (
    Column("PART", attribute("part"), rank=0),
    Column("RESULT", attribute("result"), rank=0, tones=_TONES),
    Column("MS", attribute("milliseconds"), rank=1, right=True),
    Column("DETAIL", attribute("detail"), rank=0, least=24, wraps=True),
)


class Checked:
    """What became of one call."""

    def __init__(self, part: str, operation: str, result: str, seconds: float, detail: str) -> None:
        self.part, self.operation, self.result, self.detail = part, operation, result, detail
        self.milliseconds = round(seconds * 1000)

    def record(self) -> dict[str, object]:
        """As JSON writes it."""
        return {
            "part": self.part,
            "operation": self.operation,
            "result": {"ok": "ok", "no permission": "noPermission"}.get(self.result, "failed"),
            "milliseconds": self.milliseconds,
            "detail": self.detail,
        }


@command(
    "check",
    help=help_text(
        Machines.list,
        "Sign in and prove that it works: who am I, what may I do, and does each part answer.\n\nOne harmless call "
        "goes to each part. Status 1 where sign-in fails, a part fails, or none may be read.",
    ),
    examples=("vedette check", "vedette check --profile soc -o json"),
)
@click.option("--strict", is_flag=True, help="A part that may not be read counts as failed.")
@click.pass_context
def check(context: click.Context, *, strict: bool) -> int:
    from vedette import Profile, decode_token
    from vedette.catalogue.clouds import cloud

    output = Output.of(context)
    profile = Profile.load(Settings.of(context).profile)
    began = time.perf_counter()
    with output.progress("Signing in"):
        claims = decode_token(credential_of(profile).get_token(cloud(profile.cloud).default_scope).token)
    signed_in_s = time.perf_counter() - began
    with open_defender(profile, quiet=output.is_quiet) as defender, output.progress("Asking") as progress:
        api = defender.base_url
        found = list(progress.counting(_checked(defender)))
    permissions = sorted(claims.scopes or claims.roles)
    answered = sum(one.result == "ok" for one in found)
    failed = [one for one in found if one.result == "FAILED" or (strict and one.result != "ok")]
    is_well = answered > 0 and not failed
    if output.form == "table":
        _draw(output, profile.name, api, claims, permissions, signed_in_s, found)
    else:
        output.record(
            {
                "works": is_well,
                "profile": profile.name,
                "api": api,
                "tenant": claims.tenant_id,
                "signedInAs": _who(claims),
                "signInMilliseconds": round(signed_in_s * 1000),
                "permissions": permissions,
                "tokenEnds": claims.expires_at,
                "parts": [one.record() for one in found],
            }
        )
    output.note(f"{answered} of {len(found)} parts answer." + ("" if is_well else " Something is wrong."))
    return 0 if is_well else 1


def _checked(defender: Defender) -> Iterator[Checked]:
    from vedette.errors import PermissionDenied, VedetteError

    for part, operation, call in _PARTS:
        began = time.perf_counter()
        try:
            call(defender)
        except PermissionDenied as error:
            needs = f"needs {' or '.join(sorted(error.missing))}" if error.missing else error.message
            yield Checked(part, operation, "no permission", time.perf_counter() - began, needs)
        except VedetteError as error:
            yield Checked(part, operation, "FAILED", time.perf_counter() - began, error.message)
        else:
            yield Checked(part, operation, "ok", time.perf_counter() - began, "")


def _draw(
    output: Output,
    profile: str,
    api: str,
    claims: TokenClaims,
    permissions: list[str],
    signed_in_s: float,
    found: list[Checked],
) -> None:
    output.pairs(
        [
            ("signed in as", _who(claims)),
            ("profile", profile),
            ("tenant", claims.tenant_id),
            ("api", api),
            ("sign-in took", f"{signed_in_s * 1000:.0f} ms"),
            ("token ends", claims.expires_at),
            ("permissions", permissions or ["none"]),
        ]
    )
    output.line()
    output.table(_COLUMNS, found)


def _who(claims: TokenClaims) -> str:
    return claims.user_name or f"the app {claims.app_name or claims.app_id}"
