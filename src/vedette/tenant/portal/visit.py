"""One request to the portal by somebody who is signed in: what every page may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from vedette.catalogue.page import AsyncPaged
from vedette.catalogue.permission import UserRoleName
from vedette.client.async_defender import AsyncDefender
from vedette.odata.builder import Condition
from vedette.tenant.directory import Tenant, User
from vedette.tenant.portal import rendering
from vedette.tenant.portal.sessions import Notice, Session
from vedette.tenant.state import State

T = TypeVar("T")

PAGE_SIZE = 25


@dataclass
class Visit:
    """A request with its session. `defender` calls the API on behalf of the signed-in user."""

    state: State
    request: Request
    session: Session
    user: User
    tenant: Tenant
    defender: AsyncDefender
    origin: str
    """Scheme, host and port of the server as the browser knows it."""
    sign_in_origin: str
    """The same for the sign-in service."""
    form: Mapping[str, str]
    """Fields of a form that was posted; empty for a page that is only looked at."""

    @property
    def now(self) -> datetime:
        """The present moment of the tenant."""
        return self.state.clock.now()

    def may(self, permission: UserRoleName) -> bool:
        """Whether the user's role has this permission: what pages offer. The API decides for itself."""
        return permission in self.user.defender_permissions

    def asked(self, name: str) -> str:
        """A parameter of the address."""
        return self.request.query_params.get(name, "").strip()

    @cached_property
    def skip(self) -> int:
        """How many rows come before the page that is asked for."""
        page = self.asked("page")
        return (min(int(page), 100_000) - 1) * PAGE_SIZE if page.isascii() and page.isdigit() and int(page) else 0

    def page(self, name: str, *, section: str, title: str, status: int = 200, **values: object) -> Response:
        """A page of the portal."""
        return rendering.page(
            name,
            leads_to=self.sign_in_origin,
            visit=self,
            status=status,
            notice=self.session.take_notice(),
            section=section,
            title=title,
            **values,
        )

    def back_to(self, path: str, text: str) -> Response:
        """Back to a page, saying what was done."""
        self.session.notice = Notice("done", text)
        return rendering.see_other(path)

    async def count(self, path: str, condition: Condition | None) -> int:
        """How many entities of a listing meet a condition."""
        params = {"$filter": condition.to_odata()} if condition is not None else None
        return int((await self.defender.request("GET", f"{path}/$count", params=params)).text.lstrip("\ufeff"))


async def first_page(listing: AsyncPaged[T]) -> list[T]:
    """The first page of a listing."""
    async for page in listing.pages():
        return page.value
    return []


def all_of(conditions: list[Condition]) -> Condition | None:
    """All of the conditions together; None for none."""
    together: Condition | None = None
    for condition in conditions:
        together = condition if together is None else together & condition
    return together
