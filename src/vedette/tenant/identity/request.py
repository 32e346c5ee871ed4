"""Reads form bodies, and turns a token request into one typed value that every grant reads.

Parsing is lenient where the documented samples are: a value that should have been percent-encoded and was not is taken
as it stands. It is strict where leniency would be dangerous: no parameter twice, no other charset, no endless body.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from starlette.datastructures import Headers
from starlette.requests import Request

from vedette.tenant.identity.issued import Version, Wanted
from vedette.tenant.identity.problems import Refused

MAX_BODY_BYTES = 64 * 1024
MAX_PARAMETERS = 200
_FORM = "application/x-www-form-urlencoded"


class Form(dict[str, str]):
    """Parameters by name, each once."""

    def filled(self, name: str) -> str | None:
        """The value, or None where it is missing or empty."""
        return self.get(name) or None

    def __repr__(self) -> str:
        return f"Form({', '.join(self)})"


async def read_form(request: Request) -> Form:
    """The parameters of a form body; a body of any other type has none.

    Raises: Refused (9002313) for a body that is too long, in another charset, or repeats a parameter.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Refused(9002313)
    kind, _, options = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != _FORM:
        return Form()
    charset = options.strip().lower().removeprefix("charset=").strip('"')
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise Refused(9002313)
    return parse_form(bytes(body))


def parse_form(body: bytes) -> Form:
    """The parameters of a form body or query. Raises: Refused (9002313)."""
    if body.count(b"&") > MAX_PARAMETERS:
        raise Refused(9002313)
    text = body.decode("utf-8", errors="replace")
    return unique(parse_qsl(text, keep_blank_values=True, errors="replace"))


def unique(pairs: Iterable[tuple[str, str]]) -> Form:
    """The parameters of these pairs. Raises: Refused (9002313) for a name that comes twice."""
    form = Form()
    for name, value in pairs:
        if name in form:
            raise Refused(9002313)
        form[name] = value
    return form


@dataclass(frozen=True, slots=True, repr=False)
class TokenRequest:
    """A request to the token endpoint. Values are as sent; None: missing or empty."""

    version: Version
    grant_type: str
    client_id: str | None
    client_secret: str | None
    client_assertion: str | None
    client_assertion_type: str | None
    scope: str | None
    has_scope: bool
    """Whether the parameter was sent at all, be it empty."""
    resource: str | None
    username: str | None
    password: str | None
    code: str | None
    redirect_uri: str | None
    code_verifier: str | None
    device_code: str | None
    refresh_token: str | None
    assertion: str | None
    requested_token_use: str | None
    claims: str | None
    wants_client_info: bool
    browser_origin: str | None
    """The `Origin` header: only browsers send it."""

    def __repr__(self) -> str:
        return f"TokenRequest(grant_type={self.grant_type!r}, client_id={self.client_id!r})"

    @property
    def wanted(self) -> Wanted:
        """What the tokens are to be for."""
        return Wanted(version=self.version, scope=self.scope or "", resource=self.resource, claims=self.claims)

    @property
    def has_credentials(self) -> bool:
        """Whether the client presents a secret or an assertion."""
        return self.client_secret is not None or self.client_assertion is not None

    def require(self, name: str) -> str:
        """The value of a parameter that the grant cannot do without. Raises: Refused (900144, on v1 90014)."""
        value = getattr(self, name)
        if not isinstance(value, str):
            raise missing(self.version, name)
        return value


def missing(version: Version, name: str) -> Refused:
    """The refusal for a parameter that is not there."""
    return Refused(90014 if version == 1 else 900144, name=name)


def token_request(form: Form, headers: Headers, version: Version) -> TokenRequest:
    """The typed request. Raises: Refused (no grant type, credentials in two places)."""
    basic_id, basic_secret = _basic(headers)
    grant_type = form.filled("grant_type")
    if grant_type is None:
        raise missing(version, "grant_type")
    client_id = form.filled("client_id")
    if basic_id is not None and (form.filled("client_secret") or client_id not in (None, basic_id)):
        raise Refused(9002313)
    return TokenRequest(
        version=version,
        grant_type=grant_type,
        client_id=client_id or basic_id,
        client_secret=form.filled("client_secret") or basic_secret,
        client_assertion=form.filled("client_assertion"),
        client_assertion_type=form.filled("client_assertion_type"),
        scope=form.filled("scope"),
        has_scope="scope" in form,
        resource=form.filled("resource"),
        username=form.filled("username"),
        password=form.filled("password"),
        code=form.filled("code"),
        redirect_uri=form.filled("redirect_uri"),
        code_verifier=form.filled("code_verifier"),
        # The v1 endpoint's name for it is `code`, which some clients send beside `device_code`.
        device_code=form.filled("device_code") or form.filled("code"),
        refresh_token=form.filled("refresh_token"),
        assertion=form.filled("assertion"),
        requested_token_use=form.filled("requested_token_use"),
        claims=form.filled("claims"),
        wants_client_info=form.get("client_info") == "1",
        browser_origin=headers.get("origin"),
    )


def _basic(headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Client id and secret of HTTP Basic; both are form-encoded before they are joined."""
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None, None
    try:
        name, separator, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(9002313) from None
    if not separator or not name:
        raise Refused(9002313)
    return unquote_plus(name), unquote_plus(secret) or None
