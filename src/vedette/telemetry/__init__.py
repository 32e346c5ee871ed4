"""Recorded telemetry: the lake that holds hunting rows, and the import of Windows recordings into it."""

from __future__ import annotations

from vedette.telemetry.importer import ImportResult, import_recordings
from vedette.telemetry.lake import Lake
from vedette.telemetry.lake_writer import LakeWriter

__all__ = ["ImportResult", "Lake", "LakeWriter", "import_recordings"]
