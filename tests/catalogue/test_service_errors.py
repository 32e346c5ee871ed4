"""Error codes of the API: the documented ones, with texts that can be filled in."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from vedette.catalogue.service_errors import GRAPH_ERRORS, SERVICE_ERRORS, ServiceErrorRow

ALL = [*SERVICE_ERRORS.values(), *GRAPH_ERRORS.values()]


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    folder = os.environ.get("VEDETTE_FACTS")
    if not folder:
        pytest.skip("VEDETTE_FACTS names no folder with the documented facts")
    return json.loads((Path(folder) / "limits_and_errors.json").read_text("utf-8"))


def test_the_codes_and_their_status_are_the_documented_ones(facts: dict[str, Any]) -> None:
    assert {code: row.status for code, row in SERVICE_ERRORS.items()} == {
        row["code"]: row["status"] for row in facts["error_codes"]
    }


def test_documented_texts_are_the_pages_texts(facts: dict[str, Any]) -> None:
    def shape(text: str) -> str:
        return re.sub(r"{\w+}", "{}", text)

    for row in facts["error_codes"]:
        ours = SERVICE_ERRORS[row["code"]]
        if ours.is_text_documented and ours.message:
            assert shape(ours.message) in [shape(form.strip()) for form in row["message_form"].split(" / ")]


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.code)
def test_a_text_has_no_field_left_when_all_are_given(row: ServiceErrorRow) -> None:
    text = row.text(**dict.fromkeys(row.fields, "x"))

    assert "{" not in text
    assert row.meaning.endswith(".")


def test_the_text_of_an_oversized_batch() -> None:
    text = SERVICE_ERRORS["MaximumBatchSizeExceeded"].text(received=501, allowed=500)

    assert text == "Maximum batch size exceeded. Received: 501, allowed: 500"


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(TypeError, match=r"ResourceNotFound takes the fields \('kind', 'id'\)"):
        SERVICE_ERRORS["ResourceNotFound"].text(id="1")
