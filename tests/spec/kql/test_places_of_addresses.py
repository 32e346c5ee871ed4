"""geo_info_from_ip_address tells what a MaxMind database says, when VEDETTE_GEOIP names one."""

from __future__ import annotations

import struct
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from vedette.errors import QueryError
from vedette.hunting import Engine

# The reference's example: https://learn.microsoft.com/kusto/query/geo-info-from-ip-address-function
SYDNEY = {
    "country": {"iso_code": "AU", "names": {"en": "Australia", "de": "Australien"}},
    "subdivisions": [{"iso_code": "NSW", "names": {"en": "New South Wales"}}],
    "city": {"names": {"en": "Sydney"}},
    "location": {"latitude": -33.8715, "longitude": 151.2006, "time_zone": "Australia/Sydney"},
}


def encoded(value: Any) -> bytes:
    """A value in the data format of https://maxmind.github.io/MaxMind-DB/."""
    match value:
        case str():
            data = value.encode()
            return _control(2, len(data)) + data
        case float():
            return _control(3, 8) + struct.pack(">d", value)
        case bytes():
            return value
        case list():
            return _control(11, len(value)) + b"".join(encoded(item) for item in value)
        case dict():
            return _control(7, len(value)) + b"".join(encoded(key) + encoded(item) for key, item in value.items())
    raise TypeError(value)


def number(kind: int, size: int, value: int) -> bytes:
    """A whole number of one of the format's sizes."""
    return _control(kind, size) + value.to_bytes(size, "big")


def _control(kind: int, size: int) -> bytes:
    assert size < 29
    return bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])


def database(path: Path, network: IPv4Network, record: dict[str, Any]) -> Path:
    """A database that knows one network: a chain of nodes that only its own bits follow to the end."""
    count = network.prefixlen
    nodes = b""
    for depth in range(count):
        bit = int(network.network_address) >> (31 - depth) & 1
        onward = depth + 1 if depth + 1 < count else count + 16
        pair = (count, onward) if bit else (onward, count)
        nodes += b"".join(end.to_bytes(3, "big") for end in pair)
    two, four, eight = (5, 2), (6, 4), (9, 8)
    about = {
        "node_count": number(*four, count),
        "record_size": number(*two, 24),
        "ip_version": number(*two, 4),
        "database_type": "Test",
        "languages": ["en"],
        "binary_format_major_version": number(*two, 2),
        "binary_format_minor_version": number(*two, 0),
        "build_epoch": number(*eight, 1_700_000_000),
        "description": {},
    }
    path.write_bytes(nodes + bytes(16) + encoded(record) + b"\xab\xcd\xefMaxMind.com" + encoded(about))
    return path


def places(query: str) -> list[dict[str, Any]]:
    with Engine() as engine:
        return [dict(row) for row in engine.run(query).json_rows()]


def test_country_state_city_and_coordinates_come_from_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = database(tmp_path / "city.mmdb", IPv4Network("20.53.203.0/24"), SYDNEY)
    monkeypatch.setenv("VEDETTE_GEOIP", str(path))

    [row] = places(
        "print place = geo_info_from_ip_address('20.53.203.50') | project country = tostring(place.country),"
        " state = tostring(place.state), city = tostring(place.city),"
        " at = toreal(place.latitude), to = toreal(place.longitude)"
    )

    assert row == {
        "country": "Australia",
        "state": "New South Wales",
        "city": "Sydney",
        "at": -33.8715,
        "to": 151.2006,
    }


def test_an_address_that_the_database_does_not_know_has_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = database(tmp_path / "city.mmdb", IPv4Network("20.53.203.0/24"), SYDNEY)
    monkeypatch.setenv("VEDETTE_GEOIP", str(path))

    [row] = places("print known = isnotempty(geo_info_from_ip_address('8.8.8.8').country)")

    assert row == {"known": False}


def test_a_database_that_cannot_be_read_ends_the_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEDETTE_GEOIP", str(tmp_path / "missing.mmdb"))

    with pytest.raises(QueryError, match="VEDETTE_GEOIP"):
        places("print geo_info_from_ip_address('8.8.8.8')")
