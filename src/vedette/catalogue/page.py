"""Listings that come in pages: what a listing operation gives to its caller, sync and async.

Nothing here talks HTTP. A listing is told how to fetch one page and follows the links it finds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One answer of a listing."""

    value: list[T]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    count: int | None = msgspec.field(default=None, name="@odata.count")
    context: str | None = msgspec.field(default=None, name="@odata.context")


class Paged(Generic[T]):
    """Iterates over every item of a listing, asking for the next page when it is needed.

    Iterating again asks again. `pages()` gives the pages themselves, `take(n)` the first n items.
    """

    def __init__(self, fetch: Callable[[str | None], Page[T]]) -> None:
        self._fetch = fetch

    def pages(self) -> Iterator[Page[T]]:
        """The pages, in the service's order; ends with the first page that carries no next link."""
        link: str | None = None
        while True:
            page = self._fetch(link)
            yield page
            if page.next_link is None:
                return
            link = page.next_link

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.value

    def take(self, count: int) -> Sequence[T]:
        """The first `count` items; fewer where the listing is shorter."""
        items: list[T] = []
        if count > 0:
            for item in self:
                items.append(item)
                if len(items) == count:
                    break
        return items

    def first(self) -> T | None:
        """The first item, or None where the listing is empty."""
        return next(iter(self), None)


class AsyncPaged(Generic[T]):
    """`Paged` for `async for`."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[Page[T]]]) -> None:
        self._fetch = fetch

    async def pages(self) -> AsyncIterator[Page[T]]:
        """The pages, in the service's order; ends with the first page that carries no next link."""
        link: str | None = None
        while True:
            page = await self._fetch(link)
            yield page
            if page.next_link is None:
                return
            link = page.next_link

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.value:
                yield item

    async def take(self, count: int) -> Sequence[T]:
        """The first `count` items; fewer where the listing is shorter."""
        items: list[T] = []
        if count > 0:
            async for item in self:
                items.append(item)
                if len(items) == count:
                    break
        return items

    async def first(self) -> T | None:
        """The first item, or None where the listing is empty."""
        async for item in self:
            return item
        return None
