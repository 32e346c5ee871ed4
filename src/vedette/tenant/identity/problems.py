"""The only writer of sign-in errors: as JSON for programs, as a page for people, as a redirect for apps.

Steps of a sign-in raise `Refused` with the number of a row in `catalogue.sign_in_errors`; texts, statuses and
`error` values come from there. Nothing that a person typed as a secret ever reaches a message.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import msgspec
from starlette.responses import Response

from vedette.catalogue.sign_in_errors import OAUTH_ERRORS, SIGN_IN_ERRORS, Place, SignInErrorRow

_MAX_FIELD = 300


class Refused(Exception):
    """The sign-in service says no, for the reason of one row. `what`: a number, or the `error` of an unnumbered row.

    `claims`: a claims challenge for the client to pass back. `retry_after_s`: when to try again, for a passing fault.
    """

    def __init__(
        self, what: int | str, *, claims: str | None = None, retry_after_s: int | None = None, **fields: str
    ) -> None:
        self.row: SignInErrorRow = SIGN_IN_ERRORS[what] if isinstance(what, int) else OAUTH_ERRORS[what]
        self.text = self.row.text(**{name: _printable(value) for name, value in fields.items()})
        self.claims = claims
        self.retry_after_s = retry_after_s
        super().__init__(self.row.code)

    @property
    def number(self) -> int | None:
        """The AADSTS number."""
        return self.row.number


@dataclass(frozen=True, slots=True)
class Trace:
    """What lets an answer be found again."""

    trace_id: str
    correlation_id: str
    moment: datetime

    @property
    def timestamp(self) -> str:
        """In the service's own form, with a blank."""
        return f"{self.moment:%Y-%m-%d %H:%M:%SZ}"


def description(refused: Refused, trace: Trace) -> str:
    """`error_description`: the text followed by what lets the answer be found again."""
    return (
        f"{refused.text} Trace ID: {trace.trace_id} Correlation ID: {trace.correlation_id} Timestamp: {trace.timestamp}"
    )


def body(refused: Refused, trace: Trace, *, place: Place, origin: str) -> dict[str, object]:
    """The members of an error answer."""
    row = refused.row
    members: dict[str, object] = {
        "error": row.error_at(place),
        "error_description": description(refused, trace),
        "error_codes": [row.number] if row.number is not None else [],
        "timestamp": trace.timestamp,
        "trace_id": trace.trace_id,
        "correlation_id": trace.correlation_id,
    }
    if row.has_error_uri:
        members["error_uri"] = error_uri(row, origin)
    if row.suberror:
        members["suberror"] = row.suberror
    if refused.claims is not None:
        members["claims"] = refused.claims
    return members


def answer(refused: Refused, trace: Trace, *, place: Place, origin: str) -> Response:
    """The refusal as JSON. A row that travels by redirect is a 400 where there is nowhere to redirect to."""
    row = refused.row
    headers: dict[str, str] = {"Allow": "POST, OPTIONS"} if row.status == 405 else {}
    if refused.retry_after_s is not None:
        # On ordinary refusals it must be absent: its mere presence makes clients hold back.
        headers["Retry-After"] = str(refused.retry_after_s)
    return Response(
        msgspec.json.encode(body(refused, trace, place=place, origin=origin)),
        status_code=400 if row.status == 302 else row.status,
        media_type="application/json; charset=utf-8",
        headers=headers,
    )


def redirect_members(refused: Refused, trace: Trace, *, origin: str) -> dict[str, str]:
    """The members that an authorize request's redirect URI gets."""
    members = {"error": refused.row.error_at("authorize"), "error_description": description(refused, trace)}
    if refused.row.has_error_uri:
        members["error_uri"] = error_uri(refused.row, origin)
    if refused.row.suberror:
        members["error_subcode"] = refused.row.suberror
    return members


def error_uri(row: SignInErrorRow, origin: str) -> str:
    """The page that explains the number."""
    return f"{origin}/error?code={row.number}"


def new_guid() -> str:
    """A random GUID."""
    return str(uuid.uuid4())


def _printable(value: str) -> str:
    """What a client sent, safe to repeat: no control characters, no line breaks, not endless."""
    cleaned = "".join(character if character.isprintable() else " " for character in value)
    return cleaned if len(cleaned) <= _MAX_FIELD else f"{cleaned[:_MAX_FIELD]}…"
