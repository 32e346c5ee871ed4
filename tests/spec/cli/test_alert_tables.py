"""How alerts are drawn at the widths that people have. Times are UTC, and nothing is wider than the terminal."""

from __future__ import annotations

import pytest

from tests.spec.cli.conftest import Cli, Service


@pytest.fixture
def alerts(service: Service, alert: dict[str, object]) -> Service:
    other = {
        "id": "da637472900382838870_77",
        "severity": "High",
        "status": "InProgress",
        "assignedTo": "secop@contoso.com",
        "category": "CredentialAccess",
        "title": "LSASS memory was read",
        "computerDnsName": "dc-01.contoso.com",
    }
    service.answer("GET /api/alerts", {"value": [alert, alert | other]})
    return service


def test_at_80_characters_the_id_stands_under_the_title(cli: Cli, alerts: Service) -> None:
    assert cli("alerts", "list", width=80).out == (
        "CREATED            SEVERITY  MACHINE  ALERT\n"
        "2021-01-26 20:33Z  Low       temp123  Low-reputation arbitrary code executed by…\n"
        "                                      da637472900382838869_1364969609\n"
        "2021-01-26 20:33Z  High      dc-01    LSASS memory was read\n"
        "                                      da637472900382838870_77\n"
    )


def test_at_120_characters_there_is_room_for_status_category_and_owner(cli: Cli, alerts: Service) -> None:
    assert cli("alerts", "list", width=120).out == (
        "CREATED            SEVERITY  STATUS      MACHINE  ALERT                              CATEGORY        "
        "  ASSIGNED TO\n"
        "2021-01-26 20:33Z  Low       New         temp123  Low-reputation arbitrary code ex…  Execution\n"
        "                                                  da637472900382838869_1364969609\n"
        "2021-01-26 20:33Z  High      InProgress  dc-01    LSASS memory was read              CredentialAccess"
        "  secop@contoso.com\n"
        "                                                  da637472900382838870_77\n"
    )


def test_in_a_pipe_nothing_is_cut_and_each_alert_is_one_line(cli: Cli, alerts: Service) -> None:
    header, first, second = cli("alerts", "list").lines
    assert header.split() == ["CREATED", "SEVERITY", "STATUS", "MACHINE", "ALERT", "CATEGORY", "ASSIGNED", "TO", "ID"]
    assert "Low-reputation arbitrary code executed by signed executable" in first
    assert first.endswith("da637472900382838869_1364969609")
    assert second.endswith("da637472900382838870_77")


@pytest.mark.parametrize("width", [40, 52, 60, 72, 80, 90, 100, 132, 200])
def test_no_line_is_wider_than_the_terminal(cli: Cli, alerts: Service, width: int) -> None:
    assert max(map(len, cli("alerts", "list", width=width).lines)) <= width


def test_severity_is_coloured_and_no_color_turns_that_off(cli: Cli, alerts: Service) -> None:
    assert "\x1b[31m\x1b[1mHigh" in cli("alerts", "list", environment={"FORCE_COLOR": "1"}).out
    assert "\x1b" not in cli("alerts", "list", environment={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out
    assert "\x1b" not in cli("alerts", "list", "--no-color", environment={"FORCE_COLOR": "1"}).out


def test_escape_sequences_of_attackers_are_spelled_out(cli: Cli, service: Service, alert: dict[str, object]) -> None:
    hostile = alert | {"title": "\x1b]0;owned\x07 \u202egpj.exe\nsecond line"}
    service.answer("GET /api/alerts", {"value": [hostile]})
    out = cli("alerts", "list").out
    assert r"\x1b]0;owned\x07 \u202egpj.exe second line" in out
    assert "\x1b" not in out


def test_a_table_stops_at_100_rows_and_says_so(cli: Cli, service: Service, alert: dict[str, object]) -> None:
    service.answer("GET /api/alerts", {"value": [alert] * 150})
    ended = cli("alerts", "list")
    assert len(ended.lines) == 1 + 100
    assert ended.err == "100 shown, and there are more: --all for all of them, --limit for another number.\n"
    assert len(cli("alerts", "list", "--all").lines) == 1 + 150
    assert len(cli("alerts", "list", "--limit", "3").lines) == 1 + 3


def test_nothing_found_leaves_stdout_empty(cli: Cli, service: Service) -> None:
    service.answer("GET /api/alerts", {"value": []})
    ended = cli("alerts", "list")
    assert (ended.status, ended.out, ended.err) == (0, "", "No alert fits.\n")


def test_one_alert_is_shown_with_its_evidence(cli: Cli, service: Service, alert: dict[str, object]) -> None:
    service.answer("GET /api/alerts/da637472900382838869_1364969609", alert)
    ended = cli("alerts", "show", "da637472900382838869_1364969609", width=80)
    assert service.asked == ["GET /api/alerts/da637472900382838869_1364969609?$expand=evidence"]
    assert ended.out == (
        "Low-reputation arbitrary code executed by signed executable\n"
        "Low · New · Execution · WindowsDefenderAtp\n"
        "\n"
        "id           da637472900382838869_1364969609\n"
        "machine      temp123.middleeast.corp.microsoft.com\n"
        "             111e6dd8c833c8a052ea231ec1b19adaf497b625\n"
        "user         DOMAIN\\temp123\n"
        "created      2021-01-26 20:33:57Z\n"
        "events       2021-01-26 20:31:32Z to 2021-01-26 20:31:33Z\n"
        "updated      2021-01-26 20:33:59Z\n"
        "assigned to  nobody\n"
        "techniques   T1064, T1085, T1220\n"
        "incident     1126093\n"
        "\n"
        "Binaries signed by Microsoft can be used to run low-reputation arbitrary code.\n"
        "\n"
        "Evidence (3)\n"
        "  User         DOMAIN\\name\n"
        "               sid S-1-5-21-11111607-1111760036-109187956-75141\n"
        "  Process      rundll32.exe (3276) · Detected\n"
        "               rundll32.exe  c:\\temp\\suspicious.dll,RepeatAfterMe\n"
        "               started by rundll32.exe (8420)\n"
        "               sha1 ff836cfb1af40252bd2a2ea843032e99a5b262ed\n"
        "  File         c:\\temp\\suspicious.dll · Detected\n"
        "               sha1 8563f95b2f8a284fc99da44500cd51a77c1ff36c\n"
        "\n"
        "Comments\n"
        "  secop123@contoso.com  test comment for docs  2021-01-26 01:00:37Z\n"
    )
