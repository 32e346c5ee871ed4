"""Plugins that hold rows against others: `ipv4_lookup`, `ipv6_lookup`, `dcount_intersect`.

A program finds, for each address that there is, the networks that hold it; the rest are joins.
"""

from __future__ import annotations

from vedette.kql import syntax
from vedette.kql.bind.naming import Names
from vedette.kql.bind.operators.plugins import PluginCall, plugin
from vedette.kql.bind.scope import Frame, Row
from vedette.kql.bound import Bound, Call, Ref
from vedette.kql.plan import Distinct, Join, Plan, Procedure, Project
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
    outer = Naming(call.input.columns)
    names = Names({column.name for column in call.input.columns})
    added: list[Column] = []
    shown: list[Column] = []
    dropped = {copies[key] for _, key in keys}
    for column in held.columns:
        kept = column in copies.values() and column not in dropped
        fresh = outer.column(names.unique(column.name) if kept else "$held", column.type, column.encoding)
        added.append(fresh)
        if kept:
            shown.append(fresh)
    pairs_on: list[tuple[Bound, Bound]] = [(Ref("string", source), Ref("string", held.columns[0]))]
    pairs_on += [(Ref(one.type, one), Ref(other.type, copies[other])) for one, other in keys]
    joined = Join((*call.input.columns, *added), call.input, held, "left" if keep else "inner", tuple(pairs_on))
    columns = (*call.input.columns, *shown)
    return Project(columns, joined, tuple(Ref(column.type, column) for column in columns))


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


__all__ = ["dcount_intersect", "ipv4_lookup", "ipv6_lookup"]
