"""Follows a listing from page to page.

Links of the service are followed exactly as given, and only to the origin that the first page came from: the token goes
nowhere else. The service is known to end lists silently after 10,000 rows; a full page without a link is therefore
continued by `$skip`, and `top` beyond the largest page is spread over several.
"""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from vedette.catalogue.operation import Arguments, Operation
from vedette.catalogue.page import Page
from vedette.errors import NoAnswer

T = TypeVar("T")
_NOT_ENCODED = "$'(),/:@"


def query_string(query: tuple[tuple[str, str], ...]) -> str:
    """The query, percent-encoded: blanks as %20, `+` as %2B, OData's own signs as they are."""
    pairs = (f"{quote(name, safe=_NOT_ENCODED)}={quote(value, safe=_NOT_ENCODED)}" for name, value in query)
    return "&".join(pairs)


def address(base: str, path: str, query: tuple[tuple[str, str], ...]) -> str:
    """The complete address of a call."""
    return f"{base}{path}?{query_string(query)}" if query else f"{base}{path}"


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port, comparable. Raises: ValueError for an address that is none."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or {"https": 443, "http": 80}.get(scheme)


class Pages:
    """One listing: where its next page is, and which of the rows that came are wanted.

    Addresses of pages are kept with the number of rows before them, so that iterating again, or twice at once, works.
    """

    # Any: operations of every signature.
    def __init__(self, operation: Operation[Any, Any], arguments: Arguments, base: str) -> None:
        self._operation = operation
        self._arguments = arguments
        self._base = base
        given = dict(arguments.query)
        self._top = int(given["$top"]) if "$top" in given else None
        self._skip = int(given.get("$skip", 0))
        self._largest = operation.odata.top
        self._can_skip = operation.odata.skip and operation.method == "GET"
        self._before: dict[str, int] = {}

    def url(self, link: str | None) -> str:
        """Where a page is; None is the first. Raises: NoAnswer for a link to another origin."""
        if link is None:
            return self._at(0)
        try:
            is_ours = origin_of(link) == origin_of(self._base) and not urlsplit(link).username
        except ValueError:
            is_ours = False
        if not is_ours:
            raise NoAnswer(
                f"{self._operation.id} was answered with a next page at another host, which would be sent the token",
                hint=f"the listing came from {self._base}; only links to it are followed",
            )
        return link

    def accept(self, link: str | None, page: Page[T]) -> Page[T]:
        """The page as the caller gets it: cut to `top`, and with the link to where the listing goes on."""
        before = 0 if link is None else self._before.get(link, 0)
        rows, after = page.value, before + len(page.value)
        if self._top is not None and after >= self._top:
            return msgspec.structs.replace(page, value=rows[: self._top - before], next_link=None)
        following = page.next_link
        if following is None and self._is_cut_short(before, len(rows)):
            following = self._at(after)
        if following is not None:
            self._before[following] = after
        return msgspec.structs.replace(page, next_link=following)

    def _is_cut_short(self, before: int, rows: int) -> bool:
        if not self._can_skip or self._largest is None or rows == 0:
            return False
        asked = self._largest if self._top is None else min(self._largest, self._top - before)
        return rows == asked

    def _at(self, before: int) -> str:
        """The address of the page that starts after so many rows."""
        query = dict(self._arguments.query)
        if self._top is not None and self._largest is not None and self._can_skip:
            query["$top"] = str(min(self._largest, self._top - before))
        if before:
            query["$skip"] = str(self._skip + before)
        return address(self._base, self._arguments.path, tuple(query.items()))
