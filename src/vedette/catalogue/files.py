"""Files: the entity, its operations, and how common one is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from vedette.catalogue.entity import INT32, Complex, Entity, OneOf
from vedette.catalogue.limits import USUAL, LookBackHours
from vedette.catalogue.operation import GET, LIST, Declared, M, Operations

if TYPE_CHECKING:
    from vedette.catalogue.alerts import Alert
    from vedette.catalogue.machines import Machine


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


class InOrgFileStats(Complex, frozen=True, kw_only=True):
    """How common a file is, here and worldwide."""

    sha1: str | None = None
    org_prevalence: str | None = None
    organization_prevalence: Annotated[int | None, INT32] = None
    org_first_seen: datetime | None = None
    org_last_seen: datetime | None = None
    global_prevalence: str | None = None
    globally_prevalence: Annotated[int | None, INT32] = None
    global_first_observed: datetime | None = None
    global_last_observed: datetime | None = None
    top_file_names: list[str] = []


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Files(Operations[M], base="/api/files", resource="files"):
    """Look up a file: how common, where it was seen."""

    @GET(
        "{id}",
        application="File.Read.All",
        delegated="File.Read.All",
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-file-information",
        errors=("ResourceNotFound", "InvalidHashValue"),
        notes=("The head of the page mentions MD5, its text does not.",),
    )
    def get(self, id: str) -> File:
        """Fetch what is known of a file, by SHA-1 or SHA-256."""
        raise Declared

    @LIST(
        "{id}/alerts",
        application=("Alert.Read.All", "Alert.ReadWrite.All"),
        delegated=("Alert.Read", "Alert.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-file-related-alerts",
        errors=("InvalidHashValue",),
        notes=("Nothing is known of the file: an empty list.",),
    )
    def list_alerts(self, id: str) -> Sequence[Alert]:
        """List the alerts that a file takes part in, by SHA-1."""
        raise Declared

    @LIST(
        "{id}/machines",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-file-related-machines",
        errors=("InvalidHashValue",),
        notes=("Nothing is known of the file: an empty list.",),
    )
    def list_machines(self, id: str) -> Sequence[Machine]:
        """List the machines where a file was seen, by SHA-1."""
        raise Declared

    @GET(
        "{id}/stats",
        application="File.Read.All",
        delegated="File.Read.All",
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-file-statistics",
        errors=("ResourceNotFound", "InvalidHashValue"),
    )
    def get_stats(self, id: str, *, look_back_hours: LookBackHours | None = None) -> InOrgFileStats:
        """Fetch how common a file is."""
        raise Declared
