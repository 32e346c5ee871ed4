"""Requests with parts inside and files, and answers that come in other shapes than the schema promises."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import httpx2
import pytest

from tests.spec.sdk.conftest import Service
from vedette import LiveResponseCommand, NewIndicator, ScannerAgent, SnmpAuthParams, Upload, WindowsAuthParams


def sent(service: Service) -> object:
    return json.loads(service.requests[-1].content)


# -- requests ----------------------------------------------------------------------------------------------------------


def test_live_response_commands_go_out_under_the_names_of_the_page(service: Service) -> None:
    service.answers(httpx2.Response(201, json={"id": "a"}))

    service.client().machines.run_live_response(
        "m1",
        comment="INC-42",
        commands=[
            LiveResponseCommand.put_file("tool.exe"),
            LiveResponseCommand.run_script("collect.ps1", "-Days 7"),
            LiveResponseCommand.get_file("C:\\Temp\\out.zip"),
        ],
    )

    assert sent(service) == {
        "Comment": "INC-42",
        "Commands": [
            {"type": "PutFile", "params": [{"key": "FileName", "value": "tool.exe"}]},
            {
                "type": "RunScript",
                "params": [{"key": "ScriptName", "value": "collect.ps1"}, {"key": "Args", "value": "-Days 7"}],
            },
            {"type": "GetFile", "params": [{"key": "Path", "value": "C:\\Temp\\out.zip"}]},
        ],
    }


def test_what_is_not_said_inside_a_part_is_left_out_and_times_are_utc(service: Service) -> None:
    expires = datetime(2026, 12, 1, 1, 0, tzinfo=timezone(timedelta(hours=1)))
    indicator = NewIndicator(
        indicator_value="203.0.113.9",
        indicator_type="IpAddress",
        action="Block",
        title="INC-42",
        description="C2",
        expiration_time=expires,
    )

    service.client().indicators.import_many([indicator]).take(1)

    assert sent(service) == {
        "Indicators": [
            {
                "indicatorValue": "203.0.113.9",
                "indicatorType": "IpAddress",
                "action": "Block",
                "title": "INC-42",
                "description": "C2",
                "expirationTime": "2026-12-01T00:00:00Z",
            }
        ]
    }


def test_a_time_without_zone_is_refused_inside_parts_too(service: Service) -> None:
    indicator = NewIndicator(
        indicator_value="a.example",
        indicator_type="DomainName",
        action="Block",
        title="t",
        description="d",
        expiration_time=datetime(2026, 12, 1),  # noqa: DTZ001  (a time that is anybody's guess)
    )

    with pytest.raises(ValueError, match="no time zone"):
        service.client().indicators.import_many([indicator]).take(1)


def test_scan_credentials_say_of_what_kind_they_are(service: Service) -> None:
    service.answers(httpx2.Response(200, json={"id": "s"}))

    service.client().authenticated_scans.create(
        scan_type="Windows",
        scan_name="Office",
        is_active=True,
        target="10.0.0.0/24",
        target_type="Ip",
        interval_in_hours=4,
        scanner_agent=ScannerAgent(machine_id="m1"),
        scan_authentication_params=WindowsAuthParams(type="Kerberos", username="scan$", isgmsa_user=True),
    )

    assert sent(service) == {
        "scanType": "Windows",
        "scanName": "Office",
        "isActive": True,
        "target": "10.0.0.0/24",
        "targetType": "Ip",
        "intervalInHours": 4,
        "scannerAgent": {"machineId": "m1"},
        "scanAuthenticationParams": {
            "@odata.type": "#microsoft.windowsDefenderATP.api.WindowsAuthParams",
            "type": "Kerberos",
            "username": "scan$",
            "isgmsaUser": True,
        },
    }


def test_scan_credentials_show_no_secret() -> None:
    shown = repr(SnmpAuthParams(type="CommunityString", community_string="s3cret", auth_password="s3cret"))

    assert "s3cret" not in shown


def parts(request: httpx2.Request) -> list[Message]:
    """The parts of a form, as the standard library reads them."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + request.content)
    assert message.is_multipart()
    return [part for part in message.walk() if not part.is_multipart()]


def test_a_library_file_goes_out_as_a_form(service: Service, tmp_path: Path) -> None:
    script = tmp_path / "collect.ps1"
    script.write_bytes(b"Get-Process\r\n\xff\x00--")
    service.answers(httpx2.Response(200, json={"fileName": "collect.ps1"}))

    answer = service.client().library_files.upload(Upload.of(script), description="Löst aus", override_if_exists=True)

    file, description, override = parts(service.requests[0])
    assert file.get_content_disposition() == "form-data"
    assert file.get_param("name", header="content-disposition") == "File"
    assert file.get_filename() == "collect.ps1"
    assert file.get_payload(decode=True) == b"Get-Process\r\n\xff\x00--"
    assert description.get_param("name", header="content-disposition") == "Description"
    assert description.get_payload(decode=True) == "Löst aus".encode()
    assert override.get_payload(decode=True) == b"true"
    assert answer.file_name == "collect.ps1"


def test_a_query_is_tried_again_because_it_only_reads(service: Service) -> None:
    service.answers(httpx2.Response(503), httpx2.Response(200, json={"Schema": [], "Results": []}))

    assert service.client().advanced_queries.run("AlertInfo | take 1").results == []


# -- answers -----------------------------------------------------------------------------------------------------------


def test_a_query_answers_columns_and_rows(service: Service) -> None:
    service.answers(
        httpx2.Response(
            200,
            json={
                "Stats": {"ExecutionTime": 0.1},
                "Schema": [{"Name": "FileName", "Type": "String"}, {"Name": "N", "Type": "Int64"}],
                "Results": [{"FileName": "mshta.exe", "N": 3}],
            },
        )
    )

    result = service.client().advanced_queries.run("DeviceProcessEvents | summarize N=count() by FileName")

    assert [(column.name, column.type) for column in result.schema] == [("FileName", "String"), ("N", "Int64")]
    assert result.results == [{"FileName": "mshta.exe", "N": 3}]


@pytest.mark.parametrize("value", ["https://files.test/p.zip?sig=1", '"https://files.test/p.zip?sig=1"'])
def test_a_link_is_read_with_and_without_a_second_pair_of_quotes(service: Service, value: str) -> None:
    service.answers(httpx2.Response(200, json={"@odata.context": "…#Edm.String", "value": value}))

    assert service.client().machine_actions.get_package_uri("a1") == "https://files.test/p.zip?sig=1"


@pytest.mark.parametrize("wrapped", [True, False])
def test_one_scan_agent_is_read_from_a_list_and_alone(service: Service, wrapped: bool) -> None:
    agent = {"id": "47df41a0_1", "AssignedApplicationId": "9e0da0a5", "machineId": "m1"}
    service.answers(httpx2.Response(200, json={"value": [agent]} if wrapped else agent))

    found = service.client().scan_agents.get("47df41a0_1")

    assert (found.id, found.assigned_application_id, found.machine_id) == ("47df41a0_1", "9e0da0a5", "m1")


def test_browser_extensions_are_read_in_the_letter_case_of_the_sample(service: Service) -> None:
    row = {
        "DeviceId": "m1",
        "ExtensionName": "Notes",
        "Permissions": [{"Id": "cookies", "IsRequired": True, "Risk": "High"}],
    }
    service.answers(httpx2.Response(200, json={"value": [row]}))

    found = service.client().exports.list_browser_extensions().first()

    assert found is not None
    assert (found.device_id, found.extension_name) == ("m1", "Notes")
    assert [(p.id, p.is_required, p.risk) for p in found.permissions] == [("cookies", True, "High")]


def test_a_response_action_is_read_under_either_name_of_its_last_update(service: Service) -> None:
    service.answers(
        httpx2.Response(200, json={"id": "a", "lastUpdateTimeUtc": "2026-11-22T08:00:00Z"}),
        httpx2.Response(200, json={"id": "a", "lastUpdateDateTimeUtc": "2026-11-22T08:00:00Z"}),
    )
    client = service.client()

    moments = [client.machine_actions.get("a").last_update_date_time_utc for _ in range(2)]

    assert moments == [datetime(2026, 11, 22, 8, tzinfo=UTC)] * 2


def test_the_schema_of_the_service_is_text(service: Service) -> None:
    service.answers(httpx2.Response(200, content=b"<?xml version='1.0'?><edmx:Edmx/>"))

    assert service.client().metadata.get() == "<?xml version='1.0'?><edmx:Edmx/>"
    assert service.urls == ["https://api.test/api/$metadata"]


def test_pages_of_an_export_are_followed_by_their_links(service: Service) -> None:
    link = "https://api.test/api/machines/SoftwareInventoryByMachine?pagesize=2&$skiptoken=abc"
    service.answers(
        httpx2.Response(200, json={"value": [{"deviceId": "1"}, {"deviceId": "2"}], "@odata.nextLink": link}),
        httpx2.Response(200, json={"value": [{"deviceId": "3"}]}),
    )

    rows = [row.device_id for row in service.client().exports.list_software_inventory(page_size=2)]

    assert rows == ["1", "2", "3"]
    assert service.urls == ["https://api.test/api/machines/SoftwareInventoryByMachine?pageSize=2", link]


def test_changes_are_asked_for_since_a_time(service: Service) -> None:
    service.client().exports.list_software_vulnerability_changes(datetime(2026, 11, 20, tzinfo=UTC)).take(1)

    assert service.urls == [
        "https://api.test/api/machines/SoftwareVulnerabilityChangesByMachine?sinceTime=2026-11-20T00:00:00Z"
    ]
