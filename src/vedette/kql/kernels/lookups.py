"""The program behind `ipv4_lookup` and `ipv6_lookup`."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from vedette.kql.kernels.kernel import checkpoint, procedure

if TYPE_CHECKING:
    import pyarrow as pa


class Prefix(NamedTuple):
    """A network, or an address with all bits: its leading bits and their number."""

    bits: int
    length: int


@procedure("ip_lookup")
def ip_lookup(inputs: Sequence[pa.Table], options: Mapping[str, object]) -> pa.Table:
    """Pairs of an address and a network that are equal in as many bits as the shorter of both prefixes has."""
    import pyarrow as pa

    width = 32 if options["version"] == "4" else 128
    networks: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for text in inputs[1].column(0).to_pylist():
        prefix = _prefix(text, width)
        if prefix is not None:
            networks[prefix.length][prefix.bits].append(text)
    found: list[tuple[str, str]] = []
    for number, text in enumerate(inputs[0].column(0).to_pylist()):
        if not number % 1000:
            checkpoint()
        prefix = _prefix(text, width)
        if prefix is not None:
            found += [(text, network) for network in _holding(prefix, networks)]
    return pa.table(
        {
            "address": pa.array([address for address, _ in found], pa.string()),
            "network": pa.array([network for _, network in found], pa.string()),
        }
    )


def _holding(prefix: Prefix, networks: Mapping[int, Mapping[int, list[str]]]) -> Iterator[str]:
    for length, by_bits in networks.items():
        if length <= prefix.length:
            yield from by_bits.get(prefix.bits >> (prefix.length - length), ())
        else:
            for bits, texts in by_bits.items():
                if bits >> (length - prefix.length) == prefix.bits:
                    yield from texts


def _prefix(text: str, width: int) -> Prefix | None:
    """The leading bits of an address or network; None when it is none. IPv4 counts among IPv6 as ::ffff:a.b.c.d."""
    base, slash, length_text = text.strip().partition("/")
    try:
        address = ipaddress.IPv4Address(base) if width == 32 else ipaddress.ip_address(base)
        length = int(length_text) if slash else address.max_prefixlen
    except ValueError:
        return None
    if not 0 <= length <= address.max_prefixlen:
        return None
    value = int(address)
    if width == 128 and address.version == 4:
        value, length = value | 0xFFFF << 32, length + 96
    return Prefix(value >> (width - length), length)
