"""Scores: how exposed the organization is, and how securely its machines are set up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from vedette.catalogue.entity import REQUIRED, Entity
from vedette.catalogue.operation import GET, LIST, Declared, M, Operations


class ConfigurationScore(Entity, frozen=True, kw_only=True):
    """A score at a time; of one device group where it says which."""

    ENTITY_SET: ClassVar[str] = "ExposureScore"
    KEY: ClassVar[str] = "time"

    time: Annotated[datetime | None, REQUIRED] = None
    score: float = 0.0
    rbac_group_name: str | None = None
    rbac_group_id: int | None = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Scores(Operations[M], base="/api", resource="scores"):
    """Exposure score and secure score."""

    @GET(
        "exposureScore",
        application="Score.Read.All",
        delegated="Score.Read",
        source=_PAGE + "get-exposure-score",
        preview=True,
    )
    def get_exposure(self) -> ConfigurationScore:
        """Fetch the exposure score of the organization."""
        raise Declared

    @LIST(
        "exposureScore/ByMachineGroups",
        application="Score.Read.All",
        delegated="Score.Read",
        source=_PAGE + "get-machine-group-exposure-score",
        preview=True,
    )
    def list_exposure_by_group(self) -> Sequence[ConfigurationScore]:
        """List the exposure score of each device group."""
        raise Declared

    @GET(
        "configurationScore",
        application="Score.Read.All",
        delegated="Score.Read",
        context="#ConfigurationScore/$entity",
        source=_PAGE + "get-device-secure-score",
    )
    def get_secure(self) -> ConfigurationScore:
        """Fetch the secure score of machines."""
        raise Declared
