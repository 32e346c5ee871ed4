"""What a filter answers, asked of SQLite and of Python alike.

Semantics: OData 4.01 Part 2, section 5.1.1 (comparison with null, precedence, lambdas); literals and names: the
service's samples page (exposed-apis-odata-samples).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from vedette.odata import EntityModel, bind_filter, filter_sql

Matching = Callable[[str], str]


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ("riskScore eq 'High'", "m1"),
        ("riskScore ne 'High'", "m2 m3"),
        ("RiskScore eq 'High'", "m1"),
        ("osBuild gt 17134", "m2"),
        ("osBuild ge 17134", "m1 m2"),
        ("osBuild lt 19041", "m1"),
        ("osBuild le 17134.0", "m1"),
        ("exposure eq 7.5", "m1"),
        ("exposure gt 2", "m1 m2"),
        ("id in ('m1','m3','m9')", "m1 m3"),
        ("osBuild in (19041, null)", "m2 m3"),
        ("osBuild in (null)", "m3"),
        ("not (id in ('m1'))", "m2 m3"),
        ("not riskScore in ('High')", "m2 m3"),
        ("isExcluded", "m2"),
        ("isExcluded eq true", "m2"),
        ("isExcluded ne true", "m1 m3"),
        ("true", "m1 m2 m3"),
        ("false", ""),
    ],
)
def test_comparisons(matching: Matching, filter: str, ids: str) -> None:
    assert matching(filter) == ids


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ("osBuild eq null", "m3"),
        ("null eq osBuild", "m3"),
        ("osBuild ne null", "m1 m2"),
        ("null eq null", "m1 m2 m3"),
        ("osBuild gt null", ""),
        ("osBuild lt 20000", "m1 m2"),
        ("not (osBuild lt 20000)", "m3"),
        ("not isExcluded", "m1"),
        ("isExcluded or osBuild eq null", "m2 m3"),
        ("not (isExcluded and osBuild eq 1)", "m1 m2 m3"),
        ("startswith(computerDnsName,'w') eq false", "m2"),
        ("startswith(computerDnsName,'w') ne true", "m2 m3"),
        ("not startswith(computerDnsName,'w')", "m2"),
        ("length(computerDnsName) eq null", "m3"),
        ("vmMetadata eq null", "m2 m3"),
        ("vmMetadata/vmId eq 'vm-1'", "m1"),
        ("vmMetadata/vmId eq null", "m2 m3"),
    ],
)
def test_null_is_equal_to_null_and_in_no_order_to_anything(matching: Matching, filter: str, ids: str) -> None:
    assert matching(filter) == ids


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ("lastSeen gt 2018-08-01Z", "m1 m2"),
        ("lastSeen gt 2018-08-02", "m2"),
        ("lastSeen eq 2018-08-01T08:00:00Z", "m1"),
        ("lastSeen eq 2018-08-01T08:00:00.000Z", "m1"),
        ("lastSeen eq 2018-08-01T08:00Z", "m1"),
        ("lastSeen eq 2018-08-01T08:00:00", "m1"),
        ("lastSeen eq 2018-08-01T10:00:00+02:00", "m1"),
        ("lastSeen eq 2018-08-01T10:00:00 02:00", "m1"),
        ("lastSeen eq 2018-08-01T03:00:00-05:00", "m1"),
        ("lastSeen eq '2018-08-01T08:00:00Z'", "m1"),
        ("lastSeen eq 2020-07-20T00:00:00.1234567Z", "m2"),
        ("lastSeen gt 2020-07-20T00:00:00.1234566Z", "m2"),
        ("lastSeen gt 2020-07-20T00:00:00.1234567Z", ""),
        ("lastSeen in (2018-08-01T08:00:00Z,2019-01-01Z)", "m1"),
        ("year(lastSeen) eq 2018 and month(lastSeen) eq 8 and day(lastSeen) eq 1", "m1"),
        ("hour(lastSeen) eq 8 and minute(lastSeen) eq 0 and second(lastSeen) eq 0", "m1"),
        ("fractionalseconds(lastSeen) gt 0.123", "m2"),
        ("date(lastSeen) eq 2018-08-01", "m1"),
        ("lastSeen lt now()", "m1 m2"),
        ("lastSeen gt now() sub duration'P2500D'", "m2"),
        ("lastSeen lt 2018-08-01T00:00:00Z add duration'PT8H0.0000001S'", "m1"),
        ("lastSeen ge mindatetime()", "m1 m2"),
    ],
)
def test_times_compare_as_moments_whatever_their_spelling(matching: Matching, filter: str, ids: str) -> None:
    assert matching(filter) == ids


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ("computerDnsName eq 'ws-01.CONTOSO.com'", "m1"),
        ("computerDnsName in ('WS-01.contoso.COM')", "m1"),
        ("startswith(computerDnsName,'ws-')", "m1"),
        ("startswith(computerDnsName,'w%')", ""),
        ("endswith(computerDnsName,'.COM')", "m1 m2"),
        ("contains(computerDnsName,'CONTOSO')", "m1 m2"),
        ("indexof(computerDnsName,'CONTOSO') eq 6", "m1"),
        ("tolower(computerDnsName) eq 'ws-01.contoso.com'", "m1"),
        ("tolower(computerDnsName) eq 'WS-01.contoso.com'", ""),
        ("id eq 'M1'", ""),
        ("startswith(id,'M')", ""),
        ("startswith(id,'m')", "m1 m2 m3"),
        ("startswith(id,'*')", ""),
        ("startswith(id,'?')", ""),
        ("startswith(id,'[m]')", ""),
        ("startswith(computerDnsName,'w_-')", ""),
        ("machineTags/any(tag: tag eq 'Vip')", ""),
    ],
)
def test_text_keeps_its_case_except_where_the_property_says_otherwise(
    matching: Matching, filter: str, ids: str
) -> None:
    assert matching(filter) == ids


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ("machineTags/any(tag: tag eq 'vip')", "m1"),
        ("machineTags/any(tag: startswith(tag,'Sa'))", "m1"),
        ("machineTags/any()", "m1"),
        ("not machineTags/any()", "m2 m3"),
        ("machineTags/all(tag: tag ne 'vip')", "m2 m3"),
        ("'vip' in machineTags", "m1"),
        ("machineTags/$count eq 2", "m1"),
        ("machineTags/$count eq 0", "m2 m3"),
        ("ipAddresses/any(i: i/ipAddress eq '10.0.0.1')", "m1"),
        ("ipAddresses/any(i: i/ipAddress eq '10.0.0.1' and i/macAddress eq null)", ""),
        ("ipAddresses/any(i: i/IPADDRESS eq '10.0.0.2' and i/macAddress eq null)", "m1"),
        ("ipAddresses/all(i: startswith(i/ipAddress,'10.'))", "m1 m2 m3"),
        ("ipAddresses/all(i: startswith(i/macAddress,'A'))", "m2 m3"),
        ("ipAddresses/any(i: machineTags/any(t: t eq 'vip' and i/macAddress eq 'A1'))", "m1"),
        ("machineTags/any(t: t eq 'vip' and $it/osBuild eq 17134)", "m1"),
    ],
)
def test_lambdas_ask_about_the_items_of_a_collection(matching: Matching, filter: str, ids: str) -> None:
    assert matching(filter) == ids


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ("osBuild add 1 eq 17135", "m1"),
        ("osBuild sub 1 mul 2 eq 17132", "m1"),
        ("osBuild div 2 eq 9520", "m2"),
        ("osBuild divby 2 eq 9520.5", "m2"),
        ("osBuild mod 2 eq 1", "m2"),
        ("-osBuild lt -17134", "m2"),
        ("-osBuild div 2 eq -9520", "m2"),
        ("-osBuild mod 2 eq -1", "m2"),
        ("exposure mul 2 eq 15", "m1"),
        ("round(exposure) eq 8 or floor(exposure) eq 2", "m1 m2"),
        ("ceiling(exposure) eq 3", "m2"),
        ("osBuild mul 9223372036854775807 gt 9223372036854775807", "m1 m2"),
        ("osBuild div (osBuild sub 17134) eq null", "m1 m3"),
    ],
)
def test_arithmetic_cuts_whole_quotients_and_overflows_into_doubles(matching: Matching, filter: str, ids: str) -> None:
    assert matching(filter) == ids


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ("length(id) eq 2", "m1 m2 m3"),
        ("substring(id,1) eq '1'", "m1"),
        ("substring(computerDnsName,0,2) eq 'WS'", "m1"),
        ("substring(id,osBuild) eq ''", "m1 m2"),
        ("concat(concat(id,'-'),id) eq 'm2-m2'", "m2"),
        ("toupper(id) eq 'M3'", "m3"),
        ("trim(concat('  ',id)) eq 'm1'", "m1"),
        ("aadDeviceId eq 80FE8FF8-2624-418e-9591-41f0491218f9", "m1"),
        ("aadDeviceId eq '80fe8ff8-2624-418e-9591-41f0491218f9'", "m1"),
    ],
)
def test_functions_and_guids(matching: Matching, filter: str, ids: str) -> None:
    assert matching(filter) == ids


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ("id eq 'm1' or id eq 'm2' and osBuild eq 1", "m1"),
        ("(id eq 'm1' or id eq 'm2') and osBuild eq 19041", "m2"),
        ("not (id eq 'm1') and not (id eq 'm2')", "m3"),
        ("id eq 'm1' OR id EQ 'm2'", "m1 m2"),
    ],
)
def test_and_binds_tighter_than_or(matching: Matching, filter: str, ids: str) -> None:
    assert matching(filter) == ids


@pytest.mark.parametrize(
    "filter",
    [
        "riskScore eq 'High'",
        "riskScore in ('High','Low')",
        "lastSeen ge 2020-01-01Z and lastSeen lt 2021-01-01Z",
        "computerDnsName eq 'ws-01'",
        "startswith(computerDnsName,'ws-')",
        "startswith(riskScore2,'Hi')",
    ],
)
def test_indexed_columns_are_searched_not_scanned(
    database: sqlite3.Connection, machine: EntityModel, filter: str
) -> None:
    columns = {"riskScore": "risk", "lastSeen": "seen", "computerDnsName": "dns", "id": "risk"}
    where = filter_sql(bind_filter(filter.replace("riskScore2", "id"), machine), columns)

    plan = database.execute(f"EXPLAIN QUERY PLAN SELECT id FROM m WHERE {where.text}", where.parameters).fetchall()

    assert [row[3].split()[0] for row in plan] == ["SEARCH"]


@pytest.mark.parametrize(
    ("orderby", "ids"),
    [
        ("osBuild", ["m3", "m1", "m2"]),
        ("osBuild desc", ["m2", "m1", "m3"]),
        ("computerDnsName", ["m3", "m2", "m1"]),
        ("lastSeen desc,id", ["m2", "m1", "m3"]),
        ("vmMetadata/vmId,id desc", ["m3", "m2", "m1"]),
        ("length(computerDnsName) desc", ["m2", "m1", "m3"]),
    ],
)
def test_order_puts_null_first_and_ignores_case_where_the_property_does(
    in_order: Callable[[str], list[str]], orderby: str, ids: list[str]
) -> None:
    assert in_order(orderby) == ids
