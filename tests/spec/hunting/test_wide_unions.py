"""Searching all tables: each row has the columns of all, and those of other tables are empty."""

from __future__ import annotations

from vedette.hunting import Engine

ROWS = {
    "DeviceInfo": [{"DeviceName": "ws-01", "OSBuild": 22631, "IsAzureADJoined": True}],
    "EmailEvents": [{"Subject": "about ws-01", "AttachmentCount": 2}],
}


def test_a_search_over_all_tables() -> None:
    with Engine(ROWS) as engine:
        result = engine.run('search "ws-01" | sort by $table asc')

    first, second = result.rows()
    assert (first["$table"], first["DeviceName"], first["OSBuild"], first["IsAzureADJoined"]) == (
        "DeviceInfo", "ws-01", 22631, True,
    )  # fmt: skip
    assert (first["Subject"], first["AttachmentCount"]) == ("", None)
    assert (second["$table"], second["Subject"], second["AttachmentCount"]) == ("EmailEvents", "about ws-01", 2)
    assert (second["DeviceName"], second["OSBuild"], second["IsAzureADJoined"]) == ("", None, None)
    types = {column.name: column.type for column in result.columns}
    assert all((row[name] == "") if types[name] == "string" else True for row in (first,) for name in types
               if name.startswith("Email"))  # fmt: skip


def test_empty_columns_of_a_union_of_all_tables_are_tested_as_empty() -> None:
    with Engine(ROWS) as engine:
        result = engine.run(
            'union withsource=Name * | where isempty(Subject) and Subject != "x" | project Name, Subject'
        )

    assert result.rows() == [{"Name": "DeviceInfo", "Subject": ""}]


def test_a_union_of_all_tables_with_limited_parts() -> None:
    with Engine(ROWS) as engine:
        query = (
            "union withsource=Name (DeviceInfo | take 1), (EmailEvents | take 1), Device*, Email*, Identity*, Cloud*"
        )
        result = engine.run(f"{query} | summarize Rows = count() by Name, DeviceName, Subject | sort by Rows desc")

    assert sum(row["Rows"] for row in result.rows()) == 4
    assert {(row["DeviceName"], row["Subject"]) for row in result.rows()} == {("ws-01", ""), ("", "about ws-01")}
