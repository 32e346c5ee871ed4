"""The cells of S2 and H3."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

from vedette.kql.kernels.geo_shapes import buffered, buffered_lines
from vedette.kql.kernels.geojson import (
    EARTH_METRES,
    Shape,
    is_place,
    library,
    lines,
    place_of,
    point_shape,
    polygon_parts,
    polygon_shape,
    s2_line,
    s2_point,
    s2_polygon,
)
from vedette.kql.kernels.kernel import kernel

_MOST_CELLS: Final = 65_536
_MOST_H3_CELLS: Final = 61_680
_TOKEN: Final = re.compile(r"[0-9a-fA-F]{1,16}")

# S2


def _s2_cell(token: str) -> Any:
    """The cell of a token; None when it is none."""
    if not _TOKEN.fullmatch(token):
        return None
    cell = library("s2geometry").S2CellId.FromToken(token)
    return cell if cell.is_valid() else None


@kernel("real", "real", "long", returns="string")
def geo_point_to_s2cell(longitude: float | None, latitude: float | None, level: int | None) -> str:
    if longitude is None or latitude is None or level is None:
        return ""
    if not is_place(longitude, latitude) or not 0 <= level <= 30:
        return ""
    return str(library("s2geometry").S2CellId(s2_point((longitude, latitude))).parent(level).ToToken())


@kernel("string", returns="dynamic")
def geo_s2cell_to_central_point(token: str) -> Shape | None:
    cell = _s2_cell(token)
    return None if cell is None else point_shape(place_of(cell.ToPoint()))


@kernel("string", returns="dynamic")
def geo_s2cell_to_polygon(token: str) -> Shape | None:
    cell = _s2_cell(token)
    if cell is None:
        return None
    square = library("s2geometry").S2Cell(cell)
    return polygon_shape([[[place_of(square.GetVertex(corner)) for corner in range(4)]]])


@kernel("string", returns="dynamic")
def geo_s2cell_neighbors(token: str) -> list[str] | None:
    cell = _s2_cell(token)
    return None if cell is None else [str(one.ToToken()) for one in cell.GetAllNeighbors(cell.level())]


@kernel("dynamic", "long", "real", returns="dynamic")
def geo_polygon_to_s2cells(shape: Any, level: int | None, radius: float | None) -> list[str] | None:
    polygon = s2_polygon(shape)
    if polygon is None or level is None or radius is None or not 0 <= level <= 30 or radius < 0:
        return None
    if radius:
        polygon = buffered(polygon, radius, radius / 100)
    return _covering(polygon, level, float(polygon.GetArea()), _perimeter(polygon))


@kernel("dynamic", "long", "real", returns="dynamic")
def geo_line_to_s2cells(shape: Any, level: int | None, radius: float | None) -> list[str] | None:
    found = lines(shape)
    if found is None or level is None or radius is None or not 0 <= level <= 30 or radius < 0:
        return None
    if radius:
        around = buffered_lines(found, radius, radius / 100)
        return _covering(around, level, float(around.GetArea()), _perimeter(around))
    cells: dict[str, None] = {}
    for path in found:
        line = s2_line(path)
        covering = _covering(line, level, 0.0, float(line.GetLength().radians()))
        if covering is None:
            return None
        cells |= dict.fromkeys(covering)
    return list(cells) if len(cells) <= _MOST_CELLS else None


def _perimeter(polygon: Any) -> float:
    """The length of the boundary as an angle."""
    s2 = library("s2geometry")
    total = 0.0
    for number in range(polygon.num_loops()):
        loop = polygon.loop(number)
        points = [s2.S2LatLng(loop.vertex(at)) for at in range(loop.num_vertices())]
        total += sum(a.GetDistance(b).radians() for a, b in zip(points, [*points[1:], points[0]], strict=True))
    return total


def _covering(region: Any, level: int, area: float, boundary: float) -> list[str] | None:
    """The cells of one level over a region; None when there are too many."""
    cell_area = 4 * math.pi / (6 * 4**level)
    if area / cell_area > _MOST_CELLS or boundary / math.sqrt(cell_area) > _MOST_CELLS:
        return None
    coverer = library("s2geometry").S2RegionCoverer()
    coverer.set_fixed_level(level)
    cells = [str(cell.ToToken()) for cell in coverer.GetCovering(region)]
    return cells if len(cells) <= _MOST_CELLS else None


# H3


def _is_h3(cell: str) -> bool:
    return bool(library("h3").is_valid_cell(cell))


def _of_h3(function: Callable[[Any, str], Any]) -> Callable[[str], Any]:
    def call(cell: str) -> Any:
        return function(library("h3"), cell) if _is_h3(cell) else None

    return call


@kernel("real", "real", "long", returns="string")
def geo_point_to_h3cell(longitude: float | None, latitude: float | None, resolution: int | None) -> str:
    if longitude is None or latitude is None or resolution is None:
        return ""
    if not is_place(longitude, latitude) or not 0 <= resolution <= 15:
        return ""
    return str(library("h3").latlng_to_cell(latitude, longitude, resolution))


def _center(h3: Any, cell: str) -> Shape:
    latitude, longitude = h3.cell_to_latlng(cell)
    return point_shape((longitude, latitude))


def _outline(h3: Any, cell: str) -> Shape:
    return polygon_shape([[[(longitude, latitude) for latitude, longitude in h3.cell_to_boundary(cell)]]])


def _ring(h3: Any, cell: str, distance: int) -> list[str]:
    """The cells at a distance, in Kusto's order: it comes last to where H3 starts."""
    start, *others = h3.grid_ring(cell, distance)
    return [*others, start]


def _neighbors(h3: Any, cell: str) -> list[str]:
    return _ring(h3, cell, 1)


kernel("string", returns="dynamic", name="geo_h3cell_to_central_point")(_of_h3(_center))
kernel("string", returns="dynamic", name="geo_h3cell_to_polygon")(_of_h3(_outline))
kernel("string", returns="dynamic", name="geo_h3cell_neighbors")(_of_h3(_neighbors))
kernel("string", returns="int", name="geo_h3cell_level")(_of_h3(lambda h3, cell: h3.get_resolution(cell)))


@kernel("string", "long", returns="dynamic")
def geo_h3cell_children(cell: str, resolution: int | None) -> list[str] | None:
    """A resolution of -1 stands for the next one."""
    if not _is_h3(cell) or resolution is None:
        return None
    h3 = library("h3")
    level = h3.get_resolution(cell)
    wanted = level + 1 if resolution == -1 else resolution
    return list(h3.cell_to_children(cell, wanted)) if level <= wanted <= min(15, level + 5) else None


@kernel("string", "long", returns="string")
def geo_h3cell_parent(cell: str, resolution: int | None) -> str:
    """A resolution of -1 stands for the one before."""
    if not _is_h3(cell) or resolution is None:
        return ""
    h3 = library("h3")
    level = h3.get_resolution(cell)
    wanted = level - 1 if resolution == -1 else resolution
    return str(h3.cell_to_parent(cell, wanted)) if 0 <= wanted <= level else ""


@kernel("string", "long", returns="dynamic")
def geo_h3cell_rings(cell: str, distance: int | None) -> list[list[str]] | None:
    if not _is_h3(cell) or distance is None or not 0 <= distance <= 142:
        return None
    h3 = library("h3")
    return [_ring(h3, cell, ring) for ring in range(distance + 1)]


@kernel("dynamic", "long", "real", returns="dynamic")
def geo_polygon_to_h3cells(shape: Any, resolution: int | None, radius: float | None) -> list[str] | None:
    polygon = s2_polygon(shape)
    if polygon is None or resolution is None or radius is None or not 0 <= resolution <= 15 or radius < 0:
        return None
    if radius:
        polygon = buffered(polygon, radius, radius / 100)
    h3 = library("h3")
    if polygon.GetArea() * EARTH_METRES**2 / h3.average_hexagon_area(resolution, unit="m^2") > 2 * _MOST_H3_CELLS:
        return None
    cells: set[str] = set()
    for rings in polygon_parts(polygon):
        turned = [[(latitude, longitude) for longitude, latitude in ring] for ring in rings]
        cells |= set(h3.polygon_to_cells(h3.LatLngPoly(*turned), resolution))
    return sorted(cells) if len(cells) <= _MOST_H3_CELLS else None
