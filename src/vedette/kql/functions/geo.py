"""Functions of places on Earth: points, lines and polygons in GeoJSON, and the cells of geohash, S2 and H3.

Most need libraries of their own, which `vedette[geo]` installs.
"""

from __future__ import annotations

from typing import Final

from vedette.kql.signatures import Family

FAMILY: Final = Family("geo")
_add = FAMILY.add

_POINT: Final = "longitude: number, latitude: number"
_P1, _P2, _P3 = (f"p{n}_longitude: number, p{n}_latitude: number" for n in (1, 2, 3))

# Points

_add(f"geo_angle({_P1}, {_P2}, {_P3}) -> real", says="The clockwise angle from the line p1–p2 to the line p2–p3.")
_add(f"geo_azimuth({_P1}, {_P2}) -> real", says="The clockwise angle from north to the line p1–p2.")
_add(
    f"geo_distance_2points({_P1}, {_P2}, use_spheroid: number_or_bool?) -> real",
    says="The distance of two points in metres.",
)
_add(
    "geo_point_in_circle(p_longitude: number, p_latitude: number, pc_longitude: number, pc_latitude: number,"
    " c_radius: number) -> bool",
    says="Whether a point lies in a circle.",
)
_add("geo_from_wkt(wkt: string) -> dynamic", says="A shape in well-known text as GeoJSON.")
_add(f"geo_point_buffer({_POINT}, radius: number, tolerance: number?) -> dynamic", says="A polygon around a point.")

# Lines

_add("geo_line_length(lineString: bag) -> real", says="The length of a line in metres.")
_add("geo_line_centroid(lineString: bag) -> dynamic", says="The centre of a line.")
_add(
    "geo_line_densify(lineString: bag, tolerance: number?, preserve_crossing: number_or_bool?) -> dynamic",
    says="A line with points put in, so that it follows straight lines of the map.",
)
_add("geo_line_interpolate_point(lineString: bag, fraction: number) -> dynamic", says="The point at a part of a line.")
_add(
    f"geo_line_locate_point(lineString: bag, {_POINT}, use_spheroid: number_or_bool?) -> real",
    says="The part of a line that lies before the place closest to a point.",
)
_add("geo_line_simplify(lineString: bag, tolerance: number?) -> dynamic", says="A line with fewer points.")
_add("geo_line_buffer(lineString: bag, radius: number, tolerance: number?) -> dynamic", says="A polygon around a line.")
_add(
    "geo_line_to_s2cells(lineString: bag, level: number?, radius: number?) -> dynamic",
    says="The S2 cells that cover a line.",
)
_add(f"geo_closest_point_on_line({_POINT}, lineString: bag) -> dynamic", says="The point of a line closest to another.")
_add(f"geo_distance_point_to_line({_POINT}, lineString: bag) -> real", says="The distance of a point from a line.")
_add("geo_intersects_2lines(lineString1: bag, lineString2: bag) -> bool", says="Whether two lines meet.")
_add("geo_intersection_2lines(lineString1: bag, lineString2: bag) -> dynamic", says="Where two lines meet.")
_add("geo_union_lines_array(lineStrings: array) -> dynamic", says="Several lines as one.")

# Polygons

_add(f"geo_point_in_polygon({_POINT}, polygon: bag) -> bool", says="Whether a point lies in a polygon.")
_add(
    f"geo_closest_point_on_polygon({_POINT}, polygon: bag) -> dynamic",
    says="The point of a polygon closest to another.",
)
_add(f"geo_distance_point_to_polygon({_POINT}, polygon: bag) -> real", says="The distance of a point from a polygon.")
_add("geo_polygon_area(polygon: bag) -> real", says="The area of a polygon in square metres.")
_add("geo_polygon_perimeter(polygon: bag) -> real", says="The length of a polygon's boundary in metres.")
_add("geo_polygon_centroid(polygon: bag) -> dynamic", says="The centre of a polygon.")
_add(
    "geo_polygon_densify(polygon: bag, tolerance: number?, preserve_crossing: number_or_bool?) -> dynamic",
    says="A polygon with points put in, so that its edges follow straight lines of the map.",
)
_add("geo_polygon_simplify(polygon: bag, tolerance: number?) -> dynamic", says="A polygon with fewer points.")
_add(
    "geo_polygon_buffer(polygon: bag, radius: number, tolerance: number?) -> dynamic",
    says="A polygon that is wider by a radius.",
)
_add(
    "geo_polygon_to_s2cells(polygon: bag, level: number?, radius: number?) -> dynamic",
    says="The S2 cells that cover a polygon.",
)
_add(
    "geo_polygon_to_h3cells(polygon: bag, resolution: number?, radius: number?) -> dynamic",
    says="The H3 cells whose centres lie in a polygon.",
)
_add("geo_intersects_2polygons(polygon1: bag, polygon2: bag) -> bool", says="Whether two polygons meet.")
_add("geo_intersects_line_with_polygon(lineString: bag, polygon: bag) -> bool", says="Whether line and polygon meet.")
_add("geo_intersection_2polygons(polygon1: bag, polygon2: bag) -> dynamic", says="What two polygons share.")
_add(
    "geo_intersection_line_with_polygon(lineString: bag, polygon: bag) -> dynamic",
    says="The part of a line that lies in a polygon.",
)
_add("geo_union_polygons_array(polygons: array) -> dynamic", says="Several polygons as one.")
_add(
    "geo_simplify_polygons_array(polygons: array, tolerance: number?) -> dynamic",
    says="Several polygons with fewer points.",
)

# Cells

_add(f"geo_point_to_geohash({_POINT}, accuracy: number?) -> string", says="The geohash of a point.")
_add("geo_geohash_to_central_point(geohash: string) -> dynamic", says="The centre of a geohash.")
_add("geo_geohash_to_polygon(geohash: string) -> dynamic", says="The rectangle of a geohash.")
_add("geo_geohash_neighbors(geohash: string) -> dynamic", says="The geohashes around a geohash.")
_add(f"geo_point_to_s2cell({_POINT}, level: number?) -> string", says="The S2 cell of a point.")
_add("geo_s2cell_to_central_point(s2cell: string) -> dynamic", says="The centre of an S2 cell.")
_add("geo_s2cell_to_polygon(s2cell: string) -> dynamic", says="The outline of an S2 cell.")
_add("geo_s2cell_neighbors(s2cell: string) -> dynamic", says="The S2 cells around an S2 cell.")
_add(f"geo_point_to_h3cell({_POINT}, resolution: number?) -> string", says="The H3 cell of a point.")
_add("geo_h3cell_to_central_point(h3cell: string) -> dynamic", says="The centre of an H3 cell.")
_add("geo_h3cell_to_polygon(h3cell: string) -> dynamic", says="The outline of an H3 cell.")
_add("geo_h3cell_neighbors(h3cell: string) -> dynamic", says="The H3 cells around an H3 cell.")
_add("geo_h3cell_children(h3cell: string, resolution: number?) -> dynamic", says="The H3 cells inside of an H3 cell.")
_add("geo_h3cell_parent(h3cell: string, resolution: number?) -> string", says="The H3 cell that an H3 cell is part of.")
_add("geo_h3cell_rings(h3cell: string, distance: number) -> dynamic", says="The rings of H3 cells around an H3 cell.")
_add("geo_h3cell_level(h3cell: string) -> int", says="The resolution of an H3 cell.")
