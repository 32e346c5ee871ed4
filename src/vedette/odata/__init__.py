"""OData 4 query options: read, checked against an entity's properties, and answered from SQLite or from memory.

Names are loaded when they are first used: a client that builds filters pays for neither the binder nor the SQL.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vedette.odata.binder import bind, bind_filter
    from vedette.odata.bound import Bound
    from vedette.odata.builder import Condition, Value, field, now, raw
    from vedette.odata.errors import (
        NotFilterable,
        ODataError,
        ODataSyntaxError,
        TooComplex,
        TypeMismatch,
        UnknownMember,
        UnknownProperty,
        UnsupportedOption,
    )
    from vedette.odata.evaluate import ordered, predicate
    from vedette.odata.functions import install_functions
    from vedette.odata.model import CollectionType, ComplexType, EntityModel, EnumType, Property
    from vedette.odata.options import Expand, Filter, Options, OrderBy, parse_options
    from vedette.odata.parser import parse_filter
    from vedette.odata.printing import print_filter
    from vedette.odata.sql import SqlText, filter_sql, order_sql
    from vedette.odata.times import canonical_time

__all__ = [
    "Bound",
    "CollectionType",
    "ComplexType",
    "Condition",
    "EntityModel",
    "EnumType",
    "Expand",
    "Filter",
    "NotFilterable",
    "ODataError",
    "ODataSyntaxError",
    "Options",
    "OrderBy",
    "Property",
    "SqlText",
    "TooComplex",
    "TypeMismatch",
    "UnknownMember",
    "UnknownProperty",
    "UnsupportedOption",
    "Value",
    "bind",
    "bind_filter",
    "canonical_time",
    "field",
    "filter_sql",
    "install_functions",
    "now",
    "order_sql",
    "ordered",
    "parse_filter",
    "parse_options",
    "predicate",
    "print_filter",
    "raw",
]

_HOME = {
    "binder": "bind bind_filter",
    "bound": "Bound",
    "builder": "Condition Value field now raw",
    "errors": "NotFilterable ODataError ODataSyntaxError TooComplex TypeMismatch UnknownMember UnknownProperty "
    "UnsupportedOption",
    "evaluate": "ordered predicate",
    "functions": "install_functions",
    "model": "CollectionType ComplexType EntityModel EnumType Property",
    "options": "Expand Filter Options OrderBy parse_options",
    "parser": "parse_filter",
    "printing": "print_filter",
    "sql": "SqlText filter_sql order_sql",
    "times": "canonical_time",
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names.split()}


def __getattr__(name: str) -> Any:  # Any: whatever the name stands for; type checkers read the imports above
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
