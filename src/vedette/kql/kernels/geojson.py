"""Shapes as GeoJSON has them, checked, and the libraries that compute with them. No functions of the language here.

Polygons and lines lie on a sphere and their edges are geodesics, as in S2, whose libraries do the work: `s2geometry`
for single shapes, `spherely` for what two shapes share.
"""

from __future__ import annotations

import importlib
import itertools
import math
import struct
from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Any, Final

EARTH_METRES: Final = 6_371_010.0
"""The radius of the sphere that distances are measured on."""
Point = tuple[float, float]
"""Longitude and latitude in degrees."""
Ring = list[Point]
Polygons = list[list[Ring]]
"""Rings without the closing point, the shell first."""
Shape = dict[str, Any]  # GeoJSON has no type of its own


@cache
def library(name: str) -> ModuleType:
    """A library that is optional."""
    try:
        return importlib.import_module(name)
    except ImportError as missing:
        raise ValueError(f"geo functions need the package '{name}': install vedette[geo]") from missing


def is_place(longitude: float | None, latitude: float | None) -> bool:
    """Whether these are coordinates."""
    return longitude is not None and latitude is not None and abs(longitude) <= 180 and abs(latitude) <= 90


# Reading


def _point(value: Any) -> Point | None:
    match value:
        case [int() | float() as longitude, int() | float() as latitude, *_] if is_place(longitude, latitude):
            return (float(longitude), float(latitude))
        case _:
            return None


def _path(value: Any, at_least: int) -> list[Point] | None:
    if not isinstance(value, list) or len(value) < at_least:
        return None
    points = [_point(one) for one in value]
    found = [point for point in points if point is not None]
    return found if len(found) == len(points) else None


def lines(shape: Any) -> list[list[Point]] | None:
    """The lines of a LineString or MultiLineString; None when it is no valid one."""
    match shape:
        case {"type": "LineString", "coordinates": coordinates}:
            parts = [coordinates]
        case {"type": "MultiLineString", "coordinates": [*parts]} if parts:
            pass
        case _:
            return None
    read = [_path(part, 2) for part in parts]
    found = [line for line in read if line is not None and all(map(_is_edge, line, line[1:]))]
    return found if len(found) == len(read) else None


def _is_edge(a: Point, b: Point) -> bool:
    return not (a[1] == -b[1] and abs(abs(a[0] - b[0]) - 180) < 1e-12) or (a[1] == b[1] == 0 and a[0] == b[0])


def polygons(shape: Any) -> Polygons | None:
    """The polygons of a Polygon or MultiPolygon; None when the GeoJSON is none. Crossings are not looked for."""
    match shape:
        case {"type": "Polygon", "coordinates": [*rings]} if rings:
            parts = [rings]
        case {"type": "MultiPolygon", "coordinates": [*parts]} if parts:
            pass
        case _:
            return None
    found: Polygons = []
    for part in parts:
        if not isinstance(part, list) or not part:
            return None
        rings = [_ring(ring) for ring in part]
        found.append([ring for ring in rings if ring is not None])
        if len(found[-1]) != len(part):
            return None
    return found


def _ring(value: Any) -> Ring | None:
    path = _path(value, 4)
    if path is None or path[0] != path[-1] or len(set(path[:-1])) != len(path) - 1:
        return None
    return path[:-1]


# Writing


def point_shape(point: Point) -> Shape:
    return {"type": "Point", "coordinates": list(point)}


def line_shape(paths: Sequence[Sequence[Point]]) -> Shape:
    written = [[list(point) for point in path] for path in paths]
    if len(written) == 1:
        return {"type": "LineString", "coordinates": written[0]}
    return {"type": "MultiLineString", "coordinates": written}


def polygon_shape(parts: Polygons) -> Shape:
    written = [[[list(point) for point in [*ring, ring[0]]] for ring in rings] for rings in parts]
    if len(written) == 1:
        return {"type": "Polygon", "coordinates": written[0]}
    return {"type": "MultiPolygon", "coordinates": written}


def together(shapes: Sequence[Shape]) -> Shape:
    """One shape as it is; several, or none, as a collection."""
    return shapes[0] if len(shapes) == 1 else {"type": "GeometryCollection", "geometries": list(shapes)}


# S2


def s2_point(point: Point) -> Any:  # Any: the library has no types
    return library("s2geometry").S2LatLng.FromDegrees(point[1], point[0]).ToPoint()


def place_of(s2_vertex: Any) -> Point:
    s2 = library("s2geometry")
    found = s2.S2LatLng(s2_vertex)
    return (found.lng().degrees(), found.lat().degrees())


def angle_between(a: Point, b: Point) -> float:
    """The arc between two points in radians."""
    return float(_lat_lng(a).GetDistance(_lat_lng(b)).radians())


def _lat_lng(point: Point) -> Any:
    return library("s2geometry").S2LatLng.FromDegrees(point[1], point[0])


def s2_line(path: Sequence[Point]) -> Any:
    line = library("s2geometry").S2Polyline()
    line.InitFromS2LatLngs([_lat_lng(point) for point in path])
    return line


_built: dict[int, tuple[object, Any]] = {}
"""Shapes seen lately, by identity: constants come again in every row."""


def s2_polygon(shape: Any) -> Any:
    """The polygon of a shape, its parts as one; None when it is not valid."""
    known = _built.get(id(shape))
    if known is not None and known[0] is shape:
        return known[1]
    built = _s2_polygon(polygons(shape))
    if len(_built) >= 256:
        _built.clear()
    _built[id(shape)] = (shape, built)
    return built


def _s2_polygon(parts: Polygons | None) -> Any:
    if parts is None:
        return None
    s2 = library("s2geometry")
    whole = None
    for rings in parts:
        loops = []
        for ring in rings:
            loop = s2.S2Loop()
            loop.Init([s2_point(point) for point in ring])
            if not loop.IsValid():
                return None
            loop.Normalize()
            loops.append(loop)
        polygon = s2.S2Polygon()
        polygon.InitNested(loops)
        if not polygon.IsValid():
            return None
        if whole is not None:
            union = s2.S2Polygon()
            union.InitToUnion(whole, polygon)
            polygon = union
        whole = polygon
    return whole


def polygon_parts(polygon: Any) -> Polygons:
    """The rings of an S2 polygon. Holes run the other way round than shells."""
    parts: Polygons = []
    for number in range(polygon.num_loops()):
        loop = polygon.loop(number)
        ring = [place_of(loop.vertex(at)) for at in range(loop.num_vertices())]
        if loop.is_hole():
            parts[-1].append(ring[::-1])
        else:
            parts.append([ring])
    return parts


def wider(add: Callable[[Any], None], radius: float, tolerance: float) -> Any:
    """The polygon of all points within a radius of what `add` puts into the operation."""
    s2 = library("s2geometry")
    polygon = s2.S2Polygon()
    options = s2.S2BufferOperationOptions()
    options.set_buffer_radius(s2.S1Angle.Radians(radius / EARTH_METRES))
    options.set_error_fraction(min(max(tolerance / radius, 1e-6), 1.0))
    operation = s2.S2BufferOperation(s2.S2PolygonLayer(polygon), options)
    add(operation)
    operation.Build()
    return polygon


# Spherely


def geography(shape: Any) -> Any:
    """A shape for spherely; None when it is not valid."""
    spherely = library("spherely")
    found = lines(shape)
    if found is not None:
        return spherely.create_multilinestring([spherely.create_linestring(path) for path in found])
    if s2_polygon(shape) is None:
        return None
    parts = [spherely.create_polygon(rings[0], rings[1:] or None) for rings in polygons(shape) or []]
    whole = parts[0]
    for part in parts[1:]:
        whole = spherely.union(whole, part)
    return whole


def from_geography(found: Any) -> list[Shape]:
    """The shapes of a result of spherely."""
    return _Wkb(library("spherely").to_wkb(found)).shapes()


class _Wkb:
    """Reads well-known binary, which keeps all digits."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _take(self, form: str) -> Any:
        values = struct.unpack_from("<" + form, self._data, self._at)
        self._at += struct.calcsize("<" + form)
        return values[0] if len(values) == 1 else values

    def _points(self) -> list[Point]:
        found = [self._take("dd") for _ in range(self._take("I"))]
        return [point for point, _ in itertools.groupby(found)]  # what differs on the sphere may be equal in degrees

    def shapes(self) -> list[Shape]:
        self._take("B")
        kind = self._take("I")
        match kind:
            case 1:
                point = self._take("dd")
                return [] if math.isnan(point[0]) else [point_shape(point)]
            case 2:
                path = self._points()
                return [line_shape([path])] if path else []
            case 3:
                rings = [self._points()[:-1] for _ in range(self._take("I"))]
                return [polygon_shape([rings])] if rings else []
            case _:
                return [shape for _ in range(self._take("I")) for shape in self.shapes()]


def merged(shapes: Sequence[Shape]) -> list[Shape]:
    """Points, then lines as one, then polygons as one."""
    points = [shape for shape in shapes if shape["type"] == "Point"]
    paths = joined([[tuple(point) for point in one["coordinates"]] for one in shapes if one["type"] == "LineString"])
    areas = [one["coordinates"] for one in shapes if one["type"] == "Polygon"]
    found = list(points)
    if paths:
        found.append(line_shape(paths))
    if areas:
        kind = {"type": "Polygon", "coordinates": areas[0]}
        found.append(kind if len(areas) == 1 else {"type": "MultiPolygon", "coordinates": areas})
    return found


def joined(paths: Sequence[Sequence[Point]]) -> list[list[Point]]:
    """The same edges, each once, in as few paths as follow each other."""
    edges: dict[frozenset[Point], tuple[Point, Point]] = {}
    for path in paths:
        for a, b in itertools.pairwise(path):
            edges.setdefault(frozenset((a, b)), (a, b))
    result: list[list[Point]] = []
    for a, b in edges.values():
        before = next((path for path in result if path[-1] == a), None)
        if before is not None:
            before.append(b)
            continue
        after = next((path for path in result if path[0] == b), None)
        if after is not None:
            after.insert(0, a)
        else:
            result.append([a, b])
    return result
