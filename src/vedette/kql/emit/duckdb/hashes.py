"""SQL of hashes."""

from __future__ import annotations

from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql.bound import Call
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.registry import emits

_KERNEL: Final[dict[KqlType, str]] = {
    "string": "text",
    "bool": "bool",
    "int": "int",
    "long": "long",
    "datetime": "long",
    "timespan": "long",
    "real": "real",
    "guid": "guid",
}


def _kernel(type: KqlType) -> str:
    kernel = _KERNEL.get(type)
    if kernel is None:
        raise ValueError(f"a hash of {type} values is not supported, because its bytes are not documented")
    return kernel


def _hash(value: str, type: KqlType) -> str:
    return f"kql_xxhash_of_{_kernel(type)}({value})"


@emits("hash", "hash_xxhash64")
def _xxhash(call: Call, source: str, modulus: str | None = None) -> str:
    value = _hash(source, call.args[0].type)
    if modulus is None:
        return value
    return f"(({value} % nullif({modulus}, 0) + {modulus}) % nullif({modulus}, 0))::BIGINT"


@emits("hash_many")
def _many(call: Call, *sources: str) -> str:
    return _combined([_hash(source, bound.type) for source, bound in zip(sources, call.args, strict=True)])


@emits("hash_combine")
def _combine(call: Call, *hashes: str) -> str:
    if any(bound.type not in ("long", "int") for bound in call.args):
        raise ValueError("hash_combine takes hashes, which are of type long")
    return _combined(list(hashes))


def _combined(hashes: list[str]) -> str:
    value, *rest = hashes
    for one in rest:
        value = f"kql_hash_of_two({value}, {one})"
    return value


@emits("hash_sha256", "hash_sha1", "hash_md5")
def _digest(call: Call, source: str) -> str:
    """Of the value's text, also where it is no text: as Kusto's own example of a datetime shows."""
    return f"{call.name.removeprefix('hash_')}({sql.to_string(source, call.args[0].type)})"
