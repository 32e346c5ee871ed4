"""Files as the service knows them, and the entity that alerts point to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from vedette.catalogue.entity import Entity, OneOf

DeterminationType = Literal["Unknown", "Malware", "Unwanted", "Clean", "Pua"]


class File(Entity, frozen=True, kw_only=True):
    """A file by its hash, with what the service knows of it worldwide."""

    ENTITY_SET: ClassVar[str] = "Files"
    KEY: ClassVar[str] = "sha1"
    NAVIGATION: ClassVar = {"alerts": "Collection(Alert)", "machines": "Collection(Machine)"}

    sha1: str = ""
    sha256: str | None = None
    md5: str | None = None
    global_prevalence: int | None = None
    global_first_observed: datetime | None = None
    global_last_observed: datetime | None = None
    size: int | None = None
    file_type: str | None = None
    is_pe_file: bool | None = None
    file_publisher: str | None = None
    file_product_name: str | None = None
    signer: str | None = None
    issuer: str | None = None
    signer_hash: str | None = None
    is_valid_certificate: bool | None = None
    determination_type: Annotated[str, OneOf(DeterminationType, "DeterminationType")] = "Unknown"
    determination_value: str | None = None
