"""The page about ingesting says of every event what becomes of it."""

from __future__ import annotations

import re
from pathlib import Path

from vedette.telemetry import importer
from vedette.telemetry.mapping import MAPPINGS
from vedette.telemetry.records import SECURITY, SYSMON

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "ingest-telemetry.md"
ROW = re.compile(r"^\| (Sysmon|Security) \| ([\d, ]+) \| ([\w, ]+?) \|", re.MULTILINE)
LOGS = {"Sysmon": SYSMON, "Security": SECURITY}


def test_the_page_lists_every_mapping_with_its_table() -> None:
    assert importer.import_recordings  # importing it fills MAPPINGS
    listed = {
        (LOGS[log], int(event_id)): None if tables == "none" else tables.split(",")[0]
        for log, ids, tables in ROW.findall(PAGE.read_text())
        for event_id in ids.split(",")
    }

    assert listed == {key: mapping.table for key, mapping in MAPPINGS.items()}
