"""The OData schema document (CSDL in XML), made from the catalogue: served at `/api/$metadata`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from vedette.catalogue.entity import NAMESPACE, OBJECT, Complex, Entity, Property, describe, reachable
from vedette.catalogue.permission import DEFENDER
from vedette.catalogue.resources import operations

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"


def metadata() -> bytes:
    """The document. Navigation to entities that no operation here answers is left out."""
    kinds = reachable(operation.entity for operation in operations(DEFENDER))
    names = {kind.__name__ for kind in kinds}
    ElementTree.register_namespace("edmx", _EDMX)
    ElementTree.register_namespace("", _EDM)
    root = ElementTree.Element(f"{{{_EDMX}}}Edmx", Version="4.0")
    services = ElementTree.SubElement(root, f"{{{_EDMX}}}DataServices")
    schema = _add(services, "Schema", Namespace=NAMESPACE)
    enums: dict[str, tuple[str, ...]] = {}
    for kind in kinds:
        _type(schema, kind, names, enums)
    for name, members in enums.items():
        enum = _add(schema, "EnumType", Name=name)
        for value, member in enumerate(members):
            _add(enum, "Member", Name=member, Value=str(value))
    container = _add(schema, "EntityContainer", Name="Container")
    for kind in kinds:
        if issubclass(kind, Entity) and kind.ENTITY_SET:
            entity_set = _add(container, "EntitySet", Name=kind.ENTITY_SET, EntityType=f"{NAMESPACE}.{kind.__name__}")
            for name, target in _navigation(kind, names).items():
                bare = target.removeprefix("Collection(").rstrip(")")
                target_set = next(k.ENTITY_SET for k in kinds if k.__name__ == bare and issubclass(k, Entity))
                _add(entity_set, "NavigationPropertyBinding", Path=name, Target=target_set)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _type(schema: ElementTree.Element, kind: type[Complex], names: set[str], enums: dict[str, tuple[str, ...]]) -> None:
    is_entity = issubclass(kind, Entity) and bool(kind.ENTITY_SET)
    element = _add(schema, "EntityType" if is_entity else "ComplexType", Name=kind.__name__)
    properties = describe(kind)
    if is_entity and issubclass(kind, Entity):
        key = next(p.wire for p in properties if p.attribute == kind.KEY)
        _add(_add(element, "Key"), "PropertyRef", Name=key)
    for declared in properties:
        attributes: dict[str, Any] = {"Name": declared.wire, "Type": _type_name(declared, enums)}
        if not declared.is_nullable and not declared.is_collection:
            attributes["Nullable"] = "false"
        _add(element, "Property", **attributes)
    for name, target in _navigation(kind, names).items():
        bare = target.removeprefix("Collection(").rstrip(")")
        _add(element, "NavigationProperty", Name=name, Type=target.replace(bare, f"{NAMESPACE}.{bare}"))


def _type_name(declared: Property, enums: dict[str, tuple[str, ...]]) -> str:
    name = "Edm.Untyped" if declared.edm == OBJECT else declared.edm
    if declared.members:
        enums[declared.enum_name] = declared.members
        name = f"{NAMESPACE}.{declared.enum_name}"
    elif declared.complex_type is not None:
        name = f"{NAMESPACE}.{name}"
    return f"Collection({name})" if declared.is_collection else name


def _navigation(kind: type[Complex], names: set[str]) -> Mapping[str, str]:
    if not issubclass(kind, Entity) or not kind.ENTITY_SET:
        return {}
    return {
        name: target
        for name, target in kind.NAVIGATION.items()
        if target.removeprefix("Collection(").rstrip(")") in names
    }


def _add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, f"{{{_EDM}}}{tag}", attributes)
