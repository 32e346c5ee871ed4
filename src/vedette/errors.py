"""Everything that Vedette raises on purpose, in one tree.

```text
VedetteError               message, hint
├── ConfigurationError     a profile, tenant file or option is wrong: path, line, nearest
├── SignInError            the identity provider refused: aadsts, error, suberror, trace_id, correlation_id, claims
├── TokenInvalid           a token failed validation: check
├── ServiceError           the API answered 4xx or 5xx: status, code, request_id, operation
│   ├── NotFound
│   ├── PermissionDenied   + missing: permissions that would have been enough; granted
│   └── RateLimited        + retry_after_s
├── NoAnswer               the request left and no usable answer came: attempts, elapsed_s
├── ActionNotDone          a response action had not ended in the time given: action, elapsed_s
├── ActionFailed           a response action ended in another way than success: action
└── QueryError             KQL: span, line, column
    ├── QuerySyntaxError
    ├── UnknownName        + nearest: names that do exist
    ├── UnsupportedQuery   refused on purpose, because an approximate answer would be wrong
    ├── QueryLimitExceeded stopped at a limit: limit, allowed, service_text
    ├── QueryCancelled     stopped by the caller
    └── QueryFault         the query is right and the engine is not: sql
```

`str(error)` is one sentence saying what was asked and what came back, then, where there is something to do about it, a
line starting with `hint:`. Decide by class and attributes, never by the text. Texts, attributes and `repr` hold no
token: anything that looks like one is cut out, also from answers of the service. All of them can be pickled.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from vedette.catalogue.sign_in_errors import SIGN_IN_ERRORS, hint_for

if TYPE_CHECKING:
    from vedette.catalogue.machine_actions import MachineAction

__all__ = [
    "ActionFailed",
    "ActionNotDone",
    "ConfigurationError",
    "NoAnswer",
    "NotFound",
    "PermissionDenied",
    "QueryCancelled",
    "QueryError",
    "QueryFault",
    "QueryLimitExceeded",
    "QuerySyntaxError",
    "RateLimited",
    "ServiceError",
    "SignInError",
    "TokenInvalid",
    "UnknownName",
    "UnsupportedQuery",
    "VedetteError",
]


class VedetteError(Exception):
    """Something that was asked could not be done. Base of every error that Vedette raises on purpose."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message = _without_tokens(message)
        """One sentence: what was asked and what came back."""
        self.hint = _without_tokens(hint)
        """What to do next. Empty when there is nothing to advise."""
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message

    def __repr__(self) -> str:
        shown = {name: value for name, value in vars(self).items() if value and name not in _NOT_IN_REPR}
        inside = "".join(f", {name}={value!r}" for name, value in shown.items())
        return f"{type(self).__name__}({self.message!r}{inside})"

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (type(self), self.args, dict(vars(self)))


class ConfigurationError(VedetteError):
    """A profile, a tenant file or an option is wrong, and nothing was sent anywhere."""

    def __init__(
        self, message: str, *, path: str = "", line: int | None = None, nearest: Iterable[str] = (), hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        """The file, where there is one."""
        self.line = line
        """Line in the file, counted from 1."""
        self.nearest = tuple(nearest)
        """Right names close to the wrong one, best first."""


class SignInError(VedetteError):
    """The identity provider refused to issue a token."""

    def __init__(
        self,
        message: str,
        *,
        aadsts: int | None = None,
        error: str = "",
        suberror: str = "",
        trace_id: str = "",
        correlation_id: str = "",
        claims: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint or hint_for(aadsts, error, suberror))
        self.aadsts = aadsts
        """The service's error number, such as 65001. Show it; decide by `error` and `suberror`."""
        self.error = error
        """The OAuth error, such as `invalid_grant`."""
        self.suberror = suberror
        """What `error` leaves open, such as `consent_required` or `basic_action`."""
        self.trace_id = trace_id
        """Names the answer, for support."""
        self.correlation_id = correlation_id
        """Names the request, for support."""
        self.claims = claims
        """A claims challenge (JSON text) to be passed back unchanged in the next sign-in."""

    @classmethod
    def from_answer(cls, body: Mapping[str, object]) -> SignInError:
        """The error that a token endpoint's answer, or an MSAL result, describes."""
        error, description = _text(body, "error"), _text(body, "error_description")
        number = _number(body.get("error_codes"), description)
        named = ", ".join(part for part in (error, f"AADSTS{number}" if number else "") if part) or "no reason given"
        said = _DESCRIPTION_TAIL.sub("", _DESCRIPTION_HEAD.sub("", description)).strip()
        return cls(
            f"sign-in was refused ({named})" + (f": {said}" if said else ""),
            aadsts=number,
            error=error,
            suberror=_text(body, "suberror"),
            trace_id=_text(body, "trace_id"),
            correlation_id=_text(body, "correlation_id"),
            claims=_text(body, "claims"),
            hint=_naming_the_app(hint_for(number, error, _text(body, "suberror")), said),
        )


class TokenInvalid(VedetteError):
    """A token failed validation. It must not be trusted in any part."""

    def __init__(self, message: str, *, check: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.check = check
        """The check that failed: `format`, `algorithm`, `key`, `signature`, `issuer`, `audience`, `tenant`, `time`,
        `permission`."""


class ServiceError(VedetteError):
    """The API answered, and the answer is 4xx or 5xx."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str = "",
        request_id: str = "",
        operation: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        """HTTP status."""
        self.code = code
        """The service's error code, such as `ResourceNotFound`. Empty when the answer had none."""
        self.request_id = request_id
        """Names the failed request, for support (`target` in the answer)."""
        self.operation = operation
        """What was asked, such as `machines.isolate`."""

    @staticmethod
    def from_answer(
        status: int,
        code: str = "",
        message: str = "",
        *,
        request_id: str = "",
        operation: str = "",
        retry_after_s: float | None = None,
        needed: Iterable[str] = (),
        granted: Iterable[str] = (),
        add_permission: str = "vedette apps permissions add APP {permission} && vedette apps consent APP",
    ) -> ServiceError:
        """The error for an answer; its class follows from code and status.

        `needed` are the permissions any one of which the operation accepts, `granted` those that the token holds;
        `add_permission` is the command that would give a missing one to the app.
        """
        asked = operation or "the request"
        named = f"{status} {code}".strip()
        said = f": {_ended(message)}" if message else "."
        if status == 429:
            wait = "" if retry_after_s is None else f" Wait {retry_after_s:g} s."
            return RateLimited(
                f"{asked} was called too often ({named}){said}{wait}",
                retry_after_s=retry_after_s,
                code=code,
                request_id=request_id,
                operation=operation,
            )
        if status == 404:
            return NotFound(
                f"{asked} found nothing ({named}){said}",
                code=code,
                request_id=request_id,
                operation=operation,
                hint="" if message else "Check the id and the API host.",
            )
        if status == 403 and code not in _NOT_ABOUT_PERMISSIONS:
            held = frozenset(granted)
            return _refused(asked, said, code, request_id, operation, frozenset(needed), held, add_permission)
        return ServiceError(
            f"{asked} failed ({named}){said}",
            status=status,
            code=code,
            request_id=request_id,
            operation=operation,
            hint=_HINTS.get(code) or _HINTS_BY_STATUS.get(status, ""),
        )


class NotFound(ServiceError):
    """Nothing has this id, or the signed-in user may not see it."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 404,
        code: str = "",
        request_id: str = "",
        operation: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, status=status, code=code, request_id=request_id, operation=operation, hint=hint)


class PermissionDenied(ServiceError):
    """The token is good but does not allow the operation, or the user's Defender role does not."""

    def __init__(
        self,
        message: str,
        *,
        missing: Iterable[str] = (),
        granted: Iterable[str] = (),
        status: int = 403,
        code: str = "",
        request_id: str = "",
        operation: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, status=status, code=code, request_id=request_id, operation=operation, hint=hint)
        self.missing = frozenset(missing)
        """Permissions that would have been enough: any one of them. Empty when permissions were not the reason."""
        self.granted = frozenset(granted)
        """Permissions that the token holds, as far as it is known."""


class RateLimited(ServiceError):
    """A quota is used up. The client has already waited and tried again as often as it was told to."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        status: int = 429,
        code: str = "",
        request_id: str = "",
        operation: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, status=status, code=code, request_id=request_id, operation=operation, hint=hint)
        self.retry_after_s = retry_after_s
        """Seconds after which the service will answer again; None when it did not say."""


class NoAnswer(VedetteError):
    """The request left and no usable answer came back. Whether it took effect is not known."""

    def __init__(self, message: str, *, attempts: int = 1, elapsed_s: float = 0.0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.attempts = attempts
        """How often it was tried."""
        self.elapsed_s = elapsed_s
        """Seconds from the first try to giving up."""


class ActionNotDone(VedetteError):
    """A response action had not ended in the time that was given to it. It goes on nevertheless."""

    def __init__(self, message: str, *, action: MachineAction, elapsed_s: float, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.action = action
        """The action as it was last seen."""
        self.elapsed_s = elapsed_s
        """Seconds that were waited."""


class ActionFailed(VedetteError):
    """A response action ended as Failed, TimeOut or Cancelled."""

    def __init__(self, message: str, *, action: MachineAction, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.action = action
        """The action after its end."""


class QueryError(VedetteError):
    """A query cannot be run as it is written."""

    def __init__(
        self,
        message: str,
        *,
        span: tuple[int, int] | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.span = span
        """Where in the query: offsets of its first character and of the one after its last."""
        self.line = line
        """Line of the first character, counted from 1."""
        self.column = column
        """Column of the first character, counted from 1."""


class QuerySyntaxError(QueryError):
    """The text is not KQL."""


class UnknownName(QueryError):
    """The query names a table, column or function that does not exist."""

    def __init__(
        self,
        message: str,
        *,
        kind: str = "",
        name: str = "",
        nearest: Iterable[str] = (),
        span: tuple[int, int] | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, span=span, line=line, column=column, hint=hint)
        self.kind = kind
        """What was looked for: `table`, `column`, `function`, `operator`, …"""
        self.name = name
        """What the query says."""
        self.nearest = tuple(nearest)
        """Names that do exist, best first."""


class UnsupportedQuery(QueryError):
    """Refused on purpose: the engine could answer only approximately, and a wrong hunt is worse than none."""


class QueryLimitExceeded(QueryError):
    """A query was stopped because it went over a limit. Nothing of its result is given."""

    def __init__(
        self,
        message: str,
        *,
        limit: Literal["rows", "bytes", "seconds", "memory"],
        allowed: float | None = None,
        service_text: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.limit = limit
        """What there was too much of."""
        self.allowed = allowed
        """How much is allowed, in rows, bytes or seconds."""
        self.service_text = service_text
        """What the service says at this limit."""


class QueryCancelled(QueryError):
    """A query was stopped by whoever started it."""


class QueryFault(QueryError):
    """The query could not be run, and the query is not the reason: a fault in Vedette."""

    def __init__(self, message: str, *, sql: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sql = _without_tokens(sql)
        """What the engine was asked, for a report of the fault. It holds the constants of the query."""


_NOT_IN_REPR = frozenset({"action", "message", "hint", "claims", "trace_id", "correlation_id", "sql"})

_NOT_ABOUT_PERMISSIONS = frozenset({"DisabledFeature", "DisallowedOperation"})
"""Codes of 403 answers that more permissions would not change."""

_HINTS: Mapping[str, str] = {
    "ActiveRequestAlreadyExists": "Wait for the running action to end, or cancel it.",
    "DisabledFeature": "Turn the feature on in the portal's settings.",
    "InvalidRequestBody": "Check names and values of the body; names are case-sensitive.",
    "MissingRequiredParameter": "Body names are case-sensitive; check the spelling.",
    "MaximumBatchSizeExceeded": "Send the items in smaller batches.",
}

_HINTS_BY_STATUS: Mapping[int, str] = {
    401: "The token is missing, expired or for another API; sign in again: `vedette login`.",
    500: "Try again; if it stays, report the request id.",
    502: "Try again in a moment.",
    503: "Try again in a moment.",
    504: "Try again in a moment.",
}

_TOKEN = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*){1,4}|(?<=[Bb]earer )[\w.~+/-]{16,}=*")
"""A JWT or JWE, or what follows `Bearer`."""

_APP = re.compile(
    r"with ID '[0-9a-f-]{36}' named '([^'\n]{1,120})'"
    r"|application '[0-9a-f-]{36}'\(([^)\n]{1,120})\)"
    r"|Client app ID: [0-9a-f-]{36}\(([^)\n]{1,120})\)"
    r"|\bapp '([0-9a-f-]{36})'",
    re.IGNORECASE,
)
"""How the service names the app in a text: by name where it says it, else by client id."""

_DESCRIPTION_HEAD = re.compile(r"^AADSTS\d+:\s*")
_DESCRIPTION_TAIL = re.compile(r"\s*Trace ID:.*$", re.DOTALL)


def _naming_the_app(hint: str, said: str) -> str:
    """The hint with the app that the service names in place of APP, quoted so that a shell takes it as one word."""
    found = _APP.search(said)
    name = next((text for text in found.groups() if text), "") if found else ""
    return re.sub(r"\bAPP\b", lambda _: shlex.quote(name), hint) if name else hint


def _refused(
    asked: str,
    said: str,
    code: str,
    request_id: str,
    operation: str,
    needed: frozenset[str],
    granted: frozenset[str],
    add_permission: str,
) -> PermissionDenied:
    if needed and not needed & granted:
        holds = _listed(granted, "and") or "no permission"
        message = f"{asked} was refused (403): this token holds {holds}, and {asked} needs {_listed(needed, 'or')}."
        least = min(needed, key=lambda value: ("ReadWrite" in value, len(value), value))
        hint = add_permission.format(permission=least)
        missing = needed
    else:
        message, missing = f"{asked} was refused (403){said}", frozenset()
        hint = "Check the user's Defender role and device groups, and the app's permissions."
    return PermissionDenied(
        message, missing=missing, granted=granted, code=code, request_id=request_id, operation=operation, hint=hint
    )


def _listed(values: Iterable[str], word: str) -> str:
    *most, last = sorted(values) or [""]
    return f"{', '.join(most)} {word} {last}" if most else last


def _ended(sentence: str) -> str:
    text = sentence.strip()
    return text if text.endswith((".", "!", "?", "^")) else f"{text}."  # a caret ends an excerpt of a query


def _text(body: Mapping[str, object], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _number(codes: object, description: str) -> int | None:
    # Old v1 answers list a general number first and the telling one after it: [70002, 54005].
    numbers = [code for code in codes if isinstance(code, int)] if isinstance(codes, list) else []
    if not numbers:
        numbers = [int(digits) for digits in re.findall(r"AADSTS(\d+)", description)]
    known = [number for number in numbers if number in SIGN_IN_ERRORS]
    found = known or numbers
    return found[-1] if found else None


def _without_tokens(text: str) -> str:
    return _TOKEN.sub("[token]", text)


def _restored(cls: type[VedetteError], args: tuple[object, ...], state: Mapping[str, object]) -> VedetteError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error
