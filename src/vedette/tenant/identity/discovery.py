"""What clients read before they sign in: OIDC metadata, key sets, instance discovery, user realm.

Endpoints are built from the request's own host, so that a client behind a port mapping or proxy comes back to the same
place. Issuers are not: tokens are verified by name, and the name does not change with the way a client got here.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from vedette.catalogue.clouds import SIGN_IN_INSTANCES, identity_hosts
from vedette.tenant.identity.accounts import realm
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.tokens import issuer

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, OPTIONS"}


async def metadata(exchange: Exchange) -> Response:
    """The OpenID provider metadata of a tenant or a shared door. Raises: Refused (90002, 900023)."""
    authority = exchange.authority
    base = f"{exchange.origin}/{authority.path}"
    oauth, keys = ("oauth2/v2.0", "discovery/v2.0/keys") if exchange.version == 2 else ("oauth2", "discovery/keys")
    gov = exchange.host.partition(":")[0].endswith(".us")
    graph = "graph.microsoft.us" if gov else "graph.microsoft.com"
    user_info = f"{base}/openid/userinfo"
    if exchange.version == 2:
        # Graph's, which is another host for whoever came by Microsoft's names, and this very one for everybody else.
        is_microsofts = exchange.host.partition(":")[0].lower() in identity_hosts()
        user_info = f"{f'https://{graph}' if is_microsofts else exchange.origin}/oidc/userinfo"
    document: dict[str, object] = {
        "token_endpoint": f"{base}/{oauth}/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/{keys}",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer(authority.issuer_tenant, exchange.version),
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": user_info,
        "authorization_endpoint": f"{base}/{oauth}/authorize",
        "device_authorization_endpoint": f"{base}/{oauth}/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{base}/{oauth}/logout",
        "claims_supported": [
            *("sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name"),
            *("msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid"),
            *("ver", "at_hash", "c_hash", "email"),
        ],
        "kerberos_endpoint": f"{base}/kerberos",
        "tenant_region_scope": "EU" if authority.tenant else None,
        "cloud_instance_name": "microsoftonline.us" if gov else "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": graph,
        "rbac_url": "https://pas.windows.net",
    }
    if exchange.version == 1:
        document |= {
            "check_session_iframe": f"{base}/oauth2/checksession",
            "microsoft_multi_refresh_token": True,
            "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
            "scopes_supported": ["openid"],
        }
    return JSONResponse(document, headers=_ANY_ORIGIN)


async def keys(exchange: Exchange) -> Response:
    """The published key set; only the v2 document says whose keys they are. Raises: Refused (90002, 900023)."""
    name = issuer(exchange.authority.issuer_tenant, 2) if exchange.version == 2 else None
    return JSONResponse(exchange.state.keys.jwks(name), headers=_ANY_ORIGIN)


async def instance(exchange: Exchange) -> Response:
    """Which names stand for the same sign-in service. Raises: Refused (50049, 50050)."""
    query = exchange.request.query_params
    try:
        asked = urlsplit(query.get("authorization_endpoint", ""))
        name = asked.hostname
    except ValueError:
        raise Refused(50050) from None
    api_version = query.get("api-version", "1.0")
    segments = asked.path.strip("/").split("/")
    if asked.scheme != "https" or not name or not segments[0]:
        raise Refused(50050)
    own = exchange.host
    own_name = own.rpartition(":")[0] if own.rpartition(":")[2].isdigit() else own
    # Clients ask Microsoft's host whether it knows this one, which by the tenant's proxy comes here as well.
    if name not in identity_hosts() | _LOOPBACK | {own_name.strip("[]")}:
        raise Refused(50049, host=asked.netloc)
    middle = "/v2.0" if "v2.0" in segments else ""
    host = own if name == own_name.strip("[]") else asked.netloc
    document: dict[str, object] = {
        "tenant_discovery_endpoint": f"https://{host}/{segments[0]}{middle}/.well-known/openid-configuration",
        "api-version": api_version,
    }
    if api_version != "1.0":
        document["metadata"] = _instances(own)
    return JSONResponse(document, headers=_ANY_ORIGIN)


def _instances(own: str) -> list[dict[str, object]]:
    """The known services, and this server under the name that it was asked by."""
    known: list[dict[str, object]] = [
        {
            "preferred_network": each.preferred_network,
            "preferred_cache": each.preferred_cache,
            "aliases": list(each.aliases),
        }
        for each in SIGN_IN_INSTANCES
    ]
    name = own.rpartition(":")[0] if own.rpartition(":")[2].isdigit() else own
    if name in identity_hosts():
        return known
    # Some clients keep the port in the name that they look for and some do not.
    aliases = list(dict.fromkeys((own, name)))
    return [*known, {"preferred_network": own, "preferred_cache": own, "aliases": aliases}]


async def user_realm(exchange: Exchange) -> Response:
    """How people of this user's domain sign in; says nothing about whether the user exists."""
    account_type, domain = realm(exchange.state, exchange.request.path_params["user"])
    members = {"ver": "1.0", "account_type": account_type, "domain_name": domain}
    cloud = {"cloud_instance_name": "microsoftonline.com", "cloud_audience_urn": "urn:federation:MicrosoftOnline"}
    return JSONResponse(members | cloud)
