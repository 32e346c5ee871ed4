"""Hashes of values."""

from __future__ import annotations

from vedette.kql.signatures import Family

FAMILY = Family("hashes")
add = FAMILY.add

add(
    "hash(source: not_dynamic, modulus: integer?) -> long",
    says="A quick hash (xxHash64) of a value, reduced by a modulus if given.",
)
add(
    "hash_xxhash64(source: not_dynamic, modulus: integer?) -> long",
    says="The xxHash64 of a value, reduced by a modulus if given.",
)
add("hash_sha256(source: not_dynamic) -> string", says="The SHA-256 of a value, in hexadecimal digits.")
add("hash_sha1(source: not_dynamic) -> string", says="The SHA-1 of a value, in hexadecimal digits.")
add("hash_md5(source: not_dynamic) -> string", says="The MD5 of a value, in hexadecimal digits.")
add(
    "hash_combine(hash: scalar+) -> long",
    says="One hash of several hashes; to be compared only with others of the same query.",
)
add(
    "hash_many(source: not_dynamic+) -> long",
    says="One hash of several values; to be compared only with others of the same query.",
)
