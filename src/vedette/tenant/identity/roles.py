"""Template ids of the directory roles, which tokens carry in `wids`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

DIRECTORY_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
        "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
        "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "Cloud Application Administrator": "158c047a-c907-4556-b7ef-446551a6b5f7",
        "Security Administrator": "194ae4cb-b126-40b2-bd5b-6091b380977d",
        "Security Operator": "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
        "Security Reader": "5d6b6bb7-de71-4623-b4af-96380a352509",
        "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    }
)
EVERY_USER = "b79fbf4d-3ef9-4689-8143-76b194e85509"
EVERY_APP = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"


def directory_role_ids(names: Iterable[str]) -> list[str]:
    """`wids` of a user with these roles; a role without a known template id is left out."""
    return [*(DIRECTORY_ROLES[name] for name in names if name in DIRECTORY_ROLES), EVERY_USER]
