"""Of every operation: without a token, without the permission, and without the role, nobody gets anywhere."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.spec.api.conftest import Api
from vedette.catalogue.operation import Operation
from vedette.catalogue.resources import operations

OPERATIONS = [op for op in operations() if op.application or op.delegated]
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)


def path_of(operation: Operation[Any, Any]) -> str:
    """The operation's address with something in the place of each argument."""
    return re.sub(r"{\w+}", "1", operation.path)


def test_only_the_schema_document_is_open_to_everybody() -> None:
    assert [op.id for op in operations() if op not in OPERATIONS] == ["metadata.get"]


@every_operation
def test_no_token_is_401(api: Api, operation: Operation[Any, Any]) -> None:
    answer = api.call(operation.method, path_of(operation), headers={})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "Unauthorized")


@every_operation
def test_an_app_with_every_other_permission_is_told_what_it_lacks(api: Api, operation: Operation[Any, Any]) -> None:
    others = sorted(operation.api.roles.keys() - set(operation.application))

    answer = api.call(operation.method, path_of(operation), token=api.token(aud=operation.api.audience, roles=others))

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Forbidden")
    message = answer.json()["error"]["message"]
    assert all(permission in message for permission in operation.application)


@every_operation
def test_a_user_with_every_other_scope_is_told_what_is_lacking(api: Api, operation: Operation[Any, Any]) -> None:
    others = " ".join(sorted(operation.api.scopes.keys() - set(operation.delegated)))
    token = api.user_token("responder", others, aud=operation.api.audience)

    answer = api.call(operation.method, path_of(operation), token=token)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Forbidden")
    message = answer.json()["error"]["message"]
    assert all(permission in message for permission in operation.delegated)


@pytest.mark.parametrize(
    "operation", [op for op in OPERATIONS if op.delegated and op.user_role], ids=lambda operation: operation.id
)
def test_a_user_without_a_role_in_defender_gets_nowhere(api: Api, operation: Operation[Any, Any]) -> None:
    token = api.user_token("outsider", " ".join(operation.delegated), aud=operation.api.audience)

    answer = api.call(operation.method, path_of(operation), token=token)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Forbidden")
