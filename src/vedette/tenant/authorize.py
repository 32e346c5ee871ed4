"""Decides whether a verified caller may make a call: permission first, then the user's role.

Device groups do not refuse a call; they narrow what it sees (`Call.visible`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vedette.catalogue.operation import Operation
from vedette.tenant.authenticate import Caller
from vedette.tenant.directory import User
from vedette.tenant.problems import Problem
from vedette.tenant.state import State


def authorize(state: State, operation: Operation[Any, Any], caller: Caller) -> User | None:
    """The signed-in user of a delegated call, None for an application.

    Raises: Problem Forbidden, naming what would be enough.
    """
    if not caller.is_delegated:
        _require("application roles", operation.application, caller.roles, "an application")
        return None
    _require("scopes", operation.delegated, caller.scopes, "a user")
    user = state.directory.users.get(str(caller.user_id))
    if user is None or user.tenant_id != caller.tenant_id or not user.is_enabled:
        raise Problem("Forbidden", reason="The signed-in user does not exist in this tenant any more, or is disabled.")
    if user.defender_role is None:
        raise Problem("Forbidden", reason="The signed-in user has no role in Defender for Endpoint.")
    if operation.user_role is not None and operation.user_role not in user.defender_permissions:
        raise Problem(
            "Forbidden",
            reason=(
                f"Missing user role permission. The operation requires: {operation.user_role}; "
                f"role {user.defender_role} holds: {_listed(user.defender_permissions)}."
            ),
        )
    return user


def _require(kind: str, wanted: tuple[str, ...], held: frozenset[str], who: str) -> None:
    if held.isdisjoint(wanted):
        needs = f"requires one of: {_listed(wanted)}" if wanted else f"is not open to {who}"
        raise Problem("Forbidden", reason=f"Missing {kind}. The operation {needs}; the token holds: {_listed(held)}.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
