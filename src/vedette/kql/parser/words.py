"""Words that KQL keeps for itself, and what the type words mean."""

from __future__ import annotations

from collections.abc import Mapping

from vedette.catalogue.tables import KqlType

TYPES: Mapping[str, KqlType] = {
    "bool": "bool",
    "boolean": "bool",
    "date": "datetime",
    "datetime": "datetime",
    "decimal": "decimal",
    "double": "real",
    "dynamic": "dynamic",
    "float": "real",
    "guid": "guid",
    "int": "int",
    "int32": "int",
    "int64": "long",
    "long": "long",
    "real": "real",
    "string": "string",
    "time": "timespan",
    "timespan": "timespan",
    "uniqueid": "guid",
    "uuid": "guid",
}
"""Every way to write a type."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


BOOLEANS: Mapping[str, bool] = {
    "true": True,
    "false": False,
    "True": True,
    "False": False,
    "TRUE": True,
    "FALSE": False,
}

TYPE_WORDS = words(
    "int int32 long int64 real decimal double time timespan date datetime dynamic boolean float string uniqueid"
)
"""Type words that name no column unless in brackets; `bool`, `guid` and `uuid` may."""

RESERVED = words(
    """__crossCluster __crossDB __id __isFuzzy __noWithSource __packedColumn __projectAway __sourceColumnIndex and
    anomalychart areachart asc assert-schema bagexpansion barchart between bin_legacy byte cachingpolicy callout cancel
    card char columnchart containscs contains_cs __contextual_datatable cycles dataexport datascope decodeblocks desc
    encodingpolicy endswith endswith_cs expandoutput extent_tags_retention external_data first flags force_remote
    granny-asc granny-desc graph-mark-components graph-match graph-shortest-paths graph-to-table graph-where-edges
    graph-where-nodes harddelete hardretention has_all has_any has_cs hasprefix hasprefix_cs hassuffix hassuffix_cs
    hotcache in~ int16 int8 isfuzzy journal ladderchart last like likecs linechart macro-expand make-graph make-series
    matches missing mv-apply mv-expand nooptimization notcontains notcontainscs notlike notlikecs or others parse-kv
    parse-where partitioned-by pathformat piechart pivotchart project project-away project-by-names project-keep
    project-rename project-reorder project-smart queries query_results relaxed restricted_view_access
    row_level_security rowstore rowstore_references rowstore_sealinfo rowstorepolicy rowstores scatterchart seal seals
    shards simple softdelete softretention stackedareachart startswith startswith_cs statistics
    storedqueryresultcontainers tablepurge timechart timeline timepivot treemap uint uint16 uint32 uint64 uint8 ulong
    union unrestrictedviewers views with_itemindex with_match_id with_step_name writeaheadlog"""
)
"""Words that name nothing unless in brackets."""

ONLY_DECLARED = words(
    """accumulate as by contains datatable earliest externaldata find has in invoke latest materialize mdm of print
    sample sample-distinct search set sql title to top-hitters top-nested toscalar totable verbose viewers where"""
)
"""Words that a column may be given as a name, but that refer to it only in brackets."""

ONLY_REFERRED = words("kind with_source withsource")
"""Words that refer to a column, but that are given as a name only in brackets."""

NOT_REFERRED = RESERVED | TYPE_WORDS | ONLY_DECLARED
NOT_DECLARED = RESERVED | TYPE_WORDS | ONLY_REFERRED
NOT_LET = NOT_REFERRED | ONLY_REFERRED
