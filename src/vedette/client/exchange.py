"""One call from start to end, without doing anything itself.

`Channel.call` is a generator: it asks for what has to happen (wait, get a token, send) and is told the outcome. The
blocking client and the asynchronous one carry out these three steps in their own ways, while what is sent, when it is
tried again and which error it ends in is written once.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
import shlex
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

import msgspec

from vedette.auth.credential import Token
from vedette.auth.tokens import decode_token
from vedette.catalogue.limits import NO_FIGURE, PerCaller
from vedette.catalogue.operation import Arguments, Operation, to_wire_time
from vedette.catalogue.permission import DEFENDER, Resource, resource_by_identifier
from vedette.client.multipart import encode_multipart
from vedette.client.pacing import Pacer, Waiting
from vedette.client.paging import address
from vedette.client.retry import Retries, is_repeatable, retry_after_s
from vedette.client.transport import Answer, ConnectionLost, Request
from vedette.errors import NoAnswer, ServiceError, TokenInvalid

_log = logging.getLogger("vedette.client")
T = TypeVar("T")
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked, as far as sending it needs to know."""

    name: str
    """Operation id, or method and path of a call that the catalogue does not know."""
    method: str
    url: str
    content: bytes | None = None
    content_type: str = JSON
    limits: PerCaller = NO_FIGURE
    application: tuple[str, ...] = ()
    delegated: tuple[str, ...] = ()
    is_repeatable: bool = False
    api: Resource = DEFENDER
    """What the token has to be for."""

    # Any: operations of every signature.
    @staticmethod
    def of(operation: Operation[Any, Any], arguments: Arguments, base: str) -> Call:
        """The call that an operation with these arguments makes."""
        content, content_type = None, JSON
        if arguments.body is not None and operation.body_format == "multipart":
            content, content_type = encode_multipart(arguments.body)
        elif arguments.body is not None:
            content = encode_body(arguments.body)
        return Call(
            name=operation.id,
            method=operation.method,
            url=address(base, arguments.path, arguments.query),
            content=content,
            content_type=content_type,
            limits=operation.limits,
            application=operation.application,
            delegated=operation.delegated,
            is_repeatable=is_repeatable(operation, arguments.body),
            api=operation.api,
        )


def encode_body(body: object) -> bytes:
    """JSON for a request. Raises: ValueError for a time without zone."""
    return msgspec.json.encode(_wire(body))


def _wire(value: Any) -> Any:  # Any: anything that JSON or msgspec can express
    if isinstance(value, datetime):
        return to_wire_time(value)
    if isinstance(value, Mapping):
        return {name: _wire(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_wire(element) for element in value]
    if isinstance(value, msgspec.Struct):
        members = msgspec.to_builtins(value, builtin_types=(datetime,))
        return {name: _wire(member) for name, member in members.items() if member is not None}
    return value


@dataclass(frozen=True, slots=True)
class Acquire:
    """Get a token for an API. `claims`: the claims challenge to meet."""

    claims: str | None
    api: Resource = DEFENDER


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request."""

    request: Request


@dataclass(frozen=True, slots=True)
class Wait:
    """Sleep."""

    waiting: Waiting


Step = Acquire | Send | Wait
# Any: a token for Acquire, an answer for Send, nothing for Wait.
Exchange: TypeAlias = Generator[Step, Any, T]


def carry_out(exchange: Exchange[T], perform: Callable[[Step], object]) -> T:
    """Do what an exchange asks for, step by step, blocking. Raises: what the exchange ends in."""
    try:
        step = next(exchange)
        while True:
            try:
                outcome = perform(step)
            except ConnectionLost as lost:
                step = exchange.throw(lost)
            else:
                step = exchange.send(outcome)
    except StopIteration as end:
        value: T = end.value
        return value


@dataclass(frozen=True, slots=True)
class Channel:
    """What all calls of a client share."""

    retries: Retries
    pacer: Pacer | None
    headers: Mapping[str, str]
    clock: Callable[[], float]
    """Seconds that only go forward."""
    now: Callable[[], datetime]
    random: Callable[[], float]

    def call(self, call: Call) -> Exchange[Answer]:
        """Carry out a call. Returns: an answer under 300. Raises: ServiceError, NoAnswer."""
        started, paced, attempt = self.clock(), 0.0, 0
        claims: str | None = None
        is_challenged = False
        while True:
            # Signing in may take a person minutes, so the token is there before a moment is reserved. It is looked at
            # again after a wait, which may outlast it.
            token: Token = yield Acquire(claims, call.api)
            claims = None
            wait = self.pacer.reserve(call.name, call.limits) if self.pacer is not None else 0.0
            if wait > 0:
                paced += wait
                yield Wait(Waiting(call.name, wait, "pacing", attempt + 1))
                token = yield Acquire(None, call.api)
            attempt += 1
            answer: Answer | None = None
            lost: ConnectionLost | None = None
            asked_for: float | None = None
            try:
                answer = yield Send(self._request(call, token))
            except ConnectionLost as error:
                may_retry, lost = (call.is_repeatable or error.never_left) and not error.is_final, error
            else:
                _log.debug("%s %s", call.name, answer.status)
                if answer.status < 300:
                    return answer
                if answer.status == 401 and not is_challenged:
                    is_challenged = True
                    claims = claims_challenge(answer.headers)
                    if claims is not None:
                        attempt -= 1
                        continue
                may_retry = answer.status == 429 or (answer.status >= 500 and call.is_repeatable)
                asked_for = retry_after_s(answer.headers, self.now()) if answer.status in (429, 503) else None
            elapsed = self.clock() - started
            pause = (
                self.retries.wait(
                    attempt=attempt, elapsed_s=elapsed - paced, retry_after_s=asked_for, random=self.random
                )
                if may_retry
                else None
            )
            if pause is None:
                if answer is None:
                    raise _no_answer(call, lost, attempt, elapsed) from lost
                raise service_error(call, answer, token, asked_for)
            is_throttled = answer is not None and answer.status == 429
            if is_throttled and self.pacer is not None:
                self.pacer.hold(call.name, pause, call.limits)  # every other call of the operation waits as well
            yield Wait(Waiting(call.name, pause, "throttled" if is_throttled else "retry", attempt + 1))

    def _request(self, call: Call, token: Token) -> Request:
        headers = {**self.headers, "Authorization": f"Bearer {token.token}"}
        if call.content is not None:
            headers["Content-Type"] = call.content_type
        return Request(call.method, call.url, headers, call.content)


_CLAIMS = re.compile(r'\bclaims="([^"]+)"')


def claims_challenge(headers: Mapping[str, str]) -> str | None:
    """The JSON text of a claims challenge in `WWW-Authenticate`, if there is one."""
    found = _CLAIMS.search(headers.get("www-authenticate", ""))
    if not found:
        return None
    try:
        text = base64.b64decode(found[1] + "=" * (-len(found[1]) % 4), altchars=b"-_" if "-" in found[1] else None)
        json.loads(text)
        return text.decode()
    except (binascii.Error, ValueError):
        return None


def service_error(call: Call, answer: Answer, token: Token, asked_for: float | None) -> ServiceError:
    """The error that an answer stands for."""
    error = _error_in(answer)
    holder = _holder(token.token)
    return ServiceError.from_answer(
        answer.status,
        _text(error, "code"),
        _text(error, "message"),
        request_id=_text(error, "target") or _request_id(answer.headers),
        operation=call.name,
        retry_after_s=asked_for,
        needed=call.application if holder.is_application else call.delegated,
        granted=holder.granted,
        add_permission=holder.add_permission,
    )


def _request_id(headers: Mapping[str, str]) -> str:
    # Defender names its requests in the first header, Graph in the second.
    return headers.get("x-ms-request-id") or headers.get("request-id", "")


@dataclass(frozen=True, slots=True)
class _Holder:
    """Who a token speaks for, as far as an error about permissions needs to know."""

    is_application: bool = False
    granted: frozenset[str] = frozenset()
    app: str = "APP"
    api: str = DEFENDER.name

    @property
    def add_permission(self) -> str:
        """The command that gives the app one more permission, with a place for its name."""
        app = shlex.quote(self.app.replace("{", "{{").replace("}", "}}"))
        kind = " --application" if self.is_application else ""
        api = "" if self.api == DEFENDER.name else f" --api {shlex.quote(self.api)}"
        return f"vedette apps permissions add {app} {{permission}}{kind}{api} && vedette apps consent {app}"


def _holder(token: str) -> _Holder:
    """What a token tells of its holder. An opaque token tells nothing."""
    try:
        claims = decode_token(token)
    except TokenInvalid:
        return _Holder()
    is_delegated = claims.kind == "delegated" or bool(claims.user_name)
    api = resource_by_identifier(claims.audience)
    return _Holder(
        is_application=not is_delegated,
        granted=claims.scopes if is_delegated else claims.roles,
        app=claims.app_name or claims.app_id or "APP",
        api=api.name if api else DEFENDER.name,
    )


def _error_in(answer: Answer) -> Mapping[str, object]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _text(error: Mapping[str, object], name: str) -> str:
    value = error.get(name)
    return value if isinstance(value, str) else ""


def _no_answer(call: Call, lost: ConnectionLost | None, attempts: int, elapsed_s: float) -> NoAnswer:
    was_seen = "" if lost is None or lost.never_left or call.is_repeatable else "; it may have been carried out"
    return NoAnswer(
        f"{call.name} got no answer ({lost}){was_seen}",
        attempts=attempts,
        elapsed_s=elapsed_s,
        hint="check the network and HTTPS_PROXY; for a local tenant, that it runs, and its CA bundle",
    )
