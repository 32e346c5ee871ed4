"""Machines as vulnerability management refers to them: a line in the lists of what a weakness or a product touches."""

from __future__ import annotations

from vedette.catalogue.entity import Complex


class PublicAssetDto(Complex, frozen=True, kw_only=True):
    """A machine that a vulnerability, recommendation, product or remediation task concerns."""

    id: str | None = None
    computer_dns_name: str | None = None
    os_platform: str | None = None
    asset_criticality_level: str | None = None
    tags: list[str] = []
    rbac_group_name: str | None = None
    rbac_group_id: int | None = None
