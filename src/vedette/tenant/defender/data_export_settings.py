"""Behaviour of the settings of raw-data streaming: a local tenant streams nothing anywhere, so there are none."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.catalogue.data_export_settings import DataExport, DataExportSettings
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import handles


@handles(DataExport.list)
def list_settings(call: Call, /) -> Sequence[DataExportSettings]:
    """An empty list, which is what a tenant without a stream answers."""
    return ()
