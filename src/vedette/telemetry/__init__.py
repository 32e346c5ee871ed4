"""Recorded telemetry: the lake that holds hunting rows, and what brings recordings and exports into it."""

from __future__ import annotations

from vedette.telemetry.importer import ImportResult, import_recordings
from vedette.telemetry.ingestion import IngestOptions, IngestReport, SourceReport, ingest
from vedette.telemetry.lake import Lake
from vedette.telemetry.lake_writer import LakeWriter

__all__ = [
    "ImportResult",
    "IngestOptions",
    "IngestReport",
    "Lake",
    "LakeWriter",
    "SourceReport",
    "import_recordings",
    "ingest",
]
