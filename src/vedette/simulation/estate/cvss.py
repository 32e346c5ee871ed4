"""Base scores of CVSS 3.1 vectors, so that vector, score and severity cannot disagree.

Source: the specification document of CVSS 3.1, sections 7.1 (equations) and 7.4 (weights).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_FLOORS = ((9.0, "Critical"), (7.0, "High"), (4.0, "Medium"))


@functools.cache
def base_score(vector: str) -> float:
    """The score of a vector such as `CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H`: from 0.0 to 10.0.

    Raises: KeyError where the vector lacks a metric of the base group or has an unknown value.
    """
    metrics = dict(part.split(":") for part in vector.split("/")[1:])
    weight = {name: table[metrics[name]] for name, table in _WEIGHTS.items()}
    scope = metrics["S"]
    exploitability = 8.22 * weight["AV"] * weight["AC"] * _PRIVILEGES[scope][metrics["PR"]] * weight["UI"]
    loss = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    impact = 6.42 * loss if scope == "U" else 7.52 * (loss - 0.029) - 3.25 * (loss - 0.02) ** 15
    if impact <= 0:
        return 0.0
    return _rounded_up(min(10.0, (impact + exploitability) * (1.0 if scope == "U" else 1.08)))


def severity(score: float) -> str:
    """Low, Medium, High or Critical."""
    return next((name for floor, name in _FLOORS if score >= floor), "Low")


def _rounded_up(value: float) -> float:
    """To the next tenth, in whole numbers as the specification does, since binary fractions are not exact."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10
