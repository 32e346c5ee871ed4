"""Reads what a client asks for: the `scope` of v2 and the `resource` of v1, as one kind of question per API."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.catalogue.permission import GRAPH, OIDC_SCOPES
from vedette.tenant.identity.apis import Api
from vedette.tenant.identity.issued import Wanted
from vedette.tenant.identity.problems import Refused

DEFAULT = ".default"


@dataclass(frozen=True, slots=True)
class Ask:
    """Permissions of one API."""

    audience: str
    """The API as the client names it: the token's `aud` is this very text."""
    values: frozenset[str] = frozenset()
    """Permissions asked for by name."""
    is_default: bool = False
    """Whatever has been granted already: `.default`, and always on v1."""
    has_prefix: bool = True
    """Whether the client wrote the API before each permission. Graph's may go without."""

    def written(self, value: str) -> str:
        """A permission as the answer's `scope` spells it on v2: OIDC scopes always go without the API."""
        if value in OIDC_SCOPES:
            return value
        return f"{self.audience}/{value}" if self.has_prefix else value


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that one request asks."""

    version: int
    asks: tuple[Ask, ...]
    oidc: frozenset[str] = field(default_factory=frozenset)

    @property
    def wants_id_token(self) -> bool:
        """Whether the client wants to know who signed in."""
        return "openid" in self.oidc

    @property
    def wants_refresh_token(self) -> bool:
        """On v1 every delegated answer has a refresh token; on v2 it has to be asked for."""
        return self.version == 1 or "offline_access" in self.oidc

    def single(self, scope: str) -> Ask:
        """The one API that a token can be for. Raises: Refused (700022)."""
        if len(self.asks) > 1:
            raise Refused(700022, scope=scope)
        return self.asks[0]


def read(wanted: Wanted) -> Question:
    """What is asked. Raises: Refused (901002, 50001, 70011 and the missing parameter)."""
    return _read_v1(wanted) if wanted.version == 1 else _read_v2(wanted)


def check_values(ask: Ask, api: Api) -> None:
    """Whether the API publishes what is asked. Raises: Refused (70011)."""
    for value in sorted(ask.values):
        if value not in api.resource.scopes:
            raise Refused(70011, scope=ask.written(value))


def _read_v1(wanted: Wanted) -> Question:
    if wanted.resource is None:
        raise Refused(50001, resource="")
    oidc = frozenset({"openid"}) & frozenset(wanted.scope.split())
    return Question(1, (Ask(wanted.resource, is_default=True),), oidc)


def _read_v2(wanted: Wanted) -> Question:
    if wanted.resource is not None:
        raise Refused(901002)
    words = wanted.scope.split()
    if not words:
        raise Refused(900144, name="scope")
    oidc = frozenset(words) & OIDC_SCOPES
    by_audience: dict[tuple[str, bool], set[str]] = {}
    for word in words:
        if word in OIDC_SCOPES:
            continue
        audience, slash, value = word.rpartition("/")
        if not value or (slash and not audience):
            raise Refused(70011, scope=word)
        by_audience.setdefault((audience or GRAPH.audience, bool(slash)), set()).add(value)
    has_default = any(DEFAULT in values for values in by_audience.values())
    if has_default and (len(by_audience) > 1 or any(values != {DEFAULT} for values in by_audience.values())):
        raise Refused(70011, scope=wanted.scope)
    asks = tuple(
        Ask(audience, frozenset(values - {DEFAULT}), DEFAULT in values, has_prefix)
        for (audience, has_prefix), values in by_audience.items()
    )
    # Only OIDC scopes: the token is for Graph, whose permissions they are.
    return Question(2, _merged(asks) or (Ask(GRAPH.audience, oidc, has_prefix=False),), oidc)


def _merged(asks: tuple[Ask, ...]) -> tuple[Ask, ...]:
    """Graph permissions written with and without the API before them are one question."""
    bare = next((ask for ask in asks if not ask.has_prefix), None)
    full = next((ask for ask in asks if ask.has_prefix and ask.audience == GRAPH.audience), None)
    if bare is None or full is None:
        return asks
    merged = Ask(GRAPH.audience, bare.values | full.values)
    return (merged, *(ask for ask in asks if ask not in (bare, full)))
