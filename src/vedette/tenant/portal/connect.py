"""How a program reaches this tenant: addresses, ids, and short programs that work as they stand."""

from __future__ import annotations

from starlette.responses import Response

from vedette.catalogue.permission import DEFENDER
from vedette.tenant.portal.visit import Visit


async def show(visit: Visit) -> Response:
    """Everything with the values of this tenant filled in."""
    state = visit.state
    return visit.page(
        "connect",
        section="connect",
        title="How to connect",
        facts=[
            ("Tenant id", visit.tenant.id),
            ("Tenant domain", visit.tenant.domain),
            ("Authority", f"{visit.sign_in_origin}/{visit.tenant.id}"),
            ("API base", visit.origin),
            ("Token audience", DEFENDER.audience),
            ("Graph base", f"{visit.origin}/v1.0"),
            ("CA bundle", str(state.ca_bundle or "")),
            ("Proxy", state.proxy_url),
        ],
        ca_bundle=str(state.ca_bundle or "ca.pem"),
        audience=DEFENDER.audience,
    )
