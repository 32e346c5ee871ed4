"""What holds for every test."""

from __future__ import annotations


def pytest_make_parametrize_id(config: object, val: object, argname: str) -> str | None:
    """Name bytes by their parameter: spelled out, a time stamp inside them would give each worker other test names."""
    return argname if isinstance(val, bytes) else None
