"""The local tenant: sign-in, Graph, the Defender API and the portal on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.tenant.local import LocalTenant

__all__ = ["LocalTenant"]


def __getattr__(name: str) -> object:
    # The parts of the tenant import each other; the whole of it, server and all, only on request.
    if name == "LocalTenant":
        from vedette.tenant.local import LocalTenant

        return LocalTenant
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
