"""What permissions of browser extensions mean. Which extensions machines have is in `exports`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vedette.catalogue.entity import Entity
from vedette.catalogue.operation import LIST, Declared, Filter, M, OData, Operations


class BrowserExtensions(Entity, frozen=True, kw_only=True):
    """A permission that browser extensions may ask for."""

    ENTITY_SET: ClassVar[str] = "BrowserExtensions"
    KEY: ClassVar[str] = "key"

    key: str = ""
    permission_name: str | None = None
    description: str | None = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class BrowserExtensionPermissions(Operations[M], base="/api/browserextensions", resource="browser_extensions"):
    """Permissions that browser extensions ask for."""

    @LIST(
        "permissionsinfo",
        application="Software.Read.All",
        delegated="Software.Read",
        odata=OData(filter=("key", "permissionName", "description"), top=10_000, skip=True),
        context="#BrowserExtension",
        source=_PAGE + "get-browser-extensions-permission-info",
        preview=True,
        notes=(
            "The filters that the page lists belong to vulnerabilities; here they are the properties of the entity.",
        ),
    )
    def list_permissions(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[BrowserExtensions]:
        """List the permissions that browser extensions may ask for, and what each allows."""
        raise Declared
