"""`FileProfile`, `DeviceFromIP`, `AssignedIPAddresses` and `SeenBy` answer from the hunting tables at hand.

Columns and limits are those of https://learn.microsoft.com/defender-xdr/advanced-hunting-fileprofile-function and its
neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from vedette.errors import QueryError, UnknownName, UnsupportedQuery
from vedette.hunting import Engine

KNOWN, OTHER = "a" * 40, "c" * 40
KNOWN_256 = "b" * 64


def day(number: int) -> datetime:
    return datetime(2024, 1, number, tzinfo=UTC)


def addresses(*given: str) -> str:
    return "[" + ",".join(f'{{"IPAddress":"{one}"}}' for one in given) + "]"


TABLES: dict[str, object] = {
    "DeviceNetworkInfo": [
        {
            "Timestamp": day(1), "DeviceId": "d1", "DeviceName": "ws-01", "NetworkAdapterName": "e0",
            "MacAddress": "00", "NetworkAdapterType": "Ethernet", "IPAddresses": addresses("10.0.0.1"),
        },
        {
            "Timestamp": day(3), "DeviceId": "d2", "DeviceName": "ws-02", "NetworkAdapterName": "e0",
            "MacAddress": "01", "NetworkAdapterType": "Wireless80211",
            "IPAddresses": addresses("10.0.0.1", "203.0.113.7"),
        },
    ],
    "DeviceFileEvents": [
        {"Timestamp": day(1), "DeviceId": "d1", "SHA1": KNOWN, "SHA256": KNOWN_256, "FileSize": 12},
        {"Timestamp": day(2), "DeviceId": "d2", "SHA1": KNOWN, "SHA256": KNOWN_256, "FileSize": 12},
    ],
    "DeviceFileCertificateInfo": [
        {"Timestamp": day(1), "SHA1": KNOWN, "Signer": "Contoso", "IsSigned": True, "IsTrusted": True},
    ],
    "DeviceNetworkEvents": [{"Timestamp": day(3), "DeviceId": "d9", "RemoteIP": "203.0.113.7"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(TABLES) as embedded:
        yield embedded


def hashes(*given: str) -> str:
    return "datatable(SHA1: string) [" + ", ".join(f'"{one}"' for one in given) + "] | "


def test_a_file_is_profiled_by_where_it_was_seen_and_by_its_certificate(engine: Engine) -> None:
    (row,) = engine.run(hashes(KNOWN) + "invoke FileProfile()").rows()

    assert row == {
        "SHA1": KNOWN, "SHA256": KNOWN_256, "MD5": "", "FileSize": 12, "GlobalPrevalence": 2,
        "GlobalFirstSeen": day(1), "GlobalLastSeen": day(2), "Signer": "Contoso", "Issuer": "", "SignerHash": "",
        "IsCertificateValid": True, "IsRootSignerMicrosoft": None, "SignatureState": "SignedValid",
        "IsExecutable": None, "ThreatName": "", "Publisher": "", "SoftwareName": "",
        "ProfileAvailability": "Available",
    }  # fmt: skip


def test_an_unknown_hash_is_missing_and_what_is_no_hash_has_no_profile(engine: Engine) -> None:
    query = hashes(OTHER, "nothing") + "invoke FileProfile() | project SHA1, ProfileAvailability"

    assert engine.run(query).rows() == [
        {"SHA1": OTHER, "ProfileAvailability": "Missing"},
        {"SHA1": "nothing", "ProfileAvailability": ""},
    ]


def test_only_so_many_rows_are_profiled(engine: Engine) -> None:
    query = hashes(KNOWN, KNOWN) + 'invoke FileProfile("SHA1", 1) | project ProfileAvailability'

    assert [row["ProfileAvailability"] for row in engine.run(query).rows()] == ["Available", ""]


@pytest.mark.parametrize("argument", ["SHA256", "'SHA256'", "SHA256, 1000"])
def test_the_column_of_hashes_is_named_bare_or_in_quotes(engine: Engine, argument: str) -> None:
    query = f"DeviceFileEvents | take 1 | project SHA256 | invoke FileProfile({argument}) | project SHA1"

    assert engine.run(query).rows() == [{"SHA1": KNOWN}]


def test_a_table_of_profiles_takes_the_place_of_the_tables() -> None:
    profile: dict[str, Any] = {"SHA1": KNOWN, "GlobalPrevalence": 7, "Publisher": "Fabrikam"}
    with Engine({**TABLES, "FileProfiles": [profile]}) as engine:
        rows = engine.run(
            hashes(KNOWN, OTHER) + "invoke FileProfile() | project GlobalPrevalence, Publisher, ProfileAvailability"
        ).rows()

    assert rows == [
        {"GlobalPrevalence": 7, "Publisher": "Fabrikam", "ProfileAvailability": "Available"},
        {"GlobalPrevalence": None, "Publisher": "", "ProfileAvailability": "Missing"},
    ]


def test_a_column_that_is_not_there_is_named(engine: Engine) -> None:
    with pytest.raises(UnknownName, match="no column named 'SHA1'"):
        engine.run("print x = 1 | invoke FileProfile()")


def test_an_address_leads_to_the_device_that_had_it_last(engine: Engine) -> None:
    assert engine.run('print IP = "10.0.0.1" | invoke DeviceFromIP()').rows() == [{"IP": "10.0.0.1", "DeviceId": "d2"}]


def test_an_address_leads_to_the_device_that_had_it_at_a_time(engine: Engine) -> None:
    query = 'print IP = "10.0.0.1" | invoke DeviceFromIP(IP, datetime(2024-01-02))'

    assert engine.run(query).rows() == [{"IP": "10.0.0.1", "DeviceId": "d1"}]


def test_a_device_is_asked_for_its_addresses_by_id_or_name(engine: Engine) -> None:
    by_name = engine.run('AssignedIPAddresses("ws-02") | project IPAddress, IPType, NetworkAdapterType').rows()
    by_id = engine.run('AssignedIPAddresses("d1", datetime(2024-01-02)) | project Timestamp, IPAddress').rows()

    assert sorted(by_name, key=lambda row: str(row["IPAddress"])) == [
        {"IPAddress": "10.0.0.1", "IPType": "Private", "NetworkAdapterType": 71},
        {"IPAddress": "203.0.113.7", "IPType": "Public", "NetworkAdapterType": 71},
    ]
    assert by_id == [{"Timestamp": day(1), "IPAddress": "10.0.0.1"}]


def test_devices_are_seen_by_those_that_talk_to_them(engine: Engine) -> None:
    rows = engine.run('datatable(DeviceId: string) ["d1", "d2"] | invoke SeenBy() | sort by DeviceId asc').rows()

    assert rows == [{"DeviceId": "d1", "SeenBy": None}, {"DeviceId": "d2", "SeenBy": [{"DeviceId": "d9"}]}]


def test_one_device_is_asked_who_saw_it(engine: Engine) -> None:
    assert engine.run('SeenBy("d2")').rows() == [{"DeviceId": "d9"}]


def test_functions_over_learned_behaviour_are_refused_by_name(engine: Engine) -> None:
    with pytest.raises(UnsupportedQuery, match="GetUncommonValueBehaviors"):
        engine.run("GetUncommonValueBehaviors()")


def test_an_enrichment_needs_rows(engine: Engine) -> None:
    with pytest.raises(QueryError, match="FileProfile needs rows"):
        engine.run("FileProfile()")
