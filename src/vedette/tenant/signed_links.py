"""Links that need no token and end soon: a path, the moment it ends, and a signature over both.

They look as those of the service's storage do (`se` is the end, `sig` the signature). The key is kept in the database,
so that links outlive a restart. Who may have a link is decided where it is made; whoever has it may read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl, quote

import msgspec

from vedette.tenant.clock import Clock
from vedette.tenant.store.collection import Collection
from vedette.tenant.store.database import Database

PREFIX = "/download/"
"""Paths of links begin with it; the segment after it says what kind of thing is there."""
_VERSION = "2026-02-06"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class LinkKey(msgspec.Struct, frozen=True, kw_only=True):
    """The key as the database keeps it."""

    id: Literal["links"] = "links"
    secret: bytes

    def __repr__(self) -> str:
        return "LinkKey()"


class BadLink(Exception):
    """A link is not one of this server, was changed, or has ended."""

    def __init__(self, reason: str, *, is_expired: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_expired = is_expired


class SignedLinks:
    """Makes and checks links, on the tenant's clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._key = b""

    def link(self, origin: str, path: str, life: timedelta) -> str:
        """A link to `origin`/download/`path` that works for so long. `path` is plain text, not percent-encoded."""
        whole = PREFIX + path
        ends = (self._clock.now() + life).strftime(_TIME)
        signature = self._signature(whole, ends)
        return (
            f"{origin}{quote(whole)}?sv={_VERSION}&se={quote(ends, safe='')}&sr=b&sp=r&sig={quote(signature, safe='')}"
        )

    def check(self, path: str, query: str) -> str:
        """What follows `/download/` in the decoded path of a request, if its link is good. Raises: BadLink."""
        given = dict(parse_qsl(query))
        ends, signature = given.get("se", ""), given.get("sig", "")
        if not hmac.compare_digest(self._signature(path, ends).encode(), signature.encode()):
            raise BadLink("The signature does not fit the link.")
        end = datetime.strptime(ends, _TIME).replace(tzinfo=UTC)
        if self._clock.now() >= end:
            raise BadLink(f"The link ended at {ends}.", is_expired=True)
        return path.removeprefix(PREFIX)

    def _signature(self, path: str, ends: str) -> str:
        text = f"r\n{ends}\n{path}\n{_VERSION}".encode()
        return base64.b64encode(hmac.digest(self._secret(), text, hashlib.sha256)).decode()

    def _secret(self) -> bytes:
        if not self._key:
            keys = Collection(self._database, LinkKey)
            keys.add(LinkKey(secret=secrets.token_bytes(32)))  # the first one stays
            kept = keys.get("links")
            assert kept is not None
            self._key = kept.secret
        return self._key
