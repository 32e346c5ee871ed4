"""What the hunting shell offers: tables, operators behind a bar, the columns that are in scope, functions, kinds."""

from __future__ import annotations

import pytest

from vedette.cli.hunt_completion import COMMANDS, Completion
from vedette.kql import hunting_tables
from vedette.kql.functions.tabular_operators import TABULAR_OPERATORS


@pytest.fixture(scope="module")
def completion() -> Completion:
    return Completion(hunting_tables())


def offered(completion: Completion, before: str) -> list[str]:
    return [one.text for one in completion.suggest(before)[1]]


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ("DeviceProc", ["DeviceProcessEvents"]),
        ("deviceproc", ["DeviceProcessEvents"]),
        ("DeviceInfo | summ", ["summarize"]),
        ("DeviceInfo | project-a", ["project-away"]),
        ("DeviceInfo | where OSPl", ["OSPlatform"]),
        ("DeviceInfo | summarize n = count() by OSPlatform | where ", ["OSPlatform", "n"]),
        ("DeviceInfo | project A = DeviceName, B = OSBuild | sort by ", ["A", "B"]),
        ("let seen = DeviceInfo | project A = DeviceName;\nseen | where ", ["A"]),
        ("let seen = DeviceInfo;\nse", ["seen"]),
        ("let seen = DeviceIn", ["DeviceInfo"]),
        ("DeviceInfo | where OSPlatform ", ["has"]),
        ("DeviceInfo | join kind=leftan", ["leftanti", "leftantisemi"]),
        ("DeviceInfo | join kind=inner (DeviceFileC", ["DeviceFileCertificateInfo"]),
        ("DeviceInfo | join kind=inner (DeviceEvents | project A = ActionType | where ", ["A"]),
        ("DeviceInfo | join kind=inner (DeviceEvents | take 1) on DeviceI", ["DeviceId"]),
        ("DeviceInfo | where DeviceId in (DeviceFileC", ["DeviceFileCertificateInfo"]),
        ("union DeviceFileC", ["DeviceFileCertificateInfo"]),
        ("DeviceInfo | summarize dcounti", ["dcountif("]),
        ("DeviceInfo | extend x = tolow", ["tolower("]),
        ("DeviceInfo | evaluate bag", ["bag_unpack("]),
        ("DeviceInfo | invoke FileP", ["FileProfile("]),
        ("DeviceInfo | render tim", ["timechart"]),
        ("DeviceInfo | render columnchart with (ki", ["kind="]),
        ("DeviceInfo | render columnchart with (kind=stacked1", ["stacked100"]),
        ("DeviceInfo | parse kind=re", ["regex", "relaxed"]),
        (".sch", [".schema"]),
        (".schema DeviceFileC", ["DeviceFileCertificateInfo"]),
        (".explain DeviceInfo | where OSPl", ["OSPlatform"]),
    ],
)
def test_what_may_come_next(completion: Completion, before: str, first: list[str]) -> None:
    assert offered(completion, before)[: len(first)] == first


@pytest.mark.parametrize(
    "before",
    [
        'DeviceInfo | where DeviceName has "Dev',
        "DeviceInfo // Dev",
        "DeviceInfo | where DeviceName == @'C:\\Dev",
        "print ```Dev",
        "DeviceEvents | extend d = parse_json(AdditionalFields).Dev",
    ],
)
def test_nothing_inside_of_texts_comments_and_properties(completion: Completion, before: str) -> None:
    assert offered(completion, before) == []


def test_a_quote_inside_of_a_text_does_not_end_it(completion: Completion) -> None:
    assert offered(completion, r"""DeviceInfo | where DeviceName == "it\"s" and OSPl""") == ["OSPlatform"]


def test_columns_come_from_the_named_tables_where_the_query_is_not_whole_yet(completion: Completion) -> None:
    assert offered(completion, "DeviceInfo | where Nonsense == 1 | where OSPl")[0] == "OSPlatform"


def test_every_operator_is_offered_behind_a_bar_with_a_word_about_it(completion: Completion) -> None:
    found = completion.suggest("DeviceInfo | ")[1]

    assert {one.text for one in found} == set(TABULAR_OPERATORS) - {
        "print", "range", "datatable", "externaldata", "find",
    }  # fmt: skip
    assert all(one.about for one in found)
    assert found[0].text == "where"


def test_functions_come_with_a_word_about_them_and_old_names_do_not_come(completion: Completion) -> None:
    found = {one.text: one.about for one in completion.suggest("print str")[1]}

    assert found["strlen("] == "How many characters a text has."
    assert "strrep(" in found
    assert all(not name.startswith("makeset") for name in offered(completion, "DeviceInfo | summarize make"))


def test_commands_have_help() -> None:
    assert all(name.startswith(".") and about for name, about in COMMANDS.items())
