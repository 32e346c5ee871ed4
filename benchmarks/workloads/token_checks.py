"""Verifying an access token: the first time, and again while it is remembered, against PyJWT."""

from __future__ import annotations

from collections.abc import Iterator

import jwt

from harness import Comparison, compare
from vedette.catalogue.permission import DEFENDER
from vedette.tenant.authenticate import Authenticator
from workloads.alert_pages import NOW, _state, _token


def measure() -> Iterator[Comparison]:
    """The server's check, fresh and remembered."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        state = _state(Path(folder))
        token = _token(state)
        key = state.keys.public_keys()[jwt.get_unverified_header(token)["kid"]]
        header = [b"Bearer " + token.encode()]
        remembering = Authenticator(state, DEFENDER.identifier_uris)

        def fresh() -> object:
            return Authenticator(state, DEFENDER.identifier_uris).caller(header)

        def pyjwt() -> object:
            return jwt.decode(
                token, key, algorithms=["RS256"], audience=DEFENDER.audience, options={"verify_exp": False}
            )

        assert state.clock.now() == NOW
        yield compare("token: first check", fresh, pyjwt, against="PyJWT decode", calls=200)
        yield compare(
            "token: known token", lambda: remembering.caller(header), pyjwt, against="PyJWT decode", calls=500
        )
