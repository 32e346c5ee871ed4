"""The tenant's own key set is fetched where it is published, once for all validations."""

from __future__ import annotations

import httpx2
import pytest

from tests.unit.auth.service import ORIGIN, TENANT
from vedette import KeySet, NoAnswer
from vedette.auth import keys
from vedette.auth.authority import Authority
from vedette.auth.sign_in_http import SignInHttp


def published(monkeypatch: pytest.MonkeyPatch, answer: httpx2.Response) -> list[str]:
    """Let the sign-in service answer so. Returns: the addresses that are asked for."""
    asked: list[str] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return answer

    monkeypatch.setattr(keys, "SignInHttp", lambda ca_bundle: SignInHttp(transport=httpx2.MockTransport(handle)))
    monkeypatch.setattr(keys, "_SHARED", {})
    return asked


def test_the_set_of_the_tenant_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = published(monkeypatch, httpx2.Response(200, json={"keys": []}))
    authority = Authority.of(TENANT, origin=ORIGIN)

    assert KeySet.at(authority) is KeySet.at(authority)
    assert KeySet.at(authority).get("K") is None
    assert asked == [f"{ORIGIN}/{TENANT}/discovery/keys"]


@pytest.mark.parametrize("answer", [httpx2.Response(404), httpx2.Response(200, text="<html>"), httpx2.Response(302)])
def test_something_else_than_keys_is_no_answer(monkeypatch: pytest.MonkeyPatch, answer: httpx2.Response) -> None:
    published(monkeypatch, answer)

    with pytest.raises(NoAnswer, match="set of keys"):
        KeySet.at(Authority.of(TENANT, origin=ORIGIN)).get("K")
