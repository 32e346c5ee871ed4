"""Functions that take apart texts of a known format, and that encode and decode them.

JSON is among the functions over dynamic values, IP addresses are in `ip`, command lines in `strings`.
"""

from __future__ import annotations

from vedette.kql.signatures import Family

FAMILY = Family("parsing")
add = FAMILY.add

add("parse_csv(csv_text: text) -> dynamic", says="The fields of one record of comma-separated values.", naming="first")
add(
    "parse_url(url: string) -> dynamic",
    says="Scheme, host, port, path, user, password, query parameters and fragment of a URL.",
    deprecated=("parseurl",),
)
add(
    "parse_urlquery(query: string) -> dynamic",
    says="The parameters of a URL's query part.",
    deprecated=("parseurlquery",),
)
add("parse_path(path: string) -> dynamic", says="Scheme, root, directory, file name, extension and stream of a path.")
add(
    "parse_user_agent(user_agent: string, look_for: text?) -> dynamic",
    says="Browser, operating system and device that a User-Agent header names.",
)
add("parse_version(version: string) -> decimal", says="A version of up to four parts as a number that orders.")
add(
    "parse_xml(xml: text) -> dynamic",
    says="An XML document as a property bag; null when it is not well-formed.",
    naming="first",
)
add("url_encode(url: string) -> string", says="A text in percent-encoding, spaces as +.")
add("url_encode_component(url: string) -> string", says="A text in percent-encoding, spaces as %20.")
add("url_decode(encoded_url: string) -> string", says="The text behind percent-encoding.")
add(
    "base64_encode_tostring(source: string) -> string",
    says="A text (its UTF-8) in base64.",
    deprecated=("base64_encodestring",),
)
add(
    "base64_decode_tostring(base64: string) -> string",
    says="The UTF-8 text behind base64; empty when it is none.",
    deprecated=("base64_decodestring",),
)
add("base64_decode_toarray(base64: string) -> dynamic", says="The bytes behind base64, as an array of numbers.")
add("base64_encode_fromarray(bytes: array) -> string", says="An array of bytes in base64.")
add("base64_decode_toguid(base64: string) -> guid", says="The GUID behind base64.")
add("base64_encode_fromguid(guid: guid) -> string", says="The bytes of a GUID in base64.")
add("gzip_compress_to_base64_string(source: string) -> string", says="A text compressed by gzip, in base64.")
add("gzip_decompress_from_base64_string(base64: string) -> string", says="The text that gzip compressed, from base64.")
add("zlib_compress_to_base64_string(source: string) -> string", says="A text compressed by zlib, in base64.")
add("zlib_decompress_from_base64_string(base64: string) -> string", says="The text that zlib compressed, from base64.")
add(
    "format_bytes(size: number, precision: number?, unit: string?) -> string",
    says="A number of bytes in a readable unit, such as 1.5 MB.",
    naming="first",
)
