"""OData 4 query options: read, checked against an entity's properties, and answered from SQLite or from memory."""

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
