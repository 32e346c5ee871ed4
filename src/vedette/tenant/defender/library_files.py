"""Behaviour of the live response library: files that are kept by name, in any letter case."""

from __future__ import annotations

import hashlib
from typing import Annotated

from vedette.catalogue.library_files import MAX_FILE_BYTES, LibraryFiles, LiveResponseLibrary
from vedette.catalogue.operation import Upload, Wire
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import handles
from vedette.tenant.problems import Problem
from vedette.tenant.store.collection import Selection
from vedette.tenant.store.response import Content


@handles(LiveResponseLibrary.list)
def list_files(call: Call, /) -> Selection[LibraryFiles]:
    """All files."""
    return call.store.library_files.all()


@handles(LiveResponseLibrary.upload)
def upload(
    call: Call,
    /,
    file: Upload,
    *,
    description: str | None = None,
    parameters_description: str | None = None,
    has_parameters: bool | None = None,
    override_if_exists: bool | None = None,
) -> LibraryFiles:
    """Keep a file; one of the same name is replaced where that is asked for, else it is in the way."""
    if not file.name or any(character in file.name for character in '/\\<>:"|?*'):
        raise Problem("InvalidInput", input=f"File: {file.name[:100]!r} is no file name")
    if len(file.content) > MAX_FILE_BYTES:
        raise Problem("InvalidInput", input=f"File: {MAX_FILE_BYTES} bytes at most")
    sha256 = hashlib.sha256(file.content).hexdigest()
    with call.store.database.transaction():
        earlier = call.store.library_files.get(file.name)
        if earlier is not None and not override_if_exists:
            raise Problem("InvalidInput", input=f"File: {file.name} is there already; OverrideIfExists replaces it")
        kept = LibraryFiles(
            file_name=earlier.file_name if earlier is not None else file.name,
            sha256=sha256,
            description=description,
            creation_time=earlier.creation_time if earlier is not None else call.now,
            last_updated_time=call.now,
            created_by=call.caller.name,
            has_parameters=bool(parameters_description) if has_parameters is None else has_parameters,
            parameters_description=parameters_description,
        )
        call.store.contents.put(Content(sha256=sha256, content=file.content))
        call.store.library_files.put(kept)
        return kept


@handles(LiveResponseLibrary.delete)
def delete(call: Call, /, file_name: Annotated[str, Wire("fileName")]) -> None:
    """Take a file out; machines that have it keep it."""
    if not call.store.library_files.delete(file_name):
        raise Problem("ResourceNotFound", kind="LibraryFile", id=file_name)
