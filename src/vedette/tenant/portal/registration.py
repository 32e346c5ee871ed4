"""How the tenant's sign-in service knows the portal: as a confidential web app that every tenant has agreed to.

The client secret is made at each start and kept in memory; the directory holds its hash. Pages show only what the
signed-in user's role allows, whatever the app may do, because every call is made on the user's behalf.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

import msgspec

from vedette.catalogue.clouds import portal_hosts
from vedette.catalogue.permission import DEFENDER, SERVICE_TENANT
from vedette.tenant.directory import (
    Application,
    PasswordCredential,
    RequiredResourceAccess,
    ResourceAccess,
    ServicePrincipal,
    hash_secret,
)
from vedette.tenant.state import State

APP_ID = "5f0c9a64-3d0b-4c59-9a0e-6b1f7a2d8c31"
"""Client id of the portal; the same on every server."""
NAME = "Vedette portal"
SIGNED_IN_PATH = "/portal/signed-in"
SCOPES = (
    "AdvancedQuery.Read", "Alert.ReadWrite", "File.Read.All", "Ip.Read.All", "Machine.Isolate", "Machine.ReadWrite",
    "Url.Read.All", "User.Read.All",
)  # fmt: skip
"""Delegated permissions of the Defender API, agreed to for everybody."""
REQUESTED = " ".join(["openid", "profile", *(f"{DEFENDER.audience}/{scope}" for scope in SCOPES)])
_SECRET_LIFE = timedelta(days=3650)
_MAX_REDIRECT_URIS = 64


def register(state: State) -> str:
    """Register the portal anew, with a secret of this process. Answers the secret."""
    secret = secrets.token_urlsafe(32)
    now = state.clock.now()
    credential = PasswordCredential(
        key_id=str(uuid.uuid4()),
        secret_hash=hash_secret(secret, is_random=True),
        hint=secret[:3],
        start=now - timedelta(days=1),
        end=now + _SECRET_LIFE,
    )
    hosts = ["localhost", *sorted(portal_hosts())]
    state.directory.applications.put(
        Application(
            id=str(uuid.uuid5(uuid.UUID(SERVICE_TENANT), APP_ID)),
            app_id=APP_ID,
            tenant_id=SERVICE_TENANT,
            display_name=NAME,
            sign_in_audience="AzureADMultipleOrgs",
            created=now,
            web_redirect_uris=[f"https://{host}{SIGNED_IN_PATH}" for host in hosts],
            required_resource_access=[
                RequiredResourceAccess(
                    resource_app_id=DEFENDER.app_id,
                    resource_access=[ResourceAccess(id=DEFENDER.scopes[scope].id, type="Scope") for scope in SCOPES],
                )
            ],
            password_credentials=[credential],
        )
    )
    return secret


def admit(state: State, redirect_uri: str) -> None:
    """Make sure that every tenant with Defender has agreed to the portal, and that it may be reached at this address.

    The address comes from a request whose host the server has already recognized as its own.
    """
    with state.directory.database.transaction():
        application = state.directory.application(APP_ID)
        if application is not None and redirect_uri not in application.web_redirect_uris:
            uris = [*application.web_redirect_uris, redirect_uri][:_MAX_REDIRECT_URIS]
            state.directory.applications.put(msgspec.structs.replace(application, web_redirect_uris=uris))
        for tenant_id in state.defender:
            _agree(state, tenant_id)


def _agree(state: State, tenant_id: str) -> None:
    directory = state.directory
    api = directory.service_principal(tenant_id, DEFENDER.app_id)
    if api is None:
        return
    portal = directory.service_principal(tenant_id, APP_ID)
    if portal is None:
        portal = ServicePrincipal(
            id=str(uuid.uuid5(uuid.UUID(tenant_id), APP_ID)),
            tenant_id=tenant_id,
            app_id=APP_ID,
            display_name=NAME,
            owner_tenant_id=SERVICE_TENANT,
            created=state.clock.now(),
        )
        directory.service_principals.put(portal)
    if not directory.granted_scopes(portal, api, None) >= set(SCOPES):
        directory.grant_scopes(portal, api, SCOPES)
