"""Behaviour of browser extensions: what their permissions mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vedette.catalogue.browser_extensions import BrowserExtensionPermissions, BrowserExtensions
from vedette.catalogue.operation import Filter
from vedette.simulation.estate.extensions import PERMISSIONS
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import handles


@handles(BrowserExtensionPermissions.list_permissions)
def list_permissions(
    call: Call,
    /,
    *,
    filter: Filter | None = None,
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Iterable[BrowserExtensions]:
    """Every permission that some extension may ask for."""
    return [
        BrowserExtensions(key=each.key, permission_name=each.name, description=each.description)
        for each in PERMISSIONS.values()
    ]
