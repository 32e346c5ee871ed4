"""The documents that describe the API, held to the standards they follow and to the catalogue."""

from __future__ import annotations

from xml.etree import ElementTree

from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.spec.api.conftest import Api
from vedette.catalogue.permission import DEFENDER
from vedette.catalogue.resources import operations

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


def test_the_openapi_document_is_valid_and_names_every_operation_of_endpoint(api: Api) -> None:
    document = api.call("GET", "/api/openapi.json", headers={}).json()

    OpenAPIV31SpecValidator(document).validate()
    assert document["servers"] == [{"url": "https://tenant.test"}]
    described = {op["operationId"] for path in document["paths"].values() for op in path.values()}
    assert described == {operation.id for operation in operations(DEFENDER)}


def test_the_description_carries_permissions_limits_and_basis(api: Api) -> None:
    document = api.call("GET", "/api/openapi.json", headers={}).json()

    isolate = document["paths"]["/api/machines/{id}/isolate"]["post"]
    assert isolate["x-permissions"] == {"application": ["Machine.Isolate"], "delegated": ["Machine.Isolate"]}
    assert isolate["x-limits"] == {"calls-per-minute": 100, "calls-per-hour": 1500}
    assert isolate["x-basis"] == "documentation"
    body = isolate["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["Comment"]
    assert body["properties"]["IsolationType"]["enum"] == ["Full", "Selective", "UnManagedDevice"]
    assert set(isolate["responses"]) == {"201", "400", "401", "403", "404", "429", "500"}


def test_the_schema_document_declares_types_sets_and_keys(api: Api) -> None:
    answer = api.call("GET", "/api/$metadata", headers={})

    assert answer.headers["content-type"] == "application/xml"
    root = ElementTree.fromstring(answer.content)
    schema = root.find(f".//{EDM}Schema")
    assert schema is not None
    assert schema.get("Namespace") == "microsoft.windowsDefenderATP.api"
    declared = {t.get("Name") for tag in ("EntityType", "ComplexType", "EnumType") for t in schema.iter(f"{EDM}{tag}")}
    used = {
        (p.get("Type") or "").removeprefix("Collection(").rstrip(")")
        for tag in ("Property", "NavigationProperty")
        for p in schema.iter(f"{EDM}{tag}")
    }
    own = {name.rpartition(".")[2] for name in used if name.startswith("microsoft.")}
    assert own <= declared
    sets = {s.get("Name") for s in schema.iter(f"{EDM}EntitySet")}
    assert {"Alerts", "Machines", "MachineActions", "Users", "Files"} <= sets
    severity = schema.find(f"{EDM}EnumType[@Name='AlertSeverity']")
    assert severity is not None
    assert [m.get("Name") for m in severity] == ["UnSpecified", "Informational", "Low", "Medium", "High"]
