"""The hunting schema is the documented one: every table, column, type, order and known value."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, get_args

import pytest

from vedette.catalogue.tables import DOMAINS, TABLES, KqlType, domains_of
from vedette.catalogue.tables.glossary import MEANINGS
from vedette.catalogue.tables.schema import Basis
from vedette.catalogue.tables.schema import table as declare

BASIS = {
    "in-portal schema reference (2023 copy)": "schema reference",
    "official table page 2026": "table page",
    "documented example": "documented example",
    "recorded sample": "recorded sample",
    "seen in public queries": "public queries",
    "community list": "community",
}


@pytest.fixture(scope="module")
def facts() -> Path:
    folder = os.environ.get("VEDETTE_FACTS")
    if not folder:
        pytest.skip("VEDETTE_FACTS does not name the folder of facts to compare with")
    return Path(folder)


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_documented_table_is_declared_and_no_other(facts: Path) -> None:
    documented = _load(facts / "hunting_schema.json")["tables"]

    assert sorted(TABLES) == sorted(fact["name"] for fact in documented)


def test_columns_have_the_documented_names_types_and_order(facts: Path) -> None:
    documented = _load(facts / "hunting_schema.json")["tables"]

    declared = {name: [(column.name, column.type) for column in table.columns] for name, table in TABLES.items()}
    assert declared == {
        fact["name"]: [(column["name"], column["type"]) for column in fact["columns"]] for fact in documented
    }


@pytest.mark.parametrize("flag", ["product", "mde_table", "preview"])
def test_tables_carry_the_documented_flags(facts: Path, flag: str) -> None:
    documented = _load(facts / "hunting_schema.json")["tables"]

    assert {name: getattr(table, flag) for name, table in TABLES.items()} == {
        fact["name"]: fact[flag] for fact in documented
    }


def test_deprecated_tables_say_what_replaced_them(facts: Path) -> None:
    documented = _load(facts / "hunting_schema.json")["tables"]

    assert {name: table.deprecated for name, table in TABLES.items()} == {
        fact["name"]: fact.get("deprecated", "") for fact in documented
    }


def test_action_types_are_the_known_ones_with_their_basis(facts: Path) -> None:
    known = _load(facts / "hunting_value_domains.json")["action_types"]

    declared = {
        name: [(action.value, action.basis) for action in table.action_types]
        for name, table in TABLES.items()
        if table.action_types
    }
    assert declared == {
        name: [(action["value"], BASIS[action["basis"]]) for action in actions] for name, actions in known.items()
    }


def test_value_domains_of_columns_are_the_known_ones(facts: Path) -> None:
    known = _load(facts / "hunting_value_domains.json")["column_values"]

    declared = {(" / ".join(domain.columns), domain.values) for domain in DOMAINS}
    assert declared == {
        (fact["column"], tuple(fact["values"])) for fact in known if fact["tables"] != ["FileProfile()"]
    }


def test_a_column_is_found_by_its_exact_name() -> None:
    processes = TABLES["DeviceProcessEvents"]

    assert processes.column("ProcessId").type == "long"
    assert processes.column("LogonId").description != processes.column("LogonID").description
    assert "processid" not in processes
    with pytest.raises(KeyError, match="processid"):
        processes.column("processid")


def test_every_column_has_a_kusto_type_and_a_meaning() -> None:
    for table in TABLES.values():
        for column in table.columns:
            assert column.type in get_args(KqlType), f"{table.name}.{column.name}"
            assert column.description, f"{table.name}.{column.name}"


def test_every_action_type_has_a_meaning_and_stands_once() -> None:
    for table in TABLES.values():
        values = [action.value for action in table.action_types]
        assert len(set(values)) == len(values), table.name
        assert all(action.meaning and action.basis in get_args(Basis) for action in table.action_types), table.name
        assert not values or "ActionType" in table or table.name == "CloudPolicyEnforcementEvents", table.name


def test_the_glossary_explains_only_names_that_tables_use() -> None:
    used = {column.name for table in TABLES.values() for column in table.columns}

    assert set(MEANINGS) <= used


def test_value_domains_name_columns_that_exist() -> None:
    for domain in DOMAINS:
        covered = [table for table in TABLES.values() if domain.covers(table.name)]
        assert covered, domain
        for column in domain.columns:
            assert any(column in table for table in covered), f"{column} in {domain.tables}"


def test_known_values_are_found_by_table_and_column() -> None:
    assert domains_of("DeviceFileEvents", "RequestProtocol") == {"Unknown", "Local", "SMB", "NFS"}
    assert "Kerberos" in domains_of("IdentityLogonEvents", "Protocol")
    assert "Kerberos" not in domains_of("DeviceNetworkEvents", "Protocol")
    assert domains_of("DeviceProcessEvents", "FileName") == frozenset()


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("Timestamp datetim", "needs a KQL type"),
        ("NeverHeardOf string", "needs a KQL type and a meaning"),
        ("Timestamp datetime\nTimestamp datetime", "twice"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused(rows: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        declare("Drill", "a drill", product="none", columns=rows)
