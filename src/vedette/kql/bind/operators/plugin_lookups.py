"""Plugins that hold rows against others: lookups of addresses and of places, `dcount_intersect`.

A program finds, for each address (or place) that there is, the networks (or shapes) that hold it; the rest are joins.
"""

from __future__ import annotations

from collections.abc import Sequence

from vedette.kql import syntax
from vedette.kql.bind.binder import refs
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.naming import Names
from vedette.kql.bind.operators.plugins import PluginCall, plugin
from vedette.kql.bind.scope import Frame, Row
from vedette.kql.bound import Bound, Call, Ref
from vedette.kql.plan import Distinct, Join, Plan, Procedure, Project, Window, Windows
from vedette.kql.schema import Column, Naming


@plugin("ipv4_lookup")
def ipv4_lookup(call: PluginCall) -> Plan:
    """All networks of the table that hold a row's address; further columns of one name must be equal too."""
    return _looked_up(call, "4")


@plugin("ipv6_lookup")
def ipv6_lookup(call: PluginCall) -> Plan:
    """As `ipv4_lookup`, for addresses of both kinds."""
    return _looked_up(call, "6")


def _looked_up(call: PluginCall, version: str) -> Plan:
    binder = call.binder
    table = binder.rows(call.needed(0, "a table of networks"), call.scope)
    source = call.column(1, "the column of addresses")
    network = _column(call, table, 2, "the column of networks")
    unmatched = call.named.get("return_unmatched")
    keys: list[tuple[Column, Column]] = []
    for place in range(3, len(call.positional)):
        node = call.positional[place]
        if not isinstance(node, syntax.Name) or Row(call.input.columns).find(node.name) is None:
            unmatched = node
            continue
        key = _column(call, table, place, "a key")
        keys.append((call.column(place, "a key"), key))
    for column in (source, network):
        if column.type != "string":
            raise call.error(f"Addresses are texts, and '{column.name}' is a {column.type}.")
    keep = unmatched is not None and binder.constant(unmatched, call.scope, what="return_unmatched").value is True
    naming = Naming()
    pairs = Procedure(
        (naming.column("$address", "string"), naming.column("$network", "string")),
        (_distinct(call.input, source), _distinct(table, network)),
        "ip_lookup",
        {"version": version},
    )
    of_table = tuple(naming.column(one.name, one.type, one.encoding) for one in table.columns)
    on = ((Ref("string", pairs.columns[1]), Ref("string", network)),)
    held = Join((*pairs.columns, *of_table), pairs, table, "inner", on)
    copies = dict(zip(table.columns, held.columns[2:], strict=True))
    pairs_on: list[tuple[Bound, Bound]] = [(Ref("string", source), Ref("string", held.columns[0]))]
    pairs_on += [(Ref(one.type, one), Ref(other.type, copies[other])) for one, other in keys]
    dropped = {copies[key] for _, key in keys}
    return _with_found(call, held, [one for one in copies.values() if one not in dropped], pairs_on, keep=keep)


def _with_found(
    call: PluginCall, held: Plan, shown: Sequence[Column], on: Sequence[tuple[Bound, Bound]], *, keep: bool
) -> Plan:
    """The rows with some columns of what was found for them. keep: also rows for which nothing was found."""
    outer = Naming(call.input.columns)
    names = Names({column.name for column in call.input.columns})
    added: list[Column] = []
    visible: list[Column] = []
    for column in held.columns:
        is_shown = column in shown
        fresh = outer.column(names.unique(column.name) if is_shown else "$held", column.type, column.encoding)
        added.append(fresh)
        if is_shown:
            visible.append(fresh)
    joined = Join((*call.input.columns, *added), call.input, held, "left" if keep else "inner", tuple(on))
    columns = (*call.input.columns, *visible)
    return Project(columns, joined, refs(columns))


@plugin("geo_polygon_lookup")
def geo_polygon_lookup(call: PluginCall) -> Plan:
    """All polygons that hold a row's place, or are at most the radius away from it."""
    return _geo_lookup(call, "polygon")


@plugin("geo_line_lookup")
def geo_line_lookup(call: PluginCall) -> Plan:
    """All lines that are at most the radius away from a row's place."""
    return _geo_lookup(call, "line")


def _geo_lookup(call: PluginCall, kind: str) -> Plan:
    """`join_hint` says how the service may go about it, and changes nothing here."""
    binder = call.binder
    table = binder.rows(call.needed(0, f"a table of {kind}s"), call.scope)
    place = [convert(call.value(at, what), "real") for at, what in ((1, "the longitude"), (2, "the latitude"))]
    shape = _column(call, table, 3, f"the column of {kind}s")
    if shape.type != "dynamic":
        raise call.error(f"A {kind} is a dynamic value, and '{shape.name}' is a {shape.type}.")
    radius = call.constant(4, "the radius", "radius")
    if (radius is None and kind == "line") or not (radius is None or isinstance(radius, int | float)):
        raise call.error("The radius is a number of metres.")
    keep = call.constant(5, "return_unmatched", "return_unmatched", False) is True
    naming = Naming(table.columns)
    number = naming.column("$number", "long")
    kept = binder.kept(Windows((*table.columns, number), table, (Window("row_number", ()),), (number,)))
    shapes, rows = binder.shared(kept), binder.shared(kept)
    at = table.columns.index(shape)
    numbered = (shapes.columns[-1], shapes.columns[at])
    places = Naming()
    ends = (places.column("longitude", "real"), places.column("latitude", "real"))
    found = Naming()
    pairs = Procedure(
        (found.column("longitude", "real"), found.column("latitude", "real"), found.column("number", "long")),
        (Distinct(ends, Project(ends, call.input, tuple(place))), Project(numbered, shapes, refs(numbered))),
        "geo_lookup",
        {"kind": kind, "radius": radius},
    )
    of_table = tuple(found.column(one.name, one.type, one.encoding) for one in rows.columns)
    on_number = ((Ref("long", pairs.columns[2]), Ref("long", rows.columns[-1])),)
    held = Join((*pairs.columns, *of_table), pairs, rows, "inner", on_number)
    on = [(value, Ref("real", column)) for value, column in zip(place, held.columns[:2], strict=True)]
    return _with_found(call, held, of_table[:-1], on, keep=keep)


@plugin("dcount_intersect")
def dcount_intersect(call: PluginCall) -> Plan:
    """The size of the first set, of the first two in common, and so on; sets are states of hll()."""
    sets = [call.value(place, "a state of hll()") for place in range(len(call.positional))]
    if not 2 <= len(sets) <= 16 or any(one.type != "dynamic" for one in sets):
        raise call.error("dcount_intersect takes from 2 to 16 states of hll().")
    naming = Naming(call.input.columns)
    names = Names({column.name for column in call.input.columns})
    added = [naming.column(names.unique(f"s{place}"), "long") for place in range(len(sets))]
    sizes = [
        Call("long", "dcount_of_intersection", (Call("dynamic", "pack_array", tuple(sets[: place + 1])),))
        for place in range(len(sets))
    ]
    kept = tuple(Ref(column.type, column) for column in call.input.columns)
    return Project((*call.input.columns, *added), call.input, (*kept, *sizes))


def _column(call: PluginCall, table: Plan, place: int, what: str) -> Column:
    node = call.needed(place, what)
    bound = call.binder.scalar(node, Frame(call.scope, Row(table.columns)))
    if not isinstance(bound, Ref):
        raise call.error(f"{what[0].upper()}{what[1:]} is needed here.", node.span)
    return bound.column


def _distinct(plan: Plan, column: Column) -> Plan:
    value = Naming().column("value", "string")
    return Distinct((value,), Project((value,), plan, (Ref("string", column),)))


__all__ = ["dcount_intersect", "geo_line_lookup", "geo_polygon_lookup", "ipv4_lookup", "ipv6_lookup"]
