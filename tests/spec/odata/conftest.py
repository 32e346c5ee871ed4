"""Two entities of the service, as far as filters need them, and a way to ask SQLite and Python the same question."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from vedette.odata import (
    CollectionType,
    ComplexType,
    EntityModel,
    EnumType,
    Property,
    bind_filter,
    canonical_time,
    filter_sql,
    install_functions,
    order_sql,
    ordered,
    parse_options,
    predicate,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

SEVERITY = EnumType("AlertSeverity", ("UnSpecified", "Informational", "Low", "Medium", "High"))
EVIDENCE = ComplexType(
    "AlertEvidence",
    (
        Property("entityType", "Edm.String"),
        Property("sha1", "Edm.String"),
        Property("processId", "Edm.Int64"),
        Property("evidenceCreationTime", "Edm.DateTimeOffset"),
    ),
)
RELATED_USER = ComplexType(
    "AlertRelatedUser", (Property("userName", "Edm.String"), Property("domainName", "Edm.String"))
)

ALERT = EntityModel(
    "Alert",
    (
        Property("id", "Edm.String", nullable=False),
        Property("incidentId", "Edm.Int64"),
        Property("severity", SEVERITY, nullable=False),
        Property("status", EnumType("AlertStatus", ("Unknown", "New", "InProgress", "Resolved")), nullable=False),
        Property("assignedTo", "Edm.String"),
        Property("alertCreationTime", "Edm.DateTimeOffset"),
        Property("lastUpdateTime", "Edm.DateTimeOffset"),
        Property("title", "Edm.String", filterable=False),
        Property("relatedUser", RELATED_USER),
        Property("mitreTechniques", CollectionType("Edm.String")),
        Property("evidence", CollectionType(EVIDENCE)),
    ),
    expandable=("evidence",),
)

IP_ADDRESS = ComplexType(
    "MachineIpAddress", (Property("ipAddress", "Edm.String"), Property("macAddress", "Edm.String"))
)
MACHINE = EntityModel(
    "Machine",
    (
        Property("id", "Edm.String", nullable=False),
        Property("computerDnsName", "Edm.String", any_case=True),
        Property("lastSeen", "Edm.DateTimeOffset"),
        Property("osBuild", "Edm.Int64"),
        Property("exposure", "Edm.Double"),
        Property("isExcluded", "Edm.Boolean"),
        Property("aadDeviceId", "Edm.Guid"),
        Property("machineTags", CollectionType("Edm.String")),
        Property("ipAddresses", CollectionType(IP_ADDRESS)),
        Property("riskScore", EnumType("RiskScore", ("None", "Informational", "Low", "Medium", "High"))),
        Property("vmMetadata", ComplexType("VmMetadata", (Property("vmId", "Edm.String"),))),
    ),
)

MACHINES: list[dict[str, Any]] = [
    {
        "id": "m1",
        "computerDnsName": "WS-01.contoso.com",
        "lastSeen": "2018-08-01T08:00:00Z",
        "osBuild": 17134,
        "exposure": 7.5,
        "isExcluded": False,
        "aadDeviceId": "80fe8ff8-2624-418e-9591-41f0491218f9",
        "machineTags": ["Sales", "vip"],
        "ipAddresses": [{"ipAddress": "10.0.0.1", "macAddress": "A1"}, {"ipAddress": "10.0.0.2", "macAddress": None}],
        "riskScore": "High",
        "vmMetadata": {"vmId": "vm-1"},
    },
    {
        "id": "m2",
        "computerDnsName": "srv-02.contoso.com",
        "lastSeen": "2020-07-20T00:00:00.1234567Z",
        "osBuild": 19041,
        "exposure": 2.25,
        "isExcluded": True,
        "aadDeviceId": None,
        "machineTags": [],
        "ipAddresses": [],
        "riskScore": "Low",
        "vmMetadata": None,
    },
    {
        "id": "m3",
        "computerDnsName": None,
        "lastSeen": None,
        "osBuild": None,
        "exposure": None,
        "isExcluded": None,
        "aadDeviceId": None,
        "machineTags": None,
        "ipAddresses": None,
        "riskScore": None,
        "vmMetadata": None,
    },
]

COLUMNS = {
    "id": "id",
    "computerDnsName": "dns",
    "lastSeen": "seen",
    "osBuild": "build",
    "machineTags": "tags",
    "riskScore": "risk",
}


@pytest.fixture
def alert() -> EntityModel:
    return ALERT


@pytest.fixture
def machine() -> EntityModel:
    return MACHINE


@pytest.fixture(scope="session")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    install_functions(connection)
    connection.execute("CREATE TABLE m (id TEXT, dns TEXT, seen TEXT, build INTEGER, tags TEXT, risk TEXT, body TEXT)")
    connection.execute("CREATE INDEX by_seen ON m (seen)")
    connection.execute("CREATE INDEX by_risk ON m (risk)")
    connection.execute("CREATE INDEX by_dns ON m (dns COLLATE NOCASE)")
    for row in MACHINES:
        tags = row["machineTags"]
        seen = row["lastSeen"]
        connection.execute(
            "INSERT INTO m VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                row["id"],
                row["computerDnsName"],
                None if seen is None else canonical_time(seen),
                row["osBuild"],
                None if tags is None else json.dumps(tags),
                row["riskScore"],
                json.dumps(row),
            ),
        )
    yield connection
    connection.close()


@pytest.fixture
def matching(database: sqlite3.Connection) -> Callable[[str], str]:
    """The ids of the machines that pass a filter, joined by blanks; SQLite and Python have to agree on them."""

    def ask(text: str) -> str:
        bound = bind_filter(text, MACHINE)
        where = filter_sql(bound, COLUMNS, now=NOW)
        rows = database.execute(f"SELECT id FROM m WHERE {where.text} ORDER BY id", where.parameters)
        from_sqlite = " ".join(row[0] for row in rows)
        passes = predicate(bound, now=NOW)
        from_python = " ".join(row["id"] for row in MACHINES if passes(row))
        assert from_sqlite == from_python
        return from_sqlite

    return ask


@pytest.fixture
def in_order(database: sqlite3.Connection) -> Callable[[str], list[str]]:
    """The ids of the machines in the order of an `$orderby`; SQLite and Python have to agree on it."""

    def ask(orderby: str) -> list[str]:
        terms = parse_options([("$orderby", orderby)], MACHINE).orderby
        sql = order_sql(terms, COLUMNS)
        rows = database.execute(f"SELECT id FROM m ORDER BY {sql.text}", sql.parameters)
        from_sqlite = [row[0] for row in rows]
        assert [row["id"] for row in ordered(MACHINES, terms)] == from_sqlite
        return from_sqlite

    return ask
