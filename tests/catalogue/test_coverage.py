"""The list that coverage is measured against is whole: every known operation is on it, and every declared one."""

import json
import os
from pathlib import Path

import pytest

from vedette.catalogue.coverage import KNOWN, declared
from vedette.catalogue.resources import operations


def test_the_list_is_that_of_the_documentation() -> None:
    folder = os.environ.get("VEDETTE_FACTS")
    if not folder:
        pytest.skip("VEDETTE_FACTS names no folder with the documented facts")
    facts = json.loads((Path(folder) / "operations.json").read_text("utf-8"))

    assert {(k.name, k.group, k.method, k.path, k.basis, k.preview) for k in KNOWN} == {
        (f["id"], f["group"], f["method"], f["path"], f["basis"], f["preview"]) for f in facts
    }


def test_every_declared_operation_is_on_the_list_with_its_basis() -> None:
    found = declared()

    assert set(found.values()) == set(operations())
    assert [k.name for k, o in found.items() if (k.basis, k.preview) != (o.basis, o.preview)] == []


def test_no_operation_is_listed_twice() -> None:
    assert len({known.address for known in KNOWN}) == len({known.name for known in KNOWN}) == len(KNOWN) == 141
