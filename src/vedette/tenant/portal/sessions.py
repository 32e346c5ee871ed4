"""Who is signed in to the portal, and who is about to be.

A cookie holds a random name and nothing else; what it stands for, tokens among it, stays in this process's memory,
under the hash of that name. A restart of the server signs people out of the portal, not out of the sign-in service.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Literal, TypeVar

from starlette.responses import Response

SESSION_COOKIE = "__Host-vedette-portal"
FLOW_COOKIE = "__Host-vedette-portal-flow"
FLOW_LIFE = timedelta(minutes=30)
_MAX_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for the next page: what was done, or why not."""

    kind: Literal["done", "refused"]
    text: str


@dataclass(slots=True)
class Session:
    """One person in one browser."""

    user_id: str
    tenant_id: str
    access_token: str = field(repr=False)
    expires: datetime
    form_token: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(32))
    """What every form carries, to prove that it was shown in this session."""
    notice: Notice | None = None

    def take_notice(self) -> Notice | None:
        """The notice, which is shown once."""
        notice, self.notice = self.notice, None
        return notice

    def owns(self, form_token: str) -> bool:
        """Whether a form was shown in this session."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in under way: what has to come back the same."""

    browser: str = field(repr=False)
    """What the flow cookie of the browser that began it holds."""
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)
    redirect_uri: str
    return_to: str
    expires: datetime


T = TypeVar("T", Session, Flow)


class Kept(Generic[T]):
    """A bounded number of things under unguessable names; the oldest go first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, T] = OrderedDict()

    def add(self, item: T) -> str:
        """Keep it; answers its name."""
        name = secrets.token_urlsafe(32)
        self._kept[_hashed(name)] = item
        while len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)
        return name

    def get(self, name: str, now: datetime) -> T | None:
        """What has this name, unless it has expired."""
        item = self._kept.get(_hashed(name))
        return item if item is not None and now < item.expires else None

    def pop(self, name: str, now: datetime) -> T | None:
        """The same, and forget it."""
        item = self.get(name, now)
        self._kept.pop(_hashed(name), None)
        return item


def _hashed(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "replace")).digest()


def set_cookie(response: Response, name: str, value: str) -> None:
    """A cookie for this host alone, unreadable for scripts, that ends with the browser."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="lax")


def delete_cookie(response: Response, name: str) -> None:
    """Take the cookie back."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
