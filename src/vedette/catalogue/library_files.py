"""The live response library: scripts and files that can be run on machines or put there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from vedette.catalogue.entity import REQUIRED, Entity
from vedette.catalogue.limits import USUAL
from vedette.catalogue.operation import DELETE, LIST, POST, Declared, M, Operations, Upload, Wire

MAX_FILE_BYTES = 20 * 1024 * 1024
"""What one file of the library may hold."""


class LibraryFiles(Entity, frozen=True, kw_only=True):
    """A file of the live response library."""

    ENTITY_SET: ClassVar[str] = "LibraryFiles"
    KEY: ClassVar[str] = "file_name"

    file_name: str = ""
    sha256: str | None = None
    description: str | None = None
    creation_time: Annotated[datetime | None, REQUIRED] = None
    last_updated_time: Annotated[datetime | None, REQUIRED] = None
    created_by: str | None = None
    has_parameters: bool = False
    parameters_description: str | None = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class LiveResponseLibrary(Operations[M], base="/api/libraryfiles", resource="library_files"):
    """Files of the live response library."""

    @LIST(
        application="Library.Manage",
        delegated="Library.Manage",
        limits=USUAL,
        source=_PAGE + "list-library-files",
        preview=True,
    )
    def list(self) -> Sequence[LibraryFiles]:
        """List the files of the live response library."""
        raise Declared

    @POST(
        application="Library.Manage",
        delegated="Library.Manage",
        limits=USUAL,
        body_names="pascal",
        body_format="multipart",
        source=_PAGE + "upload-library",
        preview=True,
        errors=("InvalidRequestBody", "InvalidInput"),
        notes=(
            "The table names the part File, the sample file; either is taken.",
            "HasParameters stands in the sample only.",
        ),
    )
    def upload(
        self,
        file: Upload,
        *,
        description: str | None = None,
        parameters_description: str | None = None,
        has_parameters: bool | None = None,
        override_if_exists: bool | None = None,
    ) -> LibraryFiles:
        """Put a file into the live response library, 20 MB at most."""
        raise Declared

    @DELETE(
        "{file_name}",
        application="Library.Manage",
        delegated="Library.Manage",
        limits=USUAL,
        answers=204,
        source=_PAGE + "delete-library",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def delete(self, file_name: Annotated[str, Wire("fileName")]) -> None:
        """Delete a file of the live response library."""
        raise Declared
