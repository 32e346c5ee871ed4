"""Filters written in Python: typed values in, `$filter` text out, and Python's own traps named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import pytest

from vedette.odata import Condition, EntityModel, bind_filter, field, now, parse_filter, raw


class Severity(StrEnum):
    HIGH = "High"


class Weird(Enum):
    ODD = object()


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (field("severity") == "High", "severity eq 'High'"),
        (field("severity") != Severity.HIGH, "severity ne 'High'"),
        (field("title") == "it's", "title eq 'it''s'"),
        (field("incident_id") > 5, "incidentId gt 5"),
        (5 < field("incident_id"), "incidentId gt 5"),  # noqa: SIM300  # the reflected operator
        (field("cvss_v3") >= 9.5, "cvssV3 ge 9.5"),
        (field("cvss_v3") <= Decimal("9.5"), "cvssV3 le 9.5"),
        (field("epss") < 1e16, "epss lt 1e16"),
        (field("assigned_to") == None, "assignedTo eq null"),  # noqa: E711  # how a filter asks for null
        (field("assigned_to").is_null(), "assignedTo eq null"),
        (field("is_excluded").is_true(), "isExcluded eq true"),
        (field("is_excluded").is_false(), "isExcluded eq false"),
        (field("aad_device_id") == UUID(int=1), "aadDeviceId eq 00000000-0000-0000-0000-000000000001"),
        (field("alert_creation_time") >= NOON, "alertCreationTime ge 2026-01-01T12:00:00Z"),
        (
            field("alertCreationTime") >= datetime(2026, 1, 1, 12, 0, 0, 500, tzinfo=timezone(timedelta(hours=2))),
            "alertCreationTime ge 2026-01-01T10:00:00.0005Z",
        ),
        (field("last_seen").date() == date(2026, 1, 1), "date(lastSeen) eq 2026-01-01"),
        (field("last_seen") > now() - timedelta(days=7), "lastSeen gt now() sub duration'P7D'"),
        (field("last_seen").year() == 2026, "year(lastSeen) eq 2026"),
        (field("related_user/user_name") == "a", "relatedUser/userName eq 'a'"),
        (field("related_user")["user_name"] == "a", "relatedUser/userName eq 'a'"),
        (field("exit_code", wire=True) == 0, "exit_code eq 0"),
        (field("severity").in_(["High", "Medium"]), "severity in ('High','Medium')"),
        (field("severity").in_([]), "false"),
        (field("computer_dns_name").startswith("ws-"), "startswith(computerDnsName,'ws-')"),
        (field("computer_dns_name").endswith(".com"), "endswith(computerDnsName,'.com')"),
        (field("computer_dns_name").contains("a"), "contains(computerDnsName,'a')"),
        (field("title").lower() == "a", "tolower(title) eq 'a'"),
        (field("title").substring(1, 2).length() == 2, "length(substring(title,1,2)) eq 2"),
        (field("title") == field("description"), "title eq description"),
        ((field("a") + 1) * 2 / 3 // 4 % 5 - -field("b") == 6, "(a add 1) mul 2 divby 3 div 4 mod 5 sub -b eq 6"),
        (field("machine_tags").any(lambda tag: tag == "x"), "machineTags/any(tag: tag eq 'x')"),
        (field("machine_tags").any(), "machineTags/any()"),
        (field("machine_tags").all(lambda t: ~t.startswith("a")), "machineTags/all(t: not startswith(t,'a'))"),
        (field("machine_tags").count() > 2, "machineTags/$count gt 2"),
        (
            field("ip_addresses").any(lambda ip: (ip["ip_address"] == "10.0.0.1") & (ip["type"] != None)),  # noqa: E711
            "ipAddresses/any(ip: ip/ipAddress eq '10.0.0.1' and ip/type ne null)",
        ),
    ],
)
def test_expressions_render_as_filters_that_can_be_read(condition: Condition, text: str) -> None:
    assert str(condition) == text
    assert parse_filter(text) == condition.node


def test_conditions_combine_with_the_parentheses_that_are_needed() -> None:
    a, b, c = (field(name) == 1 for name in "abc")

    assert str(a & b | c) == "a eq 1 and b eq 1 or c eq 1"
    assert str(a & (b | c)) == "a eq 1 and (b eq 1 or c eq 1)"
    assert str(~(a | b)) == "not (a eq 1 or b eq 1)"
    assert str((a & b) & c) == str(a & (b & c)) == "a eq 1 and b eq 1 and c eq 1"
    assert repr(a) == "Condition('a eq 1')"


def test_conditions_are_equal_when_they_say_the_same() -> None:
    assert (field("a") == 1) == (field("a") == 1)
    assert len({field("a") == 1, field("a") == 1, field("a") == 2}) == 2


def test_hand_written_text_combines_with_built_conditions() -> None:
    assert str(raw("a eq 1 or b eq 2") & (field("c") == 3)) == "(a eq 1 or b eq 2) and c eq 3"


def test_a_built_filter_binds_like_a_written_one(machine: EntityModel) -> None:
    built = field("computer_dns_name").startswith("ws-") & (field("os_build") >= 17134)

    assert bind_filter(str(built), machine) == bind_filter(
        "startswith(computerDnsName,'ws-') and osBuild ge 17134", machine
    )


@pytest.mark.parametrize(
    ("mistake", "advice"),
    [
        (lambda: (field("a") == 1) and (field("b") == 2), "&"),
        (lambda: not field("a").is_null(), "~"),
        (lambda: 1 < field("a") < 5, "(low <= x) & (x < high)"),
        (lambda: bool(field("a")), "is_true"),
        (lambda: "x" in field("tags"), ".contains("),
        (lambda: list(field("tags")), ".any("),
        (lambda: (field("a") == 1) & True, "joins conditions"),
        (lambda: field("a").in_("abc"), "list of values"),
        (lambda: field("a") == object(), "cannot hold"),
        (lambda: field("a") == Weird.ODD, "cannot hold"),
        (lambda: field("a").any(lambda x: True), "not a condition"),
        (lambda: field("a").lower()["b"], "is not a property"),
    ],
)
def test_pythons_own_operators_do_not_build_wrong_filters(mistake: Callable[[], Any], advice: str) -> None:
    with pytest.raises(TypeError) as refused:
        mistake()

    assert advice in str(refused.value)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: field("a") > datetime(2026, 1, 1),  # noqa: DTZ001  # the point of the case
        lambda: field("a") == float("nan"),
        lambda: field("a") == 2**63,
        lambda: field("a b"),
        lambda: field(""),
    ],
)
def test_values_without_a_literal_form_are_refused(mistake: Callable[[], Any]) -> None:
    with pytest.raises(ValueError):
        mistake()
