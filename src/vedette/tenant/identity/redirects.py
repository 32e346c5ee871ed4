"""Which redirect URIs an app may use, and what kind of client each makes of it.

A redirect URI matches as an exact text. Only `http(s)://localhost` and `http://127.0.0.1` may come with another port,
because a native app cannot know which one will be free; the path still counts, and the two names are different hosts.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from vedette.tenant.directory import Application
from vedette.tenant.identity.issued import ClientKind
from vedette.tenant.identity.problems import Refused

_LOOPBACK = frozenset({("http", "localhost"), ("https", "localhost"), ("http", "127.0.0.1")})
_NEVER = frozenset("\\@ \t\r\n\0#")


def registered_kind(application: Application, redirect_uri: str) -> ClientKind | None:
    """The kind of client that this redirect URI makes of the app; None where it is not registered."""
    kinds: tuple[tuple[ClientKind, list[str]], ...] = (
        ("public", application.public_redirect_uris),
        ("spa", application.spa_redirect_uris),
        ("web", application.web_redirect_uris),
    )
    return next((kind for kind, uris in kinds if any(_matches(uri, redirect_uri) for uri in uris)), None)


def choose(application: Application, redirect_uri: str | None) -> tuple[str, ClientKind]:
    """The redirect URI to use, which may be left out where only one is registered.

    Raises: Refused (900971 none is registered, 50011 not this one).
    """
    registered = [
        *application.public_redirect_uris,
        *application.spa_redirect_uris,
        *application.web_redirect_uris,
    ]
    if not registered:
        raise Refused(900971, client_id=application.app_id)
    wanted = redirect_uri if redirect_uri is not None else registered[0] if len(registered) == 1 else ""
    kind = registered_kind(application, wanted)
    if kind is None:
        raise Refused(50011, redirect_uri=wanted, client_id=application.app_id)
    return wanted, kind


def with_path(redirect_uri: str) -> str:
    """The redirect URI as it is returned in query and fragment: never without a path."""
    parts = urlsplit(redirect_uri)
    return parts._replace(path="/").geturl() if parts.netloc and not parts.path else redirect_uri


def form_target(redirect_uri: str) -> str:
    """The redirect URI's origin, or its scheme where it has no host: what a page's form may lead to."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def _matches(registered: str, asked: str) -> bool:
    if registered == asked:
        return True
    if _NEVER & set(asked) or not asked.isascii():
        return False
    one, other = _loopback(registered), _loopback(asked)
    return one is not None and one == other


def _loopback(uri: str) -> tuple[str, str, str, str] | None:
    """Everything of a loopback address but its port."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return None
    if (parts.scheme, host) not in _LOOPBACK:
        return None
    return parts.scheme, host, parts.path or "/", parts.query
