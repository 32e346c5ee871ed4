"""Reads KQL: `parse` turns a text into the tree of `vedette.kql.syntax`."""

from vedette.kql.parser.statements import parse

__all__ = ["parse"]
