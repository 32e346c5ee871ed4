"""Points on Earth: distances, directions, circles, geohashes, and well-known text."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from vedette.kql.kernels.geojson import (
    EARTH_METRES,
    Shape,
    is_place,
    library,
    point_shape,
    polygon_parts,
    polygon_shape,
    s2_point,
    wider,
)
from vedette.kql.kernels.kernel import kernel


def _arc(longitude1: float, latitude1: float, longitude2: float, latitude2: float) -> float:
    """The angle between two points at the centre of Earth."""
    lat1, lat2 = math.radians(latitude1), math.radians(latitude2)
    dlat, dlng = lat2 - lat1, math.radians(longitude2 - longitude1)
    half = math.sin(dlat / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dlng / 2) ** 2
    return 2 * math.atan2(math.sqrt(half), math.sqrt(max(0.0, 1 - half)))


def _direction(longitude1: float, latitude1: float, longitude2: float, latitude2: float) -> float | None:
    """Clockwise from north; None from a point to itself or to the one opposite."""
    # Haversines are exact for small angles alone: whether points lie opposite is asked of the opposite point.
    to_opposite = _arc(longitude1, latitude1, longitude2 + 180, -latitude2)
    if min(_arc(longitude1, latitude1, longitude2, latitude2), to_opposite) < 1e-15:
        return None
    lat1, lat2, dlng = math.radians(latitude1), math.radians(latitude2), math.radians(longitude2 - longitude1)
    east = math.sin(dlng) * math.cos(lat2)
    north = math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(dlng)
    return math.atan2(east, north) % (2 * math.pi)


@kernel("real", "real", "real", "real", "bool", returns="real")
def geo_distance_2points(
    p1_longitude: float | None,
    p1_latitude: float | None,
    p2_longitude: float | None,
    p2_latitude: float | None,
    use_spheroid: bool | None,
) -> float | None:
    if p1_longitude is None or p1_latitude is None or p2_longitude is None or p2_latitude is None:
        return None
    if not is_place(p1_longitude, p1_latitude) or not is_place(p2_longitude, p2_latitude) or use_spheroid is None:
        return None
    if use_spheroid:
        geodesic = library("geographiclib.geodesic").Geodesic.WGS84
        return float(geodesic.Inverse(p1_latitude, p1_longitude, p2_latitude, p2_longitude)["s12"])
    return _arc(p1_longitude, p1_latitude, p2_longitude, p2_latitude) * EARTH_METRES


@kernel("real", "real", "real", "real", returns="real")
def geo_azimuth(
    p1_longitude: float | None, p1_latitude: float | None, p2_longitude: float | None, p2_latitude: float | None
) -> float | None:
    if p1_longitude is None or p1_latitude is None or p2_longitude is None or p2_latitude is None:
        return None
    if not is_place(p1_longitude, p1_latitude) or not is_place(p2_longitude, p2_latitude):
        return None
    return _direction(p1_longitude, p1_latitude, p2_longitude, p2_latitude)


@kernel("real", "real", "real", "real", "real", "real", returns="real")
def geo_angle(
    p1_longitude: float | None,
    p1_latitude: float | None,
    p2_longitude: float | None,
    p2_latitude: float | None,
    p3_longitude: float | None,
    p3_latitude: float | None,
) -> float | None:
    back = geo_azimuth(p2_longitude, p2_latitude, p1_longitude, p1_latitude)
    ahead = geo_azimuth(p2_longitude, p2_latitude, p3_longitude, p3_latitude)
    return None if back is None or ahead is None else (ahead - back) % (2 * math.pi)


@kernel("real", "real", "real", "real", "real", returns="bool")
def geo_point_in_circle(
    longitude: float | None,
    latitude: float | None,
    center_longitude: float | None,
    center_latitude: float | None,
    radius: float | None,
) -> bool | None:
    distance = geo_distance_2points(longitude, latitude, center_longitude, center_latitude, False)
    return None if distance is None or radius is None or not radius > 0 else distance <= radius


@kernel("real", "real", "real", "real", returns="dynamic")
def geo_point_buffer(
    longitude: float | None, latitude: float | None, radius: float | None, tolerance: float | None
) -> Shape | None:
    if longitude is None or latitude is None or radius is None or tolerance is None:
        return None
    if not is_place(longitude, latitude) or not radius > 0 or not tolerance > 0:
        return None
    center = s2_point((longitude, latitude))
    return polygon_shape(polygon_parts(wider(lambda operation: operation.AddPoint(center), radius, tolerance)))


# Geohash

_ALPHABET: Final = "0123456789bcdefghjkmnpqrstuvwxyz"
_LONGEST: Final = 18


def _sizes(length: int) -> tuple[int, int]:
    """How many columns and rows the geohashes of a length form on the map."""
    bits = 5 * length
    return 1 << (bits + 1) // 2, 1 << bits // 2


def _encode(column: int, row: int, length: int) -> str:
    digits = []
    for letter in range(length):
        value = 0
        for bit in range(5 * letter, 5 * letter + 5):
            source, total = (row, 5 * length // 2) if bit % 2 else (column, (5 * length + 1) // 2)
            value = value << 1 | source >> (total - 1 - bit // 2) & 1
        digits.append(_ALPHABET[value])
    return "".join(digits)


def _decode(geohash: str) -> tuple[int, int] | None:
    """Column and row; None when the text is no geohash."""
    if not 1 <= len(geohash) <= _LONGEST:
        return None
    column = row = bit = 0
    for letter in geohash:
        value = _ALPHABET.find(letter)
        if value < 0:
            return None
        for shift in range(4, -1, -1):
            if bit % 2:
                row = row << 1 | value >> shift & 1
            else:
                column = column << 1 | value >> shift & 1
            bit += 1
    return column, row


@kernel("real", "real", "long", returns="string")
def geo_point_to_geohash(longitude: float | None, latitude: float | None, accuracy: int | None) -> str:
    if longitude is None or latitude is None or accuracy is None:
        return ""
    if not is_place(longitude, latitude) or not 1 <= accuracy <= _LONGEST:
        return ""
    columns, rows = _sizes(accuracy)
    column = min(math.floor((longitude + 180) / 360 * columns), columns - 1)
    row = min(math.floor((latitude + 90) / 180 * rows), rows - 1)
    return _encode(column, row, accuracy)


@kernel("string", returns="dynamic")
def geo_geohash_to_central_point(geohash: str) -> Shape | None:
    found = _decode(geohash)
    if found is None:
        return None
    columns, rows = _sizes(len(geohash))
    return point_shape(((found[0] + 0.5) * 360 / columns - 180, (found[1] + 0.5) * 180 / rows - 90))


@kernel("string", returns="dynamic")
def geo_geohash_to_polygon(geohash: str) -> Shape | None:
    found = _decode(geohash)
    if found is None:
        return None
    columns, rows = _sizes(len(geohash))
    west, east = (column * 360 / columns - 180 for column in (found[0], found[0] + 1))
    south, north = (row * 180 / rows - 90 for row in (found[1], found[1] + 1))
    return polygon_shape([[[(west, south), (east, south), (east, north), (west, north)]]])


_AROUND: Final = ((-1, -1), (-1, 1), (1, -1), (0, 1), (-1, 0), (1, 1), (1, 0), (0, -1))
"""Steps to the neighbours, in the order in which they are given."""


@kernel("string", returns="dynamic")
def geo_geohash_neighbors(geohash: str) -> list[str] | None:
    found = _decode(geohash)
    if found is None:
        return None
    columns, rows = _sizes(len(geohash))
    near = [((found[0] + east) % columns, found[1] + north) for east, north in _AROUND]
    return [_encode(column, row, len(geohash)) for column, row in near if 0 <= row < rows]


# Well-known text

_TOKEN: Final = re.compile(r"\s*([A-Za-z]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[(),])")
_SHAPES: Final = {
    "POINT": ("Point", 0),
    "LINESTRING": ("LineString", 1),
    "POLYGON": ("Polygon", 2),
    "MULTIPOINT": ("MultiPoint", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
}
"""Name → name in GeoJSON, and how deep its lists of points lie."""


@kernel("string", returns="dynamic")
def geo_from_wkt(wkt: str) -> Shape | None:
    tokens: list[str] = []
    at = 0
    text = wkt.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        tokens.append(match[1])
        at = match.end()
    tokens.reverse()
    try:
        shape = _shape(tokens)
    except (ValueError, IndexError, KeyError):
        return None
    return None if tokens else shape


def _shape(tokens: list[str]) -> Shape:
    name = tokens.pop().upper()
    if name == "GEOMETRYCOLLECTION":
        return {"type": "GeometryCollection", "geometries": _listed(tokens, lambda: _shape(tokens))}
    known, depth = _SHAPES[name]
    if depth == 0:
        _expect(tokens, "(")
        position = _position(tokens)
        _expect(tokens, ")")
        return {"type": known, "coordinates": position}
    return {"type": known, "coordinates": _nested(tokens, depth)}


def _nested(tokens: list[str], depth: int) -> list[Any]:
    return _listed(tokens, lambda: _nested(tokens, depth - 1) if depth > 1 else _maybe_wrapped(tokens))


def _maybe_wrapped(tokens: list[str]) -> list[float]:
    """A position; those of a multipoint may stand in parentheses."""
    if tokens[-1] != "(":
        return _position(tokens)
    tokens.pop()
    position = _position(tokens)
    _expect(tokens, ")")
    return position


def _listed(tokens: list[str], item: Any) -> list[Any]:
    _expect(tokens, "(")
    items = [item()]
    while tokens[-1] == ",":
        tokens.pop()
        items.append(item())
    _expect(tokens, ")")
    return items


def _position(tokens: list[str]) -> list[float]:
    longitude, latitude = float(tokens.pop()), float(tokens.pop())
    if not is_place(longitude, latitude):
        raise ValueError("outside of the map")
    return [longitude, latitude]


def _expect(tokens: list[str], token: str) -> None:
    if tokens.pop() != token:
        raise ValueError(f"{token} is missing")
