"""Fixtures of the Graph specifications."""

from __future__ import annotations

import pytest

from tests.spec.graph.graph_server import GraphServer


@pytest.fixture
def graph() -> GraphServer:
    """A fresh tenant with the well-known APIs, three users and one app."""
    return GraphServer()
