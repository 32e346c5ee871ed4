"""The list that coverage is measured against is whole: every known operation is on it, and every declared one."""

import json
import os
from pathlib import Path

import pytest

from vedette.catalogue.coverage import KNOWN, declared
from vedette.catalogue.permission import DEFENDER
from vedette.catalogue.resources import operations

BESIDE_THE_DOCUMENTED_API = {
    "run_advanced_hunting_query": "an operation of the XDR API, at the same hosts: playbooks hunt through it",
}
"""Known operation that the list of the Endpoint API does not have → why it is there."""


def test_the_list_is_that_of_the_documentation() -> None:
    folder = os.environ.get("VEDETTE_FACTS")
    if not folder:
        pytest.skip("VEDETTE_FACTS names no folder with the documented facts")
    facts = json.loads((Path(folder) / "operations.json").read_text("utf-8"))

    of_endpoint = [k for k in KNOWN if k.name not in BESIDE_THE_DOCUMENTED_API]
    assert {(k.name, k.group, k.method, k.path, k.basis, k.preview) for k in of_endpoint} == {
        (f["id"], f["group"], f["method"], f["path"], f["basis"], f["preview"]) for f in facts
    }


def test_every_declared_operation_is_on_the_list_with_its_basis() -> None:
    found = declared()

    assert set(found.values()) == set(operations())
    assert [k.name for k, o in found.items() if (k.basis, k.preview) != (o.basis, o.preview)] == []


def test_no_operation_is_listed_twice() -> None:
    assert len({known.address for known in KNOWN}) == len({known.name for known in KNOWN}) == len(KNOWN)
    assert len(KNOWN) == 141 + len(BESIDE_THE_DOCUMENTED_API)


def test_what_is_beside_the_api_has_tokens_of_its_own() -> None:
    found = declared()

    assert {k.name for k, o in found.items() if o.api is not DEFENDER} == set(BESIDE_THE_DOCUMENTED_API)
