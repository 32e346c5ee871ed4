"""Raw requests are matched to the operation that they are, so that its limits and permissions apply."""

from __future__ import annotations

import pytest

from vedette.client.settings import known


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/api/alerts", "alerts.list"),
        ("GET", "/api/v1.0/ALERTS/", "alerts.list"),
        ("GET", "/api/alerts/da637472900382838869_1364969609", "alerts.get"),
        ("PATCH", "/api/alerts/x", "alerts.update"),
        ("GET", "/api/machines/findbytag", "machines.find_by_tag"),
        ("GET", "/api/machines/findbyip(ip='10.0.0.1',timestamp=2026-01-01T00:00:00Z)", "machines.find_by_ip"),
        ("POST", "/api/machines/m1/isolate", "machines.isolate"),
    ],
)
def test_a_path_is_recognised(method: str, path: str, operation: str) -> None:
    found = known(method, path)

    assert found is not None
    assert found.id == operation


@pytest.mark.parametrize(("method", "path"), [("PUT", "/api/alerts"), ("GET", "/api/alerts/a/b/c"), ("GET", "/other")])
def test_other_paths_are_not(method: str, path: str) -> None:
    assert known(method, path) is None
