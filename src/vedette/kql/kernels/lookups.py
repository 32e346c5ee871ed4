"""The programs behind `ipv4_lookup` and `ipv6_lookup`, and behind `geo_polygon_lookup` and `geo_line_lookup`."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from vedette.kql.kernels.geojson import (
    EARTH_METRES,
    angle_between,
    is_place,
    lines,
    place_of,
    s2_line,
    s2_point,
    s2_polygon,
)
from vedette.kql.kernels.kernel import checkpoint, procedure

if TYPE_CHECKING:
    import pyarrow as pa


class Prefix(NamedTuple):
    """A network, or an address with all bits: its leading bits and their number."""

    bits: int
    length: int


@procedure("ip_lookup")
def ip_lookup(inputs: Sequence[pa.Table], options: Mapping[str, object]) -> pa.Table:
    """Pairs of an address and a network that are equal in as many bits as the shorter of both prefixes has."""
    import pyarrow as pa

    width = 32 if options["version"] == "4" else 128
    networks: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for text in inputs[1].column(0).to_pylist():
        prefix = _prefix(text, width)
        if prefix is not None:
            networks[prefix.length][prefix.bits].append(text)
    found: list[tuple[str, str]] = []
    for number, text in enumerate(inputs[0].column(0).to_pylist()):
        if not number % 1000:
            checkpoint()
        prefix = _prefix(text, width)
        if prefix is not None:
            found += [(text, network) for network in _holding(prefix, networks)]
    return pa.table(
        {
            "address": pa.array([address for address, _ in found], pa.string()),
            "network": pa.array([network for _, network in found], pa.string()),
        }
    )


def _holding(prefix: Prefix, networks: Mapping[int, Mapping[int, list[str]]]) -> Iterator[str]:
    for length, by_bits in networks.items():
        if length <= prefix.length:
            yield from by_bits.get(prefix.bits >> (prefix.length - length), ())
        else:
            for bits, texts in by_bits.items():
                if bits >> (length - prefix.length) == prefix.bits:
                    yield from texts


def _prefix(text: str, width: int) -> Prefix | None:
    """The leading bits of an address or network; None when it is none. IPv4 counts among IPv6 as ::ffff:a.b.c.d."""
    base, slash, length_text = text.strip().partition("/")
    try:
        address = ipaddress.IPv4Address(base) if width == 32 else ipaddress.ip_address(base)
        length = int(length_text) if slash else address.max_prefixlen
    except ValueError:
        return None
    if not 0 <= length <= address.max_prefixlen:
        return None
    value = int(address)
    if width == 128 and address.version == 4:
        value, length = value | 0xFFFF << 32, length + 96
    return Prefix(value >> (width - length), length)


@procedure("geo_lookup")
def geo_lookup(inputs: Sequence[pa.Table], options: Mapping[str, Any]) -> pa.Table:  # Any: plain values
    """Pairs of a place (longitude, latitude) and the number of a shape that holds it, or is near enough.

    inputs: places, then numbers and shapes. What is no place, or no shape of the kind, has no partner.
    """
    import pyarrow as pa

    longitudes, latitudes = (column.to_pylist() for column in inputs[0].columns)
    places = [
        (longitude, latitude, s2_point((longitude, latitude)))
        for longitude, latitude in zip(longitudes, latitudes, strict=True)
        if longitude is not None and latitude is not None and is_place(longitude, latitude)
    ]
    found: list[tuple[float, float, int]] = []
    for number, text in zip(*(column.to_pylist() for column in inputs[1].columns), strict=True):
        holds = None if text is None else _holder(msgspec.json.decode(text), options["kind"], options["radius"])
        for count, (longitude, latitude, point) in enumerate(places if holds else ()):
            if not count % 1000:
                checkpoint()
            if holds is not None and holds(point):
                found.append((longitude, latitude, number))
    return pa.table(
        {
            "longitude": pa.array([longitude for longitude, _, _ in found], pa.float64()),
            "latitude": pa.array([latitude for _, latitude, _ in found], pa.float64()),
            "number": pa.array([number for _, _, number in found], pa.int64()),
        }
    )


def _holder(shape: Any, kind: str, radius: float | None) -> Callable[[Any], bool] | None:  # Any: JSON; an S2 point
    """The test whether a shape holds a point, or has one within a radius in metres."""
    if kind == "polygon":
        polygon = s2_polygon(shape)
        if polygon is None:
            return None
        if radius is None:
            return lambda point: bool(polygon.Contains(point))
        return lambda point: polygon.GetDistance(point).radians() * EARTH_METRES <= radius
    paths = [s2_line(path) for path in lines(shape) or ()]
    return lambda point: any(
        angle_between(place_of(point), place_of(path.Project(point)[0])) * EARTH_METRES <= (radius or 0)
        for path in paths
    )
