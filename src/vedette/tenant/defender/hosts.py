"""What counts as a domain name and as a URL, and which host a URL names."""

from __future__ import annotations

import ipaddress
import re

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+(?=[a-z0-9-]*[a-z]){_LABEL}\.?", re.IGNORECASE)
_URL = re.compile(r"(?:https?://)?(?P<host>\[[0-9a-f:.]+\]|[^/?#:@\s\[\]]+)(?::\d{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)


def is_domain_name(text: str) -> bool:
    """Whether it is a name of at least two labels whose last is no number."""
    try:
        encoded = text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return len(encoded) <= 253 and _NAME.fullmatch(encoded) is not None


def is_url(text: str) -> bool:
    """Whether it names a host, by name or address, with or without `http://` before and a path behind."""
    found = _URL.fullmatch(text) if len(text) <= 2048 else None
    return found is not None and (is_domain_name(found["host"]) or _is_address(found["host"]))


def host_of(url: str | None) -> str | None:
    """The host that a URL names, in lower case; also of one without a scheme. None where there is none."""
    if not url:
        return None
    rest = url.partition("://")[2] or url
    place = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].lower()
    return (place.partition("]")[0] + "]" if place.startswith("[") else place.partition(":")[0]) or None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
