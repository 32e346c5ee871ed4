"""Descriptions made from the catalogue: OpenAPI for tools, `$metadata` for OData clients, coverage for people."""
