"""Lines and polygons on Earth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from vedette.kql.kernels.geojson import (
    EARTH_METRES,
    Point,
    Ring,
    Shape,
    angle_between,
    from_geography,
    geography,
    is_place,
    joined,
    library,
    line_shape,
    lines,
    merged,
    place_of,
    point_shape,
    polygon_parts,
    polygon_shape,
    polygons,
    s2_line,
    s2_point,
    s2_polygon,
    together,
    wider,
)
from vedette.kql.kernels.kernel import kernel

_TOLERANCES: Final = (0.1, 10_000.0)
_MOST_POINTS: Final = 10_485_760
_SLIVER: Final = 1e-12
"""An angle in radians; some micrometres on Earth."""


def _line_union(shape: Any) -> list[list[Point]] | None:
    """The lines of a shape; edges that occur twice count once."""
    found = lines(shape)
    return found if found is None or len(found) == 1 else joined(found)


# Lines


@kernel("dynamic", returns="real")
def geo_line_length(shape: Any) -> float | None:
    found = _line_union(shape)
    return None if found is None else sum(map(_length, found)) * EARTH_METRES


def _length(path: Sequence[Point]) -> float:
    return sum(angle_between(a, b) for a, b in itertools.pairwise(path))


@kernel("dynamic", returns="dynamic")
def geo_line_centroid(shape: Any) -> Shape | None:
    found = _line_union(shape)
    if found is None:
        return None
    centers = [s2_line(path).GetCentroid() for path in found]
    x, y, z = (sum(getattr(one, axis)() for one in centers) for axis in "xyz")
    return point_shape((math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))))


@kernel("dynamic", "real", returns="dynamic")
def geo_line_interpolate_point(shape: Any, fraction: float | None) -> Shape | None:
    found = lines(shape)
    if found is None or len(found) != 1 or fraction is None or not 0 <= fraction <= 1:
        return None
    return point_shape(place_of(s2_line(found[0]).Interpolate(fraction)))


@kernel("dynamic", "real", "real", "bool", returns="real")
def geo_line_locate_point(
    shape: Any, longitude: float | None, latitude: float | None, use_spheroid: bool | None
) -> float | None:
    found = lines(shape)
    if found is None or len(found) != 1 or longitude is None or latitude is None or not is_place(longitude, latitude):
        return None
    if use_spheroid:
        raise ValueError("geo_line_locate_point measures on a sphere only")
    line = s2_line(found[0])
    closest, following = line.Project(s2_point((longitude, latitude)))
    return float(line.UnInterpolate(closest, following))


def _closest(longitude: float | None, latitude: float | None, shape: Any) -> tuple[Any, Any] | None:
    """A point, and the point closest to it on a line, as S2 has them."""
    found = lines(shape)
    if found is None or longitude is None or latitude is None or not is_place(longitude, latitude):
        return None
    point = s2_point((longitude, latitude))
    near = [s2_line(path).Project(point)[0] for path in found]
    return point, min(near, key=lambda one: angle_between(place_of(point), place_of(one)))


@kernel("real", "real", "dynamic", returns="dynamic")
def geo_closest_point_on_line(longitude: float | None, latitude: float | None, shape: Any) -> Shape | None:
    found = _closest(longitude, latitude, shape)
    return None if found is None else point_shape(place_of(found[1]))


@kernel("real", "real", "dynamic", returns="real")
def geo_distance_point_to_line(longitude: float | None, latitude: float | None, shape: Any) -> float | None:
    found = _closest(longitude, latitude, shape)
    return None if found is None else angle_between(place_of(found[0]), place_of(found[1])) * EARTH_METRES


@kernel("dynamic", returns="dynamic")
def geo_union_lines_array(shapes: Any) -> Shape | None:
    if not isinstance(shapes, list) or not shapes:
        return None
    found = [lines(shape) for shape in shapes]
    parts = [path for one in found if one is not None for path in one]
    return None if None in found else line_shape(joined(parts))


# Polygons


@kernel("real", "real", "dynamic", returns="bool")
def geo_point_in_polygon(longitude: float | None, latitude: float | None, shape: Any) -> bool | None:
    polygon = s2_polygon(shape)
    if polygon is None or longitude is None or latitude is None or not is_place(longitude, latitude):
        return None
    return bool(polygon.Contains(s2_point((longitude, latitude))))


@kernel("real", "real", "dynamic", returns="dynamic")
def geo_closest_point_on_polygon(longitude: float | None, latitude: float | None, shape: Any) -> Shape | None:
    polygon = s2_polygon(shape)
    if polygon is None or longitude is None or latitude is None or not is_place(longitude, latitude):
        return None
    return point_shape(place_of(polygon.Project(s2_point((longitude, latitude)))))


@kernel("real", "real", "dynamic", returns="real")
def geo_distance_point_to_polygon(longitude: float | None, latitude: float | None, shape: Any) -> float | None:
    polygon = s2_polygon(shape)
    if polygon is None or longitude is None or latitude is None or not is_place(longitude, latitude):
        return None
    return float(polygon.GetDistance(s2_point((longitude, latitude))).radians()) * EARTH_METRES


@kernel("dynamic", returns="real")
def geo_polygon_area(shape: Any) -> float | None:
    polygon = s2_polygon(shape)
    return None if polygon is None else float(polygon.GetArea()) * EARTH_METRES**2


@kernel("dynamic", returns="real")
def geo_polygon_perimeter(shape: Any) -> float | None:
    polygon = s2_polygon(shape)
    if polygon is None:
        return None
    rings = [ring for part in polygon_parts(polygon) for ring in part]
    return sum(_length([*ring, ring[0]]) for ring in rings) * EARTH_METRES


@kernel("dynamic", returns="dynamic")
def geo_polygon_centroid(shape: Any) -> Shape | None:
    polygon = s2_polygon(shape)
    return None if polygon is None else point_shape(place_of(polygon.GetCentroid().Normalize()))


@kernel("dynamic", "real", "real", returns="dynamic")
def geo_polygon_buffer(shape: Any, radius: float | None, tolerance: float | None) -> Shape | None:
    polygon = s2_polygon(shape)
    if polygon is None or radius is None or tolerance is None or not radius > 0 or not tolerance > 0:
        return None
    return polygon_shape(polygon_parts(buffered(polygon, radius, tolerance)))


def buffered(polygon: Any, radius: float, tolerance: float) -> Any:
    """The polygon, wider by a radius."""
    return wider(lambda operation: operation.AddPolygon(polygon.Clone()), radius, tolerance)


@kernel("dynamic", "real", "real", returns="dynamic")
def geo_line_buffer(shape: Any, radius: float | None, tolerance: float | None) -> Shape | None:
    found = lines(shape)
    if found is None or radius is None or tolerance is None or not radius > 0 or not tolerance > 0:
        return None
    return polygon_shape(polygon_parts(buffered_lines(found, radius, tolerance)))


def buffered_lines(paths: Sequence[Sequence[Point]], radius: float, tolerance: float) -> Any:
    """The polygon around lines, at most a radius away from them."""

    def add(operation: Any) -> None:
        for path in paths:
            for point in path:
                operation.AddPoint(s2_point(point))
            for start, end in itertools.pairwise(path):
                if start != end:
                    operation.AddPolygon(_sliver(s2_point(start), s2_point(end)).Clone())

    return wider(add, radius, tolerance)


def _sliver(start: Any, end: Any) -> Any:
    """An edge as a polygon, opened in its middle by far less than a hair: S2 here widens points and polygons only."""
    s2 = library("s2geometry")
    a, b = ((one.x(), one.y(), one.z()) for one in (start, end))
    across = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    opened = _SLIVER / math.hypot(*across)
    x, y, z = ((one + other) / 2 + opened * aside for one, other, aside in zip(a, b, across, strict=True))
    third = s2_point((math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))))
    loop = s2.S2Loop()
    loop.Init([start, end, third])
    polygon = s2.S2Polygon()
    polygon.InitNested([loop])
    return polygon


@kernel("dynamic", returns="dynamic")
def geo_union_polygons_array(shapes: Any) -> Shape | None:
    if not isinstance(shapes, list) or not shapes:
        return None
    whole = None
    for shape in shapes:
        polygon = s2_polygon(shape)
        if polygon is None:
            return None
        if whole is not None:
            union = library("s2geometry").S2Polygon()
            union.InitToUnion(whole, polygon)
            polygon = union
        whole = polygon
    return polygon_shape(polygon_parts(whole))


# Points put in


@kernel("dynamic", "real", "bool", returns="dynamic")
def geo_line_densify(shape: Any, tolerance: float | None, preserve_crossing: bool | None) -> Shape | None:
    found = lines(shape)
    if found is None or tolerance is None or not _TOLERANCES[0] <= tolerance <= _TOLERANCES[1]:
        return None
    return line_shape([_dense(path, tolerance, bool(preserve_crossing)) for path in found])


@kernel("dynamic", "real", "bool", returns="dynamic")
def geo_polygon_densify(shape: Any, tolerance: float | None, preserve_crossing: bool | None) -> Shape | None:
    found = polygons(shape)
    if found is None or tolerance is None or not _TOLERANCES[0] <= tolerance <= _TOLERANCES[1]:
        return None

    def dense(ring: Ring) -> Ring:
        return _dense([*ring, ring[0]], tolerance, bool(preserve_crossing))[:-1]

    return polygon_shape([[dense(ring) for ring in rings] for rings in found])


def _dense(path: Sequence[Point], tolerance: float, preserve_crossing: bool) -> list[Point]:
    result = [path[0]]
    for a, b in itertools.pairwise(path):
        end = b
        if preserve_crossing and abs(b[0] - a[0]) > 180:
            end = (b[0] + (360 if b[0] < a[0] else -360), b[1])
        pieces = _pieces(a, end, tolerance)
        for step in range(1, pieces):
            between = (a[0] + (end[0] - a[0]) * step / pieces, a[1] + (end[1] - a[1]) * step / pieces)
            result.append(((between[0] + 180) % 360 - 180 if abs(between[0]) > 180 else between[0], between[1]))
        result.append(b)
        if len(result) > _MOST_POINTS:
            raise ValueError(f"a shape with more than {_MOST_POINTS} points is too large")
    return result


def _pieces(a: Point, b: Point, tolerance: float) -> int:
    """Into how many pieces an edge is halved, until none is further from its geodesic than the tolerance."""
    pieces = 1
    while pieces < _MOST_POINTS and _deviation(a, b, pieces) > tolerance:
        pieces *= 2
    return pieces


def _deviation(a: Point, b: Point, pieces: int) -> float:
    """How far in metres the middle of a piece lies from the geodesic between its ends, at most."""

    def at(part: float) -> Point:
        longitude = a[0] + (b[0] - a[0]) * part
        return ((longitude + 180) % 360 - 180 if abs(longitude) > 180 else longitude, a[1] + (b[1] - a[1]) * part)

    worst = 0.0
    for piece in {0, pieces // 2, pieces - 1}:
        line = s2_line([at(piece / pieces), at((piece + 1) / pieces)])
        middle = at((piece + 0.5) / pieces)
        worst = max(worst, angle_between(middle, place_of(line.Project(s2_point(middle))[0])) * EARTH_METRES)
    return worst


# What two shapes share

_SAME_PLACE: Final = 1e-10
"""In degrees, a hundredth of a millimetre: results are computed, and differ from what was given in the last digits."""


def _is_line(shape: Any) -> bool:
    return lines(shape) is not None


def _is_polygon(shape: Any) -> bool:
    return s2_polygon(shape) is not None


def _intersects(one: Any, other: Any, *checks: Callable[[Any], bool]) -> bool | None:
    if not all(check(shape) for check, shape in zip(checks, (one, other), strict=True)):
        return None
    return bool(library("spherely").intersects(geography(one), geography(other)))


def _intersection(one: Any, other: Any, *checks: Callable[[Any], bool]) -> list[Shape] | None:
    if not all(check(shape) for check, shape in zip(checks, (one, other), strict=True)):
        return None
    return merged(from_geography(library("spherely").intersection(geography(one), geography(other))))


@kernel("dynamic", "dynamic", returns="bool")
def geo_intersects_2lines(one: Any, other: Any) -> bool | None:
    return _intersects(one, other, _is_line, _is_line)


@kernel("dynamic", "dynamic", returns="bool")
def geo_intersects_2polygons(one: Any, other: Any) -> bool | None:
    return _intersects(one, other, _is_polygon, _is_polygon)


@kernel("dynamic", "dynamic", returns="bool")
def geo_intersects_line_with_polygon(line: Any, polygon: Any) -> bool | None:
    return _intersects(line, polygon, _is_line, _is_polygon)


@kernel("dynamic", "dynamic", returns="dynamic")
def geo_intersection_2lines(one: Any, other: Any) -> Shape | None:
    found = _intersection(one, other, _is_line, _is_line)
    return None if found is None else together(found)


@kernel("dynamic", "dynamic", returns="dynamic")
def geo_intersection_line_with_polygon(line: Any, polygon: Any) -> Shape | None:
    found = _intersection(line, polygon, _is_line, _is_polygon)
    return None if found is None else together(found)


@kernel("dynamic", "dynamic", returns="dynamic")
def geo_intersection_2polygons(one: Any, other: Any) -> Shape | None:
    """Polygons contain their boundaries, so those that touch share points or edges."""
    found = _intersection(one, other, _is_polygon, _is_polygon)
    if found is None:
        return None
    mine, theirs = _edges(one), _edges(other)
    # The inside lies left of every edge: an edge that both have, each its own way, has nothing common beside it.
    between = [(a, b) for a, b in mine if (b, a) in theirs]
    on_lines = {point for edge in between for point in edge}
    corners = {point for edge in theirs for point in edge}
    points = dict.fromkeys(a for a, _ in mine if a in corners and a not in on_lines and not _is_in(a, found))
    return together([*map(point_shape, points), *merged([line_shape([edge]) for edge in between]), *found])


def _edges(shape: Any) -> dict[tuple[Point, Point], None]:
    rings = [ring for rings in polygon_parts(s2_polygon(shape)) for ring in rings]
    rounded = [[(round(longitude, 12), round(latitude, 12)) for longitude, latitude in ring] for ring in rings]
    return {pair: None for ring in rounded for pair in zip(ring, [*ring[1:], ring[0]], strict=True)}


def _is_in(point: Point, shapes: Sequence[Shape]) -> bool:
    corners = (corner for shape in shapes for rings in polygons(shape) or [] for ring in rings for corner in ring)
    if any(abs(point[0] - x) < _SAME_PLACE and abs(point[1] - y) < _SAME_PLACE for x, y in corners):
        return True
    return any(s2_polygon(shape).Contains(s2_point(point)) for shape in shapes if s2_polygon(shape) is not None)
