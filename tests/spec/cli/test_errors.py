"""How a command line ends when something is wrong: one sentence, a hint, and a status that scripts can use."""

from __future__ import annotations

from pathlib import Path

from tests.spec.cli.conftest import Cli, Service
from vedette.tenant import LocalTenant


def problem(code: str, message: str) -> dict[str, object]:
    return {"error": {"code": code, "message": message, "target": "4e4a5a9e-5f4d-4d0a-8c4e-2c7a0d5d3f10"}}


def test_what_the_service_refuses_ends_with_1(cli: Cli, service: Service) -> None:
    service.answer("GET /api/alerts/x", problem("ResourceNotFound", "Alert was not found"), 404)
    ended = cli("alerts", "show", "x")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == "error: alerts.get found nothing (404 ResourceNotFound): Alert was not found.\n"


def test_a_missing_permission_is_named_with_the_command_that_grants_it(cli: Cli, service: Service) -> None:
    service.answer("GET /api/alerts", problem("Forbidden", "Missing application roles"), 403)
    ended = cli("alerts", "list")
    assert ended.status == 1
    message, hint = ended.err.splitlines()
    assert message.startswith(
        "error: alerts.list was refused (403): this token holds no permission, and alerts.list needs"
    )
    assert hint.startswith("hint: vedette apps permissions add APP Alert.Read")


def test_without_a_command_the_help_page_is_shown_as_it_is(cli: Cli) -> None:
    ended = cli()
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("Usage: vedette [OPTIONS] COMMAND [ARGS]...\n\n")
    assert "\nStart here:\n" in ended.err
    assert "error:" not in ended.err


def test_a_mistyped_command_is_answered_with_the_nearest(cli: Cli) -> None:
    ended = cli("alerts", "lst")
    assert (ended.status, ended.err) == (2, "error: vedette alerts has no command 'lst'\nhint: vedette alerts list\n")


def test_a_mistyped_option_ends_with_2_and_points_to_help(cli: Cli) -> None:
    ended = cli("alerts", "list", "--severty", "High")
    assert ended.status == 2
    assert ended.err.splitlines() == [
        "error: vedette alerts list has no option '--severty'",
        "hint: --severity",
    ]


def test_a_value_outside_a_closed_set_is_answered_with_the_set(cli: Cli) -> None:
    ended = cli("alerts", "list", "--severity", "Huge")
    assert ended.status == 2
    assert ended.err == (
        "error: Invalid value for '--severity': 'Huge' is none of Informational, Low, Medium, High\n"
        "hint: vedette alerts list --help\n"
    )


def test_a_time_that_is_none_is_answered_with_examples(cli: Cli) -> None:
    ended = cli("alerts", "list", "--since", "yesterdayish")
    assert ended.status == 2
    assert "'yesterdayish' is no time; write 7d, 24h, 2026-11-22 or 2026-11-22T14:03:09Z" in ended.err


def test_an_unknown_profile_ends_with_2(cli: Cli) -> None:
    ended = cli("status", "--profile", "nowhere")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("error: there is no profile 'nowhere'")


def test_whoever_has_not_signed_in_is_told_how(cli: Cli) -> None:
    ended = cli("alerts", "list")
    assert ended.status == 2
    assert ended.err == (
        "error: nobody is signed in: profile 'default' names no tenant\n"
        "hint: vedette login; for a local tenant set VEDETTE_TENANT to the file of `vedette serve --ready-file`\n"
    )


def test_a_fault_of_our_own_is_one_sentence_and_no_traceback(cli: Cli, service: Service) -> None:
    ended = cli("alerts", "list")  # the scripted service knows no such request
    assert ended.status == 1
    assert ended.err == (
        "error: KeyError: 'GET /api/alerts'\n"
        "hint: this is a fault in vedette; VEDETTE_DEBUG=1 shows where it happened\n"
    )
    assert "Traceback" in cli("alerts", "list", environment={"VEDETTE_DEBUG": "1"}).err


def test_after_a_local_tenant_has_stopped_it_is_asked_after(cli: Cli, tmp_path: Path) -> None:
    with LocalTenant(telemetry="none") as tenant:
        kept = tmp_path / "tenant.json"
        kept.write_bytes(Path(tenant.ready_file).read_bytes())

    ended = cli("alerts", "list", environment={"VEDETTE_TENANT": str(kept)})

    assert (ended.status, ended.out) == (2, "")
    message, hint = ended.err.splitlines()
    assert message.startswith("error: the CA bundle ")
    assert hint == (
        "hint: does the local tenant still run? `vedette serve` starts one, and its ready file names the bundle"
    )


def test_a_profile_that_says_too_little_points_to_login_and_to_the_local_tenant(cli: Cli) -> None:
    ended = cli("alerts", "list", environment={"VEDETTE_TENANT_ID": "contoso.com"})

    assert ended.status == 2
    assert ended.err.startswith("error: profile default has no client_id\nhint: vedette login signs in and keeps it; ")
    assert "VEDETTE_TENANT" in ended.err
