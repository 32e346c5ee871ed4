"""The exposure graph: entities and how they reach each other."""

from __future__ import annotations

from vedette.catalogue.tables.schema import EXPOSURE, table

EXPOSURE_GRAPH_NODES = table(
    "ExposureGraphNodes",
    "exposure graph entities",
    product=EXPOSURE,
    columns="""
        NodeId          string    node id
        NodeLabel       string    node kind
        NodeName        string    node name
        Categories      dynamic
        NodeProperties  dynamic   node data
        EntityIds       dynamic   all known ids of the node
    """,
)

EXPOSURE_GRAPH_EDGES = table(
    "ExposureGraphEdges",
    "exposure graph relations",
    product=EXPOSURE,
    columns="""
        EdgeId                string    edge id
        EdgeLabel             string    relation kind
        SourceNodeId          string    source node id
        SourceNodeName        string    source node name
        SourceNodeLabel       string    source node kind
        SourceNodeCategories  dynamic   categories of the source node
        TargetNodeId          string    target node id
        TargetNodeName        string    target node name
        TargetNodeLabel       string    target node kind
        TargetNodeCategories  dynamic   categories of the target node
        EdgeProperties        dynamic   edge data
    """,
)

TABLES = (EXPOSURE_GRAPH_NODES, EXPOSURE_GRAPH_EDGES)
